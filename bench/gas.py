"""Gas of the on-chain mathematics and the size of its contract, beside the goals.

``python bench/gas.py`` measures and writes ``results/gas.json``; ``--update`` also rewrites the committed
snapshot ``bench/gas_snapshot.json``, which the test suite compares within 2 %.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness import Figure, run_with_snapshot, write_figures

BENCH = Path(__file__).resolve().parent
SNAPSHOT = BENCH / "gas_snapshot.json"
GOALS = {"option_price": 2_300.0, "black76": 3_000.0, "svi_variance": 520.0}
SIZE_GOAL = 22_000.0


def main() -> list[Figure]:
    """Measure, write ``results/gas.json``."""
    figures = as_figures(measured())
    write_figures("gas", figures)
    return figures


def measured() -> dict[str, dict[str, float]]:
    """Table of the suite's own measurement, so that bench and test cannot differ."""
    sys.path[:0] = [str(BENCH.parent), str(BENCH.parent / "tests")]
    from support.gas import measure  # type: ignore[import-not-found] # noqa: PLC0415 - needs the path above

    table: dict[str, dict[str, float]] = measure()
    return table


def as_figures(table: dict[str, dict[str, float]]) -> list[Figure]:
    """One figure per function and one for the size; the goals are on averages."""
    size = table["OptionPricer"]["deployed_bytes"]
    figures = [
        Figure(
            name=f"gas of {name}",
            value=row["average"],
            unit="gas",
            goal=(goal := GOALS.get(name)),
            ok=None if goal is None else row["average"] <= goal,
            note=f"net of an ABI-identical no-op; at most {row['maximum']:g}",
        )
        for name, row in table.items()
        if name != "OptionPricer"
    ]
    return [
        *figures,
        Figure(name="deployed OptionPricer", value=size, unit="bytes", goal=SIZE_GOAL, ok=size <= SIZE_GOAL),
    ]


if __name__ == "__main__":
    run_with_snapshot(__doc__, SNAPSHOT, measured, main)
