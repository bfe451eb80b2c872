"""Raw SVI, its wing form and Durrleman's condition.

k is log-moneyness ln(K/F), v the annualised variance, w = v·τ the total variance. The wing form names a
slice by what a trader sees: least variance, the two asymptotic slopes, and where and how sharply it turns.
Positive slopes and a positive least variance are exactly b > 0, |ρ| < 1 and a + b·s·√(1 − ρ²) > 0.

Gatheral (2004), "A parsimonious arbitrage-free implied volatility parameterization"; Durrleman (2003),
"Implied volatility: analytical and empirical aspects"; Lee (2004), "The moment formula for implied
volatility".
"""

from __future__ import annotations

import numpy as np

from pyvault.kernels.jit import kernel

__all__ = [
    "LEE_SLOPE",
    "durrleman",
    "durrleman_gradient",
    "svi_derivatives",
    "svi_variance",
    "wing_derivative_gradients",
    "wing_variance_gradient",
    "wings_to_svi",
]

LEE_SLOPE = 2.0  # a wing of total variance steeper than this has no density: Lee (2004)


# v(k) = a + b·(ρ(k − m) + √((k − m)² + s²))
@kernel
def svi_variance(k: float, a: float, b: float, rho: float, m: float, s: float) -> float:
    root: float = np.sqrt((k - m) * (k - m) + s * s)
    return a + b * (rho * (k - m) + root)


# v′ = b(ρ + (k − m)/R), v″ = b·s²/R³ with R = √((k − m)² + s²)
@kernel
def svi_derivatives(k: float, b: float, rho: float, m: float, s: float) -> tuple[float, float]:
    root = np.sqrt((k - m) * (k - m) + s * s)
    return b * (rho + (k - m) / root), b * s * s / (root * root * root)


# g = (1 − k·w′/2w)² − w′²/4·(1/w + 1/4) + w″/2: the density of ln K up to a positive factor
@kernel
def durrleman(k: float, w: float, w1: float, w2: float) -> float:
    tilt = 1.0 - 0.5 * k * w1 / w
    return tilt * tilt - 0.25 * w1 * w1 * (1.0 / w + 0.25) + 0.5 * w2


# ∂g/∂w and ∂g/∂w′; ∂g/∂w″ is 1/2
@kernel
def durrleman_gradient(k: float, w: float, w1: float) -> tuple[float, float]:
    tilt = 1.0 - 0.5 * k * w1 / w
    by_w = (tilt * k * w1 + 0.25 * w1 * w1) / (w * w)
    return by_w, -tilt * k / w - 0.5 * w1 * (1.0 / w + 0.25)


# p = b(1 − ρ), c = b(1 + ρ), least = a + s√(pc), solved for (a, b, ρ)
@kernel
def wings_to_svi(least: float, p: float, c: float, s: float) -> tuple[float, float, float]:
    return least - s * np.sqrt(p * c), 0.5 * (p + c), (c - p) / (p + c)


# v(k) = least − s√(pc) + (c − p)/2·(k − m) + (c + p)/2·R and its partials in (least, p, c, m, s)
@kernel
def wing_variance_gradient(
    k: float, least: float, p: float, c: float, m: float, s: float
) -> tuple[float, float, float, float, float, float]:
    x = k - m
    root = np.sqrt(x * x + s * s)
    mean = np.sqrt(p * c)
    v = least - s * mean + 0.5 * (c - p) * x + 0.5 * (c + p) * root
    by_p = 0.5 * (root - x - s * mean / p)
    by_c = 0.5 * (root + x - s * mean / c)
    by_m = 0.5 * (p - c) - 0.5 * (c + p) * x / root
    by_s = 0.5 * (c + p) * s / root - mean
    return v, 1.0, by_p, by_c, by_m, by_s


# partials of v′ in (p, c, m, s), then of v″ in (p or c, m, s); the least variance has none
@kernel
def wing_derivative_gradients(
    k: float, p: float, c: float, m: float, s: float
) -> tuple[float, float, float, float, float, float, float]:
    x = k - m
    inverse = 1.0 / np.sqrt(x * x + s * s)
    cube = inverse * inverse * inverse
    b = 0.5 * (c + p)
    curvature = b * s * s * cube
    v1_by_c = 0.5 * (x * inverse + 1.0)
    v1_by_s = -b * x * s * cube
    v2_by_slope = 0.5 * s * s * cube
    v2_by_m = 3.0 * curvature * x * inverse * inverse
    v2_by_s = b * s * cube * (2.0 - 3.0 * s * s * inverse * inverse)
    return v1_by_c - 1.0, v1_by_c, -curvature, v1_by_s, v2_by_slope, v2_by_m, v2_by_s
