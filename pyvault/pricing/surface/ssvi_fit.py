"""SSVI across expiries, compiled: free of arbitrage for every value of its unknowns.

The unknowns are the logarithms of the increments of at-the-money total variance θ, then ρ, η and γ mapped
to the line so that |ρ| < 1, η(1 + |ρ|) < 2 and 0 < γ < 1/2 always hold (see `pyvault.kernels.ssvi`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.kernels.least_squares import add_residual, levenberg_marquardt
from pyvault.kernels.ssvi import ssvi_curvature, ssvi_total_variance_gradient

__all__ = ["SHARED", "SsviProblem", "decode_shared", "fit_ssvi_unknowns", "ssvi_cost"]

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]

SHARED = 3  # ρ, η, γ
ITERATIONS = 60
TOLERANCE = 1e-8  # relative fall of the cost below which an iteration is the last


class SsviProblem(NamedTuple):
    """The quotes, ordered by expiry, those of expiry i in ``starts[i]:starts[i + 1]``."""

    years: Floats
    starts: Integers
    k: Floats
    mid: Floats
    weight: Floats
    robust: float


@loop
def decode_shared(x: Floats) -> tuple[float, float, float]:
    """Shared parameters (ρ, η, γ) of the last three unknowns."""
    rho = np.tanh(x[0])
    return rho, 2.0 / (1.0 + abs(rho)) / (1.0 + np.exp(-x[1])), 0.5 / (1.0 + np.exp(-x[2]))


# ∂(ρ, η, γ)/∂x of `decode_shared`: dρ, dη along ρ's bound, dη, dγ
@loop
def _shared_slopes(rho: float, eta: float, gamma: float) -> tuple[float, float, float, float]:
    by_rho = 1.0 - rho * rho
    slide = -eta * np.sign(rho) / (1.0 + abs(rho)) * by_rho
    return by_rho, slide, eta * (1.0 - 0.5 * eta * (1.0 + abs(rho))), gamma * (1.0 - 2.0 * gamma)


# one expiry: JᵀJ and Jᵀr over (θ, unknowns of ρ, η, γ); returns the cost
@loop
def _add_expiry(
    data: SsviProblem, i: int, theta: float, x: Floats, normal: Floats, gradient: Floats
) -> float:
    rho, eta, gamma = decode_shared(x)
    by_rho, slide, by_eta, by_gamma = _shared_slopes(rho, eta, gamma)
    phi, log_phi_by_theta, log_phi_by_gamma = ssvi_curvature(theta, eta, gamma)
    years = data.years[i]
    row = np.empty(1 + SHARED)
    cost = 0.0
    for q in range(data.starts[i], data.starts[i + 1]):
        w, w_theta, w_rho, w_phi = ssvi_total_variance_gradient(data.k[q], theta, rho, phi)
        vol = np.sqrt(w / years)
        scale = 0.5 * data.weight[q] / (vol * years)
        by_log_phi = scale * w_phi * phi
        row[0] = scale * w_theta + by_log_phi * log_phi_by_theta
        row[1] = scale * w_rho * by_rho + by_log_phi / eta * slide
        row[2], row[3] = by_log_phi / eta * by_eta, by_log_phi * log_phi_by_gamma * by_gamma
        residual = data.weight[q] * (vol - data.mid[q])
        stretch = np.sqrt(1.0 + (residual / data.robust) ** 2)
        cost += 2.0 * residual * residual / (1.0 + stretch)
        add_residual(normal, gradient, row, residual, 1.0 / stretch)
    return cost


@loop
def ssvi_cost(x: Floats, data: SsviProblem, normal: Floats, gradient: Floats) -> float:
    """Cost of the unknowns `x`; overwrites the lower triangle of JᵀJ, and Jᵀr."""
    normal[:] = 0.0
    gradient[:] = 0.0
    n = data.years.size
    increments = np.exp(x[:n])
    theta = np.cumsum(increments)
    one, slope = np.empty((1 + SHARED, 1 + SHARED)), np.empty(1 + SHARED)
    tail, tail_slope = np.zeros(1 + SHARED), 0.0
    cost = 0.0
    for j in range(n - 1, -1, -1):  # θ_i holds every increment up to i: sums run from the last expiry down
        one[:] = 0.0
        slope[:] = 0.0
        cost += _add_expiry(data, j, theta[j], x[n:], one, slope)
        tail += one[:, 0]
        tail_slope += slope[0]
        gradient[j] = increments[j] * tail_slope
        for i in range(j + 1):
            normal[j, i] = increments[j] * increments[i] * tail[0]
        for q in range(SHARED):
            normal[n + q, j] = increments[j] * tail[1 + q]
            gradient[n + q] += slope[1 + q]
            for r in range(q + 1):
                normal[n + q, n + r] += one[1 + q, 1 + r]
    return cost


@loop
def fit_ssvi_unknowns(data: SsviProblem, x: Floats, low: Floats, high: Floats) -> float:
    """Improve the unknowns `x` in place inside the box [low, high]; returns the cost reached."""
    return levenberg_marquardt(ssvi_cost, data, x, low, high, x.size, ITERATIONS, TOLERANCE)
