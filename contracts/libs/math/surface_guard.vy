# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Guards of a volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a posted slice must satisfy: shape, bounds, no butterfly, no calendar arbitrage, and how far it has
         moved from the one before.
@dev     The check grid: standardised moneyness z = k/(sigma_0 sqrt(T)), sigma_0 the at-the-money volatility of
         the slice: dense to |z| = 3, to 5 for bounds and moves, on to 15 for arbitrage; and m - sigma, m,
         m + sigma, where a slice bends most. Moves between the nodes and beyond them are bounded by
         surface_between.vy (docs/vol-surface.md). Stateless. Nothing here reads a clock.
"""

from ...interfaces import IVolSurface
from .. import constants
from . import root
from . import surface_between as between

NODES: constant(uint256) = between.NODES  # the core, then the far ones
CORE: constant(uint256) = between.CORE  # those of HALVES, and three about the vertex
# z of the nodes but the vertex's in halves of a deviation, 30 more each, a byte each from the right: -10, -8, -6,
# -5 ... 5, 6, 8, 10, which is the core; then -12, 12, -16, 16, -22, 22, -30, 30.
HALVES: constant(bytes32) = 0x000000000000003c0034082e0e2a12282624232221201f1e1d1c1b1a19181614
FIXED: constant(uint256) = NODES - 3
FIXED_CORE: constant(uint256) = CORE - 3
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
            a variance that is not positive on the whole line: reading never fails. No abs(), it fails at -2^255.
    """
    assert (
        (-REACH <= curve.a and curve.a <= REACH)
        and (-REACH < curve.m and curve.m < REACH)
        and (-constants.SIGNED_WAD <= curve.rho and curve.rho <= constants.SIGNED_WAD)
        and (curve.b < 2**69 and curve.sigma < 2**69)
    ), "surface: parameter out of range"
    assert curve.sigma > 0, "surface: vertex too sharp"
    # The least variance, a + b sigma sqrt(1 - rho^2); rounded down, against the poster.
    # unsafe: |rho| at most one, b and sigma below 2^69.
    across: uint256 = convert(unsafe_mul(curve.rho, curve.rho), uint256)
    across = isqrt(unsafe_sub(constants.WAD * constants.WAD, across))
    bend: uint256 = unsafe_div(unsafe_mul(curve.b, curve.sigma), constants.WAD)
    bend = unsafe_div(unsafe_mul(bend, across), constants.WAD)
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
    return isqrt(unsafe_mul(variance, constants.WAD))  # unsafe: a variance is below 2^82


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
    @dev    The check grid in log-moneyness: the core ascending, in it the vertex and one sigma to its sides; then
            the far nodes.
    """
    # unsafe: width at most 8 and sigma, m below 2^69: nothing comes near 2^255.
    deviation: int256 = convert(width, int256)
    edge: int256 = unsafe_mul(convert(CORE_DEVIATIONS, int256), deviation)
    sigma: int256 = convert(curve.sigma, int256)
    nodes: int256[NODES] = empty(int256[NODES])
    about: int256 = unsafe_sub(curve.m, sigma)  # the next of the vertex's three
    waiting: uint256 = 3
    i: uint256 = 0
    for j: uint256 in range(FIXED):
        half: int256 = unsafe_sub(convert(convert(HALVES, uint256) >> unsafe_mul(8, j) & 255, int256), 30)
        node: int256 = unsafe_div(unsafe_mul(half, deviation), 2)
        for _: uint256 in range(3):
            if waiting == 0 or (about >= node and j != FIXED_CORE - 1):
                break
            nodes[i] = max(-edge, min(about, edge))
            about = unsafe_add(about, sigma)
            waiting = unsafe_sub(waiting, 1)
            i = unsafe_add(i, 1)
        nodes[i] = node
        i = unsafe_add(i, 1)
    return nodes


@internal
@pure
def _slope(log_moneyness: int256, curve: IVolSurface.Slice) -> (int256, int256):
    """
    @dev    Derivative of the variance by k, each quotient truncated, and the distance from the vertex, 2^20 times.
    """
    # unsafe: as in _variance; the slope is below 2^71.
    x: int256 = unsafe_sub(log_moneyness, curve.m) << 20
    span: int256 = self._hypotenuse(x, convert(curve.sigma, int256) << 20)
    tilt: int256 = unsafe_add(curve.rho, unsafe_div(unsafe_mul(x, constants.SIGNED_WAD), span))
    return unsafe_div(unsafe_mul(convert(curve.b, int256), tilt), constants.SIGNED_WAD), span


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
    first: int256 = 0
    span: int256 = 0
    first, span = self._slope(log_moneyness, curve)
    # unsafe: v > 2^33, |k| < 2^69, |first| < 2^71, time < 2^48: tilt < 2^107, slope < 2^95, second < 2^130.
    bend: int256 = unsafe_div(unsafe_mul(convert(curve.sigma, int256) << 20, constants.SIGNED_WAD), span)
    bend = unsafe_div(unsafe_mul(bend, bend), constants.SIGNED_WAD)
    second: int256 = unsafe_div(unsafe_mul(convert(curve.b, int256), bend) << 20, span)
    tilt: int256 = unsafe_sub(
        constants.SIGNED_WAD, unsafe_div(unsafe_mul(log_moneyness, first), unsafe_mul(2, v))
    )
    slope: int256 = unsafe_div(unsafe_mul(first, time), SIGNED_YEAR)
    # What is added, then what is taken away.
    g: int256 = unsafe_add(
        unsafe_div(unsafe_mul(tilt, tilt), constants.SIGNED_WAD),
        unsafe_div(unsafe_mul(second, time), 2 * SIGNED_YEAR),
    )
    g = unsafe_sub(
        g, unsafe_div(unsafe_mul(unsafe_mul(first, first), time), unsafe_mul(unsafe_mul(4, v), SIGNED_YEAR))
    )
    return unsafe_sub(g, unsafe_div(unsafe_mul(slope, slope), 16 * constants.SIGNED_WAD))


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
    # unsafe: width at most 8, sigma and b below 2^69, time below 2^48.
    assert unsafe_mul(curve.sigma, SHARPEST) >= width, "surface: vertex too sharp"
    assert curve.sigma <= unsafe_mul(FLATTEST, width), "surface: vertex too flat"
    assert convert(abs(curve.m), uint256) <= unsafe_mul(
        CORE_DEVIATIONS, width
    ), "surface: vertex off the grid"
    slope: uint256 = unsafe_mul(curve.b, unsafe_add(constants.WAD, convert(abs(curve.rho), uint256)))
    assert (
        unsafe_mul(slope, time_s)
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
    # unsafe: nodes and offset below 2^68.
    for i: uint256 in range(CORE):
        volatilities[i] = self._volatility(self._variance(unsafe_add(nodes[i], offset), curve))
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
    # unsafe: variances below 2^82, times below 2^48.
    early: uint256 = unsafe_mul(self._variance(node, near), near_s)
    assert early <= unsafe_mul(self._variance(node, far), far_s), "surface: calendar"
