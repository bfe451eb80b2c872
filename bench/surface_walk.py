"""The table "From one snapshot to the next" of docs/surface.md: every recorded pair, walked on chain.

``python bench/surface_walk.py [btc_2026-01 ...]``; some five minutes for all files. ``--alone`` fits every
snapshot without leaning on the one before. Not among the benches that ``run.py`` finds: it measures the
market against the limits, not the code.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support.recorded_surfaces import Leg, Walk  # type: ignore[import-not-found] # noqa: E402 - needs the path
from support.vol_surface import HOUR, POINT  # type: ignore[import-not-found] # noqa: E402

from pyvault.market.chain import read_chains  # noqa: E402

SHARED = Path(os.environ.get("PYVAULT_SHARED", ROOT.parent / "shared"))
EVERY_S = 900
RATE, MOST_GAP, CUTOFF_S = 5.0, 5.0, 12 * HOUR  # start values: points an hour, points, seconds to expiry
HEAD = (
    "| chain | pairs | hours between | posts a pair | points to go, median | worst "
    "| hours of the limit, median | worst | pairs all reached | expiries late | of them opening "
    "| closing only | worst left |\n"
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def walked(name: str, *, leans: bool) -> list[Leg]:
    """Legs of one recorded file."""
    chains = list(read_chains(SHARED / "data" / "options" / f"options_{name}.parquet"))
    walk = Walk(chains[0], every=EVERY_S, leans=leans)
    return [walk.go(chain) for chain in chains[1:]]


def row(name: str, legs: list[Leg]) -> str:
    """One line of the table."""
    asked = np.array([max(leg.asked.values()) / POINT for leg in legs])
    needed = np.maximum(asked / (RATE / 2.0) - 1.0, 0.0)
    hours = [leg.hours for leg in legs]
    late = [
        (expiry - leg.end_s > CUTOFF_S, left / POINT) for leg in legs for expiry, left in leg.left.items()
    ]
    opening = [left for is_opening, left in late if is_opening]
    columns = (
        name,
        f"{len(legs)}",
        f"{min(hours):.0f}–{max(hours):.0f}",
        f"{np.median([leg.calls for leg in legs]):.0f}",
        f"{np.median(asked):.1f}",
        f"{asked.max():.1f}",
        f"{np.median(needed):.1f}",
        f"{needed.max():.1f}",
        f"{sum(not leg.left for leg in legs)}",
        f"{len(late)} of {sum(len(leg.asked) for leg in legs)}",
        f"{len(opening)}",
        f"{sum(left > MOST_GAP for left in opening)}",
        f"{max((left for _, left in late), default=0.0):.1f}",
    )
    return f"| {' | '.join(columns)} |"


def lateness(legs: list[Leg]) -> str:
    """What the pairs that do not all arrive have in common."""
    if not legs:
        return "Every pair arrives."
    hours = [leg.hours for leg in legs]
    lives = [(expiry - leg.end_s) / (24 * HOUR) for leg in legs for expiry in leg.left]
    return (
        f"{len(legs)} pairs arrive late: {min(hours):.1f} to {max(hours):.1f} hours apart, at most "
        f"{max(len(leg.left) for leg in legs)} expiries each, none with more than {max(lives):.1f} days "
        f"to live, asked for at most {max(max(leg.asked.values()) for leg in legs) / POINT:.1f} points"
    )


def main() -> None:
    """Walk the files named, or all, and print their table."""
    found = sorted(
        path.stem.removeprefix("options_") for path in (SHARED / "data" / "options").glob("*.parquet")
    )
    names = [name for name in sys.argv[1:] if name != "--alone"] or found
    everything: list[Leg] = []
    print(HEAD, flush=True)
    for name in names:
        legs = walked(name, leans="--alone" not in sys.argv)
        everything += legs
        print(row(name, legs), flush=True)
    print(row("all", everything))
    print(lateness([leg for leg in everything if leg.left]))


if __name__ == "__main__":
    main()
