# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Pace of a volatility surface
@author  The pyvault authors
@license AGPL-3.0-only
@notice  How far a slice may move in one post and in an hour.
@dev     Stateless. The same step is what a taker is charged for: eps(T) of the half-spread.
"""

from .. import constants

MONTH_S: constant(uint256) = 30 * 86_400
WEEK_S: constant(uint256) = 7 * 86_400
HOUR_S: constant(uint256) = 3_600


@internal
@pure
def _step(step: uint256, time_s: uint256) -> uint256:
    """
    @dev    Largest change of volatility in one post: eps_0 sqrt(30 d/max(T, 7 d)); rounded down, against the
            poster.
    """
    return step * isqrt(MONTH_S * constants.WAD * constants.WAD // max(time_s, WEEK_S)) // constants.WAD


@internal
@pure
def _leaked(level: uint256, rate_per_hour: uint256, elapsed_s: uint256) -> uint256:
    """
    @dev    Level of a bucket that leaks at half the rate; its capacity is the other half, so that no hour holds
            more than the rate. The leak is rounded down, against the poster.
    """
    leak: uint256 = rate_per_hour * elapsed_s // (2 * HOUR_S)
    return level - min(leak, level)
