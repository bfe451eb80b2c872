"""What the stress grid promises: a lane is the book revalued under its shocks; bounds, convexity, oddness."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from mpmath import mpf, workdps
from support.books import WINDOW_S, YEAR_S, draw_book, draw_quantity, draw_spot, flat
from support.trades import DAY, SCALES
from support.vol_surface import wad

from pyvault.exact import book as books
from pyvault.exact import stress
from pyvault.units import WAD

SPOTS = (82, 88, 94, 100, 106, 112, 118)
LANES = [(spot, "up", 1) for spot in SPOTS] + [(spot, "down", 1) for spot in SPOTS]
LANES += [(60, "up", 2), (160, "up", 2)]
UNSHOCKED = (3, 10)  # lanes whose spot stays


def factors(time_s):
    """Factors of volatility at fifty digits."""
    power = mpf("0.3") if time_s <= 30 * DAY else mpf("0.13")
    scale = (mpf(30 * DAY) / max(time_s, DAY)) ** power
    return {"up": 1 + scale / 2, "down": 1 - 3 * scale / 10}


@pytest.mark.parametrize("time_s", [0, 1, 3_600, DAY, 2 * DAY, 30 * DAY, 30 * DAY + 1, 90 * DAY, YEAR_S])
def test_volatility_factors__of_any_expiry__are_the_power_law_to_two_wei(time_s):
    with workdps(50):
        wanted = factors(time_s)
        up, down = stress.volatility_factors(time_s)
        assert abs(up - wanted["up"] * WAD) <= 2
        assert abs(down - wanted["down"] * WAD) <= 2


@pytest.mark.parametrize("time_s", [300, WINDOW_S, DAY, 30 * DAY, YEAR_S])
@pytest.mark.parametrize("price", SCALES)
def test_lane__of_a_flat_smile__is_the_contract_revalued_under_its_shocks(price, time_s):
    spot, vol, rate = wad(price), 0.7, 10**17
    elapsed = max(0, WINDOW_S - time_s) * WAD // WINDOW_S
    fixing = {"fixed_part": elapsed * spot // WAD, "floating": WAD - elapsed}
    terms = books.terms(spot, flat([], time_s=time_s, vol=wad(vol), rate=rate, **fixing))
    for ratio in (0.7, 1.0, 1.3):
        strike = round(terms.forward * ratio)
        now = books.unit(terms, strike)
        calls = stress.leg_stress(terms, strike, is_call=True)
        puts = stress.leg_stress(terms, strike, is_call=False)
        for lane, (percent, way, damping) in enumerate(LANES):
            shocked_vol = wad(vol * float(factors(time_s)[way]))
            held = flat([], time_s=time_s, vol=shocked_vol, **fixing)
            then = books.unit(books.terms(spot * percent // 100, held._replace(rate=rate)), strike)
            near = 1e-14 * spot + 20
            assert abs(calls[lane] * damping - (then.call - now.call)) <= near
            assert abs(puts[lane] * damping - (then.put - now.put)) <= near


def test_lanes_of_present_spot__without_volatility_left__lose_exactly_nothing(count):
    random = Random(61)
    for _ in range(count(40, 2_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot)._replace(time_s=random.randrange(3))
        losses = stress.stress(books.terms(spot, held._replace(rate=0)), held.positions)
        assert [losses[lane] for lane in UNSHOCKED] == [0, 0]


def test_stress__of_a_book__is_the_sum_of_its_legs_rounded_against_the_vault(count):
    random = Random(62)
    for _ in range(count(20, 2_000)):
        spot, rate = draw_spot(random), random.randrange(2 * 10**17)
        held = draw_book(random, spot, strikes=4)
        terms = books.terms(spot, held._replace(rate=rate))
        losses = stress.stress(terms, held.positions)
        parts, contracts = [Fraction(0)] * 16, 0
        for word in held.positions:
            for is_call in (True, False):
                quantity = books.position(word, is_call)
                contracts += abs(quantity)
                changes = stress.leg_stress(terms, books.strike(word), is_call)
                for lane, change in enumerate(changes):
                    parts[lane] -= Fraction(quantity * change, WAD)
        rounding = Fraction(contracts, 2 * WAD)
        for loss, part in zip(losses, parts, strict=True):
            assert part - rounding <= loss <= part + rounding + 2


def long_book(random, spot):
    held = draw_book(random, spot, strikes=4)
    longs = [
        books.word(word % 2**64, abs(draw_quantity(random, spot)), abs(draw_quantity(random, spot)))
        for word in held.positions
    ]
    return held._replace(positions=tuple(longs))


def test_long_only_book__in_every_lane__loses_at_most_its_value_and_gains_from_volatility(count):
    random = Random(63)
    for _ in range(count(60, 4_000)):
        spot = draw_spot(random)
        held = long_book(random, spot)
        terms = books.terms(spot, held._replace(rate=0))
        sums = books.sums(terms, held.positions)
        losses = stress.stress(terms, held.positions)
        # A value now is rounded down a contract, once for the call and once for the put.
        slack = Fraction(sums.contracts, WAD) + 2
        assert max(losses) * WAD <= sums.value + slack * WAD
        error = Fraction(sums.contracts, WAD) * books.unit(terms, 2 * terms.forward).error
        for up, down in zip(losses[:7], losses[7:14], strict=True):
            assert up <= down + 4 * error + 2
        for lanes in (losses[:7], losses[7:14]):
            for left, middle, right in zip(lanes, lanes[1:], lanes[2:], strict=False):
                assert left + right <= 2 * middle + 8 * error + 4  # gains are convex in spot


def test_mirrored_book__in_every_lane__loses_what_the_book_gains_but_for_the_rounding(count):
    random = Random(64)
    for _ in range(count(30, 2_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=4)
        terms = books.terms(spot, held._replace(rate=random.choice((0, 10**17))))
        mirrored = [
            books.word(
                word % 2**64, -books.position(word, is_call=True), -books.position(word, is_call=False)
            )
            for word in held.positions
        ]
        pairs = zip(stress.stress(terms, held.positions), stress.stress(terms, mirrored), strict=True)
        assert all(0 <= loss + gain <= 4 for loss, gain in pairs)


def test_leg__of_call_less_put__moves_with_the_floating_part_of_the_forward_alone(count):
    random = Random(65)
    for _ in range(count(60, 4_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=1)._replace(time_s=random.randrange(1, WINDOW_S))
        terms, strike = books.terms(spot, held._replace(rate=0)), books.strike(held.positions[0])
        calls = stress.leg_stress(terms, strike, is_call=True)
        puts = stress.leg_stress(terms, strike, is_call=False)
        for lane, (percent, _, damping) in enumerate(LANES):
            move = Fraction(terms.floating_forward * (percent - 100), 100 * damping)
            assert abs(calls[lane] - puts[lane] - move) <= 2
