"""Black-76 over arrays: price, five Greeks, or the price with eight.

Conventions. The underlying variable is the *forward* F; the discount factor D multiplies every value. Times
are years of 365 days, volatilities are per square root of a year. Delta is ∂V/∂F with D included, and theta
is ∂V/∂t with F, σ and the rate r = −ln D / τ held fixed. With F = S e^(bτ) for a cost of carry b, the Greeks
in the spot S are

    delta_spot = delta · F/S           gamma_spot = gamma · (F/S)²
    theta_spot = theta − b F delta     vanna_spot = vanna · F/S

and vega, volga do not change. rho here holds F fixed; with S fixed and b = r it is rho + τ F delta.

Limits are exact: at τ = 0 or σ = 0 the price is the discounted intrinsic value; delta is D, D/2 or 0 (calls)
in, at and out of the money; gamma, vanna, volga are 0 there (at the money gamma has no finite limit).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy.typing as npt

from pyvault.kernels import black76 as kernels
from pyvault.kernels.jit import loop
from pyvault.kernels.ranges import are_valid, no_extremes, widen
from pyvault.pricing.arrays import AMOUNT, RATE, BoolArray, FloatArray, broadcast, empty_rows, reject

__all__ = ["FullGreeks", "Greeks", "full_greeks", "greeks", "price"]

RULES = {
    "forward": AMOUNT,
    "strike": AMOUNT,
    "implied_vol": RATE,
    "time_to_expiry": RATE,
    "discount_factor": AMOUNT,
}


class Greeks(NamedTuple):
    """Price and first Greeks, each in the broadcast shape of the arguments."""

    price: FloatArray
    """Quote currency per contract, discounted."""
    delta: FloatArray
    """∂V/∂F, discount included: within [−D, D]."""
    gamma: FloatArray
    """∂²V/∂F²."""
    vega: FloatArray
    """∂V/∂σ per 1.00 of volatility (divide by 100 for a volatility point)."""
    theta: FloatArray
    """∂V/∂t per year, the forward held fixed (divide by 365 for a day)."""


class FullGreeks(NamedTuple):
    """Price and eight Greeks, each in the broadcast shape of the arguments."""

    price: FloatArray
    """Quote currency per contract, discounted."""
    delta: FloatArray
    """∂V/∂F, discount included: within [−D, D]."""
    gamma: FloatArray
    """∂²V/∂F²."""
    vega: FloatArray
    """∂V/∂σ per 1.00 of volatility."""
    theta: FloatArray
    """∂V/∂t per year, the forward held fixed."""
    rho: FloatArray
    """∂V/∂r per 1.00 of rate, the forward held fixed: −τ V."""
    vanna: FloatArray
    """∂²V/∂F∂σ per 1.00 of volatility."""
    volga: FloatArray
    """∂²V/∂σ² per 1.00 of volatility, twice."""
    charm: FloatArray
    """∂²V/∂F∂t per year, the forward held fixed."""


def price(
    *,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    implied_vol: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
    discount_factor: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
) -> FloatArray:
    """Price of European options on a forward.

    Parameters
    ----------
    forward, strike
        Quote currency per unit of the underlying; positive. All arguments broadcast together.
    implied_vol
        Black volatility, 0.80 for 80 %; zero or positive.
    time_to_expiry
        Years of 365 days; zero or positive.
    discount_factor
        Value today of one unit of quote currency at expiry; positive.
    is_call
        True for calls, False for puts.

    Returns
    -------
    ndarray
        Discounted prices in quote currency, in the broadcast shape (0-d for scalars).

    Raises
    ------
    InputError
        Naming the first element that is NaN, infinite or out of range, or shapes that do not broadcast.

    Notes
    -----
    Source: Black (1976), in the form of `pyvault.kernels.black76`. Proof: against mpmath at 40 digits,
    absolute error within 1e-15 · F · D; out of the money relative error within 2e-15 ((1 + h)/v + h²) where
    v = σ√τ and h = abs(ln F/K)/v; parity, bounds, monotony, limits (tests/unit/pyvault/test_black76*.py).

    Examples
    --------
    >>> float(price(forward=100.0, strike=100.0, implied_vol=0.2, time_to_expiry=1.0).round(6))
    7.965567
    >>> price(forward=2000.0, strike=[1800.0, 2200.0], implied_vol=0.0, time_to_expiry=0.5, is_call=False)
    array([  0., 200.])
    """
    arguments = _arguments(forward, strike, implied_vol, time_to_expiry, discount_factor)
    return _evaluate(_price_loop, 1, arguments, is_call)[0]


def greeks(
    *,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    implied_vol: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
    discount_factor: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
) -> Greeks:
    """Price, delta, gamma, vega and theta of European options on a forward.

    Parameters, errors and conventions as for `price` and in the module's own text; units on `Greeks`.

    Returns
    -------
    Greeks
        Arrays in the broadcast shape; they share one block of memory.

    Notes
    -----
    Proof: against mpmath's derivatives at 40 digits, within 1e-14 of each Greek's scale
    (tests/unit/pyvault/test_black76_greeks.py).

    Examples
    --------
    >>> put = greeks(forward=100.0, strike=100.0, implied_vol=0.2, time_to_expiry=1.0, is_call=False)
    >>> {name: float(value.round(4)) for name, value in put._asdict().items()}
    {'price': 7.9656, 'delta': -0.4602, 'gamma': 0.0198, 'vega': 39.6953, 'theta': -3.9695}
    """
    arguments = _arguments(forward, strike, implied_vol, time_to_expiry, discount_factor)
    return Greeks(*_evaluate(_greeks_loop, 5, arguments, is_call))


def full_greeks(
    *,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    implied_vol: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
    discount_factor: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
) -> FullGreeks:
    """Price, delta, gamma, vega, theta, rho, vanna, volga and charm of European options on a forward.

    Parameters, errors and conventions as for `price` and in the module's own text; units on `FullGreeks`.

    Returns
    -------
    FullGreeks
        Arrays in the broadcast shape; they share one block of memory.

    Notes
    -----
    Proof: as for `greeks`.

    Examples
    --------
    >>> call = full_greeks(forward=100.0, strike=120.0, implied_vol=0.5, time_to_expiry=0.25)
    >>> {name: float(value.round(4)) for name, value in call._asdict().items() if name in ("vanna", "volga")}
    {'vanna': 0.5679, 'volga': 17.1578}
    """
    arguments = _arguments(forward, strike, implied_vol, time_to_expiry, discount_factor)
    return FullGreeks(*_evaluate(_full_greeks_loop, 9, arguments, is_call))


def _arguments(*values: npt.ArrayLike) -> dict[str, npt.ArrayLike]:
    """The arguments by name, in the order of the kernels."""
    return dict(zip(RULES, values, strict=True))


def _evaluate(
    evaluate: Callable[..., bool], outputs: int, arguments: dict[str, npt.ArrayLike], is_call: npt.ArrayLike
) -> list[FloatArray]:
    """Run a compiled loop into padded rows, and refuse the whole call if it met a bad element."""
    inputs = broadcast(arguments, is_call)
    size = inputs.is_call.size
    rows = empty_rows(outputs, size)
    if not evaluate(*inputs.floats, inputs.is_call, rows):
        reject(arguments, RULES)
    return [row[:size].reshape(inputs.shape) for row in rows]


@loop
def _price_loop(
    forward: FloatArray,
    strike: FloatArray,
    implied_vol: FloatArray,
    time_to_expiry: FloatArray,
    discount_factor: FloatArray,
    is_call: BoolArray,
    rows: FloatArray,
) -> bool:
    """Prices into the one row; False if an argument is out of range."""
    prices = rows[0]
    extremes = no_extremes()
    for i in range(forward.size):
        sign = 1.0 if is_call[i] else -1.0
        f, k, v, t, d = forward[i], strike[i], implied_vol[i], time_to_expiry[i], discount_factor[i]
        prices[i] = kernels.price(f, k, v, t, d, sign)
        extremes = widen(extremes, f, k, d, v, t)
    return are_valid(extremes)


@loop
def _greeks_loop(
    forward: FloatArray,
    strike: FloatArray,
    implied_vol: FloatArray,
    time_to_expiry: FloatArray,
    discount_factor: FloatArray,
    is_call: BoolArray,
    rows: FloatArray,
) -> bool:
    """Price and four Greeks into five rows; False if an argument is out of range."""
    prices, deltas, gammas, vegas, thetas = rows[0], rows[1], rows[2], rows[3], rows[4]
    extremes = no_extremes()
    for i in range(forward.size):
        sign = 1.0 if is_call[i] else -1.0
        f, k, v, t, d = forward[i], strike[i], implied_vol[i], time_to_expiry[i], discount_factor[i]
        prices[i], deltas[i], gammas[i], vegas[i], thetas[i] = kernels.greeks(f, k, v, t, d, sign)
        extremes = widen(extremes, f, k, d, v, t)
    return are_valid(extremes)


@loop
def _full_greeks_loop(
    forward: FloatArray,
    strike: FloatArray,
    implied_vol: FloatArray,
    time_to_expiry: FloatArray,
    discount_factor: FloatArray,
    is_call: BoolArray,
    rows: FloatArray,
) -> bool:
    """Price and eight Greeks into nine rows; False if an argument is out of range."""
    prices, deltas, gammas, vegas, thetas = rows[0], rows[1], rows[2], rows[3], rows[4]
    rhos, vannas, volgas, charms = rows[5], rows[6], rows[7], rows[8]
    extremes = no_extremes()
    for i in range(forward.size):
        sign = 1.0 if is_call[i] else -1.0
        f, k, v, t, d = forward[i], strike[i], implied_vol[i], time_to_expiry[i], discount_factor[i]
        (
            prices[i], deltas[i], gammas[i], vegas[i], thetas[i], rhos[i], vannas[i], volgas[i], charms[i]
        ) = kernels.full_greeks(f, k, v, t, d, sign)  # fmt: skip
        extremes = widen(extremes, f, k, d, v, t)
    return are_valid(extremes)
