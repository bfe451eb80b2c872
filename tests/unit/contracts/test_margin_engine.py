"""The book of traders' accounts: who may act, what is counted, and positions without holes."""

from __future__ import annotations

import itertools
import random
import re

import pytest
from support.engine import MARKET, MAX_CASH, MAX_QUANTITY, VAULT, Desk
from support.evm import Reverted
from support.oracle import STRANGER

OWNER, OPERATOR = "0x" + "b1" * 20, "0x" + "b2" * 20
EXPIRY, LATER = 1_800_000_000, 1_800_086_400


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def account(desk):
    return desk.engine.open_account(caller=OWNER)


def refused(reason):
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


def series(expiry, number):
    return expiry << 65 | number << 1


# Accounts and who may act


def test_accounts__count_from_one__and_belong_to_who_opened_them(desk):
    assert [desk.engine.open_account(caller=each) for each in (OWNER, OWNER, STRANGER)] == [1, 2, 3]
    assert desk.logs() == [("AccountOpened", {"account": 3, "owner": STRANGER})]
    assert [desk.engine.owner_of(each) for each in (0, 1, 2, 3, 4)] == [
        "0x" + "00" * 20,
        OWNER,
        OWNER,
        STRANGER,
        "0x" + "00" * 20,
    ]
    assert desk.engine.account_count() == 3


def test_operator__may_act_until_he_is_dismissed__and_name_nobody(desk, account):
    desk.pay_in(account, 100)
    with refused("margin: not owner nor operator"):
        desk.engine.begin_trade(account, OPERATOR, [])
    with refused("margin: not the owner"):
        desk.engine.set_operator(account, OPERATOR, True, caller=OPERATOR)  # noqa: FBT003 - the ABI's flag
    desk.engine.set_operator(account, OPERATOR, True, caller=OWNER)  # noqa: FBT003
    assert desk.logs() == [("OperatorSet", {"account": account, "operator": OPERATOR, "is_operator": True})]
    assert desk.engine.is_operator(account, OPERATOR)
    assert desk.engine.begin_trade(account, OPERATOR, []) == ()
    desk.take_out(account, 30, OPERATOR)
    assert (desk.quote.balanceOf(OWNER), desk.quote.balanceOf(OPERATOR)) == (30, 0)
    with refused("margin: not the owner"):
        desk.engine.set_operator(account, STRANGER, True, caller=OPERATOR)  # noqa: FBT003
    desk.engine.set_operator(account, OPERATOR, False, caller=OWNER)  # noqa: FBT003
    with refused("margin: not owner nor operator"):
        desk.take_out(account, 30, OPERATOR)


def test_operator__of_one_account__is_nobody_at_another_of_the_same_owner(desk, account):
    other = desk.engine.open_account(caller=OWNER)
    desk.engine.set_operator(account, OPERATOR, True, caller=OWNER)  # noqa: FBT003
    with refused("margin: not owner nor operator"):
        desk.engine.begin_trade(other, OPERATOR, [])


@pytest.mark.parametrize("missing", [0, 7])
def test_account_that_does_not_exist__is_refused_by_every_verb(desk, missing):
    token = desk.quote.address
    for call, reason in (
        (lambda: desk.engine.begin_trade(missing, STRANGER, []), "margin: no such account"),
        (lambda: desk.engine.add_collateral(missing, token, 0), "margin: no such account"),
        (lambda: desk.engine.remove_collateral(missing, token, 0), "margin: no such account"),
        (lambda: desk.engine.set_operator(missing, OPERATOR, True), "margin: not the owner"),  # noqa: FBT003
    ):
        with refused(reason):
            call()


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [
        ("apply_trade", (1, [], 0), "margin: not the market"),
        ("remove_expiry", (1, EXPIRY), "margin: not the market"),
        ("credit", (1, 0), "margin: not the vault"),
    ],
)
def test_verbs_of_market_and_vault__by_any_other__are_refused(desk, function, arguments, reason):
    others = {OWNER, STRANGER, MARKET, VAULT} - {VAULT if function == "credit" else MARKET}
    for caller in sorted(others):
        with refused(reason):
            getattr(desk.engine, function)(*arguments, caller=caller)


def test_deployment__without_token_market_or_vault__is_refused(desk):
    nobody = "0x" + "00" * 20
    for arguments, reason in (
        ((STRANGER, MARKET, VAULT), "margin: no quote token"),
        ((desk.quote.address, nobody, VAULT), "margin: no market or vault"),
        ((desk.quote.address, MARKET, nobody), "margin: no market or vault"),
    ):
        with refused(reason):
            desk.another_engine(*arguments)


# Cash


def test_collateral__in_and_out__is_counted_to_the_unit(desk, account):
    desk.pay_in(account, 100, STRANGER)
    assert desk.logs()[-1] == (
        "CollateralAdded",
        {"account": account, "sender": STRANGER, "token": desk.quote.address, "amount": 100, "balance": 100},
    )
    desk.take_out(account, 100, OWNER)
    assert desk.logs()[-1] == (
        "CollateralRemoved",
        {"account": account, "receiver": OWNER, "token": desk.quote.address, "amount": 100, "balance": 0},
    )
    with refused("margin: not enough cash"):
        desk.take_out(account, 1, OWNER)
    assert desk.engine.total_cash() == desk.quote.balanceOf(desk.engine.address) == 0


def test_collateral__in_another_token__is_refused(desk, account):
    for call in (desk.engine.add_collateral, desk.engine.remove_collateral):
        with refused("margin: not a collateral token"):
            call(account, STRANGER, 0, caller=OWNER)


