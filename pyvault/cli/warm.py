"""``pyvault warm``: compile the numerical kernels ahead of their first use."""

from __future__ import annotations

import time

from rich.progress import Progress

from pyvault.cli.output import JsonFlag, console, print_json
from pyvault.pricing.warm import steps

__all__ = ["warm"]


def warm(*, as_json: JsonFlag = False) -> None:
    """Compile every numerical kernel into the cache, so that no later command waits for it."""
    took: dict[str, float] = {}
    jobs = steps()
    with Progress(console=console, transient=True, disable=as_json) as progress:
        task = progress.add_task("compiling kernels", total=len(jobs))
        for name, job in jobs.items():
            progress.update(task, description=f"compiling kernels: {name}")
            start = time.perf_counter()
            job()
            took[name] = round(time.perf_counter() - start, 3)
            progress.advance(task)
    if as_json:
        print_json({"seconds": took})
    else:
        console.print(f"kernels are compiled ({sum(took.values()):.1f} s)")
