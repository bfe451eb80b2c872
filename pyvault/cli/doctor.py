"""``pyvault doctor``: what is installed, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import typer
from packaging.requirements import Requirement

from pyvault.chain.anvil import anvil_version
from pyvault.chain.artifacts import load, names
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.cli.warm import is_warm
from pyvault.errors import SetupError
from pyvault.pricing.warm import steps

__all__ = ["doctor"]

_LEAST_FREE_GB = 1.0
_EARLIEST_CLOCK_S = 1_750_000_000.0  # mid 2025: a clock before it is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: ``state`` is "ok", "missing" (something needs it) or "optional"."""

    name: str
    state: str
    found: str
    remedy: str = ""


def doctor(*, as_json: JsonFlag = False) -> None:
    """Check versions, Anvil, compiled contracts, kernels, ports, data, clock and disk; say what to do."""
    findings = [check() for check in _CHECKS]
    healthy = all(finding.state != "missing" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        marks = {"ok": "[green]ok[/]", "missing": "[red]missing[/]", "optional": "[yellow]optional[/]"}
        rows = [(finding.name, marks[finding.state], finding.found, finding.remedy) for finding in findings]
        checks = table("pyvault doctor", ["check", "state", "found", "what to do"], rows)
        for column in checks.columns:  # long remedies wrap rather than squeeze out the state
            column.no_wrap = column.header == "state"
        console.print(checks)
    if not healthy:
        raise typer.Exit(3)


def _python() -> Finding:
    good = (3, 11) <= sys.version_info < (3, 13)
    return _finding(
        "Python 3.11 or 3.12",
        platform.python_version(),
        "make clean && make setup PYTHON=python3.11",
        good=good,
    )


def _packages() -> Finding:
    wrong = []
    for text in requires("pyvault") or []:
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            if not requirement.specifier.contains(version(requirement.name), prereleases=True):
                wrong.append(f"{requirement.name} {version(requirement.name)}")
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} absent")
    return _finding("packages at their pins", ", ".join(wrong) or "all", "make setup", good=not wrong)


def _anvil() -> Finding:
    try:
        return _finding("Anvil", anvil_version(), "", good=True)
    except SetupError as error:
        return _finding("Anvil", "none", error.remedy, good=False)


def _contracts() -> Finding:
    try:
        built = [load(name).name for name in names()]
    except SetupError as error:
        return _finding("compiled contracts", error.problem, error.remedy, good=False)
    return _finding("compiled contracts", ", ".join(built) or "none", "make artifacts", good=bool(built))


def _kernels() -> Finding:
    warm = all(is_warm(name) for name in steps())
    remedy = "pyvault warm (else the first command compiles them)"
    return _finding("compiled kernels", "cached" if warm else "none", remedy, good=warm, needed=False)


def _loopback() -> Finding:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    except OSError as error:
        return _finding("a free loopback port", str(error), "allow binding to 127.0.0.1", good=False)
    return _finding("a free loopback port", f"{port}", "", good=True)


def _data() -> Finding:
    folder = Path(os.environ.get("PYVAULT_SHARED", Path.cwd().parent / "shared")) / "data"
    remedy = "none needed: a built-in synthetic market serves"
    return _finding(
        "real market data", "found" if folder.is_dir() else "none", remedy, good=folder.is_dir(), needed=False
    )


def _clock() -> Finding:
    now = time.time()
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    return _finding("clock", found, "set the system clock", good=now > _EARLIEST_CLOCK_S)


def _disk() -> Finding:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    return _finding(
        "free disk", f"{free_gb:.0f} GB", f"free {_LEAST_FREE_GB:g} GB", good=free_gb >= _LEAST_FREE_GB
    )


def _browser() -> Finding:
    path = shutil.which("chromium")
    remedy = "only browser tests and PNG figures need it: apt-get install chromium"
    return _finding("Chromium", path or "none", remedy, good=path is not None, needed=False)


def _finding(name: str, found: str, remedy: str, *, good: bool, needed: bool = True) -> Finding:
    state = "ok" if good else "missing" if needed else "optional"
    return Finding(name=name, state=state, found=found, remedy="" if good else remedy)


_CHECKS: tuple[Callable[[], Finding], ...] = (
    _python,
    _packages,
    _anvil,
    _contracts,
    _kernels,
    _loopback,
    _data,
    _clock,
    _disk,
    _browser,
)
