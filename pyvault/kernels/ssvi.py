"""SSVI: one surface in (k, θ), θ the at-the-money total variance of an expiry.

The power law φ(θ) = η·θ^(−γ)·(1 + θ)^(γ − 1) with 0 < γ ≤ 1/2 and η(1 + |ρ|) ≤ 2 admits no butterfly
arbitrage, and no calendar arbitrage while θ does not fall: Gatheral and Jacquier (2014), "Arbitrage-free
SVI volatility surfaces", theorem 4.2 and remark 4.4.
"""

from __future__ import annotations

import numpy as np

from pyvault.kernels.jit import kernel

__all__ = ["ssvi_curvature", "ssvi_to_svi", "ssvi_total_variance_gradient"]


# φ(θ) = η·θ^(−γ)·(1 + θ)^(γ − 1), then ∂ln φ/∂θ and ∂ln φ/∂γ; ∂ln φ/∂η is 1/η
@kernel
def ssvi_curvature(theta: float, eta: float, gamma: float) -> tuple[float, float, float]:
    by_gamma = np.log((1.0 + theta) / theta)
    phi = eta * np.exp(gamma * by_gamma) / (1.0 + theta)
    return phi, -gamma / theta - (1.0 - gamma) / (1.0 + theta), by_gamma


# w(k) = θ/2·(1 + ρφk + R), R = √((φk + ρ)² + 1 − ρ²); then ∂w/∂θ at fixed φ, ∂w/∂ρ, ∂w/∂φ
@kernel
def ssvi_total_variance_gradient(
    k: float, theta: float, rho: float, phi: float
) -> tuple[float, float, float, float]:
    x = phi * k
    root = np.sqrt((x + 2.0 * rho) * x + 1.0)
    by_theta = 0.5 * (1.0 + rho * x + root)
    by_rho = 0.5 * theta * x * (1.0 + 1.0 / root)
    by_phi = 0.5 * theta * k * (rho + (x + rho) / root)
    return theta * by_theta, by_theta, by_rho, by_phi


# annualised raw SVI (a, b, m, s) of an SSVI slice; ρ is shared
@kernel
def ssvi_to_svi(theta: float, rho: float, phi: float, years: float) -> tuple[float, float, float, float]:
    level = 0.5 * theta / years
    across = np.sqrt(1.0 - rho * rho)
    return level * across * across, level * phi, -rho / phi, across / phi
