"""Refusals of the devnet's token and feed that come from their library, and what lies just inside them."""

from __future__ import annotations

import re

import pytest
from support.evm import Reverted
from support.governance import NOBODY, artifact_of
from support.oracle import OWNER, STRANGER, Clock, Deployed

from pyvault.chain.backend import DEPLOYER
from pyvault.chain.contract import deploy
from pyvault.chain.revm import RevmBackend

HOLDER, SPENDER, RECEIVER = ("0x" + byte * 20 for byte in ("A1", "B2", "C3"))
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
LARGEST = 2**256 - 1


def word(number):
    return number.to_bytes(32, "big")


@pytest.fixture
def token():
    """The holder has 1,000, of which the spender may move 500."""
    token = deploy(RevmBackend(), artifact_of("devnet/DevnetToken.vy"), ("USD Coin", "USDC", 6))
    token.send("mint", HOLDER, 1_000, sender=DEPLOYER)
    token.send("approve", SPENDER, 500, sender=HOLDER)
    return token


def told(token, sender, function, *arguments):
    """Reason of a refusal; empty if the call went through."""
    receipt = token.transact(function, *arguments, sender=sender)
    return "" if receipt.status else receipt.reason or "silent"


@pytest.mark.parametrize(
    ("reason", "sender", "outside", "inside"),
    [
        ("access is denied", HOLDER, ("mint", HOLDER, 1), None),
        ("mint to the zero address", DEPLOYER, ("mint", NOBODY, 1), ("mint", HOLDER, 1)),
        ("minter is the zero address", DEPLOYER, ("set_minter", NOBODY, True), ("set_minter", HOLDER, True)),
        (
            "minter is owner address",
            DEPLOYER,
            ("set_minter", DEPLOYER, False),
            ("set_minter", HOLDER, False),
        ),
        (
            "new owner is the zero address",
            DEPLOYER,
            ("transfer_ownership", NOBODY),
            ("transfer_ownership", HOLDER),
        ),
        ("transfer to the zero address", HOLDER, ("transfer", NOBODY, 1), ("transfer", RECEIVER, 1)),
        ("transfer from the zero address", NOBODY, ("transfer", RECEIVER, 0), None),
        (
            "transfer amount exceeds balance",
            HOLDER,
            ("transfer", RECEIVER, 1_001),
            ("transfer", RECEIVER, 1_000),
        ),
        ("burn amount exceeds balance", HOLDER, ("burn", 1_001), ("burn", 1_000)),
        ("burn from the zero address", NOBODY, ("burn", 0), None),
        ("approve to the zero address", HOLDER, ("approve", NOBODY, 1), ("approve", SPENDER, LARGEST)),
        ("approve from the zero address", SPENDER, ("transferFrom", NOBODY, RECEIVER, 0), None),
        (
            "insufficient allowance",
            SPENDER,
            ("transferFrom", HOLDER, RECEIVER, 501),
            ("transferFrom", HOLDER, RECEIVER, 500),
        ),
        ("insufficient allowance", SPENDER, ("burn_from", HOLDER, 501), ("burn_from", HOLDER, 500)),
    ],
)
def test_token__one_step_outside_a_rule__refuses_and_just_inside_does_not(
    token, reason, sender, outside, inside
):
    assert told(token, sender, *outside) == f"erc20: {reason}"
    if inside:
        assert told(token, sender, *inside) == ""


def test_mint__beyond_the_largest_supply__reverts_without_a_reason(token):
    receipt = token.transact("mint", HOLDER, LARGEST - 999, sender=DEPLOYER)
    assert (receipt.status, receipt.reason) == (False, "")
    assert token.transact("mint", HOLDER, LARGEST - 1_000, sender=DEPLOYER).status


@pytest.mark.parametrize(
    ("v", "s", "reason"),
    [
        (27, HALF_ORDER + 1, "ecdsa: invalid signature `s` value"),
        (27, HALF_ORDER, "erc20: invalid signature"),
        (26, 1, "ecdsa: invalid signature"),
        (27, 1, "erc20: invalid signature"),
    ],
)
def test_permit__with_a_signature_of_nobody__is_refused_by_the_first_rule_that_it_breaks(token, v, s, reason):
    deadline = token.backend.now + 10
    assert told(token, SPENDER, "permit", HOLDER, SPENDER, 1, deadline, v, word(1), word(s)) == reason


def test_feed__handed_to_the_zero_address__reverts_and_to_another_is_his():
    feed = Deployed(Clock(), "contracts/devnet/DevnetFeed.vy", 8, "WETH / USDC")
    with pytest.raises(Reverted, match=f"^{re.escape('ownable: new owner is the zero address')}$"):
        feed.transfer_ownership(NOBODY, caller=OWNER)
    feed.transfer_ownership(STRANGER, caller=OWNER)
    assert feed.owner() == STRANGER.lower()


def test_set_rounds__of_the_first_round_of_the_present_phase__is_the_least_that_is_taken():
    feed = Deployed(Clock(), "contracts/devnet/DevnetFeed.vy", 8, "WETH / USDC")
    first = (1 << 64) + 1
    feed.set_rounds([(first, 5, 3, 4, first)], caller=OWNER)
    assert feed.latest_round() == first
