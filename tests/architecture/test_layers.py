"""Who may import whom in `pyvault`, and which parts touch nothing but their arguments."""

from __future__ import annotations

import ast
import sys

import pytest
from support.tree import sources

# Lowest first. A part may import what stands in lower rows, and itself; never its own row.
LAYERS = (
    {"__init__", "errors"},
    {"units"},
    {"kernels", "exact"},
    {"market"},
    {"pricing"},
    {"risk"},
    {"plan"},
    {"chain", "journal"},
    {"keeper", "sim"},
    {"demo", "report"},
    {"cli"},
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}

PURE = {"kernels", "exact", "pricing", "risk", "plan"}
CHAIN_LIBRARIES = frozenset(
    [
        "ape",
        "ape_foundry",
        "ape_vyper",
        "boa",
        "coincurve",
        "eth_abi",
        "eth_account",
        "eth_keys",
        "eth_utils",
        "pyrevm",
        "snekmate",
        "vyper",
        "web3",
    ]
)
THE_WORLD = frozenset(
    [
        "aiohttp",
        "asyncio",
        "ctypes",
        "duckdb",
        "ftplib",
        "getpass",
        "glob",
        "http",
        "importlib",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pandas",
        "pathlib",
        "pickle",
        "platform",
        "plotly",
        "pyarrow",
        "random",
        "requests",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "subprocess",
        "sys",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "urllib3",
        "uuid",
    ]
)
WORLDLY_CALLS = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}
WORLDLY_ATTRIBUTES = {
    "now",
    "today",
    "utcnow",
    "fromfile",
    "tofile",
    "loadtxt",
    "savetxt",
    "genfromtxt",
    "memmap",
    "load",
    "save",
    "savez",
}
CACHE_FOLDER = "pyvault/kernels/jit.py"  # names the folder of compiled code: the one exception to purity


def part_of(path):
    """`pyvault/pricing/heston/series.py` is in `pricing`, `pyvault/units.py` in `units`."""
    return path.removeprefix("pyvault/").split("/")[0].removesuffix(".py")


