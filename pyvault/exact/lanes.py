"""Parameters as the pricer receives them; the twin of ``contracts/libs/lanes.vy``.

The ids are those of ``contracts/libs/parameters.vy`` and of `pyvault.chain.parameters`, as a test compares; only
what a quote reads stands here.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "DELTA_HORIZON_S",
    "EXPIRY_CORRELATION",
    "FEED_THRESHOLD",
    "FIRST_WORD",
    "FLOW_HALF_LIFE_S",
    "FLOW_IMPACT",
    "FLOW_STANDARD_VEGA",
    "FORWARD_STEP",
    "GAMMA_HORIZON_S",
    "INTEREST_RATE",
    "LATENCY_S",
    "MID_SPREAD",
    "REBATE",
    "RISK_AVERSION",
    "SURFACE_STEP",
    "TICK",
    "UTILISATION_SPREAD",
    "VEGA_HORIZON_S",
    "VOL_OF_VOL",
    "WORDS",
    "lane",
]

FIRST_WORD, WORDS = 2, 10
LANES, LANE_BITS = 4, 64

SURFACE_STEP, FORWARD_STEP = 11, 13
RISK_AVERSION, DELTA_HORIZON_S, GAMMA_HORIZON_S, VEGA_HORIZON_S = 20, 21, 22, 23
VOL_OF_VOL, EXPIRY_CORRELATION = 24, 25
FLOW_HALF_LIFE_S, FLOW_STANDARD_VEGA, FLOW_IMPACT, REBATE = 28, 29, 30, 31
TICK, MID_SPREAD, UTILISATION_SPREAD, LATENCY_S, FEED_THRESHOLD = 32, 33, 34, 35, 36
INTEREST_RATE = 39


def lane(words: Sequence[int], parameter_id: int) -> int:
    """Value of a parameter of words 2 to 11, in its own unit."""
    return words[parameter_id // LANES - FIRST_WORD] >> LANE_BITS * (parameter_id % LANES) & (
        (1 << LANE_BITS) - 1
    )