def test_cash__at_its_limit__takes_no_further_unit(desk, account):
    desk.pay_in(account, MAX_CASH)
    with refused("margin: too much cash"):
        desk.pay_in(account, 1)
    other = desk.engine.open_account(caller=OWNER)
    desk.pay_in(other, 1)
    assert desk.engine.owner_of(account) == OWNER
    assert desk.engine.total_cash() == MAX_CASH + 1


def test_credit__that_was_not_paid_in__is_refused_though_others_have_cash(desk, account):
    desk.pay_in(account, 100)
    with refused("margin: not paid in"):
        desk.credit(account, 1, paid=0)
    desk.credit(account, 40, paid=40)
    assert desk.engine.cash_of(account) == 140


def test_payment__goes_to_the_vault_and_no_further_than_cash(desk, account):
    desk.pay_in(account, 100)
    desk.trade(account, [], payment=100)
    assert desk.quote.balanceOf(VAULT) == 100
    with refused("margin: not enough cash"):
        desk.trade(account, [], payment=1)


def test_gifts__of_the_token__belong_to_nobody(desk, account):
    desk.quote.mint(desk.engine.address, 10**30)
    assert desk.engine.total_cash() == desk.engine.cash_of(account) == 0
    with refused("margin: not enough cash"):
        desk.take_out(account, 1, OWNER)


# Positions


def test_position__below_zero__is_refused_and_zero_is_none(desk, account):
    desk.trade(account, [(series(EXPIRY, 1), 5)])
    with refused("margin: no selling to open yet"):
        desk.trade(account, [(series(EXPIRY, 1), -6)])
    with refused("margin: no selling to open yet"):
        desk.trade(account, [(series(EXPIRY, 2), -1)])
    desk.trade(account, [(series(EXPIRY, 1), -5)])
    assert desk.logs() == [
        ("PositionChanged", {"account": account, "series_id": series(EXPIRY, 1), "previous": 5, "current": 0})
    ]
    desk.trade(account, [(series(EXPIRY, 1), 0)])
    assert desk.held(account) == {}


def test_position__at_the_limit_of_its_word__takes_no_further_unit(desk, account):
    desk.trade(account, [(series(EXPIRY, 1), MAX_QUANTITY)])
    assert desk.held(account) == {series(EXPIRY, 1): MAX_QUANTITY}
    with refused("margin: position too large"):
        desk.trade(account, [(series(EXPIRY, 1), 1)])
    with refused("margin: position too large"):
        desk.trade(account, [(series(EXPIRY, 2), MAX_QUANTITY + 1)])


def test_positions__twelve_and_not_thirteen__until_one_is_closed(desk, account):
    for number in range(1, 13):
        desk.trade(account, [(series(EXPIRY, number), number)])
    with refused("margin: too many positions"):
        desk.trade(account, [(series(EXPIRY, 13), 1)])
    desk.trade(account, [(series(EXPIRY, 12), 1)])  # more of the twelfth
    with refused("margin: too many positions"):  # legs take effect in their order
        desk.trade(account, [(series(EXPIRY, 13), 1), (series(EXPIRY, 1), -1)])
    desk.trade(account, [(series(EXPIRY, 1), -1), (series(EXPIRY, 13), 1)])
    assert len(desk.held(account)) == 12


@pytest.mark.parametrize("closed", list(itertools.permutations(range(1, 5), 3)))
def test_positions__closed_in_any_order__leave_no_hole(desk, account, closed):
    for number in range(1, 5):
        desk.trade(account, [(series(EXPIRY, number), number)])
    left = {series(EXPIRY, number): number for number in range(1, 5)}
    for number in closed:
        desk.trade(account, [(series(EXPIRY, number), -left.pop(series(EXPIRY, number)))])
        assert desk.held(account) == left
    for number in range(5, 16):  # a hole would hide those behind it, or use up a place
        desk.trade(account, [(series(EXPIRY, number), number)])
    assert len(desk.held(account)) == 12


def test_expiry_that_is_removed__takes_its_positions_alone__wherever_they_stand(desk, count):
    for seed in range(count(15, 300)):
        steps, account = random.Random(seed), desk.engine.open_account(caller=OWNER)
        mine = [series(steps.choice((EXPIRY, LATER)), number) for number in range(1, steps.randrange(2, 14))][
            :12
        ]
        for place, each in enumerate(mine, start=1):
            desk.trade(account, [(each, place)])
        stays = {each: place for place, each in enumerate(mine, start=1) if each >> 65 == LATER}
        gone = [(each, place) for place, each in enumerate(mine, start=1) if each >> 65 == EXPIRY]
        assert desk.by_market("remove_expiry", account, EXPIRY) == tuple(gone)
        assert desk.held(account) == stays
        assert desk.by_market("remove_expiry", account, EXPIRY) == ()
        desk.trade(account, [(series(EXPIRY, 99), 1)])
        assert desk.held(account) == stays | {series(EXPIRY, 99): 1}


def test_quantities__are_told_leg_by_leg__and_of_none_are_zero(desk, account):
    desk.trade(account, [(series(EXPIRY, 1), 5), (series(EXPIRY, 2), 7)])
    asked = [(series(EXPIRY, number), 0) for number in (2, 3, 1)]
    assert desk.engine.begin_trade(account, OWNER, asked) == (7, 0, 5)


def test_positions_of_one_account__are_none_of_another_s(desk, account):
    other = desk.engine.open_account(caller=OWNER)
    desk.trade(account, [(series(EXPIRY, 1), 5)])
    with refused("margin: no selling to open yet"):
        desk.trade(other, [(series(EXPIRY, 1), -5)])
    assert desk.held(other) == {}
