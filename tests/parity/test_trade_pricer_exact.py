"""The compiled pricers of trades and their integer twins agree on every bit and every revert."""

from random import Random

import pytest
from support.trades import NONE, call, conditions, draw_trade, in_python, on_chain, position, pricers
from support.trades import book as book_of

from pyvault.chain.parameters import PARAMETERS
from pyvault.exact import lanes
from pyvault.exact.evaluation import evaluate
from pyvault.exact.partial_fill import largest_fill
from pyvault.exact.quote import Evaluation, Others
from pyvault.units import WAD

BOOK = book_of([position(3_000.0)])
LEG = call()


def test_evaluate__on_random_packages__equals_its_integer_twin(count):
    contract, _ = pricers()
    results = 0
    for seed in range(count(1_000, 20_000)):
        trade = draw_trade(Random(seed))
        expected = in_python(evaluate, *trade)
        assert on_chain(contract, "evaluate", *trade) == expected, seed
        results += isinstance(expected, Evaluation)
    assert results > 0.95 * seed


def test_largest_fill__on_random_legs_and_limits__equals_its_integer_twin(count):
    _, contract = pricers()
    kinds = set()
    for seed in range(count(150, 4_000)):
        random = Random(seed)
        state, others, books, (leg, *_) = draw_trade(random)
        total = evaluate(state, others, books, [leg]).total
        trade = (state, others, books, leg, int(total * random.choice((0.01, 0.5, 0.97, 1.0, 1.5, -1.0))))
        expected = in_python(largest_fill, *trade)
        assert on_chain(contract, "largest_fill", *trade) == expected, seed
        kinds.add("none" if expected == 0 else "all" if expected == leg.quantity else "part")
    assert kinds == {"none", "all", "part"}


@pytest.mark.parametrize(
    ("reason", "state", "others", "book", "leg"),
    [
        ("pricer: condition out of range", {"multiplier": WAD - 1}, NONE, {}, {}),
        ("pricer: condition out of range", {"multiplier": WAD + 2**64}, NONE, {}, {}),
        ("pricer: condition out of range", {"utilisation": WAD // 2 + 1}, NONE, {}, {}),
        ("pricer: condition out of range", {"reading_age_s": 2**31}, NONE, {}, {}),
        ("pricer: condition out of range", {"reference_vol": 2**64}, NONE, {}, {}),
        ("pricer: condition out of range", {"risk_budget": WAD - 1}, NONE, {}, {}),
        ("pricer: condition out of range", {"risk_budget": WAD + 2**128}, NONE, {}, {}),
        ("pricer: condition out of range", {"spot": 4e11}, NONE, {}, {}),
        ("pricer: leg out of range", {}, NONE, {"gap": 2**64}, {}),
        ("pricer: leg out of range", {}, NONE, {"surface_age_s": 2**32}, {}),
        ("pricer: leg out of range", {}, NONE, {}, {"quantity": 2**95}),
        ("pricer: leg out of range", {}, NONE, {}, {"quantity": -(2**95)}),
        ("pricer: leg out of range", {}, NONE, {}, {"strike": 1}),
        ("pricer: leg out of range", {}, NONE, {}, {"book": 1}),
        ("pricer: flow too large", {}, NONE, {"flow": 2**104}, {}),
        ("pricer: flow too large", {}, NONE, {"flow": -(2**104)}, {}),
        ("pricer: exposure too large", {}, NONE._replace(dollar_delta=2**104 + 2**90), {}, {}),
        ("pricer: exposure too large", {}, NONE._replace(dollar_gamma=-(2**104) - 2**90), {}, {}),
        ("pricer: exposure too large", {}, NONE._replace(vega=2**104 + 2**90), {}, {}),
        ("pricer: exposure too large", {}, NONE._replace(vega_square=2**212), {}, {}),
    ],
)
def test_pricers__outside_a_range__refuse_with_the_reason(reason, state, others, book, leg):
    trade = conditions(**state), others, [BOOK._replace(**book)]
    contract, filler = pricers()
    odd = LEG._replace(**leg)
    assert in_python(evaluate, *trade, [odd]) == reason
    assert on_chain(contract, "evaluate", *trade, [odd]) == reason
    assert in_python(largest_fill, *trade, odd, 0) == reason
    assert on_chain(filler, "largest_fill", *trade, odd, 0) == reason


@pytest.mark.parametrize("limit", [2**160, -(2**160)])
def test_largest_fill__limit_beyond_its_range__is_refused(limit):
    trade = conditions(), NONE, [BOOK], LEG, limit
    assert in_python(largest_fill, *trade) == "pricer: limit out of range"
    assert on_chain(pricers()[1], "largest_fill", *trade) == "pricer: limit out of range"


@pytest.mark.parametrize(
    ("others", "parameters"),
    [
        (NONE._replace(dollar_delta=2**104 - 2**90), {}),
        (NONE._replace(dollar_gamma=2**90 - 2**104), {}),
        (NONE._replace(vega=2**104 - 2**90, vega_square=2**211), {}),
        (Others(10**30, -(10**30), 10**30, 10**60), {"RISK_AVERSION": 10**8, "VOL_OF_VOL": 4 * WAD}),
    ],
)
def test_evaluate__exposures_just_inside_the_range__never_wraps(others, parameters):
    state = conditions(budget=1.0, vol=18.0, parameters=parameters)
    trade = state, others, [BOOK._replace(flow=2**104 - 2**90)], [LEG]
    expected = in_python(evaluate, *trade)
    assert isinstance(expected, Evaluation)
    assert on_chain(pricers()[0], "evaluate", *trade) == expected


def test_lanes__of_the_exact_twin__are_those_of_the_governed_table():
    names = {
        "vol_step": "SURFACE_STEP",
        "rebate": "REBATE",
        "flow_impact": "FLOW_IMPACT",
        "flow_standard_vega": "FLOW_STANDARD_VEGA",
    }
    for field, identity in zip(lanes.Parameters._fields, lanes.IDS, strict=True):
        assert PARAMETERS[names.get(field, field.upper())].id == identity
