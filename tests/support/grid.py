"""The 8,352 options on which error and gas are stated."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

WAD = 10**18
HOUR, DAY = 3_600, 86_400

FORWARD = 100 * WAD
STRIKES = tuple(round(FORWARD * 0.3 * 10 ** (i / 28)) for i in range(29))  # K/F from 0.3 to 3, even in ln K
VOLATILITIES = tuple(percent * WAD // 100 for percent in (5, 10, 20, 50, 80, 120, 200, 300))
TIMES = (HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 180 * DAY, 365 * DAY)
RATES = tuple(percent * WAD // 100 for percent in (-5, 0, 5, 20))


class Option(NamedTuple):
    """Arguments of `black76`, in the order of the contract; WAD and seconds."""

    forward: int
    strike: int
    implied_vol: int
    time_to_expiry_s: int
    rate: int


def options(strikes: tuple[int, ...] = STRIKES) -> Iterator[Option]:
    """Every option of the grid, or of its like with other strikes."""
    for strike, volatility, time, rate in product(strikes, VOLATILITIES, TIMES, RATES):
        yield Option(FORWARD, strike, volatility, time, rate)
