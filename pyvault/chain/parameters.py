"""The governed parameters, as ``contracts/libs/parameters.vy`` states them: a test compares every field.

``python -m pyvault.chain.parameters`` prints the table of ``docs/parameters.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation, localcontext
from enum import Enum, IntEnum, IntFlag

from pyvault.errors import InputError

__all__ = [
    "LANES",
    "LANE_BITS",
    "PARAMETERS",
    "WORDS",
    "Direction",
    "Kind",
    "OracleSlot",
    "Parameter",
    "Pause",
    "Reach",
    "Role",
    "Unit",
    "action_id",
    "markdown",
    "parameter",
    "start_words",
    "unpack",
]

WORDS = 16
LANES = 4  # parameters in a word
LANE_BITS = 64


class Unit(Enum):
    """What one unit of a stored value is, as ``(name, units in 1)``."""

    SECONDS = ("s", 1)
    PRICE = ("quote per underlying", 10**8)
    WAD = ("", 10**18)
    VOLATILITY = ("of volatility", 10**18)
    PER_YEAR = ("a year", 10**18)
    QUOTE = ("quote", 10**8)
    MICRO = ("", 10**6)


class Direction(IntFlag):
    """Which way a change loosens."""

    UP = 1
    DOWN = 2
    EITHER = 3


class Reach(IntEnum):
    """Whom a change reaches."""

    ALL = 0
    MARGIN = 1
    SERIES = 2
    EPOCH = 3


class Kind(IntEnum):
    """Kind of an action that waits."""

    VALUE = 0
    BOUNDS = 1
    ROLE = 2
    ORACLE = 3
    UNPAUSE = 4


class Role(IntEnum):
    """Roles that governance appoints."""

    OWNER = 0
    GUARDIAN = 1
    KEEPER = 2


class OracleSlot(IntEnum):
    """Oracles that governance may replace."""

    SPOT_ORACLE = 0
    VOL_SURFACE = 1


class Pause(IntFlag):
    """What a pause stops."""

    OPENING = 1
    DEPOSITS = 2
    HEDGING = 4
    POSTS = 8


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, in stored units: `lowest` and `highest` are the bounds in code."""

    id: int
    name: str
    unit: Unit
    lowest: int
    highest: int
    start: int
    loosens: Direction
    reaches: Reach
    meaning: str
    quantum: int = 0

    def raw(self, number: Decimal | int | str) -> int:
        """Stored value of `number`, given in the parameter's unit; exact, and within the bounds in code.

        Raises
        ------
        InputError
            If it is not a whole number of stored units, or outside the bounds.
        """
        with localcontext() as context:
            context.prec = 60  # 2^64 and 18 decimals fit with room to spare
            try:
                scaled = Decimal(number) * self.unit.value[1]
            except (InvalidOperation, TypeError, ValueError) as error:
                raise InputError(self.name, number, "must be a number") from error
        if scaled != scaled.to_integral_value():
            raise InputError(self.name, number, f"must be a multiple of 1/{self.unit.value[1]}")
        if not self.lowest <= scaled <= self.highest:
            low, high = self.number(self.lowest), self.number(self.highest)
            raise InputError(self.name, number, f"must be from {low:f} to {high:f}")
        return int(scaled)

    def number(self, raw: int) -> Decimal:
        """Number in the parameter's unit of a stored value, exactly."""
        with localcontext() as context:
            context.prec = 60
            return (Decimal(raw) / self.unit.value[1]).normalize() + 0


_S, _PRICE, _WAD, _VOL, _RATE, _QUOTE, _MICRO = Unit
_UP, _DOWN, _EITHER = Direction.UP, Direction.DOWN, Direction.EITHER
_ALL, _MARGIN, _SERIES, _EPOCH = Reach
_POINT = 10**16  # one hundredth
_BASIS_POINT = 10**14
_LARGEST = 2**LANE_BITS - 1

