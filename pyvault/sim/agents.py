"""Agents: who writes the feed, who posts, who fixes, and takers whose orders wait for a market."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pyvault.chain.system import SlicePost
from pyvault.errors import InputError
from pyvault.sim.protocols import Intent, Port
from pyvault.units import years

__all__ = ["ExpiryKeeper", "FeedPublisher", "InformedTaker", "PoissonTaker", "SurfacePoster", "intend"]

HOUR_S = 3_600
_RETRY_S = 300  # until a round follows the expiry
_PATIENCE_S = 7 * HOUR_S  # by then the oracle has declared the source failed


@dataclass(slots=True, kw_only=True)
class FeedPublisher:
    """A feed like those outside: a round when the price has moved enough, or the last one is old.

    Parameters
    ----------
    deviation
        Smallest |change of ln price| that is published at once.
    heartbeat_s
        Longest time between rounds while the path lasts.
    """

    deviation: float = 0.005
    heartbeat_s: int = HOUR_S
    name: str = "feed"
    _last: tuple[int, float] | None = None

    def act(self, port: Port) -> int | None:
        """Publish if it is due; wake at the next price or heartbeat."""
        now, price = port.now, port.price
        if self._last is None or self._is_due(now, price):
            port.publish(price)
            self._last = (now, price)
        tick = port.next_tick()
        if tick is None:
            return None
        return min(tick, self._last[0] + self.heartbeat_s)

    def _is_due(self, now: int, price: float) -> bool:
        if self._last is None:
            return True
        at, published = self._last
        return now - at >= self.heartbeat_s or abs(math.log(price / published)) >= self.deviation


@dataclass(slots=True, kw_only=True)
class SurfacePoster:
    """A poster who follows a script.

    Parameters
    ----------
    script
        Unix seconds, slices, and whether the owner posts in the keeper's place (first slices); ascending.
    """

    script: Sequence[tuple[int, Sequence[SlicePost], bool]]
    name: str = "poster"
    _next: int = 0

    def act(self, port: Port) -> int | None:
        """Post what is due, one post at a time."""
        if self._next < len(self.script) and self.script[self._next][0] <= port.now:
            _, slices, by_owner = self.script[self._next]
            port.post(slices, by_owner=by_owner)
            self._next += 1
        return self.script[self._next][0] if self._next < len(self.script) else None


@dataclass(slots=True, kw_only=True)
class ExpiryKeeper:
    """Who lists expiries at the start and fixes each as soon as a round follows it."""

    expiries: Sequence[int]
    name: str = "keeper"
    _is_listed: bool = False
    _waiting: list[int] = field(default_factory=list)

    def act(self, port: Port) -> int | None:
        """List, then fix what has expired."""
        if not self._is_listed:
            self._waiting = [expiry for expiry in sorted(self.expiries) if port.list_expiry(expiry)]
            self._is_listed = True
        for expiry in [each for each in self._waiting if each < port.now]:
            if port.fix(expiry) or port.now > expiry + _PATIENCE_S:
                self._waiting.remove(expiry)
        if not self._waiting:
            return None
        first = self._waiting[0]
        return first + 1 if first >= port.now else port.now + _RETRY_S


@dataclass(slots=True, kw_only=True)
class PoissonTaker:
    """Orders at random moments, without any knowledge.

    Parameters
    ----------
    random
        A stream of its own.
    orders_per_hour
        Mean number of orders.
    quantity
        Median number of contracts; the logarithm has a standard deviation of 1.
    width
        Standard deviation of the strike's ``ln(K/S)`` in units of σ√τ.
    """

    random: np.random.Generator
    orders_per_hour: float
    quantity: float = 1.0
    width: float = 1.0
    name: str = "taker"
    _is_awake: bool = False

    def __post_init__(self) -> None:
        """Refuse a rate that no order ever follows."""
        if not 0.0 < self.orders_per_hour < math.inf:
            raise InputError("orders_per_hour", self.orders_per_hour, "must be positive and finite")

    def act(self, port: Port) -> int | None:
        """Intend one order; the first waking only draws the first moment."""
        if self._is_awake:
            self._order(port)
        self._is_awake = True
        wait = self.random.exponential(HOUR_S / self.orders_per_hour)
        return port.now + max(1, math.ceil(wait))

    def _order(self, port: Port) -> None:
        moneyness, size = self.random.standard_normal(2)
        is_call, is_buy = (bool(flag) for flag in self.random.integers(0, 2, size=2))
        pick = self.random.random()  # drawn whether or not there is anything to trade: streams stay in step
        live = [expiry for expiry in port.expiries() if expiry > port.now]
        if not live:
            return
        expiry = live[int(pick * len(live))]
        spot = port.spot()
        level, _ = port.quote(expiry, spot, is_call=True)
        sigma = level if math.isfinite(level) else 0.0
        strike = spot * math.exp(self.width * moneyness * sigma * math.sqrt(years(expiry - port.now)))
        quantity = self.quantity * math.exp(size) * (1.0 if is_buy else -1.0)
        intend(port, expiry, strike, quantity, is_call=is_call)


@dataclass(slots=True, kw_only=True)
class InformedTaker:
    """Who sees the price some seconds ahead, and orders when the oracle's spot lies behind it.

    Parameters
    ----------
    horizon_s
        How far it sees.
    edge
        Smallest |ln(future price / oracle's spot)| that makes it order.
    interval_s
        How often it looks.
    quantity
        Contracts an order.
    """

    horizon_s: int
    edge: float
    interval_s: int = 60
    quantity: float = 1.0
    name: str = "informed"

    @property
    def foresight_s(self) -> int:
        """Seconds of the future that the port shows."""
        return self.horizon_s

    def act(self, port: Port) -> int | None:
        """Buy the nearest expiry's at-the-money call before a rise, its put before a fall."""
        spot = port.spot()
        ahead = math.log(port.price_at(port.now + self.horizon_s) / spot)
        live = [expiry for expiry in port.expiries() if expiry > port.now]
        if live and abs(ahead) >= self.edge:  # false for NaN: no order against a rejected spot
            intend(port, live[0], spot, self.quantity, is_call=ahead > 0.0)
        return port.now + self.interval_s


def intend(port: Port, expiry: int, strike: float, quantity: float, *, is_call: bool) -> None:
    """Record an order with what the chain says about it now."""
    implied_vol, value = port.quote(expiry, strike, is_call=is_call)
    port.intend(
        Intent(
            expiry=expiry,
            strike=strike,
            is_call=is_call,
            quantity=quantity,
            spot=port.spot(),
            implied_vol=implied_vol,
            value=value,
        )
    )
