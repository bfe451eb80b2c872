"""One small call of every compiled face, so that its machine code is in the cache before it is needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing import black76, heston
from pyvault.pricing.implied_vol import implied_vol
from pyvault.pricing.surface import fit_surface

__all__ = ["steps"]


def steps() -> dict[str, Callable[[], object]]:
    """Calls by the name that a progress line shows."""
    option = {"forward": [3_000.0], "strike": [3_200.0], "time_to_expiry": [0.25]}
    return {
        "price": lambda: black76.price(**option, implied_vol=[0.8]),
        "greeks": lambda: black76.greeks(**option, implied_vol=[0.8]),
        "eight greeks": lambda: black76.full_greeks(**option, implied_vol=[0.8]),
        "implied volatility": lambda: implied_vol(**option, price=[400.0]),
        "surface": lambda: fit_surface(synthetic_chain()),
        "heston": _calibrate_heston,
    }


def _calibrate_heston() -> object:
    strikes = np.array([2_500.0, 3_000.0, 3_500.0] * 2)
    return heston.calibrate(
        forward=3_000.0,
        strike=strikes,
        time_to_expiry=np.repeat([0.1, 0.5], 3),
        implied_vol=np.array([0.85, 0.8, 0.79, 0.82, 0.8, 0.79]),
    )
