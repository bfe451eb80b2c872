"""What an engine must do for pyvault to deploy to it and call it: bytes in, bytes out.

`RevmBackend` runs in this process, `RpcBackend` speaks to Anvil or any node; everything above is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pyvault.chain.artifacts import Artifact
from pyvault.chain.codec import Function, functions

__all__ = ["DEPLOYER", "Backend", "Contract", "deploy"]

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # Anvil's first funded account


class Backend(Protocol):
    """An EVM that knows bytes, not contracts."""

    def deploy(self, initcode: bytes, sender: str) -> str:
        """Create a contract and return its address; ContractError if its constructor reverts."""

    def call(self, to: str, data: bytes, sender: str) -> bytes:
        """Return data of a call that changes nothing; ContractError if it reverts."""

    def code(self, address: str) -> bytes:
        """Runtime code at an address, immutables included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A deployed contract: an artifact at an address of a backend."""

    artifact: Artifact
    address: str
    backend: Backend
    functions: dict[str, Function]

    def call(self, function: str, *arguments: Any, sender: str = DEPLOYER) -> Any:  # noqa: ANN401 - ABI types
        """Decoded result of a view call."""
        entry = self.functions[function]
        return entry.decode(self.backend.call(self.address, entry.encode(arguments), sender))


def deploy(backend: Backend, artifact: Artifact, sender: str = DEPLOYER) -> Contract:
    """Deploy a contract whose constructor takes nothing."""
    address = backend.deploy(artifact.initcode, sender)
    return Contract(artifact=artifact, address=address, backend=backend, functions=functions(artifact))
