"""A changed kernel or loop must reach each compiled caller: the cache folder carries the hash of them all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pyvault.kernels.jit import cache_folder

ROOT = Path(__file__).resolve().parents[3]
COMPILED = [
    path.relative_to(ROOT / "pyvault")
    for path in (ROOT / "pyvault").rglob("*.py")
    if path.parent.name == "kernels" or "@loop" in path.read_text(encoding="utf-8").split()
]
PROGRAM = """
from pyvault.kernels.jit import cache_folder
from pyvault.pricing import black76
print(cache_folder())
print(float(black76.price(forward=100.0, strike=100.0, implied_vol=0.2, time_to_expiry=1.0)))
"""


def run_in(tree, cache):
    environment = os.environ | {"PYVAULT_CACHE_DIR": str(cache), "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=True)
    folder, price = done.stdout.split()
    return Path(folder), float(price)


def compiled_files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nb?")}


def test_kernel__changed_in_a_copy_of_the_sources__recompiles_its_callers(tmp_path):
    tree, cache = tmp_path / "tree", tmp_path / "cache"
    parts = [
        ROOT / "pyvault" / name for name in ("kernels", "pricing", "__init__.py", "errors.py", "units.py")
    ]
    (tree / "pyvault").mkdir(parents=True)
    for part in parts:
        copy = shutil.copytree if part.is_dir() else shutil.copy2
        copy(part, tree / "pyvault" / part.name)
    folder, price = run_in(tree, cache)
    first = compiled_files(folder)
    assert folder.parent == cache
    assert any("_price_loop" in path.name for path in first)

    again, same = run_in(tree, cache)
    assert (again, same) == (folder, price)
    assert compiled_files(folder) == first, "an unchanged tree compiles nothing anew"

    kernel = tree / "pyvault" / "kernels" / "black76.py"
    source = kernel.read_text(encoding="utf-8")
    assert source.count("return discount_factor * value") == 1
    changed = source.replace("return discount_factor * value", "return 3.0 * discount_factor * value")
    kernel.write_text(changed, encoding="utf-8")
    other, tripled = run_in(tree, cache)
    assert other != folder
    assert tripled == 3.0 * price


@pytest.mark.parametrize("changed", COMPILED, ids=str)
def test_cache_folder__after_a_change_of_any_compiled_source__is_another(tmp_path, changed):
    # a cached loop that calls a loop of another file keeps the machine code of the callee: calibrate does
    shutil.copytree(
        ROOT / "pyvault", tmp_path / "pyvault", ignore=shutil.ignore_patterns("artifacts", "*.pyc")
    )
    before = cache_folder(tmp_path / "pyvault")
    assert before == cache_folder(ROOT / "pyvault") == cache_folder()
    with (tmp_path / "pyvault" / changed).open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    assert cache_folder(tmp_path / "pyvault") != before
