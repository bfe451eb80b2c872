"""Power of a ratio; the twin of ``contracts/libs/math/power.vy``."""

from __future__ import annotations

from pyvault.exact import exp, ln
from pyvault.exact.arithmetic import tdiv
from pyvault.units import WAD

__all__ = ["power"]


def power(numerator: int, denominator: int, exponent: int) -> int:
    """``(numerator/denominator)^exponent``, WAD, rounded to nearest; the exponent from 0 to 1.

    Raises
    ------
    ContractError
        ``ln: ratio too large`` beyond a factor 2^32.
    """
    log_ratio = ln.ratio(max(numerator, denominator), min(numerator, denominator))
    decay = tdiv((-exponent if numerator > denominator else exponent) * log_ratio, WAD)
    return exp.scaled(decay, exp.TWO_WITH_HEADROOM, exp.HEADROOM) + 1 >> 1
