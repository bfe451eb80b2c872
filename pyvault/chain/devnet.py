"""A local chain that outlives the command that started it, with the suite on it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from pyvault.chain.anvil import anvil_command, anvil_version, await_url
from pyvault.chain.backend import BLOCK_INTERVAL_S, CHAIN_ID
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System, SystemConfig
from pyvault.chain.system.deployment import DEPLOYMENTS, deployment_path
from pyvault.errors import ChainError, SetupError

__all__ = ["RECORD", "Devnet", "bring_down", "bring_up", "find", "load_state", "save_state"]

RECORD = Path(".devnet.json")  # beside the project: which process, and where it listens
_LAST_WORDS_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Devnet:
    """A running node: its process and its URL."""

    pid: int
    url: str

    @property
    def backend(self) -> RpcBackend:
        """Backend on it."""
        return RpcBackend(self.url)


def bring_up(
    *,
    port: int = 8_545,
    timestamp: int | None = None,
    config: SystemConfig | None = None,
    record: Path = RECORD,
    folder: Path = DEPLOYMENTS,
) -> Devnet:
    """Start a node that stays, deploy the suite on it, and write where both are.

    Raises
    ------
    SetupError
        If one is already up, or the node does not start.
    """
    if (running := find(record)) is not None:
        raise SetupError(f"A devnet is up at {running.url}", "Stop it first: `pyvault devnet down`.")
    log = record.with_suffix(".log")
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            anvil_command(port=port, timestamp=timestamp),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = await_url(lambda: log.read_text(encoding="utf-8"), lambda: process.poll() is None)
        devnet = Devnet(pid=process.pid, url=url)
        devnet.backend.request("anvil_setBlockTimestampInterval", BLOCK_INTERVAL_S)
        System.deploy(devnet.backend, config).save_addresses(CHAIN_ID, folder)
    except BaseException:
        process.terminate()
        process.wait(timeout=_LAST_WORDS_S)
        raise
    process.returncode = 0  # it outlives this command: nobody here waits for it
    record.write_text(json.dumps({"pid": process.pid, "url": url}) + "\n", encoding="utf-8")
    return devnet


def find(record: Path = RECORD) -> Devnet | None:
    """The devnet on record if it answers; None, and no record, if it is gone."""
    try:
        entry = json.loads(record.read_text(encoding="utf-8"))
        devnet = Devnet(pid=int(entry["pid"]), url=str(entry["url"]))
    except (OSError, ValueError, KeyError):
        return None
    try:
        version = str(devnet.backend.request("web3_clientVersion"))
    except ChainError:
        version = ""
    if version.startswith("anvil") and _is_alive(devnet.pid):
        return devnet
    record.unlink(missing_ok=True)
    return None


def bring_down(record: Path = RECORD, folder: Path = DEPLOYMENTS) -> Devnet:
    """Stop the devnet and forget its addresses.

    Raises
    ------
    SetupError
        If none is up.
    """
    devnet = _must_find(record)
    os.kill(devnet.pid, signal.SIGTERM)
    deadline = time.monotonic() + _LAST_WORDS_S
    while _is_alive(devnet.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    for path in (record, record.with_suffix(".log"), deployment_path(CHAIN_ID, folder)):
        path.unlink(missing_ok=True)
    return devnet


def save_state(target: Path, record: Path = RECORD) -> int:
    """Write the whole state of the devnet and its clock to a file; returns the newest block."""
    backend = _must_find(record).backend
    state = {
        "timestamp": backend.now,
        "version": anvil_version(),
        "state": backend.request("anvil_dumpState"),
    }
    target.write_text(json.dumps(state) + "\n", encoding="utf-8")
    return backend.block


def load_state(source: Path, record: Path = RECORD) -> int:
    """Lay a saved state over the devnet's own and set its clock back or forth to it; returns the block.

    Raises
    ------
    SetupError
        If the file is no saved state, or no devnet is up.
    """
    backend = _must_find(record).backend
    try:
        saved = json.loads(source.read_text(encoding="utf-8"))
        state, timestamp = saved["state"], int(saved["timestamp"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(
            f"{source} is no saved state: {error}", "`pyvault devnet save` writes one."
        ) from error
    backend.request("anvil_loadState", state)
    backend.request("evm_setTime", timestamp)  # back as well as forth: the next block follows from it
    backend.request("evm_mine")
    return backend.block


def _must_find(record: Path) -> Devnet:
    devnet = find(record)
    if devnet is None:
        raise SetupError("No devnet is up", "Start one: `pyvault devnet up`.")
    return devnet


def _is_alive(pid: int) -> bool:
    """Whether the process still runs and is a node; a child that has ended is reaped first."""
    with contextlib.suppress(ChildProcessError):  # another command's child
        os.waitpid(pid, os.WNOHANG)
    command = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        return command.exists() and b"anvil" in command.read_bytes()
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
