"""What an earlier surface says of the next one: a little, and only where the market says less."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pyvault.errors import InputError
from pyvault.exact.surface_guard import CORE_DEVIATIONS, HALVES
from pyvault.units import SECONDS_PER_YEAR

if TYPE_CHECKING:
    from pyvault.pricing.surface.quotes import SliceQuotes
    from pyvault.pricing.surface.value import Surface

__all__ = ["with_prior"]

PRIOR_HALF_SPREAD = 0.07  # volatility: several times that of a liquid quote, so that quotes prevail
DEVIATIONS = 0.5 * np.array([half for half in HALVES if abs(half) <= 2 * CORE_DEVIATIONS])


def with_prior(quotes: SliceQuotes, timestamp: float, prior: Surface) -> SliceQuotes:
    """Quotes of one expiry at `timestamp`, with those of `prior` among them.

    They stand at the nodes where `VolSurface` measures a move, as mids so wide that they decide only what the
    market leaves open: in the wings, where a move costs most and means least.

    Raises
    ------
    InputError
        If `prior` is later than the quotes.
    """
    if prior.timestamp > timestamp:
        raise InputError("prior", prior.timestamp, f"must not be later than the chain's {timestamp}")
    k = DEVIATIONS * quotes.deviation
    mid = prior.implied_vol(k, (quotes.expiry - prior.timestamp) / SECONDS_PER_YEAR)
    half = np.full(k.size, PRIOR_HALF_SPREAD)
    added = {
        "log_moneyness": k,
        "mid": mid,
        "half_spread": half,
        "bid": mid - half,
        "ask": mid + half,
    }
    return replace(
        quotes, **{name: np.concatenate((getattr(quotes, name), more)) for name, more in added.items()}
    )
