"""Black's formula at 50 digits, by d1, d2 and erfc: a derivation that shares nothing with the contract's.

Arguments are the contract's integers, taken at their exact values; results are real numbers, not WAD.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from mpmath import erfc, exp, log, mpf, pi, sqrt, workdps

WAD = 10**18
YEAR = 365 * 86_400
DIGITS = 50


class Reference(NamedTuple):
    """Prices and Greeks; the fields of the contract's Valuation."""

    call: mpf
    put: mpf
    delta_call: mpf
    gamma_f: mpf
    vega: mpf
    theta_call: mpf
    theta_put: mpf


@cache
def undiscounted(forward: int, strike: int, implied_vol: int, time_s: int) -> tuple[mpf, ...]:
    """Call, put, N(d1), n(d1) and the deviation of a positive volatility and time."""
    with workdps(DIGITS):
        f, k = mpf(forward) / WAD, mpf(strike) / WAD
        deviation = mpf(implied_vol) / WAD * sqrt(mpf(time_s) / YEAR)
        d1 = log(f / k) / deviation + deviation / 2
        d2 = d1 - deviation
        root_two = sqrt(mpf(2))
        call = (f * erfc(-d1 / root_two) - k * erfc(-d2 / root_two)) / 2
        put = (k * erfc(d2 / root_two) - f * erfc(d1 / root_two)) / 2
        return call, put, erfc(-d1 / root_two) / 2, exp(-d1 * d1 / 2) / sqrt(2 * pi), deviation


def black(forward: int, strike: int, implied_vol: int, time_s: int, rate: int) -> Reference:
    """Prices and Greeks of one strike."""
    call, put, probability, density, deviation = undiscounted(forward, strike, implied_vol, time_s)
    with workdps(DIGITS):
        f, years, r = mpf(forward) / WAD, mpf(time_s) / YEAR, mpf(rate) / WAD
        discount = exp(-r * years)
        decay = discount * f * density * deviation / (2 * years)
        return Reference(
            call=discount * call,
            put=discount * put,
            delta_call=discount * probability,
            gamma_f=discount * density / deviation,
            vega=discount * f * density * sqrt(years),
            theta_call=r * discount * call - decay,
            theta_put=r * discount * put - decay,
        )


def error_in_wei(actual: int, expected: mpf) -> mpf:
    """Distance of a WAD integer from a real number, in units of its last place."""
    with workdps(DIGITS):
        return abs(actual - expected * WAD)
