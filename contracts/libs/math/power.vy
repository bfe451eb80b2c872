# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Power of a ratio
@author  The pyvault authors
@license AGPL-3.0-only
@notice  (a/b)^p for the term structure of volatility shocks. Stateless.
"""

from .. import constants
from . import exp
from . import ln


@internal
@pure
def _power(numerator: uint256, denominator: uint256, exponent: int256) -> uint256:
    """
    @notice (numerator/denominator)^exponent = e^(exponent ln(...)), WAD, rounded to nearest; error below 2 wei for
            results up to 3.
    @param  numerator Positive, at most 2^128; any unit, that of the denominator.
    @param  denominator Within a factor 2^32 of it.
    @param  exponent WAD; from 0 to 1.
    """
    # unsafe: |ln| < 23 in Q96, below 2^101, times 2^60; |exponent ln| <= 23 fits the range of `_scaled`.
    decay: int256 = 0  # -exponent ln(numerator/denominator)
    if numerator > denominator:
        decay = unsafe_div(
            unsafe_mul(unsafe_sub(0, exponent), ln._ratio(numerator, denominator)), constants.SIGNED_WAD
        )
    else:
        decay = unsafe_div(unsafe_mul(exponent, ln._ratio(denominator, numerator)), constants.SIGNED_WAD)
    return unsafe_add(exp._scaled(decay, exp.TWO_WITH_HEADROOM, exp.HEADROOM), 1) >> 1
