"""Surfaces of recorded Deribit chains, every snapshot: arbitrage, error over the quotes' own spreads, time.

The chains are the Parquet files of ``shared/data/options`` beside the checkout (or of ``$PYVAULT_SHARED``);
without them the bench says so. ``--table`` also prints the table of docs/surface.md.

A liquid quote has a bid, a price spread of at most 20 % of its mid, more than 12 hours to live and |delta| in
5..95 %. Its error is |model − mid| volatility over its own half-spread; a snapshot counts by its median.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from harness import Figure, pin_to_one_core, write_figures

from pyvault.market.chain import OptionChain, read_chains
from pyvault.pricing import black76
from pyvault.pricing.surface import Surface, fit_surface
from pyvault.pricing.surface.quotes import quoted_volatility

Floats = npt.NDArray[np.float64]

SHARED = Path(os.environ.get("PYVAULT_SHARED", Path(__file__).resolve().parents[2] / "shared"))
GOAL = 0.5
WIDEST, LEAST_YEARS, DELTAS = 0.2, 12 / (365 * 24), (0.05, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one snapshot shows; errors in half-spreads."""

    error: float
    ssvi_error: float
    liquid: int
    expiries: int
    violations: int
    blended: int
    ssvi_is_twice_worse: bool
    milliseconds: float


def liquid_quotes(chain: OptionChain) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Rows of the liquid quotes, their mid and their half-spread in volatility."""
    bid, ask = quoted_volatility(chain, "bid"), quoted_volatility(chain, "ask")
    mid, years = 0.5 * (bid + ask), chain.time_to_expiry
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (chain.ask_price - chain.bid_price) / (0.5 * (chain.ask_price + chain.bid_price))
        rows = np.flatnonzero((bid > 0) & (ask > bid) & (spread <= WIDEST) & (years > LEAST_YEARS))
    delta = black76.greeks(
        forward=chain.forward[rows],
        strike=chain.strike[rows],
        implied_vol=mid[rows],
        time_to_expiry=years[rows],
        is_call=chain.is_call[rows],
    ).delta
    rows = rows[(np.abs(delta) >= DELTAS[0]) & (np.abs(delta) <= DELTAS[1])]
    return rows, mid[rows], 0.5 * (ask - bid)[rows]


def measure(chain: OptionChain) -> Snapshot:
    """Fit both surfaces to a chain and compare them with its liquid quotes."""
    start = time.process_time()
    surface = fit_surface(chain)
    milliseconds = 1e3 * (time.process_time() - start)
    rows, mid, half = liquid_quotes(chain)

    def error(of: Surface) -> float:
        model = of.implied_vol(chain.log_moneyness[rows], chain.time_to_expiry[rows])
        return float(np.median(np.abs(model - mid) / half))

    return Snapshot(
        error=error(surface),
        ssvi_error=error(fit_surface(chain, method="ssvi")),
        liquid=rows.size,
        expiries=len(surface.slices),
        violations=len(surface.arbitrage()),
        blended=sum(each.anchor_share > 0 for each in surface.diagnostics.slices),
        ssvi_is_twice_worse=surface.diagnostics.ssvi_is_twice_worse,
        milliseconds=milliseconds,
    )


def recorded() -> Iterator[tuple[str, list[Snapshot]]]:
    """Name and snapshots of every recorded file."""
    for path in sorted((SHARED / "data" / "options").glob("*.parquet")):
        yield path.stem.removeprefix("options_"), [measure(chain) for chain in read_chains(path)]


def _row(name: str, shots: list[Snapshot]) -> str:
    errors = np.array([shot.error for shot in shots])
    columns = (
        name,
        f"{len(shots)}",
        f"{np.median([shot.liquid for shot in shots]):.0f}",
        f"{np.median(errors):.3f}",
        f"{errors.max():.3f}",
        f"{np.median([shot.ssvi_error for shot in shots]):.3f}",
        f"{sum(shot.ssvi_is_twice_worse for shot in shots)}",
        f"{sum(shot.blended > 0 for shot in shots)}",
        f"{sum(shot.violations for shot in shots)}",
        f"{np.median([shot.milliseconds for shot in shots]):.1f}",
    )
    return f"| {' | '.join(columns)} |"


def markdown(files: dict[str, list[Snapshot]]) -> str:
    """The table of docs/surface.md."""
    head = (
        "| chain | snapshots | liquid quotes | median error | worst snapshot | SSVI median error "
        "| SSVI twice worse | blended | violations | ms per fit |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    everything = [shot for shots in files.values() for shot in shots]
    return "\n".join((head, *(_row(name, shots) for name, shots in files.items()), _row("all", everything)))


def main() -> list[Figure]:
    """Measure every snapshot and write the figures."""
    pin_to_one_core()
    files = dict(recorded())
    shots = [shot for each in files.values() for shot in each]
    name = "recorded chains, median error of liquid quotes"
    if not shots:
        figures = [
            Figure(
                name=name,
                value=0.0,
                unit="half-spreads",
                goal=GOAL,
                note="no shared/data beside the checkout",
            )
        ]
    else:
        errors = np.array([shot.error for shot in shots])
        violations = sum(shot.violations for shot in shots)
        times = [shot.milliseconds for shot in shots]
        worse = sum(shot.ssvi_is_twice_worse for shot in shots)
        figures = [
            Figure(
                name=name, value=float(np.median(errors)), unit="half-spreads", note=f"{len(shots)} snapshots"
            ),
            Figure(
                name="recorded chains, worst snapshot",
                value=float(errors.max()),
                unit="half-spreads",
                goal=GOAL,
                ok=bool(errors.max() <= GOAL),
            ),
            Figure(
                name="recorded chains, arbitrage violations",
                value=float(violations),
                unit="violations",
                goal=0.0,
                ok=violations == 0,
                note=f"{sum(shot.expiries for shot in shots)} slices",
            ),
            Figure(
                name="recorded chains, SSVI twice worse than SVI",
                value=float(worse),
                unit="snapshots",
                note="root mean square or median; the diagnostics of each surface say so",
            ),
            Figure(
                name="recorded chains, fit_surface",
                value=float(np.median(times)),
                unit="ms",
                note=f"99 % of them within {np.quantile(times, 0.99):.0f} ms",
            ),
        ]
    write_figures("surface_recorded", figures)
    if files and "--table" in sys.argv[1:]:
        print(markdown(files))
    return figures


if __name__ == "__main__":
    main()
