"""Quotes of a market as tables: both sides of its series, and one quote taken apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from pyvault.chain.quotes import TwoSided, Why
from pyvault.cli.output import table

__all__ = ["moved_table", "quotes_table", "refusal_of", "time_of", "why_table"]


def quotes_table(title: str, rows: Sequence[TwoSided]) -> Table:
    """Bid, mid, ask and volatility of each series of one expiry."""
    columns = ["series", "vol", "bid", "mid", "ask"]
    return table(title, columns, [_sides(row) for row in rows], _DASH if _has_one_side(rows) else "")


def moved_table(title: str, before: Sequence[TwoSided], after: Sequence[TwoSided]) -> Table:
    """Quotes of the same series of one expiry at two moments."""
    rows = [
        [*_sides(old), _number(new.bid), _number(new.ask)] for old, new in zip(before, after, strict=True)
    ]
    columns = ["series", "vol", "bid", "mid", "ask", "bid then", "ask then"]
    return table(title, columns, rows, _DASH if _has_one_side([*before, *after]) else "")


def why_table(found: Why) -> Table:
    """One quote: mid, inventory charge, half-spread part by part, total, and who refuses it."""
    size = abs(found.quantity)
    verb = "pays" if found.quantity > 0 else "receives"
    parts = [(f"  {name}", _number(part, 4)) for name, part in found.parts.items()]
    rows = [
        ("mid × quantity", _number(found.mid * found.quantity, 4)),
        ("inventory charge I*", _number(found.inventory_charge, 4)),
        ("half-spread H", _number(found.half_spread, 4)),
        *parts,
        (f"the taker {verb}", _number(abs(found.total), 6)),
        ("  per contract", _number(abs(found.total) / size, 6)),
    ]
    deal = f"{'Buy' if found.quantity > 0 else 'Sell'} {size:g} of {time_of(found.expiry)[:10]}"
    title = f"{deal} {_name(found.strike, is_call=found.is_call)}, volatility {_percent(found.implied_vol)}"
    caption = (
        f"Counter-flow gets back at most a share of H_c = {_number(found.rebatable, 4)}. "
        f"Admission: {refusal_of(found)}."
    )
    return table(title, ["in quote", ""], rows, caption)


def refusal_of(found: Why) -> str:
    """Who refuses, in words, and by how much where that is a number."""
    if found.passes or not math.isfinite(found.excess) or found.excess == 0.0:
        return found.rule
    digits = 0 if found.excess_unit == "s" else 4
    return f"{found.rule}, by {found.excess:,.{digits}f} {found.excess_unit}".rstrip()


def time_of(timestamp: int) -> str:
    """A moment in UTC, to the minute."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M")


_DASH = "–: the market refuses that side."


def _has_one_side(rows: Sequence[TwoSided]) -> bool:
    return any(math.isnan(price) for row in rows for price in (row.bid, row.ask))


def _sides(row: TwoSided) -> list[str]:
    prices = (_number(price) for price in (row.bid, row.mid, row.ask))
    return [_name(row.strike, is_call=row.is_call), _percent(row.implied_vol), *prices]


def _name(strike: float, *, is_call: bool) -> str:
    return f"{strike:g} {'call' if is_call else 'put'}"


def _number(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2%}"
