"""The built-in market: a chain of quotes around an arbitrage-free surface, for use without any file.

The surface is SSVI with a term structure of at-the-money volatility and a negative skew, the shape of liquid
crypto options; it is the default wherever pyvault needs a market and is given none.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from pyvault.kernels.ssvi import ssvi_curvature, ssvi_to_svi
from pyvault.kernels.svi import svi_variance
from pyvault.market.chain import OptionChain, read_chain
from pyvault.units import SECONDS_PER_YEAR

__all__ = ["SYNTHETIC_TIMESTAMP", "synthetic_chain"]

SYNTHETIC_TIMESTAMP = 1_772_524_800  # 2026-03-03 08:00 UTC
SPOT = 3_000.0
CARRY = 0.04  # per year, of the forwards over spot
DAYS = (1, 7, 30, 90)
SHORT_VOL, LONG_VOL, REVERSION_DAYS = 0.62, 0.70, 30.0
RHO, ETA, GAMMA = -0.35, 1.1, 0.45
STANDARDISED_STRIKES = (-1.8, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.8)
HALF_SPREAD = 0.01  # one volatility point


def synthetic_chain(*, timestamp: int = SYNTHETIC_TIMESTAMP, spot: float = SPOT) -> OptionChain:
    """Chain of four expiries × nine strikes × calls and puts, quoted one volatility point around the surface.

    Parameters
    ----------
    timestamp
        Unix seconds of the snapshot; expiries follow in 1, 7, 30 and 90 days.
    spot
        Quote currency per unit of underlying; strikes are spaced by standardised moneyness and rounded to
        three digits of the spot.

    Notes
    -----
    Proof: the surface meets Gatheral and Jacquier's conditions (increasing at-the-money total variance,
    η(1 + |ρ|) ≤ 2, γ ≤ 1/2), and `fit_surface` recovers it in the tests.
    """
    rows = [row for days in DAYS for row in _expiry_rows(days, timestamp, spot)]
    return replace(read_chain(pd.DataFrame(rows)), source="the built-in market")


def _expiry_rows(days: int, timestamp: int, spot: float) -> list[dict[str, object]]:
    """Quotes of one expiry, a call and a put per strike."""
    expiry = timestamp + days * 86_400
    years = (expiry - timestamp) / SECONDS_PER_YEAR
    forward = spot * math.exp(CARRY * years)
    level = LONG_VOL + (SHORT_VOL - LONG_VOL) * math.exp(-days / REVERSION_DAYS)
    theta = level * level * years
    phi, _, _ = ssvi_curvature(theta, ETA, GAMMA)
    a, b, m, s = ssvi_to_svi(theta, RHO, phi, years)
    step = 10.0 ** (math.floor(math.log10(spot)) - 2)
    strikes = sorted({_rounded(forward * math.exp(x * math.sqrt(theta)), step) for x in STANDARDISED_STRIKES})
    rows: list[dict[str, object]] = []
    for strike in strikes:
        vol = math.sqrt(svi_variance(math.log(strike / forward), a, b, RHO, m, s))
        quote = {
            "timestamp": timestamp,
            "expiry": expiry,
            "strike": strike,
            "underlying_price": forward,
            "index_price": spot,
            "mark_iv": vol,
            "bid_iv": vol - HALF_SPREAD,
            "ask_iv": vol + HALF_SPREAD,
        }
        rows += [quote | {"type": kind} for kind in ("C", "P")]
    return rows


def _rounded(strike: float, step: float) -> float:
    return round(strike / step) * step
