"""Normal distribution; the twin of ``contracts/libs/math/normal.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.exact import coefficients as c
from pyvault.exact import exp
from pyvault.exact.arithmetic import j_fraction, of_integers, tdiv
from pyvault.units import WAD

__all__ = ["CERTAIN", "LIMIT", "density", "mills", "normal_cdf", "tail"]

CERTAIN = 2**96
LIMIT = 11 * 2**96
LIMIT_WAD = 11 * WAD
MILLS_LEVELS = (
    (c.MILLS_C1, c.MILLS_B1),
    (c.MILLS_C2, c.MILLS_B2),
    (c.MILLS_C3, c.MILLS_B3),
    (c.MILLS_C4, c.MILLS_B4),
    (c.MILLS_C5, c.MILLS_B5),
    (c.MILLS_C6, c.MILLS_B6),
    (c.MILLS_C7, c.MILLS_B7),
    (c.MILLS_C8, c.MILLS_B8),
)


@of_integers
def normal_cdf(x: int) -> int:
    """Probability that a standard normal variable is at most `x`; both WAD, rounded to nearest.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity), and mpmath to 2 wei.
    """
    if x <= -LIMIT_WAD:
        return 0
    if x >= LIMIT_WAD:
        return WAD
    argument = tdiv(-x * 2**96, WAD)
    return tail(argument, density(argument)) * WAD + 2**95 >> 96


def density(x: int) -> int:
    """``n(x)`` in Q128, rounded down; `x` in Q96, at most 11 in size."""
    return exp.scaled(x * x >> 97, c.INVERSE_SQRT_2PI, 0)


def tail(x: int, density: int) -> int:
    """``N(−x)`` in Q96; `x` in Q96, at most 11 in size, and its density in Q128."""
    if x >= 0:
        return density * mills(x) >> 128
    return CERTAIN - (density * mills(-x) >> 128)


def mills(x: int) -> int:
    """Mills ratio ``N(−x)/n(x)`` in Q96; `x` in Q96, from 0 to 11."""
    return j_fraction(x, c.MILLS_A0, MILLS_LEVELS)
