"""Verbs for tokens: give and look."""

from __future__ import annotations

from pyvault.chain.backend import Receipt
from pyvault.chain.system.parts import Parts
from pyvault.errors import InputError

__all__ = ["Tokens"]

_TOKENS = ("quote_token", "underlying_token")


class Tokens(Parts):
    """Devnet tokens, ``quote_token`` and ``underlying_token``; amounts are raw, in their decimals."""

    __slots__ = ()

    def fund(self, actor: str, token: str, amount_raw: int) -> Receipt:
        """Mint tokens for an actor."""
        return self.part(_known(token)).send("mint", actor, amount_raw, sender=self.config.deployer)

    def balance(self, actor: str, token: str) -> int:
        """Raw balance of an actor."""
        return int(self.part(_known(token)).call("balanceOf", actor))


def _known(token: str) -> str:
    if token not in _TOKENS:
        raise InputError("token", token, f"must be one of {', '.join(_TOKENS)}")
    return token
