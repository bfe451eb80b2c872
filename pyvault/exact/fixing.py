"""Settlement prices from the rounds of a feed; the twin of ``contracts/libs/walking.vy``.

The rule, the names and the rounding are explained there. ``walk`` is a walk in a single call over all that a
feed has published; ``later`` is the twin of ``contracts/libs/phases.vy`` and ``price`` that of
``contracts/libs/feed.vy``. Prices are WAD, times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from pyvault.errors import ContractError

__all__ = ["WINDOW_S", "Rule", "SetRound", "elapsed_average", "find_first_round", "later", "price", "walk"]

WINDOW_S = 1_800
FOLLOW_S = 6 * 3_600
PHASE_BITS = 64
MAX_HOLE = 16
MAX_PHASES = 32
NEVER = 2**256 - 1


class SetRound(NamedTuple):
    """One round as its feed answers, in the feed's decimals."""

    answer: int
    updated_at: int
    is_complete: bool = True


UNSET = SetRound(0, 0, is_complete=False)


class Rule(NamedTuple):
    """What the parameters and the feed's decimals say about a fixing."""

    scale: int  # 10^(18 - decimals)
    lowest: int
    highest: int
    max_gap: int
    last_phase: int = 0  # that the last reading before expiry saw; 0: every phase counts


def price(found: SetRound, rule: Rule) -> int:
    """Price of a round, 0 if its answer lies outside the bounds."""
    if found.answer <= 0 or found.answer > rule.highest // rule.scale:
        return 0
    scaled = found.answer * rule.scale
    return scaled if scaled >= rule.lowest else 0


def later(rounds: Mapping[int, SetRound], round_id: int, latest: int) -> tuple[int, int]:
    """Of the phases after that of a round, the one that begins first: the id before its begin, and the time.

    Raises
    ------
    ContractError
        If there are too many phases, or the latest shows no round among its first ids.
    """
    before, begins_at = 0, NEVER
    phase, latest_phase = round_id >> PHASE_BITS, latest >> PHASE_BITS
    if phase >= latest_phase:
        return before, begins_at
    if latest_phase - phase > MAX_PHASES:
        raise ContractError("oracle: too many phases")
    has_begun = False
    for candidate in range(phase + 1, latest_phase + 1):
        ids = range((candidate << PHASE_BITS) + 1, (candidate << PHASE_BITS) + 1 + MAX_HOLE)
        first = next((i for i in ids if rounds.get(i, UNSET).updated_at), 0)
        has_begun = first != 0 or ids[-1] > latest
        if first and rounds[first].updated_at <= begins_at:
            before, begins_at = first - 1, rounds[first].updated_at
    if not has_begun:
        raise ContractError("oracle: no begin of latest phase")
    return before, begins_at


def walk(
    rounds: Mapping[int, SetRound], latest: int, first_round: int, expiry: int, now: int, rule: Rule
) -> int | None:
    """Settlement price by a walk from `first_round`, rounded down.

    Parameters
    ----------
    rounds
        Every round of the feed, by its id; what is absent cannot be read.
    latest
        Id of the feed's latest round.
    first_round
        The round in force at the window's start, 0 if there is none.
    expiry, now
        Seconds; `now`, after the expiry, is when the contract is asked.
    rule
        Bounds, largest gap, decimals and the last phase that counts.

    Returns
    -------
    int or None
        The price; None if the source fails for good.

    Raises
    ------
    ContractError
        With the contract's own reason; "oracle: no round follows yet" also where the contract would store a
        cursor and wait.
    """
    end, _, _, total = _advance(rounds, latest, first_round, expiry, NEVER, rule)
    if end is _End.FIXED:
        return total // WINDOW_S
    if end is _End.FAILED or now > expiry + FOLLOW_S:
        return None
    raise ContractError("oracle: no round follows yet")


