"""What Python's integers do differently from the EVM's: signed division and its zero divisor."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["j_fraction", "tdiv"]


def tdiv(numerator: int, denominator: int) -> int:
    """Quotient truncated towards zero, and 0 for a zero denominator: the EVM's SDIV.

    Python's ``//`` rounds down; its ``>>`` does too, and so agrees with SAR.
    """
    if denominator == 0:
        return 0
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def j_fraction(x: int, a0: int, levels: Sequence[tuple[int, int]]) -> int:
    """``a0 + c1/(x + b1 + c2/(x + b2 + ...))``, each quotient truncated; x, a0, b in Q96 and c in Q192."""
    quotient = 0
    for c, b in reversed(levels):
        quotient = tdiv(c, x + b + quotient)
    return a0 + quotient
