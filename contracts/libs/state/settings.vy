# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Bounds and pace of the parameters
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Bounds in code contain governed bounds contain values, always. Within any 24 hours a value moves at
         most 20 % from any value that it had: for all times s < t <= s + 24 h (a value replaced exactly 24
         hours ago no longer counts), |v(t) - v(s)| <= max(v(s) // 5, quantum). Splitting a move, or going
         back and forth, gains nothing.
@dev     The last four replaced values of each parameter are kept, so a fifth move in a day is refused. No
         function here checks a caller.
"""

from ...interfaces import IRiskParameters
from .. import parameters
from . import versions

initializes: versions

PARAMETERS: constant(uint256) = parameters.PARAMETERS
DAY_S: constant(uint256) = 86_400
MOVES: constant(uint256) = 4  # in a day
MOVE_DIVISOR: constant(uint256) = 5  # a fifth is 20 %
START_FACTOR: constant(uint256) = 4  # first governed bounds: a quarter of the start value to four times it


struct Move:
    replaced: uint256  # the value that was in force until `moved_at`
    moved_at: uint256


_bounds: HashMap[uint256, IRiskParameters.Interval]
_moves: HashMap[uint256, Move[MOVES]]  # ring: the next move replaces the oldest
_next_move: HashMap[uint256, uint256]


@deploy
def __init__(overrides: DynArray[IRiskParameters.Setting, PARAMETERS]):
    """
    @dev    Start values of the table, except for the overrides; governed bounds around them.
    """
    values: uint256[PARAMETERS] = empty(uint256[PARAMETERS])
    for parameter_id: uint256 in range(PARAMETERS):
        values[parameter_id] = parameters._rule(parameter_id).start
    for override: IRiskParameters.Setting in overrides:
        rule: IRiskParameters.Rule = self._rule_of(override.parameter_id)
        assert override.value >= rule.lowest, "params: below the lowest"
        assert override.value <= rule.highest, "params: above the highest"
        values[override.parameter_id] = override.value
    assert values[parameters.SPOT_FLOOR] < values[parameters.SPOT_CAP], "params: floor not below cap"
    versions.__init__(values)
    for parameter_id: uint256 in range(PARAMETERS):
        rule: IRiskParameters.Rule = parameters._rule(parameter_id)
        if rule.highest == 0:
            continue
        start: uint256 = values[parameter_id]
        log IRiskParameters.ParameterChanged(parameter_id=parameter_id, previous=0, current=start, version=1)
        # Rounds down, which widens by less than one unit.
        self._set_bounds(
            parameter_id,
            max(rule.lowest, start // START_FACTOR),
            min(rule.highest, START_FACTOR * max(start, rule.quantum)),
        )


@external
@pure
def rule(parameter_id: uint256) -> IRiskParameters.Rule:
    """
    @notice Bounds in code, start value, quantum, direction and reach of a parameter.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @return Its row of the table.
    """
    return self._rule_of(parameter_id)


@external
@view
def bounds(parameter_id: uint256) -> IRiskParameters.Interval:
    """
    @notice Governed bounds of a parameter.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @return Least and largest value that may be set.
    """
    self._rule_of(parameter_id)
    return self._bounds[parameter_id]


@external
@view
def reachable(parameter_id: uint256) -> IRiskParameters.Interval:
    """
    @notice Values to which a parameter could move now, by its governed bounds and by its moves of the day.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @return Least and largest; the present value is always among them.
    """
    rule: IRiskParameters.Rule = self._rule_of(parameter_id)
    bounds: IRiskParameters.Interval = self._bounds[parameter_id]
    pace: IRiskParameters.Interval = self._pace(parameter_id, rule.quantum)
    return IRiskParameters.Interval(low=max(bounds.low, pace.low), high=min(bounds.high, pace.high))


@internal
@view
def _check(parameter_id: uint256, rule: IRiskParameters.Rule, new_value: uint256) -> uint256:
    """
    @dev    Refuse a value that could not be set even on a day without moves.
    @return The present value.
    """
    present: uint256 = versions._value(parameter_id)
    assert new_value != present, "params: no change"
    bounds: IRiskParameters.Interval = self._bounds[parameter_id]
    assert new_value >= bounds.low and new_value <= bounds.high, "params: outside the bounds"
    step: IRiskParameters.Interval = self._step(present, rule.quantum)
    assert new_value >= step.low and new_value <= step.high, "params: moves too far"
    if parameter_id == parameters.SPOT_FLOOR:
        assert new_value < versions._value(parameters.SPOT_CAP), "params: floor not below cap"
    elif parameter_id == parameters.SPOT_CAP:
        assert new_value > versions._value(parameters.SPOT_FLOOR), "params: floor not below cap"
    return present


@internal
def _change(parameter_id: uint256, new_value: uint256):
    """
    @dev    Move a value, within its bounds and its pace, and begin a version.
    """
    rule: IRiskParameters.Rule = self._rule_of(parameter_id)
    previous: uint256 = self._check(parameter_id, rule, new_value)
    pace: IRiskParameters.Interval = self._pace(parameter_id, rule.quantum)
    assert new_value >= pace.low and new_value <= pace.high, "params: moves too far"
    index: uint256 = self._next_move[parameter_id]
    assert not self._is_recent(self._moves[parameter_id][index]), "params: too many moves a day"
    self._moves[parameter_id][index] = Move(replaced=previous, moved_at=block.timestamp)
    self._next_move[parameter_id] = (index + 1) % MOVES
    version: uint256 = versions._change(parameter_id, new_value)
    log IRiskParameters.ParameterChanged(
        parameter_id=parameter_id, previous=previous, current=new_value, version=version
    )


@internal
@view
def _check_bounds(parameter_id: uint256, low: uint256, high: uint256):
    """
    @dev    Refuse governed bounds that leave the bounds in code, or that the present value is not within.
    """
    rule: IRiskParameters.Rule = self._rule_of(parameter_id)
    assert low >= rule.lowest, "params: below the lowest"
    assert high <= rule.highest, "params: above the highest"
    present: uint256 = versions._value(parameter_id)
    assert low <= present and present <= high, "params: value outside bounds"


@internal
def _set_bounds(parameter_id: uint256, low: uint256, high: uint256):
    """
    @dev    Replace the governed bounds.
    """
    self._check_bounds(parameter_id, low, high)
    previous: IRiskParameters.Interval = self._bounds[parameter_id]
    self._bounds[parameter_id] = IRiskParameters.Interval(low=low, high=high)
    log IRiskParameters.BoundsChanged(
        parameter_id=parameter_id,
        previous_low=previous.low,
        previous_high=previous.high,
        low=low,
        high=high,
    )


@internal
@view
def _pace(parameter_id: uint256, quantum: uint256) -> IRiskParameters.Interval:
    """
    @dev    Values within a day's allowance of the present value and of all that it replaced in the last day.
    """
    pace: IRiskParameters.Interval = self._step(versions._value(parameter_id), quantum)
    for move: Move in self._moves[parameter_id]:
        if self._is_recent(move):
            step: IRiskParameters.Interval = self._step(move.replaced, quantum)
            pace.low = max(pace.low, step.low)
            pace.high = min(pace.high, step.high)
    return pace


@internal
@pure
def _step(base: uint256, quantum: uint256) -> IRiskParameters.Interval:
    """
    @dev    Values within a day's allowance of one. The fifth rounds down, in favour of standing still.
    """
    allowance: uint256 = max(base // MOVE_DIVISOR, quantum)
    return IRiskParameters.Interval(low=base - min(base, allowance), high=base + allowance)


@internal
@view
def _is_recent(move: Move) -> bool:
    """
    @dev    Whether the replaced value was in force within the last 24 hours.
    """
    return move.moved_at != 0 and block.timestamp < move.moved_at + DAY_S


@internal
@pure
def _rule_of(parameter_id: uint256) -> IRiskParameters.Rule:
    """
    @dev    Rule of a parameter that exists.
    """
    rule: IRiskParameters.Rule = parameters._rule(parameter_id)
    assert rule.highest != 0, "params: unknown parameter"
    return rule
