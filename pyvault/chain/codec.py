"""Codecs generated from a contract's ABI: calldata, return values and events, structs as named tuples."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.crypto import keccak

from pyvault.chain.arguments import checksum
from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import Log
from pyvault.errors import ChainError, InputError

__all__ = [
    "Event",
    "Function",
    "Occurrence",
    "encode_constructor",
    "events",
    "functions",
    "revert_reason",
]

Abi = dict[str, Any]
Convert = Callable[[Any], Any]

_ERROR_SELECTOR = keccak(text="Error(string)")[:4]
_DYNAMIC = re.compile(r"string|bytes$|tuple|\[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """One external function: its selector, the ABI types of its arguments, and its outputs."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[Abi, ...]
    mutability: str
    arguments: tuple[str, ...] = ()
    _output_types: tuple[str, ...] = field(repr=False)
    _convert: tuple[Convert, ...] = field(repr=False)

    @property
    def signature(self) -> str:
        """Canonical signature, whose hash begins with the selector."""
        return f"{self.name}({','.join(self.inputs)})"

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """Calldata of a call with `arguments`.

        Raises
        ------
        InputError
            If their number is wrong or one does not fit its type.
        """
        return self.selector + _encode(self.name, self.inputs, arguments)

    def decode(self, data: bytes) -> Any:  # noqa: ANN401 - as many types as the ABI has
        """Return value: a scalar, a named tuple for a struct, a tuple for several values, None for none."""
        if not self._output_types:
            return None
        if self._output_types in {("uint256",), ("int256",)} and len(data) == 32:  # noqa: PLR2004 - a word
            return int.from_bytes(data, "big", signed=self._output_types == ("int256",))
        if not data:
            raise ChainError(f"{self.name}: an empty answer, as from an address without code")
        try:
            values = decode(self._output_types, data)
        except (DecodingError, UnicodeDecodeError) as error:  # a hostile contract answers what it likes
            raise ChainError(f"{self.name}: the answer is no {', '.join(self._output_types)}") from error
        named = tuple(convert(value) for convert, value in zip(self._convert, values, strict=True))
        return named[0] if len(named) == 1 else named


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event that happened: who logged it, its name, and its fields as a named tuple."""

    address: str
    name: str
    fields: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of an interface."""

    name: str
    topic: bytes
    inputs: tuple[Abi, ...]
    _shape: Any = field(repr=False)

    def decode(self, log: Log) -> Occurrence:
        """Fields of a log whose first topic is this event's; an indexed string or array is its hash."""
        topics = iter(log.topics[1:])
        body = [item for item in self.inputs if not item["indexed"]]
        words = iter(decode([_abi_type(item) for item in body], log.data))
        fields = []
        for item in self.inputs:
            if not item["indexed"]:
                fields.append(_converter(item)(next(words)))
            elif _DYNAMIC.search(item["type"]):
                fields.append(next(topics))
            else:
                fields.append(_converter(item)(decode([_abi_type(item)], next(topics))[0]))
        return Occurrence(address=log.address, name=self.name, fields=self._shape(*fields))


def functions(artifact: Artifact) -> dict[str, Function]:
    """Every external function: by name, and where several share one, the shorter by their signatures.

    Default arguments make such functions; the name is that of the one which takes them all.
    """
    entries = [_function(entry) for entry in artifact.abi if entry["type"] == "function"]
    longest: dict[str, Function] = {}
    for each in entries:
        known, inputs = longest.get(each.name), each.inputs
        if known is None or len(known.inputs) < len(inputs):
            longest[each.name] = each
    return {each.name if longest[each.name] is each else each.signature: each for each in entries}


