"""The in-process EVM: some 10 µs a call, for property tests, simulation and quoting without a node.

pyrevm makes calls, not transactions, so this file keeps what a chain would: nonces, the clock, transient
storage cleared between calls, and a journal that does not grow. Calls run inside a checkpoint that is rolled
back. Transactions must stay in the journal; before it grows long, the whole state is read out of it and put
into a fresh EVM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import count

from eth_utils.crypto import keccak
from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env, ExecutionResult, JournalCheckpoint

from pyvault.chain.arguments import checksum, step, uint256
from pyvault.chain.backend import (
    BLOCK_GAS_LIMIT,
    BLOCK_INTERVAL_S,
    CHAIN_ID,
    GENESIS_S,
    TRANSACTION_GAS_LIMIT,
    Account,
    Log,
    Receipt,
)
from pyvault.chain.codec import revert_reason
from pyvault.errors import ChainError, ContractError

__all__ = ["RevmBackend"]

World = dict[str, Account]

_REVERT_OUTPUT = re.compile(r"Revert .*output: 0x([0-9a-f]*)")
_CODE_PADDING = 33  # revm pads the code that it creates with this many zero bytes
_LONGEST_JOURNAL = 10_000  # levels, one or more a transaction: some 5 MB and their text
_MOST_CHECKPOINTS = 200  # each stands one deeper in a call stack of 1,024
_ACCOUNT = re.compile(
    r"(0x[0-9a-f]{40}): Account \{ info: AccountInfo \{.*?storage: \{(.*?)\}, status: AccountStatus"
)
_SLOT = re.compile(r"(\d+): StorageSlot \{")
_EMPTY = Account()


@dataclass(slots=True, kw_only=True)
class _Snapshot:
    """Clock and uncounted transactions, with either a live checkpoint of the EVM or the whole state."""

    name: str
    number: int
    time: int
    uncounted: dict[str, int]
    checkpoint: JournalCheckpoint | None
    world: World | None = None


class RevmBackend:
    """A fresh chain at the Cancun fork, in this process.

    Parameters
    ----------
    timestamp
        Unix seconds of the first block.
    longest_journal
        Levels of the journal at which the state moves to a fresh EVM; tests make it small.
    """

    def __init__(self, *, timestamp: int = GENESIS_S, longest_journal: int = _LONGEST_JOURNAL) -> None:
        self._number, self._time = 0, timestamp
        self._longest = longest_journal
        self._world: World = {}  # as of the last fresh EVM
        self._uncounted: dict[str, int] = {}  # transactions by sender: the EVM's nonces count creations only
        self._snapshots: list[_Snapshot] = []
        self._names = count(1)
        self._renew({})

    @property
    def now(self) -> int:
        """Unix seconds of the newest block."""
        return self._time

    @property
    def block(self) -> int:
        """Number of the newest block."""
        return self._number

    def deploy(self, initcode: bytes, sender: str) -> str:
        """Create a contract; see `Backend`."""
        sender = checksum(sender)
        if self._uncounted.get(sender):
            self._renew(self.dump())  # the address follows from the nonce, which only a fresh EVM can be told
        self._open_block(BLOCK_INTERVAL_S)
        try:
            address = self._evm.deploy(sender, initcode, gas=TRANSACTION_GAS_LIMIT)
        except RuntimeError as error:
            self._refuse_unmined(error)
            raise ContractError(_reason(error), "constructor") from error
        finally:
            self._close_transaction()
        return checksum(address)

    def call(self, to: str, data: bytes, sender: str) -> bytes:
        """Call without effect; see `Backend`."""
        evm, sender, to = self._evm, checksum(sender), checksum(to)
        checkpoint = evm.snapshot()
        try:
            return bytes(evm.message_call(sender, to, calldata=data, gas=TRANSACTION_GAS_LIMIT))
        except RuntimeError as error:
            _refuse_invalid(error)
            raise ContractError(_reason(error)) from error
        finally:
            evm.revert(checkpoint)
            evm.reset_transient_storage()

    def transact(self, to: str, data: bytes, sender: str, value: int = 0) -> Receipt:
        """Run a transaction in a block of its own; see `Backend`."""
        evm, reason, sender, to = self._evm, "", checksum(sender), checksum(to)
        uint256("value", value)
        self._open_block(BLOCK_INTERVAL_S)
        try:
            evm.message_call(sender, to, calldata=data, value=value, gas=TRANSACTION_GAS_LIMIT)
        except RuntimeError as error:
            self._refuse_unmined(error)
            reason = _reason(error)
        result: ExecutionResult = evm.result  # type: ignore[assignment] # none only before the first
        receipt = Receipt(
            status=bool(result.is_success),
            gas_used=result.gas_used,
            block=self._number,
            logs=tuple(_log(each) for each in result.logs) if result.is_success else (),
            reason=reason,
        )
        self._uncounted[sender] = self._uncounted.get(sender, 0) + 1
        self._close_transaction()
        return receipt

    def code(self, address: str) -> bytes:
        """Runtime code; see `Backend`."""
        address = checksum(address)
        known = self._world.get(address, _EMPTY).code
        return known or bytes(self._evm.get_code(address) or b"")[:-_CODE_PADDING]

    def balance(self, address: str) -> int:
        """Wei; see `Backend`."""
        return int(self._evm.get_balance(checksum(address)))

    def storage(self, address: str, slot: int) -> int:
        """Word of storage; see `Backend`."""
        return int(self._evm.storage(checksum(address), uint256("slot", slot)))

    def set_balance(self, address: str, wei: int) -> None:
        """Give wei; see `Backend`."""
        address, wei = checksum(address), uint256("wei", wei)
        if any(each.checkpoint for each in self._snapshots):
            self._renew(self.dump())  # a gift stands in no journal: no checkpoint would take it back
        self._evm.set_balance(address, wei)

    def dump(self) -> World:
        """Whole state: what the last fresh EVM began with, and what its journal touched since."""
        touched = _touched_slots(self._evm.journal_str)
        world, uncounted = dict(self._world), dict(self._uncounted)
        for address, info in self._evm.journal_state.items():
            before = world.get(address, _EMPTY)
            storage = dict(before.storage)
            storage.update((slot, self._evm.storage(address, slot)) for slot in touched[address])
            world[address] = Account(
                nonce=info.nonce + uncounted.pop(address, 0),
                balance=info.balance,
                code=before.code or bytes(info.code or b"")[:-_CODE_PADDING],
                storage={slot: word for slot, word in storage.items() if word},
            )
        for address, extra in uncounted.items():
            before = world.get(address, _EMPTY)
            world[address] = replace(before, nonce=before.nonce + extra)
        return {address: account for address, account in world.items() if not account.is_empty}

    def warp(self, seconds: int) -> None:
        """Mine one empty block later; see `Backend`."""
        self._open_block(step("seconds", seconds))

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks; see `Backend`."""
        self._number += step("blocks", blocks) - 1
        self._open_block(blocks * BLOCK_INTERVAL_S)

    def snapshot(self) -> str:
        """Remember the present; see `Backend`."""
        if sum(each.checkpoint is not None for each in self._snapshots) >= _MOST_CHECKPOINTS:
            self._renew(self.dump())
        taken = _Snapshot(
            name=hex(next(self._names)),
            number=self._number,
            time=self._time,
            uncounted=dict(self._uncounted),
            checkpoint=self._evm.snapshot(),
        )
        self._snapshots.append(taken)
        return taken.name

    def revert(self, name: str) -> None:
        """Return to a snapshot; see `Backend`."""
        index = next((i for i, each in enumerate(self._snapshots) if each.name == name), None)
        if index is None:
            raise ChainError(f"there is no snapshot {name}: it was used up, or never taken")
        target = self._snapshots[index]
        if target.world is None:
            for each in reversed(self._snapshots[index:]):
                self._roll_back(each)
            del self._snapshots[index:]
        else:
            del self._snapshots[index:]
            self._drop(target.world)
        self._number, self._time, self._uncounted = target.number, target.time, target.uncounted
        self._set_clock()

    def _open_block(self, seconds: int) -> None:
        self._number, self._time = self._number + 1, self._time + seconds
        self._set_clock()

    def _set_clock(self) -> None:
        self._evm.set_block_env(
            BlockEnv(number=self._number, timestamp=self._time, gas_limit=BLOCK_GAS_LIMIT, basefee=0)
        )

    def _refuse_unmined(self, error: RuntimeError) -> None:
        """Take the block back if the transaction never ran: no ether for its value, say."""
        try:
            _refuse_invalid(error)
        except ChainError:
            self._number, self._time = self._number - 1, self._time - BLOCK_INTERVAL_S
            self._set_clock()
            raise

    def _close_transaction(self) -> None:
        self._evm.reset_transient_storage()
        if self._evm.journal_len > self._longest:
            self._renew(self.dump())

    def _renew(self, world: World) -> None:
        """Move `world`, the present state, into a fresh EVM; live checkpoints become states of their own."""
        for each in reversed(self._snapshots):
            if self._roll_back(each):
                self._uncounted = each.uncounted
                each.world, each.uncounted, each.checkpoint = self.dump(), {}, None
        self._uncounted = {}
        self._drop(world)

    def _roll_back(self, taken: _Snapshot) -> bool:
        """Whether the snapshot had a checkpoint to return to; deeper ones must have gone before it."""
        if taken.checkpoint is None:
            return False
        self._evm.revert(taken.checkpoint)
        return True

    def _drop(self, world: World) -> None:
        """Leave the EVM for a fresh one that holds `world`."""
        self._world = world
        self._evm = EVM(env=Env(cfg=CfgEnv(chain_id=CHAIN_ID)), spec_id="CANCUN", gas_limit=BLOCK_GAS_LIMIT)
        for address, account in world.items():
            code = account.code or None
            info = AccountInfo(
                nonce=account.nonce,
                balance=account.balance,  # type: ignore[call-arg] # the stub forgets it
                code_hash=code and keccak(code),
                code=code,
            )
            self._evm.insert_account_info(address, info)
            for slot, word in account.storage.items():
                self._evm.insert_account_storage(address, slot, word)
        self._set_clock()


