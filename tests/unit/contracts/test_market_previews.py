"""What previews and quotes say, trades that make no sense, calls out of their turn."""

from __future__ import annotations

import pytest
from support.desk import QUOTE, TRADER, common_desk, heard, refused, stand_desk

from pyvault.chain.system.trading import Refusal
from pyvault.units import WAD

DAY = 86_400
MANY = 2**95  # contracts in WAD: beyond the width of a position


# Trades


@pytest.mark.parametrize("quantity", [0, MANY, -MANY])
def test_quantity__of_nothing_or_beyond_its_width__is_refused(quantity):
    desk = common_desk()
    with desk.kept():
        assert heard(desk.trade((desk.call(), quantity))) == "market: quantity out of range"
        with refused("market: quantity out of range"):
            desk.preview((desk.call(), WAD), (desk.put(), quantity))
        assert heard(desk.trade((desk.call(), WAD))) is None
        assert heard(desk.trade((desk.call(), MANY - 1))) == "pricer: exposure too large"


def test_package__without_legs_or_with_a_series_twice__is_refused():
    desk = common_desk()
    with desk.kept():
        assert heard(desk.trade()) == "market: no legs"
        for legs in ([(desk.call(), WAD)] * 2, [(desk.call(), WAD), (desk.put(), WAD), (desk.call(), -WAD)]):
            assert heard(desk.trade(*legs)) == "market: series twice"
        assert heard(desk.trade((desk.call(), WAD), (desk.put(), WAD))) is None


def test_series__that_is_not_listed__is_unknown():
    desk = common_desk()
    with desk.kept():
        for series in (desk.call(3_001.0), desk.call() + (DAY << 65), desk.call() + 2**200, 0, 2**256 - 1):
            assert heard(desk.trade((series, WAD))) == "market: unknown series"
        with refused("market: unknown series"):
            desk.system.part("market").call("position_of", desk.call(3_001.0))
        assert heard(desk.trade((desk.call(), WAD))) is None
        assert desk.system.part("market").call("position_of", desk.call()) == (-WAD, WAD, 0)


def test_package__across_four_expiries__trades_as_previewed():
    desk = stand_desk(days=(8, 20, 31, 60))
    legs = [(desk.call(expiry=place), WAD * (place + 1)) for place in range(4)]
    said = desk.preview(*legs)
    assert Refusal(said.refusal) == Refusal.PASSES
    assert desk.fill(*legs) == pytest.approx(said.total, rel=1e-3)  # a second older
    values = [desk.system.exposures(expiry) for expiry in desk.expiries]
    whole = desk.system.exposures()
    assert sum(each.scaled_vega for each in values) == whole.scaled_vega < 0
    assert sum(each.value for each in values) == pytest.approx(whole.value, abs=10)
    assert desk.fill(*((series, -quantity) for series, quantity in legs)) < 0
    assert desk.system.exposures().scaled_vega == 0


def test_deadline__of_the_very_second__holds_and_the_one_before_is_too_late():
    desk = common_desk()
    with desk.kept():
        legs = (desk.call(), WAD)
        assert heard(desk.trade(legs, deadline=desk.system.now)) == "market: too late"
        assert heard(desk.trade(legs, deadline=desk.system.now + 1)) is None


def total_of(desk, quantity):
    """What a trade in the next second will cost."""
    with desk.kept():
        return desk.fill((desk.call(), quantity))


def test_limit__of_the_very_total__holds_and_a_unit_less_does_not():
    desk = common_desk()
    with desk.kept():
        for quantity in (3 * WAD, -2 * WAD):
            total = total_of(desk, quantity)
            with desk.kept():
                assert heard(desk.trade((desk.call(), quantity), limit=total - 1)) == "market: limit"
            assert heard(desk.trade((desk.call(), quantity), limit=total)) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_trade__by_its_unsigned_limit__pays_at_most_or_receives_at_least_so_much(sign):
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 10 * WAD))
        total = abs(total_of(desk, sign * WAD))
        for limit, reason in ((total - sign, "market: limit"), (total, None)):
            with desk.kept():
                arguments = (desk.account, desk.call(), sign * WAD, limit, 2**48)
                assert heard(desk.system.raw(TRADER, "market", "trade", *arguments)) == reason


@pytest.mark.parametrize("function", ["trade", "trade_up_to"])
def test_limit__beyond_all_cash__binds_no_purchase_and_no_sale_meets_it(function):
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 10 * WAD))
        for sign, reason in ((1, None), (-1, "market: limit")):
            with desk.kept():
                arguments = (desk.account, desk.call(), sign * WAD, 2**256 - 1, 2**48)
                assert heard(desk.system.raw(TRADER, "market", function, *arguments)) == reason


