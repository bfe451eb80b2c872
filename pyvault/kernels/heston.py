"""Heston's model: the characteristic function with its gradient, and the tails of the log-price.

X = ln(F_T / F) under   dX = -v/2 dt + sqrt(v) dW,   dv = kappa (theta - v) dt + sigma sqrt(v) dZ,   d<W,Z> =
rho dt.

The characteristic function is the "little trap" form (Albrecher, Mayer, Schoutens & Tistaert 2007), whose
logarithm never leaves its principal branch, with every difference rewritten so that nothing cancels as sigma
goes to 0. Letters: u frequency, t years to expiry, w = u² + iu, xi = kappa - i sigma rho u, d = sqrt(xi² +
sigma² w), gap = d - xi, e = exp(-d t), h = (1 - e) / 2d, z = gap h; ln phi = kappa theta P + v0 D.
"""

from __future__ import annotations

import numpy as np

from pyvault.kernels.jit import kernel

__all__ = ["cumulant_function", "cumulant_terms", "exponential_terms", "log_characteristic", "log_gradient"]


@kernel
def _reciprocal(number: complex) -> complex:
    # 1 / z without the overflow guards of the general division: |z|² is far from the limits here.
    scale = 1.0 / (number.real * number.real + number.imag * number.imag)
    return complex(number.real * scale, -number.imag * scale)


@kernel
def _log1p(number: complex) -> complex:
    # Principal ln(1 + z), exact for small z.
    x, y = number.real, number.imag
    return complex(0.5 * np.log1p(x * (2.0 + x) + y * y), np.arctan2(y, 1.0 + x))


@kernel
def exponential_terms(
    u: float, t: float, kappa: float, sigma: float, rho: float
) -> tuple[complex, complex, complex, complex, complex, complex]:
    # (w, xi, d, e, h, gap). Re d² = kappa² + sigma² (1 - rho²) u² > 0: the root with Re d > 0 needs no
    # branch.
    w = complex(u * u, u)
    xi = complex(kappa, -sigma * rho * u)
    square = kappa * kappa + sigma * sigma * (1.0 - rho * rho) * u * u
    cross = sigma * u * (sigma - 2.0 * kappa * rho)
    root = np.sqrt(0.5 * (square + np.sqrt(square * square + cross * cross)))
    d = complex(root, 0.5 * cross / root)
    decay, angle = np.exp(-root * t), d.imag * t
    e = complex(decay * np.cos(angle), -decay * np.sin(angle))
    h = 0.5 * (1.0 - e) * _reciprocal(d)
    gap = sigma * sigma * w * _reciprocal(xi + d)  # = d - xi, without the cancellation
    return w, xi, d, e, h, gap


@kernel
def cumulant_terms(
    w: complex, h: complex, gap: complex, t: float, sigma: float
) -> tuple[complex, complex, complex]:
    # (D, P, 1 / (1 - z)): ln phi = kappa theta P + v0 D.
    z = gap * h
    inverse = _reciprocal(1.0 - z)
    big_d = -w * h * inverse
    big_p = (-t * gap - 2.0 * _log1p(-z)) / (sigma * sigma)
    return big_d, big_p, inverse


@kernel
def log_characteristic(
    u: float, t: float, v0: float, kappa: float, theta: float, sigma: float, rho: float
) -> complex:
    # ln E[exp(i u X)].
    w, _xi, _d, _e, h, gap = exponential_terms(u, t, kappa, sigma, rho)
    big_d, big_p, _inverse = cumulant_terms(w, h, gap, t, sigma)
    return kappa * theta * big_p + v0 * big_d


@kernel
def log_gradient(
    u: float, t: float, v0: float, kappa: float, theta: float, sigma: float, rho: float
) -> tuple[complex, complex, complex, complex, complex, complex]:
    # ln phi and its derivatives by (v0, kappa, theta, sigma, rho), as in Cui, del Baño Rollin & Germano
    # (2017). Along each of kappa, sigma, rho: d' = (xi xi' + sigma sigma' w) / d, h' = (t e / 2 - h) d' / d,
    # z' = gap' h + gap h', D' = -w (h' + h z' / (1 - z)) / (1 - z), P' = (2 z' / (1 - z) - t gap') / sigma² -
    # 2 P sigma' / sigma.
    w, xi, d, e, h, gap = exponential_terms(u, t, kappa, sigma, rho)
    big_d, big_p, inverse = cumulant_terms(w, h, gap, t, sigma)
    over_d, over_square = _reciprocal(d), 1.0 / (sigma * sigma)
    slope, weight = (0.5 * t * e - h) * over_d, -v0 * w * inverse
    mean, iu = kappa * theta * over_square, complex(0.0, u)

    d_kappa = xi * over_d
    h_kappa, gap_kappa = slope * d_kappa, d_kappa - 1.0
    z_kappa = (gap_kappa * h + gap * h_kappa) * inverse
    by_kappa = theta * big_p + mean * (2.0 * z_kappa - t * gap_kappa) + weight * (h_kappa + h * z_kappa)

    d_sigma = (sigma * w - rho * iu * xi) * over_d
    h_sigma, gap_sigma = slope * d_sigma, d_sigma + rho * iu
    z_sigma = (gap_sigma * h + gap * h_sigma) * inverse
    by_sigma = mean * (2.0 * z_sigma - t * gap_sigma - 2.0 * sigma * big_p) + weight * (h_sigma + h * z_sigma)

    d_rho = -sigma * iu * xi * over_d
    h_rho, gap_rho = slope * d_rho, d_rho + sigma * iu
    z_rho = (gap_rho * h + gap * h_rho) * inverse
    by_rho = mean * (2.0 * z_rho - t * gap_rho) + weight * (h_rho + h * z_rho)

    value = kappa * theta * big_p + v0 * big_d
    return value, big_d, by_kappa, kappa * big_p, by_sigma, by_rho


@kernel
def cumulant_function(
    p: float, t: float, v0: float, kappa: float, theta: float, sigma: float, rho: float
) -> float:
    # ln E[exp(p X)] for real p, inf where the moment has exploded (Andersen & Piterbarg 2007).
    # With m = p² - p and the discriminant xi² - sigma² m: hyperbolic functions above zero, trigonometric
    # below.
    m = p * p - p
    xi = kappa - sigma * rho * p
    square = xi * xi - sigma * sigma * m
    d = np.sqrt(abs(square)) + 1e-150
    if square >= 0.0:
        gap = -sigma * sigma * m / (xi + d) if xi > 0.0 else d - xi
        half = -0.5 * np.expm1(-d * t) / d  # h above
        rest = 1.0 - gap * half if xi > 0.0 else (gap * np.exp(-d * t) - sigma * sigma * m / gap) / (2.0 * d)
        exploded = rest <= 0.0
        logarithm = np.log1p(-gap * half) if xi > 0.0 else np.log(max(rest, 1e-300))
        big_p = (-t * gap - 2.0 * logarithm) / (sigma * sigma)
        big_d = m * half / rest
    else:
        angle = 0.5 * d * t
        ratio = np.sin(angle) / d
        rest = np.cos(angle) + xi * ratio
        exploded = rest <= 0.0 or angle >= np.pi
        big_p = (t * xi - 2.0 * np.log(max(rest, 1e-300))) / (sigma * sigma)
        big_d = m * ratio / rest
    return np.inf if exploded else kappa * theta * big_p + v0 * big_d
