"""Compiled contracts as package data."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.tree import ROOT
from vyper.cli.vyper_compile import compile_files

from pyvault.chain import artifacts
from pyvault.chain import build as builder
from pyvault.chain.artifacts import CONTRACTS, deployables, load, source_hash
from pyvault.chain.build import build
from pyvault.errors import SetupError


def test_load__of_each_deployable__is_current():
    for path in deployables():
        artifact = load(path.stem)
        assert artifact.source_hash == source_hash(artifact.sources, CONTRACTS)
        assert artifact.runtime
        assert artifact.runtime in artifact.initcode


@pytest.mark.parametrize("name", ["MarginEngine", "SpotOracle"])
def test_sources__of_a_contract_compiled_now__are_the_files_that_its_archive_carries(name):
    """The compiler packs what a verifier needs to compile the contract elsewhere."""
    path = CONTRACTS / f"{name}.vy"
    archive = compile_files([str(path)], ["solc_json"], paths=[str(CONTRACTS)])[path]["solc_json"]
    packed = {Path(each).as_posix().removeprefix("contracts/") for each in archive["sources"]}
    ours = {each for each in packed if (CONTRACTS / each).exists()}
    assert set(builder.compiled(path)["sources"]) == set(load(name).sources) == ours
    assert path.name in ours


def test_load__of_an_unknown_name__says_what_is_built_and_what_to_do():
    with pytest.raises(SetupError, match=r"OptionPricer.*make artifacts"):
        load("Nothing")


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """A copy of the contracts that stands for the tree, and the artifacts with it."""
    for name, folder in (("CONTRACTS", CONTRACTS), ("ARTIFACTS", artifacts.ARTIFACTS)):
        shutil.copytree(folder, tmp_path / name.lower())
        for module in (artifacts, builder):
            monkeypatch.setattr(module, name, tmp_path / name.lower())
    monkeypatch.setattr(builder, "deployables", lambda: deployables(tmp_path / "contracts"))
    load.cache_clear()
    yield tmp_path / "contracts"
    load.cache_clear()


@pytest.mark.parametrize(
    ("file", "stale", "kept"),
    [
        ("libs/math/power.vy", "TradePricer", "RiskParameters"),
        ("interfaces/ISpotOracle.vyi", "SpotOracle", "VolSurface"),
        ("RiskParameters.vy", "RiskParameters", "OptionMarket"),
    ],
)
def test_load__after_a_source_changed__refuses_what_was_built_from_it_alone(changed, file, stale, kept):
    with (changed / file).open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    assert load(kept).name == kept
    with pytest.raises(SetupError, match="older than contracts/"):
        load(stale)


def test_build__after_a_source_changed__compiles_what_was_built_from_it_alone(changed):
    before = load("DevnetFeed").initcode
    load.cache_clear()
    feed = changed / "devnet" / "DevnetFeed.vy"
    text = feed.read_text(encoding="utf-8")
    feed.write_text(text.replace("self.phase_id = 1\n", "self.phase_id = 2\n"), encoding="utf-8")
    assert build() == ["DevnetFeed"]
    assert load("DevnetFeed").initcode != before
    assert build() == []


def test_source_hash__after_a_file_was_added__is_another(changed):
    """The compiler may find the new file where it found another before."""
    sources = load("MarginEngine").sources
    before = source_hash(sources, changed)
    (changed / "libs" / "unused.vy").write_text("# nothing\n", encoding="utf-8")
    assert source_hash(sources, changed) != before
    assert not any(artifacts.is_current(path.stem) for path in deployables(changed))


def test_sources__of_a_tree_reached_by_a_link__are_the_same(tmp_path, monkeypatch):
    """They were the contract's own file alone: what its modules became was never compiled."""
    linked = tmp_path / "linked"
    linked.symlink_to(CONTRACTS)
    monkeypatch.setattr(builder, "CONTRACTS", linked)
    record = builder.compiled(linked / "devnet" / "DevnetFeed.vy")
    assert tuple(record["sources"]) == load("DevnetFeed").sources
    assert record["source_hash"] == load("DevnetFeed").source_hash
    assert len(record["sources"]) > 1


def test_build__where_a_source_changes_under_the_compiler__is_refused_and_leaves_no_artifact(
    changed, monkeypatch
):
    feed, compile_ = changed / "devnet" / "DevnetFeed.vy", builder.outputs_from_compiler_data

    def compile_slowly(*arguments):
        output = compile_(*arguments)
        with feed.open("a", encoding="utf-8") as source:
            source.write("# changed again\n")
        return output

    with feed.open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    monkeypatch.setattr(builder, "outputs_from_compiler_data", compile_slowly)
    with pytest.raises(SetupError, match="changed while 'DevnetFeed' was compiled"):
        build()
    assert not artifacts.is_current("DevnetFeed")


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
