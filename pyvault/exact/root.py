"""Square root of time; the twin of ``contracts/libs/math/root.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.exact import coefficients as c

__all__ = ["years"]


def years(time_s: int) -> int:
    """``√(time_s / 1 year)`` in Q96; the time in seconds, below 2^32.

    Notes
    -----
    Proof: equals the compiled contract bit for bit through every price (tests/parity), and the exact integer
    root within 2e-23 (tests/properties).
    """
    if time_s == 0:
        return 0
    half_log = 12 if time_s >= 2**24 else 8 if time_s >= 2**16 else 4 if time_s >= 2**8 else 0
    square = time_s * c.INVERSE_YEAR
    root = c.ROOT_SEED * ((16 << half_log) + (time_s >> half_log))
    for _ in range(5):
        root = (root + square // root) >> 1
    return root
