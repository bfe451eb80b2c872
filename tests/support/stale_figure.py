"""What paper allows a taker who knows the next state: docs/market-mathematics.md, "What a taker can take".

Floats of the page's formulas and of the parameters alone: no charge of the pricer stands behind any number.
"""

from __future__ import annotations

import math

from support.vol_surface import guard

from pyvault.chain.parameters import parameter
from pyvault.units import WAD

YEAR_S = 365 * 86_400
LATENCY_S = parameter("LATENCY_S").start
THRESHOLD, FORWARD_STEP, VOL_STEP, VOL_OF_VOL, REBATE = (
    parameter(name).start / WAD
    for name in ("FEED_THRESHOLD", "FORWARD_STEP", "SURFACE_STEP", "VOL_OF_VOL", "REBATE")
)


def hidden_move(vol: float, age_s: float) -> float:
    """One deviation of spot that a reading of some age may hide, before the feed must speak."""
    latency = deviation(vol, LATENCY_S)
    return min(deviation(vol, age_s + LATENCY_S), THRESHOLD + latency)


def hidden_drift(surface_age_s: float) -> float:
    """The same of volatility that a surface may hide, relative to it."""
    return deviation(VOL_OF_VOL, surface_age_s)


def deviation(vol: float, time_s: float) -> float:
    return vol * math.sqrt(time_s / YEAR_S)


def ride(curve, k: float, move: float) -> float:
    """How far the volatility of a strike goes with a move of spot that carries the smile along."""
    here = vol_at(curve, k)
    return max(abs(vol_at(curve, k - side * move) - here) for side in (-1, 1))


def vol_at(curve, k: float) -> float:
    return math.sqrt(guard.variance(round(k * WAD), curve) / WAD)


def figure(
    vol: float, years: float, *, move: float, reference: float, hidden: float = 0.0, ride: float = 0.0
) -> float:
    """Most that paper leaves a contract, of spot, the terms in the order of the page.

    `vol` and `ride` are the strike's; `hidden` what gap and age of the surface hide of it; `reference` the
    volatility of spot.
    """
    root, latency = math.sqrt(years), deviation(reference, LATENCY_S)
    width, step = vol * root, VOL_STEP * math.sqrt(30 / max(365 * years, 7))
    reach, shift = move + FORWARD_STEP + move * FORWARD_STEP, step + hidden + ride
    speed = reach**3 / 6 * (0.4 / width + 0.25 / width**2)
    vanna = root * (reach + FORWARD_STEP) * shift * (0.4 + 0.25 / width)
    volga = root * 1.5 * shift**2 / vol * (0.3 + 0.25 * width)
    left = max(0.0, (REBATE + move) * FORWARD_STEP - latency)
    gamma = 0.4 / width * (reach * left + FORWARD_STEP**2 / 2)
    delta = max(0.0, (2 * REBATE - 1 + move) * FORWARD_STEP - latency)
    return speed + vanna + volga + gamma + delta + 0.4 * root * ride


def beyond(vol: float, years: float, move: float, one: float) -> float:
    """What a move of more than `one` deviation adds, which nothing covers."""
    width = vol * math.sqrt(years)
    return max(0.0, move - one + 0.2 / width * (move**2 - one**2))
