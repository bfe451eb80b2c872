# pragma version 0.4.3
"""
@title   The feeds of the spot oracle and the rules of a reading
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Two price feeds, the second optional, and the optional feed of a sequencer's state; fixed for ever, with the
         decimals that they had at construction.
@dev     No storage. Nothing here reverts for a broken feed, except at construction.
"""

from ...interfaces import IRiskParameters
from ...interfaces import ISpotOracle
from .. import feed
from .. import parameters as p
from .. import phases

PRICE_UNIT: constant(uint256) = 10**10  # bounds of price: 10^-8 quote -> WAD
WAD: constant(uint256) = 10**18
PHASE_ID_BITS: constant(uint256) = 16  # a round id has 80 bits, 64 of them the round of the phase
SPOT_WORDS: constant(uint256) = 2  # words of parameters that rule readings and fixings
LANES: constant(uint256) = p.LANES
LANE_BITS: constant(uint256) = p.LANE_BITS
LANE_MASK: constant(uint256) = p.LANE_MASK

PARAMETERS: immutable(IRiskParameters)
PRIMARY: immutable(address)
SECOND: immutable(address)
SEQUENCER: immutable(address)
PRIMARY_SCALE: immutable(uint256)  # 10^(18 - decimals)
SECOND_SCALE: immutable(uint256)


struct Answer:
    price: uint256
    updated_at: uint256
    status: ISpotOracle.Status
    phases: uint256  # of an accepted answer: phase of the second source's round, then 16 bits of the primary's


@deploy
def __init__(parameters: address, primary: address, second: address, sequencer: address):
    """
    @param  parameters The contract of all parameters.
    @param  primary First price feed.
    @param  second Second price feed, or zero.
    @param  sequencer Feed of the sequencer's state (0 up, 1 down), or zero where there is none.
    """
    assert parameters != empty(address), "oracle: no parameters"
    assert primary != empty(address), "oracle: no primary feed"
    assert second != primary, "oracle: second is the primary"
    PARAMETERS = IRiskParameters(parameters)
    PRIMARY = primary
    SECOND = second
    SEQUENCER = sequencer
    PRIMARY_SCALE = self._scale_of(primary)
    second_scale: uint256 = 0
    if second != empty(address):
        second_scale = self._scale_of(second)
    SECOND_SCALE = second_scale


@internal
@view
def _reading() -> Answer:
    """
    @notice The reading by all rules: sequencer, primary feed, second feed, distance of the two.
    """
    words: DynArray[uint256, p.WORDS] = staticcall PARAMETERS.words(0, SPOT_WORDS)
    if SEQUENCER != empty(address):
        state: ISpotOracle.Status = self._sequencer_status(self._lane(words, p.SEQUENCER_GRACE_S))
        if state != ISpotOracle.Status.ACCEPTED:
            return self._rejected(state)
    max_age: uint256 = self._lane(words, p.SPOT_MAX_AGE_S)
    lowest: uint256 = self._lane(words, p.SPOT_FLOOR) * PRICE_UNIT
    highest: uint256 = self._lane(words, p.SPOT_CAP) * PRICE_UNIT
    first: Answer = self._answer(PRIMARY, PRIMARY_SCALE, max_age, lowest, highest)
    if first.status != ISpotOracle.Status.ACCEPTED or SECOND == empty(address):
        return first
    other: Answer = self._answer(SECOND, SECOND_SCALE, max_age, lowest, highest)
    if other.status != ISpotOracle.Status.ACCEPTED:
        return self._rejected(ISpotOracle.Status.SECOND_REJECTED)
    # Exact, without a division: prices are below 2^98, the deviation below 2^64.
    distance: uint256 = max(first.price, other.price) - min(first.price, other.price)
    if distance * WAD > self._lane(words, p.SPOT_MAX_DEVIATION) * other.price:
        return self._rejected(ISpotOracle.Status.DEVIATION)
    first.phases |= other.phases << PHASE_ID_BITS
    return first


