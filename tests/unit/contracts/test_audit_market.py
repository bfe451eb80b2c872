"""Edges of the market that nothing else stands on: governed extremes, several caches, a full lane."""

from __future__ import annotations

import pytest
from support.desk import TRADER, common_desk, heard, stand_desk

from pyvault.chain.parameters import parameter
from pyvault.chain.system.trading import Refusal
from pyvault.units import WAD

HOUR = 3_600
DAY = 24 * HOUR


# Governed extremes


def test_closing_trade__from_a_vault_of_next_to_nothing__goes_on_at_the_least_budget_of_risk():
    row = parameter("MIN_RISK_BUDGET")
    lowest = common_desk().system.part("parameters").call("rule", row.id).lowest
    smallest = (("MIN_RISK_BUDGET", str(row.number(lowest))), ("MIN_NOTIONAL", "0.01"))
    desk = stand_desk(equity=150, parameters=smallest)
    legs = [(desk.call(), WAD // 100)]
    desk.fill(*legs)
    desk.move_spot(9_000)
    desk.system.refresh(None, desk.expiries[1])
    assert 0 < desk.system.part("vault").call("trading_state").equity < 100 * WAD  # 1 % of it is below 1
    back = [(series, -size) for series, size in legs]
    assert desk.refusal(*back) == Refusal.PASSES
    assert heard(desk.trade(*back)) is None


def test_multiplier__set_under_a_larger_bound__is_charged_up_to_the_present_one():
    desk = common_desk()
    with desk.kept():
        system, legs = desk.system, [(desk.call(), WAD)]
        system.set_multiplier(5.0)
        system.schedule(None, "MAX_MULTIPLIER", "4")
        system.warp(2 * DAY)
        desk.move_spot(3_000)
        desk.post()
        wide = desk.preview(*legs).half_spread
        name = system.snapshot()
        system.execute(None, "MAX_MULTIPLIER")
        narrower = desk.preview(*legs).half_spread
        assert system.part("risk").call("multiplier") == 4 * WAD
        system.revert(name)
        system.set_multiplier(4.0)
        assert narrower == desk.preview(*legs).half_spread < wide


# Several caches


def test_caches__made_at_several_prices__are_each_three_percent_away_at_most():
    """An expiry that gets its first position joins the guard at the spot of that trade."""
    for joined, moved in ((2_930, 3_030), (3_070, 2_970)):
        desk = common_desk()
        with desk.kept():
            desk.fill((desk.call(), WAD))
            desk.move_spot(joined)
            desk.fill((desk.call(expiry=2), WAD))
            desk.move_spot(moved)  # 1 % from the first cache, more than 3 % from the second
            assert desk.refusal((desk.call(), WAD)) == Refusal.STALE
            desk.system.refresh(None, desk.expiries[1])
            assert desk.refusal((desk.call(), WAD)) == Refusal.STALE
            desk.system.refresh(None, desk.expiries[2])
            assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES


def test_caches__of_several_ages__are_as_old_as_the_oldest():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), WAD))
        desk.fill((desk.call(expiry=2), WAD))
        first = desk.system.now
        desk.system.warp_to(first + HOUR // 2)
        desk.move_spot(3_000)
        desk.system.refresh(None, desk.expiries[2])
        assert desk.system.exposures().refreshed_at < first  # that of the first trade
        desk.system.warp_to(first + HOUR - 60)
        desk.move_spot(3_000)
        desk.post()
        desk.system.warp_to(first + HOUR + 1)
        assert desk.refusal((desk.call(), WAD)) == Refusal.STALE
        desk.system.refresh(None, desk.expiries[1])
        assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES


# A full lane


def test_flow__beyond_its_lane__is_refused_by_name_and_never_changes_its_sign():
    rich = 10**12
    desk = stand_desk(equity=rich, days=(8, 31, 360), strikes=(0.95, 1.0, 1.05))
    desk.system.fund(TRADER, "quote_token", rich * 10**6)
    desk.system.add_collateral(TRADER, "quote_token", rich * 10**6, account=desk.account)
    legs = [(desk.call(expiry=2), 3 * 10**7 * WAD)]
    desk.fill(*legs)
    flow = desk.system.exposures(desk.expiries[2]).flow
    assert 2**94 < flow < 2**95  # more than half of the lane
    assert desk.refusal(*legs) == Refusal.PASSES  # a view stores nothing
    assert heard(desk.trade(*legs)) == "market: exposure too large"
    assert desk.system.exposures(desk.expiries[2]).flow <= flow
    assert heard(desk.trade((legs[0][0], -legs[0][1]))) is None


# The cost of leaving


def test_exit_cost__after_a_post__counts_the_move_from_the_mean_of_the_hour_until_it_is_the_mean():
    desk = common_desk()
    with desk.kept():
        expiry, vault = desk.expiries[1], desk.system.part("vault")
        desk.fill((desk.call(), 1_000 * WAD))
        desk.system.refresh(None, expiry)
        calm = vault.call("last_mark").exit_cost
        a = desk.slices[expiry].a
        desk.post(1, a=a * 1_005 // 1_000)
        desk.system.refresh(None, expiry)
        moved = vault.call("last_mark").exit_cost
        desk.system.refresh(None, expiry)  # a second later: the mean has hardly moved
        again = vault.call("last_mark").exit_cost
        desk.system.warp(HOUR)
        desk.move_spot(3_000)
        desk.system.refresh(None, expiry)  # the mean follows at this refresh
        desk.system.refresh(None, expiry)
        settled = vault.call("last_mark").exit_cost
        vega = abs(desk.system.exposures(expiry).scaled_vega)  # σ ν u: above ν σ for no expiry beyond a month
        assert moved - calm > vega // 1_000
        assert abs(again - moved) < (moved - calm) // 100
        assert abs(settled - calm) < (moved - calm) // 5


# What is shared


def told(desk, *legs):
    """What a trade said of itself, and the charge that the vault was told to share; token units."""
    found = {each.name: each.fields for each in desk.system.happenings(desk.trade(*legs))}
    return found["Traded"], found["TradeBooked"].charge


def test_charge__of_a_sale_for_nothing__is_what_the_seller_gave_away_and_not_the_half_spread():
    desk = common_desk()
    with desk.kept():
        series, unit = desk.call(3_300.0, expiry=0), 10**12  # WAD in a unit of the token
        desk.fill((series, WAD))
        desk.move_spot(1_800)
        sale, charge = told(desk, (series, -WAD))
        assert sale.total == 0 < -sale.mid // unit < sale.half_spread // unit
        assert charge == -sale.mid // unit


@pytest.mark.parametrize("size", [1, 500])
def test_charge__of_a_trade_that_is_paid__is_its_half_spread_less_its_rebate(size):
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 1_000 * WAD))
        for sign in (1, -1):
            deal, charge = told(desk, (desk.call(), sign * size * WAD))
            assert (deal.inventory_charge > 0) is (sign > 0)
            assert charge == (deal.half_spread + min(deal.inventory_charge, 0)) // 10**12


# Beyond a cap


def test_cap__for_a_trade_that_lowers_the_worst_loss_but_raises_the_charge__is_no_exemption():
    """Puts take from what rising prices cost the vault, and add to the vega that it is short of."""
    for parameters, refused in (((), Refusal.PASSES), ((("VEGA_CAP", "0.01"),), Refusal.VEGA)):
        desk = common_desk(*parameters)
        with desk.kept():
            desk.fill((desk.call(), 182 * WAD), (desk.put(), 182 * WAD))
            legs, loss = [(desk.put(2_850.0), 50 * WAD)], desk.system.part("market").call("worst_loss")[0]
            seen = desk.preview(*legs)
            assert (seen.charge > 0, seen.is_risk_reducing) == (True, False)
            assert desk.refusal(*legs) == refused
            if refused == Refusal.PASSES:
                desk.fill(*legs)
                assert desk.system.part("market").call("worst_loss")[0] < loss
