"""Laws of the price of a trade: no path in one market state profits, and the skew points the right way.

They hold for the integer twin, which the parity tests tie to the contracts; a sample runs on the contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from support.trades import (
    NONE,
    SCALES,
    book,
    call,
    conditions,
    draw_book,
    draw_conditions,
    draw_others,
    draw_quantity,
    draw_trade,
    on_chain,
    position,
    pricers,
    put,
    settle,
)

from pyvault.exact.evaluation import evaluate
from pyvault.exact.partial_fill import largest_fill
from pyvault.exact.quote import Leg
from pyvault.units import WAD

CALL, PUT = call(), put()
LADDER = [position(3_000.0), position(3_300.0), position(2_700.0)]


def on_contract(*trade):
    return on_chain(pricers()[0], "evaluate", *trade)


@dataclass
class Walk:
    """Trades one after another in one market state; books are stored between them as the market does."""

    state: object
    others: object
    books: list
    price: object = evaluate
    paid: int = 0
    charged: int = 0
    held: dict = field(default_factory=dict)

    def trade(self, *legs):
        evaluation = self.price(self.state, self.others, self.books, legs)
        self.books = settle(self.books, evaluation, legs)
        self.paid += evaluation.total
        self.charged += evaluation.charge
        for leg in legs:
            series = leg[:3]
            self.held[series] = self.held.get(series, 0) + leg.quantity
        return evaluation

    def close(self):
        """Trade back to nothing, series by series."""
        for series, quantity in self.held.items():
            if quantity:
                self.trade(Leg(*series, -quantity))


def draw_walk(random, price=evaluate):
    spot = random.choice(SCALES)
    books = [draw_book(random, spot, strikes=3) for _ in range(2)]
    state = draw_conditions(random, spot)
    state = state._replace(risk_budget=max(state.risk_budget, 10**4 * WAD))
    return spot, Walk(state, draw_others(random), books, price)


def draw_leg(random, spot, books):
    index = random.randrange(len(books))
    strike = random.randrange(len(books[index].positions))
    return Leg(index, strike, bool(random.getrandbits(1)), draw_quantity(random, spot, largest=1e5))


def value_of(evaluation, legs):
    """Exact Σ q·mid, WAD²."""
    return sum(leg.quantity * value.mid for leg, value in zip(legs, evaluation.legs, strict=True))


def draw_plain(random, spot):
    """A state with a rebate and no rejected reading."""
    price = draw_conditions(random, spot)
    return price._replace(
        spot_low=price.spot, spot_high=price.spot, has_rebate=True, risk_budget=max(price.risk_budget, 10**22)
    )


def assert_no_profit(walk, spot, random, trades):
    for _ in range(trades):
        legs = [draw_leg(random, spot, walk.books) for _ in range(random.choice((1, 1, 2, 4)))]
        evaluation = walk.trade(*legs)
        value = value_of(evaluation, legs)
        assert evaluation.total * WAD > value or value == evaluation.total == 0
        if random.random() < 0.3:  # back at once, in two parts
            leg = legs[0]
            part = leg.quantity * random.randrange(100) // 100
            walk.trade(leg._replace(quantity=-part))
            walk.trade(leg._replace(quantity=part - leg.quantity))
    walk.close()
    assert walk.paid > 0


def test_law__trades_in_one_state_that_end_flat__pay_and_none_is_filled_better_than_the_mid(count):
    for seed in range(count(40, 3_000)):
        random = Random(seed)
        spot, walk = draw_walk(random)
        assert_no_profit(walk, spot, random, trades=5)


def test_law__trades_on_the_compiled_contract_that_end_flat__pay(count):
    for seed in range(count(6, 200)):
        random = Random(f"compiled {seed}")
        spot, walk = draw_walk(random, on_contract)
        assert_no_profit(walk, spot, random, trades=4)


def test_law__slices_of_a_trade__never_cost_less_than_the_whole(count):
    """But for the floor of a sale at nothing, which only gives options away."""
    compared = 0
    for seed in range(count(150, 10_000)):
        random = Random(seed)
        spot = random.choice(SCALES)
        state, others, books = draw_plain(random, spot), draw_others(random), [draw_book(random, spot)]
        leg = draw_leg(random, spot, books)
        cuts = sorted(random.randrange(abs(leg.quantity) + 1) for _ in range(random.randint(1, 4)))
        sizes = [b - a for a, b in zip([0, *cuts], [*cuts, abs(leg.quantity)], strict=True)]
        walk = Walk(state, others, books)
        sign = 1 if leg.quantity > 0 else -1
        slices = [walk.trade(leg._replace(quantity=sign * size)) for size in sizes]
        if sign > 0 or all(each.total < 0 for each in slices):
            whole = evaluate(state, others, books, [leg])
            assert walk.paid >= whole.total, seed
            assert walk.books[0].positions == settle(books, whole, [leg])[0].positions
            compared += 1
    assert compared > 50


def test_law__slices_in_a_strong_flow__never_cost_less_than_the_whole(count):
    """Where a wei of flow is worth nearly a wei: each slice rounds the flow by up to one."""
    state = conditions(budget=1e4)
    flow = round(0.99 * 1e4 / 0.005) * WAD  # moves volatility by 0.99
    for seed in range(count(300, 5_000)):
        random = Random(seed)
        books = [book([position(3_000.0)], flow=flow, flow_atm_vol=2 * WAD)]
        sizes = [random.randrange(1, 10**6) for _ in range(random.randint(2, 6))]
        walk = Walk(state, NONE, books)
        for size in sizes:
            walk.trade(CALL._replace(quantity=size))
        assert walk.paid >= evaluate(state, NONE, books, [CALL._replace(quantity=sum(sizes))]).total


def test_law__charges_of_a_path__are_the_difference_of_its_ends_to_the_wei(count):
    for seed in range(count(40, 2_000)):
        random = Random(seed)
        spot, walk = draw_walk(random)
        before = evaluate(walk.state, walk.others, walk.books, [])
        legs = [draw_leg(random, spot, walk.books) for _ in range(4)]
        for leg in legs:
            walk.trade(leg)
        for leg in random.sample(legs, 4):
            walk.trade(leg._replace(quantity=-leg.quantity))
        assert walk.charged == 0
        after = evaluate(walk.state, walk.others, walk.books, [])
        assert (after.books, after.psi_after) == (before.books, before.psi_before)


def test_law__order_of_trades__does_not_change_the_sum_of_their_inventory_charges(count):
    for seed in range(count(40, 2_000)):
        random = Random(seed)
        spot, walk = draw_walk(random)
        other = Walk(walk.state, walk.others, walk.books)
        legs = [draw_leg(random, spot, walk.books) for _ in range(3)]
        for leg in legs:
            walk.trade(leg)
        other.trade(*reversed(legs))
        # Psi is path-independent to the wei; Phi of a package may differ by the wei by which Z does.
        ends = [evaluate(each.state, each.others, each.books, []) for each in (walk, other)]
        assert ends[0].psi_before == ends[1].psi_before
        assert abs(walk.charged - other.charged) <= 2 * len(legs)


def test_law__without_risk_aversion_and_impact__nothing_is_skewed(count):
    parameters = {"RISK_AVERSION": 0, "FLOW_IMPACT": 0}
    for seed in range(count(40, 1_000)):
        random = Random(seed)
        _, others, books, legs = draw_trade(random)
        spot = random.choice(SCALES)
        assert evaluate(conditions(spot, parameters=parameters), others, books, legs).charge == 0


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("exposure", ["dollar_delta", "dollar_gamma", "vega"])
def test_law__the_shorter_the_vault_in_an_exposure__the_dearer_it_sells_more_of_it(scale, exposure):
    books, state = [book([position(scale)])], conditions(scale, budget=1e6)
    leg = CALL._replace(quantity=round(3e5 / scale * WAD))
    charges = [
        evaluate(state, NONE._replace(vega_square=10**48, **{exposure: level * 10**23}), books, [leg]).charge
        for level in range(-5, 6)
    ]
    assert all(dearer > cheaper for dearer, cheaper in pairwise(charges))


def test_law__counter_flow__is_cheaper_than_flow_and_never_better_than_the_mid():
    state, short = conditions(), [book([position(3_000.0, call=-500 * WAD)])]
    flow = evaluate(state, NONE, short, [CALL])
    counter = evaluate(state, NONE, short, [CALL._replace(quantity=-WAD)])
    assert counter.total - counter.mid < flow.total - flow.mid
    assert counter.inventory_charge == -(counter.rebatable * 9 // 10)  # the whole rebate
    assert counter.total > counter.mid


@pytest.mark.parametrize(
    "extra",
    [
        {"reading_age_s": 3_000},
        {"utilisation": WAD // 2},
        {"multiplier": 3 * WAD},
        {"gap": WAD // 50},
        {"surface_age_s": 3_000},
    ],
)
def test_law__rebate__returns_nothing_of_age_gap_gamma_multiplier_or_utilisation(extra):
    short = book([position(3_000.0, call=-500 * WAD)], surface_age_s=0)
    sale = CALL._replace(quantity=-WAD)
    plain = evaluate(conditions(age=0), NONE, [short], [sale])
    of_book = {name: value for name, value in extra.items() if name in short._fields}
    of_state = {name: value for name, value in extra.items() if name not in short._fields}
    wide = evaluate(conditions(age=0)._replace(**of_state), NONE, [short._replace(**of_book)], [sale])
    assert wide.rebatable == plain.rebatable
    assert wide.inventory_charge == plain.inventory_charge
    assert wide.total - plain.total == wide.half_spread - plain.half_spread > 0


def test_law__gamma__is_charged_and_not_rebated():
    """At one delta and no vega-rate, a straddle differs from nothing by gamma alone."""
    silent = {"SURFACE_STEP": 0, "VOL_OF_VOL": 0, "TICK": 0, "MID_SPREAD": 0, "FORWARD_STEP": 0}
    state = conditions(parameters=silent | {"RISK_AVERSION": 0, "FLOW_IMPACT": 0})
    straddle = evaluate(state, NONE, [book(LADDER)], [CALL, PUT])
    assert straddle.rebatable == 0
    calm = evaluate(state._replace(reference_vol=0), NONE, [book(LADDER)], [CALL, PUT])
    assert straddle.half_spread > calm.half_spread


def test_law__package__has_no_more_half_spread_than_its_legs(count):
    for seed in range(count(100, 5_000)):
        random = Random(seed)
        state, others, books, legs = draw_trade(random)
        package = evaluate(state, others, books, legs)
        alone = [evaluate(state, others, books, [leg]) for leg in legs]
        assert package.half_spread <= sum(each.half_spread for each in alone)


@pytest.mark.parametrize("other", [call(-WAD, strike=1), call(-WAD, book=1), put(-WAD)])
def test_law__spread__costs_less_as_a_package_than_leg_by_leg(other):
    books = [book(LADDER), book(LADDER, days=60.0)]
    package = evaluate(conditions(), NONE, books, [CALL, other])
    walk = Walk(conditions(), NONE, books)
    walk.trade(CALL)
    walk.trade(other)
    assert package.total < walk.paid


def test_law__half_spread_of_a_leg__is_linear_in_its_quantity(count):
    for seed in range(count(40, 1_000)):
        random = Random(seed)
        state, others, books, (leg, *_) = draw_trade(random)
        size = random.randrange(1, 1_000)
        leg = leg._replace(quantity=leg.quantity // 1_000)
        one = evaluate(state, others, books, [leg])
        many = evaluate(state, others, books, [leg._replace(quantity=size * leg.quantity)])
        constant = 2  # wei, for the rounding of the flow
        assert 0 <= size * (one.half_spread - constant) - (many.half_spread - constant) < size


@pytest.mark.parametrize("is_call", [True, False])
@pytest.mark.parametrize("sign", [1, -1])
def test_law__rejected_reading__prices_each_leg_at_the_worse_end_without_rebate(is_call, sign):
    state = conditions()
    band = state._replace(spot_low=2_850 * WAD, spot_high=3_150 * WAD, has_rebate=False)
    leg = Leg(0, 0, is_call, sign * WAD)
    against = [book([position(3_000.0, call=-sign * 500 * WAD, put=-sign * 500 * WAD)])]
    rejected = evaluate(band, NONE, against, [leg])
    ends = [
        evaluate(state._replace(spot=spot, spot_low=spot, spot_high=spot), NONE, against, [leg]).legs[0].mid
        for spot in (band.spot_low, band.spot_high)
    ]
    assert rejected.legs[0].mid == (max(ends) if sign > 0 else min(ends))
    plain = evaluate(state, NONE, against, [leg])
    assert (rejected.charge, rejected.half_spread) == (plain.charge, plain.half_spread)
    counter = evaluate(band, NONE, against, [leg._replace(quantity=-leg.quantity)])
    assert counter.charge < 0 == counter.inventory_charge


def test_law__bought_packages__cost_at_least_their_intrinsic_value_and_a_tick():
    """Deep in the money, where a rebate on little but the tick would leave less."""
    silent = {"FORWARD_STEP": 0, "MID_SPREAD": 0, "LATENCY_S": 0, "SURFACE_STEP": 0}
    state = conditions(vol=0.001, age=0, budget=1e3, parameters=silent)
    deep = [book([position(300.0, call=5_000 * WAD)], days=1.0, surface_age_s=0)]
    bought = evaluate(state, NONE, deep, [CALL])
    tick = 3 * 10**15
    assert bought.mid + bought.inventory_charge + bought.half_spread < bought.legs[0].intrinsic + tick
    assert bought.total == bought.legs[0].intrinsic + tick


def test_law__sold_packages__never_cost_their_seller():
    worthless = [book([position(9_000.0, call=-WAD)], days=0.5)]
    sale = evaluate(conditions(), NONE, worthless, [CALL._replace(quantity=-100 * WAD)])
    assert sale.mid + sale.inventory_charge + sale.half_spread > 0 == sale.total
    mixed = evaluate(
        conditions(), NONE, worthless, [CALL._replace(quantity=-100 * WAD), PUT._replace(quantity=1)]
    )
    assert mixed.total > 0


def test_law__largest_fill__fits_and_a_little_more_does_not(count):
    parts = 0
    for seed in range(count(120, 5_000)):
        random = Random(seed)
        spot = random.choice(SCALES)
        state, others, books = draw_plain(random, spot), draw_others(random), [draw_book(random, spot)]
        leg = draw_leg(random, spot, books)
        limit = int(evaluate(state, others, books, [leg]).total * random.choice((0.3, 0.9, 1.0, 1.2)))
        part = largest_fill(state, others, books, leg, limit)
        assert part == 0 or (part > 0) == (leg.quantity > 0)
        assert abs(part) <= abs(leg.quantity)
        if part:
            assert evaluate(state, others, books, [leg._replace(quantity=part)]).total <= limit
        if leg.quantity > part > 0:
            more = leg._replace(quantity=part + 1)
            assert evaluate(state, others, books, [more]).total > limit
            parts += 1
    assert parts > 10


def test_law__largest_sale__is_found_beyond_the_quantity_of_the_best_total():
    """Selling ever more lowers the bid until the total falls again: a limit between is met by an interval."""
    books, state = [book(LADDER)], conditions(budget=1e4)
    sale = CALL._replace(quantity=-1_000 * WAD)
    best = min(
        evaluate(state, NONE, books, [sale._replace(quantity=sale.quantity * part // 100)]).total
        for part in range(1, 101)
    )
    limit = best * 9 // 10
    assert evaluate(state, NONE, books, [sale]).total > limit
    part = largest_fill(state, NONE, books, sale, limit)
    totals = [evaluate(state, NONE, books, [sale._replace(quantity=part - extra)]).total for extra in (0, 10)]
    assert totals[0] <= limit < totals[1]
