# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Parameters as the pricer receives them
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Reads one parameter from the words that a quote brings along: RiskParameters.words(2, 10). Stateless.
"""

from . import parameters

FIRST_WORD: constant(uint256) = 2  # words 0 and 1 guard the feed; no quote needs them
WORDS: constant(uint256) = 10


@internal
@pure
def _lane(words: DynArray[uint256, WORDS], parameter_id: uint256) -> uint256:
    """
    @dev    Value of a parameter of words 2 to 11, in its own unit; below 2^64.
    """
    return (
        words[parameter_id // parameters.LANES - FIRST_WORD]
        >> (parameters.LANE_BITS * (parameter_id % parameters.LANES))
    ) & parameters.LANE_MASK