# fmt: off
_ROWS = (
    Parameter(0, "SPOT_MAX_AGE_S", _S, 60, 90_000, 3_900, _UP, _ALL, "oldest spot reading accepted"),
    Parameter(1, "SPOT_FLOOR", _PRICE, 1, _LARGEST - 1, 100 * 10**8, _DOWN, _ALL,
              "lowest spot reading accepted; below the cap", 1),
    Parameter(2, "SPOT_CAP", _PRICE, 2, _LARGEST, 100_000 * 10**8, _UP, _ALL,
              "highest spot reading accepted; above the floor", 1),
    Parameter(3, "SPOT_MAX_DEVIATION", _WAD, 10 * _BASIS_POINT, 20 * _POINT, 2 * _POINT, _UP, _ALL,
              "largest relative distance from the second source"),
    Parameter(4, "FIXING_MAX_GAP_S", _S, 60, 180_000, 7_200, _EITHER, _SERIES,
              "longest stretch of the fixing window that one round may cover"),
    Parameter(5, "SEQUENCER_GRACE_S", _S, 600, 86_400, 3_600, _DOWN, _ALL,
              "how long the sequencer must have been up"),
    Parameter(8, "SURFACE_MAX_AGE_S", _S, 60, 86_400, 900, _UP, _ALL,
              "oldest slice with which positions open"),
    Parameter(9, "SURFACE_MIN_VOL", _VOL, _POINT, 40 * _POINT, 5 * _POINT, _DOWN, _ALL,
              "least volatility on the check grid"),
    Parameter(10, "SURFACE_MAX_VOL", _VOL, 50 * _POINT, 1_800 * _POINT, 500 * _POINT, _UP, _ALL,
              "largest volatility on the check grid"),
    Parameter(11, "SURFACE_STEP", _VOL, 5 * _BASIS_POINT, 2 * _POINT, 50 * _BASIS_POINT, _UP, _ALL,
              "ε₀: largest change a post at 30 days"),
    Parameter(12, "SURFACE_RATE_PER_HOUR", _VOL, 2 * _POINT, 50 * _POINT, 5 * _POINT, _UP, _ALL,
              "total variation an hour"),
    Parameter(13, "FORWARD_STEP", _WAD, _BASIS_POINT, 20 * _BASIS_POINT, 5 * _BASIS_POINT, _UP, _ALL,
              "κ₀: largest change of ln F a post"),
    Parameter(14, "FORWARD_RATE_PER_HOUR", _WAD, 20 * _BASIS_POINT, _POINT, _POINT, _UP, _ALL,
              "total variation of ln F an hour"),
    Parameter(15, "MAX_CARRY", _RATE, _POINT, 50 * _POINT, 50 * _POINT, _UP, _ALL,
              "largest carry, either sign"),
    Parameter(16, "MAX_GAP", _VOL, 50 * _BASIS_POINT, 20 * _POINT, 5 * _POINT, _UP, _ALL,
              "gap beyond which an expiry only closes"),
    Parameter(17, "MIN_NOTIONAL", _QUOTE, 10**6, 10_000 * 10**8, 50 * 10**8, _DOWN, _ALL,
              "least notional of a trade that opens"),
    Parameter(18, "CLOSING_OUTFLOW_CAP", _WAD, 10 * _BASIS_POINT, 5 * _POINT, 50 * _BASIS_POINT, _UP, _ALL,
              "largest payments to closing trades an hour after a rejected reading, of equity"),
    Parameter(20, "RISK_AVERSION", _MICRO, 10**6, 100 * 10**6, 12 * 10**6, _DOWN, _ALL, "λ"),
    Parameter(21, "DELTA_HORIZON_S", _S, 600, 86_400, 5_400, _DOWN, _ALL,
              "h_Δ: for which the inventory charge counts the risk of delta"),
    Parameter(22, "GAMMA_HORIZON_S", _S, 1_800, 86_400, 21_600, _DOWN, _ALL, "h_Γ: the same, of gamma"),
    Parameter(23, "VEGA_HORIZON_S", _S, 3_600, 604_800, 86_400, _DOWN, _ALL, "h_ν: the same, of vega"),
    Parameter(24, "VOL_OF_VOL", _WAD, 10 * _POINT, 400 * _POINT, 100 * _POINT, _DOWN, _ALL,
              "ξ: relative volatility of volatility per √year"),
    Parameter(25, "EXPIRY_CORRELATION", _WAD, 25 * _POINT, 100 * _POINT, 85 * _POINT, _EITHER, _ALL,
              "ρ: between the volatilities of two expiries"),
    Parameter(26, "RISK_BUDGET", _WAD, 10 * _BASIS_POINT, 5 * _POINT, _POINT, _UP, _ALL,
              "R: one-day risk budget, of equity"),
    Parameter(27, "MIN_RISK_BUDGET", _QUOTE, 10**8, 100_000 * 10**8, 100 * 10**8, _EITHER, _ALL,
              "least R; below 100 of them of equity nothing opens"),
    Parameter(28, "FLOW_HALF_LIFE_S", _S, 300, 21_600, 1_800, _DOWN, _ALL,
              "half-life of the memory of vega sold"),
    Parameter(29, "FLOW_STANDARD_VEGA", _WAD, 10 * _BASIS_POINT, 10 * _POINT, _POINT, _UP, _ALL,
              "V_std: standard vega per point of volatility, of R"),
    Parameter(30, "FLOW_IMPACT", _VOL, 5 * _BASIS_POINT, 2 * _POINT, 50 * _BASIS_POINT, _DOWN, _ALL,
              "κ: what V_std sold adds to the quoted volatility"),
    Parameter(31, "REBATE", _WAD, 0, 99 * _POINT, 90 * _POINT, _UP, _ALL,
              "θ: largest rebate to counter-flow, of the rebatable spread", _POINT),
    Parameter(32, "TICK", _WAD, 10**11, _BASIS_POINT, 10**12, _DOWN, _ALL,
              "half-spread per contract, of spot"),
    Parameter(33, "MID_SPREAD", _WAD, _BASIS_POINT, 2 * _POINT, 10 * _BASIS_POINT, _DOWN, _ALL,
              "half-spread, of the mid"),
    Parameter(34, "UTILISATION_SPREAD", _WAD, 100 * _POINT, 1_600 * _POINT, 400 * _POINT, _DOWN, _ALL,
              "k_u: widening by the square of utilisation"),
    Parameter(35, "LATENCY_S", _S, 1, 600, 24, _DOWN, _ALL,
              "from the reading of a price to the execution of a trade", 1),
    Parameter(36, "FEED_THRESHOLD", _WAD, _BASIS_POINT, 2 * _POINT, 50 * _BASIS_POINT, _DOWN, _ALL,
              "move of spot below which the feed stays silent"),
    Parameter(37, "MAX_MULTIPLIER", _WAD, 100 * _POINT, 1_000 * _POINT, 500 * _POINT, _EITHER, _ALL,
              "largest factor of the keeper on the half-spread"),
    Parameter(38, "STRESS_SHARE", _WAD, 5 * _POINT, 50 * _POINT, 25 * _POINT, _UP, _ALL,
              "ω: largest loss in the worst scenario, of equity"),
    Parameter(39, "INTEREST_RATE", _RATE, 0, 20 * _POINT, 0, _EITHER, _SERIES,
              "r: discounts premiums", _POINT),
    Parameter(40, "VEGA_CAP", _WAD, _POINT, 100 * _POINT, 20 * _POINT, _UP, _ALL,
              "largest sum of scaled vegas, of equity"),
    Parameter(41, "GAMMA_CAP", _WAD, 100 * _POINT, 1_800 * _POINT, 1_000 * _POINT, _UP, _ALL,
              "largest dollar gamma, of equity"),
    Parameter(42, "DELTA_CAP", _WAD, 10 * _POINT, 400 * _POINT, 100 * _POINT, _UP, _ALL,
              "largest dollar delta, of equity"),
    Parameter(43, "SERIES_CAP", _WAD, 10 * _POINT, 400 * _POINT, 100 * _POINT, _UP, _ALL,
              "largest notional of the open interest of a series, of equity"),
    Parameter(44, "MAX_CACHE_MOVE", _WAD, 50 * _BASIS_POINT, 10 * _POINT, 3 * _POINT, _UP, _ALL,
              "largest move of spot since an expiry was revalued"),
    Parameter(45, "MAX_CACHE_AGE_S", _S, 300, 21_600, 3_600, _UP, _ALL, "longest time since then"),
    Parameter(46, "MIN_DELTA", _WAD, _POINT, 10 * _POINT, 3 * _POINT, _DOWN, _ALL,
              "least size of delta, and least distance from 1, of what opens"),
    Parameter(47, "CASH_BUFFER", _WAD, _POINT, 30 * _POINT, 5 * _POINT, _DOWN, _ALL,
              "free cash that trades and withdrawals leave, of equity"),
    Parameter(48, "INITIAL_MARGIN_FACTOR", _WAD, 105 * _POINT, 300 * _POINT, 125 * _POINT, _DOWN, _MARGIN,
              "initial over maintenance requirement"),
    Parameter(49, "SHORT_NOTIONAL_MARGIN", _WAD, 10 * _BASIS_POINT, 10 * _POINT, _POINT, _DOWN, _MARGIN,
              "requirement per notional of short options"),
    Parameter(50, "UNCOVERED_CALL_MARGIN", _WAD, 2 * _POINT, 50 * _POINT, 6 * _POINT, _DOWN, _MARGIN,
              "least requirement per net uncovered short call, of spot"),
    Parameter(52, "EPOCH_LENGTH_S", _S, 43_200, 604_800, 86_400, _EITHER, _EPOCH, "length of an epoch"),
    Parameter(53, "EPOCH_CUTOFF_S", _S, 600, 21_600, 3_600, _EITHER, _EPOCH,
              "end of requests before the end of the epoch"),
    Parameter(54, "JUNIOR_GAIN_SHARE", _WAD, 0, 30 * _POINT, 10 * _POINT, _EITHER, _EPOCH,
              "α: part of junior's gain that goes to senior", _POINT),
    Parameter(56, "TRADE_CUTOFF_S", _S, 3_600, 172_800, 43_200, _DOWN, _SERIES,
              "before expiry, from which on nothing opens"),
    Parameter(60, "INSURANCE_SHARE", _WAD, 0, 50 * _POINT, 10 * _POINT, _EITHER, _ALL,
              "part of the charges that goes to the insurance fund, until it has reached its target", _POINT),
    Parameter(61, "INSURANCE_TARGET", _WAD, _POINT, 20 * _POINT, 5 * _POINT, _EITHER, _ALL,
              "target of the insurance fund, of net assets"),
    Parameter(62, "PROTOCOL_SHARE", _WAD, 0, 20 * _POINT, 5 * _POINT, _UP, _ALL,
              "part of the charges that goes to the protocol", _POINT),
    Parameter(63, "REWARD_BUDGET", _QUOTE, 10**8, 100_000 * 10**8, 500 * 10**8, _UP, _ALL,
              "paid for upkeep calls a day"),
)
# fmt: on

