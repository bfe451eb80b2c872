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
from pyvault.kernels.least_squares import add_residual, damped_step, hold_at_bounds
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
    rows: Matrix, kappa: float, targets: Vector, weights: Vector, normal: Matrix, gradient: Vector
) -> float:
    # Half the weighted sum of squares; its gradient and Gauss-Newton matrix by the searched coordinates.
    size = gradient.size
    cost, row = 0.0, np.empty(size)
    normal[:], gradient[:] = 0.0, 0.0
    for i in range(targets.size):
        for j in range(size):
            row[j] = rows[j + 1, i]
        row[1] *= kappa
        residual, weight = rows[0, i] - targets[i], weights[i] * weights[i]
        add_residual(normal, gradient, row, residual, weight)
        cost += 0.5 * weight * residual * residual
    return cost


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
    scratch space; of the matrix, by the searched coordinates, the lower triangle is set. See `chain_puts` for
    the layout of the quotes.
    """
    tolerance, damping, smallest_step = stage
    parameters, place = start, _searched(start)
    lowest, highest = _searched(lower), _searched(upper)
    size = start.size
    normal, trial_normal = np.zeros((size, size)), np.zeros((size, size))
    gradient, trial_gradient, step = np.zeros(size), np.zeros(size), np.zeros(size)
    chain_puts(parameters, expiries, starts, moneyness, tolerance, rows)
    cost = _normal_equations(rows, parameters[1], targets, weights, normal, gradient)
    growth, evaluations, status = 2.0, 1, EXHAUSTED
    while evaluations < MAX_ITERATIONS:
        if damping > LARGEST_DAMPING:
            status = STALLED
            break
        hold_at_bounds(place, lowest, highest, normal, gradient)
        if not damped_step(normal, gradient, size, damping, step):
            damping, growth = damping * growth, growth * 2.0
            continue
        predicted = 0.0
        for j in range(size):
            step[j] = min(max(place[j] + step[j], lowest[j]), highest[j]) - place[j]
            predicted += 0.5 * step[j] * (damping * normal[j, j] * step[j] - gradient[j])
        trial = np.minimum(np.maximum(_natural(place + step), lower), upper)
        if np.max(np.abs(trial - parameters) / (np.abs(parameters) + 1e-3)) < smallest_step:
            status = CONVERGED
            break
        chain_puts(trial, expiries, starts, moneyness, tolerance, rows)
        evaluations += 1
        trial_cost = _normal_equations(rows, trial[1], targets, weights, trial_normal, trial_gradient)
        gain = (cost - trial_cost) / predicted if predicted > 0.0 else -1.0
        if gain > 0.0:  # NaN is refused
            parameters, place, cost = trial, place + step, trial_cost
            normal[:], gradient[:] = trial_normal, trial_gradient
            damping, growth = damping * max(0.1, 1.0 - (2.0 * gain - 1.0) ** 3), 2.0
        else:
            damping, growth = damping * growth, growth * 2.0
    return parameters, status, evaluations, normal