def _function(entry: Abi) -> Function:
    inputs = tuple(map(_abi_type, entry["inputs"]))
    return Function(
        name=entry["name"],
        selector=keccak(text=f"{entry['name']}({','.join(inputs)})")[:4],
        inputs=inputs,
        outputs=tuple(entry["outputs"]),
        mutability=entry.get("stateMutability", "nonpayable"),
        arguments=tuple(item["name"] for item in entry["inputs"]),
        _output_types=tuple(map(_abi_type, entry["outputs"])),
        _convert=tuple(map(_converter, entry["outputs"])),
    )


def events(artifact: Artifact) -> dict[bytes, Event]:
    """Events by their first topic."""
    found = [
        Event(
            name=entry["name"],
            topic=keccak(text=f"{entry['name']}({','.join(map(_abi_type, entry['inputs']))})"),
            inputs=tuple(entry["inputs"]),
            _shape=_shape(entry["name"], entry["inputs"]),
        )
        for entry in artifact.abi
        if entry["type"] == "event"
    ]
    return {event.topic: event for event in found}


def encode_constructor(artifact: Artifact, arguments: Sequence[Any]) -> bytes:
    """Initcode with its constructor's arguments behind it."""
    entries = [entry for entry in artifact.abi if entry["type"] == "constructor"]
    types = tuple(_abi_type(item) for item in entries[0]["inputs"]) if entries else ()
    return artifact.initcode + _encode(f"constructor of {artifact.name}", types, arguments)


def revert_reason(data: bytes) -> str:
    """Reason string of revert data; empty for arithmetic reverts, which carry none."""
    if data[:4] != _ERROR_SELECTOR:
        return ""
    try:
        return str(decode(["string"], data[4:])[0])
    except (DecodingError, UnicodeDecodeError):  # a hostile contract reverts with what it likes
        return ""


def _encode(name: str, types: tuple[str, ...], arguments: Sequence[Any]) -> bytes:
    if len(types) != len(arguments):
        raise InputError(name, arguments, f"takes {len(types)} arguments: {', '.join(types) or 'none'}")
    words = [_word(kind, value) for kind, value in zip(types, arguments, strict=True)]
    if None not in words:
        return b"".join(words)  # type: ignore[arg-type]
    try:
        return encode(types, arguments)
    except (EncodingError, OverflowError) as error:
        raise InputError(name, arguments, f"must fit ({', '.join(types)}): {error}") from error


def _word(kind: str, value: object) -> bytes | None:
    """A full-width integer, address or flag as its word, many times faster than by eth_abi; else None."""
    if kind == "address" and isinstance(value, str):
        return bytes(12) + bytes.fromhex(checksum(value)[2:])
    if kind == "bool" and isinstance(value, bool):
        return value.to_bytes(32, "big")
    if type(value) is not int or kind not in {"uint256", "int256"}:
        return None
    try:
        return value.to_bytes(32, "big", signed=kind == "int256")
    except OverflowError as error:
        raise InputError("argument", value, f"must fit {kind}") from error


def _abi_type(item: Abi) -> str:
    """ABI type as a signature writes it, tuples expanded: ``(uint256,int256)[]``."""
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_abi_type(part) for part in item["components"])
    return f"({inner}){item['type'].removeprefix('tuple')}"


def _shape(name: str, parts: Sequence[Abi]) -> Any:  # noqa: ANN401 - a class made at run time
    return namedtuple(name or "Struct", [part["name"] for part in parts], rename=True)  # noqa: PYI024


def _converter(item: Abi) -> Convert:
    """How a decoded value becomes ours: structs as named tuples at any depth, addresses checksummed."""
    kind = str(item["type"])
    if kind.endswith("]"):
        inner = _converter({**item, "type": kind.rpartition("[")[0]})
        return lambda values: tuple(inner(value) for value in values)
    if kind == "tuple":
        shape = _shape(item["name"], item["components"])
        inners = [_converter(part) for part in item["components"]]
        return lambda values: shape(*(convert(value) for convert, value in zip(inners, values, strict=True)))
    return checksum if kind == "address" else _same


def _same(value: Any) -> Any:  # noqa: ANN401 - any value
    return value
