# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   The stress lanes, callable
@author  The pyvault authors
@license AGPL-3.0-only
"""

from contracts.libs.state import stress_lanes as lanes

initializes: lanes


@external
def is_empty(words: uint256[4]) -> bool:
    lanes._by_expiry[1] = words
    return lanes._is_empty(1)


@external
@pure
def plus(a: uint256, b: uint256) -> uint256:
    return lanes._plus(a, b)


@external
@pure
def minus(a: uint256, b: uint256) -> uint256:
    return lanes._minus(a, b)


@external
@pure
def to_nearest(losses: int256[lanes.SCENARIOS]) -> uint256[4]:
    return lanes._to_nearest(losses)


@external
@pure
def upwards(losses: int256[lanes.SCENARIOS]) -> uint256[4]:
    return lanes._upwards(losses)


@external
@pure
def losses(total: uint256[4], held: int256) -> int256[lanes.SCENARIOS]:
    return lanes._losses(total, held)
