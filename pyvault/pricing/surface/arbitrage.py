"""Is a set of SVI slices free of static arbitrage? The certificate that every fitted surface must pass.

Butterfly: Durrleman's g ≥ 0 and Lee's wing bound b(1 + |ρ|)·τ ≤ 2 on each slice. Calendar: total variance
does not fall from one expiry to the next at equal log-moneyness, and neither do the slopes of its wings.
Grids are dense where a slice bends and reach to |k| = 10⁶; between their points the low valleys are searched
by golden section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import kernel, loop
from pyvault.kernels.svi import LEE_SLOPE, durrleman, svi_derivatives, svi_variance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvault.pricing.surface.slices import SurfaceSlice

__all__ = ["ArbitrageReport", "Margins", "Violation", "check_arbitrage", "margins", "spread_grid"]

Floats = npt.NDArray[np.floating[Any]]

FARTHEST = 1e6  # log-moneyness
AROUND_VERTEX = 4.0  # asinh of the distance from the vertex, in units of s
WIDE_POINTS, VERTEX_POINTS = 301, 101
NEAR = 0.05  # a valley of g or of the order below this is searched more finely
GOLDEN, SECTIONS = 0.6180339887498949, 24  # the last bracket is 10⁵ times finer than the grid


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


# g of a slice (years, a, b, ρ, m, s); −∞ where variance is not positive
@loop
def _durrleman_at(k: float, row: Floats) -> float:
    years, a, b, rho, m, s = row
    w1, w2 = svi_derivatives(k, b, rho, m, s)
    w = years * svi_variance(k, a, b, rho, m, s)
    g: float = durrleman(k, w, years * w1, years * w2) if w > 0.0 else -np.inf
    return g


# later over earlier total variance, minus 1, of a pair of slices
@loop
def _order_at(k: float, pair: Floats) -> float:
    years, a, b, rho, m, s = pair[0]
    below = years * svi_variance(k, a, b, rho, m, s)
    years, a, b, rho, m, s = pair[1]
    order: float = years * svi_variance(k, a, b, rho, m, s) / below - 1.0
    return order


# least value and its place: that of the ascending grid, then of its low valleys by golden section
@kernel
def _lowest(value_at: Callable[[float, Floats], float], data: Floats, grid: Floats) -> tuple[float, float]:
    worst, where = np.inf, 0.0
    before, here = np.inf, value_at(grid[0], data)
    for i in range(grid.size):
        after = value_at(grid[i + 1], data) if i + 1 < grid.size else np.inf
        value, place = here, grid[i]
        if here <= before and here <= after and here < NEAR:
            low, high = grid[max(i - 1, 0)], grid[min(i + 1, grid.size - 1)]
            for _ in range(SECTIONS):
                left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
                at_left, at_right = value_at(left, data), value_at(right, data)
                if at_left < at_right:
                    high = right
                else:
                    low = left
                lower = min(at_left, at_right)
                if lower < value:
                    value, place = lower, left if at_left < at_right else right
        if value < worst:
            worst, where = value, place
        before, here = here, after
    return worst, where


@loop
def _butterfly_margin(row: Floats, grid: Floats) -> tuple[float, float]:
    return _lowest(_durrleman_at, row, grid)


@loop
def _calendar_margin(pair: Floats, grid: Floats) -> tuple[float, float]:
    return _lowest(_order_at, pair, grid)


def _wing_orders(earlier: Floats, later: Floats) -> list[tuple[float, float]]:
    """Later over earlier slope of total variance, minus 1, of the left and the right wing, and where."""
    orders = []
    for sign in (-1.0, 1.0):
        below, above = (row[0] * row[2] * (1.0 + sign * row[3]) for row in (earlier, later))
        orders.append((float(above / below - 1.0) if below > 0.0 else np.inf, sign * FARTHEST))
    return orders


def margins(table: Floats) -> Margins:
    """Margins of slices ordered by expiry; a row of `table` is annualised raw SVI (years, a, b, ρ, m, s)."""
    n = len(table)
    butterfly, butterfly_at = np.empty(n), np.empty(n)
    calendar, calendar_at = np.full(n, np.inf), np.zeros(n)
    grids = []
    for i, row in enumerate(table):
        years, a, b, rho, m, s = row
        level = max(svi_variance(0.0, a, b, rho, m, s) * years, 1e-12)
        grids.append(np.sort(spread_grid(float(np.sqrt(level)), m, s, WIDE_POINTS, VERTEX_POINTS)))
        butterfly[i], butterfly_at[i] = _butterfly_margin(row, grids[i])
        if i > 0:
            both = np.sort(np.concatenate((grids[i - 1], grids[i])))
            inner = _calendar_margin(table[i - 1 : i + 1], both)
            calendar[i], calendar_at[i] = min(inner, *_wing_orders(table[i - 1], row))
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
