"""After a rejected reading: closing trades alone, at the worst price of the band, within their hourly cap."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from support.desk import QUOTE, TRADER, common_desk, heard, refused, stand_desk

from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import Round, SpotStatus, System, SystemConfig
from pyvault.chain.system.trading import Refusal
from pyvault.units import WAD

HOUR, DAY, YEAR = 3_600, 86_400, 365 * 86_400
LEAST, MOST = Decimal("0.05"), Decimal("0.5")
HELD = 1_000 * WAD


@pytest.fixture
def rejected():
    """A desk that holds calls and puts, and whose feed has begun to answer zero."""
    desk = common_desk()
    with desk.kept():
        for series in (desk.call(), desk.put(), desk.call(2_850.0)):
            desk.fill((series, HELD))
        desk.reject_spot()
        yield desk


def band(desk):
    """h of §2, by the age of the last accepted answer."""
    system = desk.system
    age = system.now - system.part("spot_oracle").call("last_accepted").updated_at
    with localcontext() as context:
        context.prec = 50
        vol = Decimal(system.part("vol_surface").call("reference_vol")) / WAD
        return min(MOST, max(LEAST, 4 * vol * (Decimal(age) / YEAR).sqrt()))


@pytest.mark.parametrize(
    ("wait", "expected"),
    [(0, LEAST), (HOUR, LEAST), (3 * HOUR, None), (3 * DAY, None), (8 * DAY, None), (10 * DAY, MOST)],
)
def test_closing_price__after_a_rejected_reading__is_at_the_end_of_the_band_that_is_worse(
    rejected, wait, expected
):
    rejected.system.warp(max(wait, 1))
    half = band(rejected)
    assert half == expected if expected else LEAST < half < MOST
    for series, end, side in ((rejected.call(), 1 - half, "call"), (rejected.put(), 1 + half, "put")):
        worst = getattr(rejected.unit(3_000 * WAD * end), side)
        found = rejected.preview((series, -WAD))
        assert abs(-found.mid - worst) < 10**6  # the band is truncated to a wei of 1
        assert found.is_closing
        assert getattr(rejected.unit(3_000 * WAD), side) > worst


def test_closing_price__after_a_rejected_reading__has_no_rebate(rejected):
    found = rejected.preview((rejected.call(), -WAD))
    assert found.charge < 0 < found.rebatable
    assert found.inventory_charge == 0
    assert found.total == -((-found.mid - found.half_spread) // 10**12)  # negative: the seller receives


def test_closing_trade__after_a_rejected_reading__pays_what_the_preview_said(rejected):
    legs = [(rejected.call(), -WAD), (rejected.put(), -WAD)]
    before = rejected.system.cash(rejected.account)
    said = rejected.preview(*legs).total
    assert heard(rejected.trade(*legs)) is None
    received = rejected.system.cash(rejected.account) - before
    assert received == pytest.approx(-said, rel=1e-4)  # the reading is a second older
    assert rejected.system.spot() == (0, SpotStatus.NOT_POSITIVE)


def test_closing_trade__after_an_answer_from_the_future__goes_on():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), WAD))
        feed = desk.system.part("feed")
        latest = feed.call("latestRoundData")[0] + 1
        future = desk.system.now + 10 * DAY
        desk.system.set_feed([Round(latest, 3_000 * 10**8, future, future, latest)])
        desk.system.mine()
        assert desk.system.spot()[1] == SpotStatus.TIME_IN_FUTURE
        assert heard(desk.trade((desk.call(), -WAD))) is None


def test_opening_trade__after_a_rejected_reading__is_refused_whatever_it_is(rejected):
    held, other = rejected.call(), rejected.call(3_150.0)
    for legs in (
        [(held, WAD)],
        [(other, WAD)],
        [(held, -WAD), (other, WAD)],
        [(held, -HELD - 1)],
        [(rejected.put(3_300.0), WAD)],
    ):
        assert rejected.refusal(*legs) == Refusal.REJECTED
        assert heard(rejected.trade(*legs)) == "market: spot rejected"
    rejected.move_spot(3_000)
    assert heard(rejected.trade((other, WAD))) is None


def test_other_calls__after_a_rejected_reading__keep_to_the_table(rejected):
    system = rejected.system
    for call in (
        lambda: system.refresh(None, rejected.expiries[1]),
        lambda: system.list_strikes(rejected.expiries[1], [3_100.0]),
    ):
        with refused("market: spot rejected"):
            call()
    cash = system.cash(rejected.account)
    system.remove_collateral(TRADER, "quote_token", QUOTE, account=rejected.account)
    system.add_collateral(TRADER, "quote_token", QUOTE, account=rejected.account)
    assert system.cash(rejected.account) == cash
    system.withdraw(QUOTE)


def test_quote__after_a_rejected_reading__shows_the_price_of_closing(rejected):
    found = rejected.system.quote(rejected.call(), -WAD)
    closing = rejected.preview((rejected.call(), -WAD))
    assert Refusal(found.refusal) == Refusal.REJECTED
    assert (found.total, found.mid) == (-closing.total, -closing.mid)
    assert rejected.system.quote(rejected.call(), WAD).mid > 217 * WAD  # a purchase at the upper end


# The hourly cap


def cap(desk):
    """Half of what an hour may pay; token units."""
    return desk.system.part("vault").call("trading_state").equity * 5 // 1_000 // 2 // 10**12


def largest_sale(desk, left=HELD):
    return desk.last_admitted(lambda n: [(desk.call(), -n)], left)


def test_payments__after_a_rejected_reading__stop_at_the_last_unit_of_the_cap(rejected):
    last = largest_sale(rejected)
    assert -rejected.preview((rejected.call(), -last)).total == cap(rejected)
    over = rejected.preview((rejected.call(), -last - 10**10))
    assert Refusal(over.refusal) == Refusal.OUTFLOW
    assert over.excess == -over.total - cap(rejected) <= 2
    assert heard(rejected.trade((rejected.call(), -last * 1_001 // 1_000))) == "market: hourly outflow"
    assert heard(rejected.trade((rejected.call(), -last * 999 // 1_000))) is None
    again = rejected.preview((rejected.put(), -10 * WAD))
    assert Refusal(again.refusal) == Refusal.OUTFLOW
    used = rejected.preview((rejected.call(), -last * 999 // 1_000)).total  # much the same as it paid
    assert again.excess == pytest.approx(-used - again.total - cap(rejected), rel=1e-2)


def test_payments__of_any_hour_after_a_rejected_reading__are_within_the_cap(rejected):
    paid, left = [], HELD
    for _ in range(16):
        size = min(largest_sale(rejected, left) * 9_999 // 10_000, left)
        if size > 0:
            receipt = rejected.trade((rejected.call(), -size))
            assert heard(receipt) is None
            left -= size
            market = rejected.system.part("market")
            traded = next(each for each in market.occurrences(receipt) if each.name == "Traded")
            paid.append((rejected.system.now, -traded.fields.total))
        rejected.system.warp(HOUR // 6)
    hours = [sum(each for when, each in paid if begin <= when < begin + HOUR) for begin, _ in paid]
    whole = 2 * cap(rejected)
    assert 0.9 * whole < max(hours) <= whole
    assert sum(each for _, each in paid) > 1.5 * whole  # it leaks: the next hour pays again


def test_payments__while_readings_are_accepted__know_no_cap():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), HELD))
        before = desk.system.cash(desk.account)
        assert heard(desk.trade((desk.call(), -HELD))) is None
        assert desk.system.cash(desk.account) - before > 4 * cap(desk)


# Marks


def test_worst_loss__before_any_reading__waits_for_the_first():
    system = System.deploy(RevmBackend(), SystemConfig(spot=None))
    with refused("market: no spot"):
        system.part("market").call("worst_loss")
    system.set_spot(3_000)
    system.mine()
    assert system.part("market").call("worst_loss") == (0, 0)


def test_settlement__after_a_rejected_reading__marks_what_the_expiry_has_cost():
    """Else equity would keep, for good, what the longs were paid."""
    desk = stand_desk()
    desk.fill((desk.call(expiry=0), HELD))
    expiry = desk.expiries[0]
    desk.system.warp_to(expiry - HOUR)
    desk.move_spot(6_000)
    desk.system.warp_to(expiry - 60)
    desk.move_spot(6_000)
    desk.system.warp_to(expiry + 60)
    desk.move_spot(6_000)
    assert desk.system.fix_expiry(None, expiry) == 6_000 * WAD
    desk.reject_spot()
    before = desk.system.nav().net_assets
    desk.system.settle_expiry(None, expiry)
    after = desk.system.nav().net_assets
    assert before - after > 2_700_000 * WAD
    assert after == desk.system.buckets().lp_cash * 10**12
