"""``pyvault greeks``: price and eight Greeks in floating point."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from pyvault.cli.options import Days, Forward, Rate, Strikes, Vol, years_of
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.cli.warm import ensure_warm
from pyvault.errors import InputError
from pyvault.pricing.black76 import full_greeks

__all__ = ["greeks"]

STRIKES_PER_TABLE = 4
UNITS = {
    "price": "quote",
    "delta": "per forward",
    "gamma": "per forward²",
    "vega": "per 1.00 of vol",
    "theta": "per year",
    "rho": "per 1.00 of rate",
    "vanna": "per forward, vol",
    "volga": "per vol²",
    "charm": "per forward, year",
}

Put = Annotated[bool, typer.Option("--put", help="Value puts instead of calls.")]


def greeks(
    *,
    forward: Forward,
    strike: Strikes,
    vol: Vol,
    days: Days,
    rate: Rate = 0.0,
    put: Put = False,
    as_json: JsonFlag = False,
) -> None:
    """Price and Greeks of Black-76, in double precision.

    Example: pyvault greeks -F 3000 -K 3000 -v 0.8 -T 30
    """
    ensure_warm("eight greeks", quiet=as_json)
    time_to_expiry = years_of(days)
    outputs = full_greeks(
        forward=forward,
        strike=strike,
        implied_vol=vol,
        time_to_expiry=time_to_expiry,
        discount_factor=_discount_factor(rate, time_to_expiry),
        is_call=not put,
    )
    columns = {name: [float(item) for item in values] for name, values in outputs._asdict().items()}
    kind = "put" if put else "call"
    if as_json:
        print_json(
            {
                "kind": kind,
                "forward": forward,
                "vol": vol,
                "days": days,
                "rate": rate,
                "strike": strike,
                **columns,
            }
        )
        return
    title = f"Black-76 {kind}s: forward {forward:g}, volatility {vol:.1%}, {days:g} days"
    for first in range(0, len(strike), STRIKES_PER_TABLE):
        part = slice(first, first + STRIKES_PER_TABLE)
        rows = [[name, UNITS[name], *(f"{x:,.6g}" for x in values[part])] for name, values in columns.items()]
        console.print(table(title, ["strike", "unit", *(f"{k:g}" for k in strike[part])], rows))


def _discount_factor(rate: float, years: float) -> float:
    try:
        return math.exp(-rate * years)
    except OverflowError as error:
        raise InputError("rate", rate, "must give a finite discount factor exp(-rate · years)") from error
