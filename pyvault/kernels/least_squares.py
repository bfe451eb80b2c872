"""Levenberg–Marquardt for small problems: the one place where compiled formulas pass arrays.

A problem is a compiled function ``cost(x, data, normal, gradient)`` that overwrites the lower triangle of
JᵀJ and Jᵀr, and returns the cost. `levenberg_marquardt` is inlined into its caller, one specialisation per
problem.

Marquardt (1963), "An algorithm for least-squares estimation of nonlinear parameters".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import kernel, loop

__all__ = ["add_residual", "damped_step", "hold_at_bounds", "levenberg_marquardt"]

Floats = npt.NDArray[np.floating[Any]]
Data = TypeVar("Data")


# JᵀJ += weight·rowᵀrow (lower triangle), Jᵀr += weight·residual·row
@loop
def add_residual(normal: Floats, gradient: Floats, row: Floats, residual: float, weight: float) -> None:
    for i in range(row.size):
        scaled = weight * row[i]
        gradient[i] += scaled * residual
        for j in range(i + 1):
            normal[i, j] += scaled * row[j]


# step = −(H + λ·diag H)⁻¹·gradient by Cholesky of the lower triangle, zero beyond `band` of the diagonal;
# False where it is not definite
@loop
def damped_step(normal: Floats, gradient: Floats, band: int, damping: float, step: Floats) -> bool:
    n = gradient.size
    factor = np.empty((n, n))
    for i in range(n):
        begin = max(0, i - band)
        for j in range(begin, i):
            value = normal[i, j]
            for inner in range(begin, j):
                value -= factor[i, inner] * factor[j, inner]
            factor[i, j] = value / factor[j, j]
        pivot = normal[i, i] * (1.0 + damping) + 1e-14
        forward = -gradient[i]
        for inner in range(begin, i):
            pivot -= factor[i, inner] * factor[i, inner]
            forward -= factor[i, inner] * step[inner]
        if not pivot > 0.0:
            return False
        factor[i, i] = np.sqrt(pivot)
        step[i] = forward / factor[i, i]
    for i in range(n - 1, -1, -1):
        for inner in range(i + 1, min(n, i + band + 1)):
            step[i] -= factor[inner, i] * step[inner]
        step[i] /= factor[i, i]
    return True


# take out the unknowns on a bound beyond which the cost falls, so that the others step as if alone
@loop
def hold_at_bounds(x: Floats, low: Floats, high: Floats, normal: Floats, gradient: Floats) -> None:
    for i in range(x.size):
        if (x[i] <= low[i] and gradient[i] > 0.0) or (x[i] >= high[i] and gradient[i] < 0.0):
            gradient[i] = 0.0
            normal[i, :i] = 0.0
            normal[i + 1 :, i] = 0.0


# improve x in place inside the box [low, high]; the cost reached
@kernel
def levenberg_marquardt(
    cost_of: Callable[[Floats, Data, Floats, Floats], float],
    data: Data,
    x: Floats,
    low: Floats,
    high: Floats,
    band: int,
    iterations: int,
    tolerance: float,
) -> float:
    n = x.size
    normal, trial_normal = np.zeros((n, n)), np.zeros((n, n))
    gradient, trial_gradient = np.zeros(n), np.zeros(n)
    step, trial = np.zeros(n), np.zeros(n)
    cost = cost_of(x, data, normal, gradient)
    hold_at_bounds(x, low, high, normal, gradient)
    damping = 1e-3
    remaining = iterations
    while remaining > 0 and damping < 1e12:
        remaining -= 1
        if not damped_step(normal, gradient, band, damping, step):
            damping *= 10.0
            continue
        for i in range(n):
            trial[i] = min(max(x[i] + step[i], low[i]), high[i])
        trial_cost = cost_of(trial, data, trial_normal, trial_gradient)
        if not trial_cost < cost:
            damping *= 4.0
            continue
        if cost - trial_cost <= tolerance * cost:
            remaining = 0
        cost = trial_cost
        x[:] = trial
        normal[:] = trial_normal
        gradient[:] = trial_gradient
        hold_at_bounds(x, low, high, normal, gradient)
        damping = max(0.2 * damping, 1e-12)
    return cost
