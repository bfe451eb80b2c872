"""One SVI slice fitted to one expiry, compiled: robust least squares with an analytic Jacobian.

The unknowns are (ln least, logit of each wing slope under Lee's bound, m, ln s): every value of them is a
slice with positive variance, |ρ| < 1 and wings inside Lee's bound. Durrleman's condition and the order
against the neighbouring expiries enter as one-sided penalties on a grid; the caller certifies the result.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.kernels.least_squares import add_residual, damped_step, levenberg_marquardt
from pyvault.kernels.svi import (
    LEE_SLOPE,
    durrleman,
    durrleman_gradient,
    svi_derivatives,
    svi_variance,
    wing_derivative_gradients,
    wing_variance_gradient,
    wings_to_svi,
)

__all__ = [
    "UNKNOWNS",
    "SliceProblem",
    "SurfaceProblem",
    "decode",
    "encode",
    "fit_slice",
    "fit_together",
    "initial_slice",
    "slice_cost",
    "surface_cost",
]

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]

UNKNOWNS = 5
STARTS_M = (-1.0, -0.4, 0.0, 0.4, 1.0)  # vertex of the first guesses, in units of σ√τ
STARTS_S = (0.3, 0.8, 2.0, 5.0)  # and its width
ITERATIONS = 60
TOLERANCE = 1e-9  # relative fall of the cost below which an iteration is the last
JOINT_ITERATIONS = 100
JOINT_TOLERANCE = 1e-6


class SliceProblem(NamedTuple):
    """The quotes of one expiry, and a grid on which g may not fall below `margin` (empty: no such rule).

    Compiled code reads it: arrays are float64 and contiguous; `weight` is 1 / half-spread in volatility.
    """

    years: float
    k: Floats
    mid: Floats
    weight: Floats
    robust: float
    grid: Floats
    margin: float
    penalty: float


class SurfaceProblem(NamedTuple):
    """The quotes of all expiries, those of expiry i in ``starts[i]:starts[i + 1]``, and the two rules.

    ``grids[i]`` serves both: g ≥ `margin` on slice i, and ln w of slice i above that of slice i − 1 by
    `margin`.
    """

    years: Floats
    starts: Integers
    k: Floats
    mid: Floats
    weight: Floats
    robust: float
    grids: Floats
    margin: float
    penalty: float


@loop
def decode(x: Floats, years: float) -> tuple[float, float, float, float, float, float, float]:
    """Slice (least, left slope, right slope, m, s) of the unknowns, then ∂ln(slope)/∂x of the two slopes."""
    cap = LEE_SLOPE / years
    left, right = 1.0 / (1.0 + np.exp(-x[1])), 1.0 / (1.0 + np.exp(-x[2]))
    return np.exp(x[0]), cap * left, cap * right, x[3], np.exp(x[4]), 1.0 - left, 1.0 - right


@loop
def encode(least: float, left: float, right: float, m: float, s: float, years: float, x: Floats) -> None:
    """Write the unknowns of a slice to `x`; slopes are held inside Lee's bound."""
    cap = LEE_SLOPE / years
    p = min(max(left / cap, 1e-12), 1.0 - 1e-6)
    c = min(max(right / cap, 1e-12), 1.0 - 1e-6)
    x[0], x[1], x[2] = np.log(least), np.log(p / (1.0 - p)), np.log(c / (1.0 - c))
    x[3], x[4] = m, np.log(s)


# pseudo-Huber loss of (σ(k) − mid)·weight
@loop
def _add_quotes(x: Floats, data: SliceProblem, normal: Floats, gradient: Floats) -> float:
    least, p, c, m, s, by_left, by_right = decode(x, data.years)
    row = np.empty(UNKNOWNS)
    cost = 0.0
    for i in range(data.k.size):
        v, _, v_p, v_c, v_m, v_s = wing_variance_gradient(data.k[i], least, p, c, m, s)
        vol = np.sqrt(v)
        scale = 0.5 * data.weight[i] / vol
        row[0], row[1], row[2] = scale * least, scale * v_p * p * by_left, scale * v_c * c * by_right
        row[3], row[4] = scale * v_m, scale * v_s * s
        residual = data.weight[i] * (vol - data.mid[i])
        stretch = np.sqrt(1.0 + (residual / data.robust) ** 2)
        cost += 2.0 * residual * residual / (1.0 + stretch)
        add_residual(normal, gradient, row, residual, 1.0 / stretch)
    return cost


