"""A node over JSON-RPC: Anvil on a devnet, or any other with unlocked accounts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from web3 import HTTPProvider

from pyvault.chain.codec import revert_reason
from pyvault.errors import ChainError, ContractError

__all__ = ["Receipt", "RpcBackend"]

_POLL_S = 0.002  # under automine the hash may precede the receipt by a moment
_RECEIPT_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Outcome of a mined transaction; ``reason`` is its revert string when ``status`` is False."""

    status: bool
    gas_used: int
    block: int
    reason: str = ""
    contract_address: str | None = None


class RpcBackend:
    """Calls and transactions through a node's HTTP endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._provider = HTTPProvider(url)

    def deploy(self, initcode: bytes, sender: str) -> str:
        """Create a contract; see `Backend`."""
        receipt = self._send({"from": sender, "data": _hex(initcode)})
        if not receipt.status or receipt.contract_address is None:
            raise ContractError(receipt.reason, "constructor")
        return receipt.contract_address

    def call(self, to: str, data: bytes, sender: str) -> bytes:
        """Call without effect; see `Backend`."""
        result = self.request("eth_call", {"from": sender, "to": to, "data": _hex(data)}, "latest")
        return bytes.fromhex(result[2:])

    def transact(self, to: str, data: bytes, sender: str, value: int = 0) -> Receipt:
        """Receipt of a mined transaction, reverted or not."""
        return self._send({"from": sender, "to": to, "data": _hex(data), "value": hex(value)})

    def code(self, address: str) -> bytes:
        """Runtime code; see `Backend`."""
        return bytes.fromhex(self.request("eth_getCode", address, "latest")[2:])

    def request(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - whatever the method returns
        """Result of a JSON-RPC method.

        Raises
        ------
        ContractError
            If the node reports a revert.
        ChainError
            If it reports anything else, or cannot be reached.
        """
        try:
            response = self._provider.make_request(method, list(parameters))
        except OSError as error:
            raise ChainError(f"{self.url} does not answer {method}: {error}") from error
        failure: Any = response.get("error")
        if failure is None:
            return response["result"]
        data = failure.get("data") if isinstance(failure, dict) else None
        if isinstance(data, str) and data.startswith("0x"):
            raise ContractError(revert_reason(bytes.fromhex(data[2:])), method)
        raise ChainError(f"{method}: {failure}")

    def _send(self, transaction: dict[str, str]) -> Receipt:
        """Send with a gas limit that lets a revert be mined, and wait for the receipt."""
        sent = self.request("eth_sendTransaction", transaction | {"gas": hex(15_000_000)})
        deadline = time.monotonic() + _RECEIPT_TIMEOUT_S
        while (receipt := self.request("eth_getTransactionReceipt", sent)) is None:
            if time.monotonic() > deadline:
                raise ChainError(f"{sent} was not mined within {_RECEIPT_TIMEOUT_S:g} s")
            time.sleep(_POLL_S)
        status = int(receipt["status"], 16) == 1
        return Receipt(
            status=status,
            gas_used=int(receipt["gasUsed"], 16),
            block=int(receipt["blockNumber"], 16),
            reason="" if status else self._reason(transaction),
            contract_address=receipt["contractAddress"],
        )

    def _reason(self, transaction: dict[str, str]) -> str:
        """Why a mined transaction reverted, by calling it again."""
        try:
            self.request("eth_call", transaction, "latest")
        except ContractError as error:
            return error.reason
        return ""


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
