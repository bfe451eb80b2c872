# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Average of the window so far
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Inside the fixing window an option is worth what the average so far, which is settled, and the spot, which is
         not, make of it. The part that the cursor of `fixing` has walked is read; the few rounds since are walked here.
"""

from ...interfaces import ISpotOracle
from .. import phases
from .. import walking
from . import fixing

uses: fixing

MAX_AHEAD: constant(uint256) = 16  # rounds walked beyond the cursor; more wait for `fix_expiry`


@external
@view
def elapsed_average(expiry: uint256) -> ISpotOracle.ElapsedAverage:
    """
    @notice Mean of the primary's price over the seconds of the window that have passed.
    @dev    Rounds down, in favour of nobody in particular. Known once somebody has called `fix_expiry` inside the
            window, and while at most 16 ids are new since the last such call, the price in force is not older than
            the largest gap, and the feed can be read. It does not look at the second source.
    @param  expiry Any; of one that is not listed nothing is known.
    @return Mean in WAD, seconds that have passed, and whether the mean is known. Before the window: zero, known; once
            fixed: the settlement price.
    """
    settled: uint256 = fixing._fixings[expiry].price
    start: uint256 = expiry - min(expiry, walking.WINDOW_S)
    until: uint256 = max(start, min(block.timestamp, expiry))
    if settled != 0 or until == start:
        return ISpotOracle.ElapsedAverage(
            price=settled, seconds=until - start, is_known=fixing._versions[expiry] != 0
        )
    total: uint256 = 0
    is_known: bool = False
    total, is_known = self._total(expiry, start, until)
    return ISpotOracle.ElapsedAverage(
        price=total // (until - start), seconds=until - start, is_known=is_known
    )


@internal
@view
def _total(expiry: uint256, start: uint256, until: uint256) -> (uint256, bool):
    """
    @notice Price times seconds from the start until a moment of the window, and whether it is known; zero otherwise.
    """
    source: ISpotOracle.Source = ISpotOracle.Source.PRIMARY
    first_round: uint256 = fixing._first_rounds[expiry]
    if first_round == 0 or fixing._failed[expiry][source] or not fixing._is_readable(source):
        return 0, False
    course: walking.Course = fixing._course(expiry, source)
    walk: ISpotOracle.Walk = fixing._walks[expiry][source][first_round]
    if walk.scanned > course.latest:
        return 0, False
    next_phase: uint256 = 0
    phase_end: uint256 = phases.NEVER
    next_phase, phase_end = phases._later(course.aggregator, walk.scanned, course.latest)
    if walk.updated_at >= phase_end:
        return 0, False
    outcome: walking.Outcome = walking.Outcome.PAUSED
    walk, outcome = walking._advance(course, walk, next_phase, phase_end, MAX_AHEAD)
    if outcome == walking.Outcome.FIXED:
        return walk.total, True
    if outcome != walking.Outcome.AT_END or until - walk.updated_at > course.max_gap:
        return 0, False
    return walk.total + walking._in_force(walk, start, until), True
