"""Calibration: parameters come back, the gradient is exact, and nothing nearby fits better."""

from __future__ import annotations

from dataclasses import astuple, replace

import numpy as np
import pytest

from pyvault.errors import InputError
from pyvault.market.chain import read_chain
from pyvault.pricing.heston import UPPER, HestonParameters, calibrate, implied_vol, price
from pyvault.pricing.heston.parameters import NAMES, to_vector
from pyvault.pricing.heston.series import chain_puts

YEARS = np.repeat(np.array([7, 14, 30, 45, 60, 91, 120, 182, 273, 365, 545, 730]) / 365.0, 30)
STRIKES = np.tile(np.exp(np.linspace(-0.4, 0.4, 30)), 12)
CHAIN = {"forward": 1.0, "strike": STRIKES, "time_to_expiry": YEARS}
CRYPTO = HestonParameters(
    initial_variance=0.3, mean_reversion=2.0, long_run_variance=0.4, vol_of_variance=1.2, correlation=-0.3
)


def distance(fit, truth):
    return np.max(np.abs(np.array(astuple(fit.parameters)) / np.array(astuple(truth)) - 1.0))


def random_truth(generator):
    v0, theta = np.exp(generator.uniform(np.log(0.02), np.log(1.0), 2))
    kappa, sigma = np.exp(generator.uniform(np.log([0.5, 0.2]), np.log([8.0, 2.0])))
    rho = generator.uniform(0.1, 0.9) * generator.choice([-1.0, 1.0])
    return HestonParameters(**dict(zip(NAMES, map(float, (v0, kappa, theta, sigma, rho)), strict=True)))


def test_calibrate__exact_prices_of_random_models__recovers_the_parameters(count):
    generator = np.random.default_rng(17)
    for _ in range(count(15, 300)):
        truth = random_truth(generator)
        fit = calibrate(price=price(parameters=truth, **CHAIN), **CHAIN)
        assert fit.is_converged
        assert distance(fit, truth) < 1e-6
        assert fit.root_mean_square < 1e-10
        assert fit.at_bounds == ()


def test_calibrate__exact_volatilities__recovers_the_parameters():
    fit = calibrate(implied_vol=implied_vol(parameters=CRYPTO, **CHAIN), **CHAIN)
    assert distance(fit, CRYPTO) < 1e-6


def test_calibrate__calls_and_puts_with_discount_and_units__gives_the_same_fit():
    calls = np.arange(360) % 3 == 0
    quotes = {
        "forward": 3_000.0,
        "strike": 3_000.0 * STRIKES,
        "time_to_expiry": YEARS,
        "discount_factor": np.exp(-0.05 * YEARS),
        "is_call": calls,
    }
    fit = calibrate(price=price(parameters=CRYPTO, **quotes), **quotes)
    assert distance(fit, CRYPTO) < 1e-6


def test_chain_gradient__every_parameter__equals_central_differences():
    expiries, starts = np.unique(YEARS), np.arange(13) * 30
    for values in (to_vector(CRYPTO), np.array([0.02, 0.5, 0.04, 1.5, 0.6])):
        rows = np.empty((6, 360))
        chain_puts(values, expiries, starts, STRIKES, 1e-13, rows)
        for index in range(5):
            shift = np.zeros(5)
            shift[index] = 1e-4 * abs(values[index])
            moved = np.empty((2, 1, 360))
            for side, sign in enumerate((1.0, -1.0)):
                chain_puts(values + sign * shift, expiries, starts, STRIKES, 1e-13, moved[side])
            numeric = (moved[0, 0] - moved[1, 0]) / (2.0 * shift[index])
            assert rows[index + 1] == pytest.approx(numeric, abs=1e-7 * np.max(np.abs(numeric)))


def test_calibrate__noisy_prices__is_the_vertex_of_the_misfit_along_every_parameter():
    generator = np.random.default_rng(23)
    noisy = price(parameters=CRYPTO, **CHAIN) + 1e-3 * generator.standard_normal(360)
    weights = generator.uniform(0.2, 2.0, 360)
    fit = calibrate(price=np.maximum(noisy, 0.0), weights=weights, **CHAIN)

    def misfit(parameters):
        return np.sum((weights * (price(parameters=parameters, **CHAIN) - np.maximum(noisy, 0.0))) ** 2)

    best = misfit(fit.parameters)
    assert fit.root_mean_square == pytest.approx(np.sqrt(best / 360.0), rel=1e-6)
    for name in NAMES:
        below, above = (
            misfit(replace(fit.parameters, **{name: factor * getattr(fit.parameters, name)}))
            for factor in (0.999, 1.001)
        )
        curvature = above + below - 2.0 * best
        assert curvature > 0.0
        assert abs(above - below) < 0.02 * curvature  # the vertex lies within 1e-5 of the fit


