# pragma version 0.4.3
"""
@title   Strike words
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A strike of an expiry and what the vault holds of its call and put, in one word: strike_e8 64 | call int96 |
         put int96. Stateless.
"""

from . import series

CALL_AT: constant(uint256) = 64
PUT_AT: constant(uint256) = 160


@internal
@pure
def _strike(word: uint256) -> uint256:
    """
    @dev    Strike, WAD.
    """
    return unsafe_mul(word & series.STRIKE_MASK, series.STRIKE_UNIT)  # unsafe: below 2^98


@internal
@pure
def _position(word: uint256, is_call: bool) -> int256:
    """
    @dev    The vault's contracts, WAD; in [-2^95, 2^95).
    """
    if is_call:
        return convert(convert(word << 96, bytes32), int256) >> 160
    return convert(convert(word, bytes32), int256) >> 160
