"""Arguments that every backend refuses alike, before an engine sees them: half a transaction is none."""

from __future__ import annotations

import re
from functools import lru_cache
from operator import index

from eth_utils.address import to_checksum_address

from pyvault.errors import InputError

__all__ = ["checksum", "step", "uint256"]

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LONGEST_STEP = 2**32 - 1  # seconds or blocks at once: no clock of 64 bits overflows


@lru_cache(maxsize=1 << 16)
def checksum(address: str) -> str:
    """Address in the mixed case that guards against typing errors; its hash is slow and therefore kept.

    Raises
    ------
    InputError
        If it is no address, or its mixed case is that of another.
    """
    if not (isinstance(address, str) and _ADDRESS.fullmatch(address)):
        raise InputError("address", address, "must be 0x and 40 hexadecimal digits")
    made = str(to_checksum_address(address))
    digits = address[2:]
    if digits not in {made[2:], digits.lower(), digits.upper()}:
        raise InputError(
            "address", address, f"must carry the checksum of its digits: one is wrong, or {made}"
        )
    return made


def uint256(name: str, value: int) -> int:
    """The value itself; InputError unless it is an integer of 256 bits without a sign."""
    if not 0 <= (known := _integer(name, value)) < 2**256:
        raise InputError(name, value, "must be from 0 to 2**256 - 1")
    return known


def step(name: str, count: int) -> int:
    """Seconds or blocks to go on; InputError unless the clock then moves forward."""
    if not 1 <= (known := _integer(name, count)) <= _LONGEST_STEP:
        rule = f"must be at least 1, time does not stand still or run back, and at most {_LONGEST_STEP}"
        raise InputError(name, count, rule)
    return known


def _integer(name: str, value: int) -> int:
    try:
        return index(value)
    except TypeError as error:
        raise InputError(name, value, "must be an integer") from error
