"""Compiled Levenberg-Marquardt for Heston's five parameters, inside a box.

One evaluation gives residuals and their analytic gradient together. The damping follows Nielsen (1999); a
parameter that sits on its bound while the gradient points outside is held there for the step.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.pricing.heston.series import chain_puts

__all__ = ["CONVERGED", "MAX_ITERATIONS", "STALLED", "least_squares"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MAX_ITERATIONS = 200
CONVERGED, STALLED, EXHAUSTED = 0, 1, 2
SMALLEST_STEP = 1e-9  # relative to each parameter: below it the fit has converged
LARGEST_DAMPING = 1e12  # above it no step improves the fit: rounding decides


@loop
def _normal_equations(rows: Matrix, targets: Vector, weights: Vector) -> tuple[float, Vector, Matrix]:
    # Half the weighted sum of squares, its gradient, and the Gauss-Newton matrix.
    residuals: Vector = weights * (rows[0] - targets)
    slopes: Matrix = weights * rows[1:]
    return 0.5 * np.sum(residuals * residuals), slopes @ residuals, slopes @ slopes.T


@loop
def _bounded_step(
    point: Vector, gradient: Vector, matrix: Matrix, damping: float, lower: Vector, upper: Vector
) -> Vector:
    # The damped Gauss-Newton step over the free parameters, cut to the box.
    damped, right = matrix.copy(), -gradient
    for j in range(point.size):
        damped[j, j] = matrix[j, j] * (1.0 + damping) + 1e-300
        is_held = (point[j] <= lower[j] and gradient[j] > 0.0) or (point[j] >= upper[j] and gradient[j] < 0.0)
        if is_held:
            damped[j, :], damped[:, j] = 0.0, 0.0
            damped[j, j], right[j] = 1.0, 0.0
    return np.minimum(np.maximum(point + np.linalg.solve(damped, right), lower), upper) - point


@loop
def least_squares(
    start: Vector,
    lower: Vector,
    upper: Vector,
    expiries: Vector,
    starts: Indices,
    moneyness: Vector,
    targets: Vector,
    weights: Vector,
    tolerance: float,
    rows: Matrix,
) -> tuple[Vector, int, int, Matrix]:
    """Minimise the weighted squares; returns the parameters, status, evaluations and the final matrix.

    `targets` are undiscounted puts over the forward; `rows` (6, quotes) receives the model's puts and their
    gradient at the solution. See `chain_puts` for the layout of the quotes.
    """
    point = start.copy()
    chain_puts(point, expiries, starts, moneyness, tolerance, rows)
    cost, gradient, matrix = _normal_equations(rows, targets, weights)
    trial_rows = np.empty_like(rows)
    damping, growth, evaluations, status = 1e-3, 2.0, 1, EXHAUSTED
    while evaluations < MAX_ITERATIONS:
        step = _bounded_step(point, gradient, matrix, damping, lower, upper)
        if np.max(np.abs(step) / (np.abs(point) + 1e-12)) < SMALLEST_STEP:
            status = CONVERGED
            break
        if damping > LARGEST_DAMPING:
            status = STALLED
            break
        chain_puts(point + step, expiries, starts, moneyness, tolerance, trial_rows)
        evaluations += 1
        trial_cost, trial_gradient, trial_matrix = _normal_equations(trial_rows, targets, weights)
        predicted = -np.sum(step * gradient) - 0.5 * np.sum(step * (matrix @ step))
        gain = (cost - trial_cost) / predicted if predicted > 0.0 else -1.0
        if not gain > 0.0:  # also refuses NaN
            damping, growth = damping * growth, growth * 2.0
            continue
        point, cost, gradient, matrix = point + step, trial_cost, trial_gradient, trial_matrix
        rows[:] = trial_rows
        damping, growth = damping * max(1.0 / 3.0, 1.0 - (2.0 * gain - 1.0) ** 3), 2.0
    return point, status, evaluations, matrix