def _refuse_invalid(error: RuntimeError) -> None:
    """Raise ChainError unless code ran: a sender without ether for the value never came so far."""
    if not str(error).startswith(("Revert", "Halt")):
        raise ChainError(f"the transaction is invalid: {error}") from error


def _touched_slots(journal: str) -> dict[str, list[int]]:
    """Slots by address in the text of a journal: pyrevm tells them in no other way."""
    state = journal.partition("}, transient_storage: ")[0]
    touched: dict[str, list[int]] = {
        checksum(match[1]): [int(slot) for slot in _SLOT.findall(match[2])]
        for match in _ACCOUNT.finditer(state)
    }
    if sum(map(len, touched.values())) != state.count("present_value"):
        raise ChainError("the journal of pyrevm reads otherwise than expected: its state cannot be moved")
    return touched


def _reason(error: RuntimeError) -> str:
    """Revert string in pyrevm's error text; empty for halts and arithmetic reverts."""
    found = _REVERT_OUTPUT.search(str(error))
    return revert_reason(bytes.fromhex(found[1])) if found else ""


def _log(log: object) -> Log:
    topics, data = log.data  # type: ignore[attr-defined]
    return Log(address=checksum(log.address), topics=tuple(map(bytes, topics)), data=bytes(data))  # type: ignore[attr-defined]
