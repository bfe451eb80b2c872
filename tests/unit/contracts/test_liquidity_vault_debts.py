"""What the vault owes: settlements and closing sales, funded in order of age and paid pro rata."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from support.evm import Reverted
from support.vault import FIRST_SALE, Treasury

EXPIRY = 1_700_000_000
FIRST, SECOND, THIRD = 1, 2, 3  # accounts


@pytest.fixture
def treasury():
    return Treasury()


def refused(reason):
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


def cash(treasury, *accounts):
    return [treasury.engine.cash_of(account) for account in accounts]


# Settlement


def test_settlement__that_cash_covers__is_set_aside_at_once_and_paid_in_full(treasury):
    treasury.deposit(1_000)
    treasury.settle(EXPIRY, 600)
    assert treasury.logs() == [("DebtBooked", {"debt_id": EXPIRY, "owed": 600, "funded": 600})]
    assert treasury.buckets()["settlement_owed"] == 600
    assert treasury.sweep(EXPIRY, FIRST, 250) == 250
    assert treasury.logs() == [("Claimed", {"debt_id": EXPIRY, "account": FIRST, "amount": 250})]
    assert treasury.sweep(EXPIRY, SECOND, 350, is_last=True) == 350
    assert cash(treasury, FIRST, SECOND) == [250, 350]
    assert treasury.vault.debt(EXPIRY) == (600, 600, 600, 600)
    assert treasury.vault.entitlement_of(EXPIRY, SECOND) == (350, 350)
    assert treasury.counted() == treasury.held() == 400


def test_settlement__beyond_cash__pays_the_funded_share_and_the_rest_as_it_arrives(treasury):
    treasury.deposit(100)
    treasury.settle(EXPIRY, 301)
    assert (treasury.vault.unfunded(), treasury.vault.open_debts()) == (201, 1)
    assert treasury.sweep(EXPIRY, FIRST, 100) == 33  # of 100 · 100 / 301, rounded down
    assert treasury.sweep(EXPIRY, SECOND, 201, is_last=True) == 66
    treasury.deposit(50)
    assert ("DebtFunded", {"debt_id": EXPIRY, "previous": 100, "current": 150}) in treasury.logs()
    assert treasury.vault.claim(EXPIRY, FIRST) == 49 - 33
    assert treasury.vault.claim(EXPIRY, FIRST) == 0
    treasury.trade(THIRD, 151)
    assert [treasury.vault.claim(EXPIRY, each) for each in (FIRST, SECOND)] == [51, 135]
    assert cash(treasury, FIRST, SECOND) == [100, 201]
    assert (treasury.vault.unfunded(), treasury.vault.open_debts()) == (0, 0)
    assert treasury.counted() == treasury.held() == 0


@pytest.mark.parametrize("funds", [0, 1, 250, 699, 700, 702, 1_000])
def test_entitlements_of_any_order_and_timing__are_paid_exactly_with_the_residue(funds, count):
    """Σ paid + residue = owed, and each account gets its entitlement, however the calls interleave."""
    entitlements = {FIRST: 199, SECOND: 0, THIRD: 501}  # 700, of 703 that were booked
    orders = list(itertools.permutations(entitlements))
    for seed, order in enumerate(orders[: count(3, 6)]):
        treasury, steps = Treasury(), random.Random(seed)
        treasury.deposit(funds or 1)
        treasury.settle(EXPIRY, 703)
        paid = 0
        for place, account in enumerate(order):
            is_last = place == len(order) - 1
            paid += treasury.sweep(EXPIRY, account, entitlements[account], is_last)
            if steps.random() < 0.7:
                treasury.deposit(steps.randrange(1, 200))
            paid += treasury.vault.claim(EXPIRY, steps.choice(order))
            assert treasury.counted() == treasury.held()
        treasury.deposit(800)
        cash_before = treasury.buckets()["lp_cash"]
        paid += sum(treasury.vault.claim(EXPIRY, account) for account in entitlements)
        assert cash(treasury, *entitlements) == list(entitlements.values())
        assert paid == sum(entitlements.values())
        assert treasury.buckets()["settlement_owed"] == treasury.vault.unfunded() == 0
        assert treasury.buckets()["lp_cash"] == cash_before == treasury.held()


def test_last_claimant__of_a_funded_settlement__leaves_the_residue_to_lp_cash(treasury):
    treasury.deposit(1_000)
    treasury.settle(EXPIRY, 103)
    treasury.sweep(EXPIRY, FIRST, 60)
    assert treasury.buckets()["lp_cash"] == 897
    treasury.sweep(EXPIRY, SECOND, 40, is_last=True)
    assert treasury.logs()[0] == ("DebtClosed", {"debt_id": EXPIRY, "previous": 103, "current": 100})
    assert treasury.buckets()["lp_cash"] == 900
    assert treasury.vault.debt(EXPIRY) == (100, 100, 100, 100)


def test_residue__of_one_settlement__funds_the_next_debt(treasury):
    treasury.deposit(103)
    treasury.settle(EXPIRY, 103)
    treasury.settle(EXPIRY + 1, 50)
    treasury.sweep(EXPIRY, FIRST, 100, is_last=True)
    assert treasury.vault.debt(EXPIRY + 1)[1] == 3
    assert treasury.vault.unfunded() == 47


def test_settlement__whose_entitlements_all_round_to_nothing__returns_to_lp_cash(treasury):
    treasury.deposit(10)
    treasury.settle(EXPIRY, 2)
    assert treasury.sweep(EXPIRY, FIRST, 0, is_last=True) == 0
    assert treasury.vault.claim(EXPIRY, FIRST) == 0
    assert treasury.buckets()["lp_cash"] == 10


def test_entitlement__twice_or_beyond_what_is_owed__is_refused(treasury):
    treasury.deposit(1_000)
    treasury.settle(EXPIRY, 600)
    with refused("vault: more than owed"):
        treasury.sweep(EXPIRY, FIRST, 601)
    treasury.sweep(EXPIRY, FIRST, 300)
    with refused("vault: already entitled"):
        treasury.sweep(EXPIRY, FIRST, 1)
    with refused("vault: more than owed"):
        treasury.sweep(EXPIRY, SECOND, 301)
    treasury.sweep(EXPIRY, SECOND, 300)


def test_settlement__of_an_expiry_twice__is_refused(treasury):
    treasury.deposit(1_000)
    treasury.settle(EXPIRY, 1)
    with refused("vault: already booked"):
        treasury.settle(EXPIRY, 1)


def test_claim__of_what_nobody_owes__pays_nothing(treasury):
    treasury.deposit(1_000)
    treasury.settle(EXPIRY, 600)
    treasury.sweep(EXPIRY, FIRST, 300)
    assert treasury.vault.claim(EXPIRY, SECOND) == treasury.vault.claim(EXPIRY + 1, FIRST) == 0


# Closing sales


def test_closing_sale__that_cash_does_not_cover__is_paid_in_part_and_owed(treasury):
    treasury.deposit(40)
    treasury.trade(FIRST, -100)
    assert cash(treasury, FIRST) == [40]
    assert treasury.vault.debt(FIRST_SALE) == (60, 0, 60, 0)
    assert treasury.vault.entitlement_of(FIRST_SALE, FIRST) == (60, 0)
    treasury.deposit(25)
    assert treasury.vault.claim(FIRST_SALE, FIRST) == 25
    treasury.deposit(100)
    assert treasury.vault.claim(FIRST_SALE, FIRST) == 35
    assert treasury.buckets()["lp_cash"] == 65


def test_closing_sales__while_nothing_is_funded__share_one_debt_pro_rata(treasury):
    treasury.trade(FIRST, -30)
    treasury.trade(SECOND, -60)
    treasury.trade(FIRST, -30)
    assert treasury.vault.open_debts() == 1
    assert treasury.vault.debt(FIRST_SALE) == (120, 0, 120, 0)
    treasury.deposit(50)
    assert [treasury.vault.claim(FIRST_SALE, each) for each in (FIRST, SECOND)] == [25, 25]


def test_closing_sale__after_another_was_funded_in_part__waits_behind_it(treasury):
    treasury.trade(FIRST, -100)
    treasury.deposit(99)
    assert treasury.vault.claim(FIRST_SALE, FIRST) == 99
    treasury.trade(SECOND, -100)  # to share the first debt would take from what was paid
    assert treasury.vault.debt(FIRST_SALE + 1) == (100, 0, 100, 0)
    treasury.deposit(2)
    assert [treasury.vault.claim(FIRST_SALE + i, each) for i, each in enumerate((FIRST, SECOND))] == [1, 1]


def test_closing_sale__behind_a_settlement__waits_behind_it(treasury):
    treasury.trade(FIRST, -10)
    treasury.settle(EXPIRY, 10)
    treasury.trade(SECOND, -10)
    assert treasury.vault.open_debts() == 3
    treasury.deposit(25)
    funded = [treasury.vault.debt(each)[1] for each in (FIRST_SALE, EXPIRY, FIRST_SALE + 1)]
    assert funded == [10, 10, 5]


def test_closing_sales__however_many__cannot_fill_the_queue(treasury):
    for account in range(1, 41):
        treasury.trade(account, -1)
    assert treasury.vault.open_debts() == 1
    treasury.deposit(40)
    assert [treasury.vault.claim(FIRST_SALE, account) for account in range(1, 41)] == [1] * 40


# The queue


def test_inflow__funds_four_debts_and_anyone_funds_the_others(treasury):
    for i in range(6):
        treasury.settle(EXPIRY + i, 10)
    treasury.deposit(100)
    assert [treasury.vault.debt(EXPIRY + i)[1] for i in range(6)] == [10] * 4 + [0] * 2
    # What the two others wait for is nobody else's.
    assert treasury.vault.trading_state()[2] == (60 - 20) * 10**12
    treasury.trade(FIRST, -50)
    assert cash(treasury, FIRST) == [40]
    treasury.vault.fund_debts()
    assert treasury.vault.unfunded() == 10
    assert treasury.buckets()["lp_cash"] == 0


def test_charge__while_debts_wait__is_not_shared(treasury):
    treasury.deposit(100)
    treasury.settle(EXPIRY, 150)
    treasury.trade(FIRST, 40, 40)
    assert treasury.logs()[-1][1]["to_protocol"] == 0
    assert treasury.vault.debt(EXPIRY)[1] == 140
    treasury.trade(FIRST, 40, 40)  # ten for the debt; thirty are free
    assert treasury.buckets()["protocol_fees"] == 2
    assert treasury.counted() == treasury.held() == 180


def test_settlement__behind_an_older_debt__takes_none_of_its_cash(treasury):
    treasury.trade(FIRST, -50)
    for i in range(4):
        treasury.settle(EXPIRY + i, 10)
    treasury.deposit(90)  # funds the sale and three settlements; the fourth waits for the next call
    treasury.settle(EXPIRY + 9, 30)
    assert treasury.vault.debt(EXPIRY + 9)[1] == 0
    treasury.vault.fund_debts()
    assert treasury.vault.debt(EXPIRY + 3)[1] == 10


def test_debts__reduce_equity_when_it_is_marked(treasury):
    treasury.deposit(100)
    treasury.settle(EXPIRY, 150)
    treasury.by_market("mark", 0, 0, 0)
    assert treasury.equity() == -50 * 10**12
    treasury.deposit(80)
    treasury.by_market("mark", 0, 0, 0)
    assert treasury.equity() == 30 * 10**12