# penalty·(margin − g)² where g < margin
@loop
def _add_butterfly(x: Floats, data: SliceProblem, normal: Floats, gradient: Floats) -> float:
    least, p, c, m, s, by_left, by_right = decode(x, data.years)
    a, b, rho = wings_to_svi(least, p, c, s)
    years = data.years
    row = np.empty(UNKNOWNS)
    cost = 0.0
    for k in data.grid:
        v = svi_variance(k, a, b, rho, m, s)
        v1, v2 = svi_derivatives(k, b, rho, m, s)
        short = data.margin - durrleman(k, years * v, years * v1, years * v2)
        if short > 0.0:
            _, _, v_p, v_c, v_m, v_s = wing_variance_gradient(k, least, p, c, m, s)
            v1_p, v1_c, v1_m, v1_s, v2_slope, v2_m, v2_s = wing_derivative_gradients(k, p, c, m, s)
            g_w, g_w1 = durrleman_gradient(k, years * v, years * v1)
            row[0] = -years * least * g_w
            row[1] = -years * p * by_left * (g_w * v_p + g_w1 * v1_p + 0.5 * v2_slope)
            row[2] = -years * c * by_right * (g_w * v_c + g_w1 * v1_c + 0.5 * v2_slope)
            row[3] = -years * (g_w * v_m + g_w1 * v1_m + 0.5 * v2_m)
            row[4] = -years * s * (g_w * v_s + g_w1 * v1_s + 0.5 * v2_s)
            cost += data.penalty * short * short
            add_residual(normal, gradient, row, short, data.penalty)
    return cost


@loop
def slice_cost(x: Floats, data: SliceProblem, normal: Floats, gradient: Floats) -> float:
    """Cost of the unknowns `x` of one slice; overwrites the lower triangle of JᵀJ, and Jᵀr."""
    normal[:] = 0.0
    gradient[:] = 0.0
    cost = _add_quotes(x, data, normal, gradient)
    return cost + _add_butterfly(x, data, normal, gradient)


@loop
def fit_slice(data: SliceProblem, x: Floats, low: Floats, high: Floats) -> float:
    """Improve the unknowns `x` of one slice in place inside the box [low, high]; returns the cost reached."""
    return levenberg_marquardt(slice_cost, data, x, low, high, UNKNOWNS, ITERATIONS, TOLERANCE)


# ∂ln w/∂x of one slice, times `sign`
@loop
def _log_variance_row(x: Floats, years: float, k: float, sign: float, row: Floats) -> None:
    least, p, c, m, s, by_left, by_right = decode(x, years)
    v, _, v_p, v_c, v_m, v_s = wing_variance_gradient(k, least, p, c, m, s)
    scale = sign / v
    row[0], row[1], row[2] = scale * least, scale * v_p * p * by_left, scale * v_c * c * by_right
    row[3], row[4] = scale * v_m, scale * v_s * s


# penalty·(margin − ln(later/earlier))² where it is positive; unknowns and normal equations of two slices
@loop
def _add_calendar(
    x: Floats, years: Floats, grid: Floats, margin: float, penalty: float, normal: Floats, gradient: Floats
) -> float:
    least, p, c, m0, s0, _, _ = decode(x[:UNKNOWNS], years[0])
    a0, b0, rho0 = wings_to_svi(least, p, c, s0)
    least, p, c, m1, s1, _, _ = decode(x[UNKNOWNS:], years[1])
    a1, b1, rho1 = wings_to_svi(least, p, c, s1)
    floor = np.exp(margin) * years[0] / years[1]
    row = np.empty(2 * UNKNOWNS)
    cost = 0.0
    for k in grid:
        earlier, later = svi_variance(k, a0, b0, rho0, m0, s0), svi_variance(k, a1, b1, rho1, m1, s1)
        if later < floor * earlier:
            short = np.log(floor * earlier / later)
            _log_variance_row(x[:UNKNOWNS], years[0], k, 1.0, row[:UNKNOWNS])
            _log_variance_row(x[UNKNOWNS:], years[1], k, -1.0, row[UNKNOWNS:])
            cost += penalty * short * short
            add_residual(normal, gradient, row, short, penalty)
    return cost


