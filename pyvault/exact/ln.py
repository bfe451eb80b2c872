"""Natural logarithm of a ratio; the twin of ``contracts/libs/math/ln.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.errors import ContractError
from pyvault.exact import coefficients as c
from pyvault.exact.arithmetic import j_fraction, of_integers, tdiv
from pyvault.units import WAD

__all__ = ["ln", "ratio"]

ATANH_LEVELS = ((c.ATANH_C1, c.ATANH_B1), (c.ATANH_C2, c.ATANH_B2), (c.ATANH_C3, c.ATANH_B3))


@of_integers
def ln(x: int) -> int:
    """Natural logarithm of a WAD number, in WAD, rounded towards zero.

    Raises
    ------
    ContractError
        ``ln: argument out of range`` for 0 and above 2^128; ``ln: ratio too large`` outside [2^-32, 2^32].

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity), and mpmath to 2 wei.
    """
    if not 0 < x <= 2**128:
        raise ContractError("ln: argument out of range")
    if x < WAD:
        return -(ratio(WAD, x) * WAD >> 96)
    return ratio(x, WAD) * WAD >> 96


def ratio(high: int, low: int) -> int:
    """``ln(high/low)`` in Q96, for ``0 < low ≤ high ≤ 2^128`` in any unit."""
    doublings = 0
    if 12 * high > 17 * low:
        doublings = 1
        if 12 * high > 34 * low:
            doublings = 2
            if 12 * high > 68 * low:
                doublings = _doublings(high, low)
    base = low << doublings
    z = tdiv((high - base) << 96, high + base)
    r = j_fraction(z * z >> 96, c.ATANH_A0, ATANH_LEVELS)
    return doublings * c.LN2 + (z * r >> 96)


def _doublings(high: int, low: int) -> int:
    """Doublings of `low` that bring ``12·high ≤ 17·low``, for ratios above 17/3."""
    if high > low << 32:
        raise ContractError("ln: ratio too large")
    base, total = low << 2, 2
    for step in (16, 8, 4, 2, 1):
        if high >> step > base:
            base <<= step
            total += step
    return total + (12 * high > 17 * base)
