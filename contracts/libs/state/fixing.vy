# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Settlement prices
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The settlement price of an expiry T is the mean over [T - 30 min, T] of the price in force, from the rounds
         of one source. docs/spot-oracle.md states the rule, and why it gives one price to every caller.
@dev     The caller names the round in force at the window's start; the walk of `walking` proves it. A walk belongs to
         the round that began it, so nobody can disturb another's.
"""

from ...interfaces import IRiskParameters
from ...interfaces import ISpotOracle
from .. import feed
from .. import parameters as p
from .. import phases
from .. import walking
from . import block_reading
from . import sources

uses: block_reading
uses: sources

DAY_S: constant(uint256) = 86_400
EXPIRY_TIME_S: constant(uint256) = 8 * 3_600  # 08:00 UTC
OUTAGE_S: constant(uint256) = 6 * 3_600  # between the two reports of an outage
MAX_HORIZON_S: constant(uint256) = 366 * 86_400  # before expiry, when it is listed

_versions: HashMap[uint256, uint256]
_fixings: HashMap[uint256, ISpotOracle.Fixing]
_walks: HashMap[uint256, HashMap[ISpotOracle.Source, HashMap[uint256, ISpotOracle.Walk]]]
_first_rounds: HashMap[uint256, uint256]  # of the primary: proven inside the window, as far as it had come
_failed: HashMap[uint256, HashMap[ISpotOracle.Source, bool]]
_outages: HashMap[uint256, HashMap[ISpotOracle.Source, uint256]]


@external
def fix_expiry(
    expiry: uint256, source: ISpotOracle.Source, first_round: uint256, max_rounds: uint256
) -> bool:
    """
    @notice Walk the rounds of the window; anyone, in any number of calls, from its second second on. Once proven, a
            failure of the primary opens the second source.
    @dev    The mean is rounded down, by less than 1e-18 quote, in favour of nobody in particular. Reverts while
            the feed cannot be read: see `report_outage`.
    @param  expiry Listed, its window open, not fixed; before it has passed the walk only goes as far as the window.
    @param  source PRIMARY, or SECOND once the primary has failed.
    @param  first_round The last valid round at or before the start of the window; zero: none is.
    @param  max_rounds Most rounds to look at, 1 to 512; one costs about 10,000 gas on a plain feed.
    @return Whether the expiry is fixed; false: more rounds to look at, none follows yet, or the source failed.
    """
    self._check_open(expiry, source)
    assert block.timestamp > expiry - walking.WINDOW_S, "oracle: window has not opened"
    assert max_rounds > 0 and max_rounds <= walking.MAX_ROUNDS, "oracle: bad number of rounds"
    if source == ISpotOracle.Source.SECOND:
        assert self._failed[expiry][ISpotOracle.Source.PRIMARY], "oracle: primary has not failed"
    return self._walk(expiry, source, first_round, max_rounds)


@external
def report_outage(expiry: uint256, source: ISpotOracle.Source):
    """
    @notice Report, from six hours after expiry, that a source cannot be read at all or changed its decimals.
            A second report at least six hours later makes it failed; a report while it can be read takes the
            first one back.
    @param  expiry Listed, passed, not fixed.
    @param  source PRIMARY or SECOND.
    """
    self._check_open(expiry, source)
    assert block.timestamp > expiry + walking.FOLLOW_S, "oracle: too early for an outage"
    since: uint256 = self._outages[expiry][source]
    if self._is_readable(source):
        assert since != 0, "oracle: feed can be read"
        self._outages[expiry][source] = 0
        log ISpotOracle.OutageEnded(expiry=expiry, source=source, since=since)
    elif since == 0:
        self._outages[expiry][source] = block.timestamp
        log ISpotOracle.OutageReported(expiry=expiry, source=source, since=block.timestamp)
    else:
        assert block.timestamp >= since + OUTAGE_S, "oracle: outage too young"
        self._fail(expiry, source, 0)


@internal
def _list(expiry: uint256):
    """
    @notice Freeze the rule of an expiry: the present version of the parameters.
    @dev    Checks no caller.
    """
    assert self._versions[expiry] == 0, "oracle: expiry already listed"
    assert expiry % DAY_S == EXPIRY_TIME_S, "oracle: expiry not at 08:00"
    assert expiry > block.timestamp + walking.WINDOW_S, "oracle: window has opened"
    assert expiry <= block.timestamp + MAX_HORIZON_S, "oracle: expiry too far"
    version: uint256 = staticcall sources.PARAMETERS.version()
    self._versions[expiry] = version
    log ISpotOracle.ExpiryListed(expiry=expiry, version=version)


@internal
def _walk(expiry: uint256, source: ISpotOracle.Source, first_round: uint256, max_rounds: uint256) -> bool:
    """
    @notice Up to `max_rounds` steps of the walk from a round; stored unless it ends.
    """
    assert self._is_readable(source), "oracle: feed cannot be read"
    course: walking.Course = self._course(expiry, source)
    walk: ISpotOracle.Walk = self._walks[expiry][source][first_round]
    cursor: uint256 = max(walk.scanned, first_round)
    assert cursor <= course.latest, "oracle: round not published"
    next_phase: uint256 = 0  # the round before its first
    phase_end: uint256 = phases.NEVER
    next_phase, phase_end = phases._later(course.aggregator, cursor, course.latest)
    if walk.round_id != 0 and walk.updated_at >= phase_end:
        # A phase appeared that began before the round last counted: what was walked is void.
        walk = empty(ISpotOracle.Walk)
        next_phase, phase_end = phases._later(course.aggregator, first_round, course.latest)
    if walk.scanned == 0:
        walk = walking._begin(course, first_round, phase_end)
    before: uint256 = walk.scanned
    outcome: walking.Outcome = walking.Outcome.PAUSED
    walk, outcome = walking._advance(course, walk, next_phase, phase_end, max_rounds)
    assert outcome != walking.Outcome.WRONG_BEGIN, "oracle: a later round begins it"
    if outcome == walking.Outcome.FIXED:
        # Rounds down, in favour of nobody: see above.
        self._fix(expiry, walk.total // walking.WINDOW_S, source)
        return True
    is_silent: bool = (
        outcome == walking.Outcome.AT_END and block.timestamp > expiry + walking.FOLLOW_S
    )
    if outcome == walking.Outcome.FAILED or is_silent:
        assert block.timestamp > expiry, "oracle: not expired"
        self._fail(expiry, source, walk.round_id)
        return False
    is_news: bool = walk.scanned > before
    if source == ISpotOracle.Source.PRIMARY and self._first_rounds[expiry] != first_round:
        # No round can begin the window any more, and a later one than the caller's would have been met.
        if outcome == walking.Outcome.AT_END or walk.round_id != first_round:
            self._first_rounds[expiry] = first_round
            is_news = True
    assert is_news, "oracle: no round follows yet"
    self._walks[expiry][source][first_round] = walk
    log ISpotOracle.FixingWalked(
        expiry=expiry, source=source, first_round=first_round, previous=before, scanned=walk.scanned
    )
    return False


@internal
@view
def _course(expiry: uint256, source: ISpotOracle.Source) -> walking.Course:
    """
    @notice What stays the same all along a walk of an expiry.
    """
    rule: ISpotOracle.FixingRule = self._rule(expiry, source)
    aggregator: address = sources._feed(source)
    published: uint256 = feed._latest(aggregator).round_id
    latest: uint256 = published
    if rule.last_phase != 0:
        latest = min(published, ((rule.last_phase + 1) << phases.PHASE_BITS) - 1)
    # Until expiry, its rounds are those of the seconds before it that have come.
    horizon: uint256 = phases.NEVER
    if block.timestamp <= expiry:
        horizon = min(block.timestamp, expiry - 1)
    return walking.Course(
        expiry=expiry,
        aggregator=aggregator,
        scale=sources._scale(source),
        lowest=rule.lowest,
        highest=rule.highest,
        max_gap=rule.max_gap,
        published=published,
        latest=latest,
        horizon=horizon,
    )


@internal
def _fix(expiry: uint256, price: uint256, source: ISpotOracle.Source):
    """
    @notice Write the settlement price, once.
    """
    assert self._fixings[expiry].price == 0, "oracle: already fixed"
    self._fixings[expiry] = ISpotOracle.Fixing(price=price, fixed_at=block.timestamp, source=source)
    log ISpotOracle.ExpiryFixed(expiry=expiry, price=price, source=source)


@internal
def _fail(expiry: uint256, source: ISpotOracle.Source, round_id: uint256):
    """
    @notice Write that a source cannot fix an expiry, for ever.
    """
    self._failed[expiry][source] = True
    log ISpotOracle.SourceFailed(expiry=expiry, source=source, round_id=round_id)


@internal
@view
def _check_open(expiry: uint256, source: ISpotOracle.Source):
    """
    @notice An expiry that is listed and not fixed, and a source that is there and has not failed.
    """
    assert self._versions[expiry] != 0, "oracle: expiry not listed"
    assert self._fixings[expiry].price == 0, "oracle: already fixed"
    assert sources._feed(source) != empty(address), "oracle: no such source"
    assert not self._failed[expiry][source], "oracle: source has failed"


@internal
@view
def _is_readable(source: ISpotOracle.Source) -> bool:
    """
    @notice Whether a source answers, with the decimals that it had at construction.
    """
    aggregator: address = sources._feed(source)
    return feed._latest(aggregator).round_id != 0 and sources._has_scale(
        aggregator, sources._scale(source)
    )


@internal
@view
def _is_exhausted(expiry: uint256) -> bool:
    """
    @notice Whether every configured source has failed.
    """
    if not self._failed[expiry][ISpotOracle.Source.PRIMARY]:
        return False
    has_second: bool = sources._feed(ISpotOracle.Source.SECOND) != empty(address)
    return not has_second or self._failed[expiry][ISpotOracle.Source.SECOND]


@internal
@view
def _rule(expiry: uint256, source: ISpotOracle.Source) -> ISpotOracle.FixingRule:
    """
    @notice By what rule a source fixes a listed expiry.
    @dev    Bounds are those of the listing, widened by those in force when the window opened: an expiry listed a year
            ago must not discard prices that every reading accepts. Nothing that happens later moves them.
    """
    listed: DynArray[uint256, p.WORDS] = self._words(self._versions[expiry])
    opening: DynArray[uint256, p.WORDS] = self._words(
        staticcall sources.PARAMETERS.version_at(expiry - walking.WINDOW_S)
    )
    lowest: uint256 = min(sources._lane(listed, p.SPOT_FLOOR), sources._lane(opening, p.SPOT_FLOOR))
    highest: uint256 = max(sources._lane(listed, p.SPOT_CAP), sources._lane(opening, p.SPOT_CAP))
    return ISpotOracle.FixingRule(
        lowest=lowest * sources.PRICE_UNIT,
        highest=highest * sources.PRICE_UNIT,
        max_gap=sources._lane(listed, p.FIXING_MAX_GAP_S),
        max_deviation=sources._lane(listed, p.SPOT_MAX_DEVIATION),
        last_phase=block_reading._phase_at(expiry, source),
    )


@internal
@view
def _words(version: uint256) -> DynArray[uint256, p.WORDS]:
    """
    @notice Words of parameters that rule fixings, as they were in a version.
    """
    return staticcall sources.PARAMETERS.words_at(version, 0, sources.SPOT_WORDS)
