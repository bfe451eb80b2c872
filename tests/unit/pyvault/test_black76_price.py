"""Black-76 prices against mpmath and SciPy; parity, bounds, monotony, convexity, limits, shapes."""

import numpy as np
import pytest
from mpmath import mp, mpf
from reference import black76_mpmath, black76_scipy

from pyvault.pricing.black76 import full_greeks, greeks, price


def random_options(size, seed, *, time_low=1 / 8760):
    """Forwards over nine decades, strikes within a factor of 2.5, calls and puts, rates of both signs."""
    random = np.random.default_rng(seed)
    forward = np.exp(random.uniform(np.log(1e-4), np.log(1e5), size))
    time = np.exp(random.uniform(np.log(time_low), np.log(3.0), size))
    return {
        "forward": forward,
        "strike": forward * np.exp(random.uniform(-0.9, 0.9, size)),
        "implied_vol": np.exp(random.uniform(np.log(0.01), np.log(5.0), size)),
        "time_to_expiry": time,
        "discount_factor": np.exp(-random.uniform(-0.1, 0.3, size) * time),
        "is_call": random.random(size) < 0.5,
    }


def exact_price(options, i):
    """The price of option `i` in mpmath, with its rate from its discount factor."""
    names = ("forward", "strike", "implied_vol", "time_to_expiry", "discount_factor")
    forward, strike, vol, time, discount = (mpf(float(options[name][i])) for name in names)
    rate = -mp.log(discount) / time
    return black76_mpmath.price(forward, strike, vol, time, rate, bool(options["is_call"][i]))


def test_price__random_options__is_exact_to_a_quadrillionth_of_the_forward(count):
    options = random_options(count(3_000, 100_000), 11)
    prices = price(**options)
    scale = options["forward"] * options["discount_factor"]
    with mp.workdps(40):
        errors = [
            abs(float((mpf(float(p)) - exact_price(options, i)) / scale[i])) for i, p in enumerate(prices)
        ]
    assert max(errors) <= 1e-15


def test_price__far_out_of_the_money__keeps_its_relative_accuracy(count):
    options = random_options(count(3_000, 100_000), 12)
    options["is_call"] = options["strike"] > options["forward"]
    total_vol = options["implied_vol"] * np.sqrt(options["time_to_expiry"])
    depth = np.abs(np.log(options["strike"] / options["forward"])) / total_vol
    # the difference of two Mills ratios leaves v/(1 + h) of their digits, an exponent of h² costs h² units
    bound = 2e-15 * ((1.0 + depth) / total_vol + depth**2)
    errors = np.zeros(depth.size)
    with mp.workdps(60):
        for i, p in enumerate(price(**options)):
            exact = exact_price(options, i)
            if exact > 1e-12 * options["forward"][i]:
                errors[i] = abs(float(mpf(float(p)) / exact - 1))
    assert np.all(errors <= bound)
    assert np.max(errors[total_vol > 5e-3]) <= 1e-12


@pytest.mark.parametrize("depth", [10.0, 20.0, 30.0, 36.0])
def test_price__tail_beyond_float_differences__is_still_right(depth):
    vol = 0.1
    strike = np.exp(depth * vol)
    with mp.workdps(400):
        exact = black76_mpmath.price(mpf(1), mpf(float(strike)), mpf(vol), mpf(1), mpf(0), is_call=True)
    ours = price(forward=1.0, strike=strike, implied_vol=vol, time_to_expiry=1.0)
    assert float(ours) == pytest.approx(float(exact), rel=1e-11)
    assert 0.0 < float(ours) < np.exp(-0.5 * (depth - 1.0) ** 2)


def test_price__many_random_options__agrees_with_scipy(count):
    options = random_options(count(200_000, 5_000_000), 13, time_low=1 / 365)
    difference = np.abs(price(**options) - black76_scipy.price(**options))
    scale = np.maximum(options["forward"], options["strike"]) * options["discount_factor"]
    assert np.max(difference / scale) < 2e-14  # SciPy's side: N(d) at d off by eps/v


def test_price__call_less_put__is_discounted_forward_less_strike(count):
    options = random_options(count(100_000, 2_000_000), 14)
    call, put = (price(**options | {"is_call": flag}) for flag in (True, False))
    parity = options["discount_factor"] * (options["forward"] - options["strike"])
    scale = np.maximum(options["forward"], options["strike"]) * options["discount_factor"]
    assert np.max(np.abs(call - put - parity) / scale) <= 4.5e-16


def test_price__random_options__lies_between_intrinsic_value_and_bound(count):
    options = random_options(count(100_000, 2_000_000), 15)
    sign = np.where(options["is_call"], 1.0, -1.0)
    intrinsic = np.maximum(0.0, sign * (options["forward"] - options["strike"])) * options["discount_factor"]
    bound = np.where(options["is_call"], options["forward"], options["strike"]) * options["discount_factor"]
    prices = price(**options)
    assert np.all(prices >= intrinsic)
    assert np.all(prices <= bound * (1 + 4.5e-16))


@pytest.mark.parametrize("argument", ["implied_vol", "time_to_expiry"])
def test_price__more_volatility_or_time__is_never_lower(argument, count):
    random = np.random.default_rng(16)
    ladder = np.geomspace(0.02, 4.0, count(2_000, 20_000))
    for strike in np.exp(random.uniform(-1.0, 1.0, 40)):
        options = {"forward": 1.0, "strike": strike, "implied_vol": 0.7, "time_to_expiry": 0.4} | {
            argument: ladder
        }
        assert np.all(np.diff(price(**options)) > -3.4e-16)


