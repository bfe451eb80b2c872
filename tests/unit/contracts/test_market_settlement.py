"""Booking an expiry and turning accounts into cash: refusals, events, and what waits for cash."""

from __future__ import annotations

from decimal import Decimal

import pytest
from reference.ledger import FIRST_SALE
from support.market_days import MONEYNESS, REST_S, TRADERS, Days
from support.market_life import QUOTE, UNDERLYING, Life

from pyvault.chain.system import SpotStatus, series_id
from pyvault.chain.system.trading import FOREVER, WHATEVER
from pyvault.errors import ContractError
from pyvault.units import WAD

OWNER, STRANGER = TRADERS[0], TRADERS[2]
DAY = 86_400
DECIMALS = ((6, 8), (8, 18), (18, 8))


def opened(capital=400_000, notional=30_000, strike=2, expiries=(0,)):
    """The first account holds calls of each of these expiries."""
    life = Life(Days())
    life.deposit(capital)
    life.wake()
    life.pay_in(1, 60_000)
    for expiry in expiries:
        name = series_id(life.days.series(expiry, strike))
        quantity = life.days.contracts(notional)
        life.must(OWNER, "market", "trade", 1, name, quantity, WHATEVER, FOREVER)
    return life


def refused(life, reason, part, function, *arguments, sender=STRANGER):
    with pytest.raises(ContractError) as caught:
        life.system.part(part).send(function, *arguments, sender=sender)
    assert caught.value.reason == reason


# When


def test_booking__of_an_expiry_unlisted_or_unfixed_or_booked__is_refused():
    life = opened()
    end = life.days.expiries[0]
    refused(life, "market: not listed", "market", "settle_expiry", end + DAY * 100)
    refused(life, "market: not fixed", "market", "settle_expiry", end)
    refused(life, "market: not booked", "market", "settle_account", 1, end)
    life.days.pass_expiry(end)
    refused(life, "market: not booked", "market", "settle_account", 1, end)
    life.must(STRANGER, "market", "settle_expiry", end)
    refused(life, "market: booked", "market", "settle_expiry", end)


def test_expiry_that_is_booked__is_neither_traded_nor_refreshed_nor_listed_again():
    life = opened()
    end = life.days.expiries[0]
    life.settle(end, life.days.pass_expiry(end))
    life.wake()
    name = series_id(life.days.series(0, 2))
    for quantity in (WAD, -WAD):
        refused(life, "market: expiry rests", "market", "trade", 1, name, quantity, 0, FOREVER, sender=OWNER)
    refused(life, "market: booked", "market", "refresh", end)
    keeper = life.system.role("keeper")
    refused(life, "market: expiry too near", "market", "list_expiry", end, [], sender=keeper)


def test_expiry__rests_from_half_an_hour_before_it_until_it_is_booked():
    life = opened()
    end, name = life.days.expiries[0], series_id(life.days.series(0, 2))
    life.days.pass_time(end - REST_S - life.system.now - 600)
    life.wake()
    life.system.warp_to(end - REST_S - 1)
    life.must(OWNER, "market", "trade", 1, name, -WAD, 0, FOREVER)  # in the last second
    assert life.system.now == end - REST_S
    refused(life, "market: expiry rests", "market", "trade", 1, name, -WAD, 0, FOREVER, sender=OWNER)
    life.days.pass_expiry(end)
    refused(life, "market: expiry rests", "market", "trade", 1, name, -WAD, 0, FOREVER, sender=OWNER)


def test_ten_expiries__and_an_eleventh_once_one_is_booked():
    life = Life(Days(terms=(2, *range(20, 29))))
    with pytest.raises(ContractError, match="too many expiries"):
        life.days.open(30)
    end = life.days.expiries[0]
    life.days.expiries = life.days.expiries[:10]
    life.settle(end, life.days.pass_expiry(end))
    life.days.open(40)
    assert len(life.system.part("market").call("expiries")) == 10


# What is said


def test_events__of_booking_and_sweeping__say_what_was_owed_and_paid():
    life = opened(notional=30_000)  # ten contracts at the money
    end, market = life.days.expiries[0], life.system.part("market")
    price = life.days.pass_expiry(end, Decimal("3120.5"))
    receipt = life.system.settle_expiry(STRANGER, end)
    assert [(each.name, tuple(each.fields)) for each in market.occurrences(receipt)] == [
        ("ExpirySettled", (end, price, 1_205_000_000, 0))
    ]
    assert market.call("settlement_price", end) == price == 31_205 * WAD // 10
    receipt = life.system.settle_account(STRANGER, 1, end)
    assert [(each.name, tuple(each.fields)) for each in market.occurrences(receipt)] == [
        ("AccountSettled", (1, end, 1_205_000_000, 1_205_000_000))
    ]


@pytest.mark.parametrize("account", [0, 2, 99])
def test_sweep__of_an_account_without_positions_or_none_at_all__pays_and_says_nothing(account):
    life = opened()
    end = life.days.expiries[0]
    life.settle(end, life.days.pass_expiry(end, Decimal(3_300)))
    before = life.system.buckets()
    receipt = life.system.settle_account(STRANGER, account, end)
    assert receipt.logs == ()
    assert life.system.buckets() == before


