# pragma version 0.4.3
"""
@title   Limits of the surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a post may do and how old a slice may be, from the three words of RiskParameters that say so.
"""

from ..interfaces import IRiskParameters
from . import parameters as p

FIRST_WORD: constant(uint256) = p.SURFACE_MAX_AGE_S // p.LANES
WORDS: constant(uint256) = 3


struct Limits:
    lowest_vol: uint256
    highest_vol: uint256
    step: uint256
    rate: uint256
    forward_step: uint256
    forward_rate: uint256
    max_carry: uint256
    max_age: uint256
    max_gap: uint256


interface ThreeWords:  # RiskParameters.words, for a caller who never asks for more
    def words(first: uint256, count: uint256) -> DynArray[uint256, WORDS]: view


@internal
@view
def _limits(parameters: address) -> Limits:
    """
    @dev    The limits in force.
    """
    words: DynArray[uint256, WORDS] = staticcall ThreeWords(parameters).words(FIRST_WORD, WORDS)
    return Limits(
        lowest_vol=self._lane(words, p.SURFACE_MIN_VOL),
        highest_vol=self._lane(words, p.SURFACE_MAX_VOL),
        step=self._lane(words, p.SURFACE_STEP),
        rate=self._lane(words, p.SURFACE_RATE_PER_HOUR),
        forward_step=self._lane(words, p.FORWARD_STEP),
        forward_rate=self._lane(words, p.FORWARD_RATE_PER_HOUR),
        max_carry=self._lane(words, p.MAX_CARRY),
        max_age=self._lane(words, p.SURFACE_MAX_AGE_S),
        max_gap=self._lane(words, p.MAX_GAP),
    )


@internal
@pure
def _lane(words: DynArray[uint256, WORDS], parameter_id: uint256) -> uint256:
    word: uint256 = words[parameter_id // p.LANES - FIRST_WORD]
    return word >> p.LANE_BITS * (parameter_id % p.LANES) & p.LANE_MASK
