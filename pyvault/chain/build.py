"""Compile ``contracts/`` into package data: ``python -m pyvault.chain.build [--force]``.

The legacy code generator, optimised for gas, warnings as errors. ``CamelCase.vy`` deploys; ``snake_case.vy``
is a module of others and is compiled only through them.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vyper.cli.vyper_compile import get_search_paths
from vyper.compiler import outputs_from_compiler_data
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.warnings import warnings_filter

from pyvault.chain.artifacts import ARTIFACTS, CONTRACTS, deployables, is_current, source_hash
from pyvault.errors import SetupError

__all__ = ["build", "compiled", "deployables"]

_OUTPUTS = ("abi", "bytecode", "bytecode_runtime")


def build(*, force: bool = False) -> list[str]:
    """Compile what is out of date and return the names compiled.

    A contract is out of date when a file that the compiler read for it has changed, modules of modules
    included, or a Vyper file was added, moved or removed: a compiler cache that looks at top-level files
    alone serves stale bytecode.
    """
    paths = deployables()
    current = {path.stem for path in paths if not force and is_current(path.stem)}
    for artifact in ARTIFACTS.glob("*.json"):
        if artifact.stem not in current:
            artifact.unlink()
    ARTIFACTS.mkdir(exist_ok=True)
    due = [path for path in paths if path.stem not in current]
    for path in due:
        record = compiled(path)
        (ARTIFACTS / f"{path.stem}.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return [path.stem for path in due]


def compiled(path: Path) -> dict[str, Any]:
    """Artifact of one contract, and the files that the compiler read for it.

    Raises
    ------
    SetupError
        If one of them is not what the compiler read any more.
    """
    inputs = FilesystemInputBundle(get_search_paths([str(CONTRACTS)]))
    top = inputs.load_file(path)
    data = CompilerData(top, inputs)
    with warnings_filter("error"):
        output = outputs_from_compiler_data(data, _OUTPUTS)
    root = CONTRACTS.resolve()  # the compiler follows links
    read = {Path(each.resolved_path): each.contents for each in (top, *data.resolved_imports.compiler_inputs)}
    ours = {at.relative_to(root).as_posix(): text for at, text in read.items() if at.is_relative_to(root)}
    sources = sorted(ours)
    stamp = source_hash(sources, CONTRACTS)
    if any((root / name).read_text(encoding="utf-8") != text for name, text in ours.items()):
        raise SetupError(f"contracts/ has changed while {path.stem!r} was compiled", "Build again.")
    return {
        "name": path.stem,
        "compiler": f"vyper {version('vyper')}",
        "sources": sources,
        "source_hash": stamp,
        "abi": output["abi"],
        "initcode": output["bytecode"].removeprefix("0x"),
        "runtime": output["bytecode_runtime"].removeprefix("0x"),
    }


if __name__ == "__main__":
    names = build(force="--force" in sys.argv[1:])
    sys.stdout.write(f"compiled {', '.join(names)}\n" if names else "artifacts are current\n")
