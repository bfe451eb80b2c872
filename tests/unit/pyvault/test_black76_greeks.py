"""Eight Greeks against derivatives of the mpmath price; limits, parity and documented spot conversions."""

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf
from reference import black76_mpmath

from pyvault.pricing.black76 import FullGreeks, full_greeks

NAMES = ("forward", "strike", "implied_vol", "time_to_expiry", "discount_factor")


def random_options(size, seed):
    """Forwards over nine decades, σ√τ from 1e-3 to 8, both signs of rates."""
    random = np.random.default_rng(seed)
    forward = np.exp(random.uniform(np.log(1e-4), np.log(1e5), size))
    time = np.exp(random.uniform(np.log(1 / 8760), np.log(3.0), size))
    vol = np.exp(random.uniform(np.log(0.1), np.log(5.0), size))
    spread = 4.0 * vol * np.sqrt(time)
    return {
        "forward": forward,
        "strike": forward * np.exp(np.clip(spread, 0.01, 1.5) * random.uniform(-1.0, 1.0, size)),
        "implied_vol": vol,
        "time_to_expiry": time,
        "discount_factor": np.exp(-random.uniform(-0.2, 0.4, size) * time),
        "is_call": random.random(size) < 0.5,
    }


def natural_scales(options):
    """Size of each output where it is largest: what an error of 1e-14 is measured by."""
    forward, time, discount = options["forward"], options["time_to_expiry"], options["discount_factor"]
    root = np.sqrt(time)
    vol = options["implied_vol"] * root
    rate = np.abs(np.log(discount)) / time
    return FullGreeks(
        price=forward * discount,
        delta=discount,
        gamma=discount / (forward * vol),
        vega=forward * discount * root,
        theta=forward * discount * (rate + options["implied_vol"] / (2.0 * root)),
        rho=time * forward * discount,
        vanna=discount * root * (1.0 + 1.0 / vol),
        volga=forward * discount * time * (vol + 1.0 / vol),
        charm=discount * (rate + (1.0 + vol) / time),
    )


@pytest.fixture(scope="module")
def errors(count):
    """Worst scaled error of each output against mpmath's derivatives."""
    options = random_options(count(150, 3_000), 21)
    ours, scales = full_greeks(**options), natural_scales(options)
    worst = dict.fromkeys(FullGreeks._fields, 0.0)
    for i in range(options["forward"].size):
        exact = black76_mpmath.greeks(
            *(float(options[name][i]) for name in NAMES), bool(options["is_call"][i])
        )
        for name in worst:
            error = float(abs(mpf(float(getattr(ours, name)[i])) - exact[name]) / getattr(scales, name)[i])
            worst[name] = max(worst[name], error)
    return worst


@pytest.mark.parametrize("name", FullGreeks._fields)
def test_greek__random_options__is_the_derivative_of_the_exact_price(errors, name):
    assert errors[name] <= (1e-15 if name == "price" else 1e-14)


def test_delta__at_zero_volatility_or_time__is_discount_half_of_it_or_zero():
    strikes = np.array([90.0, 100.0, 110.0])
    for limit in ({"implied_vol": 0.0, "time_to_expiry": 1.0}, {"implied_vol": 1.0, "time_to_expiry": 0.0}):
        call = full_greeks(forward=100.0, strike=strikes, discount_factor=0.8, **limit)
        put = full_greeks(forward=100.0, strike=strikes, discount_factor=0.8, is_call=False, **limit)
        assert call.delta == pytest.approx([0.8, 0.4, 0.0], rel=4.5e-16, abs=0.0)
        assert put.delta == pytest.approx([0.0, -0.4, -0.8], rel=4.5e-16, abs=0.0)


def test_greeks__at_zero_volatility_or_time__are_their_limits():
    strikes = np.array([90.0, 100.0, 110.0])
    frozen = full_greeks(
        forward=100.0, strike=strikes, implied_vol=0.0, time_to_expiry=0.25, discount_factor=0.8
    )
    rate = -np.log(0.8) / 0.25
    at_the_money = 0.8 * 100.0 * 0.5 / np.sqrt(2.0 * np.pi)
    assert frozen.vega == pytest.approx([0.0, at_the_money, 0.0], rel=4.5e-16, abs=0.0)
    assert frozen.theta == pytest.approx(rate * frozen.price, rel=1e-15)
    assert frozen.rho == pytest.approx(-0.25 * frozen.price, rel=1e-15)
    for name in ("gamma", "vanna", "volga"):
        assert np.array_equal(getattr(frozen, name), np.zeros(3))
    expired = full_greeks(forward=100.0, strike=strikes, implied_vol=0.5, time_to_expiry=0.0)
    for name in ("gamma", "vega", "theta", "rho", "vanna", "volga", "charm"):
        assert np.all(getattr(expired, name) == 0.0), name


def test_greeks__call_and_put__differ_by_those_of_a_forward():
    options = random_options(2_000, 22)
    call, put = (full_greeks(**options | {"is_call": flag}) for flag in (True, False))
    discount, time = options["discount_factor"], options["time_to_expiry"]
    forward_value = discount * (options["forward"] - options["strike"])
    rate = -np.log(discount) / time
    gaps = {
        "delta": discount,
        "gamma": 0.0,
        "vega": 0.0,
        "theta": rate * forward_value,
        "rho": -time * forward_value,
        "vanna": 0.0,
        "volga": 0.0,
        "charm": rate * discount,
    }
    scales = natural_scales(options)
    for name, gap in gaps.items():
        difference = getattr(call, name) - getattr(put, name) - gap
        assert np.max(np.abs(difference) / getattr(scales, name)) < 1e-14, name


def test_greeks__documented_spot_conversions__are_derivatives_in_the_spot():
    spot, strike, vol, time, rate, carry = map(mpf, ("97.5", "104", "0.6", "0.4", "0.05", "0.03"))

    def value(s, sigma, t, r):
        return black76_mpmath.price(s * mpmath.exp(carry * t), strike, sigma, t, r, is_call=True)

    def value_with_carry_at_rate(r):
        return black76_mpmath.price(spot * mpmath.exp(r * time), strike, vol, time, r, is_call=True)

    with mp.workdps(50):
        growth, discount = mpmath.exp(carry * time), mpmath.exp(-rate * time)
        point = (spot, vol, time, rate)
        exact = {
            "delta": mpmath.diff(value, point, (1, 0, 0, 0)),
            "gamma": mpmath.diff(value, point, (2, 0, 0, 0)),
            "theta": -mpmath.diff(value, point, (0, 0, 1, 0)),
            "vanna": mpmath.diff(value, point, (1, 1, 0, 0)),
        }
        forward = float(spot * growth)
        arguments = {"strike": 104.0, "implied_vol": 0.6, "time_to_expiry": 0.4}
        ours = full_greeks(forward=forward, discount_factor=float(discount), **arguments)
        ratio = float(growth)
        converted = {
            "delta": ours.delta * ratio,
            "gamma": ours.gamma * ratio**2,
            "theta": ours.theta - 0.03 * forward * ours.delta,
            "vanna": ours.vanna * ratio,
        }
        for name, number in converted.items():
            assert float(number) == pytest.approx(float(exact[name]), rel=1e-12), name
        at_rate = full_greeks(
            forward=float(spot * mpmath.exp(rate * time)), discount_factor=float(discount), **arguments
        )
        rho = float(at_rate.rho) + 0.4 * float(spot * mpmath.exp(rate * time)) * float(at_rate.delta)
        assert rho == pytest.approx(float(mpmath.diff(value_with_carry_at_rate, rate)), rel=1e-12)
