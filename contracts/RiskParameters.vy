# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Risk parameters
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Every number that governance may move, who may act, what is paused, and where the oracles are.
@dev     The owner schedules; after the delay anyone carries out, once, within a week: to schedule is to
         commit, and nobody, the owner included, holds an option on the moment. Only what gives the owner's
         own word (lifting a pause) stays with the owner, and a new owner accepts in person. Delays: loosening
         48 hours; tightening 1 hour, or 24 hours where the margin of existing accounts depends on it; bounds
         and the roles of owner and guardian 48 hours; an oracle or a keeper 6 hours; filling an empty oracle
         slot none. The owner or the guardian may cancel what waits.
@custom:kill The guardian or the owner pauses at once; lifting takes the owner and 48 hours. Closing, claims,
         settlement and adding collateral are beyond any pause.
@custom:trust The owner moves values within the bounds in code, at most 20 % a day, announced; replaces
         oracles with 6 hours' notice. The guardian pauses, cancels and revokes the keeper, and cannot lift a
         pause or prevent its own replacement. Whoever holds the owner's key alone needs 48 hours to be rid of
         the guardian.
"""

from snekmate.auth import ownable

from .interfaces import IRiskParameters
from .libs import parameters
from .libs.state import schedule as waiting
from .libs.state import settings
from .libs.state import versions

implements: IRiskParameters
initializes: ownable
initializes: waiting
initializes: settings
uses: versions

exports: (
    # Values
    versions.words,
    versions.value,
    versions.words_at,
    versions.value_at,
    versions.version_at,
    versions.version,
    # Rules
    settings.rule,
    settings.bounds,
    settings.reachable,
    # What waits
    waiting.action,
    # Roles
    ownable.owner,
)

HOUR_S: constant(uint256) = 3_600
LOOSENING_DELAY_S: constant(uint256) = 48 * HOUR_S
TIGHTENING_DELAY_S: constant(uint256) = HOUR_S
MARGIN_DELAY_S: constant(uint256) = 24 * HOUR_S
ORACLE_DELAY_S: constant(uint256) = 6 * HOUR_S

# Action ids: kind << 64 | parameter, role or slot.
KIND_SHIFT: constant(uint256) = 64
INDEX_MASK: constant(uint256) = 2**64 - 1
VALUE: constant(uint256) = 0
BOUNDS: constant(uint256) = 1
ROLE: constant(uint256) = 2
ORACLE: constant(uint256) = 3
UNPAUSE: constant(uint256) = 4

OWNER: constant(uint256) = 0
GUARDIAN: constant(uint256) = 1
KEEPER: constant(uint256) = 2

guardian: public(address)
keeper: public(address)
paused: public(uint256)
_oracles: address[parameters.ORACLES]


@deploy
def __init__(
    owner: address,
    guardian: address,
    keeper: address,
    overrides: DynArray[IRiskParameters.Setting, parameters.PARAMETERS],
):
    """
    @notice Set the roles and the start values.
    @param  owner Who schedules changes.
    @param  guardian Who may pause, cancel and revoke the keeper.
    @param  keeper Who posts surfaces and lists expiries; may be zero.
    @param  overrides Start values that differ from the table's, within the bounds in code.
    """
    assert owner != empty(address) and guardian != empty(address), "params: zero address"
    ownable.__init__()
    ownable._transfer_ownership(owner)
    self.guardian = guardian
    log IRiskParameters.RoleChanged(role=GUARDIAN, previous=empty(address), current=guardian)
    self.keeper = keeper
    log IRiskParameters.RoleChanged(role=KEEPER, previous=empty(address), current=keeper)
    settings.__init__(overrides)


@external
@view
def oracle(slot: uint256) -> address:
    """
    @notice Address of an oracle.
    @param  slot 0 spot, 1 volatility surface.
    @return Its contract; zero before the first.
    """
    assert slot < parameters.ORACLES, "params: unknown slot"
    return self._oracles[slot]


@external
def schedule(parameter_id: uint256, new_value: uint256):
    """
    @notice Announce a new value; `execute` carries it out.
    @dev    What waits starts from the present value, which nothing else can change meanwhile: a loosening
            cannot be dressed up as a tightening. Bounds and pace are checked now and again when it is carried
            out.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @param  new_value In its unit; within the governed bounds and 20 % of the present value.
    """
    ownable._check_owner()
    rule: IRiskParameters.Rule = settings._rule_of(parameter_id)
    previous: uint256 = settings._check(parameter_id, rule, new_value)
    direction: uint256 = parameters.UP if new_value > previous else parameters.DOWN
    delay_s: uint256 = TIGHTENING_DELAY_S
    if rule.loosens & direction != 0:
        delay_s = LOOSENING_DELAY_S
    elif rule.reaches == parameters.MARGIN:
        delay_s = MARGIN_DELAY_S
    waiting._put(self._id(VALUE, parameter_id), previous, new_value, delay_s)


@external
def execute(parameter_id: uint256):
    """
    @notice Carry out a scheduled value; anyone may.
    @param  parameter_id Of contracts/libs/parameters.vy.
    """
    settings._change(parameter_id, waiting._take(self._id(VALUE, parameter_id)))


@external
def schedule_bounds(parameter_id: uint256, low: uint256, high: uint256):
    """
    @notice Announce new governed bounds.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @param  low Least value to be allowed; not below the bound in code, not above the present value.
    @param  high Largest value to be allowed; not above the bound in code, not below the present value.
    """
    ownable._check_owner()
    settings._check_bounds(parameter_id, low, high)
    previous: IRiskParameters.Interval = settings._bounds[parameter_id]
    waiting._put(
        self._id(BOUNDS, parameter_id),
        self._packed(previous.low, previous.high),
        self._packed(low, high),
        LOOSENING_DELAY_S,
    )


@external
def execute_bounds(parameter_id: uint256):
    """
    @notice Carry out scheduled bounds; anyone may.
    @param  parameter_id Of contracts/libs/parameters.vy.
    """
    packed: uint256 = waiting._take(self._id(BOUNDS, parameter_id))
    settings._set_bounds(parameter_id, packed & parameters.LANE_MASK, packed >> parameters.LANE_BITS)


@external
def schedule_role(role: uint256, account: address):
    """
    @notice Announce a new holder of a role; an owner must then accept, anyone carries out the others.
    @param  role 0 owner, 1 guardian, 2 keeper.
    @param  account Not zero; the keeper is dismissed by `revoke_keeper`.
    """
    ownable._check_owner()
    assert role <= KEEPER, "params: unknown role"
    assert account != empty(address), "params: zero address"
    previous: address = self._holder(role)
    assert account != previous, "params: no change"
    waiting._put(
        self._id(ROLE, role),
        convert(previous, uint256),
        convert(account, uint256),
        ORACLE_DELAY_S if role == KEEPER else LOOSENING_DELAY_S,
    )


@external
def execute_role(role: uint256):
    """
    @notice Carry out a scheduled guardian or keeper; anyone may.
    @param  role 1 guardian, 2 keeper.
    """
    assert role == GUARDIAN or role == KEEPER, "params: not guardian or keeper"
    account: address = convert(convert(waiting._take(self._id(ROLE, role)), uint160), address)
    previous: address = self._holder(role)
    if role == GUARDIAN:
        self.guardian = account
    else:
        self.keeper = account
    log IRiskParameters.RoleChanged(role=role, previous=previous, current=account)


@external
def accept_ownership():
    """
    @notice Become the owner, as scheduled: the second step is taken by the new owner alone.
    """
    account: address = convert(convert(waiting._take(self._id(ROLE, OWNER)), uint160), address)
    assert msg.sender == account, "params: only the new owner"
    ownable._transfer_ownership(account)


@external
def revoke_keeper():
    """
    @notice Dismiss the keeper at once; surfaces age and positions only close until another one is appointed.
    """
    self._check_owner_or_guardian()
    previous: address = self.keeper
    self.keeper = empty(address)
    log IRiskParameters.RoleChanged(role=KEEPER, previous=previous, current=empty(address))


@external
def schedule_oracle(slot: uint256, oracle: address):
    """
    @notice Announce an oracle for a slot: 6 hours, none while the slot is empty, since nobody reads it yet.
    @dev    A slot is never emptied, and one action waits at a time, so the first filling cannot be used
             twice.
    @param  slot 0 spot, 1 volatility surface.
    @param  oracle A contract.
    """
    ownable._check_owner()
    assert slot < parameters.ORACLES, "params: unknown slot"
    assert oracle.is_contract, "params: not a contract"
    previous: address = self._oracles[slot]
    assert oracle != previous, "params: no change"
    waiting._put(
        self._id(ORACLE, slot),
        convert(previous, uint256),
        convert(oracle, uint256),
        0 if previous == empty(address) else ORACLE_DELAY_S,
    )


@external
def execute_oracle(slot: uint256):
    """
    @notice Carry out a scheduled oracle; anyone may.
    @param  slot 0 spot, 1 volatility surface.
    """
    oracle: address = convert(convert(waiting._take(self._id(ORACLE, slot)), uint160), address)
    previous: address = self._oracles[slot]
    self._oracles[slot] = oracle
    log IRiskParameters.OracleReplaced(slot=slot, previous=previous, current=oracle)


@external
def pause(modes: uint256):
    """
    @notice Stop what the bits name, at once; what is stopped stays so, and a waiting lift of a pause is
             dropped.
    @param  modes Bits: 1 opening trades, 2 deposits, 4 hedging, 8 surface posts.
    """
    self._check_owner_or_guardian()
    assert modes != 0 and modes <= parameters.PAUSE_EVERYTHING, "params: unknown mode"
    previous: uint256 = self.paused
    self.paused = previous | modes
    log IRiskParameters.Paused(account=msg.sender, previous=previous, current=previous | modes)
    if waiting._is_waiting(self._id(UNPAUSE, 0)):
        waiting._drop(self._id(UNPAUSE, 0))


@external
def schedule_unpause(modes: uint256):
    """
    @notice Announce the lift of a pause: 48 hours.
    @param  modes Bits to clear; all of them are paused now.
    """
    ownable._check_owner()
    assert modes != 0 and modes & ~self.paused == 0, "params: not paused"
    waiting._put(self._id(UNPAUSE, 0), self.paused, self.paused & ~modes, LOOSENING_DELAY_S)


@external
def execute_unpause():
    """
    @notice Lift a pause as announced.
    @dev    Any pause since has dropped the action, so that no bit is cleared that was set later.
    """
    ownable._check_owner()
    current: uint256 = waiting._take(self._id(UNPAUSE, 0))
    previous: uint256 = self.paused
    self.paused = current
    log IRiskParameters.Unpaused(previous=previous, current=current)


@external
def cancel(action_id: uint256):
    """
    @notice Drop what waits, or has lapsed. The guardian cannot save itself from being replaced.
    @param  action_id kind << 64 | index; kinds: 0 value (index parameter), 1 bounds (parameter), 2 role
            (role), 3 oracle (slot), 4 lift of a pause (0). For a value: the parameter id.
    """
    self._check_owner_or_guardian()
    if action_id == self._id(ROLE, GUARDIAN):
        assert msg.sender == ownable.owner, "params: only the owner"
    waiting._drop(action_id)


@internal
@view
def _check_owner_or_guardian():
    """
    @dev    Refuse everybody else.
    """
    assert msg.sender == self.guardian or msg.sender == ownable.owner, "params: only owner or guardian"


@internal
@view
def _holder(role: uint256) -> address:
    """
    @dev    Present holder of a role.
    """
    if role == OWNER:
        return ownable.owner
    return self.guardian if role == GUARDIAN else self.keeper


@internal
@pure
def _id(kind: uint256, index: uint256) -> uint256:
    """
    @dev    Key of an action; an index of 2^64 or more would be another's key.
    """
    assert index <= INDEX_MASK, "params: index too large"
    return (kind << KIND_SHIFT) | index


@internal
@pure
def _packed(low: uint256, high: uint256) -> uint256:
    """
    @dev    Two bounds, which are below 2^64, in one payload.
    """
    return low | (high << parameters.LANE_BITS)
