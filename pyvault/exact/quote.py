"""What the pricer takes and gives for a trade: the structs of ``contracts/interfaces/IOptionPricer.vyi``.

Integers throughout, in the units that stand beside the fields there: WAD (10^18 = 1) unless a name says
seconds.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "Book",
    "BookRisk",
    "Conditions",
    "Curve",
    "Evaluation",
    "Leg",
    "LegValue",
    "Others",
    "Revaluation",
]


class Curve(NamedTuple):
    """SVI slice and carry of an expiry."""

    a: int
    b: int
    rho: int
    m: int
    sigma: int
    carry: int


class Conditions(NamedTuple):
    """What is the same for every expiry of a market state."""

    spot: int
    spot_low: int
    spot_high: int
    reading_age_s: int
    reference_vol: int
    risk_budget: int
    utilisation: int
    multiplier: int
    has_rebate: bool
    words: tuple[int, ...]


class Book(NamedTuple):
    """The vault's positions in one expiry, and what they are valued by."""

    time_s: int
    surface_age_s: int
    gap: int
    curve: Curve
    flow: int
    flow_age_s: int
    flow_atm_vol: int
    mean_vol: int
    fixed_part: int
    floating: int
    rate: int
    positions: tuple[int, ...]


class Others(NamedTuple):
    """Exposures of everything but the books of a trade."""

    dollar_delta: int
    dollar_gamma: int
    vega: int
    vega_square: int


class Leg(NamedTuple):
    """A quantity of one series; positive: the taker buys."""

    book: int
    strike: int
    is_call: bool
    quantity: int


class BookRisk(NamedTuple):
    """Value and exposures of the vault's positions in one expiry."""

    value: int
    dollar_delta: int
    dollar_gamma: int
    vega: int
    scaled_vega: int
    flow: int
    atm_vol: int


class LegValue(NamedTuple):
    """A leg's series per contract."""

    mid: int
    probability: int
    intrinsic: int


class Evaluation(NamedTuple):
    """Everything that a trade needs."""

    mid: int
    charge: int
    inventory_charge: int
    half_spread: int
    rebatable: int
    total: int
    psi_before: int
    psi_after: int
    books: tuple[BookRisk, ...]
    losses: tuple[tuple[int, ...], ...]
    legs: tuple[LegValue, ...]


class Revaluation(NamedTuple):
    """Everything that a refresh needs."""

    risk: BookRisk
    exit_cost: int
    losses: tuple[int, ...]
