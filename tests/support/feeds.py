"""Random feeds around a window: phases, holes, dead stretches, fast rounds, boundaries, bad rounds."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from reference.fixing import FOLLOW_S, WINDOW_S, FeedRound
from support.oracle import DAY, EXPIRY, START, WAD, Rules

PACES = (5, 60, 300, 1_200, 3_600)  # seconds between rounds
MARKS = (
    START - 1,
    START,
    START + 1,
    EXPIRY - 1,
    EXPIRY,
    EXPIRY + 1,
    EXPIRY + FOLLOW_S,
    EXPIRY + FOLLOW_S + 1,
)
RULES = Rules(max_gap=1_500)


class Published(NamedTuple):
    """A round, and when it appears on the feed."""

    at: int
    round: FeedRound


def draw_feed(random: Random) -> list[Published]:
    """A feed in the order of its ids; each phase begins after the one before began, and may outlive it."""
    is_plain = random.random() < 0.1  # a feed without phases: ids count from 1
    phases = 1 if is_plain else random.choice((1, 1, 2, 2, 3, 4))
    earliest = START - random.choice((0, 60, 1_000, 5_000))
    begins = sorted(random.randint(earliest, EXPIRY + 2_000) for _ in range(phases))
    begins[0] = earliest
    if random.random() < 0.3:
        begins = sorted((*begins[:-1], random.choice(MARKS)))
    feed = []
    for index, begin in enumerate(begins):
        outlives = random.choice((0, 0, 40, 4_000))
        end = (
            begins[index + 1] + outlives
            if index + 1 < phases
            else EXPIRY + random.choice((0, 50, 9_000, DAY))
        )
        feed += draw_phase(random, 0 if is_plain else index + 1, begin, end)
    return feed or draw_feed(random)


def draw_phase(random: Random, phase: int, begin: int, end: int) -> list[Published]:
    """Rounds of one phase, in time."""
    found, number, now = [], 0, begin
    pace = random.choice(PACES)
    price = random.randint(500, 5_000) * WAD
    while now <= end and len(found) < 700:
        number += 1
        is_set = [item.round.updated_at > 0 for item in found[-2:]]
        if random.random() < 0.03 and is_set == [True, True]:
            number += random.randint(1, 12)  # ids that were never used
        price = max(1, price // 10**10 * random.randint(970, 1_030) // 1_000) * 10**10
        drawn = draw_round(random, phase, number, price, now)
        is_repeated = drawn.updated_at == 0 and is_set[-1:] == [False]
        found.append(Published(now, drawn._replace(updated_at=now) if is_repeated else drawn))
        if random.random() < 0.02:
            pace = random.choice(PACES)
        mark = random.choice(MARKS)
        now = mark if random.random() < 0.1 and mark > now else now + random.choice((0, pace, pace, pace))
    return found


def draw_round(random: Random, phase: int, number: int, price: int, now: int) -> FeedRound:
    """A good round most of the time."""
    kind = random.random()
    if kind < 0.05:
        return FeedRound(phase, number, random.choice((0, -price, -(10**10))), now)
    if kind < 0.10:
        outside = (RULES.floor - 10**10, RULES.floor, RULES.cap, RULES.cap + 10**10, 2**200 * 10**10)
        return FeedRound(phase, number, random.choice(outside), now)
    if kind < 0.13:
        return FeedRound(phase, number, price, 0)
    if kind < 0.16:
        return FeedRound(phase, number, price, now, is_complete=False)
    return FeedRound(phase, number, price, now)


def steady(
    price: int = 3_000 * WAD, every: int = 60, begin: int = START - 60, end: int = EXPIRY + 60, phase: int = 1
) -> list[FeedRound]:
    """Rounds at an even pace whose prices rise by one each."""
    return [
        FeedRound(phase, i + 1, price + i * WAD, now) for i, now in enumerate(range(begin, end + 1, every))
    ]


assert WINDOW_S == EXPIRY - START
