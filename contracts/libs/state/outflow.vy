# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Outflow to closers
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A leaky bucket of what closing trades were paid after rejected readings, in token units. It holds half an hour's
         cap and leaks the other half in an hour, so that no hour pays more than the cap.
"""

from .. import packing

HOUR_S: constant(uint256) = 3_600

_bucket: uint256  # level 128 | time 40


@internal
@view
def _level(half_cap: uint256) -> int256:
    """
    @dev    Level now; the leak is rounded down, against the taker.
    """
    word: uint256 = self._bucket
    leak: uint256 = half_cap * (block.timestamp - (word >> 128)) // HOUR_S
    level: uint256 = word & packing.MASK_128
    return convert(level - min(leak, level), int256)


@internal
def _keep(level: int256):
    """
    @dev    Sets the level as of now.
    """
    self._bucket = convert(level, uint256) | block.timestamp << 128
