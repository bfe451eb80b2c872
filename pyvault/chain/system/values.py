"""What `System` takes and returns beside the contracts' own structs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, IntFlag

from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import DEPLOYER
from pyvault.errors import InputError
from pyvault.pricing.surface import SurfaceSlice
from pyvault.units import to_wad, years

__all__ = [
    "GUARDIAN",
    "KEEPER",
    "LP_OWNER",
    "OWNER",
    "FixingSource",
    "Round",
    "Selector",
    "SlicePost",
    "SpotStatus",
    "SurfaceStatus",
    "SystemConfig",
    "feed_answer",
]

OWNER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"  # Anvil's second to fifth accounts
GUARDIAN = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
KEEPER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
LP_OWNER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"


class SpotStatus(IntFlag):
    """Outcome of a reading: the first rule that it breaks."""

    ACCEPTED = 1
    SEQUENCER_UNREADABLE = 2
    SEQUENCER_DOWN = 4
    UNREADABLE = 8
    DECIMALS_CHANGED = 16
    NOT_POSITIVE = 32
    INCOMPLETE = 64
    TIME_UNSET = 128
    TIME_IN_FUTURE = 256
    STALE = 512
    OUT_OF_BOUNDS = 1_024
    SECOND_REJECTED = 2_048
    DEVIATION = 4_096


class FixingSource(IntFlag):
    """Where a settlement price comes from."""

    PRIMARY = 1
    SECOND = 2
    GOVERNANCE = 4


class SurfaceStatus(IntEnum):
    """What the slice of an expiry is good for."""

    ABSENT = 0
    CLOSING_ONLY = 1
    OPEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemConfig:
    """How the suite stands up.

    Parameters
    ----------
    spot
        First answer of every feed, quote per underlying; None leaves the feeds without a round.
    quote_decimals, underlying_decimals, feed_decimals
        Of the tokens and the feeds.
    has_second_feed, has_sequencer_feed
        Whether the spot oracle is given a second source, and a feed of the sequencer's state.
    parameters
        Start values that differ from the table's, by name, each in its unit.
    owner, guardian, keeper, market
        Who acts; the market lists expiries beside the keeper, None where there is none.
    lp_owner
        Who pays into the vault and takes out, until tranches do.
    deployer
        Who deploys; owns the devnet's tokens and feeds.
    quote_token, underlying_token, feed
        Artifacts in place of the devnet's own, with the same constructors: hostile doubles, say.
    """

    spot: float | None = 3_000.0
    quote_decimals: int = 6
    underlying_decimals: int = 18
    feed_decimals: int = 8
    has_second_feed: bool = False
    has_sequencer_feed: bool = False
    parameters: Mapping[str, Decimal | int | str] = field(default_factory=dict)
    owner: str = OWNER
    guardian: str = GUARDIAN
    keeper: str = KEEPER
    market: str | None = None
    lp_owner: str = LP_OWNER
    deployer: str = DEPLOYER
    quote_token: Artifact | None = None
    underlying_token: Artifact | None = None
    feed: Artifact | None = None


def feed_answer(price: float | Decimal, decimals: int) -> int:
    """Answer of a feed for a price, rounded to nearest.

    Raises
    ------
    InputError
        If the price is not positive and finite, or less than the feed can say.
    """
    number = price if isinstance(price, Decimal) else Decimal(float(price))
    if not (number.is_finite() and number > 0):
        raise InputError("price", price, "must be positive and finite; set_feed writes any answer")
    answer: int = round(number * 10**decimals)
    if answer == 0:
        raise InputError("price", price, f"must not round to 0 in a feed of {decimals} decimals")
    return answer


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a feed, as `AggregatorV3` tells it: answer in the feed's decimals, unix seconds."""

    round_id: int
    answer: int
    started_at: int
    updated_at: int
    answered_in_round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePost:
    """Slice and carry of one expiry as they are posted: WAD, and unix seconds.

    The variance is annualised, ``v(k) = a + b (rho (k - m) + sqrt((k - m)² + sigma²))`` at ``k = ln(K/F)``;
    ``F = S exp(carry · time)``; ``gap`` is the volatility that step limits made the post leave out.
    """

    expiry: int
    a: int
    b: int
    rho: int
    m: int
    sigma: int
    carry: int = 0
    gap: int = 0

    @classmethod
    def of_numbers(
        cls,
        expiry: int,
        *,
        a: float,
        b: float,
        rho: float,
        m: float,
        sigma: float,
        carry: float = 0.0,
        gap: float = 0.0,
    ) -> SlicePost:
        """From plain numbers, each rounded to the nearest WAD integer."""
        values = {"a": a, "b": b, "rho": rho, "m": m, "sigma": sigma, "carry": carry, "gap": gap}
        return cls(expiry=expiry, **{name: to_wad(value) for name, value in values.items()})

    @classmethod
    def of_slice(cls, fitted: SurfaceSlice, *, spot: float, now: float, gap: float = 0.0) -> SlicePost:
        """From a fitted slice; the carry is that of its forward over `spot` at `now` (unix seconds)."""
        carry = math.log(fitted.forward / spot) / years(fitted.expiry - now)
        return cls.of_numbers(
            fitted.expiry,
            a=fitted.a,
            b=fitted.b,
            rho=fitted.rho,
            m=fitted.m,
            sigma=fitted.s,
            carry=carry,
            gap=gap,
        )

    def as_tuple(self) -> tuple[int, ...]:
        """Members in the order of the contract's struct."""
        return (self.expiry, self.a, self.b, self.rho, self.m, self.sigma, self.carry, self.gap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One external function of a deployed contract and who may call it."""

    contract: str
    signature: str
    selector: bytes
    mutability: str
    roles: tuple[str, ...]
