"""What a simulation is made of: a path of prices, agents that act through a port, an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pyvault.chain.system import SlicePost

__all__ = ["Agent", "Engine", "Entry", "Holding", "Order", "Port", "PricePath", "Run"]


class PricePath(Protocol):
    """Prices of the underlying in the world outside: each holds from its moment to the next."""

    @property
    def timestamp(self) -> npt.NDArray[np.int64]:
        """Unix seconds, ascending."""

    @property
    def price(self) -> npt.NDArray[np.float64]:
        """Quote per underlying, as many as there are moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What an account owns of a series; ``quantity`` in WAD, exact."""

    expiry: int
    strike: float
    is_call: bool
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a taker wanted, what the posted surface said that it is worth, and what it was charged.

    ``quantity`` is signed, positive to buy; ``spot``, ``implied_vol`` and ``value`` (per contract, in quote)
    come from the chain, NaN where it gives no quote; ``total`` is what was paid, negative where received, in
    quote: NaN where the market refused.
    """

    expiry: int
    strike: float
    is_call: bool
    quantity: float
    spot: float
    implied_vol: float
    value: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act: when, whose, what, and how it went; ``reason`` is the contract's where it refused."""

    timestamp: int
    agent: str
    action: str
    accepted: bool
    reason: str = ""
    detail: Order | tuple[float, ...] | tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All acts of a run, in their order, where its clock ended, and who is to be woken when it goes on.

    ``wakings`` are pairs of a moment (unix seconds) and an agent's place in the list, ascending.
    """

    entries: tuple[Entry, ...]
    timestamp: int
    wakings: tuple[tuple[int, int], ...] = ()

    def of(self, action: str, *, accepted: bool | None = None) -> tuple[Entry, ...]:
        """Acts of one kind, all or only those that went well or did not."""
        return tuple(
            entry
            for entry in self.entries
            if entry.action == action and (accepted is None or entry.accepted is accepted)
        )


class Port(Protocol):
    """What an agent sees and may do. An act that a contract refuses is recorded and returns False."""

    @property
    def now(self) -> int:
        """Unix seconds of the chain."""

    @property
    def price(self) -> float:
        """Price in the world outside, now."""

    def price_at(self, timestamp: int) -> float:
        """Price at a moment, InputError if it lies further ahead than the agent's ``foresight_s``."""

    def next_tick(self) -> int | None:
        """When the path's price next changes; None when it has ended."""

    def spot(self) -> float:
        """Spot of the oracle; NaN while its reading is rejected."""

    def expiries(self) -> tuple[int, ...]:
        """Expiries with a slice, ascending."""

    def quote(self, expiry: int, strike: float, *, is_call: bool) -> tuple[float, float]:
        """Volatility and value per contract by the posted surface at the oracle's spot, or NaN."""

    def publish(self, price: float) -> bool:
        """Write a round of the feed."""

    def post(self, slices: Sequence[SlicePost], *, by_owner: bool = False) -> bool:
        """Post slices."""

    def list_expiry(self, expiry: int) -> bool:
        """List an expiry."""

    def repost(self) -> bool:
        """Post every slice in effect again, as it stands, so that none grows old."""

    def fix(self, expiry: int) -> bool:
        """Fix an expiry."""

    def follow(self, expiry: int) -> bool:
        """Make the mean of an open window known."""

    def listed(self) -> tuple[int, ...]:
        """Expiries that the market trades, ascending."""

    def strikes(self, expiry: int) -> tuple[float, ...]:
        """Listed strikes of an expiry, ascending."""

    def list_strikes(self, expiry: int, strikes: Sequence[float]) -> bool:
        """Let the market trade strikes of an expiry."""

    def marked(self, expiry: int) -> tuple[int, float]:
        """When an expiry was last revalued (unix seconds; 0: never), and at which spot."""

    def refresh(self, expiry: int) -> bool:
        """Revalue an expiry."""

    def settle(self, expiry: int) -> bool:
        """Book a fixed expiry and pay every account that holds it."""

    def holdings(self) -> tuple[Holding, ...]:
        """What the agent's account owns, by series."""

    def join(self, cash: float) -> None:
        """Pay so much quote into the agent's account, which this opens."""

    def trade(self, expiry: int, strike: float, quantity: float, *, is_call: bool) -> bool:
        """Buy (quantity > 0) or sell; a WAD integer, or contracts as a float."""


class Agent(Protocol):
    """Somebody who wakes, acts through the port, and says when to be woken next.

    One that knows the future has a ``foresight_s``, the seconds that it sees ahead; no other sees any.
    """

    @property
    def name(self) -> str:
        """How the journal calls it."""

    def act(self, port: Port) -> int | None:
        """Act now; unix seconds of the next waking, None for never."""


class Engine(Protocol):
    """Runs agents along a path."""

    def run(
        self,
        path: PricePath,
        agents: Sequence[Agent],
        *,
        until: int | None = None,
        after: Run | None = None,
    ) -> Run:
        """What happens from the path's first moment, or from `after`, to its last, or to `until`."""
