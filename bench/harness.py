"""Paired timing in CPU time, and the figures that a bench writes.

Machines are shared and noisy: a figure is a ratio of two codes timed in turn, in one process, on one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Figure", "cpu_model", "pin_to_one_core", "run_with_snapshot", "time_paired", "write_figures"]

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure; `ratio` is peer ÷ ours; `ok` is None without a goal or without the peer."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    ratio: float | None = None
    goal: float | None = None
    ok: bool | None = None
    note: str = ""
    cpu: str = ""


def cpu_model() -> str:
    """Processor model and its widest vector extension, as the kernel reports them."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    model = next((line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line), "?")
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    isa = "AVX-512" if " avx512f" in flags else "AVX2" if " avx2" in flags else "no AVX2"
    return f"{model} ({isa})"


def pin_to_one_core() -> None:
    """Run this process on one core, the last one it may use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def time_paired(
    candidates: Mapping[str, Callable[[], object]], *, rounds: int = 9, min_seconds: float = 0.05
) -> dict[str, float]:
    """Median CPU seconds per call of each candidate, all of them taking turns in every round.

    Each candidate is called once to warm up, then as often per round as fills `min_seconds`.
    """
    repeats = {}
    for name, function in candidates.items():
        function()
        start = time.process_time()
        function()
        repeats[name] = max(1, int(min_seconds / max(time.process_time() - start, 1e-9)))
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, function in candidates.items():
            start = time.process_time()
            for _ in range(repeats[name]):
                function()
            samples[name].append((time.process_time() - start) / repeats[name])
    return {name: statistics.median(values) for name, values in samples.items()}


def write_figures(topic: str, figures: list[Figure]) -> Path:
    """Write ``bench/results/<topic>.json`` and print the table."""
    RESULTS.mkdir(exist_ok=True)
    cpu = cpu_model()
    rows = [asdict(figure) | {"cpu": cpu} for figure in figures]
    path = RESULTS / f"{topic}.json"
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print(f"\n{topic} on {cpu}")
    for row in rows:
        mark = {True: "ok", False: "MISSED", None: ""}[row["ok"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:8.2f}x {row['peer']}"
        goal = "" if row["goal"] is None else f"goal {row['goal']:g}"
        figure = f"{row['name']:<44} {row['value']:>12.5g} {row['unit']:<14}"
        print(f"  {figure} {ratio:<40} {goal:<14} {mark} {row['note']}")
    return path


def run_with_snapshot(
    doc: str | None, snapshot: Path, measured: Callable[[], Mapping[str, object]], main: Callable[[], object]
) -> None:
    """Command line of a bench whose table the suite compares: with ``--update``, rewrite that table first."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="rewrite the committed snapshot")
    if parser.parse_args().update:
        snapshot.write_text(json.dumps(measured(), indent=2) + "\n", encoding="utf-8")
    main()
