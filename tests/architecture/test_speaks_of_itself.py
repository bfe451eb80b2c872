"""The repository speaks of the project alone: no path of a machine, no host where none is needed."""

from __future__ import annotations

import re

import pytest
from support.tree import ROOT, TEXT, files

MACHINE_PATH = re.compile(
    r"(?<![\w.$}/-])/(?:work|root|home|tmp|Users|mnt|opt|srv)/[\w.-]+|\b[A-Z]:\\\\?[A-Za-z]"
)
ADDRESS = re.compile(r"https?://|git\+|\b(?:[\w-]+\.)+(?:com|org|net|io|dev)\b", re.IGNORECASE)
WITHOUT_ADDRESS = (
    ".ci/run",
    ".npmrc",
    "Makefile",
    "bench/requirements-bench.in",
    "bench/requirements.lock",
    "package-lock.json",
    "package.json",
    "pyproject.toml",
    "requirements.lock",
    "scripts/devnet.sh",
    "scripts/lock.sh",
    "scripts/setup.sh",
)
LOOPBACK = re.compile(r"https?://(?:127\.0\.0\.1|localhost|\[::1\])")


def found(pattern, text):
    return [line.strip() for line in text.splitlines() if pattern.search(LOOPBACK.sub("", line))]


def test_text__of_the_tree__names_no_path_of_a_machine():
    named = {
        path.relative_to(ROOT).as_posix(): found(MACHINE_PATH, path.read_text(encoding="utf-8"))
        for path in files()
        if path.suffix in TEXT and path.name != "test_speaks_of_itself.py"
    }
    assert {path: lines for path, lines in named.items() if lines} == {}


@pytest.mark.parametrize("path", WITHOUT_ADDRESS)
def test_set_up__file_by_file__names_no_host(path):
    assert found(ADDRESS, (ROOT / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("folder", ["work", "root", "home", "tmp", "Users", "mnt", "opt", "srv"])
@pytest.mark.parametrize("line", ["cd /{}/main", "open('/{}/x.json')", '"/{}/a/b"', "PATH=/{}/bin"])
def test_machine_path__planted__is_found(folder, line):
    assert found(MACHINE_PATH, line.format(folder))


def test_machine_path__of_a_drive__is_found():
    assert found(MACHINE_PATH, r"C:\\Users")


@pytest.mark.parametrize(
    "line", ["../shared/data", "a/work/b", "$HOME/opt/x", "bid/ask", "/ tmp", "#!/usr/bin/env bash"]
)
def test_machine_path__relative_or_common__is_allowed(line):
    assert not found(MACHINE_PATH, line)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://a.b/simple",
        "resolved: http://x",
        "pkg @ git+ssh",
        "files.example.org",
        "npm.example.com",
    ],
)
def test_address__planted__is_found(line):
    assert found(ADDRESS, line)


@pytest.mark.parametrize(
    "line", ["ruamel.yaml==0.18", "zope.interface==7", "url = http://127.0.0.1:8545", "a.dev0"]
)
def test_address__package_or_loopback__is_allowed(line):
    assert not found(ADDRESS, line)
