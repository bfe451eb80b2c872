"""Files stay short, debts stay out, and each module says what it offers."""

from __future__ import annotations

import ast
import re

import pytest
from support.tree import ROOT, TEXT, files, sources

BUDGETS = {"contract": 450, "module": 300, "interface": 300, "python": 350, "test": 400}  # lines
LONGER = {}  # path -> why it may be longer; an entry that is no longer needed fails
DEBT = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")


def kind_of(path):
    name = path.split("/")[-1]
    if name.endswith(".vyi"):
        return "interface"
    if name.endswith(".vy"):
        return "contract" if name[0].isupper() else "module"
    return "test" if path.startswith("tests/") else "python"


def is_too_long(path, text):
    return len(text.splitlines()) > BUDGETS[kind_of(path)]


def debts(text):
    return [line for line in text.splitlines() if DEBT.search(line)]


def shown_order(name):
    """CONSTANTS, then Classes, then functions, each by name: the order that the linter writes."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def export_faults(text):
    """Public functions and classes that ``__all__`` misses, names that it invents, and a wrong order."""
    offered, defined, public = None, set(), set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
            public |= {node.name} - {name for name in (node.name,) if name.startswith("_")}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            defined |= names
            if "__all__" in names:
                offered = ast.literal_eval(node.value)
    if offered is None:
        return [f"{name}: public, and the module has no __all__" for name in sorted(public)]
    faults = [f"{name}: public, not in __all__" for name in sorted(public - set(offered))]
    faults += [f"{name}: in __all__, not defined" for name in offered if name not in defined]
    if offered != sorted(offered, key=shown_order):
        faults.append(f"__all__: must read {sorted(offered, key=shown_order)}")
    return faults


def is_offering(path, text):
    """Whether a module must say what it offers: nobody imports commands; kernels, which others call through
    their module (`kernels.price`), may offer all that they hold.
    """
    is_kernel_for_all = path.startswith("pyvault/kernels/") and "__all__" not in text
    return not is_kernel_for_all and not path.startswith("pyvault/cli/")


def test_files__of_the_tree__stay_within_their_budget():
    code = sources(".py", ".vy", ".vyi")
    assert {path for path, text in code.items() if is_too_long(path, text)} == set(LONGER)


def test_text__of_the_tree__holds_no_debt():
    owed = {
        path.relative_to(ROOT).as_posix(): debts(path.read_text(encoding="utf-8"))
        for path in files()
        if path.suffix in TEXT
    }
    assert {path: lines for path, lines in owed.items() if lines} == {}


@pytest.mark.parametrize(
    ("path", "lines", "expected"),
    [
        ("contracts/Vault.vy", 450, False),
        ("contracts/Vault.vy", 451, True),
        ("contracts/libs/roles.vy", 301, True),
        ("pyvault/units.py", 351, True),
        ("bench/units.py", 350, False),
        ("tests/unit/test_a.py", 400, False),
        ("tests/unit/test_a.py", 401, True),
    ],
)
def test_budget__one_line_over__is_too_long(path, lines, expected):
    assert is_too_long(path, "x\n" * lines) is expected


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" * 3])
def test_debts__planted_word__is_found(word):
    assert debts(f"a = 1  # {word}: later") != []
    assert debts(f"a = {word.lower()}_list") == []


@pytest.mark.parametrize(
    "path", [path for path, text in sources(".py", below="pyvault").items() if is_offering(path, text)]
)
def test_module__of_the_package__exports_its_public_names_in_order(path):
    assert export_faults(sources(".py", below="pyvault")[path]) == []


@pytest.mark.parametrize(
    "text",
    [
        "def price(): ...",
        "__all__ = ['a']\ndef a(): ...\ndef b(): ...",
        "__all__ = ['a', 'b']\ndef a(): ...",
        "__all__ = ['b', 'a']\ndef a(): ...\ndef b(): ...",
        "__all__ = ['a', 'B']\ndef a(): ...\nclass B: ...",
    ],
)
def test_export_faults__planted_fault__is_found(text):
    assert len(export_faults(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "__all__ = ['WAD', 'Rule', 'price']\nWAD = 1\nclass Rule: ...\ndef price(): ...\ndef _help(): ...",
        "X = 1",
    ],
)
def test_export_faults__good_module__is_allowed(text):
    assert export_faults(text) == []
