"""Implied volatility: round trips over random and stress points, exact prices, limits and reasons."""

import numpy as np
import pytest
from mpmath import mp, mpf
from reference import black76_mpmath

from pyvault.pricing.black76 import price
from pyvault.pricing.implied_vol import Reason, implied_vol, implied_vol_with_reason

TOLERANCE = 1e-9


def out_of_the_money(forward, log_moneyness, vol, time, discount):
    """Options that are out of the money, with their prices."""
    strike = forward * np.exp(log_moneyness)
    options = {
        "forward": forward,
        "strike": strike,
        "time_to_expiry": time,
        "discount_factor": discount,
        "is_call": strike > forward,
    }
    return options, price(implied_vol=vol, **options)


def failures(options, prices, vols):
    """Elements off by more than the tolerance, NaN included."""
    recovered = implied_vol(price=prices, **options)
    return np.count_nonzero(~(np.abs(recovered / vols - 1.0) <= TOLERANCE))


def test_implied_vol__random_prices__returns_the_volatility(count):
    size = count(100_000, 1_000_000)
    random = np.random.default_rng(31)
    vols = np.exp(random.uniform(np.log(0.1), np.log(2.5), 2 * size))
    times = np.exp(random.uniform(np.log(1 / 8760), 0.0, 2 * size))
    moneyness = np.log(2.0) * random.uniform(-1.0, 1.0, 2 * size)
    options, prices = out_of_the_money(
        np.full(2 * size, 2000.0), moneyness, vols, times, np.exp(-0.03 * times)
    )
    chosen = np.flatnonzero(prices > 1e-14 * options["forward"])[:size]
    assert chosen.size == size
    options = {name: values[chosen] for name, values in options.items()}
    assert failures(options, prices[chosen], vols[chosen]) == 0


@pytest.mark.parametrize("deep_share", [0.0, 0.5])
def test_implied_vol__stress_points__returns_the_volatility(count, deep_share):
    size = count(100_000, 2_000_000)
    random = np.random.default_rng(32)
    distance = np.exp(random.uniform(np.log(1e-12), np.log(2.0), 2 * size))
    vols = np.exp(random.uniform(np.log(3e-4), np.log(5.0), 2 * size))
    # a share of the points is placed by its distance in standard deviations, down to values of 1e-290
    deep = random.random(2 * size) < deep_share
    distance = np.where(deep, np.minimum(2.0, vols * random.uniform(0.0, 36.3, 2 * size)), distance)
    ones = np.ones(2 * size)
    options, prices = out_of_the_money(
        ones, distance * random.choice([-1.0, 1.0], 2 * size), vols, ones, ones
    )
    chosen = np.flatnonzero(prices > 1e-290)[:size]
    assert chosen.size == size
    assert np.min(prices[chosen]) < 1e-280
    options = {name: values[chosen] for name, values in options.items()}
    assert failures(options, prices[chosen], vols[chosen]) == 0


def test_implied_vol__prices_exact_to_their_last_digit__errs_by_rounding_only(count):
    random = np.random.default_rng(33)
    worst = 0.0
    for _ in range(count(2_000, 50_000)):
        log_moneyness = float(np.exp(random.uniform(np.log(1e-3), np.log(1.5))))
        vol = float(np.exp(random.uniform(np.log(0.02), np.log(4.0))))
        strike = float(np.exp(log_moneyness))
        with mp.workdps(400 if log_moneyness > 8.0 * vol else 60):
            exact = black76_mpmath.price(mpf(1), mpf(strike), mpf(vol), mpf(1), mpf(0), is_call=True)
        if exact > mpf("1e-290"):
            found = implied_vol(price=float(exact), forward=1.0, strike=strike, time_to_expiry=1.0)
            worst = max(worst, abs(float(found) / vol - 1.0))
    assert worst < 1e-12


def test_implied_vol__large_total_volatility__is_found_until_the_price_forgets_it():
    vols = np.linspace(5.0, 12.0, 1_000)
    for log_moneyness in (-1.5, -0.1, 0.0, 0.3, 2.0):
        ones = np.ones(1_000)
        options, prices = out_of_the_money(ones, np.full(1_000, log_moneyness), vols, ones, ones)
        left = 1.0 - prices / np.minimum(options["forward"], options["strike"])
        error = np.abs(implied_vol(price=prices, **options) / vols - 1.0)
        assert np.all(error <= 4e-15 / left), "no worse than a few units of the value that is left"


def test_implied_vol__in_the_money__agrees_within_the_digits_of_the_time_value():
    random = np.random.default_rng(34)
    vols, strikes = random.uniform(0.2, 1.5, 10_000), np.exp(random.uniform(-1.0, 1.0, 10_000))
    is_call = strikes < 1.0
    options = {
        "forward": 1.0,
        "strike": strikes,
        "time_to_expiry": 0.5,
        "discount_factor": 0.95,
        "is_call": is_call,
    }
    prices = price(implied_vol=vols, **options)
    time_values = prices / 0.95 - np.abs(1.0 - strikes)
    found, reasons = implied_vol_with_reason(price=prices, **options)
    clear = time_values > 1e-10
    assert np.count_nonzero(clear) > 9_000
    assert np.all(reasons[clear] == Reason.OK)
    assert np.max(np.abs(found[clear] - vols[clear]) * time_values[clear]) < 1e-14


