"""The devnet that outlives its command, its record of addresses, and deployment through ape."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.tree import ROOT
from typer.testing import CliRunner

from pyvault.chain.anvil import find_anvil, running_anvil
from pyvault.chain.devnet import RECORD
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System, SystemConfig
from pyvault.cli import app
from pyvault.errors import InputError, SetupError


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Commands in an empty folder; whatever they left up is stopped."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        result = CliRunner().invoke(app, ["devnet", *arguments, "--json"], catch_exceptions=False)
        assert result.exit_code == 0
        return json.loads(result.output)

    yield command
    if command("status")["up"]:
        command("down")


def test_devnet__up_save_load_down__keeps_the_suite_and_its_clock(run, tmp_path):
    started = run("up", "--port", "0", "--spot", "2500", "--timestamp", "1767254400")
    system = System.attach(RpcBackend(started["url"]), tmp_path / "deployments" / "31337.json")
    before = run("status")
    assert (before["up"], before["spot"], before["reading"]) == (True, 2_500.0, "ACCEPTED")
    assert before["contracts"] == {duty: each.address for duty, each in system.contracts.items()}
    run("save", "state.json")
    system.warp(3_600)
    system.set_spot(2_600)
    assert run("status")["spot"] == 2_600.0
    run("load", "state.json")
    after = run("status")
    assert after["spot"] == 2_500.0
    assert after["timestamp"] == before["timestamp"] + 1
    assert run("down") == {"stopped": started["url"]}
    assert run("status") == {"up": False}
    assert not (tmp_path / "deployments" / "31337.json").exists()


def test_devnet__twice_up_or_down_while_none_is_up__is_refused_with_a_remedy(run):
    with pytest.raises(SetupError, match="devnet up"):
        run("down")
    with pytest.raises(SetupError, match="devnet up"):
        run("save", "state.json")
    run("up", "--port", "0")
    with pytest.raises(SetupError, match="devnet down"):
        run("up", "--port", "0")
    Path("broken.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SetupError, match="no saved state"):
        run("load", "broken.json")


def test_devnet__whose_node_hangs__is_not_forgotten_and_can_be_stopped(run, monkeypatch):
    monkeypatch.setattr("pyvault.chain.devnet._PING_S", 0.2)
    monkeypatch.setattr("pyvault.chain.devnet._LAST_WORDS_S", 0.2)
    pid = run("up", "--port", "0")["pid"]
    os.kill(pid, signal.SIGSTOP)
    for command in (("status",), ("up", "--port", "0"), ("save", "state.json")):
        with pytest.raises(SetupError, match=f"process {pid} lives.*devnet down"):
            run(*command)
    run("down")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert run("status") == {"up": False}


def test_devnet__whose_node_died__is_forgotten_and_another_comes_up(run):
    first = run("up", "--port", "0")
    os.kill(first["pid"], signal.SIGKILL)
    assert run("status") == {"up": False}
    second = run("up", "--port", "0")
    assert second["pid"] != first["pid"]
    assert run("status")["reading"] == "ACCEPTED"


@pytest.mark.parametrize("record", ["[1]", "{}", "nothing", '{"pid": -1, "url": "http://127.0.0.1:1"}'])
def test_devnet__with_a_record_that_is_none__is_down(run, record):
    RECORD.write_text(record, encoding="utf-8")
    assert run("status") == {"up": False}
    with pytest.raises(SetupError, match="devnet up"):
        run("down")


def test_devnet__on_a_port_in_use__leaves_nothing_behind(run, tmp_path, anvil_url):
    with pytest.raises(SetupError, match="in use"):
        run("up", "--port", anvil_url.rsplit(":", 1)[1])
    assert list(tmp_path.iterdir()) == []


def test_devnet__saved_to_where_nothing_can_be_written__names_the_file(run):
    run("up", "--port", "0")
    with pytest.raises(InputError, match=r"target.*absent.*No such file"):
        run("save", "absent/state.json")


def test_devnet__dry_run__does_nothing(run, tmp_path):
    for arguments in (("up",), ("down",), ("save", "a.json"), ("load", "a.json")):
        assert "would" in run(*arguments, "--dry-run")
    assert run("status") == {"up": False}
    assert list(tmp_path.iterdir()) == []


def test_attach__to_another_chain__is_refused(tmp_path):
    with running_anvil() as first, running_anvil() as second:
        path = System.deploy(RpcBackend(first)).save_addresses(31_337, tmp_path)
        assert System.attach(RpcBackend(first), path).spot()[0] == 3_000 * 10**18
        with pytest.raises(SetupError, match="does not run"):
            System.attach(RpcBackend(second), path)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda _: {},
        lambda record: record | {"config": record["config"] | {"colour": "red"}},
        lambda record: record | {"config": None},
        lambda record: record | {"contracts": {"feed": "0x12"}},
        lambda record: record | {"contracts": {"feed": {"address": "0x12"}}},
    ],
)
def test_attach__to_a_file_that_is_no_record__is_refused(tmp_path, change):
    backend = RevmBackend()
    config = SystemConfig(market="0x" + "F6" * 20)
    path = System.deploy(backend, config).save_addresses(31_337, tmp_path)
    assert System.attach(backend, path).config == config
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    with pytest.raises(SetupError, match="no record"):
        System.attach(backend, path)


def test_ape_run_deploy__on_a_local_node__writes_addresses(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "deploy.py", tmp_path / "scripts")
    shutil.copy(ROOT / "ape-config.yaml", tmp_path)
    tools = os.pathsep.join((str(Path(sys.executable).parent), str(Path(find_anvil()).parent)))
    environment = os.environ | {
        "PATH": tools + os.pathsep + os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "APE_DATA_FOLDER": str(tmp_path / ".ape"),
    }
    command = ["ape", "run", "deploy", "--network", "ethereum:local:foundry"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(next((tmp_path / "deployments").glob("*.json")).read_text(encoding="utf-8"))
    assert {"parameters", "spot_oracle", "vol_surface", "pricer"} <= record["contracts"].keys()
    assert all(entry["address"] in done.stdout for entry in record["contracts"].values())
