"""Is a set of SVI slices free of static arbitrage? The certificate that every fitted surface must pass.

Butterfly: Durrleman's g ≥ 0 and Lee's wing bound b(1 + |ρ|)·τ ≤ 2 on each slice. Calendar: total variance
does not fall from one expiry to the next at equal log-moneyness. Both are checked on a grid that is dense
where either slice bends and reaches to |k| = 10⁶, where a slice is its asymptote, so that the wings' slopes
are checked too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.kernels.svi import durrleman, svi_derivatives, svi_variance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.pricing.surface.value import SurfaceSlice

__all__ = ["ArbitrageReport", "Margins", "Violation", "check_arbitrage", "margins", "spread_grid"]

Floats = npt.NDArray[np.floating[Any]]

LEE_SLOPE = 2.0
FARTHEST = 1e6  # log-moneyness
AROUND_VERTEX = 4.0  # asinh of the distance from the vertex, in units of s
WIDE_POINTS, VERTEX_POINTS = 401, 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One place where a surface can be arbitraged.

    Parameters
    ----------
    kind
        ``"butterfly"``, ``"wing"`` or ``"calendar"``.
    expiry
        Unix seconds; for a calendar, of the later slice.
    log_moneyness
        Where it is worst; NaN for a wing.
    margin
        How far: g; 2 − slope; later over earlier total variance − 1. Negative.
    """

    kind: str
    expiry: int
    log_moneyness: float
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ArbitrageReport:
    """All violations of a surface; empty, and false, when there is none."""

    violations: tuple[Violation, ...]

    def __len__(self) -> int:
        return len(self.violations)

    def __bool__(self) -> bool:
        return bool(self.violations)

    @property
    def butterfly(self) -> tuple[Violation, ...]:
        """Violations inside one expiry."""
        return tuple(each for each in self.violations if each.kind != "calendar")

    @property
    def calendar(self) -> tuple[Violation, ...]:
        """Violations between neighbouring expiries."""
        return tuple(each for each in self.violations if each.kind == "calendar")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Margins:
    """Least margins of each slice; ``calendar[i]`` compares slice i with slice i − 1, infinite for the first.

    Each is the number whose sign decides (see `Violation`); ``butterfly_at`` and ``calendar_at`` say at which
    log-moneyness.
    """

    butterfly: Floats
    butterfly_at: Floats
    wing: Floats
    calendar: Floats
    calendar_at: Floats

    @property
    def is_free(self) -> npt.NDArray[np.bool_]:
        """Whether each slice is free of butterfly arbitrage and lies above the one before."""
        free: npt.NDArray[np.bool_] = (self.butterfly >= 0) & (self.wing >= 0) & (self.calendar >= 0)
        return free


def spread_grid(deviation: float, m: float, s: float, wide: int, around: int) -> npt.NDArray[np.float64]:
    """Log-moneyness: `wide` points over the line, dense within a `deviation` of 0, `around` the vertex."""
    reach = np.arcsinh(FARTHEST / deviation)
    line = deviation * np.sinh(np.linspace(-reach, reach, wide))
    vertex = m + s * np.sinh(np.linspace(-AROUND_VERTEX, AROUND_VERTEX, around))
    return np.concatenate((line, vertex))


# least g over the grid and where it stands; row: years, a, b, ρ, m, s
@loop
def _butterfly_margin(row: Floats, grid: Floats) -> tuple[float, float]:
    years, a, b, rho, m, s = row
    worst, where = np.inf, 0.0
    for k in grid:
        w1, w2 = svi_derivatives(k, b, rho, m, s)
        w = years * svi_variance(k, a, b, rho, m, s)
        g = durrleman(k, w, years * w1, years * w2) if w > 0.0 else -np.inf
        if g < worst:
            worst, where = g, k
    return worst, where


# least later/earlier − 1 over the grid and where it stands
@loop
def _calendar_margin(earlier: Floats, later: Floats, grid: Floats) -> tuple[float, float]:
    worst, where = np.inf, 0.0
    for k in grid:
        below = earlier[0] * svi_variance(k, earlier[1], earlier[2], earlier[3], earlier[4], earlier[5])
        above = later[0] * svi_variance(k, later[1], later[2], later[3], later[4], later[5])
        if above / below - 1.0 < worst:
            worst, where = above / below - 1.0, k
    return worst, where


def margins(table: Floats) -> Margins:
    """Margins of slices ordered by expiry; a row of `table` is annualised raw SVI (years, a, b, ρ, m, s)."""
    n = len(table)
    butterfly, butterfly_at = np.empty(n), np.empty(n)
    calendar, calendar_at = np.full(n, np.inf), np.full(n, np.nan)
    grids = []
    for i, row in enumerate(table):
        years, a, b, rho, m, s = row
        level = max(svi_variance(0.0, a, b, rho, m, s) * years, 1e-12)
        grids.append(spread_grid(float(np.sqrt(level)), m, s, WIDE_POINTS, VERTEX_POINTS))
        butterfly[i], butterfly_at[i] = _butterfly_margin(row, grids[i])
        if i > 0:
            both = np.concatenate((grids[i - 1], grids[i]))
            calendar[i], calendar_at[i] = _calendar_margin(table[i - 1], row, both)
    wing = LEE_SLOPE - table[:, 0] * table[:, 2] * (1.0 + np.abs(table[:, 3]))
    return Margins(
        butterfly=butterfly, butterfly_at=butterfly_at, wing=wing, calendar=calendar, calendar_at=calendar_at
    )


def check_arbitrage(slices: Sequence[SurfaceSlice]) -> ArbitrageReport:
    """Butterfly, wing and calendar violations of slices ordered by expiry; see the module for the rules.

    Notes
    -----
    Proof: planted violations of each kind are found; the calendar rule agrees with the real roots of the
    quartic that two SVI slices share; g agrees with the second difference of Black prices.
    """
    if not slices:
        return ArbitrageReport(violations=())
    found = margins(np.array([each.parameters for each in slices]))
    violations = []
    for i, each in enumerate(slices):
        if found.butterfly[i] < 0:
            violations.append(("butterfly", each.expiry, found.butterfly_at[i], found.butterfly[i]))
        if found.wing[i] < 0:
            violations.append(("wing", each.expiry, float("nan"), found.wing[i]))
        if found.calendar[i] < 0:
            violations.append(("calendar", each.expiry, found.calendar_at[i], found.calendar[i]))
    return ArbitrageReport(
        violations=tuple(
            Violation(kind=kind, expiry=expiry, log_moneyness=float(at), margin=float(margin))
            for kind, expiry, at, margin in violations
        )
    )
