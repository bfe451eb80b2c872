"""Units, and the only crossings between floats and the integers that contracts use.

Contracts count prices, volatilities and rates in WAD (10**18 = 1) and time in seconds; `pricing` and `risk`
use floats and years of 365 days. Rounding is named at each crossing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from pyvault.errors import InputError

__all__ = ["SECONDS_PER_YEAR", "WAD", "from_wad", "to_wad", "years"]

WAD = 10**18
SECONDS_PER_YEAR = 365 * 86_400

Rounding = Literal["nearest", "down", "up"]


def to_wad(value: float | Fraction, rounding: Rounding = "nearest", *, name: str = "value") -> int:
    """WAD integer of a real number; the float is taken at its exact binary value.

    Raises
    ------
    InputError
        If `value` is NaN or infinite; it calls the argument `name`.
    """
    try:
        exact = Fraction(value) * WAD
    except (ValueError, OverflowError) as error:
        raise InputError(name, value, "must be finite to become a WAD integer") from error
    if rounding == "down":
        return exact.numerator // exact.denominator
    if rounding == "up":
        return -(-exact.numerator // exact.denominator)
    return round(exact)


def from_wad(value: int) -> float:
    """Float nearest to a WAD integer."""
    return value / WAD


def years(seconds: float) -> float:
    """Years of 365 days, the unit of every annualised rate and volatility."""
    return seconds / SECONDS_PER_YEAR
