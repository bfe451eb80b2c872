"""Verbs of traders' accounts."""

from __future__ import annotations

from typing import Any

from pyvault.chain.arguments import checksum
from pyvault.chain.backend import Receipt
from pyvault.chain.system.parts import Parts

__all__ = ["Margin"]


class Margin(Parts):
    """`MarginEngine`; amounts are raw. ``account=None`` means the actor's first account."""

    __slots__ = ()

    def open_account(self, actor: str) -> int:
        """A new account of the actor."""
        engine = self.part("engine")
        receipt = engine.send("open_account", sender=actor)
        return int(engine.occurrences(receipt)[0].fields.account)

    def accounts(self, actor: str) -> tuple[int, ...]:
        """Accounts that the actor owns, oldest first."""
        engine, owner = self.part("engine"), checksum(actor)
        everyone = range(1, engine.call("account_count") + 1)
        return tuple(each for each in everyone if engine.call("owner_of", each) == owner)

    def account_of(self, actor: str) -> int:
        """The actor's first account; opened on first use."""
        mine = self.accounts(actor)
        return mine[0] if mine else self.open_account(actor)

    def add_collateral(self, actor: str, token: str, amount_raw: int, account: int | None = None) -> Receipt:
        """Pay into an account, approval included."""
        mine = self.account_of(actor) if account is None else account
        paid, engine = self.part(token), self.part("engine")
        paid.send("approve", engine.address, amount_raw, sender=actor)
        return engine.send("add_collateral", mine, paid.address, amount_raw, sender=actor)

    def remove_collateral(
        self, actor: str, token: str, amount_raw: int, account: int | None = None
    ) -> Receipt:
        """Pay out to the owner of an account."""
        mine = self.account_of(actor) if account is None else account
        engine = self.part("engine")
        return engine.send("remove_collateral", mine, self.part(token).address, amount_raw, sender=actor)

    def cash(self, account: int) -> int:
        """Quote cash of an account."""
        return int(self.part("engine").call("cash_of", account))

    def positions(self, account: int) -> tuple[Any, ...]:
        """Positions of an account: series ids and WAD quantities."""
        return tuple(self.part("engine").call("positions_of", account))
