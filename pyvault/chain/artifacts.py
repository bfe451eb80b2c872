"""Compiled contracts as package data: built once from ``contracts/``, loaded by name, refused when stale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pyvault.errors import SetupError

__all__ = ["ARTIFACTS", "CONTRACTS", "Artifact", "deployables", "is_current", "load", "names", "source_hash"]

ARTIFACTS = Path(__file__).parent / "artifacts"
CONTRACTS = Path(__file__).parents[2] / "contracts"
_REMEDY = "Run `make artifacts` (it compiles contracts/ and takes a few seconds)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One deployable contract.

    ``initcode`` is what a deployment transaction carries, before constructor arguments; ``runtime`` excludes
    immutables; ``source_hash`` covers ``sources``, the files that the compiler read, and its version.
    """

    name: str
    abi: tuple[dict[str, Any], ...]
    initcode: bytes
    runtime: bytes
    sources: tuple[str, ...]
    source_hash: str
    compiler: str


def source_hash(sources: Sequence[str], contracts: Path) -> str:
    """SHA-256 over what a contract's code depends on.

    That is: the content of each file of `sources`, relative to `contracts`; the paths of all Vyper files
    there, since a new one may be found in another's stead; and the versions of compiler and library.
    """
    digest = hashlib.sha256("\0".join(map(_version, ("vyper", "snekmate"))).encode())
    for path in sorted((*contracts.rglob("*.vy"), *contracts.rglob("*.vyi"))):
        digest.update(path.relative_to(contracts).as_posix().encode() + b"\0")
    for source in sources:
        path = contracts / source
        digest.update(source.encode() + b"\0" + (path.read_bytes() if path.exists() else b"") + b"\0")
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return package


def deployables(contracts: Path = CONTRACTS) -> list[Path]:
    """Contracts that deploy: every Vyper file whose name starts with a capital letter."""
    return sorted(path for path in contracts.rglob("*.vy") if path.name[0].isupper())


def names() -> list[str]:
    """Names of the built artifacts, sorted."""
    return sorted(path.stem for path in ARTIFACTS.glob("*.json"))


def is_current(name: str) -> bool:
    """Whether a contract was built from what now lies in ``contracts/``; where that is not, it is."""
    path = ARTIFACTS / f"{name}.json"
    if not path.exists():
        return False
    if not CONTRACTS.is_dir():
        return True
    raw = json.loads(path.read_text(encoding="utf-8"))
    return "sources" in raw and raw["source_hash"] == source_hash(raw["sources"], CONTRACTS)


@lru_cache
def load(name: str) -> Artifact:
    """Artifact of a contract by name.

    Raises
    ------
    SetupError
        If it was never built, or ``contracts/`` has changed since.
    """
    path = ARTIFACTS / f"{name}.json"
    if not path.exists():
        raise SetupError(
            f"No compiled artifact of contract {name!r} (built: {', '.join(names()) or 'none'})", _REMEDY
        )
    if not is_current(name):
        raise SetupError(f"The artifact of {name!r} is older than contracts/", _REMEDY)
    raw = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=raw["name"],
        abi=tuple(raw["abi"]),
        initcode=bytes.fromhex(raw["initcode"]),
        runtime=bytes.fromhex(raw["runtime"]),
        sources=tuple(raw["sources"]),
        source_hash=raw["source_hash"],
        compiler=raw["compiler"],
    )
