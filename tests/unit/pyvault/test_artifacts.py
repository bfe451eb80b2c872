"""Compiled contracts as package data."""

import shutil
import subprocess
import sys
import zipfile

import pytest
from support.tree import ROOT

from pyvault.chain import artifacts
from pyvault.chain.artifacts import CONTRACTS, deployables, load, source_hash
from pyvault.chain.build import build
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


@pytest.fixture
def tree(tmp_path):
    """A copy of what a wheel is made from."""
    copy = tmp_path / "tree"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("contracts", "pyvault"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "build_backend.py", copy / "scripts")
    return copy


def make(tree, hook):
    """What the build backend says of making a distribution in ``dist``."""
    (tree / "dist").mkdir(exist_ok=True)
    code = f"import sys; sys.path.insert(0, 'scripts'); import build_backend as b; print(b.{hook}('dist'))"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_wheel__of_the_source_distribution_by_pip__carries_the_artifacts_and_its_types(tree):
    source = f"dist/{make(tree, 'build_sdist').stdout.strip()}"
    pip = [sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-deps", "-w", "wheels", source]
    subprocess.run(pip, cwd=tree, capture_output=True, check=True)
    with zipfile.ZipFile(next((tree / "wheels").glob("*.whl"))) as wheel:
        files = set(wheel.namelist())
    expected = {f"pyvault/chain/artifacts/{path.stem}.json" for path in deployables()}
    assert expected | {"pyvault/py.typed"} <= files


@pytest.mark.parametrize("fault", ["none built", "one missing", "older than contracts/"])
def test_wheel__without_the_contracts_of_its_sources__is_refused_with_a_remedy(tree, fault):
    built = tree / "pyvault" / "chain" / "artifacts"
    if fault == "none built":
        shutil.rmtree(built)
    elif fault == "one missing":
        next(built.glob("*.json")).unlink()
    else:
        with next((tree / "contracts").rglob("*.vyi")).open("a", encoding="utf-8") as source:
            source.write("# changed\n")
    refused = make(tree, "build_wheel")
    assert refused.returncode != 0
    assert "make artifacts" in refused.stderr
    assert list((tree / "dist").iterdir()) == []
    assert make(tree, "build_editable").returncode == 0  # set-up installs before it compiles
