# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Settlement prices
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The settlement price of an expiry T is the mean over [T - 30 min, T] of the price in force, from the rounds
         of one source. docs/spot-oracle.md states the rule, and why it gives one price to every caller.
@dev     The caller names the round in force at the window's start. The walk proves it (the next valid round
         begins after the start), adds price times seconds, and ends at the first valid round at or after T. A
         walk belongs to the round that began it, so nobody can disturb another's.
"""

from ...interfaces import IRiskParameters
from ...interfaces import ISpotOracle
from .. import feed
from .. import parameters as p
from .. import phases
from . import sources

uses: sources

WINDOW_S: constant(uint256) = 1_800
DAY_S: constant(uint256) = 86_400
EXPIRY_TIME_S: constant(uint256) = 8 * 3_600  # 08:00 UTC
FOLLOW_S: constant(uint256) = 6 * 3_600  # a round must follow within
OUTAGE_S: constant(uint256) = 6 * 3_600  # between the two reports of an outage
MAX_HORIZON_S: constant(uint256) = 366 * 86_400  # before expiry, when it is listed
MAX_ROUNDS: constant(uint256) = 512  # in one call

_versions: HashMap[uint256, uint256]
_fixings: HashMap[uint256, ISpotOracle.Fixing]
_walks: HashMap[uint256, HashMap[ISpotOracle.Source, HashMap[uint256, ISpotOracle.Walk]]]
_failed: HashMap[uint256, HashMap[ISpotOracle.Source, bool]]
_outages: HashMap[uint256, HashMap[ISpotOracle.Source, uint256]]


@external
def fix_expiry(
    expiry: uint256, source: ISpotOracle.Source, first_round: uint256, max_rounds: uint256
) -> bool:
    """
    @notice Walk the rounds of the window; anyone, in any number of calls. Once proven, a failure of the primary
            opens the second source.
    @dev    The mean is rounded down, by less than 1e-18 quote, in favour of nobody in particular. Reverts while
            the feed cannot be read: see `report_outage`.
    @param  expiry Listed, passed, not fixed.
    @param  source PRIMARY, or SECOND once the primary has failed.
    @param  first_round The last valid round at or before the start of the window; zero: none is.
    @param  max_rounds Most rounds to look at, 1 to 512; one costs about 10,000 gas on a plain feed.
    @return Whether the expiry is fixed; false: more rounds to look at, none follows yet, or the source failed.
    """
    self._check_open(expiry, source)
    assert block.timestamp >= expiry, "oracle: not expired"
    assert max_rounds > 0 and max_rounds <= MAX_ROUNDS, "oracle: bad number of rounds"
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
    assert block.timestamp > expiry + FOLLOW_S, "oracle: too early for an outage"
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
    assert expiry > block.timestamp + WINDOW_S, "oracle: window has opened"
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
    aggregator: address = sources._feed(source)
    scale: uint256 = sources._scale(source)
    latest: uint256 = feed._latest(aggregator).round_id
    words: DynArray[uint256, p.WORDS] = self._rule(expiry)
    max_gap: uint256 = sources._lane(words, p.FIXING_MAX_GAP_S)
    lowest: uint256 = sources._lane(words, p.SPOT_FLOOR) * sources.PRICE_UNIT
    highest: uint256 = sources._lane(words, p.SPOT_CAP) * sources.PRICE_UNIT

    walk: ISpotOracle.Walk = self._walks[expiry][source][first_round]
    next_phase: uint256 = 0  # the round before its first
    phase_end: uint256 = phases.NEVER
    if walk.scanned == 0:
        walk.scanned = first_round
        walk.last_set = first_round
    assert walk.scanned <= latest, "oracle: round not published"
    next_phase, phase_end = phases._later(aggregator, walk.scanned, latest)
    if walk.round_id != 0 and walk.updated_at >= phase_end:
        # A phase appeared that began before the round last counted: what was walked is void.
        walk = empty(ISpotOracle.Walk)
        walk.scanned = first_round
        walk.last_set = first_round
        next_phase, phase_end = phases._later(aggregator, first_round, latest)
    if walk.round_id == 0 and first_round != 0:
        begin: feed.Round = feed._round(aggregator, first_round)
        walk.round_id = first_round
        walk.price = feed._price(begin, scale, lowest, highest)
        walk.updated_at = begin.updated_at
        assert walk.price > 0 and begin.updated_at > 0 and begin.is_complete, "oracle: not a valid round"
        assert begin.updated_at <= expiry - WINDOW_S, "oracle: round after the start"
        assert begin.updated_at < phase_end, "oracle: round after its phase"

    before: uint256 = walk.scanned
    is_end: bool = False  # of what the feed has published
    for _: uint256 in range(max_rounds, bound=MAX_ROUNDS):
        round_id: uint256 = walk.scanned + 1
        is_over: bool = round_id > latest
        found: feed.Round = empty(feed.Round)
        if not is_over:
            found = feed._round(aggregator, round_id)
            if round_id >> phases.PHASE_BITS < latest >> phases.PHASE_BITS:
                is_over = found.updated_at >= phase_end or (
                    found.updated_at == 0 and round_id - walk.last_set >= phases.MAX_HOLE
                )
        if is_over:
            if phase_end == phases.NEVER:
                is_end = True
                break
            walk.scanned = next_phase
            walk.last_set = next_phase
            next_phase, phase_end = phases._later(aggregator, next_phase, latest)
            continue
        if found.updated_at == 0 and round_id == latest:  # it may be set yet
            is_end = True
            break
        walk.scanned = round_id
        if found.updated_at == 0:
            continue
        walk.last_set = round_id
        price: uint256 = feed._price(found, scale, lowest, highest)
        if price == 0 or not found.is_complete or found.updated_at < walk.updated_at:
            continue
        assert found.updated_at > expiry - WINDOW_S, "oracle: a later round begins it"
        covered_until: uint256 = min(found.updated_at, expiry)
        if covered_until - walk.updated_at > max_gap or found.updated_at > expiry + FOLLOW_S:
            self._fail(expiry, source, walk.round_id)
            return False
        walk.total += walk.price * (covered_until - max(walk.updated_at, expiry - WINDOW_S))
        if found.updated_at >= expiry:
            # Rounds down, in favour of nobody: see above.
            self._fix(expiry, walk.total // WINDOW_S, source)
            return True
        walk.round_id = round_id
        walk.price = price
        walk.updated_at = found.updated_at

    if is_end and block.timestamp > expiry + FOLLOW_S:
        self._fail(expiry, source, walk.round_id)
        return False
    assert walk.scanned > before, "oracle: no round follows yet"
    self._walks[expiry][source][first_round] = walk
    log ISpotOracle.FixingWalked(
        expiry=expiry, source=source, first_round=first_round, previous=before, scanned=walk.scanned
    )
    return False


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
def _bounds(expiry: uint256) -> (uint256, uint256, uint256):
    """
    @notice Floor and cap of a listed expiry, and the largest deviation of its sources; WAD.
    """
    words: DynArray[uint256, p.WORDS] = self._rule(expiry)
    return (
        sources._lane(words, p.SPOT_FLOOR) * sources.PRICE_UNIT,
        sources._lane(words, p.SPOT_CAP) * sources.PRICE_UNIT,
        sources._lane(words, p.SPOT_MAX_DEVIATION),
    )


@internal
@view
def _rule(expiry: uint256) -> DynArray[uint256, p.WORDS]:
    """
    @notice Words of parameters as they were when the expiry was listed.
    """
    return staticcall sources.PARAMETERS.words_at(self._versions[expiry], 0, sources.SPOT_WORDS)
