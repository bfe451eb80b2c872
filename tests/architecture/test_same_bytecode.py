"""vyper, ape and titanoboa compile each contract to the same bytes: what is tested is what deploys."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import boa
import pytest
from support.tree import ROOT

from pyvault.chain.artifacts import CONTRACTS, load
from pyvault.chain.build import deployables

PATHS = deployables()
BIN = Path(sys.executable).parent


def without_prefix(code):
    return bytes.fromhex(code.removeprefix("0x"))


@pytest.fixture(scope="module")
def ape_types(tmp_path_factory):
    """Contract types that a forced ``ape compile`` writes, in a copy of the project without any cache."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(CONTRACTS, project / "contracts")
    shutil.copy(ROOT / "ape-config.yaml", project)
    environment = os.environ | {
        "APE_DATA_FOLDER": str(project / "data"),
        "PATH": os.pathsep.join((str(BIN), str(ROOT / "node_modules" / ".bin"), os.environ["PATH"])),
    }
    run = subprocess.run(
        [str(BIN / "ape"), "compile", "-f"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    manifest = json.loads((project / ".build" / "__local__.json").read_text(encoding="utf-8"))
    return manifest["contractTypes"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_bytecode__of_the_command_line_compiler__is_the_artifact(path):
    run = subprocess.run(
        [str(BIN / "vyper"), "-f", "bytecode,bytecode_runtime", "-p", str(CONTRACTS), str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    created, runtime = map(without_prefix, run.stdout.split())
    assert created == load(path.stem).initcode
    assert runtime == load(path.stem).runtime


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_bytecode__of_titanoboa__is_the_artifact(path, monkeypatch):
    # titanoboa 0.2.8 looks only at a contract and the modules it names: its cache on disk serves old bytecode
    # when a module of a module has changed.
    monkeypatch.setattr("boa.interpret._disk_cache", None)
    data = boa.load_partial(str(path)).compiler_data
    assert data.bytecode == load(path.stem).initcode
    assert data.bytecode_runtime == load(path.stem).runtime


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_bytecode__of_ape__is_the_artifact(path, ape_types):
    kind = ape_types[path.stem]
    assert without_prefix(kind["deploymentBytecode"]["bytecode"]) == load(path.stem).initcode
    assert without_prefix(kind["runtimeBytecode"]["bytecode"]) == load(path.stem).runtime


def test_bytecode__of_another_contract__differs(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.vy").write_text(
            f"# pragma version 0.4.3\n{name}: public(uint256)\n", encoding="utf-8"
        )
    one, two = (
        boa.load_partial(str(tmp_path / f"{name}.vy")).compiler_data.bytecode for name in ("one", "two")
    )
    assert one != two
