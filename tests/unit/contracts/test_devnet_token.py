"""The devnet token: a real ERC-20 of any decimals, with permits."""

from __future__ import annotations

import re

import pytest
from coincurve import PrivateKey
from eth_abi import encode
from eth_utils import keccak
from support.governance import artifact_of

from pyvault.chain.backend import CHAIN_ID, DEPLOYER
from pyvault.chain.contract import deploy
from pyvault.chain.revm import RevmBackend
from pyvault.errors import ContractError

HOLDER_KEY = PrivateKey(b"\x07" * 32)
HOLDER = "0x" + keccak(HOLDER_KEY.public_key.format(compressed=False)[1:])[-20:].hex()
SPENDER = "0x" + "A1" * 20
RECEIVER = "0x" + "B2" * 20
NOBODY = "0x" + "00" * 20
LARGEST = 2**256 - 1


@pytest.fixture
def backend():
    return RevmBackend()


@pytest.fixture
def token(backend):
    """A token of which the holder has 1,000."""
    token = deploy(backend, artifact_of("devnet/DevnetToken.vy"), ("USD Coin", "USDC", 6))
    token.send("mint", HOLDER, 1_000, sender=DEPLOYER)
    return token


def refused(reason):
    return pytest.raises(ContractError, match=f"{re.escape(reason)}$")


def balances(token):
    return tuple(token.call("balanceOf", each) for each in (HOLDER, SPENDER, RECEIVER))


def domain(token, name):
    kind = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    words = encode(
        ["bytes32", "bytes32", "bytes32", "uint256", "address"],
        [kind, keccak(text=name), keccak(text="1"), CHAIN_ID, token.address],
    )
    return keccak(words)


def permit(token, key, *, amount, deadline, nonce=0, name="USD Coin"):
    """Arguments of a permit of `HOLDER` for `SPENDER`, signed by `key` as EIP-712 says."""
    kind = keccak(text="Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
    struct = encode(
        ["bytes32", "address", "address", "uint256", "uint256", "uint256"],
        [kind, HOLDER, SPENDER, amount, nonce, deadline],
    )
    digest = keccak(b"\x19\x01" + domain(token, name) + keccak(struct))
    signature = key.sign_recoverable(digest, hasher=None)
    return HOLDER, SPENDER, amount, deadline, 27 + signature[64], signature[:32], signature[32:64]


@pytest.mark.parametrize("decimals", [0, 6, 8, 18, 36])
def test_token__of_any_decimals__says_what_it_was_told(backend, decimals):
    token = deploy(backend, artifact_of("devnet/DevnetToken.vy"), ("Wrapped Ether", "WETH", decimals))
    told = [token.call(each) for each in ("name", "symbol", "decimals", "totalSupply", "owner")]
    assert told == ["Wrapped Ether", "WETH", decimals, 0, DEPLOYER]


def test_transfer__of_an_amount__moves_exactly_that(token):
    receipt = token.send("transfer", RECEIVER, 400, sender=HOLDER)
    assert balances(token) == (600, 0, 400)
    assert token.call("totalSupply") == 1_000
    assert [(event.name, event.fields.value) for event in token.occurrences(receipt)] == [("Transfer", 400)]
    token.send("transfer", RECEIVER, 600, sender=HOLDER)
    with refused("erc20: transfer amount exceeds balance"):
        token.send("transfer", RECEIVER, 1, sender=HOLDER)


def test_transfer__to_oneself__changes_nothing(token):
    token.send("transfer", HOLDER, 1_000, sender=HOLDER)
    assert balances(token) == (1_000, 0, 0)


def test_transfer_from__within_the_allowance__uses_it_up(token):
    token.send("approve", SPENDER, 500, sender=HOLDER)
    with refused("erc20: insufficient allowance"):
        token.send("transferFrom", HOLDER, RECEIVER, 501, sender=SPENDER)
    token.send("transferFrom", HOLDER, RECEIVER, 500, sender=SPENDER)
    assert balances(token) == (500, 0, 500)
    assert token.call("allowance", HOLDER, SPENDER) == 0
    token.send("approve", SPENDER, LARGEST, sender=HOLDER)
    token.send("transferFrom", HOLDER, RECEIVER, 500, sender=SPENDER)
    assert token.call("allowance", HOLDER, SPENDER) == LARGEST


def test_supply__minted_and_burnt__is_the_sum_of_the_balances(token):
    token.send("mint", RECEIVER, 50, sender=DEPLOYER)
    token.send("burn", 100, sender=HOLDER)
    token.send("approve", SPENDER, 10, sender=HOLDER)
    token.send("burn_from", HOLDER, 10, sender=SPENDER)
    assert balances(token) == (890, 0, 50)
    assert token.call("totalSupply") == 940
    with refused("erc20: access is denied"):
        token.send("mint", HOLDER, 1, sender=HOLDER)
    with refused("erc20: burn amount exceeds balance"):
        token.send("burn", 891, sender=HOLDER)


def test_permit__signed_by_the_owner__is_an_allowance_once(token, backend):
    assert token.call("DOMAIN_SEPARATOR") == domain(token, "USD Coin")
    signed = permit(token, HOLDER_KEY, amount=300, deadline=backend.now + 10)
    token.send("permit", *signed, sender=RECEIVER)
    assert token.call("allowance", HOLDER, SPENDER) == 300
    assert token.call("nonces", HOLDER) == 1
    with refused("erc20: invalid signature"):
        token.send("permit", *signed, sender=RECEIVER)
    again = permit(token, HOLDER_KEY, amount=70, deadline=backend.now + 10, nonce=1)
    token.send("permit", *again, sender=RECEIVER)
    assert token.call("allowance", HOLDER, SPENDER) == 70


def test_permit__at_its_deadline_and_after__expires(token, backend):
    deadline = backend.now + 100
    signed = permit(token, HOLDER_KEY, amount=300, deadline=deadline)
    backend.warp(99)
    name = backend.snapshot()
    token.send("permit", *signed, sender=RECEIVER)
    backend.revert(name)
    backend.warp(1)
    with refused("erc20: expired deadline"):
        token.send("permit", *signed, sender=RECEIVER)


def test_permit__by_another_or_for_another_domain__is_refused(token, backend):
    deadline = backend.now + 100
    for wrong in (
        permit(token, PrivateKey(b"\x08" * 32), amount=300, deadline=deadline),
        permit(token, HOLDER_KEY, amount=300, deadline=deadline, name="USDC"),
        permit(token, HOLDER_KEY, amount=300, deadline=deadline, nonce=1),
    ):
        with refused("erc20: invalid signature"):
            token.send("permit", *wrong, sender=SPENDER)


def test_owner__who_hands_over__mints_no_more(token):
    token.send("transfer_ownership", RECEIVER, sender=DEPLOYER)
    with refused("erc20: access is denied"):
        token.send("mint", DEPLOYER, 1, sender=DEPLOYER)
    token.send("mint", SPENDER, 1, sender=RECEIVER)
    assert token.call("owner").lower() == RECEIVER.lower()
