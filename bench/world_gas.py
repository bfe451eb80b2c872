"""Gas of the calls around a market, from receipts of a node.

``python bench/world_gas.py`` measures and writes ``results/world_gas.json``; ``--update`` also rewrites the
committed snapshot ``bench/world_gas_snapshot.json``, which the test suite compares within 2 %.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harness import Figure, run_with_snapshot, write_figures

BENCH = Path(__file__).resolve().parent
SNAPSHOT = BENCH / "world_gas_snapshot.json"


def main() -> list[Figure]:
    """Measure, write ``results/world_gas.json``."""
    figures = [
        Figure(name=f"gas of {name}", value=gas, unit="gas", note="less 21,000 and calldata, steady state")
        for name, gas in measured().items()
    ]
    write_figures("world_gas", figures)
    return figures


def measured() -> dict[str, int]:
    """Table of the suite's own measurement, so that bench and test cannot differ."""
    sys.path[:0] = [str(BENCH.parent), str(BENCH.parent / "tests")]
    from support.world_gas import measure_world  # type: ignore[import-not-found] # noqa: PLC0415 - see above

    table: dict[str, int] = measure_world()
    return table


if __name__ == "__main__":
    run_with_snapshot(__doc__, SNAPSHOT, measured, main)
