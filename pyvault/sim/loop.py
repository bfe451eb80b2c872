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
    """The port on a deployed suite; `agent` says whose acts are being recorded."""

    def __init__(self, system: System, path: PricePath) -> None:
        self.system, self.path = system, path
        self.agent = ""
        self.entries: list[Entry] = []

    @property
    def now(self) -> int:
        """Unix seconds of the chain."""
        return self.system.now

    @property
    def price(self) -> float:
        """Price outside, now."""
        return self.price_at(self.now)

    def price_at(self, timestamp: int) -> float:
        """Price outside at a moment; the first before the path, the last after it."""
        index = int(np.searchsorted(self.path.timestamp, timestamp, side="right")) - 1
        return float(self.path.price[max(index, 0)])

    def next_tick(self) -> int | None:
        """Moment of the next price."""
        index = int(np.searchsorted(self.path.timestamp, self.now, side="right"))
        return int(self.path.timestamp[index]) if index < self.path.timestamp.size else None

    def spot(self) -> float:
        """Spot of the oracle, or NaN."""
        price, status = self.system.spot()
        return from_wad(price) if status == SpotStatus.ACCEPTED else math.nan

    def expiries(self) -> tuple[int, ...]:
        """Expiries with a slice."""
        return tuple(self.system.part("vol_surface").call("expiries"))

    def quote(self, expiry: int, strike: float, *, is_call: bool) -> tuple[float, float]:
        """Volatility and value by the posted surface, or NaN."""
        spot, time = self.spot(), years(expiry - self.now)
        surface = self.system.part("vol_surface")
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
        return self._try("publish", lambda: self.system.set_spot(price), (price,))

    def post(self, slices: Sequence[SlicePost], *, by_owner: bool = False) -> bool:
        """Post slices as the keeper, or as the owner."""
        caller = self.system.role("owner") if by_owner else None
        expiries = tuple(each.expiry for each in slices)
        return self._try("post", lambda: self.system.post_surface(slices, caller), expiries)

    def list_expiry(self, expiry: int) -> bool:
        """List an expiry."""
        return self._try("list", lambda: self.system.list_expiry(expiry), (expiry,))

    def fix(self, expiry: int) -> bool:
        """Fix an expiry; the record holds its price."""
        try:
            price = self.system.fix_expiry(None, expiry)
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
                agent=self.agent,
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
    waking that is not in the future is woken a second later.
    """

    def __init__(self, system: System) -> None:
        self.system = system

    def run(self, path: PricePath, agents: Sequence[Agent]) -> Run:
        """Run from the path's first moment to its last.

        Raises
        ------
        InputError
            If the chain's clock is already past the first moment.
        """
        start, end = int(path.timestamp[0]), int(path.timestamp[-1])
        if self.system.now > start:
            raise InputError("path", start, f"must not begin before the chain's clock, {self.system.now}")
        port = LivePort(self.system, path)
        queue = [(start, order) for order in range(len(agents))]
        while queue and queue[0][0] <= end:
            moment, order = heapq.heappop(queue)
            self.system.warp_to(moment)
            agent = agents[order]
            port.agent = agent.name
            waking = agent.act(port)
            if waking is not None:
                heapq.heappush(queue, (max(waking, moment + 1), order))
        self.system.warp_to(end)
        return Run(entries=tuple(port.entries), timestamp=self.system.now)
