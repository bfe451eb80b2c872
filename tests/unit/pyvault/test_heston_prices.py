"""Heston prices against quadrature, the literature and the laws of option prices."""

from __future__ import annotations

import numpy as np
import pytest
from reference.heston_quadrature import quadrature_put, random_parameters

from pyvault.errors import InputError
from pyvault.pricing import black76
from pyvault.pricing.heston import HestonParameters, implied_vol, price

HOUR = 1.0 / 8_760.0
TYPICAL = HestonParameters(
    initial_variance=0.3, mean_reversion=2.0, long_run_variance=0.4, vol_of_variance=1.2, correlation=-0.3
)
NAMES = ("initial_variance", "mean_reversion", "long_run_variance", "vol_of_variance", "correlation")

HARD = [  # (years, v0, kappa, theta, sigma, rho)
    (HOUR, 0.01, 0.1, 0.01, 4.0, -0.95),  # an hour, Feller violated 8,000 times over
    (HOUR, 1.5, 10.0, 1.5, 0.05, 0.95),  # an hour, almost normal
    (1.0 / 365.0, 0.01, 0.1, 1.5, 4.0, 0.95),
    (3.0, 1.5, 0.1, 0.01, 0.05, -0.95),
    (3.0, 0.5, 10.0, 0.5, 4.0, -0.95),
    (0.5, 0.04, 2.0, 0.04, 2.0, 0.9),
]


def as_parameters(values):
    return HestonParameters(**dict(zip(NAMES, map(float, values), strict=True)))


def strikes_for(years, v0):
    return np.exp(np.array([-4.0, -1.5, -0.3, 0.0, 0.5, 2.0, 4.0]) * min(np.sqrt(v0 * years), 0.4))


def assert_equals_quadrature(years, *values):
    strikes = strikes_for(years, values[0])
    ours = price(
        parameters=as_parameters(values), forward=1.0, strike=strikes, time_to_expiry=years, is_call=False
    )
    expected = np.array([quadrature_put(strike, years, *values) for strike in strikes])
    assert np.max(np.abs(ours - expected) / np.maximum(strikes, 1.0)) < 1e-11


@pytest.mark.parametrize("case", HARD)
def test_price__hard_parameters__equals_quadrature(case):
    assert_equals_quadrature(*case)


def test_price__random_parameters__equals_quadrature(count):
    generator = np.random.default_rng(3)
    for _ in range(count(30, 1_500)):
        years = np.exp(generator.uniform(np.log(HOUR), np.log(3.0)))
        assert_equals_quadrature(years, *random_parameters(generator))


# Lewis' integral at 30 digits. Fang & Oosterlee (2008, table 4 on) print 5.785155450 and 22.318945791: the
# first is 1.6e-8 high.
@pytest.mark.parametrize(("years", "expected"), [(1.0, 5.78515543437619), (10.0, 22.3189457911545)])
def test_price__parameters_of_fang_and_oosterlee__equals_thirty_digit_integral(years, expected):
    parameters = as_parameters((0.0175, 1.5768, 0.0398, 0.5751, -0.5711))
    ours = price(parameters=parameters, forward=100.0, strike=100.0, time_to_expiry=years)
    assert ours == pytest.approx(expected, abs=1e-10)


def test_price__vol_of_variance_near_zero__is_black76_at_the_mean_variance():
    strikes = np.linspace(50.0, 200.0, 31)
    for years in (HOUR, 0.1, 2.0):
        parameters = as_parameters((0.2, 3.0, 0.5, 1e-7, 0.0))
        quotes = {"forward": 100.0, "strike": strikes, "time_to_expiry": years, "discount_factor": 0.97}
        black = black76.price(implied_vol=np.sqrt(parameters.mean_variance(years)), **quotes)
        assert price(parameters=parameters, **quotes) == pytest.approx(black, abs=2e-9)


@pytest.mark.parametrize(("variance", "years"), [(0.3, 1.0), (50.0, 1.0), (1e3, 0.5), (1e6, 3.0), (0.4, 1e4)])
def test_price__total_variance_of_any_size__is_black76_at_the_mean_variance(variance, years):
    # from about 46 on calls are worth the forward at strikes beyond which the density holds nothing
    parameters = as_parameters((variance, 2.0, variance, 1e-12, -0.3))
    strikes = np.geomspace(1e-15, 1e15, 61)
    quotes = {"forward": 1.0, "strike": strikes, "time_to_expiry": years}
    black = black76.price(implied_vol=np.sqrt(variance), **quotes)
    error = np.abs(price(parameters=parameters, **quotes) - black)
    assert np.max(error / np.maximum(strikes, 1.0)) < 1e-11


def test_implied_vol__vol_of_variance_near_zero__is_flat_at_the_mean_variance():
    parameters = as_parameters((0.2, 3.0, 0.5, 1e-7, 0.0))
    smile = implied_vol(
        parameters=parameters, forward=1.0, strike=np.linspace(0.7, 1.4, 8), time_to_expiry=0.5
    )
    assert smile == pytest.approx(np.sqrt(parameters.mean_variance(0.5)), rel=1e-8)


def test_implied_vol__negative_correlation__slopes_down_at_the_money():
    parameters = as_parameters((0.3, 2.0, 0.3, 1.0, -0.8))
    below, above = implied_vol(parameters=parameters, forward=1.0, strike=[0.9, 1.1], time_to_expiry=0.25)
    assert below > above + 0.02


def test_implied_vol__price_below_the_error_of_the_series__is_nan():
    assert np.isnan(implied_vol(parameters=TYPICAL, forward=1.0, strike=20.0, time_to_expiry=0.01))


