# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Guards of a volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a posted slice must satisfy: shape, bounds, no butterfly, no calendar arbitrage, and how far it has
         moved from the one before.
@dev     The check grid: standardised moneyness z = k/(sigma_0 sqrt(T)), sigma_0 the at-the-money volatility of
         the slice: dense to |z| = 3, to 5 for bounds and moves (an option beyond it is worth less than
         6e-8 F sigma_0 sqrt(T)), on to 15 for arbitrage; and m - sigma, m, m + sigma, where a slice bends most.
         The vertex m lies inside |z| <= 5 and is no sharper than 1/16 of a deviation, so that nothing hides
         between nodes (docs/vol-surface.md). Stateless. Nothing here reads a clock.
"""

from ...interfaces import IVolSurface
from .. import constants
from . import root

NODES: constant(uint256) = 28  # three about the vertex, then HALVES
CORE: constant(uint256) = 20  # three about the vertex, and |z| <= 5
HALVES: constant(int256[25]) = [
    0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -8, 8, -10, 10, -12, 12, -16, 16, -22, 22, -30, 30
]  # z in halves of a deviation
CORE_DEVIATIONS: constant(uint256) = 5
MAX_WIDTH: constant(uint256) = 8 * constants.WAD  # nodes reach 15 widths, log-moneyness 295
SHARPEST: constant(uint256) = 16  # sigma >= width/16
FLATTEST: constant(uint256) = 32  # sigma <= 32 widths
REACH: constant(int256) = 2**68  # of the parameters, as in svi.vy
LEAST_VARIANCE: constant(uint256) = 10**10  # 1e-8: below it no square here is proven to fit
LEE_SLOPE: constant(uint256) = 2
SIGNED_YEAR: constant(int256) = 365 * 86_400
DIVISOR: constant(int256) = constants.SIGNED_WAD * constants.SIGNED_WAD * 2**20


@internal
@pure
def _check_shape(curve: IVolSurface.Slice):
    """
    @dev    Refuses parameters outside the ranges of this arithmetic: those of svi.vy, |a| <= 2^68, sigma > 0; and
            a variance that is not positive on the whole line: reading never fails.
    """
    assert abs(curve.a) <= REACH and abs(curve.m) < REACH, "surface: parameter out of range"
    assert abs(curve.rho) <= constants.SIGNED_WAD, "surface: parameter out of range"
    assert curve.b < 2**69 and curve.sigma < 2**69, "surface: parameter out of range"
    assert curve.sigma > 0, "surface: vertex too sharp"
    # The least variance, a + b sigma sqrt(1 - rho^2); rounded down, against the poster.
    across: uint256 = isqrt(constants.WAD * constants.WAD - convert(curve.rho * curve.rho, uint256))
    bend: uint256 = curve.b * curve.sigma // constants.WAD * across // constants.WAD
    assert curve.a + convert(bend, int256) >= convert(LEAST_VARIANCE, int256), "surface: variance too low"


@internal
@pure
def _hypotenuse(x: int256, s: int256) -> int256:
    """
    @dev    sqrt(x^2 + s^2) as in svi.vy: high by at most 1.2e-19 of itself.
    @param  x Any sign; |x| <= 2^89.
    @param  s Positive; at most 2^89.
    """
    # unsafe: squares up to 2^178, times 128 below 2^186; s > 0, so no divisor is 0.
    square: int256 = unsafe_add(unsafe_mul(x, x), unsafe_mul(s, s))
    side: int256 = unsafe_mul(x, x >> 255 | 1)
    guess: int256 = unsafe_div(
        unsafe_add(square << 7, unsafe_mul(unsafe_mul(side, s), 106)), unsafe_mul(unsafe_add(side, s), 127)
    )
    guess = unsafe_add(guess, unsafe_div(square, guess)) >> 1
    twice: int256 = unsafe_add(guess, unsafe_div(square, guess))
    return unsafe_add(twice >> 2, unsafe_div(square, twice))


@internal
@pure
def _variance(log_moneyness: int256, curve: IVolSurface.Slice) -> uint256:
    """
    @dev    v(k), equal to svi_variance of svi.vy to the last bit; rounded down.
    @param  log_moneyness |k| < 2^68.
    @param  curve Inside `_check_shape`.
    """
    # unsafe: |x| <= 2^89 and s < 2^89; |rho x| + root < 2^151, times b < 2^220; the sum stays below 2^82.
    x: int256 = unsafe_sub(log_moneyness, curve.m) << 20
    span: int256 = self._hypotenuse(x, convert(curve.sigma, int256) << 20)
    variance: int256 = unsafe_add(
        curve.a,
        unsafe_div(
            unsafe_mul(
                convert(curve.b, int256),
                unsafe_add(unsafe_mul(curve.rho, x), unsafe_mul(constants.SIGNED_WAD, span)),
            ),
            DIVISOR,
        ),
    )
    assert variance >= 0, "surface: negative variance"
    return convert(variance, uint256)


@internal
@pure
def _volatility(variance: uint256) -> uint256:
    """
    @dev    sqrt(v), rounded down.
    """
    return isqrt(variance * constants.WAD)


@internal
@pure
def _width(curve: IVolSurface.Slice, time_s: uint256) -> uint256:
    """
    @dev    sigma_0 sqrt(T), the deviation in which the grid is measured; rounded down.
    """
    width: uint256 = self._volatility(self._variance(0, curve)) * root._years(time_s) >> 96
    assert width <= MAX_WIDTH, "surface: deviation too large"
    return width


@internal
@pure
def _nodes(curve: IVolSurface.Slice, width: uint256) -> int256[NODES]:
    """
    @dev    The check grid in log-moneyness: the vertex and one sigma to its sides (not beyond the core), then the
            core, then the far nodes.
    """
    deviation: int256 = convert(width, int256)
    edge: int256 = convert(CORE_DEVIATIONS, int256) * deviation
    sigma: int256 = convert(curve.sigma, int256)
    nodes: int256[NODES] = empty(int256[NODES])
    nodes[0] = curve.m
    nodes[1] = max(curve.m - sigma, -edge)
    nodes[2] = min(curve.m + sigma, edge)
    i: uint256 = 3
    for half: int256 in HALVES:
        nodes[i] = half * deviation // 2
        i += 1
    return nodes


@internal
@pure
def _durrleman(
    log_moneyness: int256, variance: uint256, curve: IVolSurface.Slice, time_s: uint256
) -> int256:
    """
    @dev    g = (1 - k v'/2v)^2 - v'^2 T/4v - (v' T)^2/16 + v'' T/2 (V. Durrleman, 2003): the density of ln K up
            to a positive factor. Each quotient truncated; error below 1e-15 (1 + |k v'/v|) while v > 1e-4.
    @param  variance v at `log_moneyness`.
    @return WAD; the least integer where v < 1e-8.
    """
    if variance < LEAST_VARIANCE:
        return min_value(int256)
    v: int256 = convert(variance, int256)
    time: int256 = convert(time_s, int256)
    x: int256 = log_moneyness - curve.m << 20
    s: int256 = convert(curve.sigma, int256) << 20
    span: int256 = self._hypotenuse(x, s)
    b: int256 = convert(curve.b, int256)
    first: int256 = b * (curve.rho + x * constants.SIGNED_WAD // span) // constants.SIGNED_WAD
    bend: int256 = s * constants.SIGNED_WAD // span
    second: int256 = b * (bend * bend // constants.SIGNED_WAD) * 2**20 // span
    tilt: int256 = constants.SIGNED_WAD - log_moneyness * first // (2 * v)
    slope: int256 = first * time // SIGNED_YEAR
    return (
        tilt * tilt // constants.SIGNED_WAD
        - first * first * time // (4 * v * SIGNED_YEAR)
        - slope * slope // (16 * constants.SIGNED_WAD)
        + second * time // (2 * SIGNED_YEAR)
    )


@internal
@pure
def _variances(curve: IVolSurface.Slice, nodes: int256[NODES]) -> uint256[NODES]:
    """
    @dev    Variance of a slice at the nodes of its own grid.
    """
    variances: uint256[NODES] = empty(uint256[NODES])
    for i: uint256 in range(NODES):
        variances[i] = self._variance(nodes[i], curve)
    return variances


@internal
@pure
def _check_curve(
    curve: IVolSurface.Slice, time_s: uint256, width: uint256, nodes: int256[NODES], variances: uint256[NODES]
):
    """
    @dev    Refuses a slice whose vertex leaves the core or is too sharp or too flat for the grid, whose wings are
            steeper than Lee's bound b (1 + |rho|) T <= 2 (R. Lee, 2004), or with a butterfly at a node.
    """
    assert curve.sigma * SHARPEST >= width, "surface: vertex too sharp"
    assert curve.sigma <= FLATTEST * width, "surface: vertex too flat"
    assert convert(abs(curve.m), uint256) <= CORE_DEVIATIONS * width, "surface: vertex off the grid"
    assert (
        curve.b * (constants.WAD + convert(abs(curve.rho), uint256)) * time_s
        <= LEE_SLOPE * constants.WAD * constants.WAD * constants.SECONDS_PER_YEAR
    ), "surface: wing too steep"
    for i: uint256 in range(NODES):
        assert self._durrleman(nodes[i], variances[i], curve, time_s) >= 0, "surface: butterfly"


@internal
@pure
def _roots(variances: uint256[NODES]) -> uint256[CORE]:
    """
    @dev    Volatilities at the core nodes.
    """
    volatilities: uint256[CORE] = empty(uint256[CORE])
    for i: uint256 in range(CORE):
        volatilities[i] = self._volatility(variances[i])
    return volatilities


@internal
@pure
def _volatilities(curve: IVolSurface.Slice, nodes: int256[NODES], offset: int256) -> uint256[CORE]:
    """
    @dev    Volatilities of a slice at the core nodes of another's grid, each moved by `offset`.
    """
    volatilities: uint256[CORE] = empty(uint256[CORE])
    for i: uint256 in range(CORE):
        volatilities[i] = self._volatility(self._variance(nodes[i] + offset, curve))
    return volatilities


@internal
@pure
def _check_bounds(volatilities: uint256[CORE], lowest: uint256, highest: uint256):
    """
    @dev    Refuses a volatility outside its bounds at a core node.
    """
    for volatility: uint256 in volatilities:
        assert volatility >= lowest, "surface: volatility too low"
        assert volatility <= highest, "surface: volatility too high"


@internal
@pure
def _distance(one: uint256[CORE], other: uint256[CORE]) -> uint256:
    """
    @dev    Largest |difference|.
    """
    distance: uint256 = 0
    for i: uint256 in range(CORE):
        distance = max(distance, max(one[i], other[i]) - min(one[i], other[i]))
    return distance


@internal
@pure
def _move(
    curve: IVolSurface.Slice,
    width: uint256,
    nodes: int256[NODES],
    volatilities: uint256[CORE],
    previous: IVolSurface.Slice,
    offset: int256,
) -> uint256:
    """
    @dev    Largest |change of volatility| of a strike, over the core nodes of the new slice and the vertex of the
            previous one, where that bends most (unless time has left it outside the core).
    @param  volatilities Those of `curve` at the core nodes.
    @param  offset ln(F/F_before): a strike at k was at k + offset.
    """
    move: uint256 = self._distance(volatilities, self._volatilities(previous, nodes, offset))
    vertex: int256 = previous.m - offset
    if convert(abs(vertex), uint256) > CORE_DEVIATIONS * width:
        return move
    new: uint256 = self._volatility(self._variance(vertex, curve))
    old: uint256 = self._volatility(self._variance(previous.m, previous))
    return max(move, max(new, old) - min(new, old))


@internal
@pure
def _check_order(near: IVolSurface.Slice, near_s: uint256, far: IVolSurface.Slice, far_s: uint256):
    """
    @dev    Refuses a calendar arbitrage: total variance that falls from one expiry to the next. The grid is that of
            the nearer expiry, the finer one, beyond which its options are worth nothing, and the vertex of the other.
    """
    nodes: int256[NODES] = self._nodes(near, self._width(near, near_s))
    for node: int256 in nodes:
        self._check_order_at(node, near, near_s, far, far_s)
    self._check_order_at(far.m, near, near_s, far, far_s)


@internal
@pure
def _check_order_at(
    node: int256, near: IVolSurface.Slice, near_s: uint256, far: IVolSurface.Slice, far_s: uint256
):
    """
    @dev    Refuses a calendar arbitrage at one log-moneyness.
    """
    assert (
        self._variance(node, near) * near_s <= self._variance(node, far) * far_s
    ), "surface: calendar"
