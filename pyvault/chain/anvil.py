"""A local Anvil node: found, started on a free port, and stopped with the program that started it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyvault.errors import SetupError

__all__ = ["anvil_version", "find_anvil", "running_anvil"]

_PROJECT = Path(__file__).parents[2]
_LISTENING = re.compile(r"Listening on (\S+):(\d+)")
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0


def find_anvil() -> str:
    """Path of the Anvil executable: ``$ANVIL`` alone where it is set, else node_modules or the PATH.

    Raises
    ------
    SetupError
        If there is none.
    """
    if named := os.environ.get("ANVIL"):
        if _is_executable(named):
            return named
        raise SetupError(f"ANVIL={named} is not an executable file", "Name one, or unset ANVIL.")
    local = _PROJECT / "node_modules" / ".bin" / "anvil"
    for candidate in (str(local), shutil.which("anvil")):
        if candidate and _is_executable(candidate):
            return candidate
    raise SetupError(
        "Anvil was not found in node_modules/.bin or the PATH",
        "Run `make setup`, or set ANVIL to the executable of another Foundry installation.",
    )


def anvil_version() -> str:
    """First line of ``anvil --version``; SetupError where it prints none."""
    path = find_anvil()
    try:
        run = subprocess.run(
            [path, "--version"], capture_output=True, text=True, check=True, timeout=_START_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise _does_not_run(path, error) from error
    return run.stdout.partition("\n")[0]


@contextmanager
def running_anvil(*, port: int = 0) -> Iterator[str]:
    """Run a node on loopback and yield its URL; port 0 takes a free one.

    Cancun rules and pruned history keep its speed independent of the chain's length.

    Raises
    ------
    SetupError
        If the node does not start; the message carries its own last words.
    """
    command = [find_anvil(), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--hardfork", "cancun", "--prune-history", "1"]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise _does_not_run(command[0], error) from error
    try:
        yield _await_url(process)
    finally:
        process.terminate()
        try:
            process.wait(timeout=_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _is_executable(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)


def _does_not_run(path: str, error: Exception) -> SetupError:
    return SetupError(f"{path} does not run as Anvil: {error}", "Run `make setup`, or set ANVIL to another.")


def _await_url(process: subprocess.Popen[str]) -> str:
    """URL that the node announces; its output is drained for as long as it lives."""
    lines: list[str] = []
    found = threading.Event()

    def drain() -> None:
        for line in process.stdout or ():
            if not found.is_set():
                lines.append(line)
                if _LISTENING.search(line):
                    found.set()
        found.set()

    threading.Thread(target=drain, daemon=True).start()
    found.wait(_START_TIMEOUT_S)
    match = _LISTENING.search("".join(lines))
    if match is None:
        last_words = "".join(lines).strip() or "it said nothing"
        raise SetupError(f"Anvil did not start: {last_words}", "Is the port in use? `pyvault doctor` checks.")
    return f"http://{match[1]}:{match[2]}"
