"""What the book of an expiry promises: linear sums, parity, Greeks that are derivatives, Black's prices."""

from __future__ import annotations

import math
from fractions import Fraction
from random import Random

import pytest
from mpmath import exp, log, mpf, sqrt, workdps
from reference.black76_mpmath import price
from support.books import WINDOW_S, YEAR_S, draw_book, draw_quantity, draw_spot, flat
from support.trades import DAY, SCALES, words
from support.vol_surface import wad

from pyvault.exact import black76, lanes
from pyvault.exact import book as books
from pyvault.units import WAD

NET = slice(0, 4)  # of Sums: what nets
TIMES = (60, WINDOW_S // 2, WINDOW_S, DAY, 30 * DAY, YEAR_S)


def requantified(held, quantities):
    """The same strikes with other quantities."""
    strikes = [word % 2**64 for word in held.positions]
    pairs = zip(strikes, quantities, strict=True)
    return [books.word(strike, call, put) for strike, (call, put) in pairs]


def test_sums__of_two_books__are_those_of_the_joint_book_to_the_last_unit(count):
    random = Random(51)
    for _ in range(count(40, 4_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=6)
        terms = books.terms(spot, held._replace(rate=0))
        one, other = (
            [(draw_quantity(random, spot), draw_quantity(random, spot)) for _ in range(6)] for _ in range(2)
        )
        joint = [(a + c, b + d) for (a, b), (c, d) in zip(one, other, strict=True)]
        first, second, both = (
            books.sums(terms, requantified(held, quantities))[NET] for quantities in (one, other, joint)
        )
        assert tuple(a + b for a, b in zip(first, second, strict=True)) == both


def test_sums__of_a_long_and_a_short_of_the_same__net_to_nothing_but_not_gross(count):
    random = Random(52)
    for _ in range(count(40, 4_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=1)
        terms, strike = books.terms(spot, held._replace(rate=0)), held.positions[0] % 2**64
        quantity = abs(draw_quantity(random, spot)) or WAD
        sums = books.sums(terms, [books.word(strike, quantity, 0), books.word(strike, -quantity, 0)])
        assert sums[NET] == (0, 0, 0, 0)
        assert sums.contracts == 2 * quantity


def test_call_less_put__of_any_strike__is_the_discounted_forward_less_the_strike(count):
    random = Random(53)
    for _ in range(count(200, 20_000)):
        spot, rate = draw_spot(random), random.randrange(2 * 10**17)
        held = draw_book(random, spot, strikes=1)
        terms, strike = books.terms(spot, held._replace(rate=rate)), books.strike(held.positions[0])
        unit = books.unit(terms, strike)
        forward = Fraction((terms.forward - strike) * terms.discount, WAD)
        assert abs(unit.call - unit.put - forward) <= 1
        assert unit.delta_call - unit.delta_put == terms.discounted_floating
        assert unit.call >= unit.intrinsic_call
        assert unit.put >= unit.intrinsic_put
        assert 0 <= unit.delta_call <= terms.discounted_floating


def test_unit__without_a_window__is_black76_of_the_same_volatility(count):
    random = Random(54)
    for _ in range(count(200, 20_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=1)
        held = held._replace(time_s=held.time_s + WINDOW_S + 1, fixed_part=0, floating=WAD)
        terms, strike = books.terms(spot, held._replace(rate=0)), books.strike(held.positions[0])
        unit = books.unit(terms, strike)
        model = black76.black76(terms.forward, strike, unit.volatility, held.time_s - 1_200, 0)
        assert (unit.call, unit.put, unit.vega) == (model.call, model.put, model.vega)
        wei_of_delta = terms.forward // WAD + 2
        assert abs(unit.delta_call - model.delta_call * terms.forward // WAD) <= wei_of_delta
        assert abs(unit.gamma - model.gamma_f * terms.forward // WAD) <= 1
        assert abs(unit.probability - model.delta_call) <= 1
        assert unit.error == black76.error_bound(terms.forward, strike)


def exact_prices(spot, held, rate, strike):
    """Call and put at fifty digits, straight from the smile and Black's formula."""
    curve, tau = held.curve, mpf(held.time_s) / YEAR_S
    a, b, rho, m, s, carry = (mpf(field) / WAD for field in curve)
    forward = mpf(held.fixed_part) / WAD + mpf(held.floating) * spot / WAD**2 * exp(carry * tau)
    strike = mpf(strike) / WAD
    x = log(strike / forward) - m
    vol = sqrt(a + b * (rho * x + sqrt(x * x + s * s)))
    seconds = held.time_s - 1_200 if held.time_s > WINDOW_S else held.time_s // 3
    discount = exp(-mpf(rate) / WAD * tau)
    call, put = (discount * price(forward, strike, vol, mpf(seconds) / YEAR_S, 0, side) for side in (1, 0))
    return call * WAD, put * WAD, vol


def test_unit__against_mpmath__is_within_the_published_bound_and_the_last_place_of_its_inputs(count):
    random = Random(55)
    with workdps(50):
        for _ in range(count(150, 10_000)):
            spot, rate = draw_spot(random), random.randrange(2 * 10**17)
            held = draw_book(random, spot, strikes=1)
            held = held._replace(time_s=max(held.time_s, 3))
            strike = books.strike(held.positions[0])
            unit = books.unit(books.terms(spot, held._replace(rate=rate)), strike)
            call, put, vol = exact_prices(spot, held, rate, strike)
            # The volatility is good to two wei of variance, the forward and the discount to three and one.
            inputs = (2 / (2 * vol) + 1) * unit.vega / WAD + 4 + 2 * max(spot, strike) / WAD
            assert abs(unit.call - call) <= unit.error + inputs
            assert abs(unit.put - put) <= unit.error + inputs


def bumped(spot, held, strike, by):
    """Unit values with spot moved by a share; every strike keeps its volatility."""
    return books.unit(books.terms(round(spot * (1 + by)), held._replace(rate=10**17)), strike)


@pytest.mark.parametrize("time_s", TIMES)
@pytest.mark.parametrize("price", SCALES)
@pytest.mark.parametrize("distance", [-3, -1, 0, 0.5, 3])
def test_dollar_greeks__at_any_scale_inside_and_outside_the_window__are_finite_differences(
    price, time_s, distance
):
    elapsed = max(0, WINDOW_S - time_s) * WAD // WINDOW_S
    spot = wad(price)
    held = flat([], time_s=time_s, fixed_part=elapsed * spot // WAD, floating=WAD - elapsed)
    terms = books.terms(spot, held._replace(rate=10**17))
    deviation = 0.7 * terms.root_time / 2**96
    strike = round(terms.forward * math.exp(distance * deviation))
    unit = books.unit(terms, strike)
    step = 2e-3 * deviation * terms.forward / terms.floating_forward
    up, down = bumped(spot, held, strike, step), bumped(spot, held, strike, -step)
    near = 2e-6 * spot
    assert (up.call - down.call) / (2 * step) == pytest.approx(unit.delta_call, abs=near)
    assert (up.put - down.put) / (2 * step) == pytest.approx(unit.delta_put, abs=near)
    curvature = (up.delta_call - down.delta_call) / (2 * step) - unit.delta_call
    assert curvature == pytest.approx(unit.gamma, abs=near / deviation)
    higher, lower = (
        books.unit(books.terms(spot, held._replace(curve=flat([], vol=wad(vol)).curve, rate=10**17)), strike)
        for vol in (0.7007, 0.6993)
    )
    assert (higher.call - lower.call) / 0.0014 == pytest.approx(unit.vega, abs=2e-6 * terms.forward)


def test_delta__of_a_call_deep_in_the_money__runs_off_linearly_inside_the_window():
    spot = 3_000 * WAD
    for time_s in range(0, WINDOW_S + 1, 60):
        elapsed = (WINDOW_S - time_s) * WAD // WINDOW_S
        held = flat([], time_s=time_s, fixed_part=elapsed * 3_000, floating=WAD - elapsed)
        unit = books.unit(books.terms(spot, held._replace(rate=0)), 1_000 * WAD)
        assert abs(unit.delta_call - spot * time_s // WINDOW_S) <= 3_000


def test_unit__at_expiry__is_intrinsic_with_half_a_delta_at_the_money():
    held = flat([], time_s=0)
    terms = books.terms(3_000 * WAD, held._replace(rate=0))
    inside, at, outside = (books.unit(terms, strike * WAD) for strike in (2_000, 3_000, 4_000))
    assert (inside.call, inside.put, inside.delta_call) == (1_000 * WAD, 0, 3_000 * WAD)
    assert (at.call, at.put, at.delta_call) == (0, 0, 1_500 * WAD)
    assert (outside.call, outside.put, outside.delta_put) == (0, 1_000 * WAD, -3_000 * WAD)
    assert all((unit.gamma, unit.vega) == (0, 0) for unit in (inside, at, outside))


def test_time_of_variance__across_the_start_of_the_window__has_no_jump():
    before, start, inside = (
        books.terms(3_000 * WAD, flat([], time_s=WINDOW_S + shift)).root_time for shift in (3, 0, -3)
    )
    assert before / start == pytest.approx(math.sqrt(603 / 600), rel=1e-12)
    assert inside / start == pytest.approx(math.sqrt(599 / 600), rel=1e-12)


def test_risk__of_random_books__rounds_the_value_down_and_the_exposures_towards_zero(count):
    random = Random(56)
    for _ in range(count(40, 4_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=5)
        terms = books.terms(spot, held._replace(rate=0))
        sums = books.sums(terms, held.positions)
        risk = books.risk(terms, sums, 0)
        assert 0 <= sums.value - risk.value * WAD < WAD
        for whole, divided in ((sums.delta, risk.dollar_delta), (sums.gamma, risk.dollar_gamma)):
            assert 0 <= abs(whole) - abs(divided) * WAD < WAD


def test_exit_cost__of_random_books__is_the_formula_rounded_up_by_a_few_wei(count):
    random = Random(57)
    rates = lanes.read(words())
    for _ in range(count(40, 4_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=5)
        terms = books.terms(spot, held._replace(rate=0))
        sums = books.sums(terms, held.positions)
        step = Fraction(rates.vol_step) * Fraction(math.sqrt(30 * DAY / max(held.time_s, 7 * DAY)))
        exact = (
            Fraction(sums.contracts * rates.tick * spot)
            + sums.gross_value * rates.mid_spread
            + sums.gross_delta * rates.forward_step
            + sums.gross_vega * step / 2
            + abs(sums.vega) * abs(terms.atm_vol - held.mean_vol)
        ) / WAD**2
        cost = books.exit_cost(rates, terms, sums, spot, held.mean_vol)
        # A wei of the tick a contract, one of the step a unit of vega, and those of the quotients.
        slack = Fraction(sums.contracts, WAD) + Fraction(sums.gross_vega, WAD**2) + exact / 10**14 + 6
        assert -exact / 10**14 <= cost - exact <= slack
