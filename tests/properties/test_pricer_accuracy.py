"""Errors of the compiled pricer against mpmath at 50 digits, on the grid and off it."""

import math
from random import Random

import pytest
from mpmath import erfc, exp, log, mpf, sqrt, workdps
from reference.black import DIGITS, black, error_in_wei, undiscounted
from support.errors import grid_errors
from support.evm import Contract
from support.grid import FORWARD, WAD
from support.pricer import FUNCTIONS, PRICER, YEAR, draw_market, log_uniform

BLACK76, OPTION_PRICE = FUNCTIONS["black76"], FUNCTIONS["option_price"]


@pytest.fixture(scope="module")
def contract():
    return Contract(PRICER)


@pytest.fixture(scope="module")
def errors(contract):
    return grid_errors(contract)


@pytest.mark.parametrize("price", ["call", "put"])
def test_price__on_the_grid__is_within_4e_18_of_the_larger_of_forward_and_strike(errors, price):
    assert errors[price] <= 4


def test_delta__on_the_grid__is_within_4_wei(errors):
    assert errors["delta_call"] <= 4


@pytest.mark.parametrize("greek", ["vega", "theta_call", "theta_put"])
def test_vega_and_theta__on_the_grid__are_within_3e_17_of_the_forward(errors, greek):
    assert errors[greek] <= 30 * FORWARD // WAD


def test_gamma__on_the_grid__is_within_10_wei(errors):
    assert errors["gamma_f"] <= 10


