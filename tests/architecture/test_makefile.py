"""The targets that others rely on are there, and each installs again what is missing."""

from __future__ import annotations

import subprocess

import pytest
from support.tree import ROOT

TARGETS = ("setup", "demo", "test", "test-large", "check", "bench", "lock")


def steps(*arguments):
    """What make would run."""
    command = ["make", "--dry-run", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", TARGETS)
def test_target__without_an_environment__makes_one_first(target):
    assert "scripts/setup.sh" in steps(target, "SETUP=absent")


@pytest.mark.parametrize("target", ["setup", "demo", "test", "test-large", "bench"])
def test_target__without_a_devnet__asks_for_one_every_time(target):
    assert "scripts/devnet.sh" in steps(target, "DEVNET=absent")
    assert "scripts/devnet.sh" not in steps(target, "DEVNET=Makefile", "--old-file=Makefile")


def test_help__lists_every_target():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(f"make {target} " in listed for target in TARGETS)
