"""Gas of a state-changing call comes from a node's receipt: in process, warm storage makes it too low."""

from __future__ import annotations

import re

import pytest
from support.tree import ROOT

from pyvault.chain.artifacts import load
from pyvault.chain.codec import functions

STATED = {"pyvault/chain/backend.py", "pyvault/chain/revm.py"}  # the field, and the engine that fills it in
FROM_NODES = {"pyvault/chain/rpc.py", "pyvault/cli/demo.py"}
PURE = {"tests/support/evm.py"}  # measures what touches no storage: see below
WORD = re.compile(r"\bgas_used\b")
MEASURED = re.compile(r"\.gas\(")  # of support.evm.Contract


def readers(root, word=WORD):
    """Files of the package, the scripts, the benches and the tests' support that hold a word."""
    folders = ("pyvault", "scripts", "bench", "tests/support")
    paths = [path for folder in folders for path in (root / folder).rglob("*.py")]
    return {
        path.relative_to(root).as_posix() for path in paths if word.search(path.read_text(encoding="utf-8"))
    }


def test_gas_used__is_read_where_a_node_tells_it__and_nowhere_else():
    assert readers(ROOT) == STATED | FROM_NODES | PURE
    for name in FROM_NODES:
        assert "RevmBackend" not in (ROOT / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("line", ["receipt.gas_used", "x = each.gas_used - 21_000"])
def test_readers__planted__are_found(tmp_path, line):
    for name in ("bench", "pyvault", "scripts", "tests/support"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bench" / "fees.py").write_text(line, encoding="utf-8")
    assert readers(tmp_path) == {"bench/fees.py"}


def test_gas_measured_in_process__is_of_the_pricer__whose_functions_touch_no_storage():
    assert {entry.mutability for entry in functions(load("OptionPricer")).values()} == {"pure"}
    assert readers(ROOT, MEASURED) == {"tests/support/gas.py"}
