# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Rounding
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Quotients rounded up, where Vyper's own round towards zero. Stateless.
"""


@internal
@pure
def _up(numerator: uint256, denominator: uint256) -> uint256:
    """
    @dev    numerator/denominator, rounded up.
    """
    quotient: uint256 = numerator // denominator
    # unsafe: numerator - quotient denominator < denominator; the sum reaches 2^256 for no denominator above 1,
    # and for 1 the remainder is 0.
    return unsafe_add(quotient, convert(unsafe_mul(quotient, denominator) != numerator, uint256))


@internal
@pure
def _signed_up(numerator: int256, denominator: int256) -> int256:
    """
    @dev    numerator/denominator for a positive denominator, rounded towards plus infinity.
    """
    quotient: int256 = numerator // denominator  # towards zero: up already where it is negative
    # unsafe: |quotient denominator| <= |numerator|; a sum of 1 is reached only below 2^254.
    if unsafe_mul(quotient, denominator) < numerator:
        quotient = unsafe_add(quotient, 1)
    return quotient
