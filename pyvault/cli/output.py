"""How commands speak: a rich table for people, one JSON object for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

__all__ = ["JsonFlag", "console", "print_json", "table"]

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]

console = Console()


def print_json(payload: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; NaN and infinities, which JSON lacks, become null."""
    typer.echo(json.dumps(_finite(payload)))


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> Table:
    """Table with right-aligned cells; the first column is its key."""
    made = Table(title=title, caption=caption or None, title_justify="left", caption_justify="left")
    for index, column in enumerate(columns):
        made.add_column(column, justify="left" if index == 0 else "right", no_wrap=True)
    for row in rows:
        made.add_row(*row)
    return made


def _finite(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
