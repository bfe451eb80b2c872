# pragma version 0.4.3
"""
@title   Numbers packed into words
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Two's complement in lanes narrower than a word. Stateless.
"""

MASK_64: constant(uint256) = 2**64 - 1
MASK_96: constant(uint256) = 2**96 - 1
MASK_128: constant(uint256) = 2**128 - 1


@internal
@pure
def _bits(number: int256) -> uint256:
    """
    @dev    Two's complement of a number, all 256 bits.
    """
    return convert(convert(number, bytes32), uint256)


@internal
@pure
def _signed_64(lane: uint256) -> int256:
    return (convert(lane & MASK_64, int256) ^ 2**63) - 2**63


@internal
@pure
def _signed_96(lane: uint256) -> int256:
    return (convert(lane & MASK_96, int256) ^ 2**95) - 2**95


@internal
@pure
def _signed_128(lane: uint256) -> int256:
    return (convert(lane & MASK_128, int256) ^ 2**127) - 2**127


@internal
@pure
def _pair_128(low: int256, high: int256) -> uint256:
    """
    @dev    Two numbers in a word; refuses what does not fit.
    """
    assert max(abs(low), abs(high)) < 2**127, "market: exposure too large"
    return self._bits(low) & MASK_128 | self._bits(high) << 128
