"""Heston by other roads: the Riccati equations, the textbook formula, and adaptive quadrature."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.integrate import quad, solve_ivp


def riccati(argument, years, v0, kappa, theta, sigma, rho):
    """ln E[exp(argument X)] from the Riccati equations, integrated numerically."""

    def slope(_time, state):
        d = state[1]
        rate = 0.5 * (argument * argument - argument) - (kappa - rho * sigma * argument) * d
        return np.array([kappa * theta * d, rate + 0.5 * sigma * sigma * d * d])

    start = np.zeros(2, dtype=type(argument))
    end = solve_ivp(slope, (0.0, years), start, method="DOP853", rtol=1e-12, atol=1e-14).y[:, -1]
    return end[0] + v0 * end[1]


def textbook_characteristic(u, years, v0, kappa, theta, sigma, rho):
    """E[exp(i u X)] as Albrecher et al. (2007) print it, complex u allowed."""
    xi = kappa - sigma * rho * 1j * u
    d = np.sqrt(xi * xi + sigma * sigma * (u * u + 1j * u))
    g, decay = (xi - d) / (xi + d), np.exp(-d * years)
    drift = (xi - d) * years - 2.0 * np.log((1.0 - g * decay) / (1.0 - g))
    return np.exp(
        kappa * theta / sigma**2 * drift + v0 / sigma**2 * (xi - d) * (1.0 - decay) / (1.0 - g * decay)
    )


def quadrature_put(moneyness, years, v0, kappa, theta, sigma, rho):
    """Undiscounted put over the forward by Lewis' integral (2001), piece by piece."""
    log_strike = -np.log(moneyness)

    def integrand(u):
        phi = textbook_characteristic(u - 0.5j, years, v0, kappa, theta, sigma, rho)
        return (np.exp(1j * u * log_strike) * phi).real / (u * u + 0.25)

    share = (1.0 - np.exp(-kappa * years)) / (kappa * years)
    scale = 1.0 / np.sqrt((theta + (v0 - theta) * share) * years)
    edges = [0.0, *(scale * 2.0 ** np.arange(-3, 14))]
    total = 0.0
    for low, high in pairwise(edges):
        total += quad(integrand, low, high, epsabs=1e-13, epsrel=1e-10, limit=2_000)[0]
        is_spent = abs(textbook_characteristic(high - 0.5j, years, v0, kappa, theta, sigma, rho)) < 1e-18
        if high > 4.0 * scale and is_spent:
            break
    return moneyness - np.sqrt(moneyness) / np.pi * total


def random_parameters(generator):
    """(v0, kappa, theta, sigma, rho) over the domain that the docstring of `price` states."""
    v0, theta = np.exp(generator.uniform(np.log(0.01), np.log(1.5), 2))
    kappa = np.exp(generator.uniform(np.log(0.1), np.log(10.0)))
    sigma = np.exp(generator.uniform(np.log(0.05), np.log(2.0)))
    return v0, kappa, theta, sigma, generator.uniform(-0.95, 0.95)
