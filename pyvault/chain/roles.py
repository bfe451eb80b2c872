"""Who may call what: ``roles.toml``, one role or several for every function that changes state."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

__all__ = ["ANYONE", "read_roles"]

ANYONE = "anyone"
_TABLE = Path(__file__).with_name("roles.toml")


@lru_cache
def read_roles() -> dict[str, dict[str, tuple[str, ...]]]:
    """Roles by contract and by signature: ``read_roles()["RiskParameters"]["pause(uint256)"]``."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {
        contract: {
            signature: (roles,) if isinstance(roles, str) else tuple(roles)
            for signature, roles in functions.items()
        }
        for contract, functions in table.items()
    }
