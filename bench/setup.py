"""Set up the bench environment in ``.venv-bench``: the project's runtime and the peers, pinned with hashes.

Run as ``python bench/setup.py``; ``--lock`` first renews the lock from ``bench/requirements-bench.in``.
A package that cannot be installed leaves the rest in place: the bench then reports that peer as missing.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv-bench"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "bench" / "requirements.lock"
STAMP = ENVIRONMENT / "lock.sha256"


def lock() -> None:
    """Resolve the peers beside the project's runtime; versions they share follow the project's lock."""
    options = "--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11"
    _run("uv", "pip", "compile", "pyproject.toml", "bench/requirements-bench.in", "-c", "requirements.lock",
         *options.split(), "-o", str(LOCK))  # fmt: skip


def install() -> None:
    """Create the environment and install the lock; nothing happens when its stamp is fresh."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == digest:
        return
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    if not _install(LOCK):
        print("bench: the lock does not install as a whole; trying its packages one by one")
        _install_one_by_one()
    STAMP.write_text(digest, encoding="utf-8")


def _install_one_by_one() -> None:
    """Install what installs; name what does not."""
    single = ENVIRONMENT / "single.lock"
    for block in re.split(r"\n(?=[A-Za-z])", LOCK.read_text(encoding="utf-8").strip()):
        single.write_text(block + "\n", encoding="utf-8")
        if not _install(single, "--no-deps"):
            print(f"bench: could not install {block.split()[0]}; what needs it will be reported as missing")


def _install(requirements: Path, *options: str) -> bool:
    """Install with uv where it works, else with the environment's own pip; True on success."""
    arguments = ["install", "-q", "--require-hashes", *options, "-r", str(requirements)]
    if shutil.which("uv") and _run("uv", "pip", *arguments, "--python", str(PYTHON), must=False):
        return True
    return _run(str(PYTHON), "-m", "pip", *arguments, "--disable-pip-version-check", must=False)


def _run(*command: str, must: bool = True) -> bool:
    """Run a command in the project's folder; True on success, SystemExit when it must succeed and did not."""
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never"}
    succeeded = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
    if must and not succeeded:
        raise SystemExit(f"bench: failed: {' '.join(command)}")
    return succeeded


if __name__ == "__main__":
    if "--lock" in sys.argv[1:]:
        lock()
    install()
