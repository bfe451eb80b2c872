"""A run that must have an ingredient fails without it; any other says what it skipped, and why."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support.tree import ROOT

FILE = "tests/unit/pyvault/test_market_history.py"  # some of its tests need the shared data


def run(tmp_path, required):
    environment = os.environ | {"PYVAULT_REQUIRE": required, "PYVAULT_SHARED": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-p", "no:ape_test", "-p", "no:cacheprovider", "-q", FILE]
    command += ["-m", "shared"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_missing_ingredient__not_required__is_skipped_in_a_table_before_the_last_line(tmp_path):
    result = run(tmp_path, "")
    assert result.returncode == 0
    assert "skipped, and why" in result.stdout
    assert "shared: no shared/data folder" in result.stdout
    assert "skipped" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(("required", "said"), [("shared", "which is missing"), ("sharde", "is none of")])
def test_missing_ingredient__required__fails_the_run(tmp_path, required, said):
    result = run(tmp_path, required)
    assert result.returncode == 4
    assert said in result.stdout + result.stderr
