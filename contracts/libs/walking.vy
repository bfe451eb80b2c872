# pragma version 0.4.3
"""
@title   The walk over the rounds of a window
@author  The pyvault authors
@license AGPL-3.0-only
@notice  From the round in force at the window's start upwards: adds price times seconds between rounds that count,
         and ends at the first that counts at or after the window's end. docs/spot-oracle.md states the rule.
@dev     Stateless: `fixing` keeps the cursors. A step looks at one id or crosses into a later phase.
"""

from ..interfaces import ISpotOracle
from . import feed
from . import phases

WINDOW_S: constant(uint256) = 1_800
FOLLOW_S: constant(uint256) = 6 * 3_600  # a round must follow within
MAX_ROUNDS: constant(uint256) = 512  # in one call

flag Outcome:
    PAUSED  # more rounds to look at
    AT_END  # of what the feed has published
    FIXED
    FAILED  # a stretch is covered by too old a round, or the next one comes too late
    WRONG_BEGIN  # a later round than the caller named begins it


struct Course:  # what stays the same all along a walk
    expiry: uint256
    aggregator: address
    scale: uint256
    lowest: uint256
    highest: uint256
    max_gap: uint256
    published: uint256  # latest id of the feed
    latest: uint256  # last id that may count: no phase that was not there at expiry
    horizon: uint256  # what is stamped later is not looked at yet


@internal
@view
def _begin(course: Course, first_round: uint256, phase_end: uint256) -> ISpotOracle.Walk:
    """
    @notice A walk that stands on the round that the caller named, checked; before the first id if that is zero.
    """
    walk: ISpotOracle.Walk = empty(ISpotOracle.Walk)
    walk.scanned = first_round
    walk.last_set = first_round
    if first_round == 0:
        return walk
    begin: feed.Round = feed._round(course.aggregator, first_round)
    walk.round_id = first_round
    walk.price = feed._price(begin, course.scale, course.lowest, course.highest)
    walk.updated_at = begin.updated_at
    assert walk.price > 0 and begin.updated_at > 0 and begin.is_complete, "oracle: not a valid round"
    assert begin.updated_at <= course.expiry - WINDOW_S, "oracle: round after the start"
    assert begin.updated_at < phase_end, "oracle: round after its phase"
    return walk


@internal
@view
def _advance(
    course: Course, begun: ISpotOracle.Walk, later_phase: uint256, later_begins: uint256, max_rounds: uint256
) -> (ISpotOracle.Walk, Outcome):
    """
    @notice Up to `max_rounds` steps.
    @param  begun A walk that `_begin` has begun.
    @param  later_phase The id before the first of the phase that ends that of the cursor, of `phases._later`.
    @param  later_begins When it begins.
    """
    walk: ISpotOracle.Walk = begun
    next_phase: uint256 = later_phase
    phase_end: uint256 = later_begins
    start: uint256 = course.expiry - WINDOW_S
    outcome: Outcome = Outcome.PAUSED
    for _: uint256 in range(max_rounds, bound=MAX_ROUNDS):
        round_id: uint256 = walk.scanned + 1
        is_over: bool = round_id > course.latest
        found: feed.Round = empty(feed.Round)
        if not is_over:
            found = feed._round(course.aggregator, round_id)
            if self._is_earlier(round_id, course.published):
                is_over = found.updated_at >= phase_end or (
                    found.updated_at == 0 and round_id - walk.last_set >= phases.MAX_HOLE
                )
        if is_over:
            if phase_end == phases.NEVER:
                outcome = Outcome.AT_END
                break
            walk.scanned = next_phase
            walk.last_set = next_phase
            next_phase, phase_end = phases._later(course.aggregator, next_phase, course.latest)
            continue
        # A latest round without a time may be set yet.
        if (found.updated_at == 0 and round_id == course.published) or found.updated_at > course.horizon:
            outcome = Outcome.AT_END
            break
        walk.scanned = round_id
        if found.updated_at == 0:
            continue
        walk.last_set = round_id
        price: uint256 = feed._price(found, course.scale, course.lowest, course.highest)
        if price == 0 or not found.is_complete or found.updated_at < walk.updated_at:
            continue
        if found.updated_at <= start:
            outcome = Outcome.WRONG_BEGIN
            break
        covered_until: uint256 = min(found.updated_at, course.expiry)
        if covered_until - walk.updated_at > course.max_gap or found.updated_at > course.expiry + FOLLOW_S:
            outcome = Outcome.FAILED
            break
        walk.total += self._in_force(walk, start, covered_until)
        if found.updated_at >= course.expiry:
            outcome = Outcome.FIXED
            break
        walk.round_id = round_id
        walk.price = price
        walk.updated_at = found.updated_at
    if phase_end == phases.NEVER and self._is_earlier(walk.scanned, course.published):
        # Nothing ends this phase as yet: what is a hole now may be filled later.
        walk.scanned = walk.last_set
    return walk, outcome


@internal
@pure
def _in_force(walk: ISpotOracle.Walk, start: uint256, until: uint256) -> uint256:
    """
    @notice Price times seconds of the window since the round last counted.
    """
    return walk.price * (until - max(walk.updated_at, start))


@internal
@pure
def _is_earlier(round_id: uint256, published: uint256) -> bool:
    """
    @notice Whether a round belongs to a phase before the feed's latest.
    """
    return round_id >> phases.PHASE_BITS < published >> phases.PHASE_BITS
