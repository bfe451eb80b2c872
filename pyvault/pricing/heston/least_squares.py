"""Compiled Levenberg-Marquardt for Heston's five parameters, inside a box.

The search runs in (v0, ln kappa, theta, sigma, rho): the valley that joins slow reversion to a far level with
fast reversion to a near one is straighter there, and half the evaluations remain. Each evaluation gives
residuals and their analytic gradient together. The damping follows Nielsen (1999); a parameter that sits on
its bound while the gradient points outside is held there for the step.
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
LARGEST_DAMPING = 1e12  # above it no step improves the fit: rounding decides


@loop
def _searched(parameters: Vector) -> Vector:
    coordinates = parameters.copy()
    coordinates[1] = np.log(parameters[1])
    return coordinates


@loop
def _natural(coordinates: Vector) -> Vector:
    parameters = coordinates.copy()
    parameters[1] = np.exp(coordinates[1])
    return parameters


@loop
def _normal_equations(
    rows: Matrix, kappa: float, targets: Vector, weights: Vector
) -> tuple[float, Vector, Matrix]:
    # Half the weighted sum of squares; its gradient and the Gauss-Newton matrix by the searched coordinates.
    residuals: Vector = weights * (rows[0] - targets)
    slopes: Matrix = weights * rows[1:]
    slopes[1] *= kappa
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
    stage: tuple[float, float, float],
    rows: Matrix,
) -> tuple[Vector, int, int, Matrix]:
    """Minimise the weighted squares; returns the parameters, status, evaluations and the final matrix.

    `stage` is the error allowed in each put, the first damping, and the step (of each parameter plus 0.001)
    that counts as converged. `targets` are undiscounted puts over the forward; `rows` (1 + 5, quotes) is
    scratch space; the matrix is by the searched coordinates. See `chain_puts` for the layout of the quotes.
    """
    tolerance, damping, smallest_step = stage
    parameters, place = start, _searched(start)
    lowest, highest = _searched(lower), _searched(upper)
    chain_puts(parameters, expiries, starts, moneyness, tolerance, rows)
    cost, gradient, matrix = _normal_equations(rows, parameters[1], targets, weights)
    growth, evaluations, status = 2.0, 1, EXHAUSTED
    while evaluations < MAX_ITERATIONS:
        step = _bounded_step(place, gradient, matrix, damping, lowest, highest)
        trial = np.minimum(np.maximum(_natural(place + step), lower), upper)
        if np.max(np.abs(trial - parameters) / (np.abs(parameters) + 1e-3)) < smallest_step:
            status = CONVERGED
            break
        if damping > LARGEST_DAMPING:
            status = STALLED
            break
        chain_puts(trial, expiries, starts, moneyness, tolerance, rows)
        evaluations += 1
        trial_cost, trial_gradient, trial_matrix = _normal_equations(rows, trial[1], targets, weights)
        predicted = -np.sum(step * gradient) - 0.5 * np.sum(step * (matrix @ step))
        gain = (cost - trial_cost) / predicted if predicted > 0.0 else -1.0
        if gain > 0.0:  # NaN is refused
            parameters, place = trial, place + step
            cost, gradient, matrix = trial_cost, trial_gradient, trial_matrix
            damping, growth = damping * max(0.1, 1.0 - (2.0 * gain - 1.0) ** 3), 2.0
        else:
            damping, growth = damping * growth, growth * 2.0
    return parameters, status, evaluations, matrix
