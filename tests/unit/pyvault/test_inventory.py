"""The charges in floats: equal to the integer twins, broadcast, and refuse what is no exposure."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from support.trades import SCALES, book, call, conditions, draw_book, draw_conditions, draw_others, wad

from pyvault.errors import InputError
from pyvault.exact import flow as exact_flow
from pyvault.exact import inventory_charge as exact
from pyvault.exact.evaluation import evaluate, weighed
from pyvault.exact.lanes import read
from pyvault.exact.market_state import state
from pyvault.kernels import inventory as kernels
from pyvault.pricing.inventory import RiskTerms, flow_charge, inventory_charge, stale_move
from pyvault.units import SECONDS_PER_YEAR, WAD

TERMS = RiskTerms(risk_budget=1e5, reference_vol=0.8)
FLAT = {"dollar_delta": 0.0, "dollar_gamma": 0.0, "scaled_vega": 0.0, "scaled_vega_square": 0.0}


def test_inventory_charge__random_exposures__equals_the_integer_twin(count):
    for seed in range(count(200, 5_000)):
        random = Random(seed)
        market, others = draw_conditions(random, 3_000.0), draw_others(random)
        parameters = read(market.words)
        weights = exact.weights(parameters, market.reference_vol, market.risk_budget)
        terms = RiskTerms(
            risk_budget=market.risk_budget / WAD,
            reference_vol=market.reference_vol / WAD,
            risk_aversion=parameters.risk_aversion / 1e6,
        )
        charge = inventory_charge(
            terms,
            dollar_delta=others.dollar_delta / WAD,
            dollar_gamma=others.dollar_gamma / WAD,
            scaled_vega=others.vega / WAD,
            scaled_vega_square=others.vega_square / WAD**2,
        )
        expected = exact.charge(weights, exact.Exposure(*others)) / WAD
        assert float(charge) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_inventory_charge__arrays__broadcast_and_equal_scalars():
    deltas, vegas = np.array([[1e4], [-2e4]]), np.array([0.0, 3e3, -5e3])
    exposures = FLAT | {"dollar_delta": deltas, "scaled_vega": vegas, "scaled_vega_square": vegas**2}
    charges = inventory_charge(TERMS, **exposures)
    assert charges.shape == (2, 3)
    one = inventory_charge(
        TERMS, **(FLAT | {"dollar_delta": -2e4, "scaled_vega": 3e3, "scaled_vega_square": 9e6})
    )
    assert charges[1, 1] == one


def test_inventory_charge__of_the_blueprint_example__is_its_size():
    """30-day vega of 1 k a point moves the quoted volatility by some 2.1 points; R = 100 k, σ = 80 %."""
    step = 1.0
    charges = [
        inventory_charge(TERMS, **(FLAT | {"scaled_vega": n * 0.8, "scaled_vega_square": (n * 0.8) ** 2}))
        for n in (1e5, 1e5 + step)
    ]
    assert float(charges[1] - charges[0]) / step == pytest.approx(0.021, rel=0.01)


def test_flow_charge__equals_the_integer_twin():
    terms = exact_flow.Terms(half_life_s=1_800, standard_vega=10**23, impact=5 * 10**15)
    flows = np.array([0.0, 1.0, -3e4, 5e5])
    expected = [exact_flow.charge(terms, wad(z)) / WAD for z in flows]
    np.testing.assert_allclose(
        flow_charge(flows, impact=0.005, standard_vega=1e5), expected, rtol=1e-12, atol=1e-17
    )


@pytest.mark.parametrize("z", [-1e5, -10.0, 0.0, 7.0, 2e5])
@pytest.mark.parametrize("elapsed_s", [0, 1, 900, 1_800, 5_000, 90_000, 10**6])
@pytest.mark.parametrize("move", [-0.05, 0.0, 0.001, 0.5])
def test_flow_now__decays_and_is_absorbed__as_in_the_integer_twin(z, elapsed_s, move):
    terms = exact_flow.Terms(half_life_s=1_800, standard_vega=10**23, impact=5 * 10**15)
    held = book([], flow=wad(z), flow_age_s=elapsed_s, flow_atm_vol=wad(0.8))
    now = exact_flow.present(terms, held, wad(0.8 + move))
    expected = kernels.flow_now(z, float(elapsed_s), 1_800.0, move, 1e5 / 0.005)
    assert now / WAD == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert abs(now) <= abs(held.flow)
    if elapsed_s == 0 and z * move <= 0.0:
        assert now == held.flow


def test_flow__after_whole_half_lives__is_halved_exactly_and_vanishes_in_the_end():
    assert exact_flow.decayed(2**100, 3 * 1_800, 1_800) == 2**97
    assert exact_flow.decayed(2**104 - 1, 104 * 1_800, 1_800) == 0


def test_flow__decay_in_two_steps__is_that_in_one(count):
    """Within the error of three exponentials, 1.7e-27 each: whoever touches a flow between gains nothing."""
    for seed in range(count(200, 5_000)):
        random = Random(seed)
        size, first, second = random.randrange(2**100), random.randrange(9_000), random.randrange(9_000)
        once = exact_flow.decayed(size, first + second, 1_800)
        twice = exact_flow.decayed(exact_flow.decayed(size, first, 1_800), second, 1_800)
        assert abs(once - twice) <= 2 + 6 * size // 10**27


def test_half_spread__of_a_leg__equals_the_integer_twin(count):
    for seed in range(count(100, 2_000)):
        random = Random(seed)
        spot = random.choice(SCALES)
        market, item = draw_conditions(random, spot), draw_book(random, spot)
        market = market._replace(spot_low=market.spot, spot_high=market.spot)
        leg = call(strike=random.randrange(4))
        priced = evaluate(market, draw_others(random), [item], [leg])
        rates = state(market).rates
        load = weighed(market, state(market), item, 0, [leg]).part
        parameters = read(market.words)
        u = kernels.vega_scale(item.time_s / SECONDS_PER_YEAR)
        exposed = (market.reading_age_s + parameters.latency_s) / SECONDS_PER_YEAR
        vega = load.burden.bought_vega / WAD**2
        step = parameters.vol_step / WAD * u
        full, rebatable = kernels.leg_half_spread(
            priced.legs[0].mid / WAD,
            load.burden.delta / WAD**2,
            load.burden.gamma / WAD**2,
            vega,
            rates.tick / WAD,
            parameters.mid_spread / WAD,
            parameters.forward_step / WAD,
            kernels.stale_move(
                market.reference_vol / WAD,
                market.reading_age_s / SECONDS_PER_YEAR,
                parameters.latency_s / SECONDS_PER_YEAR,
                parameters.feed_threshold / WAD,
            ),
            0.5 * (market.reference_vol / WAD) ** 2 * exposed,
            step,
            (load.burden.bought_charge / WAD**2 / vega - step) if vega else 0.0,
            rates.factor / WAD,
        )
        assert priced.half_spread / WAD == pytest.approx(full + load.errors / WAD**2, rel=1e-9, abs=1e-15)
        assert priced.rebatable / WAD == pytest.approx(rebatable, rel=1e-9, abs=1e-15)


def test_stale_move__grows_with_age_to_the_threshold_of_the_feed():
    moves = stale_move([0.0, 12.0, 3_600.0, 86_400.0], volatility=0.8, latency_s=24.0, threshold=0.005)
    start = 0.8 * (24.0 / SECONDS_PER_YEAR) ** 0.5
    assert moves[0] == pytest.approx(start)
    assert moves[1] == pytest.approx(0.8 * (36.0 / SECONDS_PER_YEAR) ** 0.5)
    assert moves[2] == moves[3] == pytest.approx(0.005 + start)


def test_rates__of_a_state__hold_the_stale_move():
    for age in (0, 12, 3_600, 86_400):
        rates = state(conditions(age=age)).rates
        move = float(stale_move(float(age), volatility=0.8, latency_s=24.0, threshold=0.005))
        assert rates.delta / WAD == pytest.approx(0.0005 + move, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "call_it"),
    [
        ("dollar_delta", lambda: inventory_charge(TERMS, **(FLAT | {"dollar_delta": [0.0, np.nan]}))),
        ("scaled_vega", lambda: inventory_charge(TERMS, **(FLAT | {"scaled_vega": np.inf}))),
        (
            "shapes",
            lambda: inventory_charge(
                TERMS, **(FLAT | {"dollar_delta": [1.0, 2.0], "scaled_vega": [1.0, 2.0, 3.0]})
            ),
        ),
        ("risk_budget", lambda: RiskTerms(risk_budget=0.0, reference_vol=0.8)),
        (
            "expiry_correlation",
            lambda: RiskTerms(risk_budget=1.0, reference_vol=0.8, expiry_correlation=1.1),
        ),
        ("standard_vega", lambda: flow_charge(1.0, impact=0.005, standard_vega=0.0)),
        ("age_s", lambda: stale_move(-1.0, volatility=0.8, latency_s=24.0, threshold=0.0)),
    ],
)
def test_charges__bad_argument__is_refused_by_name(name, call_it):
    with pytest.raises(InputError) as refusal:
        call_it()
    assert refusal.value.name == name