@loop
def surface_cost(x: Floats, data: SurfaceProblem, normal: Floats, gradient: Floats) -> float:
    """Cost of the unknowns of all slices in turn; overwrites the lower triangle of JᵀJ, and Jᵀr."""
    normal[:] = 0.0
    gradient[:] = 0.0
    cost = 0.0
    for i in range(data.years.size):
        begin, end = data.starts[i], data.starts[i + 1]
        one = SliceProblem(
            data.years[i], data.k[begin:end], data.mid[begin:end], data.weight[begin:end],
            data.robust, data.grids[i], data.margin, data.penalty,
        )  # fmt: skip
        here = slice(i * UNKNOWNS, (i + 1) * UNKNOWNS)
        cost += _add_quotes(x[here], one, normal[here, here], gradient[here])
        cost += _add_butterfly(x[here], one, normal[here, here], gradient[here])
        if i > 0:
            both = slice((i - 1) * UNKNOWNS, (i + 1) * UNKNOWNS)
            for grid in (data.grids[i - 1], data.grids[i]):
                cost += _add_calendar(
                    x[both], data.years[i - 1 : i + 1], grid, data.margin, data.penalty,
                    normal[both, both], gradient[both],
                )  # fmt: skip
    return cost


@loop
def fit_together(data: SurfaceProblem, x: Floats, low: Floats, high: Floats) -> float:
    """Improve the unknowns `x` of all slices in place inside the box; returns the cost reached."""
    return levenberg_marquardt(
        surface_cost, data, x, low, high, 2 * UNKNOWNS - 1, JOINT_ITERATIONS, JOINT_TOLERANCE
    )


# least-squares (a', p, c) for a fixed vertex (m, s), in which v is linear; their truncated cost
@loop
def _linear_slice(
    data: SliceProblem, m: float, s: float, normal: Floats, gradient: Floats, out: Floats
) -> float:
    normal[:] = 0.0
    gradient[:] = 0.0
    row = np.empty(3)
    for i in range(data.k.size):
        x = data.k[i] - m
        root = np.sqrt(x * x + s * s)
        row[0], row[1], row[2] = 1.0, 0.5 * (root - x), 0.5 * (root + x)
        relative = data.weight[i] / data.mid[i]
        add_residual(normal, gradient, row, -(data.mid[i] ** 2), relative * relative)
    if not damped_step(normal, gradient, 3, 1e-10, out):
        return np.inf
    out[1], out[2] = max(out[1], 1e-4), max(out[2], 1e-4)
    cost = 0.0
    for i in range(data.k.size):
        x = data.k[i] - m
        root = np.sqrt(x * x + s * s)
        v = out[0] + 0.5 * out[1] * (root - x) + 0.5 * out[2] * (root + x)
        cost += min((data.weight[i] / data.mid[i] * (v - data.mid[i] ** 2)) ** 2, 100.0)
    return cost


@loop
def initial_slice(data: SliceProblem, scale: float, x: Floats) -> float:
    """Write to `x` the best linear fit over a small grid of vertices; `scale` is the σ√τ of the expiry."""
    normal, gradient, out = np.zeros((3, 3)), np.zeros(3), np.zeros(3)
    floor = 0.01 * data.mid.min() ** 2
    best = np.inf
    for m in STARTS_M:
        for s in STARTS_S:
            cost = _linear_slice(data, m * scale, s * scale, normal, gradient, out)
            if cost < best:
                best = cost
                least = max(out[0] + s * scale * np.sqrt(out[1] * out[2]), floor)
                encode(least, out[1], out[2], m * scale, s * scale, data.years, x)
    return best
