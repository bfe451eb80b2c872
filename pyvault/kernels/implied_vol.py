"""Black implied volatility: one guess and two Householder steps of order four, without branches.

V is the undiscounted value out of the money, a = min(F, K), k = abs(ln F/K), s = σ√τ, h = k/s, p = h − s/2,
q = h + s/2, the Mills ratio M and the normal density φ: V(s) turns from convex to concave at s = √(2k), where
p = 0. Below it ("low") the equation to solve is

    1/ln(V(s)/a) = 1/ln(V/a)          V(s)/a = φ(p) (M(p) − M(q))

and above it, on the complement of the value,

    ln(1 − V(s)/a) = ln(1 − V/a)      1 − V(s)/a = φ(p) (M(−p) + M(q))

Either way ln φ(p) is a polynomial, so that a step costs one logarithm and two Mills ratios, and nothing
underflows. Since φ(p) is also the vega per a, value over vega is the bracket alone.

Guesses. Low: V/a ≈ φ(p) s (1 − h M(h)) with 1 − h M(h) ≈ 1/(1 + √(π/2) h + h²) makes h a function of one
number, k√(FK)/(√(2π) V), fitted within 5 %. High: 1 − V/a = N(p) θ, where θ = 1 + M(q)/M(−p) lies in (1, 2]
and is taken at p = 0; the normal quantile is Pólya's approximation, sharpened.

The complement forgets a small V: relative error 2e-16/s. Near the money the value is then linear in s,
V/a = φ(0) s − k/2 up to a relative error of order s²; it takes over where the two errors meet.

Sources: the branches and their objectives are those of P. Jäckel, "Let's be rational", Wilmott (2015); the
Mills form, the guesses and the derivatives in it are our own.
"""

from math import nan, sqrt

from pyvault.kernels.black76 import NEGLIGIBLE
from pyvault.kernels.coefficients import (
    HALF_PI,
    HIGH_GUESS,
    INVERSE_SQRT_2PI,
    LN_SQRT_2PI,
    LOW_GUESS_A,
    LOW_GUESS_B,
    LOW_GUESS_C,
)
from pyvault.kernels.elementary import log, log_ratio, mills
from pyvault.kernels.jit import kernel

OK, AT_INTRINSIC, BELOW_INTRINSIC, AT_OR_ABOVE_BOUND, ZERO_TIME = range(5)
ROUNDING = 2.0**-51  # of a price and of a discounted forward: two units of float64
SMALL_RATIO = 4e-6
SMALLEST_NORMAL = 2.0**-1022
TINY = 1e-300


@kernel
def guess(k: float, geometric_mean: float, value: float, smaller: float, edge: float, is_low: bool) -> float:  # noqa: FBT001 - a lane's mask
    # s within 20 %; `edge` is √(2k), where the halves meet.
    theta = 1.0 + 2.0 * INVERSE_SQRT_2PI * mills(edge)
    z = (smaller - value) / (smaller * theta)
    low_top = INVERSE_SQRT_2PI * k * geometric_mean + value
    y = log_ratio(low_top if is_low else 1.0, value if is_low else 4.0 * z * (1.0 - z))
    u = sqrt(y)
    low = k * (1.0 + u * (LOW_GUESS_B + u * LOW_GUESS_C)) / (y * (1.0 + u * LOW_GUESS_A))
    squared = y * (HALF_PI + 2.0 * HIGH_GUESS * y) / (1.0 + HIGH_GUESS * y)
    high = sqrt(squared) + sqrt(squared + 2.0 * k)
    return min(low, edge) if is_low else high


@kernel
def step(s: float, k: float, target: float, is_low: bool, edge: float) -> float:  # noqa: FBT001 - a lane's mask
    # One Householder step of order four on the objective of the half, which it does not leave.
    inverse_s = 1.0 / s
    h = k * inverse_s
    p = h - 0.5 * s
    mills_p, mills_q = mills(abs(p)), mills(h + 0.5 * s)
    value_over_vega = max(TINY, mills_p + (-mills_q if is_low else mills_q))
    vega_over_value = 1.0 / value_over_vega
    logarithm = log(value_over_vega) - 0.5 * p * p - LN_SQRT_2PI
    inverse_log = 1.0 / logarithm
    slope = -(1.0 + 2.0 * inverse_log) if is_low else 1.0
    bend = 2.0 + 6.0 * inverse_log * (1.0 + inverse_log) if is_low else 2.0
    weight = logarithm / target if is_low else -1.0
    newton = (target - logarithm) * weight * value_over_vega
    second = h * h * inverse_s - 0.25 * s
    third = second * second - 3.0 * (h * inverse_s) * (h * inverse_s) - 0.25
    halley = second + vega_over_value * slope
    third_order = third + vega_over_value * (bend * vega_over_value + 3.0 * second * slope)
    scale = (1.0 + 0.5 * newton * halley) / (1.0 + newton * (halley + newton * third_order / 6.0))
    stepped = s + newton * scale
    return min(stepped, edge) if is_low else max(stepped, edge)


@kernel
def total_vol(forward: float, strike: float, value: float) -> float:
    # s = σ√τ of an undiscounted value out of the money, 0 < value < min(F, K).
    k = abs(log_ratio(forward, strike))
    smaller = min(forward, strike)
    edge = sqrt(2.0 * k)
    is_low = value < smaller * (0.5 - INVERSE_SQRT_2PI * mills(edge))
    target = log_ratio(value if is_low else smaller - value, smaller)
    first = guess(k, sqrt(forward * strike), value, smaller, edge, is_low)
    second = step(first, k, target, is_low, edge)
    solved = step(second, k, target, is_low, edge)
    ratio = value / smaller
    linear = (ratio + 0.5 * k) / INVERSE_SQRT_2PI
    return linear if ratio < SMALL_RATIO and not is_low else solved


@kernel
def time_value(price: float, forward: float, strike: float, discount_factor: float, sign: float) -> float:
    # Undiscounted value out of the money; zero where it is lost in the rounding of price and intrinsic value.
    intrinsic = max(0.0, sign * (forward - strike))
    value = price / discount_factor - intrinsic
    return 0.0 if abs(value) <= max(ROUNDING * intrinsic, SMALLEST_NORMAL) else value


@kernel
def reason(value: float, forward: float, strike: float, time_to_expiry: float) -> int:
    # Code of `pricing.implied_vol.Reason` for a time value: the first that applies, in this order.
    no_time = time_to_expiry <= NEGLIGIBLE
    above = AT_OR_ABOVE_BOUND if value >= min(forward, strike) else OK
    sided = BELOW_INTRINSIC if value < 0.0 else above
    solvable = AT_INTRINSIC if value == 0.0 else sided
    return ZERO_TIME if no_time else solvable


@kernel
def implied_vol(
    price: float, forward: float, strike: float, time: float, discount: float, sign: float
) -> float:
    # σ; zero where the price is intrinsic, NaN where there is no solution.
    value = time_value(price, forward, strike, discount, sign)
    code = reason(value, forward, strike, time)
    solvable = value if code == OK else 0.5 * min(forward, strike)
    vol = total_vol(forward, strike, solvable) / sqrt(time)
    limit = 0.0 if code == AT_INTRINSIC else nan
    return vol if code == OK else limit