def test_price__over_strikes__falls_and_is_convex(count):
    strikes = np.linspace(0.3, 3.0, count(1_001, 10_001))
    for vol in (0.05, 0.3, 1.0, 3.0):
        calls = price(forward=1.0, strike=strikes, implied_vol=vol, time_to_expiry=0.5)
        assert np.all(np.diff(calls) < 4.5e-16)
        assert np.all(np.diff(calls, 2) > -1.4e-15)


@pytest.mark.parametrize("limit", [{"implied_vol": 0.0}, {"time_to_expiry": 0.0}, {"implied_vol": 1e-170}])
@pytest.mark.parametrize("is_call", [True, False])
def test_price__at_zero_volatility_or_time__is_discounted_intrinsic(limit, is_call):
    strikes = np.array([50.0, 99.999999, 100.0, 100.000001, 1e4])
    options = {"forward": 100.0, "strike": strikes, "implied_vol": 0.5, "time_to_expiry": 0.25} | limit
    sign = 1.0 if is_call else -1.0
    intrinsic = 0.9 * np.maximum(0.0, sign * (100.0 - strikes))
    assert np.array_equal(price(**options, discount_factor=0.9, is_call=is_call), intrinsic)


@pytest.mark.parametrize("limit", [{"implied_vol": 0.0}, {"time_to_expiry": 0.0}])
def test_price__at_the_money_without_volatility_or_time__is_exactly_zero(limit):
    forwards = np.exp(np.random.default_rng(19).uniform(-20.0, 20.0, 5_000))
    options = {"forward": forwards, "strike": forwards, "implied_vol": 0.5, "time_to_expiry": 0.25} | limit
    assert not np.any(price(**options))


@pytest.mark.parametrize("vol", [40.0, 1e10, 1e50])
def test_price__at_huge_volatility__is_its_bound(vol):
    strikes = np.array([1e-3, 1.0, 7.0, 1e3])
    for is_call, bound in ((True, np.full(4, 5.0)), (False, strikes)):
        prices = price(forward=5.0, strike=strikes, implied_vol=vol, time_to_expiry=1.0, is_call=is_call)
        assert prices == pytest.approx(bound, rel=2.3e-16)


def test_price__at_the_corners_of_the_domain__is_finite_and_within_bounds():
    amounts, rates = [1e-100, 1e-30, 1.0, 1e30, 1e100], [0.0, 1e-100, 1e-30, 1.0, 1e20, 1e50]
    grid = np.meshgrid(amounts, amounts, rates, rates, [1e-100, 1.0, 1e100], [True, False])
    names = ("forward", "strike", "implied_vol", "time_to_expiry", "discount_factor")
    options = dict(zip(names, grid[:5], strict=True)) | {"is_call": grid[5].astype(bool)}
    prices = price(**options)
    bound = np.where(options["is_call"], options["forward"], options["strike"]) * options["discount_factor"]
    assert np.all((prices >= 0.0) & (prices <= bound * (1 + 4.5e-16)))
    assert all(not np.any(np.isnan(column)) for column in full_greeks(**options))


def test_price__scalars_lists_and_broadcasts__take_the_broadcast_shape():
    scalar = price(forward=100.0, strike=110.0, implied_vol=0.4, time_to_expiry=0.5)
    assert isinstance(scalar, np.ndarray)
    assert scalar.shape == ()
    strikes, times = np.array([90.0, 100.0, 110.0]), np.array([[0.25], [0.5]])
    grid = price(
        forward=100, strike=strikes, implied_vol=0.4, time_to_expiry=times, is_call=[True, False, True]
    )
    assert grid.shape == (2, 3)
    assert grid[1, 2] == scalar
    assert price(forward=[], strike=[], implied_vol=[], time_to_expiry=[]).shape == (0,)


@pytest.mark.parametrize("size", [1, 7, 8, 63, 512, 2_048, 4_095, 4_096, 4_097, 8_192])
def test_greeks__any_length_and_stride__equal_those_of_single_options(size):
    options = random_options(size, 17)
    whole = full_greeks(**options)
    spaced = full_greeks(**{name: np.repeat(values, 2)[::2] for name, values in options.items()})
    turned = full_greeks(**{name: values[::-1] for name, values in options.items()})
    for column, with_stride, backwards in zip(whole, spaced, turned, strict=True):
        assert column.shape == (size,)
        assert np.array_equal(column, with_stride)
        assert backwards[::-1] == pytest.approx(column, rel=1e-13, abs=1e-300)
    chosen = {name: values[size // 2] for name, values in options.items()}
    single = [float(value) for value in full_greeks(**chosen)]
    assert single == pytest.approx([float(column[size // 2]) for column in whole], rel=1e-13, abs=1e-300)


def test_greeks__first_five_of_the_full_set__are_the_same():
    options = random_options(1_000, 18)
    for short, full in zip(greeks(**options), full_greeks(**options), strict=False):
        assert short == pytest.approx(full, rel=1e-13, abs=1e-300)
    difference = np.abs(greeks(**options).price - price(**options))
    assert np.max(difference / (options["forward"] * options["discount_factor"])) <= 1e-15
