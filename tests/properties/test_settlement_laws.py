"""Laws of settlement on the whole market: any order, each position once, no unit created or lost."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal

import pytest
from support.exposure_storage import NOTHING, of_expiry, sum_of, total
from support.market_days import TRADERS, Days
from support.market_life import OWNERS, Life, payoff

from pyvault.chain.system import series_id
from pyvault.chain.system.trading import FOREVER, WHATEVER
from pyvault.units import WAD

SCALES = (((6, 8), 3_000), ((18, 8), 100_000), ((8, 18), Decimal("0.01")))
NAMES = ("quote of 6 decimals", "18 decimals", "feed of 18 decimals")
ODD = (4_001, 3_333, 2_777, 1_999)  # notionals: contracts that no token unit divides
RUIN = 1_200  # percent that spot rises


def life_with_positions(scale=SCALES[0], capital=400_000, expiries=1):
    """Four accounts hold two calls and a put or a call of each expiry."""
    life = Life(Days(*scale))
    life.deposit(capital)
    life.wake()
    for account, notional in zip(OWNERS, ODD, strict=True):
        life.pay_in(account, 40_000)
        quantity = life.days.contracts(notional) + account
        for expiry, (strike, is_call) in itertools.product(
            range(expiries), ((1, account % 2 == 0), (2, True), (3, True))
        ):
            name = series_id(life.days.series(expiry, strike, is_call=is_call))
            life.must(OWNERS[account], "market", "trade", account, name, quantity, WHATEVER, FOREVER)
    return life


def book(life, percent, expiry=0):
    """Fix an expiry so far from spot, and book it."""
    end = life.days.expiries[expiry]
    life.settle(end, life.days.pass_expiry(end, life.days.spot * (100 + Decimal(percent)) / 100))
    return end


def state(life):
    """All that settlement may move."""
    system, vault = life.system, life.system.part("vault")
    return (
        [system.cash(account) for account in OWNERS],
        [system.positions(account) for account in OWNERS],
        system.buckets(),
        [vault.call("debt", each) for each in sorted(life.ledger.debts)],
        vault.call("unfunded"),
    )


def paid_by(life, act):
    """What each account receives of an act."""
    before = dict(life.ledger.cash)
    act()
    return {account: life.ledger.cash[account] - before[account] for account in OWNERS}


def sweep(life, order, end):
    for account in order:
        life.sweep(account, TRADERS[account % 3], end)


@pytest.mark.parametrize("scale", SCALES, ids=NAMES)
@pytest.mark.parametrize("percent", ["-7", "0", "0.03", "9"])
def test_settlement__at_any_price__pays_the_longs_exactly_what_the_vault_loses(scale, percent):
    life = life_with_positions(scale)
    cash, end = life.lp_cash, life.days.expiries[0]
    longs = {account: life.longs_of(end, account) for account in OWNERS}
    book(life, percent)
    paid = paid_by(life, lambda: sweep(life, OWNERS, end))
    for account, mine in longs.items():
        exact = sum(size * payoff(series, life.booked[end]) for series, size in mine.items())
        lost = exact - paid[account] * life.days.unit_wad * WAD
        assert 0 <= lost < len(mine) * life.days.unit_wad * WAD  # a unit a position, in favour of the vault
    assert sum(paid.values()) == cash - life.lp_cash
    assert life.system.buckets().settlement_owed == life.ledger.unfunded == 0


@pytest.mark.parametrize(("capital", "percent"), [(400_000, 8), (60_000, RUIN)], ids=["funded", "ruined"])
def test_sweeps__in_any_order_and_batches_with_claims_between__end_in_one_state(capital, percent, count):
    life = life_with_positions(capital=capital)
    end = book(life, percent)
    assert (life.ledger.unfunded > 0) == (percent == RUIN)
    ends, steps = [], random.Random(7)
    for order in steps.sample(list(itertools.permutations(OWNERS)), count(8, 24)):
        with life.undone():
            for account in order:
                life.sweep(account, TRADERS[0], end)
                if life.ledger.unfunded and steps.random() < 0.5:
                    life.deposit(steps.randrange(1, 9_000))
                life.claim(steps.choice(order), TRADERS[1], end)
            if life.ledger.unfunded:
                life.deposit(life.ledger.unfunded // life.days.unit + 1)
            for account in steps.sample(order, 4):
                life.claim(account, TRADERS[1], end)
            cash, positions, _, debts, unfunded = state(life)  # LP cash holds what was paid in besides
            ends.append((cash, positions, debts, unfunded))
    assert all(each == ends[0] for each in ends)


def test_sweeps__without_deposits_between__leave_the_same_buckets_in_any_order(count):
    life = life_with_positions(capital=60_000)
    end, ends = book(life, RUIN), []
    for order in random.Random(9).sample(list(itertools.permutations(OWNERS)), count(8, 24)):
        with life.undone():
            sweep(life, order, end)
            for account in OWNERS:  # the first came before it was known who would come
                life.claim(account, TRADERS[0], end)
            ends.append(state(life))
    assert all(each == ends[0] for each in ends)


def test_vault_that_cannot_pay__pays_pro_rata__and_the_rest_as_it_arrives():
    life = life_with_positions(capital=60_000)
    shares = {}
    end = book(life, RUIN)
    debt = life.ledger.debts[end]
    assert 0 < debt.funded < debt.owed
    assert life.system.buckets().lp_cash == 0
    for account in OWNERS:
        shares[account] = life.entitlement(end, account)
        funded, owed = debt.funded, debt.owed
        paid = paid_by(life, lambda account=account: life.sweep(account, TRADERS[0], end))[account]
        if account != max(OWNERS):  # the last one first lowers what is owed by the residue
            assert paid == shares[account] * funded // owed
    for percent in (10, 35, 100):
        lacking = life.ledger.unfunded
        life.deposit(lacking * percent // 100 // life.days.unit + 1)
        for account in OWNERS:
            life.claim(account, TRADERS[0], end)
            _, paid = life.system.part("vault").call("entitlement_of", end, account)
            assert paid == shares[account] * debt.funded // debt.owed
    assert life.ledger.unfunded == life.ledger.set_aside == 0
    assert sum(shares.values()) == debt.owed == debt.paid


def test_residue_of_rounding__goes_to_lp_cash_with_the_last_sweep():
    life = life_with_positions()
    end = book(life, "7.9131731")
    booked = life.ledger.debts[end].owed
    shares = sum(life.entitlement(end, account) for account in OWNERS)
    assert 0 < booked - shares < 3 * len(OWNERS)  # the case is not empty
    *first, last = OWNERS
    sweep(life, first, end)
    cash, assets = life.ledger.lp_cash, life.system.nav().net_assets
    assert life.ledger.debts[end].owed == booked
    life.sweep(last, TRADERS[0], end)
    assert life.system.buckets().lp_cash == life.ledger.lp_cash == cash + booked - shares
    # The mark follows at once.
    assert life.system.nav().net_assets == assets + (booked - shares) * life.days.unit_wad


def test_two_expiries__booked_and_swept_in_any_order__end_in_one_state(count):
    """Each at the same prices: booking late, or after the next, changes nothing."""
    life, ends = life_with_positions(expiries=2), []
    first, second = life.days.expiries[:2]
    prices = {end: life.days.pass_expiry(end, life.days.spot) for end in (first, second)}
    acts = [("book", first), ("book", second)] + [(a, end) for a in OWNERS for end in (first, second)]
    for seed in range(count(6, 60)):
        with life.undone():
            waiting, steps = list(acts), random.Random(seed)
            while waiting:
                act, end = waiting.pop(steps.randrange(len(waiting)))
                if act == "book":
                    life.settle(end, prices[end])
                elif end in life.booked:
                    life.sweep(act, TRADERS[0], end)
                else:
                    waiting.append((act, end))
            ends.append(state(life))
            assert total(life.system) == NOTHING
    assert all(each == ends[0] for each in ends)


@pytest.mark.parametrize("scale", SCALES, ids=NAMES)
def test_expiry_that_is_booked__leaves_list_exposures_and_stress__and_the_others_stay(scale):
    life = life_with_positions(scale, expiries=3)
    gone, *others = life.days.expiries
    life.days.pass_expiry(gone)
    life.wake()  # the others are valued anew; the first rests
    kept = [of_expiry(life.system, each) for each in others]
    assert NOTHING not in (of_expiry(life.system, gone), *kept)
    life.settle(gone, life.days.fixed(gone))
    assert of_expiry(life.system, gone) == NOTHING
    assert [of_expiry(life.system, each) for each in others] == kept
    assert total(life.system) == sum_of(life.system, others)
    assert list(life.system.part("market").call("expiries")) == others


@pytest.mark.parametrize("strike", [1, 2, 3])
def test_payoff__at_the_strike_is_nothing__and_begins_with_the_next_tick(strike):
    life = life_with_positions()
    end = life.days.expiries[0]
    at = life.days.strikes[end][strike]
    for price, call, put in ((at, 0, 0), (at + Decimal("1e-8"), 1, 0), (at - Decimal("1e-8"), 0, 1)):
        with life.undone():
            fixed = life.days.pass_expiry(end, price)
            assert fixed == int(price * WAD)
            life.settle(end, fixed)
            found = [payoff(series_id(life.days.series(0, strike, is_call=c)), fixed) for c in (True, False)]
            assert found == [call * 10**10, put * 10**10]
            sweep(life, OWNERS, end)  # each against its entitlement


@pytest.mark.parametrize("percent", [-20, 0, 20])
def test_net_assets__across_settlement__move_by_payoff_less_mark_alone(percent):
    """Between a mark before and one after, at one spot, LP cash pays and the options go: all else stays."""
    life = life_with_positions(expiries=2)
    end, other = life.days.expiries[:2]
    life.days.pass_expiry(end, life.days.spot * (100 + percent) / 100)
    life.wake()
    before, mark = life.system.nav().net_assets, life.system.exposures(end).value
    life.settle(end, life.days.fixed(end))
    payoffs = life.ledger.debts[end].owed * life.days.unit_wad
    truncated = 3 * (int(life.days.spot) // 2 + 3)
    assert abs(life.system.nav().net_assets - (before - payoffs - mark)) <= truncated
    assert life.system.exposures(other).value != 0
