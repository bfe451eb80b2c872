"""Inventory charge Ψ, flow charge Φ and the unseen move a(age) over arrays: the vault's price in floats.

Ψ is the certainty-equivalent cost of carrying the exposures of a vault; a trade that changes them is charged
the difference. Money is in quote, horizons and ages in seconds, volatilities are annual fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.kernels import inventory as kernels
from pyvault.kernels.jit import loop
from pyvault.pricing.arrays import FloatArray
from pyvault.units import years

__all__ = ["RiskTerms", "flow_charge", "inventory_charge", "stale_move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskTerms:
    """What Ψ weighs exposures by; start values of the governed parameters.

    ``risk_budget`` is R in quote, ``reference_vol`` σ_ref.
    """

    risk_budget: float
    reference_vol: float
    risk_aversion: float = 12.0
    delta_horizon_s: float = 5_400.0
    gamma_horizon_s: float = 21_600.0
    vega_horizon_s: float = 86_400.0
    vol_of_vol: float = 1.0
    expiry_correlation: float = 0.85

    def __post_init__(self) -> None:
        if not self.risk_budget > 0.0:
            raise InputError("risk_budget", self.risk_budget, "must be positive")
        if not 0.0 <= self.expiry_correlation <= 1.0:
            raise InputError("expiry_correlation", self.expiry_correlation, "must be from 0 to 1")


def inventory_charge(
    terms: RiskTerms,
    *,
    dollar_delta: npt.ArrayLike,
    dollar_gamma: npt.ArrayLike,
    scaled_vega: npt.ArrayLike,
    scaled_vega_square: npt.ArrayLike,
) -> FloatArray:
    """Ψ in quote.

    Parameters
    ----------
    terms
        Weights of the market state.
    dollar_delta, dollar_gamma
        S·Δ and S²·Γ of the vault, quote. All arrays broadcast together.
    scaled_vega, scaled_vega_square
        Σn and Σn² over expiries, n = ν·σ·u with vega ν per 1.00 of volatility.

    Raises
    ------
    InputError
        If an exposure is not finite or the shapes do not broadcast.

    Notes
    -----
    Source: docs/market-mathematics.md. Proof: equals the integer twin, and so the contract, within 1e-9 of
    itself (tests/unit/pyvault/test_inventory.py).

    Examples
    --------
    A delta of 80,000 quote, as of some fifty calls at the money at 3,000, with R = 100,000:

    >>> terms = RiskTerms(risk_budget=100_000.0, reference_vol=0.8)
    >>> flat = {"dollar_gamma": 0.0, "scaled_vega": 0.0, "scaled_vega_square": 0.0}
    >>> float(inventory_charge(terms, dollar_delta=80_000.0, **flat).round(2))
    42.08
    """
    named = {
        "dollar_delta": dollar_delta,
        "dollar_gamma": dollar_gamma,
        "scaled_vega": scaled_vega,
        "scaled_vega_square": scaled_vega_square,
    }
    delta, gamma, vega, vega_square = _broadcast(named)
    result = np.empty(delta.size)
    _charge_loop(
        delta,
        gamma,
        vega,
        vega_square,
        0.5 * terms.risk_aversion / terms.risk_budget,
        terms.reference_vol * years(terms.delta_horizon_s) ** 0.5,
        terms.reference_vol**2 * years(terms.gamma_horizon_s),
        terms.vol_of_vol * years(terms.vega_horizon_s) ** 0.5,
        terms.expiry_correlation,
        result,
    )
    return result.reshape(np.broadcast_shapes(*(np.shape(value) for value in named.values())))


def flow_charge(flow: npt.ArrayLike, *, impact: float, standard_vega: float) -> FloatArray:
    """Φ in quote of an expiry's flow Z (vega per 1.00 of volatility); κ in volatility per `standard_vega`.

    Raises
    ------
    InputError
        If a flow is not finite or the standard vega not positive.
    """
    if not standard_vega > 0.0:
        raise InputError("standard_vega", standard_vega, "must be positive")
    (flat,) = _broadcast({"flow": flow})
    result = np.empty(flat.size)
    _flow_loop(flat, impact, standard_vega, result)
    return result.reshape(np.shape(flow))


def stale_move(age_s: npt.ArrayLike, *, volatility: float, latency_s: float, threshold: float) -> FloatArray:
    """a(age): how far spot may have moved unseen since a reading, one deviation, as a fraction of spot.

    Raises
    ------
    InputError
        If an age is not finite or negative.
    """
    (flat,) = _broadcast({"age_s": age_s})
    if (flat < 0.0).any():
        raise InputError("age_s", float(flat.min()), "must be zero or positive")
    result = np.empty(flat.size)
    _stale_loop(flat * years(1.0), volatility, years(latency_s), threshold, result)
    return result.reshape(np.shape(age_s))


def _broadcast(named: dict[str, npt.ArrayLike]) -> list[FloatArray]:
    """Arguments as contiguous, flat float arrays of one shape; finite, else refused by name."""
    arrays = [np.asarray(value, dtype=np.float64) for value in named.values()]
    for name, array in zip(named, arrays, strict=True):
        if not np.isfinite(array).all():
            raise InputError(name, named[name], "must be finite")
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError as error:
        shapes = {name: array.shape for name, array in zip(named, arrays, strict=True)}
        raise InputError("shapes", shapes, "must broadcast together") from error
    return [np.array(np.broadcast_to(array, shape), order="C").reshape(-1) for array in arrays]


@loop
def _charge_loop(
    delta: FloatArray,
    gamma: FloatArray,
    vega: FloatArray,
    vega_square: FloatArray,
    aversion: float,
    delta_deviation: float,
    gamma_variance: float,
    vega_deviation: float,
    correlation: float,
    result: FloatArray,
) -> None:
    for i in range(delta.size):
        result[i] = kernels.inventory_charge(
            delta[i],
            gamma[i],
            vega[i],
            vega_square[i],
            aversion,
            delta_deviation,
            gamma_variance,
            vega_deviation,
            correlation,
        )


@loop
def _flow_loop(flow: FloatArray, impact: float, standard_vega: float, result: FloatArray) -> None:
    for i in range(flow.size):
        result[i] = kernels.flow_charge(flow[i], impact, standard_vega)


@loop
def _stale_loop(
    age: FloatArray, volatility: float, latency: float, threshold: float, result: FloatArray
) -> None:
    for i in range(age.size):
        result[i] = kernels.stale_move(volatility, age[i], latency, threshold)
