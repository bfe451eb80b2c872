"""Laws of option prices, on the compiled pricer: each holds to the published error bound or better."""

import math
from itertools import pairwise
from random import Random

import pytest
from support.evm import Contract
from support.grid import WAD
from support.pricer import FUNCTIONS, PRICER, YEAR, draw_market, log_uniform

BLACK76, OPTION_PRICE = FUNCTIONS["black76"], FUNCTIONS["option_price"]
CALL, PUT = 1, 0
FAR = 2**32


@pytest.fixture(scope="module")
def contract():
    return Contract(PRICER)


@pytest.fixture(scope="module")
def price(contract):
    """Price of an option, or the reason why there is none."""

    def price(*arguments):
        result = OPTION_PRICE.on_chain(contract, arguments)
        return result if isinstance(result, str) else result[0]

    return price


def bound(forward, strike):
    return -(-4 * max(forward, strike) // WAD) + 4


def markets(seed, count):
    """Forward, strike, volatility and time within the domain."""
    random = Random(seed)
    for _ in range(count):
        forward, strike, volatility, time = draw_market(random)
        if forward <= strike * FAR and strike <= forward * FAR:
            yield forward, strike, volatility, time, random


def draw_rate(random, time):
    """Rate up to a third, or less over very long times."""
    return random.randint(-WAD, WAD) // 3 if time < 50 * YEAR else WAD // 10


def test_law__put_call_parity__holds_to_2_wei(contract, price, count):
    for forward, strike, volatility, time, random in markets("parity", count(4_000, 200_000)):
        rate = draw_rate(random, time)
        discount = FUNCTIONS["discount_factor"].on_chain(contract, (rate, time))[0]
        parity = (forward - strike) * discount
        call, put = (price(forward, strike, volatility, time, discount, kind) for kind in (CALL, PUT))
        assert abs((call - put) * WAD - parity) <= 2 * WAD
        valuation = BLACK76.on_chain(contract, (forward, strike, volatility, time, rate))
        assert valuation[:2] == (call, put)


def test_law__bounds__the_out_of_the_money_price_lies_between_zero_and_the_smaller_price(contract, count):
    for forward, strike, volatility, time, random in markets("bounds", count(4_000, 200_000)):
        rate = draw_rate(random, time)
        discount = FUNCTIONS["discount_factor"].on_chain(contract, (rate, time))[0]
        valuation = BLACK76.on_chain(contract, (forward, strike, volatility, time, rate))
        call, put, delta, gamma, vega = valuation[:5]
        intrinsic = (forward - strike) * discount // WAD
        assert max(intrinsic, 0) <= call <= forward * discount // WAD
        assert max(-intrinsic - 1, 0) <= put <= strike * discount // WAD
        assert 0 <= min(call, put) <= min(forward, strike) * discount // WAD
        assert 0 <= delta <= discount
        assert gamma >= 0
        assert vega >= 0


def test_law__monotone_in_volatility__within_the_published_bound(price, count):
    for forward, strike, volatility, time, random in markets("volatility", count(4_000, 200_000)):
        higher = min(2**64 - 1, volatility + log_uniform(random, 1, volatility))
        kind = random.getrandbits(1)
        low, high = (price(forward, strike, each, time, WAD, kind) for each in (volatility, higher))
        assert high >= low - bound(forward, strike), (forward, strike, volatility, higher, time, kind)


def test_law__monotone_in_strike__calls_fall_and_puts_rise_within_the_published_bound(price, count):
    for forward, strike, volatility, time, random in markets("strike", count(4_000, 200_000)):
        higher = strike + log_uniform(random, 1, strike + 1)
        if higher > min(2**128, forward * FAR):
            continue
        slack = bound(forward, higher)
        low, high = (price(forward, each, volatility, time, WAD, CALL) for each in (strike, higher))
        assert low - (higher - strike) - slack <= high <= low + slack
        low, high = (price(forward, each, volatility, time, WAD, PUT) for each in (strike, higher))
        assert low - slack <= high <= low + (higher - strike) + slack


def test_law__convex_in_strike__butterflies_cost_no_less_than_nothing_within_the_bound(price, count):
    for forward, strike, volatility, time, random in markets("convexity", count(4_000, 200_000)):
        width = log_uniform(random, 1, max(2, strike // 2))
        strikes = (strike - width, strike, strike + width)
        if strikes[0] * FAR < forward or strikes[2] > min(2**128, forward * FAR):
            continue
        kind = random.getrandbits(1)
        left, middle, right = (price(forward, each, volatility, time, WAD, kind) for each in strikes)
        assert left - 2 * middle + right >= -4 * bound(forward, strikes[2])


@pytest.mark.parametrize(("volatility", "time"), [(0, YEAR), (WAD, 0), (0, 0), (1, 1)])
def test_limit__without_deviation__is_the_discounted_intrinsic_value_with_a_defined_delta(
    contract, price, volatility, time
):
    rate = WAD // 20
    discount = FUNCTIONS["discount_factor"].on_chain(contract, (rate, time))[0]
    for forward, strike, delta in ((3, 2, discount), (2, 2, discount // 2), (2, 3, 0)):
        values = BLACK76.on_chain(contract, (forward * WAD, strike * WAD, volatility, time, rate))
        call, put = max(forward - strike, 0) * discount, max(strike - forward, 0) * discount
        accrual = rate if time else 0
        assert values == (call, put, delta, 0, 0, accrual * call // WAD, accrual * put // WAD)
        for kind, expected in ((CALL, call), (PUT, put)):
            assert price(forward * WAD, strike * WAD, volatility, time, discount, kind) == expected


@pytest.mark.parametrize("factor", [10, 10**3, 10**6, 10**9])
def test_limit__of_vanishing_volatility__is_reached_from_above_without_a_jump(price, factor):
    forward, small = 100 * WAD, 10**12 // factor  # 1e-6 and below; the smallest lies under the cut
    for strike in (forward - 1, forward, forward + 1):
        time_value = price(forward, strike, small, YEAR, WAD, CALL) - max(forward - strike, 0)
        assert abs(time_value - forward * small / WAD / math.sqrt(2 * math.pi)) <= bound(forward, strike)


def test_limit__of_huge_deviation__is_the_forward_for_a_call_and_the_strike_for_a_put(price):
    for time in (YEAR, 5 * YEAR, 2**32 - 1):  # a deviation of 18, 41 and 215
        assert abs(price(100 * WAD, 90 * WAD, 2**64 - 1, time, WAD, CALL) - 100 * WAD) <= bound(100 * WAD, 0)
        assert abs(price(100 * WAD, 90 * WAD, 2**64 - 1, time, WAD, PUT) - 90 * WAD) <= bound(100 * WAD, 0)


def test_limit__of_negative_rates__discounts_above_one_and_keeps_theta_of_an_expensive_put(contract):
    rate, time = -WAD // 2, 2 * YEAR
    values = BLACK76.on_chain(contract, (100 * WAD, 100 * WAD, WAD // 2, time, rate))
    assert values[0] == values[1]
    assert values[0] / WAD == pytest.approx(math.e * 100 * math.erf(0.25), rel=1e-12)  # v = 1/√2, D = e
    assert values[5] < rate * values[0] // WAD < 0


def test_crash__of_99_9999_percent__still_values_every_old_strike_and_2_to_the_32_is_the_end(price):
    assert price(3_000 * WAD // 10**6, 3_000 * WAD, WAD, YEAR, WAD, PUT) > 2_999 * WAD
    assert price(3_000 * WAD // 10**6, 3_000 * WAD, 5 * WAD, YEAR, WAD, CALL) > 0
    for low in (1, WAD, 2**95):
        for arguments in ((low, low * FAR), (low * FAR, low)):
            assert isinstance(price(*arguments, WAD, YEAR, WAD, CALL), int)
        for arguments in ((low, low * FAR + 1), (low * FAR + 1, low)):
            assert price(*arguments, WAD, YEAR, WAD, CALL) == "ln: ratio too large"


@pytest.mark.parametrize("limit", [11, -11])
def test_price__across_the_limit_of_the_distribution__does_not_jump(price, limit):
    # q = ln(K/F)/v − v/2 passes ±11, where the tail is cut: at small v from above, at large v from below.
    deviation = 1.0 if limit > 0 else 23.5
    moneyness = deviation * (limit + deviation / 2)
    forward = 10**3 * WAD
    near = [
        price(
            forward,
            round(forward * math.exp(moneyness + step / 10**6)),
            round(deviation / 2 * WAD),
            4 * YEAR,
            WAD,
            CALL,
        )
        for step in range(-20, 21)
    ]
    assert all(abs(a - b) <= bound(forward, forward) for a, b in pairwise(near))
