"""An expiry from half an hour before it until it is booked: what it is worth; the others trade on."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal

import pytest
from support.desk import TRADER, common_desk, heard, refused
from support.probe import probe_artifact

from pyvault.chain.artifacts import load
from pyvault.chain.contract import deploy
from pyvault.chain.market_state import book_of, conditions_of
from pyvault.chain.system.trading import Refusal
from pyvault.exact.revaluation import revalue
from pyvault.units import WAD

REST_S, HOUR, STEP_S = 1_800, 3_600, 600
CARRY = 1e-5  # what it adds to a forward in half an hour at most, relatively
SOLD = 40 * WAD  # calls that the vault is short
TRUNCATED = 2 * 3_100**2  # wei of dollar exposure: the coefficients of spot and of its square are wei


@contextmanager
def before_window(price=3_000, strike=3_000.0):
    """The vault is short calls of the first expiry, ten minutes before its window opens, all caches fresh."""
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(strike, expiry=0), SOLD))
        reach(desk, desk.expiries[0] - REST_S - STEP_S, price)
        yield desk


def reach(desk, moment, price=None):
    """Come to a moment with a fresh round; the slices of the other expiries are posted anew."""
    desk.system.warp_to(moment - 10)
    desk.move_spot(price or last_spot(desk))
    desk.post(*(place for place, expiry in enumerate(desk.expiries) if expiry > moment + REST_S))
    refresh_all(desk)
    desk.system.warp_to(moment)


def last_spot(desk):
    return Decimal(desk.system.spot()[0]) / WAD


def refresh_all(desk, places=(0, 1, 2)):
    for place in places:
        desk.system.refresh(None, desk.expiries[place])


def mean_of(desk):
    """The oracle's mean so far."""
    return desk.system.part("spot_oracle").call("elapsed_average", desk.expiries[0])


def held(desk):
    """Cached exposures of the resting expiry."""
    return desk.system.exposures(desk.expiries[0])


