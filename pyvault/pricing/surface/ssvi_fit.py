"""SSVI across expiries, compiled: free of arbitrage for every value of its unknowns.

The unknowns are the logarithms of the increments of at-the-money total variance θ, then ρ, η and γ mapped to the
line so that |ρ| < 1, η(1 + |ρ|) < 2 and 0 < γ < 1/2 always hold (see `pyvault.kernels.ssvi`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.kernels.least_squares import levenberg_marquardt
from pyvault.kernels.ssvi import ssvi_curvature, ssvi_total_variance_gradient

__all__ = ["SHARED", "SsviProblem", "decode_shared", "fit_ssvi_unknowns", "ssvi_cost"]

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]

SHARED = 3  # ρ, η, γ
ITERATIONS = 60
TOLERANCE = 1e-8  # relative fall of the cost below which an iteration is the last


class SsviProblem(NamedTuple):
    """What a surface is fitted to: quotes ordered by expiry, those of expiry i in ``starts[i]:starts[i + 1]``."""

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


# normal equations in (θ_1..θ_n, ρ, η, γ): diagonal in θ, bordered by the shared three; the cost
@loop
def _bordered(
    data: SsviProblem, theta: Floats, rho: float, eta: float, gamma: float, border: Floats
) -> float:
    border[:] = 0.0
    n = theta.size
    row = np.empty(1 + SHARED)
    cost = 0.0
    for i in range(n):
        years = data.years[i]
        phi, log_phi_by_theta, log_phi_by_gamma = ssvi_curvature(theta[i], eta, gamma)
        for q in range(data.starts[i], data.starts[i + 1]):
            w, w_theta, w_rho, w_phi = ssvi_total_variance_gradient(data.k[q], theta[i], rho, phi)
            vol = np.sqrt(w / years)
            scale = 0.5 * data.weight[q] / (vol * years)
            row[0] = scale * (w_theta + w_phi * phi * log_phi_by_theta)
            row[1], row[2], row[3] = (
                scale * w_rho,
                scale * w_phi * phi / eta,
                scale * w_phi * phi * log_phi_by_gamma,
            )
            residual = data.weight[q] * (vol - data.mid[q])
            stretch = np.sqrt(1.0 + (residual / data.robust) ** 2)
            cost += 2.0 * residual * residual / (1.0 + stretch)
            for j in range(1 + SHARED):
                scaled = row[j] / stretch
                border[i, j] += scaled * row[0]
                border[i, 1 + SHARED] += scaled * residual if j == 0 else 0.0
                if j > 0:
                    border[n + j - 1, 1 + SHARED] += scaled * residual
                    for inner in range(1, j + 1):
                        border[n + j - 1, inner] += scaled * row[inner]
    return cost


@loop
def ssvi_cost(x: Floats, data: SsviProblem, normal: Floats, gradient: Floats) -> float:
    """Cost of the unknowns `x`; overwrites `normal` (lower triangle of JᵀJ) and `gradient` (Jᵀr)."""
    n = data.years.size
    rho, eta, gamma = decode_shared(x[n:])
    theta = np.cumsum(np.exp(x[:n]))
    border = np.empty((n + SHARED, 2 + SHARED))
    cost = _bordered(data, theta, rho, eta, gamma, border)
    slide = -eta * np.sign(rho) / (1.0 + abs(rho))  # η moves with ρ along its bound
    by_rho = 1.0 - rho * rho
    by_eta = eta * (1.0 - 0.5 * eta * (1.0 + abs(rho)))
    by_gamma = gamma * (1.0 - 2.0 * gamma)
    chain = np.array([[by_rho, slide * by_rho, 0.0], [0.0, by_eta, 0.0], [0.0, 0.0, by_gamma]])
    shared = border[n:, 1 : 1 + SHARED]
    shared = shared + np.tril(shared, -1).T
    normal[n:, n:] = chain @ shared @ chain.T
    gradient[n:] = chain @ border[n:, 1 + SHARED].copy()
    tail = np.zeros(2 + SHARED)  # θ_i holds every increment up to i: sums from the last expiry down
    for j in range(n - 1, -1, -1):
        increment = np.exp(x[j])
        tail += border[j]
        gradient[j] = increment * tail[1 + SHARED]
        normal[n:, j] = increment * (chain @ tail[1 : 1 + SHARED])
        for i in range(j + 1):
            normal[j, i] = increment * np.exp(x[i]) * tail[0]
    return cost


@loop
def fit_ssvi_unknowns(data: SsviProblem, x: Floats, low: Floats, high: Floats) -> float:
    """Improve the unknowns `x` in place inside the box [low, high]; returns the cost reached."""
    return levenberg_marquardt(ssvi_cost, data, x, low, high, x.size, ITERATIONS, TOLERANCE)