def test_part__that_no_limit_fits__is_refused_and_a_little_more_fills_a_little():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 10 * WAD))
        legs = desk.account, desk.call()
        for quantity, limit in ((WAD, 0), (-WAD, 2**100)):
            receipt = desk.system.raw(TRADER, "market", "trade_up_to", *legs, quantity, limit, 2**48)
            assert heard(receipt) == "market: limit"
        mid = desk.preview((desk.call(), WAD)).total
        bought, paid = desk.system.trade_up_to(TRADER, desk.call(), WAD, mid // 2, account=desk.account)
        assert (0 < bought < WAD, paid) == (True, mid // 2)
        bought, paid = desk.system.trade_up_to(TRADER, desk.call(), WAD, 10 * mid, account=desk.account)
        assert (bought, paid < 2 * mid) == (WAD, True)


def test_part__too_small_to_open__is_refused_for_that():
    desk = common_desk()
    with desk.kept():
        receipt = desk.system.raw(
            TRADER, "market", "trade_up_to", desk.account, desk.call(), WAD, QUOTE, 2**48
        )
        assert heard(receipt) == "market: too small"


def test_positions__beyond_their_width__are_refused_by_name():
    """An asset at a millionth: 2^95 wei of contracts are worth 40,000."""
    desk = stand_desk(spot=0.000_001)
    series = desk.call(0.000_001)
    second = desk.system.open_account(TRADER)
    desk.system.fund(TRADER, "quote_token", 10**6 * QUOTE)
    desk.system.add_collateral(TRADER, "quote_token", 10**6 * QUOTE, account=second)
    desk.fill((series, MANY - 1))
    with refused("market: position too large"):
        desk.system.buy(TRADER, series, 10**26, account=second)
    with refused("market: position too large"):
        desk.fill((series, 10**26))


def test_stress__beyond_its_lanes__is_refused_by_name():
    """Far from the money the pricer takes 2e16 of notional; a tail costs a sixth of it, a lane holds 9e14."""
    desk = stand_desk(spot=1_000_000.0, strikes=(1.0, 1.25))
    desk.system.warp_to(desk.expiries[0] - 3 * DAY // 4)
    desk.move_spot(1_000_000)
    series = desk.call(1_250_000.0, expiry=0)
    assert heard(desk.trade((series, MANY // 2))) == "market: exposure too large"
    assert heard(desk.trade((series, MANY // 16))) == "market: surface closes only"


# Previews and quotes


def test_preview__of_an_account_that_does_not_exist__is_refused():
    desk = common_desk()
    for account in (0, desk.account + 1, 2**255):
        with refused("margin: no such account"):
            desk.system.preview(TRADER, [(desk.call(), WAD)], account=account)
    assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES


def test_preview__of_any_reader__is_that_of_the_owner():
    desk = common_desk()
    stranger = desk.system.part("market").call(
        "preview", desk.account, [(desk.call(), WAD)], sender="0x" + "77" * 20
    )
    assert stranger == desk.preview((desk.call(), WAD))
    assert stranger.cash_after == stranger.cash_before - stranger.total


def test_quote__and_preview__of_an_opening_trade_agree():
    desk = common_desk()
    for quantity in (WAD, 4_000 * WAD, WAD // 100):
        quote, preview = desk.system.quote(desk.call(), quantity), desk.preview((desk.call(), quantity))
        assert quote.total == preview.total
        assert (quote.inventory_charge, quote.half_spread) == (preview.inventory_charge, preview.half_spread)
        assert (quote.rebatable, quote.refusal) == (preview.rebatable, preview.refusal)


def test_quote_and_preview__of_an_expiry_that_has_passed__say_that_it_rests():
    desk = common_desk()
    with desk.kept():
        series = desk.call(expiry=0)
        desk.fill((series, WAD))
        for moment in (desk.expiries[0] - 60, desk.expiries[0], desk.expiries[0] + DAY):
            desk.system.warp_to(moment)
            desk.move_spot(3_000)
            late = desk.system.now + 1_800 - desk.expiries[0]
            found = desk.preview((series, -WAD))
            assert (Refusal(found.refusal), found.excess) == (Refusal.RESTING, late)
            assert Refusal(desk.system.quote(series, WAD).refusal) == Refusal.RESTING
            assert heard(desk.trade((series, -WAD))) == "market: expiry rests"


def test_preview__of_a_sale_beyond_what_is_owned__says_by_how_much():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 2 * WAD))
        for leg, lacking in (
            ((desk.call(), -2 * WAD), 0),
            ((desk.call(), -2 * WAD - 1), 1),
            ((desk.put(), -WAD), WAD),
        ):
            found = desk.preview((desk.put(2_850.0), WAD), leg)
            assert (Refusal(found.refusal), found.excess) == (
                (Refusal.SELLING, lacking) if lacking else (Refusal.PASSES, 0)
            )
            with desk.kept():
                reason = heard(desk.trade((desk.put(2_850.0), WAD), leg))
                assert reason == ("margin: no selling to open yet" if lacking else None)
        # What the rules of the market refuse is named first.
        assert desk.refusal((desk.call(), -2 * WAD), (desk.put(), -WAD // 1_000)) == Refusal.NOTIONAL


def test_preview__of_a_thirteenth_position__says_that_there_is_no_place():
    desk = common_desk()
    strikes = (2_700.0, 2_850.0, 3_000.0, 3_150.0, 3_300.0)
    with desk.kept():
        twelve = [(desk.call(strike, place), WAD) for place in (1, 2) for strike in strikes]
        twelve += [(desk.put(strike), WAD) for strike in strikes[:2]]
        more, full = (desk.put(3_000.0), WAD), twelve[0][0]
        for first in range(0, 12, 4):
            assert desk.refusal(*twelve[first : first + 4]) == Refusal.PASSES
            desk.fill(*twelve[first : first + 4])
        for legs, wanted in (
            ([more], Refusal.PLACES),
            ([(full, WAD)], Refusal.PASSES),  # more of what is there
            ([(full, -WAD), more], Refusal.PASSES),
            ([more, (full, -WAD)], Refusal.PLACES),  # leg by leg
            ([(full, -WAD // 2), more], Refusal.PLACES),
        ):
            found = desk.preview(*legs)
            assert (Refusal(found.refusal), found.excess) == (wanted, 0)
            with desk.kept():
                reason = heard(desk.trade(*legs))
            assert reason == ("margin: too many positions" if wanted else None)


# Settlement of what is not there


def test_refresh_and_settlement__of_expiries_in_the_wrong_state__are_refused():
    desk = common_desk()
    with desk.kept():
        system, expiry = desk.system, desk.expiries[0]
        for call in (system.refresh, system.settle_expiry):
            with refused("market: not listed"):
                call(None, expiry + DAY)
        with refused("market: not fixed"):
            system.settle_expiry(None, expiry)
        with refused("market: not booked"):
            system.settle_account(None, desk.account, expiry)
        system.refresh(None, expiry)
        for moment in (expiry - 3_600, expiry - 1_810, expiry - 60, expiry + 60):
            system.warp_to(moment)
            desk.move_spot(3_000)
        system.fix_expiry(None, expiry)
        system.settle_expiry(None, expiry)
        with refused("market: booked"):
            system.settle_expiry(None, expiry)
        system.settle_account(None, desk.account, expiry)
        assert system.part("market").call("expiries") == desk.expiries[1:]


def test_refresh__of_an_expiry_that_was_never_traded__changes_nothing_but_the_mark():
    desk = common_desk()
    with desk.kept():
        desk.system.refresh(TRADER, desk.expiries[2])
        found = desk.system.exposures(desk.expiries[2])
        assert (found.value, found.dollar_delta, found.scaled_vega, found.flow) == (0, 0, 0, 0)
        assert desk.system.exposures().refreshed_at == 0  # no cache to grow old
        assert desk.system.nav().net_assets == desk.system.buckets().lp_cash * 10**12
        assert desk.system.balance(TRADER, "quote_token") == 0  # it was not due: no reward


# The keeper's factor


def test_multiplier__from_one_to_its_parameter__is_the_keepers():
    desk = common_desk()
    with desk.kept():
        system = desk.system
        for wrong in (WAD - 1, 5 * WAD + 1, 0, 2**255):
            with refused("risk: multiplier out of range"):
                system.set_multiplier(wrong)
        with refused("risk: not the keeper"):
            system.set_multiplier(2 * WAD, caller=TRADER)
        seen = []
        for right in (WAD, 5 * WAD):
            with desk.kept():
                system.set_multiplier(right)
                assert system.part("risk").call("multiplier") == right
                seen.append(desk.preview((desk.call(), WAD)))
        plain, wide = seen
        assert wide.half_spread == pytest.approx(5 * plain.half_spread, rel=1e-9)
        assert (wide.mid, wide.rebatable) == (plain.mid, plain.rebatable)