def test_outputs__at_the_money_where_the_grid_has_no_strike__are_within_the_same_bounds(contract):
    errors = grid_errors(contract, (FORWARD * 99 // 100, FORWARD - 1, FORWARD, FORWARD * 101 // 100))
    assert max(errors["call"], errors["put"]) <= 4
    assert errors["delta_call"] <= 4
    assert max(errors["vega"], errors["theta_call"], errors["theta_put"]) <= 30 * FORWARD // WAD
    assert errors["gamma_f"] <= 747  # 1e-18 of the largest, n(0)/v at 5 % and one hour


def test_delta__anywhere_above_a_deviation_of_1e_11__is_within_4_wei_per_discount_factor(contract, count):
    random, checked = Random("delta"), 0
    for _ in range(count(1_000, 20_000)):
        forward, strike, volatility, time = draw_market(random)
        rate = random.randint(-WAD, WAD) // 5 if time < 50 * YEAR else 0
        deviation = volatility / WAD * math.sqrt(time / YEAR)
        if deviation < 1e-11 or not 2**-32 <= strike / forward <= 2**32:
            continue
        arguments = (forward, strike, volatility, time, rate)
        delta = BLACK76.on_chain(contract, arguments)[2]
        error = error_in_wei(delta, black(*arguments).delta_call)
        assert error <= 4 * max(1, math.exp(-rate / WAD * time / YEAR)), arguments
        checked += 1
    assert checked > 500


def test_option_price__at_the_discount_factor_of_a_rate__equals_black76(contract, count):
    random = Random("consistency")
    discount_factor = FUNCTIONS["discount_factor"]
    for _ in range(count(2_000, 20_000)):
        forward, strike, volatility, time = draw_market(random)
        rate = random.randint(-WAD, WAD) // 4
        valuation = BLACK76.on_chain(contract, (forward, strike, volatility, time, rate))
        if isinstance(valuation, str):
            continue
        (discount,) = discount_factor.on_chain(contract, (rate, time))
        prices = [
            OPTION_PRICE.on_chain(contract, (forward, strike, volatility, time, discount, is_call))[0]
            for is_call in (1, 0)
        ]
        assert prices == list(valuation[:2])


def test_price__anywhere_in_the_domain__is_within_the_published_bound(contract, count):
    random = Random("bound")
    checked = 0
    for _ in range(count(4_000, 40_000)):
        forward, strike, volatility, time = draw_market(random)
        if volatility * math.sqrt(time) < 1 or not 2**-32 <= strike / forward <= 2**32:
            continue
        discount = random.choice((random.randint(0, WAD), log_uniform(random, WAD, 2**107)))
        (bound,) = FUNCTIONS["error_bound"].on_chain(contract, (forward, strike))
        call, put, *_ = undiscounted(forward, strike, volatility, time)
        for is_call, expected in ((1, call), (0, put)):
            arguments = (forward, strike, volatility, time, discount, is_call)
            (actual,) = OPTION_PRICE.on_chain(contract, arguments)
            with workdps(DIGITS):
                assert abs(actual - expected * discount) <= bound * max(1, mpf(discount) / WAD), arguments
        checked += 1
    assert checked > 1_000


@pytest.mark.parametrize(
    ("side", "farthest", "relative"), [(1, 2**12, 1e-11), (-1, 2**12, 1e-11), (1, 2**31, 1e-10)]
)
def test_price__deep_out_of_the_money__keeps_its_digits_down_to_1e_12_of_the_forward(
    contract, side, farthest, relative, count
):
    # The forward is large, so that the last place of a WAD does not hide the error of the mathematics.
    forward, random, checked = 10**9 * WAD, Random(f"deep {side} {farthest}"), 0
    for _ in range(count(3_000, 30_000)):
        deviation = math.exp(random.uniform(math.log(1e-3), math.log(2.6)))
        log_moneyness = min((random.uniform(2, 7) + deviation / 2) * deviation, math.log(farthest))
        strike = round(forward * math.exp(side * log_moneyness))
        if strike > 2**128:
            continue
        call, put, *_ = undiscounted(forward, strike, round(deviation * WAD), YEAR)
        expected = call if side > 0 else put
        if expected < 10**9 * 1e-12:
            continue
        arguments = (forward, strike, round(deviation * WAD), YEAR, WAD, int(side > 0))
        (actual,) = OPTION_PRICE.on_chain(contract, arguments)
        assert error_in_wei(actual, expected) <= 1 + relative * expected * WAD, arguments
        checked += 1
    assert checked > 500


def test_exp__on_its_domain__is_within_1_wei_and_1e_24_relative(contract, count):
    random = Random("exp")
    for _ in range(count(500, 20_000)):
        x = random.randint(-43 * WAD, 33 * WAD)
        (actual,) = FUNCTIONS["exp"].on_chain(contract, (x,))
        with workdps(DIGITS):
            expected = exp(mpf(x) / WAD)
            assert error_in_wei(actual, expected) <= 1 + expected * WAD / 10**24


def test_ln__on_its_domain__is_within_2_wei_and_3e_19_relative(contract, count):
    random = Random("ln")
    for _ in range(count(500, 20_000)):
        x = log_uniform(random, WAD / 2**32, WAD * 2.0**32)
        (actual,) = FUNCTIONS["ln"].on_chain(contract, (x,))
        with workdps(DIGITS):
            expected = log(mpf(x) / WAD)
            assert error_in_wei(actual, expected) <= min(2, 1 + abs(expected) * WAD * 3e-19)


def test_normal_cdf__everywhere__is_within_2_wei(contract, count):
    random = Random("cdf")
    for _ in range(count(500, 20_000)):
        x = random.randint(-12 * WAD, 12 * WAD)
        (actual,) = FUNCTIONS["normal_cdf"].on_chain(contract, (x,))
        with workdps(DIGITS):
            assert error_in_wei(actual, erfc(-mpf(x) / WAD / sqrt(mpf(2))) / 2) <= 2


def draw_slice(random, reach):
    """Log-moneyness and SVI parameters whose scale is `reach`; the wings cancel in half of them."""
    k, m = (random.choice((-1, 1)) * log_uniform(random, 1, reach) for _ in range(2))
    a, b = random.randrange(WAD), log_uniform(random, 1e14, 4 * reach)
    rho = random.choice((-WAD, WAD, random.randint(-WAD, WAD), random.randint(-WAD, WAD)))
    return k, a, b, rho, m, random.choice((0, 1, log_uniform(random, 1e10, 2 * reach), abs(k) // 2))


@pytest.mark.parametrize("reach", [WAD, 2**67])
def test_svi_variance__anywhere__is_a_wei_low_or_high_by_1_2e_19_of_its_root(contract, count, reach):
    random = Random("svi")
    for _ in range(count(1_000, 20_000)):
        k, a, b, rho, m, sigma = draw_slice(random, reach)
        (actual,) = FUNCTIONS["svi_variance"].on_chain(contract, (k, a, b, rho, m, sigma))
        with workdps(DIGITS):
            x, s = mpf(k - m), mpf(sigma)
            wings = mpf(b) / WAD * sqrt(x * x + s * s)
            excess = actual - (a + mpf(b) / WAD * mpf(rho) / WAD * x + wings)
            assert -1.01 <= excess <= 1.2e-19 * wings, (k, a, b, rho, m, sigma)
