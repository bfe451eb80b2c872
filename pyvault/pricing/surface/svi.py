"""SVI slices, one per expiry, fitted together under the no-arbitrage rules.

Each slice is fitted alone first. Slices that the certificate refuses are fitted again with one-sided penalties
against their current neighbours, the penalty growing tenfold per sweep. What is still refused after the last sweep
is blended toward SSVI, which is free of arbitrage, until it passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyvault.errors import FitError
from pyvault.kernels.svi import svi_variance, wings_to_svi
from pyvault.pricing.surface.arbitrage import margins, spread_grid
from pyvault.pricing.surface.svi_fit import UNKNOWNS, SliceProblem, decode, encode, fit_slice, initial_slice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.pricing.surface.quotes import SliceQuotes

__all__ = ["LEAST_QUOTES", "fit_svi"]

Floats = npt.NDArray[np.floating[Any]]

LEAST_QUOTES = 8  # below it five parameters follow noise: the expiry takes its SSVI slice
ROBUST = 1.0  # half-spreads: a quote farther off pulls with constant force
PENALTIES = (1e4, 1e5, 1e6, 1e7, 1e8)
MARGIN = 1e-3  # of g and of total variance, so that rounding and other grids find nothing
GRID_WIDE, GRID_VERTEX = 81, 41
BLENDS = 8
# Box of the unknowns beside the quotes: least volatility 1 %..500 %, vertex within 20 σ√τ, width 0.05..20 σ√τ.
LEAST_VARIANCE, MOST_VARIANCE = 1e-4, 25.0
VERTEX_REACH, NARROWEST, WIDEST = 20.0, 0.05, 20.0
STEEPEST, FLATTEST = 12.0, -27.0  # logit of slope over Lee's bound


def _raw(x: Floats, years: float) -> npt.NDArray[np.float64]:
    """Row (years, a, b, ρ, m, s) of a slice's unknowns."""
    least, left, right, m, s, _, _ = decode(x, years)
    a, b, rho = wings_to_svi(least, left, right, s)
    return np.array([years, a, b, rho, m, s])


def _unknowns(row: Floats) -> npt.NDArray[np.float64]:
    """Unknowns of a raw row."""
    years, a, b, rho, m, s = (float(value) for value in row)
    x = np.empty(UNKNOWNS)
    encode(a + b * s * float(np.sqrt(1.0 - rho * rho)), b * (1.0 - rho), b * (1.0 + rho), m, s, years, x)
    return x


def _box(deviation: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    vertex, width = VERTEX_REACH * deviation, np.log(deviation)
    low = [np.log(LEAST_VARIANCE), FLATTEST, FLATTEST, -vertex, width + np.log(NARROWEST)]
    high = [np.log(MOST_VARIANCE), STEEPEST, STEEPEST, vertex, width + np.log(WIDEST)]
    return np.array(low), np.array(high)


def _total_variance(row: Floats, k: Floats) -> npt.NDArray[np.float64]:
    years, a, b, rho, m, s = row
    variance: npt.NDArray[np.float64] = svi_variance.py_func(k, a, b, rho, m, s)  # type: ignore[attr-defined]
    return years * variance


def _problem(quotes: SliceQuotes, row: Floats | None, below: Floats | None, above: Floats | None, penalty: float) -> SliceProblem:
    """Fit of one slice near `row`, between its neighbours' rows where it has them."""
    grid = np.empty(0) if row is None else spread_grid(quotes.deviation, row[4], row[5], GRID_WIDE, GRID_VERTEX)
    return SliceProblem(
        years=quotes.time_to_expiry,
        k=quotes.log_moneyness,
        mid=quotes.mid,
        weight=1.0 / quotes.half_spread,
        robust=ROBUST,
        grid=grid,
        lower=np.zeros(grid.size) if below is None else _total_variance(below, grid),
        upper=np.full(grid.size, np.inf) if above is None else _total_variance(above, grid),
        margin=MARGIN,
        penalty=penalty,
    )


def _fit_alone(quotes: SliceQuotes) -> npt.NDArray[np.float64]:
    problem = _problem(quotes, None, None, None, 0.0)
    x = np.empty(UNKNOWNS)
    initial_slice(problem, quotes.deviation, x)
    low, high = _box(quotes.deviation)
    x = np.clip(x, low, high)
    fit_slice(problem, x, low, high)
    return _raw(x, quotes.time_to_expiry)


def _refused(table: Floats) -> npt.NDArray[np.bool_]:
    """Slices that take part in a violation: their own, or one with the slice before or after."""
    found = margins(table)
    crossed = found.calendar < 0
    involved: npt.NDArray[np.bool_] = ~found.is_free
    involved[:-1] |= crossed[1:]
    return involved


def _sweep(
    quotes: Sequence[SliceQuotes], table: npt.NDArray[np.float64], refused: npt.NDArray[np.bool_], penalty: float
) -> None:
    last = len(quotes) - 1
    for i in np.flatnonzero(refused):
        below = table[i - 1] if i > 0 else None
        above = table[i + 1] if i < last else None
        problem = _problem(quotes[i], table[i], below, above, penalty)
        x = _unknowns(table[i])
        low, high = _box(quotes[i].deviation)
        x = np.clip(x, low, high)
        fit_slice(problem, x, low, high)
        table[i] = _raw(x, quotes[i].time_to_expiry)


def _blend(table: Floats, anchor: Floats, share: Floats) -> npt.NDArray[np.float64]:
    """Slices moved toward `anchor` by `share`, linearly in (least variance, slopes, vertex, width)."""
    out = np.empty_like(table)
    for i, (row, goal) in enumerate(zip(table, anchor, strict=True)):
        mixed = (1.0 - share[i]) * _wings(row) + share[i] * _wings(goal)
        least, left, right, m, s = (float(value) for value in mixed)
        out[i] = (row[0], *wings_to_svi(least, left, right, s), m, s)
    return out


def _wings(row: Floats) -> npt.NDArray[np.float64]:
    _, a, b, rho, m, s = row
    return np.array([a + b * s * np.sqrt(1.0 - rho * rho), b * (1.0 - rho), b * (1.0 + rho), m, s])


def _repair(table: npt.NDArray[np.float64], anchor: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    share = np.zeros(len(table))
    mixed = table
    for _ in range(BLENDS * len(table)):
        refused = _refused(mixed)
        if not refused.any():
            return mixed, share
        share[refused] = np.minimum(share[refused] + 1.0 / BLENDS, 1.0)
        mixed = _blend(table, anchor, share)
        mixed[share == 1.0] = anchor[share == 1.0]
    raise FitError("the SSVI surface that should be free of arbitrage is refused by the certificate")


def fit_svi(
    quotes: Sequence[SliceQuotes], anchor: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Raw SVI rows of the expiries, and how far each was blended toward `anchor`.

    Parameters
    ----------
    quotes
        Ascending in expiry.
    anchor
        Arbitrage-free rows (years, a, b, ρ, m, s) of the same expiries.

    Returns
    -------
    Rows of the same form, and the share of the anchor in each (0: none, 1: the anchor itself).

    Raises
    ------
    FitError
        If the anchor itself is refused.
    """
    table = anchor.copy()
    enough = np.array([len(each) >= LEAST_QUOTES for each in quotes])
    for i in np.flatnonzero(enough):
        table[i] = _fit_alone(quotes[i])
    for penalty in PENALTIES:
        refused = _refused(table)
        if not refused.any():
            break
        _sweep(quotes, table, refused & enough, penalty)
    table, share = _repair(table, anchor)
    share[~enough] = 1.0
    return table, share
