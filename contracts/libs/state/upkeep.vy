# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Rewards for upkeep
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the gas of an upkeep call cost, and a quarter more, within a budget for each day of UTC. Token units.
"""

from .. import constants

DAY_S: constant(uint256) = 86_400
REWARD_QUARTERS: constant(uint256) = 5  # of the cost: a quarter more than it

_day: uint256
_spent: uint256  # on that day


@internal
@view
def _due(gas_used: uint256, spot: uint256, unit_wad: uint256, budget: uint256) -> uint256:
    """
    @dev    Reward of a call: its gas at the base fee, in wei of the native coin, whose wrapped form the underlying is.
            Rounds down, in favour of the protocol.
    """
    cost_wad: uint256 = gas_used * block.basefee * spot // constants.WAD
    spent: uint256 = self._spent if self._day == block.timestamp // DAY_S else 0
    return min(cost_wad * REWARD_QUARTERS // 4 // unit_wad, budget - min(spent, budget))


@internal
def _spend(amount: uint256):
    """
    @dev    Count a reward against the budget of today.
    """
    today: uint256 = block.timestamp // DAY_S
    self._spent = self._spent + amount if self._day == today else amount
    self._day = today
