"""Half-spread; the twin of ``contracts/libs/math/half_spread.vy``, where the method is explained."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.exact import root
from pyvault.exact.arithmetic import up
from pyvault.exact.lanes import Parameters
from pyvault.exact.quote import Conditions
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = ["Load", "Rates", "Spread", "VegaRates", "leg_charge", "plus", "rates", "vega_charge", "vega_rates"]


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


def rates(parameters: Parameters, conditions: Conditions) -> Rates:
    """Rates of a market state, each rounded up."""
    sigma, latency = conditions.reference_vol, parameters.latency_s
    exposed_s = conditions.reading_age_s + latency
    widening = parameters.utilisation_spread * conditions.utilisation**2
    factor = up(conditions.multiplier * (WAD**3 + widening), WAD**3)
    move = min(_deviation(sigma, exposed_s), parameters.feed_threshold + _deviation(sigma, latency))
    return Rates(
        tick=up(parameters.tick * conditions.spot, WAD),
        share=parameters.mid_spread,
        forward_step=parameters.forward_step,
        vol_step=parameters.vol_step,
        vol_of_vol=parameters.vol_of_vol,
        delta=up((parameters.forward_step + move) * factor, WAD),
        gamma=up(sigma * sigma * exposed_s * factor, 2 * SECONDS_PER_YEAR * WAD**2),
        factor=factor,
    )


def vega_rates(rates: Rates, vega_scale: int, surface_age_s: int, gap: int) -> VegaRates:
    """Rates of an expiry, the step rounded down and the others up; `vega_scale` is ``u``."""
    step = rates.vol_step * vega_scale // WAD
    drift = _deviation(rates.vol_of_vol, surface_age_s) if surface_age_s else 0
    return VegaRates(step=step, sure=step + 1 + gap, drift=drift)


def leg_charge(rates: Rates, mid: int) -> int:
    """Tick and share of the mid of a contract, rounded up."""
    return rates.tick + up(rates.share * mid, WAD)


def vega_charge(rates: VegaRates, vega: int, volatility: int) -> int:
    """``ν·(ε + gap + ξ·σ_i·√(surface age))`` of a contract, rounded up."""
    return up(vega * (rates.sure + up(rates.drift * volatility, WAD)), WAD)


def plus(spread: Spread, rates: Rates, step: int, load: Load, charges: int, errors: int) -> Spread:
    """A spread with the part of an expiry, exact.

    Parameters
    ----------
    step
        ε of the expiry.
    charges, errors
        ``Σ|q|·(tick + s·m)`` and ``Σ|q|·e_p``, WAD².
    """
    has_one_sign = load.bought_vega == 0 or load.sold_vega == 0
    vega = load.bought_vega + load.sold_vega if has_one_sign else 0
    return Spread(
        full=spread.full
        + abs(load.delta) * rates.delta
        + abs(load.gamma) * rates.gamma
        + (max(load.bought_charge, load.sold_charge) + charges) * rates.factor
        + errors * WAD,
        rebatable=spread.rebatable + 2 * (rates.forward_step * abs(load.delta) + charges * WAD) + step * vega,
    )


def _deviation(sigma: int, time_s: int) -> int:
    """``σ·√time``, WAD, rounded up."""
    return (sigma * (root.years(time_s) + 1) >> 96) + 1
