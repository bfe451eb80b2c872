"""Exponential function; the twin of ``contracts/libs/math/exp.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.errors import ContractError
from pyvault.exact import coefficients as c
from pyvault.exact.arithmetic import j_fraction, of_integers, tdiv
from pyvault.units import WAD

__all__ = ["HEADROOM", "TWO_WITH_HEADROOM", "exp", "scaled"]

MAX_EXPONENT = 33 * WAD
NEGLIGIBLE_EXPONENT = -42 * WAD
HEADROOM = 48
TWO_WITH_HEADROOM = WAD << 49
COTH_LEVELS = ((c.COTH_C1, c.COTH_B1), (c.COTH_C2, c.COTH_B2), (c.COTH_C3, c.COTH_B3))


@of_integers
def exp(x: int) -> int:
    """e^x of a WAD exponent, in WAD, rounded to nearest.

    Raises
    ------
    ContractError
        ``exp: exponent too large`` above 33.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity), and mpmath to 1 wei and 1e-24.
    """
    if x > MAX_EXPONENT:
        raise ContractError("exp: exponent too large")
    if x < NEGLIGIBLE_EXPONENT:
        return 0
    return scaled(tdiv(-x << 96, WAD), TWO_WITH_HEADROOM, HEADROOM) + 1 >> 1


def scaled(exponent: int, scale: int, headroom: int) -> int:
    """``scale·e^(−exponent)/2^headroom``, rounded down; exponent in Q96, from ``−headroom·ln 2`` to 72."""
    m = (exponent * c.LOG2_E + 2**191) >> 192
    r = exponent - m * c.LN2
    g = j_fraction(r * r >> 96, c.COTH_A0, COTH_LEVELS)
    return tdiv(scale * (g - r), g + r) >> (headroom + m)
