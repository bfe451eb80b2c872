"""Black (1976) price and Greeks from one exponential and two Mills ratios, symmetrised as on chain.

With x = ln(F/K), v = σ√τ, d₁ = x/v + v/2, d₂ = x/v − v/2, the Mills ratio M(z) = N(−z)/φ(z), A = F φ(d₁)
= K φ(d₂), a = min(F, K), and p ≤ q the smaller and larger of abs(d₁), abs(d₂), the undiscounted value out of
the money is

    A (M(p) − M(q))       where d₁ and d₂ have one sign
    a − A (M(p) + M(q))   where d₂ < 0 < d₁

and in the money it adds the intrinsic value. Far out of the money this keeps the digits that the difference
F N(d₁) − K N(d₂) loses. v below 1e-100 is the limit v = 0, τ below 1e-100 the limit τ = 0.

Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976).
"""

from math import sqrt

from pyvault.kernels.coefficients import INVERSE_SQRT_2PI
from pyvault.kernels.elementary import exp, log, log_ratio, mills
from pyvault.kernels.jit import kernel

NEGLIGIBLE = 1e-100


@kernel
def undiscounted(
    forward: float, strike: float, vol: float, inverse_vol: float, sign: float
) -> tuple[float, float, float, float, float]:
    # (value/D, N(s d₁), φ(d₁), d₁, d₂) from v ≥ 1e-100 and 1/v; the sign s is 1 for calls, −1 for puts.
    standardised = log_ratio(forward, strike) * inverse_vol
    d1 = standardised + 0.5 * vol
    d2 = standardised - 0.5 * vol
    density = INVERSE_SQRT_2PI * exp(-0.5 * (d1 * d1))
    mills_1, mills_2 = mills(abs(d1)), mills(abs(d2))
    straddles = d1 * d2 < 0.0
    tails = forward * density * abs(mills_1 + (mills_2 if straddles else -mills_2))
    out_of_the_money = max(0.0, min(forward, strike) - tails) if straddles else tails
    time_value = out_of_the_money if vol > NEGLIGIBLE else 0.0
    intrinsic = max(0.0, sign * (forward - strike))
    tail = density * mills_1
    probability = 1.0 - tail if sign * d1 > 0.0 else tail
    return time_value + intrinsic, probability, density, d1, d2


@kernel
def price(
    forward: float,
    strike: float,
    implied_vol: float,
    time_to_expiry: float,
    discount_factor: float,
    sign: float,
) -> float:
    vol = max(NEGLIGIBLE, implied_vol * sqrt(time_to_expiry))
    value, _, _, _, _ = undiscounted(forward, strike, vol, 1.0 / vol, sign)
    return discount_factor * value


@kernel
def greeks(
    forward: float,
    strike: float,
    implied_vol: float,
    time_to_expiry: float,
    discount_factor: float,
    sign: float,
) -> tuple[float, float, float, float, float]:
    # (price, delta, gamma, vega, theta).
    price, delta, gamma, vega, theta, _, _, _, _ = full_greeks(
        forward, strike, implied_vol, time_to_expiry, discount_factor, sign
    )
    return price, delta, gamma, vega, theta


@kernel
def full_greeks(
    forward: float,
    strike: float,
    implied_vol: float,
    time_to_expiry: float,
    discount_factor: float,
    sign: float,
) -> tuple[float, float, float, float, float, float, float, float, float]:
    # (price, delta, gamma, vega, theta, rho, vanna, volga, charm). One division yields 1/v, 1/F and 1/τ.
    root_time = sqrt(time_to_expiry)
    vol = max(NEGLIGIBLE, implied_vol * root_time)
    time = max(NEGLIGIBLE, time_to_expiry)
    inverse = 1.0 / (vol * forward * time)
    inverse_vol = inverse * (forward * time)
    value, probability, density, d1, d2 = undiscounted(forward, strike, vol, inverse_vol, sign)
    discounted_density = discount_factor * density
    curvature = discounted_density * inverse_vol if vol > NEGLIGIBLE else 0.0
    per_year = inverse * (vol * forward) if time > NEGLIGIBLE else 0.0
    rate = -log(discount_factor) * per_year
    price = discount_factor * value
    delta = sign * discount_factor * probability
    gamma = curvature * (inverse * (vol * time))
    vega = forward * discounted_density * root_time
    theta = rate * price - 0.5 * per_year * implied_vol * vega
    rho = -time_to_expiry * price
    vanna = -curvature * d2 * root_time
    volga = curvature * d1 * d2 * forward * time_to_expiry
    charm = rate * delta + 0.5 * per_year * discounted_density * d2
    return price, delta, gamma, vega, theta, rho, vanna, volga, charm
