# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Book of exposures
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault's options are worth and how that moves, cached by expiry and summed over all of them.
@dev     The value of an expiry is kept as a polynomial in spot, c0 + c1 S + c2 S^2/2: rolling all of them to the
         present spot is rolling their sum. Sums are sums of the stored integers, so what leaves is what entered.
         Stress losses are int64 lanes of 1e-4 quote. `guard` says how old the oldest cache is that matters.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import packing

SCENARIOS: constant(uint256) = 16
TAILS: constant(uint256) = 14  # the first of the two damped scenarios
LANES_A_WORD: constant(uint256) = 4
LANE_UNIT: constant(int256) = 10**14  # WAD in 1e-4
WAD: constant(int256) = constants.SIGNED_WAD
MASK_40: constant(uint256) = 2**40 - 1
MASK_32: constant(uint256) = 2**32 - 1
MASK_88: constant(uint256) = 2**88 - 1
MASK_64: constant(uint256) = 2**64 - 1
HOUR_S: constant(uint256) = 3_600
PRICE_UNIT: constant(uint256) = 10**10  # WAD in 1e-8
struct Sum:
    value: int256  # c0
    slope: int256  # c1
    bend: int256  # c2
    vega: int256  # sum of n
    vega_square: uint256  # sum of n^2


struct Cache:
    value_slope: uint256  # c0 128 | c1 128
    bend_vega: uint256  # c2 128 | n 128
    flow: uint256  # Z int96 | time 32 | at-the-money volatility 64
    stamp: uint256  # refreshed at 40 | spot_e8 64 | mean volatility 64 | exit cost 88
    lanes: uint256[4]


struct Rolled:
    value: int256
    dollar_delta: int256
    dollar_gamma: int256


_caches: HashMap[uint256, Cache]
_value_slope: uint256
_bend_vega: uint256
_vega_square: uint256
_guard: uint256  # oldest 40 | lowest spot_e8 64 | highest spot_e8 64; empty: nothing is cached
_lanes: uint256[4]


# Sums


@internal
@view
def _sum() -> Sum:
    """
    @dev    Of all expiries.
    """
    return self._unpack(self._value_slope, self._bend_vega, self._vega_square)


@internal
@view
def _cached(expiry: uint256) -> Sum:
    """
    @dev    Of one expiry.
    """
    found: Sum = self._unpack(self._caches[expiry].value_slope, self._caches[expiry].bend_vega, 0)
    found.vega_square = convert(found.vega * found.vega, uint256)
    return found


@internal
@pure
def _unpack(value_slope: uint256, bend_vega: uint256, vega_square: uint256) -> Sum:
    return Sum(
        value=packing._signed_128(value_slope),
        slope=packing._signed_128(value_slope >> 128),
        bend=packing._signed_128(bend_vega),
        vega=packing._signed_128(bend_vega >> 128),
        vega_square=vega_square,
    )


@internal
@pure
def _less(whole: Sum, part: Sum) -> Sum:
    return Sum(
        value=whole.value - part.value,
        slope=whole.slope - part.slope,
        bend=whole.bend - part.bend,
        vega=whole.vega - part.vega,
        vega_square=whole.vega_square - part.vega_square,
    )


@internal
@pure
def _rolled(sum: Sum, spot: uint256) -> Rolled:
    """
    @dev    Value and dollar exposures at a spot; truncated, in favour of nobody.
    """
    s: int256 = convert(spot, int256)
    linear: int256 = sum.slope * s // WAD
    quadratic: int256 = sum.bend * s // WAD * s // WAD
    return Rolled(
        value=sum.value + linear + quadratic // 2,
        dollar_delta=linear + quadratic,
        dollar_gamma=quadratic,
    )


@internal
@pure
def _polynomial(risk: IOptionPricer.BookRisk, spot: uint256) -> Sum:
    """
    @dev    The polynomial with this value and these exposures at a spot: the value exactly, the others to a unit.
    """
    s: int256 = convert(spot, int256)
    bend: int256 = risk.dollar_gamma * WAD // s * WAD // s
    slope: int256 = risk.dollar_delta * WAD // s - bend * s // WAD
    bare: Sum = Sum(value=0, slope=slope, bend=bend, vega=risk.scaled_vega, vega_square=0)
    return Sum(
        value=risk.value - self._rolled(bare, spot).value,
        slope=slope,
        bend=bend,
        vega=risk.scaled_vega,
        vega_square=convert(risk.scaled_vega * risk.scaled_vega, uint256),
    )