def test_expiry_without_positions__is_booked_for_nothing():
    life = opened(expiries=(1,))
    end, before = life.days.expiries[0], life.system.buckets()
    life.settle(end, life.days.pass_expiry(end))
    assert life.system.buckets() == before
    assert life.system.part("vault").call("debt", end).owed == 0


def test_positions_that_end_worthless__leave_the_account_and_all_cash_with_lps():
    life = opened(strike=4)
    end = life.days.expiries[0]
    life.settle(end, life.days.pass_expiry(end))
    cash = life.lp_cash
    life.sweep(1, STRANGER, end)
    assert life.system.positions(1) == ()
    assert life.lp_cash == life.system.buckets().lp_cash == cash


def test_booking__while_the_price_is_rejected__pays_all_the_same__and_marks_at_the_last_accepted_one():
    life = opened(expiries=(0, 1))
    end, other = life.days.expiries[:2]
    life.days.pass_expiry(end, Decimal(3_240))
    life.system.warp(4_000)
    assert life.system.spot()[1] == SpotStatus.STALE
    cash = life.lp_cash
    life.settle(end, life.days.fixed(end))
    options = life.system.exposures(other).value
    assert life.system.nav().net_assets == life.lp_cash * life.days.unit_wad + options
    life.sweep(1, STRANGER, end)
    assert cash - life.lp_cash == 2_400 * life.days.unit


# What waits


def test_closing_sale__that_the_vault_cannot_pay__waits_as_a_debt_of_the_first_rank():
    life = opened(capital=60_000, notional=20_000, expiries=(0, 1))
    first, second = life.days.expiries[:2]
    life.settle(first, life.days.pass_expiry(first, Decimal(60_000)))
    assert life.ledger.debts[first].funded < life.ledger.debts[first].owed
    life.wake()
    name = series_id(life.days.series(1, 2))
    cash, lacking = life.ledger.cash[1], life.ledger.unfunded
    receipt = life.act(OWNER, "market", "trade", 1, name, -WAD, 0, FOREVER)
    traded = [each for each in life.system.part("market").occurrences(receipt) if each.name == "Traded"]
    debt = life.ledger.debts[FIRST_SALE]
    assert [each.fields.total for each in traded] == [-debt.owed]
    assert life.system.cash(1) == cash
    assert life.system.part("vault").call("entitlement_of", FIRST_SALE, 1) == (debt.owed, 0)
    assert life.ledger.unfunded == lacking + debt.owed
    lp_owner = life.system.config.lp_owner
    refused(life, "vault: debts come first", "vault", "withdraw", 0, sender=lp_owner)
    life.deposit(lacking // life.days.unit + 2)  # the settlement is older: it comes first
    assert life.ledger.debts[first].funded == life.ledger.debts[first].owed
    assert debt.funded < debt.owed
    life.deposit(debt.owed // life.days.unit + 1)
    life.claim(1, STRANGER, FIRST_SALE)
    assert life.ledger.cash[1] == cash + debt.owed
    life.settle(second, life.days.pass_expiry(second))


# Gifts and decimals


@pytest.mark.parametrize("token", [QUOTE, UNDERLYING])
@pytest.mark.parametrize("part", ["vault", "engine", "market", "risk", "trade_pricer", "spot_oracle"])
def test_gift__to_any_contract__changes_no_quote_limit_or_mark(part, token):
    life = opened()
    name = series_id(life.days.series(1, 2))

    def seen(amount):
        with life.undone():
            life.system.fund(life.system.part(part).address, token, amount)
            market = life.system.part("market")
            answers = [market.call("quote", name, size * WAD) for size in (3, -3)]
            answers += [market.call("worst_loss"), life.system.nav(), life.system.stress()]
            answers += [life.system.buckets(), life.system.part("vault").call("trading_state")]
            life.system.refresh(None, life.days.expiries[0])
            return answers, life.system.nav()

    assert seen(0) == seen(10**24)


@pytest.mark.parametrize("decimals", DECIMALS, ids=str)
def test_totals__in_any_token__are_those_of_eighteen_decimals_rounded_for_the_vault(decimals):
    def totals(pair):
        days = Days(pair)
        days.system.provide(1_000_000 * days.unit)
        days.wake()
        named = [(series_id(days.series(e, k)), size) for e in (0, 2) for k in (1, 3) for size in (7, -7)]
        return [days.system.quote(name, size * WAD + 1).total for name, size in named]

    unit_wad = 10 ** (18 - decimals[0])
    for place, (raw, exact) in enumerate(zip(totals(decimals), totals((18, 8)), strict=True)):
        is_sale = place % 2
        assert raw == (exact // unit_wad if is_sale else -(-exact // unit_wad))


@pytest.mark.parametrize("spot", [Decimal("0.01"), 100_000])
def test_totals__at_any_price_of_the_underlying__are_the_same_for_the_same_notional(spot):
    def totals(price):
        days = Days((18, 8), price)
        days.system.provide(1_000_000 * days.unit)
        days.wake()
        quantity = days.contracts(30_000)
        return [
            days.system.quote(days.series(e, k, is_call=c), sign * quantity).total
            for e in (0, 2)
            for k in range(len(MONEYNESS))
            for c in (True, False)
            for sign in (1, -1)
        ]

    assert totals(spot) == pytest.approx(totals(3_000), rel=1e-9, abs=10**9)  # a billionth of a quote
