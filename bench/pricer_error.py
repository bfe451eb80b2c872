"""Error of the on-chain prices and Greeks on the 8,352-point grid, against mpmath at 50 digits."""

from __future__ import annotations

import sys
from pathlib import Path

from harness import Figure, write_figures

ROOT = Path(__file__).resolve().parents[1]
# Output: unit of the figure, goal in that unit. The grid's forward is 100; greeks are in wei, 1e-18.
GOALS = {
    "call": ("1e-18 max(F,K)", 4.0),
    "put": ("1e-18 max(F,K)", 4.0),
    "delta_call": ("wei", 4.0),
    "gamma_f": ("wei", None),
    "vega": ("wei", 3_000.0),
    "theta_call": ("wei", 3_000.0),
    "theta_put": ("wei", 3_000.0),
}


def main() -> list[Figure]:
    """Measure, write ``results/pricer_error.json``."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    # These need the path above; the suite's own measurement, so that bench and test cannot differ.
    from support.errors import grid_errors  # type: ignore[import-not-found] # noqa: PLC0415
    from support.evm import Contract  # type: ignore[import-not-found] # noqa: PLC0415
    from support.pricer import PRICER  # type: ignore[import-not-found] # noqa: PLC0415

    errors = grid_errors(Contract(PRICER))
    figures = [
        Figure(
            name=f"largest error of {output}",
            value=errors[output],
            unit=unit,
            goal=goal,
            ok=None if goal is None else errors[output] <= goal,
        )
        for output, (unit, goal) in GOALS.items()
    ]
    write_figures("pricer_error", figures)
    return figures


if __name__ == "__main__":
    main()
