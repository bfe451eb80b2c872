"""Settlement prices by brute force: every second of the window asks which round was in force.

Independent of the contract's walk: no cursor, no intervals, the whole history at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

WINDOW_S = 1_800
FOLLOW_S = 6 * 3_600


class FeedRound(NamedTuple):
    """One round of a feed, as it answers; the price is its answer in WAD."""

    phase: int
    number: int
    price: int
    updated_at: int
    is_complete: bool = True

    @property
    def round_id(self) -> int:
        return (self.phase << 64) + self.number


def rounds_that_count(history: Iterable[FeedRound], floor: int, cap: int) -> list[FeedRound]:
    """Valid rounds in the order of their ids, each phase cut where any later one begins."""
    every = sorted(history, key=lambda item: item.round_id)
    begins: dict[int, int] = {}
    for item in every:
        if item.updated_at > 0:
            begins.setdefault(item.phase, item.updated_at)
    counted = []
    for item in every:
        ends_at = min((time for phase, time in begins.items() if phase > item.phase), default=2**256)
        if (
            0 < item.updated_at < ends_at
            and item.is_complete
            and item.price > 0
            and floor <= item.price <= cap
        ):
            counted.append(item)
    return counted


def first_round(history: Iterable[FeedRound], expiry: int, floor: int, cap: int) -> int:
    """Id of the last valid round at or before the window's start; 0 if there is none."""
    before = [item for item in rounds_that_count(history, floor, cap) if item.updated_at <= expiry - WINDOW_S]
    return before[-1].round_id if before else 0


def settlement_price(
    history: Iterable[FeedRound], expiry: int, floor: int, cap: int, max_gap: int
) -> int | None:
    """Mean of the price in force over the window's seconds, rounded down; None if the source fails."""
    counted = rounds_that_count(history, floor, cap)
    if not any(expiry <= item.updated_at <= expiry + FOLLOW_S for item in counted):
        return None
    total, times = 0, [item.updated_at for item in counted]
    for second in range(expiry - WINDOW_S, expiry):
        index = bisect_right(times, second) - 1
        if index < 0 or second + 1 - times[index] > max_gap:
            return None
        total += counted[index].price
    return total // WINDOW_S


def elapsed_mean(
    history: Iterable[FeedRound], expiry: int, now: int, floor: int, cap: int, max_gap: int
) -> int | None:
    """Mean of the price in force over the window's seconds before now, rounded down; None if one has none."""
    counted = rounds_that_count(history, floor, cap)
    total, times = 0, [item.updated_at for item in counted]
    start, until = expiry - WINDOW_S, min(now, expiry)
    for second in range(start, until):
        index = bisect_right(times, second) - 1
        if index < 0 or second + 1 - times[index] > max_gap:
            return None
        total += counted[index].price
    return total // (until - start)
