"""Laws of the SVI and SSVI kernels, of the certificate, and of every fitted surface."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from support.market import DAYS, SLICES, black, market_frame, svi_variance, years
from support.surface import assert_free_of_arbitrage, assert_no_butterfly_after, durrleman, total_variance

from pyvault.kernels import ssvi, svi
from pyvault.market.chain import read_chain
from pyvault.pricing.surface import SsviParameters, SurfaceSlice, fit_surface, select_quotes
from pyvault.pricing.surface.arbitrage import check_arbitrage, margins, spread_grid
from pyvault.pricing.surface.ssvi_fit import SsviProblem, fit_ssvi_unknowns, ssvi_cost
from pyvault.pricing.surface.svi_fit import SurfaceProblem, encode, surface_cost

STEP = 1e-30  # of a complex-step derivative: exact to rounding


def python(kernel):
    """The formula itself, uncompiled: it takes complex numbers."""
    return kernel.py_func


def complex_step(function, arguments, index):
    moved = [complex(value) for value in arguments]
    moved[index] += 1j * STEP
    return np.imag(function(*moved)) / STEP


def random_wings(rng):
    """(k, least, left slope, right slope, m, s)."""
    return (
        rng.normal(0.0, 0.5),
        *np.exp(rng.uniform((-3.0, -3.0, -3.0), (0.5, 2.0, 2.0))),
        rng.normal(0.0, 0.2),
        np.exp(rng.uniform(-4.0, 0.5)),
    )


def test_wing_form__is_raw_svi_with_its_gradient(count):
    rng = np.random.default_rng(11)
    function = python(svi.wing_variance_gradient)
    for _ in range(count(200, 5_000)):
        arguments = random_wings(rng)
        k, least, p, c, m, s = arguments
        a, b, rho = python(svi.wings_to_svi)(least, p, c, s)
        value, *gradient = function(*arguments)
        assert value == pytest.approx(svi_variance(k, a, b, rho, m, s), rel=1e-9)
        expected = [complex_step(lambda *x: function(*x)[0], arguments, i) for i in range(1, 6)]
        np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-12)


def test_svi_derivatives__and_their_gradients__equal_complex_steps(count):
    rng = np.random.default_rng(12)

    def slopes(k, p, c, m, s):
        return python(svi.svi_derivatives)(k, 0.5 * (p + c), (c - p) / (p + c), m, s)

    for _ in range(count(200, 5_000)):
        k, least, p, c, m, s = random_wings(rng)
        raw = (*python(svi.wings_to_svi)(least, p, c, s), m, s)
        first, second = python(svi.svi_derivatives)(k, *raw[1:])
        assert first == pytest.approx(
            complex_step(python(svi.svi_variance), (k, *raw), 0), rel=1e-11, abs=1e-12
        )
        by_k = complex_step(lambda *x: python(svi.svi_derivatives)(*x)[0], (k, *raw[1:]), 0)
        assert second == pytest.approx(by_k, rel=1e-11)
        partials = [
            [complex_step(lambda *x, order=order: slopes(*x)[order], (k, p, c, m, s), i) for i in range(1, 5)]
            for order in (0, 1)
        ]
        v1_p, v1_c, v1_m, v1_s, v2_slope, v2_m, v2_s = python(svi.wing_derivative_gradients)(k, p, c, m, s)
        np.testing.assert_allclose((v1_p, v1_c, v1_m, v1_s), partials[0], rtol=1e-9, atol=1e-10)
        np.testing.assert_allclose((v2_slope, v2_slope, v2_m, v2_s), partials[1], rtol=1e-9, atol=1e-10)


def test_durrleman_gradient__equals_complex_steps(count):
    rng = np.random.default_rng(13)
    for _ in range(count(200, 5_000)):
        arguments = rng.normal(), rng.uniform(0.01, 1.0), rng.normal(), rng.normal()
        expected = [complex_step(python(svi.durrleman), arguments, i) for i in (1, 2)]
        np.testing.assert_allclose(python(svi.durrleman_gradient)(*arguments[:3]), expected, rtol=1e-11)


def test_ssvi_gradients__equal_complex_steps(count):
    rng = np.random.default_rng(14)
    surface, curvature = python(ssvi.ssvi_total_variance_gradient), python(ssvi.ssvi_curvature)
    for _ in range(count(200, 5_000)):
        arguments = rng.normal(), rng.uniform(0.001, 1.0), rng.uniform(-0.9, 0.9), rng.uniform(0.2, 8.0)
        gradient = surface(*arguments)[1:]
        expected = [complex_step(lambda *x: surface(*x)[0], arguments, i) for i in (1, 2, 3)]
        np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-14)
        shape = rng.uniform(0.001, 2.0), rng.uniform(0.1, 2.0), rng.uniform(0.01, 0.5)
        expected = [complex_step(lambda *x: np.log(curvature(*x)[0]), shape, i) for i in (0, 2)]
        np.testing.assert_allclose(curvature(*shape)[1:], expected, rtol=1e-11)


def test_ssvi_slice__is_the_raw_svi_that_it_names(count):
    rng = np.random.default_rng(15)
    k = np.linspace(-1.5, 1.5, 31)
    for _ in range(count(50, 1_000)):
        theta, rho, phi, time = rng.uniform((0.001, -0.9, 0.2, 0.01), (1.0, 0.9, 8.0, 2.0))
        a, b, m, s = python(ssvi.ssvi_to_svi)(theta, rho, phi, time)
        expected = [python(ssvi.ssvi_total_variance_gradient)(x, theta, rho, phi)[0] for x in k]
        np.testing.assert_allclose(time * svi_variance(k, a, b, rho, m, s), expected, rtol=1e-13)


def gradient_error(cost_of, problem, x, width):
    """Worst relative gap between the gradient that the fit uses and central differences of half the cost."""
    normal, gradient, scratch = np.zeros((x.size, x.size)), np.zeros(x.size), np.zeros(x.size)
    cost_of(x, problem, normal, gradient)
    used = gradient.copy()
    differences = np.empty(x.size)
    for i in range(x.size):
        up, down = x.copy(), x.copy()
        up[i] += width
        down[i] -= width
        rise = cost_of(up, problem, normal, scratch) - cost_of(down, problem, normal, scratch)
        differences[i] = rise / (4.0 * width)
    return np.max(np.abs(used - differences) / (np.abs(used) + 1e-3 * np.abs(used).max()))


def test_surface_cost__with_both_penalties_at_work__has_the_gradient_it_claims():
    quotes = select_quotes(read_chain(market_frame(noise=0.01)), 5)
    table = np.column_stack(([each.time_to_expiry for each in quotes], SLICES))
    table[1, 1:3] *= 4.0  # above the next expiry
    table[2, 1:] = 0.04, 1.2, -0.6, 0.0, 0.01  # a kink: g < 0 beside it
    x = np.empty((len(quotes), 5))
    for row, unknowns in zip(table, x, strict=True):
        time, a, b, rho, m, s = row
        encode(a + b * s * np.sqrt(1 - rho**2), b * (1 - rho), b * (1 + rho), m, s, time, unknowns)
    problem = SurfaceProblem(
        years=table[:, 0].copy(),
        starts=np.cumsum([0, *map(len, quotes)]),
        k=np.concatenate([each.log_moneyness for each in quotes]),
        mid=np.concatenate([each.mid for each in quotes]),
        weight=1.0 / np.concatenate([each.half_spread for each in quotes]),
        robust=1.0,
        grids=np.array([spread_grid(0.2, row[4], row[5], 41, 21) for row in table]),
        margin=3e-3,
        penalty=1e3,
    )
    found = margins(table)
    assert found.butterfly.min() < 0.0
    assert found.calendar.min() < 0.0
    assert gradient_error(surface_cost, problem, x.ravel(), 1e-7) < 1e-4


def ssvi_problem(quotes):
    return SsviProblem(
        years=np.array([each.time_to_expiry for each in quotes]),
        starts=np.cumsum([0, *map(len, quotes)]),
        k=np.concatenate([each.log_moneyness for each in quotes]),
        mid=np.concatenate([each.mid for each in quotes]),
        weight=1.0 / np.concatenate([each.half_spread for each in quotes]),
        robust=1.0,
    )


@pytest.mark.parametrize("rho_unknown", [-0.4, 0.6])
def test_ssvi_cost__has_the_gradient_it_claims(rho_unknown):
    quotes = select_quotes(read_chain(market_frame(noise=0.01)), 5)
    problem = ssvi_problem(quotes)
    theta = np.array([each.deviation for each in quotes]) ** 2
    x = np.concatenate((np.log(np.diff(theta, prepend=0.0)), (rho_unknown, 0.3, -0.5)))
    assert gradient_error(ssvi_cost, problem, x, 1e-6) < 1e-6


def slice_of(row, expiry=1):
    names = ("time_to_expiry", "a", "b", "rho", "m", "s")
    return SurfaceSlice(expiry=expiry, forward=1.0, **dict(zip(names, map(float, row), strict=True)))


def test_durrleman__times_a_positive_factor__is_the_second_difference_of_black_prices():
    with mpmath.workdps(40):
        for parameters, day in zip(SLICES, DAYS, strict=True):
            a, b, rho, m, s = (mpmath.mpf(float(value)) for value in parameters)
            time = mpmath.mpf(years(day))

            def total(k, a=a, b=b, rho=rho, m=m, s=s, time=time):
                return time * (a + b * (rho * (k - m) + mpmath.sqrt((k - m) ** 2 + s**2)))

            def call(strike, total=total):
                root = mpmath.sqrt(total(mpmath.log(strike)))
                d1 = -mpmath.log(strike) / root + root / 2
                return mpmath.ncdf(d1) - strike * mpmath.ncdf(d1 - root)

            for x in (-3, -1, 0, 0.5, 2):
                k = x * mpmath.sqrt(total(mpmath.mpf(0)))
                root = mpmath.sqrt(total(k))
                density = mpmath.diff(call, mpmath.exp(k), 2) * mpmath.exp(k)
                g = density * root / mpmath.npdf(-k / root - root / 2)
                assert durrleman(slice_of((float(time), *parameters)), float(k)) == pytest.approx(
                    float(g), rel=1e-9
                )
                w = float(total(k))
                first, second = python(svi.svi_derivatives)(float(k), *parameters[1:])
                assert svi.durrleman(float(k), w, float(time) * first, float(time) * second) == pytest.approx(
                    float(g), rel=1e-9
                )


def worst_order(earlier, later):
    """Least of later over earlier total variance − 1: its sign changes only at the roots of a quartic."""
    polynomials = []
    for time, a, b, rho, m, s in (earlier, later):
        line = np.polynomial.Polynomial([a - b * rho * m, b * rho]) * time
        square = np.polynomial.Polynomial([m * m + s * s, -2.0 * m, 1.0]) * (time * b) ** 2
        polynomials.append((line, square))
    (line0, square0), (line1, square1) = polynomials
    gap = line1 - line0
    # gap + √square1 − √square0 = 0, squared twice
    quartic = (square0 - square1 - gap**2) ** 2 - 4.0 * gap**2 * square1
    roots = quartic.trim(tol=0.0).roots()
    edges = np.concatenate(([-1e4], np.sort(roots.real), [1e4]))  # a complex pair may be a double root
    between = np.concatenate((0.5 * (edges[1:] + edges[:-1]), edges))
    w0, w1 = (total_variance(slice_of(row), between) for row in (earlier, later))
    return np.min(w1 / w0 - 1.0)


def test_certificate__of_two_slices__agrees_with_the_roots_of_their_quartic(count):
    rng = np.random.default_rng(16)
    verdicts = []
    for _ in range(count(300, 20_000)):
        pair = np.sort(rng.uniform(0.02, 0.5, 2))
        rows = []
        for time in pair:
            _, least, p, c, m, s = random_wings(rng)
            rows.append((time, *python(svi.wings_to_svi)(least, p / 4, c / 4, s), m, s))
        exact, found = worst_order(*rows), margins(np.array(rows)).calendar[1]
        if min(abs(exact), abs(found)) < 1e-6:
            continue  # a touch: the grid cannot tell, nor can the roots
        assert (exact < 0.0) == (found < 0.0)
        verdicts.append(exact < 0.0)
    assert 0.05 < np.mean(verdicts) < 0.95


PLANTED = {
    "butterfly": (0, (years(30), 0.04, 1.2, -0.6, 0.0, 0.01)),
    "wing": (1, (years(90), 0.2, 8.0, 0.5, 0.0, 1.0)),
    "calendar": (1, (years(30) * 1.001, *SLICES[2] * (1, 0.9, 1, 1, 1))),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_certificate__of_planted_arbitrage__says_which_and_where(kind):
    position, row = PLANTED[kind]
    rows = [(years(30), *SLICES[2]), (years(90), *SLICES[3])]
    rows[position] = row
    report = check_arbitrage([slice_of(each, expiry) for expiry, each in enumerate(rows)])
    assert kind in {violation.kind for violation in report.violations}
    assert bool(report) is True
    violation = next(each for each in report.violations if each.kind == kind)
    assert violation.expiry == position
    assert violation.margin < 0.0
    if kind == "butterfly":
        assert durrleman(slice_of(row), violation.log_moneyness) == pytest.approx(violation.margin, rel=1e-9)
        assert report.butterfly
    if kind == "calendar":
        assert report.calendar == (violation,)


def test_certificate__of_the_truth__finds_nothing():
    truth = [slice_of((years(day), *row)) for day, row in zip(DAYS, SLICES, strict=True)]
    assert not check_arbitrage(truth)
    assert len(check_arbitrage([])) == 0


def test_ssvi__for_any_parameters_inside_its_rules__is_free_of_arbitrage(count):
    rng = np.random.default_rng(17)
    for _ in range(count(60, 3_000)):
        rho = rng.uniform(-0.95, 0.95)
        surface = SsviParameters(
            time_to_expiry=np.array([0.01, 0.1, 0.5, 1.0]),
            theta=np.cumsum(np.exp(rng.uniform(-7.0, -1.0, 4))),
            rho=rho,
            eta=rng.uniform(0.05, 2.0) / (1.0 + abs(rho)),
            gamma=rng.uniform(0.01, 0.5),
        )
        assert margins(surface.rows()).is_free.all()
        assert_free_of_arbitrage([slice_of(row) for row in surface.rows()])


def test_fit__of_an_arbitrage_free_chain__recovers_its_parameters():
    surface = fit_surface(read_chain(market_frame()))
    for fitted, truth in zip(surface.slices, SLICES, strict=True):
        np.testing.assert_allclose(fitted.parameters[1:], truth, rtol=1e-9)


@pytest.mark.parametrize("noise", [0.002, 0.01])
def test_fit__of_noisy_quotes__is_closer_to_the_truth_than_they_are(noise):
    surface = fit_surface(read_chain(market_frame(noise=noise, strikes=31)))
    for fitted, truth, day in zip(surface.slices, SLICES, DAYS, strict=True):
        k = np.linspace(-2.5, 2.5, 21) * np.sqrt(svi_variance(0.0, *truth) * years(day))
        error = fitted.implied_vol(k) - np.sqrt(svi_variance(k, *truth))
        assert np.sqrt(np.mean(error**2)) < noise  # five parameters to 31 strikes: about 0.4 of it


def random_market(rng):
    """Slices that respect nothing: arbitrage of both kinds in the quotes, expiries hours apart."""
    days = np.sort(rng.choice(np.concatenate((np.arange(1, 9) / 4, np.arange(3, 60))), 5, replace=False))
    slices = [
        (*python(svi.wings_to_svi)(least, p, c, s), m, s)
        for _, least, p, c, m, s in (random_wings(rng) for _ in days)
    ]
    return market_frame(
        slices=np.array(slices),
        days=days.tolist(),
        noise=rng.uniform(0.0, 0.02),
        half_spread=0.01,
        strikes=int(rng.integers(5, 25)),
        seed=rng,
    )


def test_fit__of_chains_that_are_full_of_arbitrage__is_free_of_it(count):
    rng = np.random.default_rng(18)
    refused = 0
    for _ in range(count(25, 1_000)):
        frame = random_market(rng)
        frame = frame[frame["bid_iv"] > 0]
        surface = fit_surface(read_chain(frame))
        assert not surface.arbitrage()
        assert_free_of_arbitrage(surface.slices)
        assert_no_butterfly_after(surface.slices[-1])
        refused += any(each.rmse > 0.05 for each in surface.diagnostics.slices)
    assert refused > 0  # the chains were not fittable: the rules had work to do


def test_surface__before_its_first_expiry__stays_free_of_butterflies():
    surface = fit_surface(read_chain(market_frame(noise=0.01)))
    first = surface.slices[0]
    for scale in (0.9, 0.5, 0.1, 0.01):
        shorter = slice_of((scale * first.time_to_expiry, *first.parameters[1:]))
        assert durrleman(shorter).min() >= 0.0


def test_black_oracle__prices_parity():
    call, put = (black(100.0, 90.0, 0.5, 0.25, is_call=is_call) for is_call in (True, False))
    assert call - put == pytest.approx(10.0, rel=1e-14)


@pytest.mark.parametrize("start", [(0.5, 1.0, -2.0), (-1.0, 2.0, 2.0), (0.01, -1.0, 6.0)])
def test_ssvi_fit__from_any_start__ends_at_the_same_cost_even_on_the_bound_of_gamma(start):
    days = [1, 4, 20, 60, 200]
    steep = np.array([(0.1, 0.2 * years(day) ** -0.8, -0.3, 0.0, 0.6 * years(day) ** 0.8) for day in days])
    quotes = select_quotes(read_chain(market_frame(slices=steep, days=days, noise=0.01)), 5)
    problem = ssvi_problem(quotes)
    theta = np.array([each.deviation for each in quotes]) ** 2
    low = np.concatenate((np.full(theta.size, -30.0), np.full(3, -8.0)))
    high = np.concatenate((np.full(theta.size, 3.0), np.full(3, 8.0)))
    costs = []
    for tail in ((-0.1, 0.0, 0.0), start):
        x = np.concatenate((np.log(np.diff(theta, prepend=0.0)), tail))
        costs.append(fit_ssvi_unknowns(problem, x, low, high))
        assert x[-1] == high[-1]  # this market wants γ > 1/2
    assert costs[1] == pytest.approx(costs[0], rel=1e-4)  # without holding the bound: 1e-2


def test_certificate__finds_a_violation_between_the_points_of_its_grid():
    # g dips to −1.1e-4 in a valley narrower than the spacing of the grid
    row = (
        52 / 365,
        -0.18277910227301147,
        1.6008068963105617,
        0.4980924348531665,
        0.07559473417215685,
        0.21437369,
    )
    k = np.linspace(0.3, 0.6, 100_001)
    exact = durrleman(slice_of(row), k).min()
    found = margins(np.array([row])).butterfly[0]
    assert exact < 0.0
    assert found == pytest.approx(exact, rel=1e-6)
