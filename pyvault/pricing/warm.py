"""One small call of every compiled face, so that its machine code is in the cache before it is needed."""

from __future__ import annotations

from collections.abc import Callable

from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing import black76
from pyvault.pricing.surface import fit_surface

__all__ = ["steps"]


def steps() -> dict[str, Callable[[], object]]:
    """Calls by the name that a progress line shows."""
    option = {"forward": [3_000.0], "strike": [3_200.0], "time_to_expiry": [0.25]}
    return {
        "price": lambda: black76.price(**option, implied_vol=[0.8]),
        "greeks": lambda: black76.greeks(**option, implied_vol=[0.8]),
        "eight greeks": lambda: black76.full_greeks(**option, implied_vol=[0.8]),
        "surface": lambda: fit_surface(synthetic_chain()),
    }
