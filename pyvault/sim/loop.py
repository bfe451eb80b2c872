"""The one event loop: agents wake in order of time and act on a `System`, on whichever backend it stands."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence

import numpy as np

from pyvault.chain.system import SlicePost, SpotStatus, System
from pyvault.errors import ContractError, InputError
from pyvault.pricing import black76
from pyvault.sim.protocols import Agent, Entry, Intent, PricePath, Run
from pyvault.units import WAD, from_wad, years

__all__ = ["EventLoop", "LivePort"]


class LivePort:
    """The port on a deployed suite, lent to one agent at a time."""

    def __init__(self, system: System, path: PricePath) -> None:
        self._system, self._path = system, path
        self._agent, self._foresight_s = "", 0
        self.entries: list[Entry] = []

    def lend(self, agent: Agent) -> None:
        """From here on `agent` acts, is recorded, and sees as far as it may."""
        self._agent, self._foresight_s = agent.name, int(getattr(agent, "foresight_s", 0))

    @property
    def now(self) -> int:
        """Unix seconds of the chain."""
        return self._system.now

    @property
    def price(self) -> float:
        """Price outside, now."""
        return self.price_at(self.now)

    def price_at(self, timestamp: int) -> float:
        """Price outside at a moment that the agent sees; the first before the path, the last after it."""
        if timestamp > self.now + self._foresight_s:
            rule = f"must lie at most {self._foresight_s} s ahead, as far as {self._agent!r} sees"
            raise InputError("timestamp", timestamp, rule)
        index = int(np.searchsorted(self._path.timestamp, timestamp, side="right")) - 1
        return float(self._path.price[max(index, 0)])

    def next_tick(self) -> int | None:
        """Moment of the next price."""
        index = int(np.searchsorted(self._path.timestamp, self.now, side="right"))
        return int(self._path.timestamp[index]) if index < self._path.timestamp.size else None

    def spot(self) -> float:
        """Spot of the oracle, or NaN."""
        price, status = self._system.spot()
        return from_wad(price) if status == SpotStatus.ACCEPTED else math.nan

    def expiries(self) -> tuple[int, ...]:
        """Expiries with a slice."""
        return tuple(self._system.part("vol_surface").call("expiries"))

    def quote(self, expiry: int, strike: float, *, is_call: bool) -> tuple[float, float]:
        """Volatility and value by the posted surface, or NaN."""
        spot, time = self.spot(), years(expiry - self.now)
        surface = self._system.part("vol_surface")
        if not (math.isfinite(spot) and strike > 0.0 and time > 0.0):
            return math.nan, math.nan
        try:
            forward = spot * math.exp(from_wad(surface.call("slice_of", expiry).carry) * time)
            sigma = from_wad(surface.call("implied_vol", expiry, round(math.log(strike / forward) * WAD)))
        except ContractError:
            return math.nan, math.nan
        value = black76.price(
            forward=forward, strike=strike, implied_vol=sigma, time_to_expiry=time, is_call=is_call
        )
        return sigma, float(value)

    def publish(self, price: float) -> bool:
        """Write a round."""
        return self._try("publish", lambda: self._system.set_spot(price), (price,))

    def post(self, slices: Sequence[SlicePost], *, by_owner: bool = False) -> bool:
        """Post slices as the keeper, or as the owner."""
        caller = self._system.role("owner") if by_owner else None
        expiries = tuple(each.expiry for each in slices)
        return self._try("post", lambda: self._system.post_surface(slices, caller), expiries)

    def list_expiry(self, expiry: int) -> bool:
        """List an expiry."""
        return self._try("list", lambda: self._system.list_expiry(expiry), (expiry,))

    def fix(self, expiry: int) -> bool:
        """Fix an expiry; the record holds its price."""
        try:
            price = self._system.fix_expiry(None, expiry)
        except ContractError as error:
            return self._record("fix", (expiry,), error.reason or str(error))
        if price == 0:
            return self._record("fix", (expiry,), "the source has failed")
        return self._record("fix", (expiry, from_wad(price)))

    def intend(self, intent: Intent) -> None:
        """Record an order, accepted where the chain gave a quote."""
        self._record("intend", intent, "" if math.isfinite(intent.value) else "no quote")

    def _try(self, action: str, act: Callable[[], object], detail: tuple[float, ...]) -> bool:
        try:
            act()
        except ContractError as error:
            return self._record(action, detail, error.reason or str(error))
        return self._record(action, detail)

    def _record(self, action: str, detail: Intent | tuple[float, ...], reason: str = "") -> bool:
        accepted = not reason
        self.entries.append(
            Entry(
                timestamp=self.now,
                agent=self._agent,
                action=action,
                accepted=accepted,
                reason=reason,
                detail=detail,
            )
        )
        return accepted


class EventLoop:
    """Engine on a deployed suite.

    Agents that wake at the same second act in the order in which they were given. Each transaction moves the
    chain's clock on, so an agent may act a few seconds after its hour, never before; whoever asks for a
    waking that is not in the future is woken a second later. A run that stops early goes on later as if it
    had not: its agents remember what they hold, and the run when each is to be woken.
    """

    def __init__(self, system: System) -> None:
        self.system = system

    def run(
        self,
        path: PricePath,
        agents: Sequence[Agent],
        *,
        until: int | None = None,
        after: Run | None = None,
    ) -> Run:
        """Run from the path's first moment to its last.

        Parameters
        ----------
        path, agents
            Of the whole run, the same in each of its parts.
        until
            Unix seconds after which nobody is woken; the clock then stays where the last act left it.
        after
            The part before, of which this one is the continuation.

        Raises
        ------
        InputError
            If the chain's clock is already past the first moment, or the part before had other agents.
        """
        start, end = int(path.timestamp[0]), int(path.timestamp[-1])
        queue = self._first_wakings(start, len(agents)) if after is None else list(after.wakings)
        if any(order >= len(agents) for _, order in queue):
            raise InputError("agents", len(agents), "must be those of the part before")
        last = end if until is None else min(until, end)
        port = LivePort(self.system, path)
        while queue and queue[0][0] <= last:
            moment, order = heapq.heappop(queue)
            self.system.warp_to(moment)
            port.lend(agents[order])
            waking = agents[order].act(port)
            if waking is not None:
                heapq.heappush(queue, (max(waking, moment + 1), order))
        if last == end:
            self.system.warp_to(end)
        return Run(entries=tuple(port.entries), timestamp=self.system.now, wakings=tuple(sorted(queue)))

    def _first_wakings(self, start: int, agents: int) -> list[tuple[int, int]]:
        """Everybody, as the path begins."""
        if self.system.now > start:
            raise InputError("path", start, f"must not begin before the chain's clock, {self.system.now}")
        return [(start, order) for order in range(agents)]
