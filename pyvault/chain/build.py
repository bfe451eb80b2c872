"""Compile ``contracts/`` into package data: ``python -m pyvault.chain.build [--force]``.

The legacy code generator, optimised for gas, warnings as errors. ``CamelCase.vy`` deploys; ``snake_case.vy``
is a module of others and is compiled only through them.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

from vyper.cli.vyper_compile import compile_files

from pyvault.chain.artifacts import ARTIFACTS, CONTRACTS, deployables, source_hash

__all__ = ["build", "deployables"]


def build(*, force: bool = False) -> list[str]:
    """Compile what is out of date and return the names compiled.

    Modules are hashed with their contracts, so a change in any Vyper file recompiles everything: a compiler
    cache that looks at top-level files alone serves stale bytecode.
    """
    stamp = source_hash()
    paths = deployables()
    if not force and all(_is_current(path, stamp) for path in paths):
        return []
    output = compile_files(
        [str(path) for path in paths],
        ["abi", "bytecode", "bytecode_runtime"],
        paths=[str(CONTRACTS)],
        warnings_control="error",
    )
    ARTIFACTS.mkdir(exist_ok=True)
    for stale in ARTIFACTS.glob("*.json"):
        stale.unlink()
    for path in paths:
        compiled = output[path]
        record = {
            "name": path.stem,
            "compiler": f"vyper {version('vyper')}",
            "source_hash": stamp,
            "abi": compiled["abi"],
            "initcode": compiled["bytecode"].removeprefix("0x"),
            "runtime": compiled["bytecode_runtime"].removeprefix("0x"),
        }
        target = ARTIFACTS / f"{path.stem}.json"
        target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return [path.stem for path in paths]


def _is_current(path: Path, stamp: str) -> bool:
    target = ARTIFACTS / f"{path.stem}.json"
    return target.exists() and json.loads(target.read_text(encoding="utf-8"))["source_hash"] == stamp


if __name__ == "__main__":
    compiled_names = build(force="--force" in sys.argv[1:])
    sys.stdout.write(
        f"compiled {', '.join(compiled_names)}\n" if compiled_names else "artifacts are current\n"
    )
