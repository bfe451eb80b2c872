# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Reference volatility
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The at-the-money volatility at 30 days of the surface as it was posted last.
"""

from ..math import surface_guard as guard
from ..math import surface_pace as pace
from . import slice_book

uses: slice_book

MASK_64: constant(uint256) = 2**64 - 1

_reference: uint256  # before the post 64 | after it 64 | block of the post 48


@external
@view
def reference_vol() -> uint256:
    """
    @notice At-the-money volatility at 30 days, of the surface in effect, as of its last post.
    @return WAD; zero before the first surface is in effect.
    """
    return self._at(block.number)


@internal
def _keep():
    """
    @dev    The at-the-money volatility at 30 days of the surface as posted: linear in total variance between the live
            expiries about it, flat outside them. Divisions are truncated, in favour of nobody.
    """
    near: uint256 = 0  # the last expiry of at most a month, and the first beyond
    far: uint256 = 0
    live: DynArray[uint256, slice_book.MAX_EXPIRIES] = slice_book._alive()
    for expiry: uint256 in live:
        far = expiry
        if expiry > block.timestamp + pace.MONTH_S:
            break
        near = expiry
    if near == 0:
        near = far
    variance: uint256 = guard._variance(0, slice_book._latest(near))
    if far > near:
        beyond: uint256 = guard._variance(0, slice_book._latest(far)) * (far - block.timestamp)
        here: uint256 = block.timestamp + pace.MONTH_S
        total: uint256 = variance * (near - block.timestamp) * (far - here) + beyond * (here - near)
        variance = total // (far - near) // pace.MONTH_S
    self._reference = (
        self._at(block.number)
        | guard._volatility(variance) << 64
        | block.number << 128
    )


@internal
@view
def _at(number: uint256) -> uint256:
    """
    @dev    Reference volatility in effect in a block not before the last post.
    """
    word: uint256 = self._reference
    return word >> 64 & MASK_64 if number > word >> 128 else word & MASK_64
