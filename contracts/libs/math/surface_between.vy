# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Between the nodes of a surface and beyond them
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Bounds the change of volatility of every strike by what is known at the nodes of the check grid.
@dev     Stateless. Variance is convex in k, and its second derivative changes by a bounded share from one slice to
         another; so their difference cannot stray far from its chords, nor turn much beyond the last node. Proof:
         docs/vol-surface.md. Rounding, against the poster where it is written up, is below 1e-14 of each bound.
"""

from .. import constants

NODES: constant(uint256) = 28  # of the check grid
CORE: constant(uint256) = 20  # the first of them, ascending
SLOPES: constant(uint256) = CORE + 2
FAR: constant(uint256) = 4 * constants.WAD
TWO: constant(uint256) = 2 * constants.WAD


@internal
@pure
def _bend_change(
    b: uint256, s: uint256, other_b: uint256, other_s: uint256, apart: int256
) -> uint256:
    """
    @dev    Share of the larger second derivative by which two slices differ anywhere, at most; rounded up.
            1 - 1/M with M = (C + sqrt(C^2 - 1))^(3/2) times the ratio of b sqrt(s), where
            C = 1 + (apart^2 + (s - s')^2)/(2 s s'): Harnack's inequality of the half-plane.
    @param  s Positive, as is `other_s`; both below 2^69.
    @param  apart Between the vertices; below 2^70.
    @return WAD, at most one.
    """
    if b == 0 or other_b == 0:
        return constants.WAD
    # unsafe: squares below 2^142, heights below 2^137; after the return the factors are below 4 and 4.
    wider: int256 = unsafe_sub(convert(s, int256), convert(other_s, int256))
    excess: uint256 = convert(unsafe_add(unsafe_mul(apart, apart), unsafe_mul(wider, wider)), uint256)
    excess = unsafe_add(
        unsafe_div(unsafe_mul(excess, constants.WAD), unsafe_mul(2, unsafe_mul(s, other_s))), 1
    )  # C - 1
    height: uint256 = unsafe_mul(b, isqrt(unsafe_mul(s, constants.WAD)))
    other_height: uint256 = unsafe_mul(other_b, isqrt(unsafe_mul(other_s, constants.WAD)))
    heights: uint256 = unsafe_add(
        unsafe_div(unsafe_mul(max(height, other_height), constants.WAD), min(height, other_height)), 1
    )
    if excess > constants.WAD or heights > FAR:
        return constants.WAD
    stretch: uint256 = unsafe_add(excess, isqrt(unsafe_mul(excess, unsafe_add(excess, TWO))))
    stretch = unsafe_add(stretch, constants.WAD + 1)
    power: uint256 = unsafe_div(unsafe_mul(unsafe_mul(stretch, stretch), stretch), constants.WAD)
    power = unsafe_mul(unsafe_div(unsafe_mul(power, heights), constants.WAD), heights)
    power = unsafe_add(isqrt(unsafe_div(power, constants.WAD)), 1)
    return unsafe_sub(constants.WAD, unsafe_div(constants.WAD * constants.WAD, power))


@internal
@pure
def _largest(
    nodes: int256[NODES],
    volatilities: uint256[CORE],
    slopes: int256[SLOPES],
    other_volatilities: uint256[CORE],
    other_slopes: int256[SLOPES],
    change: uint256,
    level: uint256,
    time_s: uint256,
) -> uint256:
    """
    @dev    Largest |change of volatility| of a strike, at most: of the intervals between the nodes and the two
            beyond them.
    @param  nodes Ascending; the last one five deviations from the money, as is the first.
    @param  slopes Of the variance: far to the left, at each node, far to the right.
    @param  change Bound of `_bend_change`.
    @param  level Volatility at the money.
    """
    # unsafe: volatilities lie in [2^46, 2^72], slopes and nodes below 2^71, time below 2^48; room is positive.
    found: uint256 = 0
    low: uint256 = 0
    move: uint256 = 0
    for i: uint256 in range(CORE + 1):
        j: uint256 = unsafe_add(i, 1)
        bend: int256 = max(unsafe_sub(slopes[j], slopes[i]), unsafe_sub(other_slopes[j], other_slopes[i]))
        bent: uint256 = convert(max(bend, 0), uint256)
        largest: uint256 = move
        least: uint256 = low
        if i < CORE:
            low = min(volatilities[i], other_volatilities[i])
            move = unsafe_sub(max(volatilities[i], other_volatilities[i]), low)
        if i > 0 and i < CORE:
            least = min(least, low)
            # How far a curve hangs below its chord; over the least volatility.
            sag: uint256 = convert(unsafe_sub(nodes[i], nodes[unsafe_sub(i, 1)]), uint256)
            sag = unsafe_add(unsafe_div(unsafe_mul(sag, bent), unsafe_mul(4, least)), 1)
            assert unsafe_mul(2, sag) <= least, "surface: vertex too sharp"
            largest = unsafe_add(max(largest, move), unsafe_add(unsafe_div(unsafe_mul(change, sag), TWO), 1))
            largest = unsafe_add(largest, unsafe_add(unsafe_div(unsafe_mul(largest, sag), least), 1))
        else:
            far: uint256 = 0 if i == 0 else CORE + 1
            end: uint256 = max(i, 1)
            # max(|dv|, edge sup|dv'|)/(8 level)
            turn: uint256 = convert(abs(unsafe_sub(slopes[end], other_slopes[end])), uint256)
            turn = unsafe_add(turn, unsafe_add(unsafe_div(unsafe_mul(change, bent), constants.WAD), 1))
            edge: uint256 = convert(nodes[CORE - 1], uint256)
            largest = unsafe_add(unsafe_mul(move, unsafe_add(unsafe_mul(2, low), move)), constants.WAD)
            largest = unsafe_div(max(largest, unsafe_mul(turn, edge)), unsafe_mul(8, level))
            largest = unsafe_add(
                self._faded(
                    unsafe_add(largest, 1),
                    edge,
                    unsafe_div(unsafe_mul(unsafe_add(low, move), unsafe_add(low, move)), constants.WAD),
                    convert(max(abs(slopes[far]), abs(other_slopes[far])), uint256),
                    time_s,
                    i > 0,
                ),
                1,
            )
        found = max(found, largest)
    return found


@internal
@pure
def _faded(
    move: uint256, edge: uint256, variance: uint256, slope: uint256, time_s: uint256, is_right: bool
) -> uint256:
    """
    @dev    A move beyond the last node, weighed by the vega there: with q the largest v T/k to the right, 0 to the
            left, and Y the least k^2/(v T) (1 - q/2)^2 beyond, y exp(-y^2/2) <= exp(-1/2) min(1, 46/Y^3) for y^2 >= Y.
    @param  variance Largest at the last node.
    @param  slope Largest beyond it.
    """
    # unsafe: total and wing below 2^96, edge below 2^68; both divisors are at least 1.
    total: uint256 = unsafe_add(unsafe_div(unsafe_mul(variance, time_s), constants.SECONDS_PER_YEAR), 1)
    wing: uint256 = unsafe_add(unsafe_div(unsafe_mul(slope, time_s), constants.SECONDS_PER_YEAR), 1)
    total = unsafe_mul(total, constants.WAD)
    room: uint256 = TWO
    if is_right:
        steepest: uint256 = max(wing, unsafe_add(unsafe_div(total, edge), 1))
        assert steepest < TWO, "surface: wing too steep"
        room = unsafe_sub(TWO, steepest)
    least: uint256 = unsafe_div(unsafe_mul(edge, unsafe_mul(edge, constants.WAD)), total)
    if unsafe_mul(wing, edge) > unsafe_mul(2, total):  # k^2/(v T) falls on beyond the node
        least = unsafe_sub(edge, unsafe_add(unsafe_div(total, wing), 1))
        least = unsafe_div(unsafe_mul(least, 4 * constants.WAD), wing)
    least = unsafe_div(unsafe_mul(min(least, 64 * constants.WAD), unsafe_mul(room, room)), FAR * constants.WAD)
    cube: uint256 = unsafe_div(unsafe_mul(least, unsafe_mul(least, least)), constants.WAD * constants.WAD)
    weight: uint256 = unsafe_div(46 * constants.WAD * constants.WAD, max(cube, 46 * constants.WAD))
    return unsafe_div(unsafe_mul(move, unsafe_add(weight, 1)), room)
