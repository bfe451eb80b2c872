"""Takers: who trade against the vault, with and without knowledge; they sell only what they own."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pyvault.errors import InputError
from pyvault.sim.protocols import Holding, Port
from pyvault.units import WAD, years

__all__ = ["InformedTaker", "PoissonTaker"]

HOUR_S = 3_600


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
        Standard deviation of the strike's ``ln(K/S)`` in units of σ√τ, before the nearest listed is taken.
    cash
        Quote that it brings.
    """

    random: np.random.Generator
    orders_per_hour: float
    quantity: float = 1.0
    width: float = 1.0
    cash: float = 1e6
    name: str = "taker"
    _is_awake: bool = False

    def __post_init__(self) -> None:
        """Refuse a rate that no order ever follows."""
        if not 0.0 < self.orders_per_hour < math.inf:
            raise InputError("orders_per_hour", self.orders_per_hour, "must be positive and finite")

    def act(self, port: Port) -> int | None:
        """Order once; the first waking only brings the cash and draws the first moment."""
        if self._is_awake:
            self._order(port)
        else:
            port.join(self.cash)
        self._is_awake = True
        wait = self.random.exponential(HOUR_S / self.orders_per_hour)
        return port.now + max(1, math.ceil(wait))

    def _order(self, port: Port) -> None:
        moneyness, size = self.random.standard_normal(2)
        is_call, is_buy = (bool(flag) for flag in self.random.integers(0, 2, size=2))
        pick = self.random.random()  # drawn whether or not there is anything to trade: streams stay in step
        quantity = self.quantity * math.exp(size)
        held = () if is_buy else _live(port)
        if held:
            _sell(port, held[int(pick * len(held))], quantity)
            return
        listed = [expiry for expiry in port.listed() if expiry > port.now]
        if listed:
            expiry = listed[int(pick * len(listed))]
            port.trade(expiry, self._strike(port, expiry, moneyness), quantity, is_call=is_call)

    def _strike(self, port: Port, expiry: int, moneyness: float) -> float:
        """Nearest listed strike to the one that was drawn; to the middle one while there is no quote."""
        strikes = port.strikes(expiry)
        wanted, spot = strikes[len(strikes) // 2], port.spot()
        if math.isfinite(spot):
            level, _ = port.quote(expiry, spot, is_call=True)
            sigma = level if math.isfinite(level) else 0.0
            wanted = spot * math.exp(self.width * moneyness * sigma * math.sqrt(years(expiry - port.now)))
        return min(strikes, key=lambda strike: abs(strike - wanted))


@dataclass(slots=True, kw_only=True)
class InformedTaker:
    """Who sees the price some seconds ahead, and trades when the oracle's spot lies behind it.

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
    least_time_s
        It opens nothing nearer to its expiry, where the market would refuse.
    cash
        Quote that it brings.
    """

    horizon_s: int
    edge: float
    interval_s: int = 60
    quantity: float = 1.0
    least_time_s: int = 12 * HOUR_S
    cash: float = 1e6
    name: str = "informed"
    _is_awake: bool = False

    @property
    def foresight_s(self) -> int:
        """Seconds of the future that the port shows."""
        return self.horizon_s

    def act(self, port: Port) -> int | None:
        """Before a rise sell puts and buy the nearest at-the-money call; before a fall the reverse."""
        if not self._is_awake:
            port.join(self.cash)
            self._is_awake = True
        spot = port.spot()
        ahead = math.log(port.price_at(port.now + self.horizon_s) / spot)
        if abs(ahead) >= self.edge:  # false for NaN: no order against a rejected spot
            self._order(port, spot, is_rise=ahead > 0.0)
        return port.now + self.interval_s

    def _order(self, port: Port, spot: float, *, is_rise: bool) -> None:
        for holding in _live(port):
            if holding.is_call != is_rise:
                _sell(port, holding, holding.quantity)
        listed = [expiry for expiry in port.listed() if expiry > port.now + self.least_time_s]
        if listed:
            strike = min(port.strikes(listed[0]), key=lambda each: abs(each - spot))
            port.trade(listed[0], strike, self.quantity, is_call=is_rise)


def _sell(port: Port, holding: Holding, quantity: float) -> bool:
    """Sell contracts of what the agent owns, all of it at most; a WAD integer, or contracts as a float."""
    wanted = quantity if isinstance(quantity, int) else round(quantity * WAD)
    sold = min(wanted, holding.quantity)
    return port.trade(holding.expiry, holding.strike, -sold, is_call=holding.is_call)


def _live(port: Port) -> tuple[Holding, ...]:
    return tuple(each for each in port.holdings() if each.expiry > port.now)
