"""What `pyvault demo` says of the day that it let pass on the devnet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.table import Table

from pyvault.cli.output import table
from pyvault.demo.market_day import Day

__all__ = ["day_payload", "day_tables"]

HOURS_PER_ROW = 3
HOUR_S = 3_600


def day_payload(day: Day) -> dict[str, object]:
    """The day for programs."""
    posts = zip(day.posts, day.run.of("post"), strict=True)
    return {
        "rounds": len(day.run.of("publish")),
        "posts": [{"post": name, "accepted": each.accepted, "reason": each.reason} for name, each in posts],
        "settlements": {str(expiry): price for expiry, price in day.settlements.items()},
        "intents": len(day.run.of("intend")),
    }


def day_tables(day: Day) -> Iterator[Table | str]:
    """The day for people: the feed, the surface posts with their outcome, the fixing."""
    columns = ["from (UTC)", "price outside", "rounds", "last answer"]
    yield table("A day of the feed", columns, _feed_rows(day))
    rows = [
        (_time(each.timestamp)[5:], name, "accepted" if each.accepted else each.reason)
        for name, each in zip(day.posts, day.run.of("post"), strict=True)
    ]
    yield table("Surface posts", ["at (UTC)", "what was posted", "outcome"], rows)
    for expiry, price in day.settlements.items():
        yield f"Expiry {_time(expiry)} UTC fixed at {price:,.4f}: the average of the half hour before it."
    intents = len(day.run.of("intend"))
    yield f"{intents} orders of takers valued by the posted surface; there is no market yet to fill them."


def _feed_rows(day: Day) -> Iterator[tuple[str, str, str, str]]:
    """Rounds in every three hours of the day."""
    rounds = day.run.of("publish")
    begin = int(day.path.timestamp[0])
    for first in range(begin, day.run.timestamp, HOURS_PER_ROW * HOUR_S):
        inside = [each for each in rounds if first <= each.timestamp < first + HOURS_PER_ROW * HOUR_S]
        outside = float(day.path.price[(first - begin) // day.path.step_s])
        last = f"{inside[-1].detail[0]:,.2f}" if inside and isinstance(inside[-1].detail, tuple) else ""
        yield _time(first), f"{outside:,.2f}", str(len(inside)), last


def _time(timestamp: int) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M")
