# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Age of the caches
@author  The pyvault authors
@license AGPL-3.0-only
@notice  When and at which spot each expiry was last valued, its mean volatility, and what it would cost to leave it.
@dev     The guard says in one word how old the oldest cache is that matters, and how far spot may have moved since.
"""

from .. import constants
from .. import packing
from . import exposures
from . import stress_lanes

uses: exposures
uses: stress_lanes

HOUR_S: constant(uint256) = 3_600
PRICE_UNIT: constant(uint256) = 10**10  # WAD in 1e-8
MASK_40: constant(uint256) = 2**40 - 1
MASK_88: constant(uint256) = 2**88 - 1

_stamps: HashMap[uint256, uint256]  # refreshed at 40 | spot_e8 64 | mean volatility 64 | exit cost 88
_guard: uint256  # oldest 40 | lowest spot_e8 64 | highest spot_e8 64; empty: nothing is cached


@internal
@view
def _refreshed_at(expiry: uint256) -> (uint256, uint256):
    """
    @dev    Time and spot of the last refresh.
    """
    stamp: uint256 = self._stamps[expiry]
    return stamp & MASK_40, (stamp >> 40 & packing.MASK_64) * PRICE_UNIT


@internal
@view
def _oldest() -> uint256:
    """
    @dev    Time of the oldest refresh that matters; zero if nothing is cached.
    """
    return self._guard & MASK_40


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
    low: uint256 = (word >> 40 & packing.MASK_64) * PRICE_UNIT
    high: uint256 = (word >> 104 & packing.MASK_64) * PRICE_UNIT
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
    self._stamps[expiry] = (
        block.timestamp | spot // PRICE_UNIT << 40 | mean_vol << 104 | min(exit_cost, MASK_88) << 168
    )


@internal
def _forget(expiry: uint256):
    """
    @dev    An expiry is gone.
    """
    self._stamps[expiry] = 0


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
        low: uint256 = min(word >> 40 & packing.MASK_64, spot_e8)
        high: uint256 = max(word >> 104 & packing.MASK_64, spot_e8)
        self._guard = word & MASK_40 | low << 40 | high << 104


@internal
def _survey(expiries: DynArray[uint256, 10]) -> uint256:
    """
    @dev    Finds the oldest of the caches that can grow old, and sums their exit costs.
    @return The sum.
    """
    oldest: uint256 = 0
    low: uint256 = packing.MASK_64
    high: uint256 = 0
    exit_cost: uint256 = 0
    for expiry: uint256 in expiries:
        stamp: uint256 = self._stamps[expiry]
        if stamp == 0 or self._is_still(expiry):
            continue
        refreshed_at: uint256 = stamp & MASK_40
        oldest = refreshed_at if oldest == 0 else min(oldest, refreshed_at)
        low = min(low, stamp >> 40 & packing.MASK_64)
        high = max(high, stamp >> 40 & packing.MASK_64)
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
    stamp: uint256 = self._stamps[expiry]
    if stamp == 0 or self._is_still(expiry):
        return False
    then: uint256 = (stamp >> 40 & packing.MASK_64) * PRICE_UNIT
    move: uint256 = max(spot, then) - min(spot, then)
    return 2 * (block.timestamp - (stamp & MASK_40)) >= max_age_s or (
        2 * move * constants.WAD >= then * max_move
    )


@internal
@view
def _last_mean_vol(expiry: uint256) -> uint256:
    """
    @dev    Mean volatility at the last refresh; zero before the first.
    """
    return self._stamps[expiry] >> 104 & packing.MASK_64


@internal
@view
def _mean_vol(expiry: uint256, atm_vol: uint256) -> uint256:
    """
    @dev    Exponential mean of the at-the-money volatility over an hour, of first order in the time since the last
            refresh; rounded down, in favour of nobody.
    """
    mean: uint256 = self._last_mean_vol(expiry)
    if mean == 0:
        return atm_vol
    elapsed_s: uint256 = min(block.timestamp - (self._stamps[expiry] & MASK_40), HOUR_S)
    return (mean * (HOUR_S - elapsed_s) + atm_vol * elapsed_s) // HOUR_S


@internal
@view
def _is_bare(expiry: uint256) -> bool:
    """
    @dev    Whether an expiry adds nothing to any sum.
    """
    return exposures._is_flat(expiry) and stress_lanes._is_empty(expiry)


@internal
@view
def _is_still(expiry: uint256) -> bool:
    """
    @dev    Whether the cache of an expiry cannot grow old: nothing is held, or it was valued after it had passed, so
            that what is held settles at a price and costs nothing to leave.
    """
    return self._is_bare(expiry) or self._stamps[expiry] & MASK_40 >= expiry
