"""The files of the repository, as the architecture tests walk them: sources, never what a tool made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_TOOLS = frozenset(
    [
        ".ape",
        ".build",
        ".git",
        ".hypothesis",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".venv",
        ".venv-bench",
        "__pycache__",
        "artifacts",
        "dist",
        "node_modules",
        "results",
    ]
)

TEXT = frozenset(
    {
        "",
        ".cfg",
        ".in",
        ".ini",
        ".ipynb",
        ".json",
        ".lock",
        ".md",
        ".py",
        ".sh",
        ".toml",
        ".txt",
        ".vy",
        ".vyi",
        ".yaml",
    }
)


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every source file below `folder`, sorted."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and path.name not in MADE_BY_TOOLS:
            yield from files(path)
        elif path.is_file():
            yield path


def sources(*suffixes: str, below: str = "") -> dict[str, str]:
    """Text of the files with one of `suffixes`, by path relative to the root."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in files(ROOT / below)
        if path.suffix in suffixes
    }