def test_law__put_call_parity_with_discount():
    strikes, factor = np.linspace(20.0, 300.0, 57), 0.93
    quotes = {"forward": 110.0, "strike": strikes, "time_to_expiry": 0.8, "discount_factor": factor}
    calls, puts = (price(parameters=TYPICAL, is_call=side, **quotes) for side in (True, False))
    assert calls - puts == pytest.approx(factor * (110.0 - strikes), abs=1e-12 * 110.0)


def test_law__prices_lie_in_bounds_fall_and_bend_with_strike(count):
    generator = np.random.default_rng(5)
    strikes = np.linspace(0.3, 3.0, 200)
    for _ in range(count(50, 5_000)):
        years = np.exp(generator.uniform(np.log(HOUR), np.log(3.0)))
        calls = price(
            parameters=as_parameters(random_parameters(generator)),
            forward=1.0,
            strike=strikes,
            time_to_expiry=years,
        )
        assert np.all((calls >= np.maximum(1.0 - strikes, 0.0) - 1e-15) & (calls <= 1.0))
        assert np.all(np.diff(calls) <= 3e-11)
        assert np.all(np.diff(calls, 2) >= -6e-11)


def test_price__forward_and_strike_scaled__scales():
    plain = price(parameters=TYPICAL, forward=1.0, strike=1.3, time_to_expiry=0.4)
    assert price(parameters=TYPICAL, forward=2e4, strike=2.6e4, time_to_expiry=0.4) == pytest.approx(
        2e4 * plain, rel=1e-14
    )


def test_price__at_expiry__is_the_payoff():
    quotes = {"parameters": TYPICAL, "forward": 100.0, "strike": [80.0, 100.0, 130.0], "time_to_expiry": 0.0}
    assert price(**quotes).tolist() == [20.0, 0.0, 0.0]
    assert price(**quotes, is_call=False).tolist() == pytest.approx([0.0, 0.0, 30.0])


def test_price__shuffled_chain_of_mixed_expiries__equals_one_quote_at_a_time():
    generator = np.random.default_rng(9)
    strikes, calls = generator.uniform(50.0, 200.0, 40), generator.random(40) < 0.5
    years = generator.choice([0.0, 0.02, 0.3, 1.0], 40)
    chain = price(parameters=TYPICAL, forward=100.0, strike=strikes, time_to_expiry=years, is_call=calls)
    for strike, time, call, expected in zip(strikes, years, calls, chain, strict=True):
        alone = price(
            parameters=TYPICAL, forward=100.0, strike=strike, time_to_expiry=time, is_call=bool(call)
        )
        assert alone == pytest.approx(expected, abs=1e-13)


def test_price__column_of_expiries_and_row_of_strikes__broadcasts():
    table = price(parameters=TYPICAL, forward=1.0, strike=[0.9, 1.0, 1.1], time_to_expiry=[[0.1], [0.2]])
    assert table.shape == (2, 3)
    assert np.all(table[1] > table[0])


@pytest.mark.parametrize(
    "values",
    [
        (0.3, 2, 0.4, 1.2, -0.3),
        (1e-100, 1, 1e-100, 1e-3, 0.5),
        (0.3, 1e100, 0.3, 1.2, -0.3),
        (100, 100, 100, 100, -0.9),
        (0.3, 1e-12, 0.3, 1, 0.999999),
    ],
)
@pytest.mark.parametrize("years", [1e-300, 1e-15, 1e-4, 30.0, 1e4, 1e50])
def test_price__absurd_arguments__is_refused_or_within_its_bounds(values, years):
    for strike in (1e-90, 0.5, 1.0, 2.0, 1e90):
        try:
            call = price(parameters=as_parameters(values), forward=1.0, strike=strike, time_to_expiry=years)
        except InputError as error:
            assert "too rough" in error.rule  # noqa: PT017 - either outcome is right
        else:
            assert max(1.0 - strike, 0.0) <= call <= 1.0 + 1e-11


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"forward": -1.0}, "forward"),
        ({"strike": [1.0, np.nan]}, r"strike\[1\]"),
        ({"time_to_expiry": -0.1}, "time_to_expiry"),
        ({"discount_factor": 0.0}, "discount_factor"),
        ({"strike": [1.0, 1.1], "time_to_expiry": [0.1, 0.2, 0.3]}, "shapes"),
        ({"parameters": as_parameters((1e-5, 1e-3, 1e-5, 20.0, -0.999))}, "parameters"),
    ],
)
def test_price__bad_argument__names_it(change, name):
    quotes = {"parameters": TYPICAL, "forward": 1.0, "strike": 1.0, "time_to_expiry": 1.0}
    with pytest.raises(InputError, match=name):
        price(**(quotes | change))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -2.0, 1e101])
def test_parameters__not_a_variance_process__are_refused(name, value):
    good = dict(zip(NAMES, (0.1, 1.0, 0.1, 1.0, 0.0), strict=True))
    with pytest.raises(InputError, match=name):
        HestonParameters(**(good | {name: value}))


@pytest.mark.parametrize("value", [1e-160, 1e-101])
def test_parameters__too_small_to_be_squared__are_refused(value):
    with pytest.raises(InputError, match="vol_of_variance"):
        as_parameters((0.1, 1.0, 0.1, value, 0.0))


def test_feller_ratio__at_the_edge__is_one():
    assert as_parameters((0.1, 2.0, 0.25, 1.0, 0.0)).feller_ratio == 1.0
