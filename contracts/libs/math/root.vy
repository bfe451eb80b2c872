# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Square root of time
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The square root of a time to expiry in years; callers that price many options of one expiry keep it.
@dev     Heron's iteration from the line (16 sqrt(X) + t/sqrt(X))/sqrt(136), which on [X, 256 X] lies within a
         factor 1.458 of sqrt(t) on both sides: five steps leave a relative error of 2e-23. Stateless.
"""

from . import coefficients as c


@internal
@pure
def _years(time_s: uint256) -> uint256:
    """
    @notice sqrt(time_s / 1 year) in Q96; high by at most 2e-23 of itself, low by at most one unit.
    @param  time_s Seconds, below 2^32.
    """
    half_log: uint256 = 0  # log2 of sqrt(X)
    if time_s >= 2**16:
        half_log = 8
        if time_s >= 2**24:
            half_log = 12
    elif time_s >= 2**8:
        half_log = 4
    elif time_s == 0:
        return 0  # the iteration would only halve
    # unsafe: 2^32 * 2^168 = 2^200 for the square; the line stays below 2^80 * 2^21.
    square: uint256 = unsafe_mul(time_s, c.INVERSE_YEAR)
    root: uint256 = unsafe_mul(c.ROOT_SEED, unsafe_add(16 << half_log, time_s >> half_log))
    # unsafe: root > 0, and a sum of two roots is below 2^105.
    root = unsafe_add(root, unsafe_div(square, root)) >> 1
    root = unsafe_add(root, unsafe_div(square, root)) >> 1
    root = unsafe_add(root, unsafe_div(square, root)) >> 1
    root = unsafe_add(root, unsafe_div(square, root)) >> 1
    return unsafe_add(root, unsafe_div(square, root)) >> 1
