"""Black-76 price by NumPy and SciPy's normal distribution: quick, good to a few units of float64 of F."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr


def price(*, forward, strike, implied_vol, time_to_expiry, discount_factor, is_call):
    """Discounted value by the textbook difference; positive volatility and time only."""
    total_vol = implied_vol * np.sqrt(time_to_expiry)
    d1 = np.log(forward / strike) / total_vol + total_vol / 2
    sign = np.where(is_call, 1.0, -1.0)
    value = forward * ndtr(sign * d1) - strike * ndtr(sign * (d1 - total_vol))
    return discount_factor * sign * value
