"""The port on a deployed suite: what an agent sees and may do, each act recorded with its outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pyvault.chain.addresses import address_of
from pyvault.chain.system import SlicePost, SpotStatus, System, series_of
from pyvault.chain.system.trading import wad_of
from pyvault.errors import ContractError, InputError
from pyvault.exact.fixing import WINDOW_S
from pyvault.market.series import OptionKind, Series
from pyvault.pricing import black76
from pyvault.sim.protocols import Agent, Entry, Holding, Order, PricePath
from pyvault.units import WAD, from_wad, years

__all__ = ["LivePort"]


Detail = Order | tuple[float, ...] | tuple[int, ...]


class LivePort:
    """The port on a deployed suite, lent to one agent at a time."""

    def __init__(self, system: System, path: PricePath) -> None:
        self._system, self._path = system, path
        self._agent, self._foresight_s = "", 0
        self._unit = 10**system.config.quote_decimals
        self._accounts: dict[str, int] = {}
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

    def follow(self, expiry: int) -> bool:
        """Walk the window of an expiry, where its mean is not known."""
        return self._try("follow", lambda: self._system.follow_window(None, expiry), (expiry,))

    def repost(self) -> bool:
        """Post slices in effect again, but for those whose expiry rests or whose slice is no longer taken."""
        live = tuple(expiry for expiry in self.expiries() if expiry > self.now + WINDOW_S)
        return self._try("repost", lambda: self._system.post_again(live), live)

    def listed(self) -> tuple[int, ...]:
        """Expiries of the market."""
        return tuple(self._system.part("market").call("expiries"))

    def strikes(self, expiry: int) -> tuple[float, ...]:
        """Strikes of the market."""
        return tuple(
            sorted(from_wad(each) for each in self._system.part("market").call("strikes_of", expiry))
        )

    def list_strikes(self, expiry: int, strikes: Sequence[float]) -> bool:
        """List strikes."""
        listed = (expiry, *strikes)
        return self._try("strikes", lambda: self._system.list_strikes(expiry, strikes), listed)

    def marked(self, expiry: int) -> tuple[int, float]:
        """Latest refresh."""
        found = self._system.exposures(expiry)
        return found.refreshed_at, from_wad(found.refreshed_spot)

    def refresh(self, expiry: int) -> bool:
        """Refresh an expiry."""
        return self._try("refresh", lambda: self._system.refresh(None, expiry), (expiry,))

    def settle(self, expiry: int) -> bool:
        """Book, then sweep; the record of the sweep counts accounts and what they were paid, in quote."""
        if not self._try("book", lambda: self._system.settle_expiry(None, expiry), (expiry,)):
            return False
        swept, paid = 0, 0
        for account in range(1, self._system.part("engine").call("account_count") + 1):
            if any(series_of(each.series_id).expiry == expiry for each in self._system.positions(account)):
                before = self._system.cash(account)
                self._system.settle_account(None, account, expiry)
                swept, paid = swept + 1, paid + self._system.cash(account) - before
        return self._record("sweep", (expiry, swept, paid / self._unit))

    def holdings(self) -> tuple[Holding, ...]:
        """Positions of the agent's account."""
        return tuple(_holding(each) for each in self._system.positions(self._account))

    def join(self, cash: float) -> None:
        """Fund the agent and its account."""
        actor, raw = address_of(self._agent), round(cash * self._unit)
        self._system.fund(actor, "quote_token", raw)
        self._system.add_collateral(actor, "quote_token", raw, self._account)
        self._record("join", (cash,))

    def trade(self, expiry: int, strike: float, quantity: float, *, is_call: bool) -> bool:
        """Buy or sell, and record the order with what the chain said about it before."""
        kind = OptionKind.CALL if is_call else OptionKind.PUT
        series, size = Series(expiry=expiry, strike=strike, kind=kind), wad_of(quantity)
        implied_vol, value = self.quote(expiry, strike, is_call=is_call)
        order = Order(
            expiry=expiry,
            strike=strike,
            is_call=is_call,
            quantity=size / WAD,
            spot=self.spot(),
            implied_vol=implied_vol,
            value=value,
            total=math.nan,
        )
        act = self._system.buy if size > 0 else self._system.sell
        try:
            paid = act(address_of(self._agent), series, abs(size), account=self._account)
        except ContractError as error:
            return self._record("trade", order, error.reason or str(error))
        return self._record("trade", replace(order, total=math.copysign(paid / self._unit, size)))

    @property
    def _account(self) -> int:
        """The agent's account; opened on first use."""
        if self._agent not in self._accounts:
            self._accounts[self._agent] = self._system.account_of(address_of(self._agent))
        return self._accounts[self._agent]

    def _try(self, action: str, act: Callable[[], object], detail: Detail) -> bool:
        try:
            act()
        except ContractError as error:
            return self._record(action, detail, error.reason or str(error))
        return self._record(action, detail)

    def _record(self, action: str, detail: Detail, reason: str = "") -> bool:
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


def _holding(position: Any) -> Holding:  # noqa: ANN401 - a struct of the contract
    series = series_of(position.series_id)
    return Holding(
        expiry=series.expiry,
        strike=series.strike,
        is_call=series.kind is OptionKind.CALL,
        quantity=position.quantity,
    )