@internal
def _replace(expiry: uint256, others: Sum, risk: IOptionPricer.BookRisk, spot: uint256) -> Sum:
    """
    @dev    Stores an expiry as it was just valued.
    @param  others The sum without it.
    @return The sum with it.
    """
    own: Sum = self._polynomial(risk, spot)
    self._caches[expiry].value_slope = packing._pair_128(own.value, own.slope)
    self._caches[expiry].bend_vega = packing._pair_128(own.bend, own.vega)
    self._caches[expiry].flow = (
        packing._bits(risk.flow) & packing.MASK_96 | block.timestamp << 96 | risk.atm_vol << 128
    )
    return Sum(
        value=others.value + own.value,
        slope=others.slope + own.slope,
        bend=others.bend + own.bend,
        vega=others.vega + own.vega,
        vega_square=others.vega_square + own.vega_square,
    )


@internal
def _store(sum: Sum):
    """
    @dev    Keeps the sum of all expiries.
    """
    self._value_slope = packing._pair_128(sum.value, sum.slope)
    self._bend_vega = packing._pair_128(sum.bend, sum.vega)
    self._vega_square = sum.vega_square


@internal
@view
def _flow(expiry: uint256) -> (int256, uint256, uint256):
    """
    @dev    Flow when it was last touched, its age, and the at-the-money volatility then.
    """
    word: uint256 = self._caches[expiry].flow
    atm_vol: uint256 = word >> 128 & MASK_64
    if atm_vol == 0:
        return 0, 0, 0
    return packing._signed_96(word), block.timestamp - (word >> 96 & MASK_32), atm_vol


# Age of the caches


@internal
@view
def _is_stale(spot: uint256, max_move: uint256, max_age_s: uint256) -> bool:
    """
    @dev    Whether some cache is too old, or spot has moved too far since it was made.
    """
    word: uint256 = self._guard
    oldest: uint256 = word & MASK_40
    if oldest == 0:
        return False
    low: uint256 = (word >> 40 & MASK_64) * PRICE_UNIT
    high: uint256 = (word >> 104 & MASK_64) * PRICE_UNIT
    # Rounded against the taker: a move of exactly the limit passes.
    return (
        block.timestamp > oldest + max_age_s
        or spot * constants.WAD > low * (constants.WAD + max_move)
        or spot * constants.WAD < high * (constants.WAD - max_move)
    )


@internal
def _stamp(expiry: uint256, spot: uint256, mean_vol: uint256, exit_cost: uint256):
    """
    @dev    An expiry was refreshed now.
    """
    self._caches[expiry].stamp = (
        block.timestamp
        | spot // PRICE_UNIT << 40
        | mean_vol << 104
        | min(exit_cost, MASK_88) << 168
    )


@internal
def _join(spot: uint256):
    """
    @dev    An expiry without positions gets its first: its exposures and its lanes are of now.
    """
    word: uint256 = self._guard
    spot_e8: uint256 = spot // PRICE_UNIT
    if word == 0:
        self._guard = block.timestamp | spot_e8 << 40 | spot_e8 << 104
    else:
        low: uint256 = min(word >> 40 & MASK_64, spot_e8)
        high: uint256 = max(word >> 104 & MASK_64, spot_e8)
        self._guard = word & MASK_40 | low << 40 | high << 104


@internal
def _survey(expiries: DynArray[uint256, 10]) -> uint256:
    """
    @dev    Finds the oldest of the caches that hold positions, and sums their exit costs.
    @return The sum.
    """
    oldest: uint256 = 0
    low: uint256 = MASK_64
    high: uint256 = 0
    exit_cost: uint256 = 0
    for expiry: uint256 in expiries:
        stamp: uint256 = self._caches[expiry].stamp
        if stamp == 0 or self._is_bare(expiry):
            continue
        refreshed_at: uint256 = stamp & MASK_40
        oldest = refreshed_at if oldest == 0 else min(oldest, refreshed_at)
        low = min(low, stamp >> 40 & MASK_64)
        high = max(high, stamp >> 40 & MASK_64)
        exit_cost += stamp >> 168
    if oldest == 0:
        self._guard = 0
    else:
        self._guard = oldest | low << 40 | high << 104
    return exit_cost


@internal
@view
def _is_due(expiry: uint256, spot: uint256, max_move: uint256, max_age_s: uint256) -> bool:
    """
    @dev    Whether half of what makes a cache stale has passed, so that a refresh is worth paying for.
    """
    stamp: uint256 = self._caches[expiry].stamp
    if stamp == 0 or self._is_bare(expiry):
        return False
    then: uint256 = (stamp >> 40 & MASK_64) * PRICE_UNIT
    move: uint256 = max(spot, then) - min(spot, then)
    return 2 * (block.timestamp - (stamp & MASK_40)) >= max_age_s or (
        2 * move * constants.WAD >= then * max_move
    )


@internal
@view
def _mean_vol(expiry: uint256, atm_vol: uint256) -> uint256:
    """
    @dev    Exponential mean of the at-the-money volatility over an hour, of first order in the time since the last
            refresh; rounded down, in favour of nobody.
    """
    stamp: uint256 = self._caches[expiry].stamp
    mean: uint256 = stamp >> 104 & MASK_64
    if mean == 0:
        return atm_vol
    elapsed_s: uint256 = min(block.timestamp - (stamp & MASK_40), HOUR_S)
    return (mean * (HOUR_S - elapsed_s) + atm_vol * elapsed_s) // HOUR_S


