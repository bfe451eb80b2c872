"""Agents who keep a market going: who writes the feed, who posts, who lists, refreshes, fixes and settles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyvault.chain.system import SlicePost
from pyvault.exact.fixing import WINDOW_S
from pyvault.sim.protocols import Port

__all__ = ["ExpiryKeeper", "FeedPublisher", "MarketKeeper", "SurfacePoster"]

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
    """Who lists expiries at the start, fixes each as soon as a round follows it, and settles what traded."""

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
            if is_fixed := port.fix(expiry):
                self._settle(port, expiry)
            if is_fixed or port.now > expiry + _PATIENCE_S:
                self._waiting.remove(expiry)
        if not self._waiting:
            return None
        first = self._waiting[0]
        return first + 1 if first >= port.now else port.now + _RETRY_S

    def _settle(self, port: Port, expiry: int) -> None:
        if expiry in port.listed():
            port.settle(expiry)


@dataclass(slots=True, kw_only=True)
class MarketKeeper:
    """Who lists strikes, keeps slices from growing old, and revalues expiries before trades wait for it.

    Parameters
    ----------
    strikes
        Of each expiry that is to trade; listed as soon as it has a slice.
    interval_s
        How often it looks; below the age at which a slice closes.
    first_after_s
        When it first looks, after the beginning.
    max_age_s, max_move
        An expiry is revalued when its last revaluation is as old, or its spot as far (|change of ln price|).
    """

    strikes: Mapping[int, Sequence[float]]
    interval_s: int = 840
    max_age_s: int = HOUR_S // 2
    max_move: float = 0.015
    first_after_s: int = 0
    name: str = "market keeper"
    _is_awake: bool = False
    _listed: set[int] = field(default_factory=set)

    def act(self, port: Port) -> int | None:
        """Post again, list what can be listed, revalue what is due until it is booked."""
        if not self._is_awake:
            self._is_awake = True
            if self.first_after_s:
                return port.now + self.first_after_s
        if port.expiries():
            port.repost()
        for expiry in sorted(self.strikes.keys() - self._listed):
            if expiry in port.expiries() and port.list_strikes(expiry, self.strikes[expiry]):
                self._listed.add(expiry)
        for expiry in port.listed():
            if self._is_due(port, expiry):
                if expiry - WINDOW_S < port.now < expiry:
                    port.follow(expiry)
                port.refresh(expiry)
        return port.now + self.interval_s

    def _is_due(self, port: Port, expiry: int) -> bool:
        at, price = port.marked(expiry)
        spot = port.spot()
        has_moved = price > 0.0 and abs(math.log(spot / price)) >= self.max_move  # false without a spot
        return has_moved or port.now - at >= self.max_age_s
