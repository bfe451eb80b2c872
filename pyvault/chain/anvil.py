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

from pyvault.chain.backend import BLOCK_INTERVAL_S
from pyvault.chain.transport import Client
from pyvault.errors import SetupError

__all__ = ["anvil_version", "find_anvil", "running_anvil"]

_PROJECT = Path(__file__).parents[2]
_LISTENING = re.compile(r"Listening on (\S+):(\d+)")
_START_TIMEOUT_S = 30.0


def find_anvil() -> str:
    """Path of the Anvil executable: ``$ANVIL``, the project's node_modules, or the PATH.

    Raises
    ------
    SetupError
        If there is none.
    """
    local = _PROJECT / "node_modules" / ".bin" / "anvil"
    candidates = (os.environ.get("ANVIL"), str(local), shutil.which("anvil"))
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return candidate
    raise SetupError(
        "Anvil was not found in $ANVIL, node_modules/.bin or the PATH",
        "Run `make setup`, or set ANVIL to the executable of another Foundry installation.",
    )


def anvil_version() -> str:
    """First line of ``anvil --version``."""
    output = subprocess.run(
        [find_anvil(), "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    return output.stdout.splitlines()[0]


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
    command = [find_anvil(), "--host", "127.0.0.1", "--port", str(port)]
    command += ["--hardfork", "cancun", "--prune-history", "1"]
    command += ["--base-fee", "0", "--gas-price", "0", "--auto-impersonate"]
    command += [] if timestamp is None else ["--timestamp", str(timestamp)]
    command += [] if socket_file is None else ["--ipc", str(socket_file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        url = _await_url(process)
        Client(url).request("anvil_setBlockTimestampInterval", BLOCK_INTERVAL_S)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


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
