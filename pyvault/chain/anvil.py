"""A local Anvil node: found, started on a free port, and stopped with the program that started it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyvault.chain.backend import BLOCK_INTERVAL_S
from pyvault.chain.transport import Client
from pyvault.errors import SetupError

__all__ = ["anvil_command", "anvil_version", "await_url", "find_anvil", "running_anvil", "stop"]

_PROJECT = Path(__file__).parents[2]
_LISTENING = re.compile(r"Listening on (\S+):(\d+)")
_START_TIMEOUT_S = 30.0
_STOP_TIMEOUT_S = 10.0
_POLL_S = 0.01


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
def running_anvil(
    *, port: int = 0, timestamp: int | None = None, socket_file: Path | None = None
) -> Iterator[str]:
    """Run a node on loopback and yield its URL; port 0 takes a free one.

    Any address may send, at no fee, and a block's time follows from the one before it: what happens on the
    node depends on what is sent and on nothing else. Cancun rules and pruned history keep its speed
    independent of the chain's length.

    Parameters
    ----------
    port
        TCP port on loopback.
    timestamp
        Unix seconds of the first block; the present without it.
    socket_file
        Where the node also listens, for processes of this machine.

    Raises
    ------
    SetupError
        If the node does not start; the message carries its own last words.
    """
    command = anvil_command(port=port, timestamp=timestamp, socket_file=socket_file)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except OSError as error:
        raise _does_not_run(command[0], error) from error
    try:
        url = _drained_url(process)
        Client(url).request("anvil_setBlockTimestampInterval", BLOCK_INTERVAL_S)
        yield url
    finally:
        stop(process)
        if process.stdout:
            process.stdout.close()


def stop(process: subprocess.Popen[Any]) -> None:
    """Ask a node to end, and make it: nobody's second interrupt leaves it behind."""
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_STOP_TIMEOUT_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _is_executable(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)


def _does_not_run(path: str, error: Exception) -> SetupError:
    return SetupError(f"{path} does not run as Anvil: {error}", "Run `make setup`, or set ANVIL to another.")


def anvil_command(
    *, port: int = 0, timestamp: int | None = None, socket_file: Path | None = None
) -> list[str]:
    """Command line of a node as `running_anvil` describes it."""
    command = [find_anvil(), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--hardfork", "cancun", "--prune-history", "1"]
    command += ["--base-fee", "0", "--gas-price", "0", "--auto-impersonate"]
    command += [] if timestamp is None else ["--timestamp", str(timestamp)]
    return command + ([] if socket_file is None else ["--ipc", str(socket_file)])


def await_url(words: Callable[[], str], is_alive: Callable[[], bool]) -> str:
    """URL that a starting node announces in its `words`.

    Raises
    ------
    SetupError
        If it ends or keeps silent; the message carries its last words.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while (match := _LISTENING.search(words())) is None and time.monotonic() < deadline and is_alive():
        time.sleep(_POLL_S)
    match = match or _LISTENING.search(words())
    if match is None:
        last_words = words().strip() or "it said nothing"
        raise SetupError(f"Anvil did not start: {last_words}", "Is the port in use? `pyvault doctor` checks.")
    return f"http://{match[1]}:{match[2]}"


def _drained_url(process: subprocess.Popen[str]) -> str:
    """URL that the node announces; its output is drained for as long as it lives."""
    lines: list[str] = []
    ended = threading.Event()

    def drain() -> None:
        for line in process.stdout or ():
            if not any(map(_LISTENING.search, lines)):
                lines.append(line)
        ended.set()

    threading.Thread(target=drain, daemon=True).start()
    return await_url(lambda: "".join(lines), lambda: not ended.is_set())
