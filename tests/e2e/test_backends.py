"""The same contract on Anvil and on the in-process EVM."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from pyvault.chain.anvil import anvil_version, find_anvil, running_anvil
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


def script(path, text):
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_running_anvil__of_a_file_that_is_no_program__says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("ANVIL", script(tmp_path / "anvil", "neither script nor binary"))
    for use in (running_anvil().__enter__, anvil_version):
        with pytest.raises(SetupError, match="does not run as Anvil"):
            use()


def test_anvil_version__of_a_program_that_fails__says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("ANVIL", script(tmp_path / "anvil", "#!/bin/sh\nexit 3\n"))
    with pytest.raises(SetupError, match="does not run as Anvil"):
        anvil_version()


@pytest.mark.parametrize("name", ["absent", "."])
def test_find_anvil__where_the_named_one_is_no_file__does_not_take_another(monkeypatch, tmp_path, name):
    monkeypatch.setenv("ANVIL", str(tmp_path / name))
    with pytest.raises(SetupError, match="is not an executable file"):
        find_anvil()


def test_running_anvil__that_ignores_being_told_to_end__is_killed(monkeypatch, tmp_path):
    note_pid = "echo $$ > $0.pid"
    announce = "echo Listening on 127.0.0.1:1"
    stubborn = f"#!/bin/sh\ntrap '' TERM\n{note_pid}\n{announce}\nwhile :; do sleep 0.1; done\n"
    monkeypatch.setenv("ANVIL", script(tmp_path / "anvil", stubborn))
    monkeypatch.setattr("pyvault.chain.anvil._STOP_TIMEOUT_S", 0.2)
    with pytest.raises(ChainError, match="does not answer"), running_anvil():
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "anvil.pid").read_text(encoding="utf-8")), 0)


def hear_signals():
    """A suite that runs in the background hands down deaf ears."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_demo__told_to_end__exits_130_and_leaves_no_node(monkeypatch, tmp_path, name):
    silent = "#!/bin/sh\necho $$ > $0.pid\nexec sleep 60\n"
    monkeypatch.setenv("ANVIL", script(tmp_path / "anvil", silent))
    command = [sys.executable, "-c", "from pyvault.cli import main; main()", "demo"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hear_signals,  # noqa: PLW1509 - it does nothing that a thread could hold
    ) as process:
        number = tmp_path / "anvil.pid"
        deadline = time.monotonic() + 60
        while not (number.exists() and number.read_text(encoding="utf-8").strip()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.Signals[name])
        assert process.wait(timeout=30) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text(encoding="utf-8")), 0)


def test_demo__interrupted_in_the_midst_of_its_day__exits_130_and_leaves_no_node(monkeypatch, tmp_path):
    door = tmp_path / "node.ipc"
    announced = f'#!/bin/sh\necho $$ > $0.pid\nexec {find_anvil()} "$@" --ipc {door}\n'
    monkeypatch.setenv("ANVIL", script(tmp_path / "anvil", announced))
    command = [sys.executable, "-c", "from pyvault.cli import main; main()", "demo", "--json"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=hear_signals,  # noqa: PLW1509 - it does nothing that a thread could hold
    ) as process:
        deadline = time.monotonic() + 60
        block = 0
        while block < 40:  # until the day has begun
            assert time.monotonic() < deadline
            time.sleep(0.01)
            with suppress(ChainError):  # until the node listens
                block = RpcBackend(str(door)).block
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the node hears it too
        assert process.wait(timeout=30) == 130
        assert b"Traceback" not in process.stderr.read()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "anvil.pid").read_text(encoding="utf-8")), 0)


def test_find_anvil__where_there_is_none__says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ANVIL", raising=False)
    monkeypatch.setattr("pyvault.chain.anvil._PROJECT", tmp_path)
    with pytest.raises(SetupError, match="make setup"):
        find_anvil()