_REACHES = {_ALL: "all", _MARGIN: "all, margin", _SERIES: "new series", _EPOCH: "new epochs"}

PARAMETERS: dict[str, Parameter] = {row.name: row for row in _ROWS}


def parameter(key: str | int) -> Parameter:
    """Parameter by name or id.

    Raises
    ------
    InputError
        If there is none.
    """
    found = next((row for row in _ROWS if key in (row.name, row.id)), None)
    if found is None:
        raise InputError("parameter", key, "must be the name or the id of a parameter")
    return found


def unpack(words: Sequence[int], first: int = 0) -> dict[str, int]:
    """Stored values by name from consecutive words, of which the first has index `first`."""
    return {
        row.name: (words[row.id // LANES - first] >> (LANE_BITS * (row.id % LANES))) & _LARGEST
        for row in _ROWS
        if first <= row.id // LANES < first + len(words)
    }


def start_words(first: int, count: int, **changes: int) -> tuple[int, ...]:
    """Words of the parameters' start values, as ``RiskParameters.words`` gives them before any change.

    `changes` replace start values, by name, in raw units; bounds are not asked, so that studies may go
    beyond what governance may set.
    """
    raw = {row.id: row.start for row in PARAMETERS.values()}
    raw |= {parameter(name).id: value for name, value in changes.items()}
    words = [0] * (first + count)
    for identity, value in raw.items():
        if identity // LANES < len(words):
            words[identity // LANES] |= value << LANE_BITS * (identity % LANES)
    return tuple(words[first:])


def action_id(kind: Kind, index: int = 0) -> int:
    """Id of an action that waits; `index` is a parameter's id, a `Role` or an `OracleSlot`."""
    return kind << 64 | index


def markdown() -> str:
    """Table of all parameters."""
    lines = [
        "| id | parameter | meaning | lowest | start | highest | loosens | reaches |",
        "|---:|---|---|---:|---:|---:|---|---|",
    ]
    for row in _ROWS:
        low, start, high = (f"{row.number(raw):,f}" for raw in (row.lowest, row.start, row.highest))
        unit = f" ({row.unit.value[0]})" if row.unit.value[0] else ""
        direction = "either way" if row.loosens == _EITHER else str(row.loosens.name).lower()
        meaning = f"{row.meaning}{unit}"
        cells = (str(row.id), f"`{row.name}`", meaning, low, start, high, direction, _REACHES[row.reaches])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
