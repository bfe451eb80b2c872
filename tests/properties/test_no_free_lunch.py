"""No free lunch, to the wei, on the whole compiled market: sequences of trades in one block.

Every sequence is one call of a coalition that owns its accounts (`Taker.vy`): all of it happens inside one
set of mids. `docs/market-mathematics.md` proves the laws; `test_trade_laws.py` tests them on the pricer.
"""

from __future__ import annotations

from random import Random

import pytest
from support.market_stand import COALITION, FUNDER, OTHER, buy, market_stand, refresh
from support.sequences import (
    SCALES,
    assert_honest,
    busy,
    draw_actions,
    draw_quantity,
    equity,
    holdings,
    load,
    paid,
    remark,
    set_equity_by_spot,
    slices_of,
    some_state,
    stand_of,
    utilisation,
)

from pyvault.chain.system.trading import FOREVER
from pyvault.units import WAD

A_STATE = 40  # sequences in one market state
LEAST_EQUITY = 10_000  # quote: 100 least budgets of risk


@pytest.fixture(params=SCALES, ids=lambda scale: f"{scale[0][0]}, {scale[0][1]} decimals at {scale[1]}")
def stand(request):
    return stand_of(request.param)


@pytest.fixture
def usual():
    return stand_of(SCALES[0])


def states(random, stand, sequences):
    """A stand as often as there are sequences, in a new market state from time to time."""
    while sequences > 0:
        with some_state(random, stand):
            for _ in range(min(sequences, A_STATE)):
                yield stand
        sequences -= A_STATE


def test_sequences__of_trades_and_packages_and_refreshes_that_end_flat__never_pay_their_takers(stand, count):
    """Cash alone: nothing between start and end is looked at, so that many sequences fit."""
    random, done = Random(f"flat {stand.spot}"), 0
    for each in states(random, stand, count(80, 30_000)):
        story = each.try_out(draw_actions(random, each, 3), package=random.randint(1, 4), curious=False)
        home = story.deeds[story.outward :]
        assert all(deed.is_done for deed in home)
        assert paid(story.deeds) == -sum(deed.cash_change for deed in story.deeds)
        assert paid(story.deeds) > 0 or not any(deed.is_done for deed in story.deeds)
        done += bool(home)
    assert done > 40


def test_sequences__step_by_step__cost_what_was_quoted_and_leave_no_profit_and_no_trace(stand, count):
    random = Random(f"steps {stand.spot}")
    for each in states(random, stand, count(20, 4_000)):
        story = each.try_out(draw_actions(random, each, 6), package=random.randint(1, 4))
        for deed in story.deeds:
            assert_honest(each, deed)
        outward = paid(story.deeds[: story.outward])
        assert outward >= story.residual  # at the bids of the moment, each series by itself
        assert outward > story.residual or story.held == 0
        assert paid(story.deeds) > 0 or not any(deed.is_done for deed in story.deeds)
        assert story.is_restored
        assert story.flow_drift <= 4 * len(story.deeds)  # a wei a leg


def test_round_trip__leg_by_leg_backwards__restores_everything_and_costs_its_charges_alone(stand, count):
    random, trips = Random(f"trips {stand.spot}"), 0
    for each in states(random, stand, count(20, 1_500)):
        there = [
            action
            for action in draw_actions(random, each, 3, most=100_000)
            if not action[1] and all(quantity > 0 for _, quantity in action[2])
        ]
        back = [
            buy(account, *((id_, -quantity) for id_, quantity in legs))
            for account, _, legs in reversed(there)
        ]
        story = each.try_out(there + back)
        deeds = story.deeds
        assert story.is_restored
        assert story.held == 0
        if not all(deed.is_done for deed in deeds):
            continue
        trips += bool(deeds)
        assert story.is_stress_restored
        assert story.flow_drift == 0
        assert sum(deed.seen.charge for deed in deeds) == 0
        assert sum(deed.seen.mid for deed in deeds) <= len(deeds)  # rounded up by less than a wei each
        charges = sum(deed.seen.inventory_charge + deed.seen.half_spread for deed in deeds)
        assert 0 <= paid(deeds) * each.unit - charges <= len(deeds) * (each.unit + 1)
    assert trips > 4


@pytest.mark.parametrize("side", [1, -1], ids=["bought", "sold"])
def test_slices__of_a_trade_in_one_block__never_cost_less_than_the_whole(stand, count, side):
    random = Random(f"slices {stand.spot} {side}")
    with stand.kept():
        if side < 0:
            size = stand.contracts_worth(400_000)
            stand.run([buy(1, (each, size)) for each in stand.series[:12]], curious=False)
        stand.system.mine(1)
        series = holdings(stand, 1) if side < 0 else stand.series
        assert (
            compare_slices(random, stand, series, side, COALITION if side > 0 else (1,), count(12, 1_500)) > 5
        )


def test_slices__of_a_sale_above_the_knee_of_utilisation__never_fetch_more_than_the_whole(usual, count):
    """Each slice lowers the worst loss; utilisation, which widens the spread, must not follow at once."""
    random = Random("slices above the knee")
    with busy(usual):
        assert compare_slices(random, usual, holdings(usual, OTHER), -1, (OTHER,), count(12, 1_500)) > 5


