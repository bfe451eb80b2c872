"""Find the round of a feed that was in force at a moment, as whoever fixes an expiry must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["round_at"]

PHASE_BITS = 64
_HOLE = 16  # unset rounds in a row that end a phase
_INDEX = 2**PHASE_BITS - 1

ReadRound = Callable[[int], tuple[int, int, int, int, int]]


def round_at(
    read: ReadRound,
    latest: int,
    time: int,
    is_valid: Callable[[Any], bool] = lambda _: True,
    *,
    last_phase: int = 0,
) -> int:
    """Id of the last valid round at or before `time`; 0 if there is none.

    Parameters
    ----------
    read
        Round by id: id, answer, start, time of the answer (0: unset), round of the answer.
    latest
        Id of the feed's latest round, ``phase << 64 | round``.
    time
        Unix seconds.
    is_valid
        Whether the walk counts a round.
    last_phase
        Later phases do not count; 0: all do.

    Notes
    -----
    Phases are tried from the latest backwards. Inside one, times ascend but for what a broken feed wrote, so
    bisection finds the place and a few steps back the valid round.
    """
    newest = latest >> PHASE_BITS
    for phase in range(min(newest, last_phase or newest), 0, -1):
        base = phase << PHASE_BITS
        last = latest & _INDEX if phase == latest >> PHASE_BITS else _length(read, base)
        low, high = 0, last  # no round up to `low` is after `time`, all beyond `high` are
        while low < high:
            middle = (low + high + 1) // 2
            known = next((i for i in range(middle, low, -1) if read(base + i)[3]), 0)
            is_after = known > 0 and read(base + known)[3] > time
            low, high = (low, known - 1) if is_after else (middle, high)
        for index in range(low, 0, -1):
            found = read(base + index)
            if 0 < found[3] <= time and is_valid(found):
                return base + index
    return 0


def _length(read: ReadRound, base: int) -> int:
    """Rounds of a phase that is over: up to the first long hole."""
    index, unset = 0, 0
    while unset < _HOLE:
        unset = unset + 1 if read(base + index + unset + 1)[3] == 0 else 0
        index = index if unset else index + 1
    return index
