"""The same contract on Anvil and on the in-process EVM."""

import pytest

from pyvault.chain.anvil import find_anvil, running_anvil
from pyvault.chain.artifacts import load
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.codec import functions
from pyvault.chain.pricer import Pricer
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend
from pyvault.errors import ChainError, ContractError, SetupError

OPTION = {
    "forward": 3_000.0,
    "strike": 3_200.0,
    "implied_vol": 0.8,
    "time_to_expiry_s": 30 * 86_400,
    "rate": 0.05,
}


@pytest.fixture(scope="module")
def pricers(rpc):
    return Pricer.deploy(rpc), Pricer.deploy(RevmBackend())


def test_value__on_both_backends__is_the_same(pricers):
    on_anvil, in_process = (pricer.value(**OPTION) for pricer in pricers)
    assert on_anvil == in_process


def test_code__on_both_backends__is_the_compiled_runtime(pricers):
    codes = {pricer.contract.backend.code(pricer.contract.address) for pricer in pricers}
    assert codes == {load("OptionPricer").runtime}


def test_a_refused_call__on_both_backends__carries_the_revert_reason(pricers):
    reasons = set()
    for pricer in pricers:
        with pytest.raises(ContractError) as caught:
            pricer.value(**OPTION | {"forward": 0.0})
        reasons.add(caught.value.reason)
    assert len(reasons) == 1
    assert reasons.pop().startswith("pricer: ")


def test_transact__that_reverts__is_mined_with_its_reason(rpc, pricers):
    entry = functions(load("OptionPricer"))["black76"]
    address = pricers[0].contract.address
    receipt = rpc.transact(address, entry.encode([0, 10**18, 10**18, 86_400, 0]), DEPLOYER)
    assert not receipt.status
    assert receipt.reason.startswith("pricer: ")


def test_deploy__of_broken_code__raises(rpc):
    for backend in (rpc, RevmBackend()):
        with pytest.raises(ContractError):
            backend.deploy(bytes.fromhex("5f5ffd"), DEPLOYER)


def test_request__to_a_node_that_is_gone__names_the_url():
    with running_anvil() as url:
        backend = RpcBackend(url)
        assert backend.request("eth_chainId") == hex(31_337)
    with pytest.raises(ChainError, match=url):
        backend.request("eth_chainId")


def test_running_anvil__on_a_port_in_use__says_what_the_node_said(anvil_url):
    port = int(anvil_url.rsplit(":", 1)[1])
    with pytest.raises(SetupError, match=r"did not start.*in use"), running_anvil(port=port):
        pass


def test_find_anvil__where_there_is_none__says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ANVIL", raising=False)
    monkeypatch.setattr("pyvault.chain.anvil._PROJECT", tmp_path)
    with pytest.raises(SetupError, match="make setup"):
        find_anvil()