@internal
@view
def _is_bare(expiry: uint256) -> bool:
    """
    @dev    Whether an expiry adds nothing to any sum.
    """
    return (
        self._caches[expiry].value_slope == 0
        and self._caches[expiry].bend_vega == 0
        and self._caches[expiry].lanes[0] == 0
    )


# Stress


@internal
@pure
def _in_lanes(losses: int256[SCENARIOS]) -> int256[SCENARIOS]:
    """
    @dev    Losses in units of a lane, rounded to nearest and odd, so that a trade and its reverse cancel.
    """
    rounded: int256[SCENARIOS] = empty(int256[SCENARIOS])
    for i: uint256 in range(SCENARIOS):
        half: int256 = LANE_UNIT // 2 if losses[i] >= 0 else -(LANE_UNIT // 2)
        rounded[i] = (losses[i] + half) // LANE_UNIT
    return rounded


@internal
@pure
def _up_to_lanes(losses: int256[SCENARIOS]) -> int256[SCENARIOS]:
    """
    @dev    Losses in units of a lane, rounded up, against the vault.
    """
    rounded: int256[SCENARIOS] = empty(int256[SCENARIOS])
    for i: uint256 in range(SCENARIOS):
        rounded[i] = (
            (losses[i] + LANE_UNIT - 1) // LANE_UNIT if losses[i] > 0 else losses[i] // LANE_UNIT
        )
    return rounded


@internal
@pure
def _added(word: uint256, losses: int256[SCENARIOS], first: uint256) -> uint256:
    """
    @dev    Four lanes of a word, each with its loss added.
    """
    sum: uint256 = 0
    for j: uint256 in range(LANES_A_WORD):
        lane: int256 = packing._signed_64(word >> 64 * j) + losses[first + j]
        assert -(2**63) <= lane and lane < 2**63, "market: exposure too large"
        sum |= (packing._bits(lane) & MASK_64) << 64 * j
    return sum


@internal
def _add_losses(expiry: uint256, losses: int256[SCENARIOS]):
    """
    @dev    Adds to the lanes of an expiry and to their sum.
    """
    for i: uint256 in range(4):
        self._caches[expiry].lanes[i] = self._added(self._caches[expiry].lanes[i], losses, 4 * i)
        self._lanes[i] = self._added(self._lanes[i], losses, 4 * i)


@internal
def _replace_losses(expiry: uint256, losses: int256[SCENARIOS]):
    """
    @dev    Sets the lanes of an expiry, and their sum accordingly.
    """
    changes: int256[SCENARIOS] = losses
    for i: uint256 in range(SCENARIOS):
        changes[i] -= packing._signed_64(
            self._caches[expiry].lanes[i // LANES_A_WORD] >> 64 * (i % LANES_A_WORD)
        )
    self._add_losses(expiry, changes)


@internal
@view
def _losses(delta: int256, spot: uint256) -> int256[SCENARIOS]:
    """
    @dev    The vault's loss in each scenario: options as cached, and what it holds of the underlying, live.
    @param  delta Contracts of underlying held or hedged.
    @return WAD quote.
    """
    losses: int256[SCENARIOS] = empty(int256[SCENARIOS])
    held: int256 = delta * convert(spot, int256) // WAD
    for i: uint256 in range(SCENARIOS):
        word: uint256 = self._lanes[i // LANES_A_WORD]
        lane: int256 = packing._signed_64(word >> 64 * (i % LANES_A_WORD))
        # Moves of spot in hundredths: -18 to 18 in sixes, twice; then the tails, -40 and 60, halved.
        move: int256 = 6 * convert(i % 7, int256) - 18
        if i >= TAILS:
            move = 50 * convert(i - TAILS, int256) - 20
        losses[i] = lane * LANE_UNIT - held * move // 100
    return losses


@internal
@pure
def _worst(losses: int256[SCENARIOS]) -> int256:
    worst: int256 = losses[0]
    for loss: int256 in losses:
        worst = max(worst, loss)
    return worst


@internal
def _forget(expiry: uint256):
    """
    @dev    Takes an expiry out of every sum.
    """
    self._store(self._less(self._sum(), self._cached(expiry)))
    self._replace_losses(expiry, empty(int256[SCENARIOS]))
    self._caches[expiry] = empty(Cache)


# Positions


@internal
@pure
def _net(word: uint256, is_call: bool) -> int256:
    """
    @dev    The vault's position in the call or the put of a strike word.
    """
    return packing._signed_96(word >> 64) if is_call else packing._signed_96(word >> 160)
