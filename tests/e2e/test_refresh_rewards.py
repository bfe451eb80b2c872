"""What a refresh is rewarded for, on a node with a base fee."""

from __future__ import annotations

import pytest
from support.market_gas import TRADED, TRADER, series, stand
from support.world_gas import BEGIN

from pyvault.chain.anvil import running_anvil
from pyvault.chain.rpc import RpcBackend
from pyvault.units import WAD

CALLER = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
BASE_FEE = 20 * 10**9


@pytest.fixture(scope="module")
def system():
    with running_anvil(timestamp=BEGIN) as url:
        suite = stand(RpcBackend(url))
        suite.buy(TRADER, series(9), 700.0)  # fees to pay from
        yield suite


def refreshed(system, expiry, seconds=2_400):
    """Gas of a refresh so long after the last, and its reward in gas at the base fee."""
    system.warp(seconds)
    system.set_spot(3_000.0)
    system.mine(1)
    market, backend = system.part("market"), system.backend
    before = system.balance(CALLER, "quote_token")
    data = market.function("refresh").encode((expiry,)).hex()
    backend.set_balance(CALLER, 10**20)
    backend.request("anvil_setNextBlockBaseFeePerGas", hex(BASE_FEE))
    call = {"from": CALLER, "to": market.address, "data": f"0x{data}", "gas": hex(3 * 10**6)}
    sent = backend.request("eth_sendTransactionSync", call | {"gasPrice": hex(BASE_FEE)})
    backend.request("anvil_setNextBlockBaseFeePerGas", "0x0")
    assert sent["status"] == "0x1"
    paid = (system.balance(CALLER, "quote_token") - before) * 10**12
    return int(sent["gasUsed"], 16), paid * WAD // (BASE_FEE * 3_000 * WAD)


def test_reward__of_a_refresh__is_about_its_gas_however_few_the_strikes(system):
    small, its_reward = refreshed(system, min(system.part("market").call("expiries")))
    assert small < 550_000
    assert small < its_reward < small * 5 // 4
    large, reward = refreshed(system, TRADED)
    assert large > 800_000
    assert reward == 875_000  # the most, a quarter more than 700,000


def test_reward__of_a_refresh__is_paid_once_half_of_what_makes_a_cache_stale_has_passed(system):
    system.refresh(None, TRADED)
    at = system.exposures(TRADED).refreshed_at
    assert refreshed(system, TRADED, 1_790)[1] == 0  # which was a refresh all the same
    assert system.exposures(TRADED).refreshed_at > at + 1_790
    assert refreshed(system, TRADED, 1_800)[1] > 0
