"""Gas of a state-changing call comes from a node's receipt: in process, warm storage makes it too low."""

from __future__ import annotations

import re

import pytest
from support.tree import ROOT

from pyvault.chain.artifacts import load
from pyvault.chain.codec import functions

STATED = {"pyvault/chain/backend.py", "pyvault/chain/revm.py"}  # the field, and the engine that fills it in
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


def faults(text):
    """Why a reader of gas used may read it in process."""
    return [
        problem
        for problem, is_there in (
            ("names no node", "RpcBackend" not in text),
            ("names the engine in process", "RevmBackend" in text),
        )
        if is_there
    ]


def test_gas_used__is_read_where_a_node_tells_it__and_nowhere_else():
    names = readers(ROOT) - STATED - PURE
    assert "pyvault/cli/demo.py" in names
    found = {name: faults((ROOT / name).read_text(encoding="utf-8")) for name in names}
    assert not any(found.values()), found


@pytest.mark.parametrize("engine", ["", "from pyvault.chain.revm import RevmBackend\n"])
@pytest.mark.parametrize("line", ["receipt.gas_used", "x = each.gas_used - 21_000"])
def test_reader__planted__is_found(tmp_path, line, engine):
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "fees.py").write_text(engine + line, encoding="utf-8")
    assert readers(tmp_path) == {"bench/fees.py"}
    assert faults(engine + line) != []
    assert faults("from pyvault.chain.rpc import RpcBackend\n" + line) == []


def test_gas_measured_in_process__is_of_the_pricer__whose_functions_touch_no_storage():
    assert {entry.mutability for entry in functions(load("OptionPricer")).values()} == {"pure"}
    assert readers(ROOT, MEASURED) == {"tests/support/gas.py"}
