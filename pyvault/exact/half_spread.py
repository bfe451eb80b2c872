"""Half-spread; the twin of ``contracts/libs/math/half_spread.vy``, where the method is explained."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import root
from pyvault.exact.arithmetic import up
from pyvault.exact.lanes import (
    FEED_THRESHOLD,
    FORWARD_STEP,
    LATENCY_S,
    MID_SPREAD,
    SURFACE_STEP,
    TICK,
    UTILISATION_SPREAD,
    VOL_OF_VOL,
    lane,
)
from pyvault.exact.quote import Conditions
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = [
    "Load",
    "Rates",
    "Spread",
    "VegaRates",
    "leg_charge",
    "of_legs",
    "of_load",
    "rates",
    "vega_charge",
    "vega_rates",
]

SQUARE = WAD * WAD


class Rates(NamedTuple):
    """Rates of a market state, WAD: per contract, of the mid, of dollar delta and gamma, of volatility."""

    tick: int
    share: int
    forward_step: int
    vol_step: int
    vol_of_vol: int
    delta: int
    gamma: int
    factor: int


class VegaRates(NamedTuple):
    """Rates of an expiry, WAD of volatility; `drift` of a strike's own volatility."""

    step: int
    sure: int
    drift: int


class Load(NamedTuple):
    """What a package puts on an expiry: sums of quantity times unit, WAD²."""

    delta: int
    gamma: int
    bought_vega: int
    sold_vega: int
    bought_charge: int
    sold_charge: int


class Spread(NamedTuple):
    """``H`` and ``2·H_c``, exact, WAD³."""

    full: int
    rebatable: int


def rates(conditions: Conditions) -> Rates:
    """Rates of a market state, each rounded up.

    Raises
    ------
    ContractError
        With the contract's own reason, for a multiplier, utilisation or age out of range.
    """
    words, sigma = conditions.words, conditions.reference_vol
    _require(conditions.multiplier >= WAD, "pricer: multiplier below one")
    _require(conditions.utilisation <= WAD // 2, "pricer: utilisation too large")
    _require(conditions.reading_age_s >> 31 == 0, "pricer: reading too old")
    latency = lane(words, LATENCY_S)
    exposed_s = conditions.reading_age_s + latency
    forward_step = lane(words, FORWARD_STEP)
    widening = lane(words, UTILISATION_SPREAD) * conditions.utilisation**2
    factor = up(conditions.multiplier * (SQUARE * WAD + widening), SQUARE * WAD)
    move = min(_deviation(sigma, exposed_s), lane(words, FEED_THRESHOLD) + _deviation(sigma, latency))
    return Rates(
        tick=up(lane(words, TICK) * conditions.spot, WAD),
        share=lane(words, MID_SPREAD),
        forward_step=forward_step,
        vol_step=lane(words, SURFACE_STEP),
        vol_of_vol=lane(words, VOL_OF_VOL),
        delta=up((forward_step + move) * factor, WAD),
        gamma=up(sigma * sigma * exposed_s * factor, 2 * SECONDS_PER_YEAR * SQUARE),
        factor=factor,
    )


def vega_rates(rates: Rates, vega_scale: int, surface_age_s: int, gap: int) -> VegaRates:
    """Rates of an expiry, the step rounded down and the others up; `vega_scale` is ``u``.

    Raises
    ------
    ContractError
        ``pricer: surface too old`` from 2^32 s.
    """
    _require(surface_age_s >> 32 == 0, "pricer: surface too old")
    step = rates.vol_step * vega_scale // WAD
    drift = _deviation(rates.vol_of_vol, surface_age_s) if surface_age_s else 0
    return VegaRates(step=step, sure=step + 1 + gap, drift=drift)


def leg_charge(rates: Rates, mid: int) -> int:
    """Tick and share of the mid of a contract, rounded up."""
    return rates.tick + up(rates.share * mid, WAD)


def vega_charge(rates: VegaRates, vega: int, volatility: int) -> int:
    """``ν·(ε + gap + ξ·σ_i·√(surface age))`` of a contract, rounded up."""
    return up(vega * (rates.sure + up(rates.drift * volatility, WAD)), WAD)


def of_load(rates: Rates, step: int, load: Load) -> Spread:
    """Part of an expiry in ``H`` and ``2·H_c``, exact; `step` is its ε."""
    has_one_sign = load.bought_vega == 0 or load.sold_vega == 0
    vega = load.bought_vega + load.sold_vega if has_one_sign else 0
    return Spread(
        full=abs(load.delta) * rates.delta
        + abs(load.gamma) * rates.gamma
        + max(load.bought_charge, load.sold_charge) * rates.factor,
        rebatable=2 * rates.forward_step * abs(load.delta) + step * vega,
    )


def of_legs(rates: Rates, charges: int, errors: int) -> Spread:
    """Part of the legs in ``H`` and ``2·H_c``, exact, of ``Σ|q|·(tick + s·m)`` and ``Σ|q|·e_p``, WAD²."""
    return Spread(full=charges * rates.factor + errors * WAD, rebatable=2 * charges * WAD)


def _deviation(sigma: int, time_s: int) -> int:
    """``σ·√time``, WAD, rounded up."""
    return (sigma * (root.years(time_s) + 1) >> 96) + 1


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ContractError(reason)
