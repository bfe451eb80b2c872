"""The margin engine with tokens that misbehave: nothing counted lacks its tokens, nobody comes in twice."""

from __future__ import annotations

import re

import pytest
from support.engine import MARKET, VAULT, Desk
from support.evm import Reverted
from support.oracle import STRANGER
from support.vault import calldata

OWNER = "0x" + "b1" * 20


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def account(desk):
    made = desk.engine.open_account(caller=OWNER)
    desk.pay_in(made, 1_000)
    return made


def refused(reason):
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("TAKES_A_FEE", "margin: received another amount"),
        ("LIES", "margin: received another amount"),
        ("RETURNS_FALSE", "margin: transfer failed"),
    ],
)
def test_collateral__of_which_less_arrives__is_refused_whatever_was_given_before(desk, account, mode, reason):
    desk.quote.mint(desk.engine.address, 10**6)
    desk.quote.behave(mode)
    with refused(reason):
        desk.pay_in(account, 1_000)
    assert desk.engine.cash_of(account) == 1_000


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_token__without_return_value__serves_every_verb(decimals):
    desk = Desk(decimals)
    account = desk.engine.open_account(caller=OWNER)
    desk.quote.behave("RETURNS_NOTHING")
    desk.pay_in(account, 10**decimals)
    desk.trade(account, [], payment=10)
    desk.credit(account, 4, paid=4)
    desk.take_out(account, 10**decimals - 6, OWNER)
    assert desk.engine.cash_of(account) == desk.engine.total_cash() == 0
    assert desk.quote.balanceOf(desk.engine.address) == 0


@pytest.mark.parametrize("mode", ["RETURNS_FALSE", "REFUSES"])
def test_token__that_refuses_the_receiver__undoes_the_whole_call(desk, account, mode):
    """A trader keeps his cash, and the positions that he could not pay for are not his."""
    desk.quote.behave(mode)
    for receiver in (OWNER, VAULT):
        desk.quote.refuse(receiver, True)  # noqa: FBT003 - the ABI's flag
    reason = "margin: transfer failed" if mode == "RETURNS_FALSE" else "token: refused"
    for call in (
        lambda: desk.take_out(account, 10, OWNER),
        lambda: desk.trade(account, [(2, 5)], payment=10),
    ):
        with refused(reason):
            call()
    assert desk.engine.cash_of(account) == desk.engine.total_cash() == 1_000
    assert desk.held(account) == {}


def test_owner_whom_the_token_refuses__holds_up_nobody_else(desk, account):
    desk.quote.behave("REFUSES")
    desk.quote.refuse(OWNER, True)  # noqa: FBT003
    other = desk.engine.open_account(caller=STRANGER)
    desk.pay_in(other, 50)
    desk.take_out(other, 50, STRANGER)
    desk.credit(account, 7, paid=7)
    assert desk.engine.cash_of(account) == 1_007


def test_every_function__entered_from_a_token__is_locked(desk, account):
    """Even a view: what it shows in the middle of a call would be neither before nor after."""
    filler = {"uint256": 1, "address": STRANGER, "bool": True}
    desk.quote.behave("REENTERS")
    for name, entry in desk.engine.abi.items():
        arguments = tuple(filler.get(item["type"], []) for item in entry["inputs"])
        desk.quote.enter_later(desk.engine.address, calldata(entry, arguments))
        desk.pay_in(account, 1)
        desk.take_out(account, 1, OWNER)
        desk.trade(account, [], payment=1)
        assert (desk.quote.entered(), desk.quote.succeeded()) == (3, 0), name


def test_verbs_of_market_and_vault__entered_through_them__are_locked(desk):
    """A token that had the market's or the vault's ear could not move an account in the midst of a call."""
    relay = desk.relay()
    engine = desk.another_engine(desk.quote.address, relay.address, relay.address)
    mine = engine.open_account(caller=OWNER)
    desk.quote.mint(OWNER, 100)
    engine.add_collateral(mine, desk.quote.address, 100, caller=OWNER)
    desk.quote.behave("REENTERS")
    for name, arguments in {
        "apply_trade": (mine, [(2, 5)], 1),
        "remove_expiry": (mine, 0),
        "credit": (mine, 0),
    }.items():
        inner = calldata(engine.abi[name], arguments)
        act = calldata(relay.abi["act"], (engine.address, inner))
        desk.quote.enter_later(relay.address, act)
        engine.remove_collateral(mine, desk.quote.address, 1, caller=OWNER)
        assert (desk.quote.entered(), desk.quote.succeeded()) == (1, 0), name


def test_market_and_vault__are_named_for_ever(desk):
    assert (desk.engine.market(), desk.engine.vault()) == (MARKET, VAULT)
    assert desk.engine.quote_token() == desk.quote.address
