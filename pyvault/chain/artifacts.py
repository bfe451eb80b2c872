"""Compiled contracts as package data: built once from ``contracts/``, loaded by name, refused when stale."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pyvault.errors import SetupError

__all__ = ["ARTIFACTS", "CONTRACTS", "Artifact", "deployables", "load", "names", "source_hash"]

ARTIFACTS = Path(__file__).parent / "artifacts"
CONTRACTS = Path(__file__).parents[2] / "contracts"
_REMEDY = "Run `make artifacts` (it compiles contracts/ and takes a few seconds)."


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One deployable contract.

    ``initcode`` is what a deployment transaction carries, before constructor arguments; ``runtime`` excludes
    immutables; ``source_hash`` covers every Vyper file of the tree and the compiler's version.
    """

    name: str
    abi: tuple[dict[str, Any], ...]
    initcode: bytes
    runtime: bytes
    source_hash: str
    compiler: str


def source_hash(contracts: Path = CONTRACTS) -> str:
    """SHA-256 over the path and content of every ``.vy`` and ``.vyi`` file below `contracts`."""
    digest = hashlib.sha256()
    for path in sorted((*contracts.rglob("*.vy"), *contracts.rglob("*.vyi"))):
        digest.update(path.relative_to(contracts).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def deployables(contracts: Path = CONTRACTS) -> list[Path]:
    """Contracts that deploy: every Vyper file whose name starts with a capital letter."""
    return sorted(path for path in contracts.rglob("*.vy") if path.name[0].isupper())


def names() -> list[str]:
    """Names of the built artifacts, sorted."""
    return sorted(path.stem for path in ARTIFACTS.glob("*.json"))


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
    raw = json.loads(path.read_text(encoding="utf-8"))
    if CONTRACTS.is_dir() and raw["source_hash"] != source_hash():
        raise SetupError(f"The artifact of {name!r} is older than contracts/", _REMEDY)
    return Artifact(
        name=raw["name"],
        abi=tuple(raw["abi"]),
        initcode=bytes.fromhex(raw["initcode"]),
        runtime=bytes.fromhex(raw["runtime"]),
        source_hash=raw["source_hash"],
        compiler=raw["compiler"],
    )