def test_implied_vol__higher_price__is_higher():
    for strike in (0.5, 0.99, 1.0, 1.01, 3.0):
        bound = min(1.0, strike)
        prices = (
            np.concatenate([np.geomspace(1e-250, 1e-3, 20_000), np.linspace(1e-3, 0.999, 20_000)[1:]]) * bound
        )
        vols = implied_vol(
            price=prices, forward=1.0, strike=strike, time_to_expiry=1.0, is_call=strike >= 1.0
        )
        assert np.all(np.diff(vols) > -1e-12 * vols[1:])
        assert vols[0] < vols[-1]


def test_implied_vol__tiny_total_volatility__errs_by_rounding_over_it(count):
    random = np.random.default_rng(36)
    for _ in range(count(1_000, 20_000)):
        vol = float(np.exp(random.uniform(np.log(1e-12), np.log(1e-2))))
        strike = 1.0 + vol * float(random.uniform(0.0, 3.0)) ** 3
        with mp.workdps(80):
            exact = black76_mpmath.price(mpf(1), mpf(strike), mpf(vol), mpf(1), mpf(0), is_call=True)
        if exact > mpf("1e-290"):
            found = implied_vol(price=float(exact), forward=1.0, strike=strike, time_to_expiry=1.0)
            assert abs(float(found) / vol - 1.0) < 5e-15 / vol + 1e-10


def test_implied_vol__tiny_total_volatility_at_the_money__keeps_ten_digits(count):
    random = np.random.default_rng(37)
    for _ in range(count(500, 10_000)):
        vol = float(np.exp(random.uniform(np.log(1e-100), np.log(1e-2))))
        strike = 1.0 + vol * vol * float(random.uniform(0.0, 0.1))
        with mp.workdps(330):
            exact = black76_mpmath.price(mpf(1), mpf(strike), mpf(vol), mpf(1), mpf(0), is_call=True)
        found = implied_vol(price=float(exact), forward=1.0, strike=strike, time_to_expiry=1.0)
        assert float(found) == pytest.approx(vol, rel=2e-10)


CASES = [
    ("price of a live option", 8.0, 100.0, 100.0, 1.0, True, Reason.OK),
    ("zero out of the money", 0.0, 100.0, 120.0, 1.0, True, Reason.AT_INTRINSIC),
    ("zero at the money", 0.0, 100.0, 100.0, 1.0, True, Reason.AT_INTRINSIC),
    ("intrinsic in the money", 18.0, 100.0, 80.0, 1.0, True, Reason.AT_INTRINSIC),
    ("below intrinsic, call", 17.9, 100.0, 80.0, 1.0, True, Reason.BELOW_INTRINSIC),
    ("below intrinsic, put", 17.9, 80.0, 100.0, 1.0, False, Reason.BELOW_INTRINSIC),
    ("zero in the money", 0.0, 100.0, 80.0, 1.0, True, Reason.BELOW_INTRINSIC),
    ("call at its bound", 90.0, 100.0, 80.0, 1.0, True, Reason.AT_OR_ABOVE_BOUND),
    ("call above its bound", 91.0, 100.0, 120.0, 1.0, True, Reason.AT_OR_ABOVE_BOUND),
    ("put at its bound", 72.0, 100.0, 80.0, 1.0, False, Reason.AT_OR_ABOVE_BOUND),
    ("expired", 8.0, 100.0, 100.0, 0.0, True, Reason.ZERO_TIME),
    ("expired and absurd", 1e9, 100.0, 100.0, 0.0, True, Reason.ZERO_TIME),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_implied_vol__special_price__has_its_reason(case):
    _, quoted, forward, strike, time, is_call, expected = case
    options = {"forward": forward, "strike": strike, "time_to_expiry": time, "is_call": is_call}
    vol, reason = implied_vol_with_reason(price=quoted, discount_factor=0.9, **options)
    assert Reason(int(reason)) is expected
    assert np.array_equal(vol, implied_vol(price=quoted, discount_factor=0.9, **options), equal_nan=True)
    if expected is Reason.OK:
        assert float(price(implied_vol=vol, discount_factor=0.9, **options)) == pytest.approx(
            quoted, rel=1e-14
        )
    elif expected is Reason.AT_INTRINSIC:
        assert vol == 0.0
    else:
        assert np.isnan(vol)


def test_implied_vol__whole_domain_of_arguments__is_finite_exactly_where_the_reason_says_so(count):
    random = np.random.default_rng(35)
    size = count(100_000, 1_000_000)
    forward, strike = np.exp(random.uniform(-230.0, 230.0, (2, size)))
    close = random.random(size) < 0.7
    strike = np.where(close, forward * np.exp(random.normal(0.0, 1.0, size) ** 3), strike).clip(1e-100, 1e100)
    quoted = np.minimum(np.maximum(forward, strike) * np.exp(-random.exponential(20.0, size)), 1e50)
    vols, reasons = implied_vol_with_reason(
        price=quoted,
        forward=forward,
        strike=strike,
        time_to_expiry=np.exp(random.uniform(-20.0, 5.0, size)),
        is_call=random.random(size) < 0.5,
    )
    solved = reasons == Reason.OK
    assert np.count_nonzero(solved) > size // 10
    assert np.all(np.isfinite(vols[solved]) & (vols[solved] > 0.0))
    assert np.all(vols[reasons == Reason.AT_INTRINSIC] == 0.0)
    assert np.all(np.isnan(vols[reasons >= Reason.BELOW_INTRINSIC]))
