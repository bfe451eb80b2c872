"""Rewards for upkeep on a node with a base fee, which the in-process EVM does not have."""

from __future__ import annotations

import pytest
from support.evm import ROOT
from support.governance import Governed, artifact_of
from support.vault import LP_OWNER, MODES, SPOT

from pyvault.chain.anvil import running_anvil
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.contract import deploy
from pyvault.chain.rpc import RpcBackend

MARKET, ENGINE, CALLER = ("0x" + f"{i:02X}" * 20 for i in (0x71, 0x72, 0x73))
BASE_FEE = 20 * 10**9
FEES = 50 * 10**6  # in the bucket at first
GAS, REWARD = 200_000, 12_500_000  # 0.004 of the native coin at 2,500, and a quarter more
BUDGET = 20 * 10**6


class Upkeep:
    """A vault with protocol fees, and a market that asks it to pay for calls."""

    def __init__(self, url):
        self.backend = RpcBackend(url)
        self.backend.set_balance(MARKET, 10**24)
        parameters = Governed([("REWARD_BUDGET", BUDGET * 100)], backend=self.backend)
        token = artifact_of(str(ROOT / "tests/doubles/HostileToken.vy"))
        self.token = deploy(self.backend, token, (6,))
        underlying = deploy(self.backend, token, (18,))
        parties = (self.token.address, underlying.address, parameters.address, ENGINE, MARKET, LP_OWNER)
        self.vault = deploy(self.backend, artifact_of("LiquidityVault.vy"), parties)
        self.token.send("mint", self.vault.address, 10**9, sender=DEPLOYER)
        self.vault.send("book_trade", 1, 10**9, 10**9, sender=MARKET)
        self.backend.warp(86_400 - self.backend.now % 86_400)  # the first second of a day

    def reward(self, gas=GAS):
        """What the caller got, by its balance and by the event."""
        before = self.token.call("balanceOf", CALLER)
        data = self.vault.function("reward").encode((CALLER, gas, SPOT)).hex()
        call = {"from": MARKET, "to": self.vault.address, "data": f"0x{data}", "gas": hex(10**6)}
        self.backend.request("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
        sent = self.backend.request("eth_sendTransactionSync", call | {"gasPrice": hex(BASE_FEE)})
        assert sent["status"] == "0x1"
        self.backend.request("anvil_setNextBlockBaseFeePerGas", "0x0")
        got = self.token.call("balanceOf", CALLER) - before
        own = [log["data"] for log in sent["logs"] if log["address"].lower() == self.vault.address.lower()]
        assert [int(amount, 16) for amount in own] == ([got] if got else [])  # the event tells it
        return got

    def behave(self, mode):
        self.token.send("set_mode", MODES.index(mode), sender=DEPLOYER)
        self.token.send("refuse", CALLER, True, sender=DEPLOYER)  # noqa: FBT003 - the ABI's flag

    def fees(self):
        return self.vault.call("buckets").protocol_fees


@pytest.fixture(scope="module")
def node():
    with running_anvil() as url:
        yield Upkeep(url)


@pytest.fixture
def upkeep(node):
    fresh = node.backend.snapshot()
    yield node
    node.backend.revert(fresh)


def test_reward__pays_the_gas_at_the_base_fee_and_a_quarter_more(upkeep):
    assert upkeep.fees() == FEES
    assert upkeep.reward() == REWARD
    assert upkeep.fees() == FEES - REWARD
    buckets = upkeep.vault.call("buckets")
    assert sum(buckets[:4]) == upkeep.token.call("balanceOf", upkeep.vault.address)


def test_rewards_of_a_day__stay_within_the_budget_until_the_next_one(upkeep):
    assert [upkeep.reward() for _ in range(3)] == [REWARD, BUDGET - REWARD, 0]
    end = upkeep.backend.now // 86_400 * 86_400 + 86_400
    upkeep.backend.warp(end - 2 - upkeep.backend.now)
    assert upkeep.reward() == 0  # in the last second of the day
    assert upkeep.backend.now == end - 1
    assert upkeep.reward() == REWARD


def test_rewards__beyond_the_fees__pay_what_is_there_and_then_nothing(upkeep):
    paid = []
    for _ in range(4):
        paid.append(upkeep.reward(gas=10**7))
        upkeep.backend.warp(86_400)
    assert paid == [BUDGET, BUDGET, FEES - 2 * BUDGET, 0]
    assert upkeep.fees() == 0


@pytest.mark.parametrize("mode", ["REFUSES", "RETURNS_FALSE", "BURNS_GAS"])
def test_reward__that_the_token_refuses__is_forgone_and_leaves_fees_and_budget(upkeep, mode):
    upkeep.behave(mode)
    assert upkeep.reward() == 0
    assert upkeep.fees() == FEES
    upkeep.behave("HONEST")
    assert upkeep.reward(gas=10**7) == BUDGET


def test_reward__of_a_token_without_return_value__is_paid(upkeep):
    upkeep.behave("RETURNS_NOTHING")
    assert upkeep.reward() == REWARD
    assert upkeep.fees() == FEES - REWARD
