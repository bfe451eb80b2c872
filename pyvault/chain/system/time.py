"""Verbs of time, and the way past every verb: any contract, any caller, any function."""

from __future__ import annotations

from typing import Any

from pyvault.chain.artifacts import Artifact, load
from pyvault.chain.backend import Receipt
from pyvault.chain.contract import Contract, deploy
from pyvault.chain.system.parts import Parts

__all__ = ["Time"]


class Time(Parts):
    """Clock, snapshots, and raw access."""

    __slots__ = ()

    def warp(self, seconds: int) -> None:
        """Mine one block that many seconds later."""
        self.backend.warp(seconds)

    def warp_to(self, timestamp: int) -> None:
        """Mine one block at that time; nothing if it is now or past."""
        if timestamp > (now := self.now):
            self.backend.warp(timestamp - now)

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks."""
        self.backend.mine(blocks)

    def snapshot(self) -> str:
        """Remember everything."""
        return self.backend.snapshot()

    def revert(self, name: str) -> None:
        """Return to a snapshot, which is used up."""
        self.backend.revert(name)

    def deploy_contract(self, artifact: Artifact | str, *arguments: Any) -> Contract:  # noqa: ANN401 - ABI types
        """Deploy a further contract, given or by name, as the deployer."""
        chosen = load(artifact) if isinstance(artifact, str) else artifact
        return deploy(self.backend, chosen, arguments, self.config.deployer)

    def raw(self, actor: str, contract: Contract | str, function: str, *arguments: Any) -> Receipt:  # noqa: ANN401
        """Receipt of any transaction, reverted or not; `contract` may be the name of its duty."""
        target = self.part(contract) if isinstance(contract, str) else contract
        return target.transact(function, *arguments, sender=actor)