def test_calibrate__garbage_at_weight_zero__does_not_move_the_fit():
    prices = price(parameters=CRYPTO, **CHAIN)
    weights = np.where(np.arange(360) % 7 == 0, 0.0, 1.0)
    fit = calibrate(price=np.where(weights > 0.0, prices, 0.77), weights=weights, **CHAIN)
    assert distance(fit, CRYPTO) < 1e-6
    assert np.max(np.abs(fit.residuals[weights == 0.0])) > 0.1


def test_calibrate__truth_outside_the_box__stops_on_the_bound_and_says_so():
    upper = replace(UPPER, initial_variance=0.2)
    fit = calibrate(price=price(parameters=CRYPTO, **CHAIN), upper=upper, **CHAIN)
    assert fit.at_bounds == ("initial_variance",)
    assert fit.parameters.initial_variance == 0.2
    assert fit.root_mean_square > 1e-4


def test_calibrate__quotes_in_another_order__gives_residuals_in_that_order():
    order = np.random.default_rng(1).permutation(360)
    prices = price(parameters=CRYPTO, **CHAIN)
    prices[5] += 0.01
    fit = calibrate(
        forward=1.0, strike=STRIKES[order], time_to_expiry=YEARS[order], price=prices[order], start=CRYPTO
    )
    assert np.argmin(fit.residuals) == np.flatnonzero(order == 5)[0]


def test_calibrate__one_short_expiry__reports_that_it_cannot_tell_the_parameters_apart():
    quotes = {"forward": 1.0, "strike": STRIKES[:30], "time_to_expiry": 0.02}
    fit = calibrate(price=price(parameters=CRYPTO, **quotes), **quotes)
    whole = calibrate(price=price(parameters=CRYPTO, **CHAIN), **CHAIN)
    assert fit.root_mean_square < 1e-6
    assert fit.conditioning > 1e4 * whole.conditioning


def test_calibrate__volatility_in_the_far_wing__gets_no_weight():
    quotes = {"forward": 1.0, "strike": STRIKES[:30], "time_to_expiry": 0.02}
    vols = implied_vol(parameters=CRYPTO, **quotes)
    fit = calibrate(
        implied_vol=np.append(vols, 3.0), **(quotes | {"strike": np.append(STRIKES[:30], 50.0)}), start=CRYPTO
    )
    assert fit.root_mean_square < 1e-5
    assert abs(fit.residuals[-1]) < 1e-5


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"price": None}, "price, implied_vol"),
        ({"implied_vol": 0.5}, "price, implied_vol"),
        ({"price": -0.1}, "price"),
        ({"time_to_expiry": 0.0}, "time_to_expiry"),
        ({"weights": np.where(np.arange(360) < 4, 1.0, 0.0)}, "weights"),
        ({"weights": -1.0}, "weights"),
        ({"start": replace(CRYPTO, mean_reversion=60.0)}, "start.mean_reversion"),
    ],
)
def test_calibrate__bad_argument__names_it(change, name):
    with pytest.raises(InputError, match=name):
        calibrate(**({"price": 0.1, **CHAIN} | change))


def test_calibrate__quotes_that_no_parameter_moves__is_refused_or_reported():
    far = {"forward": 1.0, "strike": np.linspace(1e6, 2e6, 6), "time_to_expiry": 0.01}
    fit = calibrate(price=0.0, start=CRYPTO, **far)
    assert np.isinf(fit.conditioning)
    assert fit.parameters == CRYPTO


@pytest.mark.shared
@pytest.mark.parametrize("name", ["btc_2026-01-15", "eth_2026-01-15", "eth_2026-06-05"])
def test_calibrate__recorded_chain__fits_liquid_quotes_within_two_and_a_half_volatility_points(
    shared_data, name
):
    chain = read_chain(shared_data / "options" / f"options_{name}.csv.gz")
    k, years = chain.log_moneyness, chain.time_to_expiry
    is_out_of_the_money = chain.is_call == (k >= 0.0)
    is_near = np.abs(k) < 2.5 * chain.mark_iv * np.sqrt(years)
    liquid = is_out_of_the_money & is_near & (chain.bid_price > 0.0) & (years > 2.0 / 365.0)
    quotes = {
        "forward": chain.forward[liquid],
        "strike": chain.strike[liquid],
        "time_to_expiry": years[liquid],
    }
    fit = calibrate(implied_vol=chain.mark_iv[liquid], **quotes)
    assert fit.is_converged
    exact = implied_vol(parameters=fit.parameters, **quotes) - chain.mark_iv[liquid]
    assert np.sqrt(np.mean(exact**2)) < 0.025
    assert (
        np.median(np.abs(fit.residuals - exact)) < 5e-4
    )  # the residual is the volatility error, to first order
