"""The quotes of a chain that a surface is fitted to, by expiry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from pyvault.pricing.implied_vol import implied_vol

if TYPE_CHECKING:
    from pyvault.market.chain import OptionChain

__all__ = ["SliceQuotes", "quoted_volatility", "select_quotes"]

Floats = npt.NDArray[np.float64]

WIDEST = 0.5  # half-spread over mid volatility above which a quote says nothing
HALF_SPREAD_FLOOR = 5e-4  # 0.05 volatility points: no quote is believed more closely
SHORTEST_S = 1800  # nearer to expiry a quote is about the fixing, not about volatility
NEAREST = 6  # quotes that set the at-the-money level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceQuotes:
    """Believed two-sided quotes of one expiry, ordered by strike.

    Parameters
    ----------
    expiry
        Unix seconds.
    time_to_expiry
        Years of 365 days.
    forward
        Median over the rows, quote currency per underlying.
    log_moneyness
        ln(K/F) of each quote at its own forward.
    mid, half_spread
        Annualised volatility; `half_spread` is at least `HALF_SPREAD_FLOOR`.
    bid, ask
        Annualised volatility as quoted.
    dropped
        Rows of the expiry that are not used: one-sided, or wider than `WIDEST` of their mid.
    """

    expiry: int
    time_to_expiry: float
    forward: float
    log_moneyness: Floats
    mid: Floats
    half_spread: Floats
    bid: Floats
    ask: Floats
    dropped: int

    def __len__(self) -> int:
        return self.mid.size

    @property
    def deviation(self) -> float:
        """At-the-money σ√τ, from the quotes nearest to the forward."""
        nearest = np.argsort(np.abs(self.log_moneyness), kind="stable")[:NEAREST]
        return float(np.median(self.mid[nearest])) * float(np.sqrt(self.time_to_expiry))


def quoted_volatility(chain: OptionChain, side: Literal["bid", "ask"]) -> Floats:
    """Annualised volatility of each row's bid or ask: the feed's own, else from its price, else NaN."""
    volatility: Floats = getattr(chain, f"{side}_iv").copy()
    price = chain.price_in_quote(f"{side}_price")
    rows = np.flatnonzero(np.isnan(volatility) & (price > 0) & (chain.time_to_expiry > 0))
    if rows.size:
        volatility[rows] = implied_vol(
            price=price[rows],
            forward=chain.forward[rows],
            strike=chain.strike[rows],
            time_to_expiry=chain.time_to_expiry[rows],
            is_call=chain.is_call[rows],
        )
    return volatility


def select_quotes(chain: OptionChain, least: int) -> list[SliceQuotes]:
    """Believed quotes of each expiry that has at least `least` of them and half an hour to live."""
    bid, ask = quoted_volatility(chain, "bid"), quoted_volatility(chain, "ask")
    mid, half = 0.5 * (bid + ask), 0.5 * (ask - bid)
    with np.errstate(invalid="ignore"):
        is_believed = (bid > 0) & (half >= 0) & (half <= WIDEST * mid)
    k, years = chain.log_moneyness, chain.time_to_expiry
    slices = []
    for expiry in chain.expiries:
        rows = np.flatnonzero(chain.expiry == expiry)
        used = rows[is_believed[rows]]
        if used.size < least or expiry - chain.timestamp < SHORTEST_S:
            continue
        slices.append(
            SliceQuotes(
                expiry=int(expiry),
                time_to_expiry=float(years[used[0]]),
                forward=float(np.median(chain.forward[rows])),
                log_moneyness=k[used],
                mid=mid[used],
                half_spread=np.maximum(half[used], HALF_SPREAD_FLOOR),
                bid=bid[used],
                ask=ask[used],
                dropped=int(rows.size - used.size),
            )
        )
    return slices
