# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Price feed of a local chain
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A full AggregatorV3 with rounds and phases, written by its owner. It answers honestly from what was written:
         a round that was not written reverts, as on the feeds it stands for.
@dev     For local chains only: nothing here is a source of truth.
@custom:kill The owner stops writing; readers see it grow stale.
@custom:trust The owner writes any round, past ones included.
"""

from snekmate.auth import ownable
from ..interfaces import IAggregatorV3
from ..interfaces import IDevnetFeed

implements: IAggregatorV3
implements: IDevnetFeed

initializes: ownable

exports: (
    ownable.owner,
    ownable.transfer_ownership,
)

MAX_DECIMALS: constant(uint8) = 18
PHASE_BITS: constant(uint256) = 64
LARGEST_PHASE: constant(uint256) = 2**16 - 1

DECIMALS: immutable(uint8)

description: public(String[32])
phase_id: public(uint256)
latest_round: public(uint256)
_rounds: HashMap[uint256, IDevnetFeed.Round]


@deploy
def __init__(decimals: uint8, description: String[32]):
    """
    @notice A feed in its first phase, without rounds; the deployer owns it.
    @param  decimals Digits after the point of every answer, at most 18.
    @param  description What is priced in what: "WETH / USDC".
    """
    assert decimals <= MAX_DECIMALS, "feed: too many decimals"
    ownable.__init__()
    DECIMALS = decimals
    self.description = description
    self.phase_id = 1


@external
@view
def decimals() -> uint8:
    """
    @notice Digits after the point of every answer.
    @return At most 18.
    """
    return DECIMALS


@external
@view
def version() -> uint256:
    """
    @notice Version of the feed's kind.
    @return 4, like the aggregators it stands for.
    """
    return 4


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice Round id, answer, start, time of the answer, and the round in which it was computed.
    @return Of the latest round.
    """
    return self._round(self.latest_round)


@external
@view
def getRoundData(round_id: uint80) -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice The same of a past round.
    @param  round_id phase << 64 | round of the phase.
    @return Of that round; reverts if it was never written.
    """
    return self._round(convert(round_id, uint256))


@external
def push_answer(answer: int256) -> uint256:
    """
    @notice Publish the next round of the present phase, now; owner.
    @param  answer In the feed's decimals; any, since the readers' guards are to be tried out.
    @return Id of the round.
    """
    ownable._check_owner()
    previous: uint256 = self.latest_round
    round_id: uint256 = (self.phase_id << PHASE_BITS) + 1
    if previous >= round_id:
        round_id = previous + 1
    self._write(
        IDevnetFeed.Round(
            round_id=convert(round_id, uint80),
            answer=answer,
            started_at=block.timestamp,
            updated_at=block.timestamp,
            answered_in_round=convert(round_id, uint80),
        )
    )
    log IDevnetFeed.AnswerUpdated(
        previous=self._rounds[previous].answer, current=answer, round_id=round_id, updated_at=block.timestamp
    )
    return round_id


@external
def open_phase() -> uint256:
    """
    @notice Begin the next phase; the latest round stays until it has one; owner.
    @return The new phase.
    """
    ownable._check_owner()
    previous: uint256 = self.phase_id
    assert previous < LARGEST_PHASE, "feed: no phase left"
    self.phase_id = previous + 1
    log IDevnetFeed.PhaseOpened(previous=previous, current=previous + 1)
    return previous + 1


@external
def set_rounds(rounds: DynArray[IDevnetFeed.Round, 128]):
    """
    @notice Write rounds as they are, past ones included; owner.
    @param  rounds Each of a phase already opened and with a positive number; the highest id becomes the latest.
    """
    ownable._check_owner()
    for item: IDevnetFeed.Round in rounds:
        self._write(item)


@internal
def _write(item: IDevnetFeed.Round):
    """
    @notice Store one round, and make it the latest if its id is the highest.
    """
    round_id: uint256 = convert(item.round_id, uint256)
    phase: uint256 = round_id >> PHASE_BITS
    assert phase > 0 and phase <= self.phase_id, "feed: unknown phase"
    assert round_id != phase << PHASE_BITS, "feed: rounds count from one"
    previous: int256 = self._rounds[round_id].answer
    self._rounds[round_id] = item
    if round_id > self.latest_round:
        self.latest_round = round_id
    log IDevnetFeed.RoundSet(
        round_id=round_id, previous=previous, current=item.answer, updated_at=item.updated_at
    )


@internal
@view
def _round(round_id: uint256) -> (uint80, int256, uint256, uint256, uint80):
    """
    @notice A round that was written.
    """
    item: IDevnetFeed.Round = self._rounds[round_id]
    assert item.round_id != 0, "feed: no data present"
    return (item.round_id, item.answer, item.started_at, item.updated_at, item.answered_in_round)
