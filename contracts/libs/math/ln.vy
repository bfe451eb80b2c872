# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Natural logarithm of a ratio
@author  The pyvault authors
@license AGPL-3.0-only
@notice  ln(high/low), the log-moneyness of an option.
@dev     Neither the ratio nor its log2 is formed: the smaller number is doubled until the ratio lies in
         [17/24, 17/12]; then ln(high/low) = 2 atanh(z) = z R(z^2), z = (high - low)/(high + low).
         Relative error of the fit 2.6e-19. Stateless.
"""

from .. import constants
from . import coefficients as c


@external
@pure
def ln(x: uint256) -> int256:
    """
    @notice Natural logarithm.
    @param  x Argument; WAD; from 2^-32 to 2^32.
    @return WAD, rounded towards zero; error below 2 wei.
    """
    # unsafe: wraps at zero, as meant.
    assert unsafe_sub(x, 1) >> 128 == 0, "ln: argument out of range"
    # unsafe: |ln| < 23 in Q96 times 2^60; the ratio bound is asserted in `_doublings`.
    if x < constants.WAD:
        return -(unsafe_mul(self._ratio(constants.WAD, x), constants.SIGNED_WAD) >> 96)
    return unsafe_mul(self._ratio(x, constants.WAD), constants.SIGNED_WAD) >> 96


@internal
@pure
def _ratio(high: uint256, low: uint256) -> int256:
    """
    @notice ln(high/low) in Q96.
    @param  high At least `low`, at most 2^128; any unit.
    @param  low Positive; the same unit. high/low at most 2^32.
    """
    base: uint256 = low
    doubled: int256 = 0
    # unsafe: 12 high < 2^132 and 68 low < 2^135.
    if unsafe_mul(high, 12) > unsafe_mul(low, 17):
        doublings: uint256 = 1
        if unsafe_mul(high, 12) > unsafe_mul(low, 34):
            doublings = 2
            if unsafe_mul(high, 12) > unsafe_mul(low, 68):
                doublings = self._doublings(high, low)
        base = low << doublings
        doubled = unsafe_mul(convert(convert(doublings, bytes32), int256), c.LN2)
    # unsafe: base < 2^129, so the shifted numerator is below 2^226; |z| <= 5/29 and u <= 25/841 in Q96.
    z: int256 = unsafe_div(
        convert(convert(unsafe_sub(high, base) << 96, bytes32), int256),
        convert(convert(unsafe_add(high, base), bytes32), int256),
    )
    u: int256 = unsafe_mul(z, z) >> 96
    # unsafe: all denominators are negative on the domain (proven at derivation); 2 <= R < 2.03.
    r: int256 = unsafe_add(
        c.ATANH_A0,
        unsafe_div(
            c.ATANH_C1,
            unsafe_add(
                unsafe_add(u, c.ATANH_B1),
                unsafe_div(
                    c.ATANH_C2,
                    unsafe_add(unsafe_add(u, c.ATANH_B2), unsafe_div(c.ATANH_C3, unsafe_add(u, c.ATANH_B3))),
                ),
            ),
        ),
    )
    return unsafe_add(doubled, unsafe_mul(z, r) >> 96)


@internal
@pure
def _doublings(high: uint256, low: uint256) -> uint256:
    """
    @notice Doublings of `low` that bring 12 high <= 17 low, for ratios above 17/3: strikes left far behind by
            the market. By binary search, so that the farthest costs hardly more.
    """
    assert high <= low << 32, "ln: ratio too large"
    # unsafe: the sum of the steps is at most 34, so base < 2^162.
    base: uint256 = low << 2
    total: uint256 = 2
    if high >> 16 > base:
        base = base << 16
        total = 18
    if high >> 8 > base:
        base = base << 8
        total = unsafe_add(total, 8)
    if high >> 4 > base:
        base = base << 4
        total = unsafe_add(total, 4)
    if high >> 2 > base:
        base = base << 2
        total = unsafe_add(total, 2)
    if high >> 1 > base:
        base = base << 1
        total = unsafe_add(total, 1)
    if unsafe_mul(high, 12) > unsafe_mul(base, 17):
        total = unsafe_add(total, 1)
    return total
