"""``pyvault warm``: compile the numerical kernels ahead of their first use, and drop those of old sources."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress

from rich.progress import Progress

from pyvault.cli.output import JsonFlag, console, print_json
from pyvault.errors import SetupError
from pyvault.kernels.jit import cache_folder
from pyvault.pricing.warm import steps

__all__ = ["ensure_warm", "is_warm", "warm"]


_FOLDERS_KEPT = 4  # of other sources: checkouts that live side by side
_KEPT_S = 3_600.0  # nothing goes that was used within the hour: a process may be at work in it


def warm(*, as_json: JsonFlag = False) -> None:
    """Compile every numerical kernel into the cache, so that no later command waits for it."""
    took = ensure_warm(*steps(), quiet=as_json)
    if as_json:
        print_json({"warm": list(steps()), "compiled_now_s": took})
    else:
        console.print(f"kernels are compiled ({sum(took.values()):.1f} s)")


def ensure_warm(*names: str, quiet: bool) -> dict[str, float]:
    """Compile the named kernels that are not in the cache yet, behind a progress bar; seconds by name.

    SetupError where the cache cannot be written: compiling for every command would look like a hang.
    """
    missing = {name: step for name, step in steps().items() if name in names and not is_warm(name)}
    took: dict[str, float] = {}
    if not missing:
        with suppress(OSError):  # a cache that can only be read serves
            cache_folder().touch()  # in use: see _drop_old
        return took
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"The cache of compiled kernels, {cache_folder()}, cannot be made ({error.strerror})"
        raise SetupError(problem, "Set PYVAULT_CACHE_DIR to a folder that can be written.") from error
    _drop_old()
    with Progress(console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("compiling kernels", total=len(missing))
        for name, step in missing.items():
            progress.update(task, description=f"compiling kernels, once: {name}")
            start = time.perf_counter()
            step()
            (cache_folder() / name).touch()
            took[name] = round(time.perf_counter() - start, 3)
            progress.advance(task)
    return took


def _drop_old() -> None:
    """Delete the kernels of sources that are no more: each edit of a kernel makes a new folder."""
    present = cache_folder()
    with suppress(FileNotFoundError):  # another process drops them too
        used = {each: each.stat().st_mtime for each in present.parent.glob("kernels-*") if each != present}
        for old in sorted(used, key=used.__getitem__, reverse=True)[_FOLDERS_KEPT:]:
            if time.time() - used[old] > _KEPT_S:
                shutil.rmtree(old, ignore_errors=True)


def is_warm(name: str) -> bool:
    """Whether a step of `steps` has been compiled from the present sources."""
    return (cache_folder() / name).exists()
