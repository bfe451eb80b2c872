"""How the package is built: by flit, but no wheel leaves without the contracts of its own sources."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flit_core import buildapi
from flit_core.buildapi import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel; SetupError if an artifact is missing or older than ``contracts/``."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from pyvault.chain.artifacts import deployables, load  # noqa: PLC0415 - found by the line above

    for path in deployables():
        load(path.stem)
    name: str = buildapi.build_wheel(wheel_directory, config_settings, metadata_directory)
    return name
