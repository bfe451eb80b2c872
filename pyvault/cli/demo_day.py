"""What `pyvault demo` says of the day that it let pass on the devnet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

from rich.table import Table

from pyvault.cli.output import table
from pyvault.cli.quotes import moved_table, time_of, why_table
from pyvault.demo.market_day import Day, Opening
from pyvault.sim import Order

__all__ = ["day_payload", "day_tables", "market_payload"]

HOURS_PER_ROW = 3
HOUR_S = 3_600
POSTER = "poster"


def day_payload(day: Day) -> dict[str, object]:
    """The day for programs."""
    posts = zip(day.posts, day.run.of("post"), strict=True)
    return {
        "rounds": len(day.run.of("publish")),
        "posts": [{"post": name, "accepted": each.accepted, "reason": each.reason} for name, each in posts],
        "settlements": {str(expiry): price for expiry, price in day.settlements.items()},
    }


def market_payload(day: Day) -> dict[str, object]:
    """What was traded, settled and conserved, for programs; residuals in base units, the rest in quote."""
    return {
        "opening": asdict(day.opening) if day.opening else None,
        "trades": len(day.run.of("trade", accepted=True)),
        "refused": dict(Counter(each.reason for each in day.run.of("trade", accepted=False))),
        "expiries_settled": len(day.run.of("book", accepted=True)),
        "conservation": day.residuals,
        "nav": day.nav,
    }


def day_tables(day: Day) -> Iterator[Table | str]:
    """The day for people: quotes and how they moved, the feed, posts, takers, settlement, conservation."""
    if day.opening:
        yield from _opening(day.opening)
    columns = ["from (UTC)", "price outside", "rounds", "last answer"]
    yield table("A day of the feed", columns, _feed_rows(day))
    rows = [
        (time_of(each.timestamp)[5:], name, "accepted" if each.accepted else each.reason)
        for name, each in zip(day.posts, day.run.of("post"), strict=True)
    ]
    yield table("Surface posts", ["at (UTC)", "what was posted", "outcome"], rows)
    yield table("Takers", ["who", "traded", "refused", "paid", "received"], _taker_rows(day))
    for reason, count in sorted(Counter(each.reason for each in day.run.of("trade", accepted=False)).items()):
        yield f"Refused {count} times: {reason}."
    yield from _settled(day)
    yield table(
        "Conservation", ["what must be 0", "base units"], [(k, str(v)) for k, v in day.residuals.items()]
    )
    yield f"Net assets of the vault when they were last marked: {day.nav:,.2f} quote."


def _opening(opening: Opening) -> Iterator[Table | str]:
    yield f"A first taker pays {opening.straddle:,.2f} for a package, a straddle of the nearest expiry."
    bought = f"{opening.quantity:g} calls at {opening.bought.strike:g}"
    yield f"Then he pays {opening.paid:,.2f} for {bought}."
    title = f"{time_of(opening.bought.expiry)} UTC, before and after he buys {bought}"
    yield moved_table(title, opening.before, opening.after)
    yield why_table(opening.reason)


def _taker_rows(day: Day) -> Iterator[tuple[str, str, str, str, str]]:
    trades = day.run.of("trade")
    for name in sorted({each.agent for each in trades}):
        done = [
            each.detail.total
            for each in trades
            if each.agent == name and each.accepted and isinstance(each.detail, Order)
        ]
        refused = sum(each.agent == name and not each.accepted for each in trades)
        paid, received = sum(x for x in done if x > 0.0), -sum(x for x in done if x < 0.0)
        yield name, str(len(done)), str(refused), f"{paid:,.2f}", f"{received:,.2f}"


def _settled(day: Day) -> Iterator[str]:
    for fixed, price in day.settlements.items():
        yield f"Expiry {time_of(fixed)} UTC fixed at {price:,.4f}: the average of the half hour before it."
    for entry in day.run.of("sweep"):
        if isinstance(entry.detail, tuple):
            expiry, accounts, paid = entry.detail
            yield f"Expiry {time_of(int(expiry))} UTC booked; {accounts} accounts swept, paid {paid:,.2f}."


def _feed_rows(day: Day) -> Iterator[tuple[str, str, str, str]]:
    """Rounds in every three hours of the day."""
    rounds = day.run.of("publish")
    begin = int(day.path.timestamp[0])
    for first in range(begin, day.run.timestamp, HOURS_PER_ROW * HOUR_S):
        inside = [each for each in rounds if first <= each.timestamp < first + HOURS_PER_ROW * HOUR_S]
        outside = float(day.path.price[(first - begin) // day.path.step_s])
        last = f"{inside[-1].detail[0]:,.2f}" if inside and isinstance(inside[-1].detail, tuple) else ""
        yield time_of(first), f"{outside:,.2f}", str(len(inside)), last
