"""Arguments that several commands share."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from pyvault.errors import InputError
from pyvault.market.chain import PriceUnit
from pyvault.units import SECONDS_PER_YEAR

__all__ = ["Days", "Forward", "Rate", "Strikes", "Unit", "Vol", "seconds", "years_of"]

SECONDS_PER_DAY = 86_400

Forward = Annotated[float, typer.Option("--forward", "-F", help="Forward price of the underlying, in quote.")]
Strikes = Annotated[list[float], typer.Option("--strike", "-K", help="Strike, in quote; may be repeated.")]
Vol = Annotated[float, typer.Option("--vol", "-v", help="Implied volatility per year: 0.8 is 80 %.")]
Days = Annotated[float, typer.Option("--days", "-T", help="Days to expiry.")]
Unit = Annotated[PriceUnit, typer.Option("--price-unit", help="Unit of the file's price columns.")]
Rate = Annotated[float, typer.Option("--rate", "-r", help="Interest rate per year, continuously compounded.")]


def seconds(days: float) -> int:
    """Whole seconds to expiry, the contract's unit of time, rounded to nearest."""
    if not 0.0 <= days < math.inf:
        raise InputError("days", days, "must be zero or positive, and finite")
    return round(days * SECONDS_PER_DAY)


def years_of(days: float) -> float:
    """Years to expiry on the same whole seconds, so that both worlds value the same option."""
    return seconds(days) / SECONDS_PER_YEAR