def imports(tree, path):
    """Dotted names that a module imports, at any depth of its code, with relative ones made absolute."""
    package = path.removesuffix(".py").removesuffix("/__init__").split("/")
    is_package = path.endswith("/__init__.py")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = node.level - int(is_package)
            base = ".".join(package[: len(package) - up]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer_faults(path, text):
    """Imports of one file that point upwards or sideways, or reach for a chain library."""
    part, faults = part_of(path), []
    for name in imports(ast.parse(text), path):
        root, *rest = name.split(".")
        if name == "importlib.import_module" or (root, rest) == ("importlib", []):
            faults.append(f"{path}: {name}: an import that no wall can see")
        if root in CHAIN_LIBRARIES and part != "chain":
            faults.append(f"{path}: {name}: only pyvault.chain may import it")
        if root != "pyvault":
            continue
        target = rest[0] if rest and rest[0] in RANK else "__init__"
        is_lower = RANK[target] < RANK[part] or target == part
        if not is_lower:
            faults.append(f"{path}: {name}: {part} stands below {target} or beside it")
    return faults


def purity_faults(path, text):
    """Files, clocks, environment, network and random sources that one file touches."""
    faults, tree = [], ast.parse(text)
    for name in imports(tree, path):
        root = name.split(".")[0]
        if root in THE_WORLD or name.startswith(("numpy.random", "datetime.datetime.now")):
            faults.append(f"{path}: imports {name}")
        is_foreign = root not in sys.stdlib_module_names and root != "pyvault"
        if part_of(path) == "exact" and is_foreign:
            faults.append(f"{path}: imports {name}: exact knows only the standard library")
        if part_of(path) == "kernels" and is_foreign and root not in {"numba", "numpy", "llvmlite"}:
            faults.append(f"{path}: imports {name}: kernels know only numba and numpy")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORLDLY_CALLS:
            faults.append(f"{path}:{node.lineno}: calls {node.func.id}")
        if isinstance(node, ast.Attribute):
            is_random = (
                node.attr == "random"
                and isinstance(node.value, ast.Name)
                and node.value.id in {"np", "numpy"}
            )
            if is_random or node.attr in WORLDLY_ATTRIBUTES:
                faults.append(f"{path}:{node.lineno}: uses .{node.attr}")
    return faults


def test_every_part__has_a_place_in_the_layers():
    unknown = {part_of(path) for path in sources(".py", below="pyvault")} - set(RANK)
    assert unknown == set(), f"add to LAYERS: {sorted(unknown)}"


def test_imports__of_every_part__point_downwards_and_only_chain_sees_the_chain():
    faults = [
        fault for path, text in sources(".py", below="pyvault").items() for fault in layer_faults(path, text)
    ]
    assert faults == []


def test_pure_parts__touch_no_file_clock_environment_network_or_random_source():
    faults = [
        fault
        for path, text in sources(".py", below="pyvault").items()
        if part_of(path) in PURE and path != CACHE_FOLDER
        for fault in purity_faults(path, text)
    ]
    assert faults == []


def test_cache_folder__is_an_exception_that_is_still_needed():
    assert purity_faults(CACHE_FOLDER, sources(".py", below="pyvault")[CACHE_FOLDER]) != []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pyvault/market/chain.py", "from pyvault.pricing import black76"),
        ("pyvault/market/chain.py", "from pyvault.pricing.black76 import price"),
        ("pyvault/market/chain.py", "from ..pricing import black76"),
        ("pyvault/pricing/surface/__init__.py", "from ...plan import decide"),
        ("pyvault/kernels/svi.py", "import pyvault.exact.svi"),
        ("pyvault/keeper/loop.py", "from pyvault.sim import paths"),
        ("pyvault/units.py", "from pyvault.kernels import exp"),
        ("pyvault/cli/quote.py", "import web3"),
        ("pyvault/plan/decide.py", "from pyrevm import EVM"),
        ("pyvault/pricing/quote.py", "def f():\n    from ape import networks"),
        ("pyvault/keeper/loop.py", "import importlib\nweb3 = importlib.import_module('web3')"),
        ("pyvault/keeper/loop.py", "from importlib import import_module"),
    ],
)
def test_layer_faults__planted_import__is_found(path, line):
    assert len(layer_faults(path, line)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pyvault/pricing/surface/fit.py", "from pyvault.pricing.surface import slices"),
        ("pyvault/pricing/surface/fit.py", "from . import slices\nfrom .. import black76\nimport pyvault"),
        (
            "pyvault/chain/reader.py",
            "import web3\nfrom pyvault.plan import ports\nfrom pyvault.errors import ChainError",
        ),
        ("pyvault/cli/demo.py", "from pyvault import __version__\nfrom pyvault.demo import run"),
    ],
)
def test_layer_faults__import_downwards__is_allowed(path, line):
    assert layer_faults(path, line) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("pyvault/pricing/a.py", "import time"),
        ("pyvault/pricing/a.py", "from pathlib import Path"),
        ("pyvault/risk/a.py", "import numpy.random"),
        ("pyvault/risk/a.py", "from numpy import random"),
        ("pyvault/risk/a.py", "x = np.random.default_rng(1)"),
        ("pyvault/plan/a.py", "when = datetime.now(tz=UTC)"),
        ("pyvault/plan/a.py", "text = open(name)"),
        ("pyvault/plan/a.py", "def f():\n    import os"),
        ("pyvault/plan/a.py", "x = np.load(name)"),
        ("pyvault/pricing/a.py", "import pandas as pd\nx = pd.read_csv(name)"),
        ("pyvault/pricing/a.py", "from pyarrow import parquet"),
        ("pyvault/risk/a.py", "import pickle"),
        ("pyvault/exact/a.py", "import numpy as np"),
        ("pyvault/kernels/a.py", "import scipy.special"),
    ],
)
def test_purity_faults__planted_touch_of_the_world__is_found(path, line):
    assert len(purity_faults(path, line)) >= 1


def test_purity_faults__mathematics__is_allowed():
    text = "import math\nimport numpy as np\nfrom datetime import datetime\ny = np.exp(math.log(2.0))"
    assert purity_faults("pyvault/pricing/a.py", text) == []