@pytest.mark.parametrize("side", [1, -1], ids=["bought", "sold"])
def test_slices__with_every_expiry_revalued_between_them__never_cost_less_than_the_whole(usual, count, side):
    """A mark counts what the first slices paid: equity rises; the budget of risk must not follow at once."""
    random, compared = Random(f"slices and refreshes {side}"), 0
    with usual.kept():
        if side < 0:
            size = usual.contracts_worth(1_000_000)
            usual.run([buy(1, (each, size)) for each in usual.series[:12]], curious=False)
        usual.system.mine(1)
        held = holdings(usual, 1) if side < 0 else usual.series
        for _ in range(count(12, 400)):
            id_ = random.choice(held)
            quantity = side * usual.contracts_worth(random.uniform(200_000, 1_000_000))
            parts = [[buy(1, (id_, each))] for each in slices_of(random, quantity, abs(quantity) // 8)]
            marks = [refresh(expiry) for expiry in usual.expiries]
            whole, sliced = (
                usual.try_out(actions, package=0, curious=False).deeds
                for actions in ([buy(1, (id_, quantity))], [each for part in parts for each in part + marks])
            )
            if all(deed.is_done for deed in whole + sliced):
                assert len(sliced) == len(parts)
                assert paid(sliced) >= paid(whole)
                compared += 1
    assert compared > 4


def compare_slices(random, stand, series, side, accounts, tries):
    """How many times slices that all went through were compared with their whole."""
    least, compared = stand.contracts_worth(60), 0
    for _ in range(tries):
        id_ = random.choice(series)
        quantity = side * (5 * least + draw_quantity(random, stand, most=300_000))
        parts = [buy(random.choice(accounts), (id_, part)) for part in slices_of(random, quantity, least)]
        whole, sliced = (
            stand.try_out(actions, package=0, curious=False).deeds
            for actions in ([buy(accounts[0], (id_, quantity))], parts)
        )
        # The floor of a sale at nothing only gives options away.
        if all(deed.is_done and (side > 0 or deed.total < 0) for deed in whole + sliced):
            assert len(sliced) == len(parts)
            assert paid(sliced) >= paid(whole)
            compared += 1
    return compared


@pytest.mark.parametrize("wanted", [20_000.0, 10.0, -10.0, -500_000.0])
def test_equity__near_and_below_zero__opens_nothing_and_closes_no_better_than_the_mid(usual, count, wanted):
    random = Random(f"equity {wanted}")
    with usual.kept():
        load(usual)
        set_equity_by_spot(usual, wanted)
        assert abs(equity(usual) / WAD - wanted) < max(3.0, abs(wanted) / 10)
        assert usual.system.part("risk").call("worst_loss")[1] < 10_000 * WAD
        assert utilisation(usual) == WAD // 2
        for _ in range(count(4, 400)):
            actions = draw_actions(random, usual, 6, accounts=(OTHER,))
            story = usual.try_out(actions, random.randint(1, 4), accounts=(OTHER,))
            for deed in story.deeds:
                assert_honest(usual, deed, is_paid_at_once=False)
                is_reducing = wanted > LEAST_EQUITY and deed.seen.is_risk_reducing
                assert not deed.is_done or deed.seen.is_closing or is_reducing
            assert all(deed.is_done for deed in story.deeds[story.outward :])


@pytest.mark.parametrize("share", ["0.05", "0.5"])
def test_worst_loss__about_its_limit__pays_no_sequence_and_beyond_it_only_opens_what_lowers_it(share, count):
    """While one owner holds all capital, E <= N and omega <= 1/2: the share of equity is what binds."""
    stand = market_stand(parameters=(("STRESS_SHARE", share),))
    random, risk, done = Random(f"limit {share}"), stand.system.part("risk"), 0
    with stand.kept():
        load(stand)
        for move in (1.0, 1.02, 1.15):
            remark(stand, move * stand.spot)
            loss, limit = risk.call("worst_loss")
            assert limit == equity(stand) * round(100 * float(share)) // 100 > 0
            for _ in range(count(6, 400)):
                story = stand.try_out(draw_actions(random, stand, 4), package=random.randint(1, 4))
                for deed in story.deeds:
                    assert_honest(stand, deed)
                assert paid(story.deeds) > 0 or not any(deed.is_done for deed in story.deeds)
                first = next((deed for deed in story.deeds if deed.is_done), None)
                if loss > limit and first is not None:
                    assert first.seen.is_risk_reducing
                done += first is not None
        assert loss > limit
    assert done > 2


@pytest.mark.parametrize("side", [1, -1], ids=["bought", "sold"])
def test_partial_fill__in_the_state_of_its_quote__costs_as_much_and_no_less_than_the_mid(usual, count, side):
    random, parts = Random(f"partial {side}"), 0
    with usual.kept():
        system, market = usual.system, usual.system.part("market")
        system.fund(FUNDER, "quote_token", 10**13)
        system.add_collateral(FUNDER, "quote_token", 10**13)
        account, size = system.account_of(FUNDER), usual.contracts_worth(200_000)
        held = usual.series[12:18]  # near the money, a month
        for series in held:
            system.buy(FUNDER, series, size)
        system.mine(1)
        for _ in range(count(10, 500)):
            series, quantity = (
                random.choice(held),
                side * (size // 50 + draw_quantity(random, usual, 150_000)),
            )
            limit = round(system.quote(series, quantity).total * random.uniform(0.5, 1.0))
            arguments = (account, series, quantity, limit, FOREVER)
            part, total = market.call("trade_up_to", *arguments, sender=FUNDER)
            quoted = system.quote(series, part)
            assert total == quoted.total
            assert side * total <= side * limit
            assert side * total * usual.unit * WAD >= part * quoted.mid
            parts += abs(part) < abs(quantity)
    assert parts > 5 or side < 0  # a sale that fetches its least is whole
