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
         6e-8 F sigma_0 sqrt(T)), on to 15 for arbitrage; and the vertex m, where a slice bends most. The vertex
         lies inside |z| <= 5 and is no sharper than 1/16 of a deviation, so that nothing hides between nodes
         (docs/vol-surface.md). Stateless. Nothing here reads a clock.
"""

from ...interfaces import IVolSurface
from .. import constants
from . import root

NODES: constant(uint256) = 26  # the vertex, then HALVES
CORE: constant(uint256) = 18  # the vertex and |z| <= 5
HALVES: constant(int256[25]) = [
    0, -1, 1, -2, 2, -3, 3, -4, 4, -5, 5, -6, 6, -8, 8, -10, 10, -12, 12, -16, 16, -22, 22, -30, 30
]  # z in halves of a deviation
CORE_DEVIATIONS: constant(uint256) = 5
MAX_WIDTH: constant(uint256) = 8 * constants.WAD  # nodes reach 15 widths, log-moneyness 295
SHARPEST: constant(uint256) = 16  # sigma >= width/16
FLATTEST: constant(uint256) = 32  # sigma <= 32 widths
REACH: constant(int256) = 2**68  # of the parameters, as in svi.vy
LEAST_VARIANCE: constant(int256) = 10**10  # 1e-8: below it no square here is proven to fit
LEE_SLOPE: constant(uint256) = 2
SIGNED_YEAR: constant(int256) = 365 * 86_400
DIVISOR: constant(int256) = constants.SIGNED_WAD * constants.SIGNED_WAD * 2**20
MONTH_S: constant(uint256) = 30 * 86_400
WEEK_S: constant(uint256) = 7 * 86_400
HOUR_S: constant(uint256) = 3_600


@internal
@pure
def _check_shape(curve: IVolSurface.Slice):
    """
    @dev    Refuses parameters outside the ranges in which this arithmetic is proven: those of svi.vy, with
            |a| <= 2^68 and sigma > 0.
    """
    assert abs(curve.a) <= REACH and abs(curve.m) < REACH, "surface: parameter out of range"
    assert abs(curve.rho) <= constants.SIGNED_WAD, "surface: parameter out of range"
    assert curve.b < 2**69 and curve.sigma < 2**69, "surface: parameter out of range"
    assert curve.sigma > 0, "surface: vertex too sharp"


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
    assert variance >= 0, "svi: negative variance"
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
    @dev    The check grid in log-moneyness: the vertex, then the core, then the far nodes.
    """
    nodes: int256[NODES] = empty(int256[NODES])
    nodes[0] = curve.m
    i: uint256 = 1
    for half: int256 in HALVES:
        nodes[i] = half * convert(width, int256) // 2
        i += 1
    return nodes


@internal
@pure
def _durrleman(log_moneyness: int256, curve: IVolSurface.Slice, time_s: uint256) -> int256:
    """
    @dev    g = (1 - k v'/2v)^2 - v'^2 T/4v - (v' T)^2/16 + v'' T/2 (V. Durrleman, 2003): the density of ln K up
            to a positive factor. Each quotient truncated; error below 1e-15 (1 + |k v'/v|) while v > 1e-4.
    @return WAD; the least integer where v < 1e-8.
    """
    time: int256 = convert(time_s, int256)
    x: int256 = log_moneyness - curve.m << 20
    s: int256 = convert(curve.sigma, int256) << 20
    span: int256 = self._hypotenuse(x, s)
    b: int256 = convert(curve.b, int256)
    v: int256 = convert(self._variance(log_moneyness, curve), int256)
    if v < LEAST_VARIANCE:
        return min_value(int256)
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
def _check_curve(
    curve: IVolSurface.Slice, time_s: uint256, width: uint256, nodes: int256[NODES]
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
    for node: int256 in nodes:
        assert self._durrleman(node, curve, time_s) >= 0, "surface: butterfly"


@internal
@pure
def _volatilities(curve: IVolSurface.Slice, nodes: int256[NODES], offset: int256) -> uint256[CORE]:
    """
    @dev    Volatility of a slice at the core nodes of a grid, each moved by `offset`.
    """
    volatilities: uint256[CORE] = empty(uint256[CORE])
    for i: uint256 in range(CORE):
        volatilities[i] = self._volatility(self._variance(nodes[i] + offset, curve))
    return volatilities


@internal
@pure
def _volatilities_between(
    near: IVolSurface.Slice,
    near_s: uint256,
    far: IVolSurface.Slice,
    far_s: uint256,
    time_s: uint256,
    nodes: int256[NODES],
) -> uint256[CORE]:
    """
    @dev    Volatility at the core nodes, linear in total variance between two expiries; rounded down.
    """
    volatilities: uint256[CORE] = empty(uint256[CORE])
    for i: uint256 in range(CORE):
        total: uint256 = (
            self._variance(nodes[i], near) * near_s * (far_s - time_s)
            + self._variance(nodes[i], far) * far_s * (time_s - near_s)
        ) // (far_s - near_s)
        volatilities[i] = self._volatility(total // time_s)
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
def _vertex_move(
    curve: IVolSurface.Slice, previous: IVolSurface.Slice, offset: int256, width: uint256
) -> uint256:
    """
    @dev    |Change of volatility| at the previous vertex, where the previous slice bends most; 0 when time has
            left it outside the core.
    """
    if convert(abs(previous.m - offset), uint256) > CORE_DEVIATIONS * width:
        return 0
    new: uint256 = self._volatility(self._variance(previous.m - offset, curve))
    old: uint256 = self._volatility(self._variance(previous.m, previous))
    return max(new, old) - min(new, old)


@internal
@pure
def _check_order(
    near: IVolSurface.Slice,
    near_s: uint256,
    far: IVolSurface.Slice,
    far_s: uint256,
    nodes: int256[NODES],
):
    """
    @dev    Refuses a calendar arbitrage: total variance that falls from one expiry to the next at a node.
    """
    for node: int256 in nodes:
        assert (
            self._variance(node, near) * near_s <= self._variance(node, far) * far_s
        ), "surface: calendar"


@internal
@pure
def _step(step: uint256, time_s: uint256) -> uint256:
    """
    @dev    Largest change of volatility in one post: eps_0 sqrt(30 d/max(T, 7 d)); rounded down, against the
            poster.
    """
    return step * isqrt(MONTH_S * constants.WAD * constants.WAD // max(time_s, WEEK_S)) // constants.WAD


@internal
@pure
def _leaked(level: uint256, rate_per_hour: uint256, elapsed_s: uint256) -> uint256:
    """
    @dev    Level of a bucket that leaks at half the rate; its capacity is the other half, so that no hour holds
            more than the rate. The leak is rounded down, against the poster.
    """
    leak: uint256 = rate_per_hour * elapsed_s // (2 * HOUR_S)
    return level - min(leak, level)
