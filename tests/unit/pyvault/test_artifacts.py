"""Compiled contracts as package data."""

import shutil
import zipfile

import pytest
from flit_core.buildapi import build_wheel
from support.tree import ROOT

from pyvault.chain import artifacts
from pyvault.chain.artifacts import CONTRACTS, load, source_hash
from pyvault.chain.build import build, deployables
from pyvault.errors import SetupError


def test_load__of_each_deployable__is_current():
    for path in deployables():
        artifact = load(path.stem)
        assert artifact.source_hash == source_hash()
        assert artifact.runtime
        assert artifact.runtime in artifact.initcode


def test_load__of_an_unknown_name__says_what_is_built_and_what_to_do():
    with pytest.raises(SetupError, match=r"OptionPricer.*make artifacts"):
        load("Nothing")


def test_load__after_a_source_changed__refuses(tmp_path, monkeypatch):
    changed = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, changed)
    interface = next(changed.rglob("*.vyi"))
    interface.write_text(interface.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    monkeypatch.setattr(artifacts, "source_hash", lambda: source_hash(changed))
    load.cache_clear()
    with pytest.raises(SetupError, match="older than contracts/"):
        load("OptionPricer")
    load.cache_clear()


def test_source_hash__changes_with_a_module_that_no_contract_names(tmp_path):
    changed = tmp_path / "contracts"
    shutil.copytree(CONTRACTS, changed)
    (changed / "libs" / "unused.vy").write_text("# nothing\n", encoding="utf-8")
    assert source_hash(changed) != source_hash()


def test_build__of_current_artifacts__compiles_nothing():
    assert build() == []


def test_wheel__of_the_package__carries_the_artifacts_and_its_types(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with zipfile.ZipFile(tmp_path / build_wheel(str(tmp_path))) as wheel:
        files = set(wheel.namelist())
    expected = {f"pyvault/chain/artifacts/{path.stem}.json" for path in deployables()}
    assert expected | {"pyvault/py.typed"} <= files
