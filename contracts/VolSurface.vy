# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  One volatility slice and one carry rate per expiry, posted by the keeper inside limits that bound what a
         dishonest keeper can move in an hour.
@dev     A post is measured against the slice in effect, on the grid of surface_guard.vy: strike by strike, so
         that a change of the forward and a change of volatility are told apart as the Greeks tell them. Two
         versions of a slice are kept; the older is read until the block of the post has ended.
         A slice without a predecessor comes from governance, or it is measured against the interpolation of its
         live neighbours and stays closing-only until that distance has leaked out of its bucket.
         Derivation of the bound: docs/vol-surface.md.
@custom:kill The guardian pauses posts or revokes the keeper in RiskParameters; slices then grow too old to open
         positions. Reading never stops.
@custom:trust The keeper moves volatility and carry within the limits; governance lists expiries and gives first
         slices. Both take their limits from RiskParameters.
"""

from .interfaces import IRiskParameters
from .interfaces import IVolSurface

implements: IVolSurface

# stateless
from .libs import parameters as risk
from .libs import require
from .libs import surface_limits as bounds
from .libs import surface_status as states
from .libs.math import surface_guard as guard
from .libs.math import surface_move as moves
from .libs.math import surface_neighbours as around
from .libs.math import surface_pace as pace

# stateful
from .libs.state import reference_vol as reference
from .libs.state import slice_book as books

initializes: books
initializes: reference[slice_book := books]

exports: reference.reference_vol

MAX_EXPIRIES: constant(uint256) = books.MAX_EXPIRIES
POSTS_PAUSED: constant(uint256) = 8
POST_MAX_AGE_S: constant(uint256) = 300  # a post that took longer to arrive describes another market
MAX_SEQUENCE_STEP: constant(uint256) = 2**32  # nobody can use the sequence up
SEQUENCE_BITS: constant(uint256) = 64
MASK_64: constant(uint256) = 2**64 - 1
SIGNED_YEAR: constant(int256) = 365 * 86_400


RISK: immutable(address)

_header: uint256  # sequence 64 | timestamp 48


@deploy
def __init__(parameters: address):
    """
    @param  parameters The RiskParameters that this surface obeys.
    """
    require._that(parameters.is_contract, "surface: no parameters")
    RISK = parameters


# Governance


@external
def list_expiry(expiry: uint256):
    """
    @notice Let an expiry be posted.
    @param  expiry Unix seconds; in the future.
    """
    require._that(msg.sender == staticcall IRiskParameters(RISK).owner(), "surface: not the owner")
    require._that(block.timestamp < expiry and expiry <= books.MASK_48, "surface: expired")
    require._that(books._state(expiry) == 0, "surface: already listed")
    books._list(expiry)
    log IVolSurface.ExpiryListed(expiry=expiry)


@external
def delist_expiry(expiry: uint256):
    """
    @notice Take back a listing that has no slice yet. One that has may hold positions; it leaves by expiring.
    @param  expiry Unix seconds.
    """
    require._that(msg.sender == staticcall IRiskParameters(RISK).owner(), "surface: not the owner")
    state: uint256 = books._state(expiry)
    require._that(state != 0, "surface: not listed")
    require._that(state & books.HAS_SLICE == 0, "surface: has a slice")
    books._delist(expiry)
    log IVolSurface.ExpiryDelisted(expiry=expiry)


# Keeper


@external
def post(sequence: uint256, timestamp: uint256, posts: DynArray[IVolSurface.Post, MAX_EXPIRIES]):
    """
    @notice Post slices of one or more expiries; they take effect in the next block.
    @dev    All rules hold for the result of the whole call, or nothing is written. Steps are measured from the slice
            in effect; times are those of this block.
    @param  sequence Above that of the latest post, by at most 2^32.
    @param  timestamp Of the market described; above that of the latest post, not in the future, at most 300 s old.
    @param  posts Slices in ascending order of expiry.
    """
    is_vouched: bool = self._check_caller(posts)
    previous_timestamp: uint256 = self._advance(sequence, timestamp)
    limits: bounds.Limits = bounds._limits(RISK)
    lines: DynArray[around.Line, MAX_EXPIRIES] = self._lines(posts, timestamp, limits)
    for i: uint256 in range(len(lines), bound=MAX_EXPIRIES):
        if lines[i].is_posted:
            self._admit(lines, i, sequence, limits, is_vouched)
        if i > 0 and (lines[i - 1].is_posted or lines[i].is_posted):
            guard._check_order(
                lines[i - 1].slice, lines[i - 1].time_s, lines[i].slice, lines[i].time_s
            )
    reference._keep()
    log IVolSurface.SurfacePosted(
        sequence=sequence, previous_timestamp=previous_timestamp, timestamp=timestamp
    )


@internal
@view
def _check_caller(posts: DynArray[IVolSurface.Post, MAX_EXPIRIES]) -> bool:
    """
    @dev    The keeper posts; the owner may give first slices, and vouches for them.
    @return Whether governance vouches for the slices.
    """
    require._that(len(posts) > 0, "surface: empty post")
    require._that(staticcall IRiskParameters(RISK).paused() & POSTS_PAUSED == 0, "surface: posts paused")
    is_first: bool = True
    for item: IVolSurface.Post in posts:
        is_first = is_first and books._state(item.expiry) & books.HAS_SLICE == 0
    if is_first and msg.sender == staticcall IRiskParameters(RISK).owner():
        return True
    require._that(msg.sender == staticcall IRiskParameters(RISK).keeper(), "surface: not the keeper")
    return False


@internal
def _advance(sequence: uint256, timestamp: uint256) -> uint256:
    """
    @dev    Refuses replays, reorderings and late arrivals.
    @return Timestamp of the previous post.
    """
    header: uint256 = self._header
    previous: uint256 = header & MASK_64
    previous_timestamp: uint256 = header >> 64
    require._that(sequence > previous, "surface: sequence not above")
    require._that(sequence - previous <= MAX_SEQUENCE_STEP, "surface: sequence too far")
    require._that(timestamp <= block.timestamp, "surface: from the future")
    require._that(timestamp > previous_timestamp, "surface: timestamp not above")
    require._that(timestamp + POST_MAX_AGE_S >= block.timestamp, "surface: post too old")
    self._header = sequence | timestamp << 64
    return previous_timestamp


@internal
def _lines(
    posts: DynArray[IVolSurface.Post, MAX_EXPIRIES], timestamp: uint256, limits: bounds.Limits
) -> DynArray[around.Line, MAX_EXPIRIES]:
    """
    @dev    The live expiries in order, as they will be after the call: posted slices, and those of their neighbours.
            Drops what has expired, enters what is new.
    """
    live: DynArray[uint256, MAX_EXPIRIES] = books._alive()
    last: uint256 = 0
    for item: IVolSurface.Post in posts:
        require._that(item.expiry > last, "surface: expiries not ascending")
        last = item.expiry
        state: uint256 = books._state(item.expiry)
        require._that(state != 0, "surface: not listed")
        require._that(item.expiry > block.timestamp, "surface: expired")
        if state & books.HAS_SLICE == 0:
            live = books._inserted(live, item.expiry)
        else:
            require._that(block.number > books._posted_block(state), "surface: posted in this block")
    books._keep(live)

    lines: DynArray[around.Line, MAX_EXPIRIES] = []
    p: uint256 = 0
    for expiry: uint256 in live:
        line: around.Line = empty(around.Line)
        line.expiry = expiry
        line.time_s = expiry - block.timestamp
        if p < len(posts) and posts[p].expiry == expiry:
            line.is_posted = True
            line.slice = self._slice(posts[p], timestamp)
            p += 1
        lines.append(line)
    for i: uint256 in range(len(lines), bound=MAX_EXPIRIES):
        is_neighbour: bool = i > 0 and lines[i - 1].is_posted
        is_neighbour = is_neighbour or (i + 1 < len(lines) and lines[i + 1].is_posted)
        if is_neighbour or lines[i].is_posted:
            state: uint256 = books._state(lines[i].expiry)
            lines[i].is_anchor = state & books.HAS_SLICE != 0 and not books._is_overdrawn(
                state, limits.rate, limits.forward_rate
            )
            if not lines[i].is_posted:
                lines[i].slice = books._latest(lines[i].expiry)
    return lines


@internal
@pure
def _slice(item: IVolSurface.Post, timestamp: uint256) -> IVolSurface.Slice:
    """
    @dev    A posted slice. The gap is rounded up to its unit of storage, against the vault's takers.
    """
    require._that(item.gap <= MASK_64, "surface: gap out of range")
    return IVolSurface.Slice(
        a=item.a,
        b=item.b,
        rho=item.rho,
        m=item.m,
        sigma=item.sigma,
        carry=item.carry,
        gap=(item.gap + books.GAP_UNIT - 1) // books.GAP_UNIT * books.GAP_UNIT,
        timestamp=timestamp,
    )


@internal
def _admit(
    lines: DynArray[around.Line, MAX_EXPIRIES], i: uint256, sequence: uint256, limits: bounds.Limits, is_vouched: bool
):
    """
    @dev    Refuses a slice that breaks a rule; stores it otherwise.
    """
    line: around.Line = lines[i]
    curve: IVolSurface.Slice = line.slice
    guard._check_shape(curve)
    most: int256 = convert(limits.max_carry, int256)
    require._that(-most <= curve.carry and curve.carry <= most, "surface: carry too large")
    width: uint256 = guard._width(curve, line.time_s)
    nodes: int256[guard.NODES] = guard._nodes(curve, width)
    variances: uint256[guard.NODES] = guard._variances(curve, nodes)
    guard._check_curve(curve, line.time_s, width, nodes, variances)
    volatilities: uint256[guard.CORE] = guard._roots(variances)
    guard._check_bounds(volatilities, limits.lowest_vol, limits.highest_vol)

    state: uint256 = books._state(line.expiry)
    previous: IVolSurface.Slice = empty(IVolSurface.Slice)
    move: uint256 = 0
    forward_move: uint256 = 0
    volatility_level: uint256 = 0
    forward_level: uint256 = 0
    if state & books.HAS_SLICE != 0:
        previous = books._latest(line.expiry)
        drift: int256 = (curve.carry - previous.carry) * convert(line.time_s, int256)
        forward_move = around._years_up(convert(abs(drift), uint256))
        require._that(forward_move <= limits.forward_step, "surface: forward step too large")
        # ln(K/F) before is ln(K/F) after plus this: strikes stay where they are. Truncated, in favour of nobody.
        offset: int256 = drift // SIGNED_YEAR
        move = moves._move(curve, line.time_s, nodes, volatilities, previous, offset)
        require._that(move <= pace._step(limits.step, line.time_s), "surface: step too large")
        levels: (uint256, uint256) = books._levels(state, limits.rate, limits.forward_rate)
        volatility_level = levels[0] + move
        forward_level = levels[1] + forward_move
        require._that(volatility_level <= limits.rate // 2, "surface: hourly limit")
        require._that(forward_level <= limits.forward_rate // 2, "surface: hourly forward limit")
    elif not is_vouched:
        move, forward_move = around._distance(lines, i, nodes, volatilities)
        volatility_level = move
        forward_level = forward_move

    books._write(line.expiry, curve, volatility_level, forward_level)
    log IVolSurface.SlicePosted(
        expiry=line.expiry,
        sequence=sequence,
        previous=previous,
        current=curve,
        move=move,
        forward_move=forward_move,
    )


# Reading


@external
@view
def slice_of(expiry: uint256) -> IVolSurface.Slice:
    """
    @notice Slice in effect: in the block of a post the one before it.
    @param  expiry Unix seconds; an expired slice can still be read.
    """
    return self._existing(books._in_effect(expiry))


@external
@view
def latest_slice(expiry: uint256) -> IVolSurface.Slice:
    """
    @notice Slice in effect from the next block on.
    @param  expiry Unix seconds.
    """
    return self._existing(books._latest(expiry))


@external
@view
def implied_vol(expiry: uint256, log_moneyness: int256) -> uint256:
    """
    @notice Annualised volatility in effect.
    @param  expiry Unix seconds.
    @param  log_moneyness k = ln(K/F); WAD; |k| < 2^68.
    @return WAD; rounded down.
    """
    require._that(
        -guard.REACH < log_moneyness and log_moneyness < guard.REACH, "surface: parameter out of range"
    )
    return guard._volatility(guard._variance(log_moneyness, self._existing(books._in_effect(expiry))))


@internal
@pure
def _existing(curve: IVolSurface.Slice) -> IVolSurface.Slice:
    """
    @dev    Refuses the empty slice: every posted one has sigma > 0.
    """
    require._that(curve.sigma > 0, "surface: no slice")
    return curve


@external
@view
def status(expiry: uint256) -> uint256:
    """
    @notice What the slice in effect is good for.
    @param  expiry Unix seconds.
    @return 2 open, 1 closing only, 0 absent: the constants of surface_status.vy.
    """
    curve: IVolSurface.Slice = books._in_effect(expiry)
    if block.timestamp >= expiry or curve.sigma == 0:
        return states.ABSENT
    limits: bounds.Limits = bounds._limits(RISK)
    if (
        block.timestamp > curve.timestamp + limits.max_age
        or curve.gap > limits.max_gap
        or books._is_overdrawn(books._state(expiry), limits.rate, limits.forward_rate)
    ):
        return states.CLOSING_ONLY
    return states.OPEN


@external
@view
def room(expiry: uint256) -> (uint256, uint256):
    """
    @notice How far volatility and ln F may move now, before the limits of a single post.
    @param  expiry Unix seconds.
    """
    limits: bounds.Limits = bounds._limits(RISK)
    levels: (uint256, uint256) = books._levels(books._state(expiry), limits.rate, limits.forward_rate)
    return (
        limits.rate // 2 - min(levels[0], limits.rate // 2),
        limits.forward_rate // 2 - min(levels[1], limits.forward_rate // 2),
    )


@external
@view
def expiries() -> DynArray[uint256, MAX_EXPIRIES]:
    """
    @notice Unexpired expiries that have a slice, ascending.
    """
    return books._alive()


@external
@view
def is_listed(expiry: uint256) -> bool:
    """
    @notice Whether governance has listed an expiry.
    @param  expiry Unix seconds.
    """
    return books._state(expiry) != 0


@external
@view
def sequence() -> uint256:
    """
    @notice Sequence of the latest post.
    """
    return self._header & MASK_64


@external
@view
def timestamp() -> uint256:
    """
    @notice Market timestamp of the latest post.
    """
    return self._header >> 64


@external
@view
def PARAMETERS() -> address:
    """
    @notice The RiskParameters that this surface obeys.
    """
    return RISK
