"""The compiled book of an expiry and its stress grid equal their integer twins on every bit and refusal."""

from __future__ import annotations

from random import Random

import pytest
from support.books import WINDOW_S, draw_book, draw_spot, draw_time, flat, pricer, probe
from support.trades import SCALES, conditions
from support.vol_surface import wad

from pyvault.errors import ContractError
from pyvault.exact import book as books
from pyvault.exact import stress
from pyvault.exact.power import power
from pyvault.exact.revaluation import revalue
from pyvault.units import WAD

YEAR_S = 365 * 86_400
LARGEST = 2**95 - 1


def outcome(function, *arguments):
    """A value, or the reason of the refusal."""
    try:
        return function(*arguments)
    except ContractError as error:
        return error.reason


def compare_revaluation(state, held):
    expected = outcome(revalue, state, held)
    assert outcome(pricer().call, "revalue", state, held) == expected
    return expected


def compare_unit(found, terms, strike):
    """What the contract keeps of a strike; the rest follows from it, leg by leg, in `evaluate`."""
    unit = books.unit(terms, strike)
    assert found.strike == strike
    assert found.k == books.log_moneyness(terms.forward, strike)
    assert found.volatility == unit.volatility
    assert found.near * WAD >> 96 == unit.probability
    assert found.now * terms.discount // WAD == unit.call
    assert (found.call, found.put, found.delta) == (unit.call, unit.put, unit.delta_call)
    assert (found.gamma, found.vega) == (unit.gamma, unit.vega)


def test_revaluation__of_random_books__equals_its_twin_on_every_bit(count):
    random = Random(41)
    for _ in range(count(120, 20_000)):
        spot = draw_spot(random)
        state = conditions(spot=1.0)._replace(spot=spot)
        expected = compare_revaluation(state, draw_book(random, spot))
        assert not isinstance(expected, str)


def test_units__of_random_strikes__equal_their_twin_on_every_bit(count):
    random = Random(42)
    inside = 0
    for _ in range(count(300, 20_000)):
        spot = draw_spot(random)
        held = draw_book(random, spot, strikes=1)
        strike, is_call = books.strike(held.positions[0]), random.random() < 0.5
        terms = books.terms(spot, held)
        inside += held.time_s <= WINDOW_S
        assert probe().call("terms", spot, held) == terms
        compare_unit(probe().call("unit", spot, held, strike), terms, strike)
        changes = list(stress.leg_stress(terms, strike, is_call))
        assert list(probe().call("leg_stress", spot, held, strike, is_call)) == changes
    assert inside > 50


def test_power__of_random_ratios__equals_its_twin_on_every_bit(count):
    random = Random(43)
    for _ in range(count(300, 20_000)):
        arguments = (draw_time(random), draw_time(random), random.randrange(WAD + 1))
        assert probe().call("power", *arguments) == power(*arguments)


@pytest.mark.parametrize("spot", SCALES)
@pytest.mark.parametrize("time_s", [0, 1, 2, 3, WINDOW_S, WINDOW_S + 1, 86_400, YEAR_S])
@pytest.mark.parametrize("quantity", [LARGEST, -LARGEST, -LARGEST - 1])
def test_revaluation__of_the_largest_positions__is_that_of_unbounded_integers(spot, time_s, quantity):
    ladder = [round(spot * ratio * 1e8) for ratio in (0.05, 0.2, 0.5, 0.8, 1, 1.2, 2, 5, 20)] * 2
    held = flat([books.word(strike, quantity, quantity) for strike in ladder], time_s=time_s)
    expected = compare_revaluation(conditions(spot=spot), held)
    assert not isinstance(expected, str)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"time_s": 2**32}, "pricer: expiry too far"),
        ({"floating": 0}, "book: forward out of range"),
        ({"fixed_part": 2**98}, "book: forward out of range"),
        ({"rate": 2**64 + 1}, "pricer: rate too large"),
        ({"rate": 2**256 - 1}, "pricer: rate too large"),
        ({"positions": (books.word(0, WAD, 0),)}, "ln: ratio too large"),
        ({"positions": (books.word(1, WAD, 0),)}, "ln: ratio too large"),
    ],
)
def test_revaluation__outside_its_domain__is_refused_with_the_same_reason(change, reason):
    held = flat([books.word(3_000 * 10**8, WAD, WAD)])._replace(**change)
    state = conditions(spot=3_000.0)._replace(spot=wad(3_000 * 2))
    assert compare_revaluation(state, held) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"b": 2**69}, "surface: parameter out of range"),
        ({"sigma": 0}, "surface: vertex too sharp"),
        ({"a": 0}, "surface: variance too low"),
        ({"carry": 2**64 + 1}, "pricer: rate too large"),
    ],
)
def test_revaluation__on_a_curve_outside_its_domain__is_refused_with_the_same_reason(change, reason):
    held = flat([])
    held = held._replace(curve=held.curve._replace(**change))
    assert compare_revaluation(conditions(), held) == reason
