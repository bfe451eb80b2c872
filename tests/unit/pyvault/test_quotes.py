"""Quotes in plain numbers: both sides, the half-spread part by part, and who refuses."""

import math

import pytest

from pyvault.chain.addresses import address_of
from pyvault.chain.market_state import book_of, conditions_of, leg_of
from pyvault.chain.quotes import RULES, listed_series, two_sided, why
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import System, SystemConfig
from pyvault.chain.system.trading import Refusal
from pyvault.demo.opening import keep_market, open_market
from pyvault.errors import ContractError, InputError
from pyvault.exact.spread_parts import spread_parts
from pyvault.market.series import Series
from pyvault.units import WAD

TAKER = address_of("taker")


@pytest.fixture(scope="module")
def opened():
    suite = System.deploy(RevmBackend(), SystemConfig(spot=3_000.0))
    open_market(suite, 10_000_000.0)
    suite.fund(TAKER, "quote_token", 10**12)
    suite.add_collateral(TAKER, "quote_token", 10**12)
    return suite


@pytest.fixture
def market(opened):
    name = opened.snapshot()
    yield opened
    opened.revert(name)


def some(market):
    """Every fourth series."""
    return listed_series(market)[::4]


@pytest.mark.parametrize(
    ("age", "multiplier", "size"), [(0, 1.0, 1.0), (300, 1.0, 10.0), (300, 2.5, -3.0), (800, 5.0, 700.0)]
)
def test_parts__of_every_half_spread__add_up_to_it_to_the_wei(market, age, multiplier, size):
    market.set_multiplier(multiplier)
    market.buy(TAKER, listed_series(market)[4], 200.0)
    market.warp(age + 1)
    for series in some(market):
        raw = round(size * WAD)
        book = book_of(market, series.expiry)
        parts = spread_parts(conditions_of(market), book, leg_of(book, series, raw))
        assert sum(parts.values()) == market.quote(series, raw).half_spread
        assert min(parts.values()) >= 0
        assert (parts["multiplier and utilisation"] > 0) is (multiplier > 1.0)


