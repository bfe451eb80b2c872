"""Prices and implied volatilities of Heston's model over arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.pricing import implied_vol as inversion
from pyvault.pricing.arrays import FloatArray, broadcast, reject
from pyvault.pricing.heston.parameters import HestonParameters, to_vector
from pyvault.pricing.heston.quotes import QUOTE_RULES, SortedChain, sort_by_expiry
from pyvault.pricing.heston.series import MAX_TERMS, chain_puts

__all__ = ["implied_vol", "price"]

TOLERANCE = 1e-11  # of max(F, K): what the range and the number of terms may each cut off


def price(
    *,
    parameters: HestonParameters,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
    discount_factor: npt.ArrayLike = 1.0,
    is_call: npt.ArrayLike = True,
) -> FloatArray:
    """Option prices, in the unit of `forward`; all arguments but `parameters` broadcast.

    Puts are summed over the cosine series of the density (`pyvault.pricing.heston.series`), calls follow by
    parity. Quotes that share an expiry share the characteristic function: price a chain in one call.

    Parameters
    ----------
    parameters
        The model.
    forward, strike
        Positive, in one unit.
    time_to_expiry
        Years of 365 days, not negative; at zero the payoff is returned.
    discount_factor
        Positive, from expiry to today.
    is_call
        True for calls, False for puts.

    Raises
    ------
    InputError
        If an argument breaks these rules, or the density is so rough (a variance of almost zero under a huge
        vol of variance) that the series would need more than 65,536 terms.

    Notes
    -----
    Proof: against adaptive quadrature of Lewis' integral (2001) over the textbook characteristic function;
    the characteristic function against the Riccati equations and 30 digits; the Black-76 limit at sigma -> 0;
    parity and bounds. The absolute error is at most 1e-11 max(F, K) before discounting, for expiries of 1 h
    to 3 years, v0 and theta in 0.01..1.5, kappa in 0.1..10, sigma in 0.05..2 and abs(rho) <= 0.95, Feller's
    condition kept or broken. The error is absolute: a price below it has no digits. The series degrades as
    sigma² T outgrows v0 + kappa theta T: half of that domain needs 31 terms, a hundredth needs over 2,000,
    the worst of 20,000 points 36,000; beyond the domain some need more than are allowed.
    """
    arguments = {
        "forward": forward,
        "strike": strike,
        "time_to_expiry": time_to_expiry,
        "discount_factor": discount_factor,
    }
    inputs = broadcast(arguments, is_call)
    reject(arguments, QUOTE_RULES)
    forwards, strikes, times, factors = inputs.floats
    ratio = strikes / forwards
    time_value = np.zeros_like(ratio)  # of the put over the forward; by parity also of the call
    live = np.flatnonzero(times > 0.0)
    if live.size:
        chain = sort_by_expiry(ratio[live], times[live])
        time_value[live[chain.order]] = _sum_series(parameters, chain)
    payoff = np.maximum(np.where(inputs.is_call, forwards - strikes, strikes - forwards), 0.0)
    values: FloatArray = factors * (payoff + forwards * time_value)
    return values.reshape(inputs.shape)


def _sum_series(parameters: HestonParameters, chain: SortedChain) -> FloatArray:
    rows = np.empty((1, chain.moneyness.size))
    terms = chain_puts(to_vector(parameters), chain.expiries, chain.starts, chain.moneyness, TOLERANCE, rows)
    if terms >= MAX_TERMS or not np.all(np.isfinite(rows)):
        raise InputError(
            "parameters", parameters, f"density too rough for {MAX_TERMS} cosine terms at these expiries"
        )
    time_value: FloatArray = rows[0] - np.maximum(chain.moneyness - 1.0, 0.0)
    return time_value


def implied_vol(
    *,
    parameters: HestonParameters,
    forward: npt.ArrayLike,
    strike: npt.ArrayLike,
    time_to_expiry: npt.ArrayLike,
) -> FloatArray:
    """Black volatilities, per square root of a year, of the model's out-of-the-money options.

    NaN where the price is below 1e-11 max(F, K), the error of the series; arguments and errors as in `price`.

    Notes
    -----
    Proof: at sigma -> 0 it is the square root of the mean variance.
    """
    forwards, strikes = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    quotes = {
        "forward": forwards,
        "strike": strikes,
        "time_to_expiry": time_to_expiry,
        "is_call": strikes >= forwards,
    }
    premium = price(parameters=parameters, **quotes)
    volatility = inversion.implied_vol(price=premium, **quotes)
    return np.where(premium > TOLERANCE * np.maximum(forwards, strikes), volatility, np.nan)
