"""Recorded snapshots walked on chain: from each fitted surface to the next, through the time between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from support.governance import OWNER
from support.posting import BLOCK_S, Slices, follow, has_arrived, in_effect
from support.vol_surface import HOUR, POINT, Surface

from pyvault.chain.revm import RevmBackend
from pyvault.market.chain import OptionChain
from pyvault.pricing.surface import fit_surface
from pyvault.pricing.surface.posting import gap_between, slice_of

MOST_LIVE = 10  # expiries that the contract keeps
LEAST_S = HOUR  # to live at a snapshot, to be followed there
SETUP_S = 60


class Leg(NamedTuple):
    """From one snapshot to the next; WAD of volatility that the expiries had to go, and have left to go."""

    begin_s: int
    end_s: int
    calls: int
    target: Slices
    asked: dict[int, int]
    left: dict[int, int]
    new: tuple[int, ...]

    @property
    def hours(self) -> float:
        return (self.end_s - self.begin_s) / HOUR

    def summary(self) -> str:
        worst = max(self.left.values(), default=0) / POINT
        return (
            f"{self.hours:.1f} h, {self.calls} calls, {max(self.asked.values()) / POINT:.1f} points asked, "
            f"{worst:.2f} left on {len(self.left)} expiries, {len(self.new)} new"
        )


class Walk:
    """`VolSurface` under a keeper to whom the market goes steadily from one recorded snapshot to the next."""

    def __init__(
        self, chain: OptionChain, *, every: int, leans: bool = True, before: OptionChain | None = None
    ) -> None:
        self.every, self.leans = every, leans
        self.now = int(chain.timestamp)
        self.surface = Surface(RevmBackend(timestamp=self.now - SETUP_S))
        self.max_carry = self.surface.value("MAX_CARRY")
        self.fitted = fit_surface(before) if before else None
        target = self.fit(chain)
        self.surface.start({expiry: target[expiry] for expiry in self.listed(target)})
        self.surface.later(self.now - self.surface.backend.now)

    def fit(self, chain: OptionChain) -> Slices:
        """Fitted slices of the expiries that live long enough."""
        self.fitted = fit_surface(chain, prior=self.fitted if self.leans else None)
        spot = float(np.median(chain.index_price))
        return {
            each.expiry: slice_of(each, spot, self.max_carry)
            for each in self.fitted.slices
            if each.expiry - chain.timestamp > LEAST_S
        }

    def listed(self, target: Slices) -> list[int]:
        """Expiries of `target` that are new to the contract and find a place in it, listed by governance."""
        live = self.surface.contract.call("expiries")
        new = [expiry for expiry in target if expiry not in live][: MOST_LIVE - len(live)]
        for expiry in new:
            if not self.surface.contract.call("is_listed", expiry):
                self.surface.contract.send("list_expiry", expiry, sender=OWNER)
        return new

    def go(self, chain: OptionChain) -> Leg:
        """Post through the gap to the next snapshot; there, give new expiries their first slice."""
        begin_s, self.now = self.now, int(chain.timestamp)
        target, before = self.fit(chain), in_effect(self.surface)
        followed = [expiry for expiry in before if expiry in target]
        calls = follow(self.surface, target, self.now, self.every)
        reached = in_effect(self.surface)
        late = [expiry for expiry in followed if not has_arrived(reached[expiry], target[expiry])]
        new = self.listed(target)
        for expiry in new:
            self.surface.post({expiry: target[expiry]})
            self.surface.later(BLOCK_S - 1)
        return Leg(
            begin_s=begin_s,
            end_s=self.now,
            calls=calls,
            target=target,
            asked={each: gap_between(target[each], before[each], each - self.now) for each in followed},
            left={
                each: gap_between(reached[each], target[each], each - reached[each].timestamp)
                for each in late
            },
            new=tuple(new),
        )
