"""The vault with tokens that misbehave, and with gifts: nothing counted ever lacks its tokens."""

from __future__ import annotations

import re

import pytest
from eth_abi import decode
from support.evm import Reverted
from support.oracle import STRANGER, WAD
from support.vault import FIRST_SALE, LP_OWNER, SPOT, Treasury, calldata

EXPIRY = 1_700_000_000
ACCOUNT = 7
READABLE = {"trading_state"}  # inside a call: the market asks for it


@pytest.fixture
def treasury():
    treasury = Treasury()
    treasury.deposit(1_000)
    return treasury


def refused(reason):
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("TAKES_A_FEE", "vault: received another amount"),
        ("LIES", "vault: received another amount"),
        ("RETURNS_FALSE", "vault: transfer failed"),
    ],
)
def test_deposit__of_which_less_arrives__is_refused_whatever_was_given_before(treasury, mode, reason):
    treasury.quote.mint(treasury.vault.address, 10**6)
    treasury.quote.behave(mode)
    with refused(reason):
        treasury.deposit(1_000)


@pytest.mark.parametrize("mode", ["TAKES_A_FEE", "LIES"])
def test_payment__of_which_less_arrives__is_refused(treasury, mode):
    treasury.quote.behave(mode)
    with refused("vault: not paid in"):
        treasury.trade(ACCOUNT, 1_000)


def test_token__without_return_value__serves_every_verb(treasury):
    treasury.quote.behave("RETURNS_NOTHING")
    treasury.deposit(1_000)
    treasury.trade(ACCOUNT, 1_000, 100)
    treasury.trade(ACCOUNT, -500)
    treasury.settle(EXPIRY, 100)
    treasury.sweep(EXPIRY, ACCOUNT, 100, is_last=True)
    treasury.withdraw(100)
    assert treasury.engine.cash_of(ACCOUNT) == 600
    assert treasury.counted() == treasury.held() == 2_300


@pytest.mark.parametrize("mode", ["RETURNS_FALSE", "REFUSES"])
def test_token__that_refuses_the_receiver__undoes_the_whole_call(treasury, mode):
    treasury.settle(EXPIRY, 100)
    before = treasury.buckets()
    treasury.quote.behave(mode)
    for receiver in (treasury.engine.address, LP_OWNER):
        treasury.quote.refuse(receiver, True)  # noqa: FBT003 - the ABI's flag
    reason = "vault: transfer failed" if mode == "RETURNS_FALSE" else "token: refused"
    for call in (
        lambda: treasury.trade(ACCOUNT, -10),
        lambda: treasury.withdraw(10),
        lambda: treasury.sweep(EXPIRY, ACCOUNT, 100, is_last=True),
    ):
        with refused(reason):
            call()
    assert treasury.buckets() == before
    assert treasury.vault.entitlement_of(EXPIRY, ACCOUNT) == (0, 0)


def test_gifts__of_either_token__change_nothing(treasury):
    treasury.by_market("mark", 0, 0, SPOT)
    before = (treasury.buckets(), treasury.vault.trading_state())
    for token in (treasury.quote, treasury.underlying):
        token.mint(treasury.vault.address, 10**30)
    assert (treasury.buckets(), treasury.vault.trading_state()) == before
    treasury.by_market("mark", 0, 0, SPOT)
    assert (treasury.buckets(), treasury.vault.trading_state()) == before
    with refused("vault: not enough cash"):
        treasury.withdraw(1_001)
    treasury.trade(ACCOUNT, -1_500)
    assert treasury.engine.cash_of(ACCOUNT) == 1_000


def entries(treasury):
    """Every function of the vault with arguments that pass its first checks."""
    filler = {"uint256": 1, "int256": 0, "address": STRANGER, "bool": True}
    abi = treasury.vault.abi
    return {name: tuple(filler[item["type"]] for item in entry["inputs"]) for name, entry in abi.items()}


def test_every_function__entered_from_a_token__is_locked_but_one_view(treasury):
    treasury.quote.behave("REENTERS")
    found = {}
    for name, arguments in entries(treasury).items():
        data = calldata(treasury.vault.abi[name], arguments)
        treasury.quote.enter_later(treasury.vault.address, data)
        treasury.withdraw(1)
        treasury.deposit(1)
        assert treasury.quote.entered() == 2
        found[name] = treasury.quote.succeeded()
    open_views = {name for name, succeeded in found.items() if succeeded}
    assert open_views == READABLE


def test_verbs_of_the_market__entered_from_a_token_through_the_market__are_locked(treasury):
    """A token that holds the market's ear cannot have it book a second time in the middle of the first."""
    treasury.settle(EXPIRY, 100)
    treasury.sweep(EXPIRY, ACCOUNT, 50)
    treasury.quote.behave("REENTERS")
    act = treasury.market.abi["act"]
    for name, arguments in {
        "book_trade": (ACCOUNT, -10, 0),
        "mark": (WAD, 0, SPOT),
        "book_settlement": (EXPIRY + 1, 1, 0),
        "pay_settlement": (EXPIRY, ACCOUNT + 1, 1, True),
        "reward": (STRANGER, 1, SPOT),
        "claim": (EXPIRY, ACCOUNT),
    }.items():
        inner = calldata(treasury.vault.abi[name], arguments)
        treasury.quote.enter_later(treasury.market.address, calldata(act, (treasury.vault.address, inner)))
        treasury.trade(ACCOUNT, -1)
        assert (treasury.quote.entered(), treasury.quote.succeeded()) == (1, 0), name
    assert treasury.counted() == treasury.held()


def test_state_seen_from_inside_a_payment__is_the_state_after_it(treasury):
    """The one view that is open shows free cash less the payment and the shares of the charge already."""
    treasury.quote.behave("REENTERS")
    question = calldata(treasury.vault.abi["trading_state"], ())
    treasury.quote.enter_later(treasury.vault.address, question)
    for change in (lambda: treasury.trade(ACCOUNT, -100, 40), lambda: treasury.withdraw(300)):
        change()
        seen = decode(["int256", "uint256", "uint256", "int256"], treasury.quote.heard())
        assert seen == treasury.vault.trading_state()
    assert seen[2] == (1_000 - 100 - 4 - 2 - 300) * 10**12


@pytest.mark.parametrize("decimals", [6, 8, 18])
def test_debt_and_claim__in_a_token_of_any_decimals__are_in_its_units(decimals):
    treasury = Treasury((decimals, 18))
    treasury.deposit(3 * treasury.unit)
    treasury.trade(ACCOUNT, -5 * treasury.unit)
    treasury.by_market("mark", 0, 0, SPOT)
    assert treasury.equity() == -2 * WAD
    treasury.deposit(2 * treasury.unit)
    assert treasury.vault.claim(FIRST_SALE, ACCOUNT) == 2 * treasury.unit
    assert treasury.engine.cash_of(ACCOUNT) == 5 * treasury.unit
