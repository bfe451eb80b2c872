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

from pyvault.chain.anvil import anvil_command, anvil_version, await_url, stop
from pyvault.chain.backend import BLOCK_INTERVAL_S, CHAIN_ID
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System, SystemConfig
from pyvault.chain.system.deployment import DEPLOYMENTS, deployment_path
from pyvault.chain.transport import Client
from pyvault.errors import ChainError, InputError, SetupError

__all__ = ["RECORD", "Devnet", "bring_down", "bring_up", "find", "load_state", "save_state"]

RECORD = Path(".devnet.json")  # beside the project: which process, and where it listens
_LAST_WORDS_S = 10.0
_DEATH_S = 30.0  # a killed process on a busy machine
_PING_S = 5.0  # a node that works answers within milliseconds


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
        stop(process)
        log.unlink(missing_ok=True)  # the error carries what it says
        raise
    process.returncode = 0  # it outlives this command: nobody here waits for it
    record.write_text(json.dumps({"pid": process.pid, "url": url}) + "\n", encoding="utf-8")
    return devnet


def find(record: Path = RECORD) -> Devnet | None:
    """The devnet on record; None, and no record, if it is gone.

    Raises
    ------
    SetupError
        If its process lives but does not answer: nobody forgets a node that runs.
    """
    devnet = _on_record(record)
    if devnet is None:
        return None
    try:
        Client(devnet.url, timeout_s=_PING_S).request("web3_clientVersion")
    except ChainError as error:
        raise SetupError(
            f"The devnet's process {devnet.pid} lives, but {error}", "Stop it: `pyvault devnet down`."
        ) from error
    return devnet


def bring_down(record: Path = RECORD, folder: Path = DEPLOYMENTS) -> Devnet:
    """Stop the devnet and forget its addresses.

    Raises
    ------
    SetupError
        If none is up, or its process outlives even a kill.
    """
    devnet = _must(_on_record(record))
    if not (_ends(devnet.pid, signal.SIGTERM, _LAST_WORDS_S) or _ends(devnet.pid, signal.SIGKILL, _DEATH_S)):
        raise SetupError(f"Process {devnet.pid} does not end", "Look at it: the devnet stays on record.")
    for path in (record, record.with_suffix(".log"), deployment_path(CHAIN_ID, folder)):
        path.unlink(missing_ok=True)
    return devnet


def save_state(target: Path, record: Path = RECORD) -> int:
    """Write the whole state of the devnet and its clock to a file; returns the newest block."""
    backend = _must(find(record)).backend
    state = {
        "timestamp": backend.now,
        "version": anvil_version(),
        "state": backend.request("anvil_dumpState"),
    }
    try:
        target.write_text(json.dumps(state) + "\n", encoding="utf-8")
    except OSError as error:
        rule = f"must be a file that can be written ({error.strerror})"
        raise InputError("target", str(target), rule) from error
    return backend.block


def load_state(source: Path, record: Path = RECORD) -> int:
    """Lay a saved state over the devnet's own and set its clock back or forth to it; returns the block.

    Raises
    ------
    SetupError
        If the file is no saved state, or no devnet is up.
    """
    backend = _must(find(record)).backend
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


def _on_record(record: Path) -> Devnet | None:
    """The devnet on record if its process lives; else None, and no record."""
    try:
        entry = json.loads(record.read_text(encoding="utf-8"))
        devnet = Devnet(pid=int(entry["pid"]), url=str(entry["url"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if devnet.pid > 0 and _is_alive(devnet.pid):  # 0 and below name groups of processes
        return devnet
    record.unlink(missing_ok=True)
    return None


def _must(devnet: Devnet | None) -> Devnet:
    if devnet is None:
        raise SetupError("No devnet is up", "Start one: `pyvault devnet up`.")
    return devnet


def _ends(pid: int, by: signal.Signals, within_s: float) -> bool:
    """Whether the process is gone that soon after a signal."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, by)
    deadline = time.monotonic() + within_s
    while (lives := _is_alive(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not lives


def _is_alive(pid: int) -> bool:
    """Whether the process is a node that has not ended; a child that has is reaped first."""
    with contextlib.suppress(ChildProcessError):  # another command's child
        os.waitpid(pid, os.WNOHANG)
    if not Path("/proc/self").exists():
        return _is_known(pid)
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")
    except OSError:
        return False
    state, parent = rest.split()[:2]  # its command line is gone long before it is: this is not
    return "(anvil" in name and (state not in "ZX" or int(parent) == os.getpid())


def _is_known(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
