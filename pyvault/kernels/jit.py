"""The two decorators of compiled code, and the cache folder that both share.

numba notices a change in the file of a cached function but not in the functions that it calls from other
files. The cache folder is therefore named by the hash of every source that holds compiled code, kernels and
loops: change one and all recompile.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numba
from numba.core import config

__all__ = ["cache_folder", "kernel", "loop"]

P = ParamSpec("P")
R = TypeVar("R")


def cache_folder(package: Path = Path(__file__).parents[1]) -> Path:
    """Folder of compiled code: ``$PYVAULT_CACHE_DIR`` or the user's cache, then the hash of its sources."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        if path.is_relative_to(package / "kernels") or b"pyvault.kernels.jit import" in source:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + source + b"\0")
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pyvault"
    return Path(os.environ.get("PYVAULT_CACHE_DIR", default)) / f"kernels-{digest.hexdigest()[:16]}"


_FOLDER = str(cache_folder())


def _compiled(function: Callable[P, R], **options: Any) -> Callable[P, R]:  # noqa: ANN401 - numba's own options
    """Decorate with numba, the cache folder set for this function alone."""
    settings = vars(config)  # numba fills its configuration at import, unseen by type checkers
    saved, settings["CACHE_DIR"] = settings["CACHE_DIR"], _FOLDER
    try:
        compiled: Callable[P, R] = numba.njit(
            error_model="numpy", fastmath={"contract"}, cache=True, **options
        )(function)
    finally:
        settings["CACHE_DIR"] = saved
    return compiled


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a scalar formula; it is inlined into its callers so that their loops vectorise."""
    return _compiled(function, inline="always")


def loop(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop over kernels: the body of an array face or of a calibration."""
    return _compiled(function)
