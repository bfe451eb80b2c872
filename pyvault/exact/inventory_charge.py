"""Inventory charge Ψ; the twin of ``contracts/libs/math/inventory_charge.vy``, which explains the method."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact.lanes import Parameters
from pyvault.exact.quote import BookRisk
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = ["Exposure", "Weights", "charge", "plus", "weights"]

MICRO = 10**6
LIMIT_BITS, SQUARES_BITS = 104, 212


class Weights(NamedTuple):
    """Factors of the four squares: quote per square quote, Q96, rounded down."""

    delta: int
    gamma: int
    expiries: int
    level: int


class Exposure(NamedTuple):
    """Dollar delta, dollar gamma, Σn (WAD) and Σn² (WAD²)."""

    delta: int
    gamma: int
    vega: int
    vega_square: int


def weights(parameters: Parameters, reference_vol: int, risk_budget: int) -> Weights:
    """Factors of the four squares in a market state."""
    aversion = (parameters.risk_aversion * WAD << 96) // (2 * MICRO * risk_budget)
    vega = aversion * _variance(parameters.vol_of_vol, parameters.vega_horizon_s) // WAD
    spread = _variance(reference_vol, parameters.gamma_horizon_s)
    level = vega * parameters.expiry_correlation // WAD
    return Weights(
        delta=aversion * _variance(reference_vol, parameters.delta_horizon_s) // WAD,
        gamma=aversion * spread // WAD * spread // (2 * WAD),
        expiries=vega - level,
        level=level,
    )


def charge(weights: Weights, exposure: Exposure) -> int:
    """Ψ in quote, rounded down.

    Raises
    ------
    ContractError
        ``pricer: exposure too large`` from 2^104 (2e13 quote), or 2^212 for Σn².
    """
    linear = (exposure.delta, exposure.gamma, exposure.vega)
    if any(abs(value) >> LIMIT_BITS for value in linear) or exposure.vega_square >> SQUARES_BITS:
        raise ContractError("pricer: exposure too large")
    squares = (exposure.delta**2, exposure.gamma**2, exposure.vega_square, exposure.vega**2)
    return sum(weight * (square // WAD) for weight, square in zip(weights, squares, strict=True)) >> 96


def plus(exposure: Exposure, risk: BookRisk) -> Exposure:
    """Exposures with those of one more expiry."""
    return Exposure(
        delta=exposure.delta + risk.dollar_delta,
        gamma=exposure.gamma + risk.dollar_gamma,
        vega=exposure.vega + risk.scaled_vega,
        vega_square=exposure.vega_square + risk.scaled_vega**2,
    )


def _variance(vol: int, time_s: int) -> int:
    """``σ²·t``, WAD, rounded down."""
    return vol * vol * time_s // (SECONDS_PER_YEAR * WAD)
