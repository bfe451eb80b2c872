# pragma version 0.4.3
"""
@title   Phases of a price feed
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A round id is `phase << 64 | round of the phase`; the rounds of a phase count from 1. A phase ends where a
         later one begins; what it publishes after that does not count. An id without a set time is a hole; an
         earlier phase has no rounds behind `MAX_HOLE` holes in a row, and none at all if its first ids are holes.
@dev     Stateless.
"""

from . import feed

PHASE_BITS: constant(uint256) = 64
MAX_HOLE: constant(uint256) = 16
MAX_PHASES: constant(uint256) = 32  # later than that of a round
NEVER: constant(uint256) = max_value(uint256)


@internal
@view
def _later(aggregator: address, round_id: uint256, latest: uint256) -> (uint256, uint256):
    """
    @notice Of the phases after that of a round, the one whose first set round is earliest, the later of two
            equals: the id before that round, and its time. Zero and NEVER if the round is of the latest phase.
    @dev    The earliest, not the next: what an abandoned phase still publishes changes nothing. A phase that
            shows no round among its first ids is passed over, but not the latest unless that is all it has.
    """
    before: uint256 = 0
    begins_at: uint256 = NEVER
    phase: uint256 = round_id >> PHASE_BITS
    latest_phase: uint256 = latest >> PHASE_BITS
    if phase >= latest_phase:
        return before, begins_at
    assert latest_phase - phase <= MAX_PHASES, "oracle: too many phases"
    has_begun: bool = False
    for later: uint256 in range(phase + 1, latest_phase + 1, bound=MAX_PHASES):
        has_begun = False
        for i: uint256 in range(MAX_HOLE):
            candidate: uint256 = (later << PHASE_BITS) + i
            if candidate >= latest:  # only in the latest phase: all of it has been seen
                has_begun = True
                break
            found: feed.Round = feed._round(aggregator, candidate + 1)
            if found.updated_at != 0:
                has_begun = True
                if found.updated_at <= begins_at:
                    before = candidate
                    begins_at = found.updated_at
                break
    assert has_begun, "oracle: no begin of latest phase"
    return before, begins_at
