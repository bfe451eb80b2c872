"""A margin engine with doubles around it: a token that misbehaves; market and vault are mere addresses."""

from __future__ import annotations

from typing import Any

from support.oracle import STRANGER, Clock, Deployed
from support.vault import Token

MARKET, VAULT = "0x" + "c3" * 20, "0x" + "c4" * 20
MAX_CASH = 2**96 - 1
MAX_QUANTITY = 2**95 - 1
ENGINE = "contracts/MarginEngine.vy"


class Desk:
    """One engine; amounts are token units, legs are series and quantity."""

    def __init__(self, decimals: int = 6) -> None:
        self.clock = Clock()
        self.quote = Token(self.clock, decimals)
        self.engine = self.another_engine(self.quote.address, MARKET, VAULT)

    def another_engine(self, quote: str, market: str, vault: str) -> Deployed:
        return Deployed(self.clock, ENGINE, quote, market, vault)

    def relay(self) -> Deployed:
        """A contract through which anyone acts."""
        return Deployed(self.clock, "tests/doubles/SettableMarket.vy")

    def pay_in(self, account: int, amount: int, payer: str = STRANGER) -> None:
        self.quote.mint(payer, amount)
        self.engine.add_collateral(account, self.quote.address, amount, caller=payer)

    def take_out(self, account: int, amount: int, caller: str) -> None:
        self.engine.remove_collateral(account, self.quote.address, amount, caller=caller)

    def by_market(self, function: str, *arguments: Any) -> Any:
        return getattr(self.engine, function)(*arguments, caller=MARKET)

    def trade(self, account: int, legs: list[tuple[int, int]], payment: int = 0) -> None:
        self.by_market("apply_trade", account, legs, payment)

    def credit(self, account: int, amount: int, paid: int) -> None:
        """The vault pays in first, as much as it says or less."""
        self.quote.mint(self.engine.address, paid)
        self.engine.credit(account, amount, caller=VAULT)

    def held(self, account: int) -> dict[int, int]:
        return dict(self.engine.positions_of(account))

    def logs(self) -> list[tuple[str, dict[str, Any]]]:
        return self.engine.logs()
