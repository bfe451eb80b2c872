"""The list of planted faults keeps up with the code: each can be planted, and its test exists."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
import tomllib

import pytest
from support.tree import ROOT

SPEC = importlib.util.spec_from_file_location("planted_faults", ROOT / "scripts" / "planted_faults.py")
planted_faults = importlib.util.module_from_spec(SPEC)
sys.modules["planted_faults"] = planted_faults
SPEC.loader.exec_module(planted_faults)

MUTANTS = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text(encoding="utf-8"))["mutant"]


def faults(mutant, source, test_source):
    """Why a mutant could not be planted, or could not be caught."""
    found = []
    if source.count(mutant["find"]) != 1:
        found.append(f"occurs {source.count(mutant['find'])} times, not once: {mutant['find']}")
    if mutant["find"] == mutant["replace"]:
        found.append("changes nothing")
    name = mutant["test"].partition("::")[2].partition("[")[0]
    if name and not re.search(rf"^def {re.escape(name)}\(", test_source, flags=re.MULTILINE):
        found.append(f"no such test: {mutant['test']}")
    return found


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant["law"])
def test_mutant__of_the_list__can_be_planted_and_caught(mutant):
    source = (ROOT / mutant["file"]).read_text(encoding="utf-8")
    test_source = (ROOT / mutant["test"].partition("::")[0]).read_text(encoding="utf-8")
    assert faults(mutant, source, test_source) == []


def test_mutants__of_the_list__have_names_of_their_own():
    names = [(mutant["file"], mutant["law"]) for mutant in MUTANTS]
    assert len(set(names)) == len(names) > 0


GOOD = {"find": "a + b", "replace": "a - b", "test": "tests/test_sum.py::test_sum[1]"}


@pytest.mark.parametrize(
    ("change", "source"),
    [
        ({}, "x = a * b"),
        ({}, "a + b, a + b"),
        ({"replace": "a + b"}, "a + b"),
        ({"test": "t.py::gone"}, "a + b"),
    ],
)
def test_faults__planted__are_found(change, source):
    assert len(faults(GOOD | change, source, "def test_sum(x):")) == 1


def test_faults__of_a_good_mutant__are_none():
    assert faults(GOOD, "a + b", "def test_sum(x):") == []


@pytest.fixture
def tree(tmp_path):
    """This tree, but for where copies are made: another run may be at work there."""
    for path in ROOT.iterdir():
        if path.name not in {".build", "tests"}:
            (tmp_path / path.name).symlink_to(path)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.large
def test_fails_unbroken__with_a_test_that_fails_in_any_copy__is_true(tree, capsys):
    bad = tree / "tests" / "test_of_everything.py"
    bad.write_text("def test_good():\n    pass\n\n\ndef test_bad():\n    assert False\n", encoding="utf-8")
    good, wrong = (
        planted_faults.Mutant(
            file="", find="", replace="", law="", test=f"tests/test_of_everything.py::{name}"
        )
        for name in ("test_good", "test_bad")
    )
    assert not planted_faults.fails_unbroken([good], tree)
    assert planted_faults.fails_unbroken([good, wrong], tree)
    assert "test_bad" in capsys.readouterr().out


def test_is_caught__code_that_does_not_compile__is_not(tree, capsys):
    broken = planted_faults.Mutant(
        file="contracts/OptionPricer.vy",
        find="# pragma version 0.4.3",
        replace="# pragma version 0.4.4",
        test="tests/unit/pyvault/test_artifacts.py",
        law="a fault compiles",
    )
    assert not planted_faults.is_caught(broken, tree)
    assert "does not compile" in capsys.readouterr().out
