"""The sums of `InventoryRisk` as they are stored: integers, before any view rolls and rounds them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from eth_utils import keccak
from support.vault import storage_of

from pyvault.chain.system import System

RISK = "contracts/InventoryRisk.vy"
LANES = 16


class Sums(NamedTuple):
    """c0, c1, c2 and n of a polynomial in spot, n² in sum, and the 16 lanes."""

    value: int
    slope: int
    bend: int
    vega: int
    vega_square: int
    lanes: tuple[int, ...]

    def __add__(self, other: Any) -> Sums:
        plain = [mine + yours for mine, yours in zip(self[:-1], other[:-1], strict=True)]
        return Sums(*plain, tuple(map(int.__add__, self.lanes, other.lanes)))


NOTHING = Sums(0, 0, 0, 0, 0, (0,) * LANES)


def signed(word: int, first: int, bits: int) -> int:
    number = word >> first & (2**bits - 1)
    return number - (number >> bits - 1 << bits)


def total(system: System) -> Sums:
    """The sum of all expiries; a view says whether it was looked for at the right place."""
    book, grid = storage_of(RISK)["book"], storage_of(RISK)["grid"]
    pairs = [_read(system, book[name]["slot"]) for name in ("_value_slope", "_bend_vega")]
    lanes = [_read(system, grid["_total"]["slot"] + i) for i in range(4)]
    found = _sums(*pairs, lanes)._replace(vega_square=_read(system, book["_vega_square"]["slot"]))
    assert found.vega == system.exposures().scaled_vega
    return found


def of_expiry(system: System, expiry: int) -> Sums:
    """What is cached of an expiry."""
    cache, lanes = _place("book", "_caches", expiry), _place("grid", "_by_expiry", expiry)
    pair = [_read(system, cache + i) for i in range(2)]
    return _sums(*pair, [_read(system, lanes + i) for i in range(4)])


def sum_of(system: System, expiries: Iterable[int]) -> Sums:
    found = NOTHING
    for each in expiries:
        found = found + of_expiry(system, each)
    return found


def _sums(value_slope: int, bend_vega: int, lanes: list[int]) -> Sums:
    vega = signed(bend_vega, 128, 128)
    return Sums(
        value=signed(value_slope, 0, 128),
        slope=signed(value_slope, 128, 128),
        bend=signed(bend_vega, 0, 128),
        vega=vega,
        vega_square=vega * vega,
        lanes=tuple(signed(word, 64 * i, 64) for word in lanes for i in range(4)),
    )


def _read(system: System, slot: int) -> int:
    return system.backend.storage(system.part("risk").address, slot)


def _place(module: str, name: str, expiry: int) -> int:
    """First slot of an expiry in a mapping."""
    root = storage_of(RISK)[module][name]["slot"]
    return int.from_bytes(keccak(root.to_bytes(32, "big") + expiry.to_bytes(32, "big")), "big")
