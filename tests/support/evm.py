"""Compile one contract with chosen flags and call it in process, with hand-packed calldata for speed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pyrevm import EVM
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import OptimizationLevel, Settings
from vyper.utils import method_id_int

ROOT = Path(__file__).resolve().parents[2]
CALLER = "0x" + "11" * 20
CALLS_PER_EVM = 200_000  # pyrevm's journal grows with every call
ERROR_STRING = re.compile(r"output: 0x08c379a0[0-9a-f]{64}([0-9a-f]{64})([0-9a-f]*)")


class Reverted(Exception):  # noqa: N818 - it reads as what happened
    """The call reverted; `reason` is its revert string, empty for an arithmetic revert."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@cache
def compiled(path: str, *, venom: bool = False) -> bytes:
    """Initcode of a contract below the repository root."""
    settings = Settings(optimize=OptimizationLevel.GAS, experimental_codegen=venom, evm_version="cancun")
    output = compile_files([str(ROOT / path)], ["bytecode"], settings=settings)
    return bytes.fromhex(output[ROOT / path]["bytecode"][2:])


def encode(signature: str, arguments: Sequence[int]) -> bytes:
    """Calldata of a call whose arguments are one word each; negative integers in two's complement."""
    return method_id_int(signature).to_bytes(4, "big") + pack(arguments)


def pack(arguments: Sequence[int]) -> bytes:
    """Words of 32 bytes; negative integers in two's complement."""
    return b"".join((value & (2**256 - 1)).to_bytes(32, "big") for value in arguments)


def unpack(data: bytes, signed: Sequence[bool]) -> tuple[int, ...]:
    """Words of a return value, each read as signed or unsigned."""
    return tuple(
        int.from_bytes(data[32 * i : 32 * i + 32], "big", signed=is_signed)
        for i, is_signed in enumerate(signed)
    )


class Contract:
    """One deployed contract, in an EVM of its own that is renewed before it grows slow."""

    def __init__(self, path: str, *, venom: bool = False) -> None:
        self.initcode = compiled(path, venom=venom)
        self.renew()

    def renew(self) -> None:
        self.evm = EVM(spec_id="CANCUN")
        self.address = self.evm.deploy(CALLER, self.initcode)
        self.calls = 0

    @property
    def code(self) -> bytes:
        """Deployed runtime code."""
        return self.evm.get_code(self.address)

    def raw(self, data: bytes) -> bytes:
        """Result of a call; raises `Reverted`."""
        self.calls += 1
        if self.calls > CALLS_PER_EVM:
            self.renew()
        try:
            return self.evm.message_call(caller=CALLER, to=self.address, calldata=data)
        except RuntimeError as error:
            match = ERROR_STRING.search(str(error))
            reason = bytes.fromhex(match[2])[: int(match[1], 16)].decode() if match else ""
            raise Reverted(reason) from error

    def gas(self, data: bytes) -> int:
        """Gas of a call that succeeds, with the intrinsic gas of a transaction."""
        self.raw(data)
        return self.evm.result.gas_used
