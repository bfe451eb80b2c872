"""Planted faults: break one line in a copy of the tree and see whether the law's test notices."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Mutant", "fails_unbroken", "is_caught", "read_mutants"]

_TESTS_FAILED = 1  # pytest's exit status; any other means that the test did not run as it should
_COPIED = (
    "contracts",
    "pyvault",
    "tests",
    "scripts",
    "bench",
    "docs",
    "pyproject.toml",
    "ape-config.yaml",
    "Makefile",
    "README.md",
    "LICENSE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: replace the single occurrence of `find` in `file`; `test` must then fail."""

    file: str
    find: str
    replace: str
    test: str
    law: str

    @property
    def name(self) -> str:
        """Name of the record: the file and the law."""
        return f"mutant {self.file} {self.law}"


def read_mutants(root: Path) -> list[Mutant]:
    """Faults listed in ``tests/mutants.toml``."""
    with (root / "tests" / "mutants.toml").open("rb") as stream:
        return [Mutant(**entry) for entry in tomllib.load(stream).get("mutant", [])]


def is_caught(mutant: Mutant, root: Path) -> bool:
    """Whether the test fails on the broken copy; the copy is made afresh for each.

    Code that no longer compiles fails every test and proves none: it does not count as caught.

    Raises
    ------
    ValueError
        If `find` does not occur exactly once: the list has fallen behind the code.
    """
    source = (root / mutant.file).read_text(encoding="utf-8")
    if source.count(mutant.find) != 1:
        raise ValueError(f"{mutant.file}: {mutant.find!r} occurs {source.count(mutant.find)} times, not once")
    copy, environment = _copy_of(root)
    (copy / mutant.file).write_text(source.replace(mutant.find, mutant.replace), encoding="utf-8")
    if mutant.file.startswith("contracts/"):
        build = [sys.executable, "-m", "pyvault.chain.build"]
        built = subprocess.run(build, cwd=copy, env=environment, capture_output=True, text=True, check=False)
        if built.returncode:
            print(f"not a fault, it does not compile: {mutant.law}\n{built.stderr[-1_500:]}")
            return False
    run = _run_tests(copy, environment, "-x", mutant.test)
    if run.returncode != _TESTS_FAILED:
        print(f"not caught (pytest's status {run.returncode}): {mutant.law}\n{run.stdout[-1_500:]}")
    return run.returncode == _TESTS_FAILED


def fails_unbroken(mutants: Iterable[Mutant], root: Path) -> bool:
    """Whether a test of the list fails where nothing is broken: it would prove nothing of its fault."""
    copy, environment = _copy_of(root)
    run = _run_tests(copy, environment, *dict.fromkeys(mutant.test for mutant in mutants))
    if run.returncode:
        print(f"fails without a fault (pytest's status {run.returncode}):\n{run.stdout[-1_500:]}")
    return run.returncode != 0


def _run_tests(copy: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of a copy."""
    options = ["-p", "no:ape_test", "-p", "no:cacheprovider", "-q"]
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def _copy_of(root: Path) -> tuple[Path, dict[str, str]]:
    """A fresh copy of the tree, and the environment in which its own code is the one that runs."""
    copy = root / ".build" / "mutants" / "pyvault"
    _copy_tree(root, copy)
    return copy, os.environ | {
        "PYTHONPATH": str(copy),
        "PYVAULT_CACHE_DIR": str(copy.parent / "cache"),
        "PYVAULT_SHARED": os.environ.get("PYVAULT_SHARED", str(root.parent / "shared")),
    }


def _copy_tree(root: Path, copy: Path) -> None:
    """Copy to one fixed place, times kept, so that kernels which no fault touches stay compiled."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in _COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "results"))
        else:
            shutil.copy2(root / name, copy / name)
    if (root / "node_modules").exists():
        (copy / "node_modules").symlink_to(root / "node_modules")