def test_parts__when_one_cause_grows__grow_alone(market):
    series, size = listed_series(market)[8], WAD
    book, state = book_of(market, series.expiry), conditions_of(market)
    leg = leg_of(book, series, size)
    calm = spread_parts(state, book, leg)
    changed = {
        "vega, gap of the surface": spread_parts(state, book._replace(gap=book.gap + WAD // 100), leg),
        "vega, age of the surface": spread_parts(state, book._replace(surface_age_s=900), leg),
        "multiplier and utilisation": spread_parts(state._replace(utilisation=WAD // 2), book, leg),
    }
    last = list(calm)[-1]
    for name, parts in changed.items():
        assert parts[name] > calm[name] + 10**12
        assert {each for each in calm if abs(parts[each] - calm[each]) > 1} - {last} == {name}


def test_two_sided__of_every_series__brackets_the_mid(market):
    for series in some(market):
        row = two_sided(market, series)
        assert row.bid < row.mid < row.ask
        assert 0.2 < row.implied_vol < 1.5


def test_why__of_a_purchase__is_what_it_then_costs(market):
    series = listed_series(market)[6]
    found = why(market, series, 7.0, market.account_of(TAKER))
    again = why(market, series, 7.0)
    assert found.passes
    assert found.total == again.total
    market_now = market.quote(series, 7.0).total
    assert found.total == market_now / 10**6


def test_why__beyond_what_the_account_can_pay__says_so_and_by_how_much(market):
    series, account = listed_series(market)[6], market.account_of(TAKER)
    market.remove_collateral(TAKER, "quote_token", market.cash(account) - 100 * 10**6, account)
    found = why(market, series, 7.0, account)
    assert (found.refusal, found.excess_unit) == ("PAYMENT", "quote")
    assert found.excess == pytest.approx(found.total - 100.0, abs=1e-9)


def test_why__beyond_the_stress_limit__names_it_and_the_excess_in_quote(market):
    found = why(market, listed_series(market)[6], 1e5, market.account_of(TAKER))
    assert not found.passes
    assert found.rule == RULES[Refusal[found.refusal]][0]
    assert found.excess > 0.0


def test_why__of_a_trade_too_small__misses_the_least_notional_by_the_rest(market):
    found = why(market, listed_series(market)[6], 0.01, market.account_of(TAKER))
    assert (found.refusal, found.excess_unit) == ("NOTIONAL", "quote")
    assert found.excess == pytest.approx(50.0 - 30.0, rel=1e-3)


def test_why__of_a_series_that_is_not_listed__is_an_input_error(market):
    known = listed_series(market)[0]
    with pytest.raises(InputError, match="must be listed"):
        why(market, Series(expiry=known.expiry, strike=known.strike + 1.0, kind=known.kind), 1.0)


def test_why__while_the_spot_is_rejected__has_no_parts_and_names_the_rule(market):
    market.warp(3 * 3_600)
    found = why(market, listed_series(market)[6], 1.0)
    assert found.refusal == "REJECTED"
    assert found.parts == {}


@pytest.mark.parametrize("seconds", [-1_799, 0, 1])
def test_quotes__of_an_expiry_that_rests_or_has_passed__have_no_price_and_no_parts(market, seconds):
    series = listed_series(market)[6]
    market.warp_to(series.expiry + seconds)
    market.set_spot(3_000.0)
    sides, found = two_sided(market, series), why(market, series, 1.0, market.account_of(TAKER))
    assert all(map(math.isnan, (sides.bid, sides.mid, sides.ask)))
    assert all(map(math.isnan, (found.mid, found.half_spread, found.inventory_charge, found.total)))
    assert (found.refusal, found.parts) == ("RESTING", {})
    assert found.excess == pytest.approx(1_800 + seconds, abs=2)


def test_two_sided__of_a_stale_market__refuses_both_sides_until_it_is_kept(market):
    series = listed_series(market)[6]
    market.warp(1_800)
    assert str(two_sided(market, series).ask) == "nan"
    keep_market(market, 3_050.0)
    assert two_sided(market, series).bid > 0.0


def test_keep_market__when_the_nearest_slice_no_longer_fits_its_time__posts_the_others(market):
    surface = market.part("vol_surface")
    nearest, *others = market.part("market").call("expiries")
    market.warp_to(nearest - 2_400)
    market.set_spot(3_000.0)
    with pytest.raises(ContractError, match="surface: vertex off the grid"):
        market.post_surface([market.slice_in_effect(each) for each in (nearest, *others)])
    begun = market.now
    keep_market(market)
    market.mine(1)
    assert surface.call("slice_of", nearest).timestamp < begun - 3_600
    assert all(surface.call("slice_of", each).timestamp >= begun for each in others)
    assert market.exposures(nearest).refreshed_at >= begun


def test_post_again__where_no_slice_is_taken__raises_the_first_reason(market):
    with pytest.raises(ContractError, match="surface: not the keeper"):
        market.post_again(market.part("market").call("expiries"), caller=TAKER)
    assert market.post_again(()) == ()


def test_keep_market__while_an_expiry_rests__values_it_with_what_its_window_has_fixed(market):
    end, *others = market.part("market").call("expiries")
    market.warp_to(end - 2_400)
    market.set_spot(3_000.0)
    for left_s in (900, 300, -300):
        market.warp_to(end - left_s)
        keep_market(market, 3_050.0)
        assert market.part("spot_oracle").call("elapsed_average", end).is_known
        assert market.exposures(end).refreshed_at == market.now - len(others)
        assert book_of(market, end).floating == max(WAD - (WAD * (1_800 - end + market.now) // 1_800), 0)
    assert market.part("spot_oracle").call("settlement_price", end) == 0
    market.fix_expiry(None, end)
    keep_market(market)  # fixed, not booked


def test_keep_market__of_an_expiry_whose_source_has_failed__values_the_others_all_the_same(market):
    end = market.part("market").call("expiries")[0]
    market.warp_to(end + 7 * 3_600)  # no round covered the window
    market.set_spot(3_050.0)
    market.fix_expiry(None, end)
    assert market.part("spot_oracle").call("has_failed", end, 1)
    keep_market(market)
    assert market.exposures(end).refreshed_at > end


def test_keep_market__while_the_last_expiry_rests__posts_nothing_and_values_it(market):
    last = market.part("market").call("expiries")[-1]
    market.warp_to(last - 900)
    keep_market(market, 3_050.0)
    assert market.exposures(last).refreshed_at > last - 900


def test_rules__of_refusal__all_have_words():
    assert set(RULES) == set(Refusal)


def test_open_market__twice__is_refused(market):
    with pytest.raises(InputError, match="must not be open yet"):
        open_market(market, 1.0)
