"""Run every bench in a process of its own, then show all figures, missing peers and missed goals together.

A bench is a file beside this one with a function ``main() -> list[Figure]``. Name some to run only those:
``python bench/run.py black76 heston``. The exit status is 1 when a bench failed or a goal was missed.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness import RESULTS

BENCH = Path(__file__).resolve().parent
ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "NUMBA", "RAYON")


def main() -> int:
    """Run, then report."""
    names = sys.argv[1:] or discover()
    failed = [name for name in names if not run(name)]
    rows = read_figures()
    print_table(rows)
    print_verdict(rows, failed)
    return 1 if failed or any(row["ok"] is False for row in rows) else 0


def discover() -> list[str]:
    """Names of the benches: every module with a `main` that is said to return figures."""
    return [path.stem for path in sorted(BENCH.glob("*.py")) if _returns_figures(path)]


def _returns_figures(path: Path) -> bool:
    """Whether the module defines ``main() -> list[Figure]``, found without importing it."""
    functions = [
        node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)
    ]
    return any(
        node.name == "main" and node.returns is not None and ast.unparse(node.returns) == "list[Figure]"
        for node in functions
    )


def run(name: str) -> bool:
    """Run one bench with every thread pool at one thread; False if it raised."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ONE_THREAD}
    environment = os.environ | threads | {"PYTHONPATH": f"{BENCH.parent}{os.pathsep}{BENCH}"}
    code = f"import {name}; {name}.main()"
    print(f"\nbench {name} ...", flush=True)
    start = time.perf_counter()
    status = subprocess.run(
        [sys.executable, "-c", code], cwd=BENCH.parent, env=environment, check=False
    ).returncode
    print(
        f"bench {name}: {'done' if status == 0 else 'FAILED'} in {time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return status == 0


def read_figures() -> list[dict[str, Any]]:
    """All figures on disk, each with its topic."""
    return [
        {"topic": path.stem, **row}
        for path in sorted(RESULTS.glob("*.json"))
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def print_table(rows: list[dict[str, Any]]) -> None:
    """One line a figure."""
    print(f"\n{'figure':<52}{'value':>12} {'unit':<12}{'peer':<32}{'ratio':>9}{'goal':>8}")
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        goal = "" if row["goal"] is None else f"{row['goal']:g}"
        mark = {True: "ok", False: "MISSED", None: ""}[row["ok"]]
        figure = f"{row['topic']}: {row['name']}"
        peer = row["peer"] or ""
        print(f"{figure:<52}{row['value']:>12.5g} {row['unit']:<12}{peer:<32}{ratio:>9}{goal:>8} {mark}")


def print_verdict(rows: list[dict[str, Any]], failed: list[str]) -> None:
    """What was met, missed, missing and failed, and on which processor."""
    for row in rows:
        if row["peer"] is not None and row["ratio"] is None:
            print(f"MISSING {row['topic']}: {row['peer']}, not compared ({row['note']})")
    for name in failed:
        print(f"FAILED {name}: its figures, if shown, are older")
    verdicts = [row["ok"] for row in rows]
    print(f"{verdicts.count(True)} goals met, {verdicts.count(False)} missed")
    print("processor: " + "; ".join(sorted({row["cpu"] for row in rows})))


if __name__ == "__main__":
    sys.exit(main())
