"""SVI slices, one per expiry, fitted together under the no-arbitrage rules.

Each slice is fitted alone first. If the certificate refuses the result, all slices are fitted again
together, with one-sided penalties on Durrleman's g and on the order of total variance that grow until the
certificate passes. What it still refuses is blended toward SSVI, which is free of arbitrage, until it
passes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyvault.errors import FitError
from pyvault.kernels.svi import wings_to_svi
from pyvault.pricing.surface.arbitrage import Margins, margins, spread_grid
from pyvault.pricing.surface.svi_fit import (
    UNKNOWNS,
    SliceProblem,
    SurfaceProblem,
    decode,
    encode,
    fit_slice,
    fit_together,
    initial_slice,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.pricing.surface.quotes import SliceQuotes

__all__ = ["fit_svi"]

Floats = npt.NDArray[np.floating[Any]]

ROBUST = 1.0  # half-spreads: a quote farther off pulls with constant force
PENALTIES = (1e2, 1e4, 1e6, 1e8)
MARGIN = 3e-3  # of g and of ln w, so that rounding and other grids find nothing
GRID_WIDE, GRID_VERTEX = 81, 41
BLENDS = 8
SAFETY = 1e-7  # least margin of a fitted slice: above the rounding of any other way to compute it
# Box of the unknowns: least volatility 1 %..500 %, vertex within 4 σ√τ, width 0.1..20 σ√τ. `VolSurface` takes
# vertices within 5 and widths of 1/16..32, in the σ√τ of the slice; the box is in that of the quotes.
LEAST_VARIANCE, MOST_VARIANCE = 1e-4, 25.0
VERTEX_REACH, NARROWEST, WIDEST = 4.0, 0.1, 20.0
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


def _fit_alone(quotes: SliceQuotes) -> npt.NDArray[np.float64]:
    problem = SliceProblem(
        years=quotes.time_to_expiry,
        k=quotes.log_moneyness,
        mid=quotes.mid,
        weight=1.0 / quotes.half_spread,
        robust=ROBUST,
        grid=np.empty(0),
        margin=MARGIN,
        penalty=0.0,
    )
    x = np.empty(UNKNOWNS)
    initial_slice(problem, quotes.deviation, x)
    low, high = _box(quotes.deviation)
    x = np.clip(x, low, high)
    fit_slice(problem, x, low, high)
    return _raw(x, quotes.time_to_expiry)


def _refused(found: Margins) -> npt.NDArray[np.bool_]:
    """Slices that take part in a violation: their own, or one with the slice before or after."""
    crossed = found.calendar < SAFETY
    involved: npt.NDArray[np.bool_] = crossed | (found.butterfly < SAFETY) | (found.wing < SAFETY)
    involved[:-1] |= crossed[1:]
    return involved


def _fit_together(
    quotes: Sequence[SliceQuotes], table: npt.NDArray[np.float64], found: Margins, penalty: float
) -> npt.NDArray[np.float64]:
    sizes = [len(each) for each in quotes]
    worst = np.column_stack((found.butterfly_at, found.calendar_at))
    grids = [
        np.concatenate((spread_grid(each.deviation, row[4], row[5], GRID_WIDE, GRID_VERTEX), places))
        for each, row, places in zip(quotes, table, worst, strict=True)
    ]
    problem = SurfaceProblem(
        years=table[:, 0].copy(),
        starts=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        k=np.concatenate([each.log_moneyness for each in quotes]),
        mid=np.concatenate([each.mid for each in quotes]),
        weight=1.0 / np.concatenate([each.half_spread for each in quotes]),
        robust=ROBUST,
        grids=np.array(grids),
        margin=MARGIN,
        penalty=penalty,
    )
    boxes = [_box(each.deviation) for each in quotes]
    low, high = (np.concatenate(sides) for sides in zip(*boxes, strict=True))
    x = np.clip(np.concatenate([_unknowns(row) for row in table]), low, high)
    fit_together(problem, x, low, high)
    return np.array([_raw(part, row[0]) for part, row in zip(x.reshape(-1, UNKNOWNS), table, strict=True)])


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


def _repair(
    table: Floats, anchor: Floats, found: Margins
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows free of arbitrage between `table`, of margins `found`, and `anchor`; the share of the anchor."""
    share = np.zeros(len(table))
    mixed = np.array(table)
    for _ in range(BLENDS * len(table) + 1):
        refused = _refused(found)
        if not refused.any():
            return mixed, share
        share[refused] = np.minimum(share[refused] + 1.0 / BLENDS, 1.0)
        mixed = np.where(share[:, None] < 1.0, _blend(table, anchor, share), anchor)
        found = margins(mixed)
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
    table = np.array([_fit_alone(each) for each in quotes])
    found = margins(table)
    if _refused(found).any():
        # Wings may be absurd where nothing is quoted: start half way to a shape whose wings are not.
        table = _blend(table, anchor, np.full(len(table), 0.5))
        for penalty in PENALTIES:
            table = _fit_together(quotes, table, found, penalty)
            found = margins(table)
            if not _refused(found).any():
                break
    return _repair(table, anchor, found)
