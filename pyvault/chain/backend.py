"""What an engine must do for pyvault to drive contracts on it: bytes in, bytes out, and a clock.

`RevmBackend` runs in this process, `RpcBackend` speaks to Anvil or any node; everything above is the same.
Both keep one clock: a transaction is a block of its own, `BLOCK_INTERVAL_S` after the block before it, and a
call sees the newest block's number and time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

__all__ = [
    "BLOCK_GAS_LIMIT",
    "BLOCK_INTERVAL_S",
    "CHAIN_ID",
    "DEPLOYER",
    "GENESIS_S",
    "TRANSACTION_GAS_LIMIT",
    "Account",
    "Backend",
    "Log",
    "Receipt",
]

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # Anvil's first funded account
CHAIN_ID = 31_337  # of a local chain, on either backend
GENESIS_S = 1_767_254_400  # 2026-01-01 08:00 UTC, where a chain begins that is told nothing else
BLOCK_INTERVAL_S = 1  # from one transaction's block to the next
BLOCK_GAS_LIMIT = 30_000_000
TRANSACTION_GAS_LIMIT = 15_000_000  # of every call and transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One event as the chain records it; the first topic names the event unless it is anonymous."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Outcome of a mined transaction; ``reason`` is its revert string when ``status`` is False.

    ``gas_used`` is binding on a node only: in process, storage stays warm from one transaction to the next,
    which hides up to 2,100 gas a slot at first touch (and 4,800 at a write).
    """

    status: bool
    gas_used: int
    block: int
    logs: tuple[Log, ...] = ()
    reason: str = ""
    contract_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """State of one address; ``storage`` holds no zeros."""

    nonce: int = 0
    balance: int = 0
    code: bytes = b""
    storage: Mapping[int, int] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the chain need not remember it."""
        return not (self.nonce or self.balance or self.code or self.storage)


@runtime_checkable
class Backend(Protocol):
    """An EVM that knows bytes, not contracts. Any address without code may act; local chains take no fee."""

    @property
    def now(self) -> int:
        """Unix seconds of the newest block."""

    @property
    def block(self) -> int:
        """Number of the newest block."""

    def deploy(self, initcode: bytes, sender: str) -> str:
        """Create a contract and return its address; ContractError if its constructor reverts."""

    def call(self, to: str, data: bytes, sender: str) -> bytes:
        """Return data of a call whose effects are dropped; ContractError if it reverts."""

    def transact(self, to: str, data: bytes, sender: str, value: int = 0) -> Receipt:
        """Receipt of a mined transaction, reverted or not; ChainError if it could not be mined at all."""

    def code(self, address: str) -> bytes:
        """Runtime code at an address, immutables included."""

    def balance(self, address: str) -> int:
        """Wei held by an address."""

    def storage(self, address: str, slot: int) -> int:
        """Word of a contract's storage."""

    def set_balance(self, address: str, wei: int) -> None:
        """Give an address exactly this many wei, outside any transaction."""

    def dump(self) -> dict[str, Account]:
        """Every account that is not empty, by checksummed address."""

    def warp(self, seconds: int) -> None:
        """Mine an empty block that many seconds after the newest; at least 1."""

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks at the usual interval."""

    def snapshot(self) -> str:
        """Remember state and clock under a new name."""

    def revert(self, name: str) -> None:
        """Return to a snapshot, which is used up, as are those taken after it; ChainError if it is gone."""
