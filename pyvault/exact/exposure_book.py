"""The value of an expiry as a polynomial in spot; the twin of ``contracts/libs/state/exposure_book.vy``."""

from __future__ import annotations

from pyvault.exact.arithmetic import tdiv
from pyvault.units import WAD

__all__ = ["roll"]


def roll(dollar_delta: int, dollar_gamma: int, spot: int, new_spot: int) -> int:
    """Change of a value when spot moves, to second order, as the contract rolls its cache of an expiry."""
    bend = tdiv(tdiv(dollar_gamma * WAD, spot) * WAD, spot)
    slope = tdiv(dollar_delta * WAD, spot) - tdiv(bend * spot, WAD)
    return _floating(slope, bend, new_spot) - _floating(slope, bend, spot)


def _floating(slope: int, bend: int, spot: int) -> int:
    """What of the polynomial depends on spot: c1 S + c2 S²/2."""
    quadratic = tdiv(tdiv(bend * spot, WAD) * spot, WAD)
    return tdiv(slope * spot, WAD) + tdiv(quadratic, 2)
