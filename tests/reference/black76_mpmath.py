"""Black-76 by the textbook difference F N(d1) − K N(d2) at 60 digits; its Greeks by differentiation."""

from __future__ import annotations

import mpmath
from mpmath import mp, mpf

DIGITS = 60
NAMES = ("price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga", "charm")


def price(forward, strike, implied_vol, time_to_expiry, rate, is_call):
    """Discounted value; the rate replaces the discount factor so that time can be varied alone."""
    total_vol = implied_vol * mpmath.sqrt(time_to_expiry)
    d1 = mpmath.log(forward / strike) / total_vol + total_vol / 2
    d2 = d1 - total_vol
    sign = 1 if is_call else -1
    value = sign * (forward * normal(sign * d1) - strike * normal(sign * d2))
    return mpmath.exp(-rate * time_to_expiry) * value


def normal(x):
    """Normal distribution function without loss in the left tail."""
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def greeks(forward, strike, implied_vol, time_to_expiry, discount_factor, is_call):
    """The nine outputs of `full_greeks` by numerical differentiation, in mpmath numbers."""
    with mp.workdps(DIGITS):  # mpmath raises the precision further while it differentiates
        f, k, s, t, d = map(mpf, (forward, strike, implied_vol, time_to_expiry, discount_factor))
        rate = -mpmath.log(d) / t

        def value(f, s, t, r):
            return price(f, k, s, t, r, is_call)

        point = (f, s, t, rate)
        orders = {
            "delta": (1, 0, 0, 0), "gamma": (2, 0, 0, 0), "vega": (0, 1, 0, 0), "rho": (0, 0, 0, 1),
            "vanna": (1, 1, 0, 0), "volga": (0, 2, 0, 0),
        }  # fmt: skip
        result = {name: mpmath.diff(value, point, order) for name, order in orders.items()}
        result["price"] = value(*point)
        # calendar time runs against time to expiry
        result["theta"] = -mpmath.diff(value, point, (0, 0, 1, 0))
        result["charm"] = -mpmath.diff(value, point, (1, 0, 1, 0))
        return {name: result[name] for name in NAMES}