@internal
@view
def _answer(source: address, scale: uint256, max_age: uint256, lowest: uint256, highest: uint256) -> Answer:
    """
    @notice One feed's latest answer and the first rule that it breaks.
    """
    found: feed.Round = feed._latest(source)
    price: uint256 = feed._price(found, scale, lowest, highest)
    status: ISpotOracle.Status = ISpotOracle.Status.ACCEPTED
    if found.round_id == 0:
        status = ISpotOracle.Status.UNREADABLE
    elif not self._has_scale(source, scale):
        status = ISpotOracle.Status.DECIMALS_CHANGED
    elif found.answer <= 0:
        status = ISpotOracle.Status.NOT_POSITIVE
    elif not found.is_complete:
        status = ISpotOracle.Status.INCOMPLETE
    elif found.updated_at == 0:
        status = ISpotOracle.Status.TIME_UNSET
    elif found.updated_at > block.timestamp:
        status = ISpotOracle.Status.TIME_IN_FUTURE
    elif block.timestamp - found.updated_at > max_age:
        status = ISpotOracle.Status.STALE
    elif price == 0:
        status = ISpotOracle.Status.OUT_OF_BOUNDS
    else:
        return Answer(
            price=price,
            updated_at=found.updated_at,
            status=status,
            phases=found.round_id >> phases.PHASE_BITS,
        )
    return self._rejected(status)


@internal
@pure
def _rejected(status: ISpotOracle.Status) -> Answer:
    """
    @notice No price, and why.
    """
    return Answer(price=0, updated_at=0, status=status, phases=0)


@internal
@view
def _sequencer_status(grace: uint256) -> ISpotOracle.Status:
    """
    @notice ACCEPTED if the sequencer has been up for the grace.
    """
    state: feed.Round = feed._latest(SEQUENCER)
    if state.round_id == 0:
        return ISpotOracle.Status.SEQUENCER_UNREADABLE
    # A start of zero means that the state was never set; a start in the future is no start.
    if state.answer != 0 or state.started_at == 0 or state.started_at > block.timestamp:
        return ISpotOracle.Status.SEQUENCER_DOWN
    if block.timestamp - state.started_at < grace:
        return ISpotOracle.Status.SEQUENCER_DOWN
    return ISpotOracle.Status.ACCEPTED


@internal
@view
def _feed(source: ISpotOracle.Source) -> address:
    """
    @notice Feed of a source; zero if it has none.
    """
    if source == ISpotOracle.Source.PRIMARY:
        return PRIMARY
    if source == ISpotOracle.Source.SECOND:
        return SECOND
    return empty(address)


@internal
@view
def _scale(source: ISpotOracle.Source) -> uint256:
    """
    @notice 10^(18 - decimals) of a configured source.
    """
    if source == ISpotOracle.Source.PRIMARY:
        return PRIMARY_SCALE
    return SECOND_SCALE


@internal
@view
def _has_scale(source: address, scale: uint256) -> bool:
    """
    @notice Whether a feed still has the decimals that it had at construction.
    """
    decimals: uint256 = feed._decimals(source)
    return decimals <= feed.MAX_DECIMALS and 10 ** (feed.MAX_DECIMALS - decimals) == scale


@internal
@view
def _scale_of(source: address) -> uint256:
    """
    @notice 10^(18 - decimals) of a feed, which must be readable and have at most 18.
    """
    decimals: uint256 = feed._decimals(source)
    assert decimals != max_value(uint256), "oracle: no decimals"
    assert decimals <= feed.MAX_DECIMALS, "oracle: too many decimals"
    return 10 ** (feed.MAX_DECIMALS - decimals)


@internal
@pure
def _lane(words: DynArray[uint256, p.WORDS], parameter_id: uint256) -> uint256:
    """
    @notice One parameter of the words that begin with word 0.
    """
    return (words[parameter_id // LANES] >> (LANE_BITS * (parameter_id % LANES))) & LANE_MASK
