"""Gas of the market's calls, from receipts of a node, and how it divides between the contracts.

``python bench/market_gas.py`` measures and writes ``results/market_gas.json``; ``--update`` also rewrites the
committed snapshot ``bench/market_gas_snapshot.json``, which the test suite compares within 2 %.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness import Figure, run_with_snapshot, write_figures

BENCH = Path(__file__).resolve().parent
SNAPSHOT = BENCH / "market_gas_snapshot.json"


def main() -> list[Figure]:
    """Measure, write ``results/market_gas.json``."""
    figures = [
        Figure(
            name=f"gas of {name}",
            value=each["gas"],
            unit="gas",
            note="net of 21,000 and calldata",
        )
        for name, each in measured().items()
    ]
    write_figures("market_gas", figures)
    return figures


def measured() -> dict[str, Any]:
    """Table of the suite's own measurement, so that bench and test cannot differ."""
    sys.path[:0] = [str(BENCH.parent), str(BENCH.parent / "tests")]
    from support.market_gas import measure_market  # type: ignore[import-not-found] # noqa: PLC0415 - see above

    return {name: asdict(figure) for name, figure in measure_market().items()}


if __name__ == "__main__":
    run_with_snapshot(__doc__, SNAPSHOT, measured, main)
