"""The one event loop: agents wake in order of time and act on a `System`, on whichever backend it stands."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from pyvault.chain.system import System
from pyvault.errors import InputError
from pyvault.sim.port import LivePort
from pyvault.sim.protocols import Agent, PricePath, Run

__all__ = ["EventLoop"]


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
