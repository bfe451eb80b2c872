"""Value a whole option chain with the contract: market, fitted surface, slices and prices on chain."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pyvault.chain.pricer import Pricer, Valuation
from pyvault.market.chain import OptionChain
from pyvault.pricing import black76
from pyvault.pricing.surface import Surface, SurfaceSlice
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = ["Expiry", "Quote", "count_strikes", "near_strikes", "value_chain"]

STRIKES = 9  # at most this many per expiry, the nearest to the forward
SMALLEST_DELTA = 0.03  # beyond it the market admits no opening trade


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One strike: the volatility and the values that the contract returned (WAD), and the double's distance.

    ``float_error`` is the larger difference of call and put from double precision, over the forward.
    """

    strike: float
    implied_vol: float
    value: Valuation
    float_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """One expiry of a valued chain."""

    expiry: int
    time_to_expiry_s: int
    forward: float
    quotes: tuple[Quote, ...]


def value_chain(
    pricer: Pricer, chain: OptionChain, surface: Surface, progress: Callable[[], None]
) -> Iterator[Expiry]:
    """Value the strikes around the forward of every fitted expiry, calling `progress` after each."""
    for each in surface.slices:
        quotes = []
        for strike in near_strikes(chain, each):
            quotes.append(_value(pricer, each, strike, chain.timestamp))
            progress()
        seconds = round(each.expiry - chain.timestamp)
        yield Expiry(expiry=each.expiry, time_to_expiry_s=seconds, forward=each.forward, quotes=tuple(quotes))


def count_strikes(chain: OptionChain, surface: Surface) -> int:
    """How many strikes `value_chain` will value."""
    return sum(len(near_strikes(chain, each)) for each in surface.slices)


def near_strikes(chain: OptionChain, each: SurfaceSlice, count: int = STRIKES) -> list[float]:
    """At most `count` listed strikes, the nearest to the forward, whose delta the market admits."""
    strikes = np.unique(chain.strike[chain.expiry == each.expiry])
    k = np.log(strikes / each.forward)
    vols = each.implied_vol(k)
    delta = black76.greeks(
        forward=each.forward, strike=strikes, implied_vol=vols, time_to_expiry=each.time_to_expiry
    ).delta
    admitted = (delta > SMALLEST_DELTA) & (delta < 1.0 - SMALLEST_DELTA)
    nearest = np.argsort(np.abs(k) + np.where(admitted, 0.0, np.inf), kind="stable")[:count]
    return sorted(float(strikes[i]) for i in nearest if admitted[i])


def _value(pricer: Pricer, each: SurfaceSlice, strike: float, timestamp: float) -> Quote:
    """Volatility of the slice and value at one strike, both computed by the contract."""
    vol = pricer.slice_vol(
        math.log(strike / each.forward), a=each.a, b=each.b, rho=each.rho, m=each.m, sigma=each.s
    )
    seconds = round(each.expiry - timestamp)
    value = pricer.value(forward=each.forward, strike=strike, implied_vol=vol, time_to_expiry_s=seconds)
    doubles = black76.price(
        forward=each.forward,
        strike=strike,
        implied_vol=vol,
        time_to_expiry=seconds / SECONDS_PER_YEAR,
        is_call=np.array([True, False]),
    )
    error = max(abs(value.call / WAD - float(doubles[0])), abs(value.put / WAD - float(doubles[1])))
    return Quote(strike=strike, implied_vol=vol, value=value, float_error=error / each.forward)
