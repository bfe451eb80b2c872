"""Small markets with a known truth, in the columns and JSON that readers take; in NumPy and SciPy."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from scipy.special import ndtr

TIMESTAMP = pd.Timestamp("2026-03-03T08:00:00Z")
YEAR_S = 365 * 86_400
DAYS = (2, 7, 30, 90)
# Annualised raw SVI (a, b, rho, m, s) by expiry: steep and tight near, flat and wide far, free of arbitrage.
SLICES = np.array(
    [
        (0.10, 1.80, -0.20, 0.005, 0.060),
        (0.12, 1.00, -0.25, 0.010, 0.130),
        (0.16, 0.60, -0.30, 0.020, 0.250),
        (0.20, 0.42, -0.30, 0.030, 0.400),
    ]
)


def years(days):
    return days * 86_400 / YEAR_S


def svi_variance(k, a, b, rho, m, s):
    """Annualised variance, straight from the paper."""
    return a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + s**2))


def black(forward, strike, vol, time, *, is_call):
    """Undiscounted Black price."""
    total = vol * np.sqrt(time)
    d1 = np.log(forward / strike) / total + 0.5 * total
    sign = np.where(is_call, 1.0, -1.0)
    return np.maximum(sign * (forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - total))), 0.0)


def delta(k, vol, time, is_call):
    """Forward delta."""
    call = ndtr((-k + 0.5 * vol**2 * time) / (vol * np.sqrt(time)))
    return np.where(is_call, call, call - 1.0)


def market_frame(*, slices=SLICES, days=DAYS, half_spread=0.01, strikes=15, noise=0.0, seed=1):
    """Calls and puts at equal strikes, quoted `half_spread` around the slices plus `noise` (volatility)."""
    rng = np.random.default_rng(seed)
    parts = []
    for parameters, day in zip(slices, days, strict=True):
        time, forward = years(day), 3_000.0 * np.exp(0.03 * years(day))
        deviation = np.sqrt(svi_variance(0.0, *parameters) * time)
        strike = np.unique(np.round(forward * np.exp(deviation * np.linspace(-3.0, 3.0, strikes)), 1))
        strike, is_call = np.repeat(strike, 2), np.tile([True, False], strike.size)
        exact = np.sqrt(svi_variance(np.log(strike / forward), *parameters))
        mid = exact + noise * rng.standard_normal(strike.size // 2).repeat(2)
        price = {
            side: black(forward, strike, mid + shift, time, is_call=is_call) / forward
            for side, shift in (("bid", -half_spread), ("mark", 0.0), ("ask", half_spread))
        }
        parts.append(
            pd.DataFrame(
                {
                    "timestamp": TIMESTAMP,
                    "underlying_price": forward,
                    "index_price": 3_000.0,
                    "expiry": TIMESTAMP + pd.Timedelta(days=day),
                    "strike": strike,
                    "type": np.where(is_call, "C", "P"),
                    "mark_iv": mid,
                    "bid_iv": mid - half_spread,
                    "ask_iv": mid + half_spread,
                    "bid_price": price["bid"],
                    "ask_price": price["ask"],
                    "mark_price": price["mark"],
                    "open_interest": np.arange(strike.size, dtype=float),
                    "volume_24h": 0.0,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _instrument(row):
    expiry = row.expiry.strftime("%d%b%y").upper().lstrip("0")
    strike = f"{row.strike:.10g}".replace(".", "d")
    return f"ETH-{expiry}-{strike}-{row.type}"


def _or_none(value, scale=1.0):
    return None if np.isnan(value) else value * scale


def tickers_json(frame):
    """The frame as a list of Deribit's ticker records: percent, milliseconds, 0 for no quote."""
    records = [
        {
            "instrument_name": _instrument(row),
            "timestamp": int(row.timestamp.timestamp() * 1000),
            "state": "open",
            "underlying_price": _or_none(row.underlying_price),
            "index_price": row.index_price,
            "mark_iv": row.mark_iv * 100.0,
            "bid_iv": 0.0 if np.isnan(row.bid_iv) else row.bid_iv * 100.0,
            "ask_iv": 0.0 if np.isnan(row.ask_iv) else row.ask_iv * 100.0,
            "best_bid_price": _or_none(row.bid_price),
            "best_ask_price": _or_none(row.ask_price),
            "mark_price": row.mark_price,
            "open_interest": row.open_interest,
            "stats": {"volume": row.volume_24h, "high": None, "low": None},
        }
        for row in frame.itertuples()
    ]
    return json.dumps({"jsonrpc": "2.0", "result": records})


def book_summary_json(frame):
    """The frame as the answer of Deribit's book summary, which carries no bid or ask volatility."""
    records = [
        {
            "instrument_name": _instrument(row),
            "creation_timestamp": int(row.timestamp.timestamp() * 1000),
            "underlying_price": _or_none(row.underlying_price),
            "estimated_delivery_price": row.index_price,
            "mark_iv": row.mark_iv * 100.0,
            "bid_price": _or_none(row.bid_price),
            "ask_price": _or_none(row.ask_price),
            "mark_price": row.mark_price,
            "open_interest": row.open_interest,
            "volume": row.volume_24h,
            "base_currency": "ETH",
        }
        for row in frame.itertuples()
    ]
    return json.dumps({"jsonrpc": "2.0", "result": records})
