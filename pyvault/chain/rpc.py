"""A node over JSON-RPC: Anvil on a devnet, or any other with unlocked accounts."""

from __future__ import annotations

import gzip
import json
import time
from contextlib import suppress
from typing import Any

from pyvault.chain.arguments import checksum, step, uint256
from pyvault.chain.backend import BLOCK_INTERVAL_S, TRANSACTION_GAS_LIMIT, Account, Log, Receipt
from pyvault.chain.codec import revert_reason
from pyvault.chain.transport import Client
from pyvault.errors import ChainError, ContractError

__all__ = ["RpcBackend"]

_POLL_S = 0.002  # under automine the hash may precede the receipt by a moment
_RECEIPT_TIMEOUT_S = 30.0
_EMPTY_HEX = ("0x", "0x0")


class RpcBackend:
    """Calls and transactions through a node's HTTP endpoint or socket file.

    A node of `running_anvil` acts for any address, takes no fees and keeps the clock of `Backend`. Elsewhere
    senders must be unlocked accounts, fees are the node's, and `warp`, `snapshot` and the like exist only
    where the node offers Anvil's methods.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = Client(url)
        self._fee: dict[str, str] | None = None
        self._senders: set[str] = set()
        self._waits_for_receipts = True  # one exchange a transaction, until the node refuses the method

    @property
    def now(self) -> int:
        """Unix seconds of the newest block."""
        return int(self._newest()["timestamp"], 16)

    @property
    def block(self) -> int:
        """Number of the newest block."""
        return int(self.request("eth_blockNumber"), 16)

    def deploy(self, initcode: bytes, sender: str) -> str:
        """Create a contract; see `Backend`."""
        receipt = self._send({"from": sender, "data": _hex(initcode)})
        if not receipt.status or receipt.contract_address is None:
            raise ContractError(receipt.reason, "constructor")
        return receipt.contract_address

    def call(self, to: str, data: bytes, sender: str) -> bytes:
        """Call without effect; see `Backend`."""
        self._check_sender(sender)
        transaction = {
            "from": sender,
            "to": checksum(to),
            "data": _hex(data),
            "gas": hex(TRANSACTION_GAS_LIMIT),
        }
        return _bytes(self.request("eth_call", transaction, "latest"))

    def transact(self, to: str, data: bytes, sender: str, value: int = 0) -> Receipt:
        """Receipt of a mined transaction, reverted or not; see `Backend`."""
        wei = hex(uint256("value", value))
        return self._send({"from": sender, "to": checksum(to), "data": _hex(data), "value": wei})

    def code(self, address: str) -> bytes:
        """Runtime code; see `Backend`."""
        return _bytes(self.request("eth_getCode", checksum(address), "latest"))

    def balance(self, address: str) -> int:
        """Wei; see `Backend`."""
        return int(self.request("eth_getBalance", checksum(address), "latest"), 16)

    def storage(self, address: str, slot: int) -> int:
        """Word of storage; see `Backend`."""
        where = (checksum(address), hex(uint256("slot", slot)))
        return int(self.request("eth_getStorageAt", *where, "latest"), 16)

    def words(self, address: str, slots: list[int]) -> list[int]:
        """Words of storage by one exchange."""
        holder = checksum(address)
        parameters = [(holder, hex(uint256("slot", slot)), "latest") for slot in slots]
        return [int(word, 16) for word in self._client.batch("eth_getStorageAt", parameters)]

    def set_balance(self, address: str, wei: int) -> None:
        """Give wei; see `Backend`."""
        self.request("anvil_setBalance", checksum(address), hex(uint256("wei", wei)))

    def dump(self) -> dict[str, Account]:
        """Whole state of an Anvil node; see `Backend`."""
        state = json.loads(gzip.decompress(_bytes(self.request("anvil_dumpState"))))
        accounts = {
            checksum(address): Account(
                nonce=raw["nonce"],
                balance=int(raw["balance"], 16),
                code=_bytes(raw["code"]),
                storage={int(k, 16): int(v, 16) for k, v in raw["storage"].items() if int(v, 16)},
            )
            for address, raw in state["accounts"].items()
        }
        return {address: account for address, account in accounts.items() if not account.is_empty}

    def warp(self, seconds: int) -> None:
        """Mine one empty block later; see `Backend`."""
        self.request("evm_setNextBlockTimestamp", hex(self.now + step("seconds", seconds)))
        self.request("evm_mine")

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks; see `Backend`."""
        self.request("anvil_mine", hex(step("blocks", blocks)), hex(BLOCK_INTERVAL_S))

    def snapshot(self) -> str:
        """Remember the present; see `Backend`."""
        return str(self.request("evm_snapshot"))

    def revert(self, name: str) -> None:
        """Return to a snapshot; see `Backend`."""
        self._await_empty_pool()
        try:
            is_back = self.request("evm_revert", name)
        except ChainError as error:
            raise ChainError(f"there is no snapshot {name}: {error}") from error
        if not is_back:
            raise ChainError(f"there is no snapshot {name}: it was used up, or never taken")

    def request(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - whatever the method returns
        """Result of a JSON-RPC method; ContractError for a revert, ChainError for any other failure."""
        return self._client.request(method, *parameters)

    def _newest(self) -> dict[str, Any]:
        newest: dict[str, Any] = self.request("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON
        return newest

    def _check_sender(self, sender: str) -> None:
        """Refuse a contract as sender, as every chain does (EIP-3607) but a node that impersonates."""
        if sender not in self._senders:
            if self.code(sender):
                raise ChainError(f"the transaction is invalid: {sender} is a contract and sends none")
            self._senders.add(sender)

    def _send(self, transaction: dict[str, str]) -> Receipt:
        """Send with a gas limit that lets a revert be mined, and wait for the receipt."""
        self._check_sender(transaction["from"])
        if self._fee is None:
            is_free = self._newest().get("baseFeePerGas") in (None, "0x0")
            self._fee = {"gasPrice": "0x0"} if is_free else {}
        body = transaction | self._fee | {"gas": hex(TRANSACTION_GAS_LIMIT)}
        receipt = self._mined(body)
        status = int(receipt["status"], 16) == 1
        created = receipt["contractAddress"]
        return Receipt(
            status=status,
            gas_used=int(receipt["gasUsed"], 16),
            block=int(receipt["blockNumber"], 16),
            logs=tuple(_log(each) for each in receipt["logs"]),
            reason="" if status else self._reason(receipt["transactionHash"], transaction),
            contract_address=created and checksum(created),
        )

    def _mined(self, transaction: dict[str, str]) -> dict[str, Any]:
        """Raw receipt: by one exchange where the node can wait, else by asking until it is there."""
        if self._waits_for_receipts:
            try:
                return self.request("eth_sendTransactionSync", transaction)  # type: ignore[no-any-return]
            except ChainError as error:
                if "-32601" not in str(error):  # method not found: nothing was sent
                    raise
                self._waits_for_receipts = False
        sent = self.request("eth_sendTransaction", transaction)
        deadline = time.monotonic() + _RECEIPT_TIMEOUT_S
        while (receipt := self.request("eth_getTransactionReceipt", sent)) is None:
            if time.monotonic() > deadline:
                raise ChainError(f"{sent} was not mined within {_RECEIPT_TIMEOUT_S:g} s")
            time.sleep(_POLL_S)
        return receipt  # type: ignore[no-any-return]

    def _await_empty_pool(self) -> None:
        """Wait until what was mined has left the node's pool.

        The receipt comes first; a revert in between would leave the transaction to be mined once more, or
        drop the next one, which bears the same nonce.
        """
        deadline = time.monotonic() + _RECEIPT_TIMEOUT_S
        while int(self.request("txpool_status")["pending"], 16):
            if time.monotonic() > deadline:
                raise ChainError(f"transactions still wait in the node's pool after {_RECEIPT_TIMEOUT_S:g} s")
            time.sleep(_POLL_S)

    def _reason(self, transaction_hash: str, transaction: dict[str, str]) -> str:
        """Why a mined transaction reverted: by the node's record, else by calling it again."""
        with suppress(ChainError):  # a method of some nodes only
            if (data := self.request("ots_getTransactionError", transaction_hash)) is not None:
                return revert_reason(_bytes(data))
        try:
            self.request("eth_call", transaction, "latest")
        except ContractError as error:
            return error.reason
        return ""


def _log(raw: dict[str, Any]) -> Log:
    return Log(
        address=checksum(raw["address"]),
        topics=tuple(_bytes(topic) for topic in raw["topics"]),
        data=_bytes(raw["data"]),
    )


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _bytes(text: str) -> bytes:
    return b"" if text in _EMPTY_HEX else bytes.fromhex(text[2:])
