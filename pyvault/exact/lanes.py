"""Parameters as the pricer receives them; the twin of ``contracts/libs/lanes.vy``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["FIRST_WORD", "IDS", "WORDS", "Parameters", "read"]

FIRST_WORD, WORDS = 2, 10
LANES, BITS = 4, 64


class Parameters(NamedTuple):
    """What a quote needs of words 2 to 11, each in the unit that ``contracts/libs/parameters.vy`` states."""

    vol_step: int
    forward_step: int
    risk_aversion: int
    delta_horizon_s: int
    gamma_horizon_s: int
    vega_horizon_s: int
    vol_of_vol: int
    expiry_correlation: int
    flow_half_life_s: int
    flow_standard_vega: int
    flow_impact: int
    rebate: int
    tick: int
    mid_spread: int
    utilisation_spread: int
    latency_s: int
    feed_threshold: int


# The parameter of each field; a test compares them with the governed table.
IDS = Parameters(11, 13, 20, 21, 22, 23, 24, 25, 28, 29, 30, 31, 32, 33, 34, 35, 36)


def read(words: Sequence[int]) -> Parameters:
    """Parameters from the words of ``RiskParameters.words(2, 10)``."""
    mask = (1 << BITS) - 1
    return Parameters(*(words[i // LANES - FIRST_WORD] >> BITS * (i % LANES) & mask for i in IDS))
