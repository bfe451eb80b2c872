"""Calldata and return data, from a contract's ABI."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import EncodingError
from eth_utils.crypto import keccak

from pyvault.chain.artifacts import Artifact
from pyvault.errors import InputError

__all__ = ["Function", "functions", "revert_reason"]

_ERROR_SELECTOR = keccak(text="Error(string)")[:4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One external function: its selector, the ABI types of its arguments, and its outputs."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[dict[str, Any], ...]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """Calldata of a call with `arguments`; InputError where they do not fit the ABI types."""
        try:
            return self.selector + encode(self.inputs, arguments)
        except EncodingError as error:
            rule = f"must fit ({', '.join(self.inputs)})"
            raise InputError(self.name, tuple(arguments), rule) from error

    def decode(self, data: bytes) -> Any:  # noqa: ANN401 - as many types as the ABI has
        """Return value: a scalar, a named tuple for a struct, a tuple for several values, None for none."""
        values = decode([_abi_type(output) for output in self.outputs], data)
        named = tuple(_named(output, value) for output, value in zip(self.outputs, values, strict=True))
        if not named:
            return None
        return named[0] if len(named) == 1 else named


def functions(artifact: Artifact) -> dict[str, Function]:
    """External functions of a contract by name (no overloads: Vyper's only ones are default arguments)."""
    found = {}
    for entry in artifact.abi:
        if entry["type"] == "function":
            inputs = tuple(_abi_type(item) for item in entry["inputs"])
            found[entry["name"]] = Function(
                name=entry["name"],
                selector=keccak(text=f"{entry['name']}({','.join(inputs)})")[:4],
                inputs=inputs,
                outputs=tuple(entry["outputs"]),
            )
    return found


def revert_reason(data: bytes) -> str:
    """Reason string of revert data; empty for arithmetic reverts, which carry none."""
    return str(decode(["string"], data[4:])[0]) if data[:4] == _ERROR_SELECTOR else ""


def _abi_type(item: dict[str, Any]) -> str:
    """ABI type as a signature writes it, tuples expanded: ``(uint256,int256)[]``."""
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_abi_type(part) for part in item["components"])
    return f"({inner}){item['type'].removeprefix('tuple')}"


def _named(item: dict[str, Any], value: Any) -> Any:  # noqa: ANN401 - as many types as the ABI has
    """`value` with structs as named tuples."""
    if item["type"] != "tuple":
        return value
    parts = item["components"]
    shape = namedtuple(item["name"] or "Struct", [part["name"] for part in parts])  # type: ignore[misc]  # noqa: PYI024
    return shape(*(_named(part, inner) for part, inner in zip(parts, value, strict=True)))
