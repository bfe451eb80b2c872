"""Inventory charge Ψ; the twin of ``contracts/libs/math/inventory_charge.vy``, which explains the method."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact.lanes import (
    DELTA_HORIZON_S,
    EXPIRY_CORRELATION,
    GAMMA_HORIZON_S,
    RISK_AVERSION,
    VEGA_HORIZON_S,
    VOL_OF_VOL,
    lane,
)
from pyvault.exact.quote import BookRisk, Conditions
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


def weights(conditions: Conditions) -> Weights:
    """Factors of the four squares in a market state.

    Raises
    ------
    ContractError
        ``pricer: volatility too large`` from 2^64; ``pricer: risk budget too small`` below 1.
    """
    words, sigma = conditions.words, conditions.reference_vol
    if sigma >> 64:
        raise ContractError("pricer: volatility too large")
    if conditions.risk_budget < WAD:
        raise ContractError("pricer: risk budget too small")
    aversion = (lane(words, RISK_AVERSION) * WAD << 96) // (2 * MICRO * conditions.risk_budget)
    vega = aversion * _variance(lane(words, VOL_OF_VOL), lane(words, VEGA_HORIZON_S)) // WAD
    spread = _variance(sigma, lane(words, GAMMA_HORIZON_S))
    level = vega * lane(words, EXPIRY_CORRELATION) // WAD
    return Weights(
        delta=aversion * _variance(sigma, lane(words, DELTA_HORIZON_S)) // WAD,
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