def opens(desk):
    """Whether a trade that opens in another expiry is admitted, as a view and as a transaction."""
    legs = [(desk.call(3_000.0), WAD // 10)]
    passes = desk.refusal(*legs) == Refusal.PASSES
    assert (heard(desk.trade(*legs)) is None) == passes
    return passes


# The others


@pytest.mark.parametrize("drift", [Decimal("0.05"), Decimal("-0.05")])
@pytest.mark.parametrize("is_known", [True, False])
def test_other_expiries__while_one_rests_unbooked_for_hours__trade_on(is_known, drift):
    with before_window() as desk:
        end = desk.expiries[0]
        steps = range(end - REST_S + STEP_S, end + 2 * HOUR + 1, STEP_S)
        for count, moment in enumerate(steps, 1):
            reach(desk, moment, 3_000 * (1 + drift * count / len(steps)))
            if is_known and moment < end:
                desk.system.follow_window(None, end)
            assert mean_of(desk).is_known == is_known
            assert desk.refusal((desk.call(expiry=0), -WAD)) == Refusal.RESTING
            assert opens(desk)


def test_other_expiries__where_nobody_refreshes_the_one_that_rests__stop_after_an_hour_or_three_percent():
    with before_window() as desk:
        end = desk.expiries[0]
        desk.system.warp_to(end + HOUR)
        desk.move_spot(3_000)
        desk.post(1, 2)
        refresh_all(desk, (1, 2))
        assert not opens(desk)
        desk.system.refresh(None, end)
        assert opens(desk)
        desk.move_spot(3_200)  # it has left the guard for good
        refresh_all(desk, (1, 2))
        assert opens(desk)


def test_expiry_that_is_worthless_but_could_hurt__grows_old_until_it_is_valued_after_it_has_passed():
    with before_window(strike=3_300.0) as desk:
        end = desk.expiries[0]
        found = held(desk)
        assert (found.value, found.dollar_delta, found.dollar_gamma, found.scaled_vega) == (0, 0, 0, 0)
        assert max(desk.system.stress()) > 0
        for moment, price in ((end - REST_S, 3_100), (end + 60, 3_400)):
            desk.system.warp_to(moment)
            desk.move_spot(price)
            desk.post(1, 2)
            refresh_all(desk, (1, 2))
            assert not opens(desk)
        desk.system.refresh(None, end)
        assert opens(desk)


def test_expiry_deep_in_the_money__grows_old_until_it_is_valued_after_it_has_passed():
    with before_window(strike=2_700.0) as desk:
        end = desk.expiries[0]
        reach(desk, end - 60, 3_060)
        found = held(desk)
        assert found.dollar_delta != 0 == found.dollar_gamma
        desk.system.warp_to(end + 60)
        desk.move_spot(3_200)
        desk.post(1, 2)
        refresh_all(desk, (1, 2))
        assert not opens(desk)
        desk.system.refresh(None, end)
        assert opens(desk)


# What it is worth


@pytest.mark.parametrize("left_s", [1_740, 1_500, 900, 60, 2, 1, 0, -1, -2 * HOUR])
@pytest.mark.parametrize("is_known", [True, False])
def test_expiry_that_rests__is_valued_as_its_twin_says(left_s, is_known):
    with before_window() as desk:
        end = desk.expiries[0]
        reach(desk, end - 1_780, 3_020)
        if is_known:
            desk.system.follow_window(None, end)
        reach(desk, max(end - left_s - 30, desk.system.now + 20), 3_010)
        desk.system.warp_to(end - left_s - 1)
        desk.system.refresh(None, end)
        assert desk.system.now == end - left_s
        spot = desk.system.spot()[0]
        wanted = revalue(conditions_of(desk.system), book_of(desk.system, end))
        found = held(desk)
        assert found.value == wanted.risk.value
        assert abs(found.dollar_delta - wanted.risk.dollar_delta) <= TRUNCATED
        assert abs(found.dollar_gamma - wanted.risk.dollar_gamma) <= TRUNCATED
        assert found.scaled_vega == wanted.risk.scaled_vega
        if desk.system.now < end:
            assert found.refreshed_spot == spot
        if is_known or desk.system.now < end:
            # Lanes are units of 1e-4, rounded up.
            raised = zip(desk.system.stress(), wanted.losses, strict=True)
            assert all(0 <= lane - loss < 10**14 for lane, loss in raised)


def test_delta__of_a_call_deep_in_the_money__runs_off_with_what_the_window_has_left():
    with before_window(strike=2_700.0) as desk:
        end = desk.expiries[0]
        for left_s in (1_500, 900, 300):
            reach(desk, end - left_s - 1, 3_000)
            desk.system.follow_window(None, end)
            desk.system.refresh(None, end)
            left = end - desk.system.now
            assert held(desk).dollar_delta == pytest.approx(-40 * 3_000 * WAD * left / REST_S, rel=CARRY)


def test_value__inside_the_window__is_that_of_the_mean_so_far_and_of_spot_for_the_rest():
    with before_window(strike=2_700.0) as desk:
        end = desk.expiries[0]
        reach(desk, end - 900, 3_060)
        desk.system.follow_window(None, end)
        desk.system.refresh(None, end)
        seen, spot = mean_of(desk), desk.system.spot()[0]
        assert 3_000 * WAD < seen.price < spot
        forward = (seen.price * seen.seconds + spot * (REST_S - seen.seconds)) // REST_S
        assert held(desk).value == pytest.approx(-40 * (forward - 2_700 * WAD), rel=CARRY)


def test_value__from_the_expiry_on__is_the_payoff_at_the_mean_and_moves_no_more():
    with before_window() as desk:
        end = desk.expiries[0]
        reach(desk, end - 900, 3_060)
        desk.system.follow_window(None, end)
        for price in (3_100, 2_900, 3_300):
            reach(desk, desk.system.now + 1_000, price)
            found, mean = held(desk), mean_of(desk).price
            assert found.value == -40 * (mean - 3_000 * WAD)
            assert (found.dollar_delta, found.dollar_gamma, found.scaled_vega) == (0, 0, 0)
            assert not any(desk.system.stress())
            assert desk.system.exposures().refreshed_at == 0  # nothing is left that could grow old
        desk.system.fix_expiry(None, end)
        equity = desk.system.nav()
        desk.system.settle_expiry(None, end)
        unit = 10 ** (18 - desk.system.config.quote_decimals)
        assert 0 <= desk.system.nav().net_assets - equity.net_assets <= unit  # what is owed is truncated
        assert desk.system.nav().exit_cost == equity.exit_cost == 0


# Where nobody has made the mean known


def test_unknown_mean__inside_the_window__is_expected_at_spot():
    with before_window(strike=2_700.0) as desk:
        end = desk.expiries[0]
        reach(desk, end - 60, 3_060)
        desk.system.refresh(None, end)
        assert not mean_of(desk).is_known
        assert held(desk).value == pytest.approx(-40 * 360 * WAD, rel=CARRY)
        assert held(desk).dollar_delta == pytest.approx(-40 * 3_060 * WAD, rel=CARRY)


def test_unknown_mean__after_the_expiry__is_the_price_of_the_last_valuation_whoever_refreshes_when():
    with before_window() as desk:
        end = desk.expiries[0]
        reach(desk, end - 60, 3_060)
        stress = desk.system.stress()
        assert any(stress)
        for price in (3_100, 2_900, 3_300):
            reach(desk, desk.system.now + 1_000, price)
            found = held(desk)
            assert found.value == -40 * 60 * WAD
            assert (found.dollar_delta, found.dollar_gamma, found.scaled_vega) == (0, 0, 0)
            assert found.refreshed_spot == 3_060 * WAD
            assert desk.system.stress() == stress  # what the mean may still turn out to be
        desk.system.walk_fixing(None, end)
        mean = mean_of(desk).price
        assert mean not in (0, 3_060 * WAD)
        desk.system.refresh(None, end)
        assert held(desk).value == -40 * max(mean - 3_000 * WAD, 0)
        assert not any(desk.system.stress())


def test_expiry_that_was_never_traded_nor_valued__is_refreshed_after_it_has_passed():
    desk = common_desk()
    with desk.kept():
        end = desk.expiries[0]
        desk.system.warp_to(end + 10)
        desk.move_spot(3_000)
        assert not mean_of(desk).is_known
        desk.system.refresh(None, end)
        assert held(desk).value == 0
        assert held(desk).refreshed_spot == 3_000 * WAD
        desk.system.refresh(None, end)


# Whom it pays


def test_refresh__of_an_expiry_that_rests__is_worth_paying_for_while_it_can_grow_old_and_not_after():
    with before_window() as desk:
        end, part = desk.expiries[0], desk.system.part
        valuer = deploy(desk.system.backend, probe_artifact("Valuer"), [part("market").address])
        named = [part(each).address for each in ("parameters", "trade_pricer", "partial_fill", "vault")]
        risk = deploy(desk.system.backend, load("InventoryRisk"), [*named, valuer.address, 6])
        arguments = (risk.address, end, part("spot_oracle").address, list(desk.expiries))

        def mark():
            found = valuer.call("revalue", *arguments)
            valuer.send("revalue", *arguments, sender=TRADER)
            return found

        reach(desk, end - 900)
        mark()
        found = mark()
        assert (found.is_due, found.exit_cost > 0) == (False, True)  # just valued
        desk.system.warp_to(end + HOUR)
        desk.move_spot(3_100)
        found = mark()
        assert (found.is_due, found.exit_cost) == (True, 0)
        desk.system.warp(HOUR)
        desk.move_spot(3_200)
        found = mark()
        assert (found.is_due, found.exit_cost) == (False, 0)


def test_expiry_that_is_booked__is_refreshed_no_more():
    with before_window() as desk:
        end = desk.expiries[0]
        reach(desk, end - 900)
        reach(desk, end + 100)
        desk.system.fix_expiry(None, end)
        desk.system.refresh(None, end)
        assert held(desk).value == 0
        desk.system.settle_expiry(None, end)
        with refused("market: booked"):
            desk.system.refresh(None, end)
