# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Stress lanes
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault's options lose in each of sixteen scenarios, by expiry and in total: int64 lanes in units of
         1e-4 quote, a loss positive.
@dev     Four lanes a word, added and subtracted four at a time: the top bit of each lane is kept out of the sum, so
         that nothing carries into the next, and put back after it.
"""

from .. import packing
from .. import require

SCENARIOS: constant(uint256) = 16
LANE_UNIT: constant(int256) = 10**14  # WAD in 1e-4
TOPS: constant(uint256) = 2**63 | 2**127 | 2**191 | 2**255
RESTS: constant(uint256) = max_value(uint256) - TOPS
# Moves of spot in hundredths: -18 to 18 in sixes, volatility up, then down; then the tails, -40 and 60, halved.
MOVES: constant(int256[SCENARIOS]) = [-18, -12, -6, 0, 6, 12, 18, -18, -12, -6, 0, 6, 12, 18, -20, 30]

_by_expiry: HashMap[uint256, uint256[4]]
_total: uint256[4]


@internal
@pure
def _to_nearest(losses: int256[SCENARIOS]) -> uint256[4]:
    """
    @dev    Losses in lanes, rounded to nearest and odd, so that a trade and its reverse cancel.
    """
    rounded: int256[SCENARIOS] = losses
    for i: uint256 in range(SCENARIOS):
        loss: int256 = losses[i]
        # unsafe: a sum that wraps is 2^208 lanes and more from fitting, and refused; the divisor is a constant.
        rounded[i] = unsafe_div(unsafe_add(loss, unsafe_mul(loss >> 255 | 1, LANE_UNIT // 2)), LANE_UNIT)
    return self._packed(rounded)


@internal
@pure
def _upwards(losses: int256[SCENARIOS]) -> uint256[4]:
    """
    @dev    Losses in lanes, rounded up, against the vault.
    """
    rounded: int256[SCENARIOS] = losses
    for i: uint256 in range(SCENARIOS):
        rounded[i] = (
            (losses[i] + LANE_UNIT - 1) // LANE_UNIT if losses[i] > 0 else losses[i] // LANE_UNIT
        )
    return self._packed(rounded)


@internal
@view
def _is_empty(expiry: uint256) -> bool:
    """
    @dev    Whether an expiry has nothing in any lane.
    """
    for word: uint256 in self._by_expiry[expiry]:
        if word != 0:
            return False
    return True


@internal
@pure
def _packed(numbers: int256[SCENARIOS]) -> uint256[4]:
    """
    @dev    Four numbers a word; refuses what does not fit.
    """
    words: uint256[4] = [0, 0, 0, 0]
    excess: uint256 = 0
    for i: uint256 in range(SCENARIOS):
        bits: uint256 = convert(convert(numbers[i], bytes32), uint256)
        # unsafe: wraps below -2^63, as meant: what fits is then below 2^64; i < 16.
        excess |= unsafe_add(bits, 2**63)
        words[i >> 2] |= (bits & packing.MASK_64) << unsafe_mul(64, i & 3)
    require._that(excess >> 64 == 0, "market: exposure too large")
    return words


@internal
@pure
def _plus(a: uint256, b: uint256) -> uint256:
    """
    @dev    Sum, lane by lane.
    """
    # unsafe: without their top bits two lanes add up to less than 2^64.
    sum: uint256 = unsafe_add(a & RESTS, b & RESTS) ^ ((a ^ b) & TOPS)
    assert (a ^ sum) & (b ^ sum) & TOPS == 0, "market: exposure too large"
    return sum


@internal
@pure
def _minus(a: uint256, b: uint256) -> uint256:
    """
    @dev    Difference, lane by lane.
    """
    # unsafe: a lane with its top bit is at least 2^63, more than one without.
    difference: uint256 = unsafe_sub(a | TOPS, b & RESTS) ^ ((a ^ ~b) & TOPS)
    require._that((a ^ b) & (a ^ difference) & TOPS == 0, "market: exposure too large")
    return difference


@internal
@pure
def _sum(lanes: uint256[4], others: uint256[4]) -> uint256[4]:
    """
    @dev    Sixteen sums.
    """
    sum: uint256[4] = lanes
    for i: uint256 in range(4):
        sum[i] = self._plus(lanes[i], others[i])
    return sum


@internal
def _add(expiry: uint256, changes: uint256[4]):
    """
    @dev    Adds to the lanes of an expiry and to the total.
    """
    for i: uint256 in range(4):
        self._by_expiry[expiry][i] = self._plus(self._by_expiry[expiry][i], changes[i])
        self._total[i] = self._plus(self._total[i], changes[i])


@internal
def _replace(expiry: uint256, lanes: uint256[4]):
    """
    @dev    Sets the lanes of an expiry, and the total accordingly.
    """
    for i: uint256 in range(4):
        others: uint256 = self._minus(self._total[i], self._by_expiry[expiry][i])
        self._total[i] = self._plus(others, lanes[i])
        self._by_expiry[expiry][i] = lanes[i]


@internal
@pure
def _losses(total: uint256[4], held: int256) -> int256[SCENARIOS]:
    """
    @dev    The vault's loss in each scenario, WAD quote: options as cached, and what it holds of the underlying, live.
    @param  held Value of the underlying held or hedged; below 2^196.
    """
    losses: int256[SCENARIOS] = empty(int256[SCENARIOS])
    i: uint256 = 0
    for move: int256 in MOVES:
        # unsafe: i < 16; lanes below 2^63 times 2^47; held below 2^196 times 30.
        lane: int256 = convert(
            convert(total[i >> 2] << unsafe_sub(192, unsafe_mul(64, i & 3)), bytes32), int256
        ) >> 192
        losses[i] = unsafe_sub(unsafe_mul(lane, LANE_UNIT), unsafe_div(unsafe_mul(held, move), 100))
        i = unsafe_add(i, 1)
    return losses


@internal
@pure
def _worst(total: uint256[4], held: int256) -> int256:
    """
    @dev    The largest loss.
    """
    losses: int256[SCENARIOS] = self._losses(total, held)
    worst: int256 = losses[0]
    for loss: int256 in losses:
        if loss > worst:
            worst = loss
    return worst
