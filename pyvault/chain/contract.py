"""A contract at an address: its functions by name, its answers decoded, its refusals typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import DEPLOYER, Backend, Receipt
from pyvault.chain.codec import Event, Function, Occurrence, encode_constructor, events, functions
from pyvault.errors import ContractError, InputError

__all__ = ["Contract", "at", "deploy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A deployed contract: an artifact at an address of a backend."""

    artifact: Artifact
    address: str
    backend: Backend
    functions: dict[str, Function]
    events: dict[bytes, Event]

    def call(self, function: str, *arguments: Any, sender: str = DEPLOYER) -> Any:  # noqa: ANN401 - ABI types
        """Decoded result of a call without effect; ContractError names the call and the refusal."""
        entry = self.function(function)
        try:
            return entry.decode(self.backend.call(self.address, entry.encode(arguments), sender))
        except ContractError as error:
            raise ContractError(error.reason, f"{self.artifact.name}.{function}") from error

    def transact(self, function: str, *arguments: Any, sender: str, value: int = 0) -> Receipt:  # noqa: ANN401
        """Receipt of a transaction, reverted or not."""
        return self.backend.transact(self.address, self.function(function).encode(arguments), sender, value)

    def send(self, function: str, *arguments: Any, sender: str, value: int = 0) -> Receipt:  # noqa: ANN401
        """Receipt of a transaction that succeeded; ContractError with the reason of one that did not."""
        receipt = self.transact(function, *arguments, sender=sender, value=value)
        if not receipt.status:
            raise ContractError(receipt.reason, f"{self.artifact.name}.{function}")
        return receipt

    def function(self, name: str) -> Function:
        """Codec of a function; InputError if the contract has none of that name."""
        if name not in self.functions:
            raise InputError("function", name, f"must be a function of {self.artifact.name}")
        return self.functions[name]

    def occurrences(self, receipt: Receipt) -> tuple[Occurrence, ...]:
        """Events that this contract logged in a transaction, decoded, in order."""
        return tuple(
            self.events[log.topics[0]].decode(log)
            for log in receipt.logs
            if log.address == self.address and log.topics and log.topics[0] in self.events
        )


def deploy(
    backend: Backend, artifact: Artifact, arguments: Sequence[Any] = (), sender: str = DEPLOYER
) -> Contract:
    """Deploy a contract; ContractError if its constructor reverts."""
    try:
        address = backend.deploy(encode_constructor(artifact, arguments), sender)
    except ContractError as error:
        raise ContractError(error.reason, f"constructor of {artifact.name}") from error
    return at(backend, artifact, address)


def at(backend: Backend, artifact: Artifact, address: str) -> Contract:
    """A contract that is already there."""
    return Contract(
        artifact=artifact,
        address=address,
        backend=backend,
        functions=functions(artifact),
        events=events(artifact),
    )
