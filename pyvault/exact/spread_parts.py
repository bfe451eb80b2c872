"""The half-spread of one leg, cause by cause; its formula is that of `half_spread`."""

from __future__ import annotations

from pyvault.exact import book, flow, half_spread, package
from pyvault.exact.arithmetic import up
from pyvault.exact.market_state import State, state
from pyvault.exact.quote import Book, Conditions, Leg
from pyvault.units import WAD

__all__ = ["spread_parts"]


def spread_parts(conditions: Conditions, item: Book, leg: Leg) -> dict[str, int]:
    """What each cause adds to ``H`` of a leg in `item`, in WAD quote; the parts add up to ``H``, to the wei.

    Each part is rounded down and the last takes what that leaves. Spot must be accepted: both bounds equal.
    """
    spot = conditions.spot
    calm = state(conditions._replace(multiplier=WAD, utilisation=0))
    rates = calm.rates
    plain = _part(spot, calm, item._replace(gap=0, surface_age_s=0), leg)
    gapped = _part(spot, calm, item._replace(surface_age_s=0), leg)
    aged = _part(spot, calm, item, leg)
    delta, size = abs(aged.burden.delta), abs(leg.quantity)
    causes = {
        "tick": size * rates.tick * WAD,
        "share of the mid": (aged.charges - size * rates.tick) * WAD,
        "delta, to hedge": delta * rates.forward_step,
        "delta, age of the spot": delta * (rates.delta - rates.forward_step),
        "gamma, age of the spot": abs(aged.burden.gamma) * rates.gamma,
        "vega, a step of the surface": _vega(plain) * WAD,
        "vega, gap of the surface": (_vega(gapped) - _vega(plain)) * WAD,
        "vega, age of the surface": (_vega(aged) - _vega(gapped)) * WAD,
    }
    stressed = state(conditions)
    errors = aged.errors * WAD + flow.QUANTUM * WAD * WAD
    full = _full(stressed, _part(spot, stressed, item, leg)) + flow.QUANTUM * WAD * WAD
    causes["multiplier and utilisation"] = full - errors - sum(causes.values())
    parts = {name: cause // (WAD * WAD) for name, cause in causes.items()}
    return parts | {"error of the price, rounding": up(full, WAD * WAD) - sum(parts.values())}


def _part(spot: int, state: State, item: Book, leg: Leg) -> package.Part:
    terms = book.terms(spot, item)
    return package.part(state, item, terms, 0, [leg], spot, spot)


def _vega(part: package.Part) -> int:
    return part.burden.bought_charge + part.burden.sold_charge


def _full(state: State, part: package.Part) -> int:
    empty = half_spread.Spread(0, 0)
    return half_spread.plus(empty, state.rates, part.step, part.burden, part.charges, part.errors).full