def elapsed_average(
    rounds: Mapping[int, SetRound], latest: int, first_round: int, expiry: int, now: int, rule: Rule
) -> tuple[int, int, bool]:
    """Mean over the seconds of the window that have passed, those seconds, and whether it is known.

    Twin of ``contracts/libs/state/elapsed.vy`` while the expiry is not fixed, its first round named by a walk
    inside the window and its cursor close to the end. Parameters as in `walk`; `now` may be any time.
    """
    start = expiry - WINDOW_S
    seconds = min(max(now - start, 0), WINDOW_S)
    if seconds == 0:
        return 0, 0, True
    horizon = NEVER if now > expiry else min(now, expiry - 1)
    end, in_force, updated_at, total = _advance(rounds, latest, first_round, expiry, horizon, rule)
    until = start + seconds
    if end is _End.FAILED or (end is _End.REACHED and until - updated_at > rule.max_gap):
        return 0, seconds, False
    if end is _End.REACHED:
        total += in_force * (until - max(updated_at, start))
    return total // seconds, seconds, True


class _End(Enum):
    """How a walk ends."""

    REACHED = auto()  # the end of what the feed has published
    FIXED = auto()
    FAILED = auto()


def _advance(
    rounds: Mapping[int, SetRound], published: int, first_round: int, expiry: int, horizon: int, rule: Rule
) -> tuple[_End, int, int, int]:
    """The walk: how it ends, the price in force there and since when, and price times seconds before that."""
    start = expiry - WINDOW_S
    latest = min(published, (rule.last_phase + 1 << PHASE_BITS) - 1) if rule.last_phase else published
    in_force, updated_at = _begin(rounds, latest, first_round, start, rule)
    before, phase_end = later(rounds, first_round, latest)
    total, scanned, last_set = 0, first_round, first_round
    while True:
        found = rounds.get(scanned + 1, UNSET)
        is_unset = found.updated_at == 0
        is_earlier = scanned + 1 >> PHASE_BITS < published >> PHASE_BITS
        is_over = found.updated_at >= phase_end or (is_unset and scanned + 1 - last_set >= MAX_HOLE)
        if scanned + 1 > latest or (is_earlier and is_over):
            if phase_end == NEVER:
                return _End.REACHED, in_force, updated_at, total
            scanned = last_set = before
            before, phase_end = later(rounds, before, latest)
            continue
        if (is_unset and scanned + 1 == published) or found.updated_at > horizon:
            return _End.REACHED, in_force, updated_at, total
        scanned += 1
        last_set = last_set if is_unset else scanned
        following = price(found, rule) if found.is_complete and not is_unset else 0
        if not following or found.updated_at < updated_at:
            continue
        if found.updated_at <= start:
            raise ContractError("oracle: a later round begins it")
        covered_until = min(found.updated_at, expiry)
        if covered_until - updated_at > rule.max_gap or found.updated_at > expiry + FOLLOW_S:
            return _End.FAILED, in_force, updated_at, total
        total += in_force * (covered_until - max(updated_at, start))
        if found.updated_at >= expiry:
            return _End.FIXED, in_force, updated_at, total
        in_force, updated_at = following, found.updated_at


def find_first_round(rounds: Mapping[int, SetRound], latest: int, expiry: int, rule: Rule) -> int:
    """Id that a walk must begin with: the last valid round at or before the window's start, 0 if none is.

    It has no twin: the contract only checks the caller's word.
    """
    ends_at = NEVER
    last = min(latest >> PHASE_BITS, rule.last_phase or NEVER)
    for phase in range(last, -1, -1):
        ids = sorted(i for i in rounds if i >> PHASE_BITS == phase and i <= latest and rounds[i].updated_at)
        for round_id in reversed(ids):
            item = rounds[round_id]
            is_valid = item.is_complete and price(item, rule) > 0
            if is_valid and item.updated_at <= expiry - WINDOW_S and item.updated_at < ends_at:
                return round_id
        if ids:
            ends_at = min(ends_at, rounds[ids[0]].updated_at)
    return 0


def _begin(
    rounds: Mapping[int, SetRound], latest: int, first_round: int, start: int, rule: Rule
) -> tuple[int, int]:
    """Price and time of the round that the caller names, checked; zeros for none."""
    if first_round > latest:
        raise ContractError("oracle: round not published")
    _, phase_end = later(rounds, first_round, latest)
    if first_round == 0:
        return 0, 0
    found = rounds.get(first_round, UNSET)
    in_force = price(found, rule)
    if not (in_force and found.updated_at and found.is_complete):
        raise ContractError("oracle: not a valid round")
    if found.updated_at > start:
        raise ContractError("oracle: round after the start")
    if found.updated_at >= phase_end:
        raise ContractError("oracle: round after its phase")
    return in_force, found.updated_at
