"""Characteristic function, gradient and tails against the Riccati equations and 40-digit arithmetic."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from reference.heston_quadrature import random_parameters, riccati, textbook_characteristic
from scipy.integrate import quad

from pyvault.kernels.heston import cumulant_function, log_characteristic, log_gradient
from pyvault.kernels.jit import loop
from pyvault.pricing.heston.series import density_range

NEVER_ZERO = (0.09, 2.0, 0.12, 0.6, -0.7)  # 2 kappa theta > sigma²
TOUCHES_ZERO = (0.02, 0.5, 0.04, 1.5, 0.4)


# Inlined kernels cannot be called from Python: the compiled loops stand in for their callers.
@loop
def log_characteristic_at(u, t, v0, kappa, theta, sigma, rho):
    return log_characteristic(u, t, v0, kappa, theta, sigma, rho)


@loop
def log_gradient_at(u, t, v0, kappa, theta, sigma, rho):
    return log_gradient(u, t, v0, kappa, theta, sigma, rho)


@loop
def cumulant_at(p, t, v0, kappa, theta, sigma, rho):
    return cumulant_function(p, t, v0, kappa, theta, sigma, rho)


def explosion_time(p, kappa, sigma, rho):
    """When E[exp(p X)] becomes infinite: Andersen & Piterbarg (2007), proposition 3.1."""
    xi = kappa - sigma * rho * p
    square = xi * xi - sigma * sigma * (p * p - p)
    if square >= 0.0:
        root = np.sqrt(square)
        return np.inf if xi > 0.0 else np.log((xi - root) / (xi + root)) / root
    root = np.sqrt(-square)
    return 2.0 / root * (np.pi * (xi > 0.0) + np.arctan(-root / xi))


def textbook_logarithm(u, years, v0, kappa, theta, sigma, rho):
    """ln E[exp(i u X)] as Albrecher et al. (2007) print it, at mpmath's working precision."""
    iu = mpmath.mpc(0, u)
    xi = kappa - sigma * rho * iu
    d = mpmath.sqrt(xi * xi + sigma * sigma * (u * u + iu))
    g, decay = (xi - d) / (xi + d), mpmath.exp(-d * years)
    drift = (xi - d) * years - 2 * mpmath.log((1 - g * decay) / (1 - g))
    return kappa * theta / sigma**2 * drift + v0 / sigma**2 * (xi - d) * (1 - decay) / (1 - g * decay)


@pytest.mark.parametrize("parameters", [NEVER_ZERO, TOUCHES_ZERO])
@pytest.mark.parametrize("years", [1e-3, 0.25, 3.0])
def test_log_characteristic__any_frequency__solves_the_riccati_equations(parameters, years):
    for u in (0.3, 2.0, 15.0, 80.0):
        expected = riccati(1j * u, years, *parameters)
        assert log_characteristic_at(u, years, *parameters) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_log_characteristic__random_parameters__equals_the_textbook_formula_at_thirty_digits(count):
    generator = np.random.default_rng(11)
    for _ in range(count(200, 5_000)):
        parameters, years = random_parameters(generator), np.exp(generator.uniform(np.log(1e-3), np.log(3.0)))
        u = np.exp(generator.uniform(np.log(0.1), np.log(50.0)))
        with mpmath.workdps(30):
            expected = complex(mpmath.exp(textbook_logarithm(u, years, *map(mpmath.mpf, parameters))))
        assert abs(np.exp(log_characteristic_at(u, years, *parameters)) - expected) < 1e-14


def test_log_characteristic__vol_of_variance_near_zero__is_the_normal_one():
    v0, kappa, theta, years = 0.04, 1.5, 0.09, 0.7
    variance = theta * years + (v0 - theta) * -np.expm1(-kappa * years) / kappa
    for u in (0.5, 5.0):
        expected = -0.5 * variance * (u * u + 1j * u)
        assert log_characteristic_at(u, years, v0, kappa, theta, 1e-9, 0.0) == pytest.approx(
            expected, rel=1e-13
        )


@pytest.mark.parametrize("parameters", [NEVER_ZERO, TOUCHES_ZERO])
@pytest.mark.parametrize(("u", "years"), [(0.7, 0.02), (8.0, 0.5), (30.0, 2.0)])
def test_log_gradient__all_parameters__equals_derivatives_at_forty_digits(parameters, u, years):
    def log_phi(*point):
        return textbook_logarithm(u, years, *point)

    value, *slopes = log_gradient_at(u, years, *parameters)
    assert value == pytest.approx(log_characteristic_at(u, years, *parameters), rel=1e-14)
    with mpmath.workdps(40):
        point = [mpmath.mpf(number) for number in parameters]
        for index, slope in enumerate(slopes):
            order = tuple(int(index == other) for other in range(5))
            assert slope == pytest.approx(complex(mpmath.diff(log_phi, point, order)), rel=1e-12)


@pytest.mark.parametrize("parameters", [NEVER_ZERO, TOUCHES_ZERO])
def test_cumulant_function__of_the_forward__is_a_martingale(parameters):
    for years in (1e-3, 0.5, 4.0):
        assert cumulant_at(1.0, years, *parameters) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("years", [0.5, 5.0, 30.0])
def test_cumulant_function__variance_that_runs_away_under_the_stock_measure__is_a_martingale(years):
    # kappa - sigma rho = -17: the form 1 - gap h has no digits left of exp(-17 t)
    assert cumulant_at(1.0, years, 0.3, 1.0, 0.4, 20.0, 0.9) == pytest.approx(0.0, abs=1e-12)
    assert cumulant_at(1.0, years, 0.3, 1.0, 0.4, 20.0, -0.9) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("p", [-20.0, -2.0, 0.5, 3.0, 40.0])
@pytest.mark.parametrize("parameters", [NEVER_ZERO, TOUCHES_ZERO])
def test_cumulant_function__before_and_after_explosion__is_right_then_infinite(parameters, p):
    _v0, kappa, _theta, sigma, rho = parameters
    last = min(explosion_time(p, kappa, sigma, rho), 5.0)
    for years in (0.1 * last, 0.8 * last):
        assert cumulant_at(p, years, *parameters) == pytest.approx(riccati(p, years, *parameters), rel=1e-8)
    if last < 5.0:
        assert cumulant_at(p, 0.999 * last, *parameters) > cumulant_at(p, 0.99 * last, *parameters)
        assert np.isinf(cumulant_at(p, 1.001 * last, *parameters))
        assert np.isinf(cumulant_at(p, 7.0 * last, *parameters))


@pytest.mark.parametrize("parameters", [NEVER_ZERO, TOUCHES_ZERO])
@pytest.mark.parametrize("years", [0.02, 1.0])
def test_density_range__at_one_in_a_million__holds_all_but_that_and_is_tight(parameters, years):
    def below(edge):
        def integrand(u):
            phi = textbook_characteristic(u, years, *parameters)
            return (np.exp(-1j * u * edge) * phi).imag / u

        scale = 1.0 / np.sqrt(parameters[0] * years)
        pieces = [scale * 2.0**power for power in range(-12, 10)]
        edges = zip([1e-12, *pieces], pieces, strict=False)
        return 0.5 - sum(quad(integrand, a, b, epsabs=1e-12, limit=500)[0] for a, b in edges) / np.pi

    low, high = density_range(np.array(parameters), years, 1e-6)
    assert 1e-10 < below(low) < 0.5e-6
    assert 1e-10 < 1.0 - below(high) < 0.5e-6
