"""Verbs of those who own the vault, and what it holds."""

from __future__ import annotations

from typing import Any

from pyvault.chain.backend import Receipt
from pyvault.chain.system.parts import Parts

__all__ = ["Lp"]


class Lp(Parts):
    """`LiquidityVault`; amounts are raw."""

    __slots__ = ()

    def provide(self, amount_raw: int) -> Receipt:
        """Mint quote for the LP owner and pay it into the vault."""
        owner, quote, vault = self.config.lp_owner, self.part("quote_token"), self.part("vault")
        quote.send("mint", owner, amount_raw, sender=self.config.deployer)
        quote.send("approve", vault.address, amount_raw, sender=owner)
        return vault.send("deposit", amount_raw, sender=owner)

    def withdraw(self, amount_raw: int) -> Receipt:
        """Take LP cash out of the vault; the LP owner's."""
        return self.part("vault").send("withdraw", amount_raw, sender=self.config.lp_owner)

    def claim(self, caller: str | None, debt_id: int, account: int) -> Receipt:
        """Pay an account what has been funded of a debt since; anyone's, the keeper without a caller."""
        return self.act("vault", "claim", debt_id, account, caller=caller, role="keeper")

    def nav(self) -> Any:  # noqa: ANN401 - a struct of the contract
        """Net assets when they were last marked, and what was held against them; WAD quote."""
        return self.part("vault").call("last_mark")

    def buckets(self) -> Any:  # noqa: ANN401 - a struct of the contract
        """What the vault holds, bucket by bucket."""
        return self.part("vault").call("buckets")
