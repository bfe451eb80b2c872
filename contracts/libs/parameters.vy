# pragma version 0.4.3
"""
@title   Parameters: ids, units, bounds in code, start values
@author  The pyvault authors
@license AGPL-3.0-only
@notice  One row for each number that governance may move. Parameter `i` is lane i % 4 of word i // 4, 64
         bits, lane 0 lowest. The page docs/parameters.md and pyvault/chain/parameters.py show the same table.
@dev     Stateless. WAD: 10^18 = 1, up to 18.4. PRICE: 10^-8 quote (per underlying where it is a price), up to
         1.8e11. MICRO: 10^6 = 1. S: seconds.
         `lowest` and `highest` are bounds that no vote can widen; the ranges are chosen disjoint where one
         parameter must stay below another (step below rate, least below largest volatility, cut-off below
         epoch), except for the band of spot, whose order `settings` checks.
"""

from ..interfaces import IRiskParameters

PARAMETERS: constant(uint256) = 64
WORDS: constant(uint256) = 16
LANES: constant(uint256) = 4  # parameters in a word
LANE_BITS: constant(uint256) = 64
LANE_MASK: constant(uint256) = 2**64 - 1

# Spot (word 0)
SPOT_MAX_AGE_S: constant(uint256) = 0  # oldest reading accepted
SPOT_FLOOR: constant(uint256) = 1  # PRICE: lowest reading accepted
SPOT_CAP: constant(uint256) = 2  # PRICE: highest reading accepted
SPOT_MAX_DEVIATION: constant(uint256) = 3  # WAD: largest relative distance from the second source
# Fixing and sequencer (word 1)
FIXING_MAX_GAP_S: constant(uint256) = 4  # longest stretch of the window that one round may cover
SEQUENCER_GRACE_S: constant(uint256) = 5  # how long the sequencer must have been up
# Surface (words 2 to 4)
SURFACE_MAX_AGE_S: constant(uint256) = 8  # oldest slice with which positions open
SURFACE_MIN_VOL: constant(uint256) = 9  # WAD, annualised: least volatility on the check grid
SURFACE_MAX_VOL: constant(uint256) = 10  # WAD, annualised: largest volatility on the check grid
SURFACE_STEP: constant(uint256) = 11  # WAD of volatility: eps0, largest change a post at 30 days
SURFACE_RATE_PER_HOUR: constant(uint256) = 12  # WAD of volatility: total variation an hour
FORWARD_STEP: constant(uint256) = 13  # WAD: kappa0, largest |change of ln F| a post
FORWARD_RATE_PER_HOUR: constant(uint256) = 14  # WAD: total variation of ln F an hour
MAX_CARRY: constant(uint256) = 15  # WAD a year: largest |c|
MAX_GAP: constant(uint256) = 16  # WAD of volatility: g_max, beyond which an expiry only closes
# Sizes (word 4)
MIN_NOTIONAL: constant(uint256) = 17  # PRICE: least notional of a trade that opens
CLOSING_OUTFLOW_CAP: constant(uint256) = 18  # WAD of E: paid to closers an hour after a rejected reading
# Inventory charge (words 5 and 6)
RISK_AVERSION: constant(uint256) = 20  # MICRO: lambda
DELTA_HORIZON_S: constant(uint256) = 21
GAMMA_HORIZON_S: constant(uint256) = 22
VEGA_HORIZON_S: constant(uint256) = 23
VOL_OF_VOL: constant(uint256) = 24  # WAD per square root of a year: xi, relative
EXPIRY_CORRELATION: constant(uint256) = 25  # WAD: rho, between the volatilities of two expiries
RISK_BUDGET: constant(uint256) = 26  # WAD of E: R
MIN_RISK_BUDGET: constant(uint256) = 27  # PRICE: least R; below 100 of them of E nothing opens
# Flow and rebate (word 7)
FLOW_HALF_LIFE_S: constant(uint256) = 28
FLOW_STANDARD_VEGA: constant(uint256) = 29  # WAD of R per point of volatility: V_std
FLOW_IMPACT: constant(uint256) = 30  # WAD of volatility per V_std: kappa
REBATE: constant(uint256) = 31  # WAD of H_c: theta, below 1
# Half-spread (words 8 and 9)
TICK: constant(uint256) = 32  # WAD of spot per contract
MID_SPREAD: constant(uint256) = 33  # WAD of mid
UTILISATION_SPREAD: constant(uint256) = 34  # WAD: k_u
LATENCY_S: constant(uint256) = 35
FEED_THRESHOLD: constant(uint256) = 36  # WAD of spot: what the feed may lag before it moves
MAX_MULTIPLIER: constant(uint256) = 37  # WAD: largest factor of the keeper on the half-spread
# Admission (words 9 to 11)
STRESS_SHARE: constant(uint256) = 38  # WAD of E: omega, largest loss in the worst scenario
INTEREST_RATE: constant(uint256) = 39  # WAD a year: r
VEGA_CAP: constant(uint256) = 40  # WAD of E: largest sum of scaled vegas
GAMMA_CAP: constant(uint256) = 41  # WAD of E: largest dollar gamma
DELTA_CAP: constant(uint256) = 42  # WAD of E: largest dollar delta
SERIES_CAP: constant(uint256) = 43  # WAD of E: largest notional of the open interest of a series
MAX_CACHE_MOVE: constant(uint256) = 44  # WAD: largest move of spot since an expiry was revalued
MAX_CACHE_AGE_S: constant(uint256) = 45
MIN_DELTA: constant(uint256) = 46  # WAD: least |delta|, and least distance from 1, of what opens
CASH_BUFFER: constant(uint256) = 47  # WAD of E: free cash that trades and withdrawals leave
# Margin (word 12)
INITIAL_MARGIN_FACTOR: constant(uint256) = 48  # WAD: initial over maintenance requirement
SHORT_NOTIONAL_MARGIN: constant(uint256) = 49  # WAD of notional of short options
UNCOVERED_CALL_MARGIN: constant(uint256) = 50  # WAD of spot per net uncovered short call
# Epochs (word 13)
EPOCH_LENGTH_S: constant(uint256) = 52
EPOCH_CUTOFF_S: constant(uint256) = 53  # before the end of an epoch
JUNIOR_GAIN_SHARE: constant(uint256) = 54  # WAD: alpha, part of junior's gain that goes to senior
# Series (word 14)
TRADE_CUTOFF_S: constant(uint256) = 56  # before expiry, from which on nothing opens
# Fees (word 15)
INSURANCE_SHARE: constant(uint256) = 60  # WAD of charges, until the fund has reached its target
INSURANCE_TARGET: constant(uint256) = 61  # WAD of net assets
PROTOCOL_SHARE: constant(uint256) = 62  # WAD of charges
REWARD_BUDGET: constant(uint256) = 63  # PRICE: paid for upkeep calls a day

# Oracles that governance may replace, by slot.
SPOT_ORACLE: constant(uint256) = 0
VOL_SURFACE: constant(uint256) = 1
ORACLES: constant(uint256) = 2

# What a pause stops, one bit each; closing, claims, settlement and adding collateral are never stopped.
PAUSE_OPENING: constant(uint256) = 1
PAUSE_DEPOSITS: constant(uint256) = 2
PAUSE_HEDGING: constant(uint256) = 4
PAUSE_POSTS: constant(uint256) = 8
PAUSE_EVERYTHING: constant(uint256) = 15

# Which way a change loosens; what may loosen in either direction is never in a hurry.
UP: constant(uint256) = 1
DOWN: constant(uint256) = 2
EITHER: constant(uint256) = 3  # UP | DOWN

# Whom a change reaches.
ALL: constant(uint256) = 0  # everybody at once, read by `words`
MARGIN: constant(uint256) = 1  # the same, existing accounts included: tightening waits longer
SERIES: constant(uint256) = 2  # series listed from then on, read by `words_at` the version of the listing
EPOCH: constant(uint256) = 3  # epochs that begin from then on, read by `words_at` the version of the beginning


@internal
@pure
def _rule(parameter_id: uint256) -> IRiskParameters.Rule:
    """
    @dev    Rule of a parameter: lowest, highest, start, quantum, loosens, reaches. `quantum` is the least
            allowance of a day's move, for values so near zero that a fifth of them is nothing.
    """
    # Spot
    if parameter_id == SPOT_MAX_AGE_S:
        return self._row(60, 90_000, 3_900, 0, UP, ALL)
    if parameter_id == SPOT_FLOOR:
        return self._row(1, LANE_MASK - 1, 100 * 10**8, 1, DOWN, ALL)
    if parameter_id == SPOT_CAP:
        return self._row(2, LANE_MASK, 100_000 * 10**8, 1, UP, ALL)
    if parameter_id == SPOT_MAX_DEVIATION:
        return self._row(10**15, 2 * 10**17, 2 * 10**16, 0, UP, ALL)
    # Fixing and sequencer
    if parameter_id == FIXING_MAX_GAP_S:
        return self._row(60, 180_000, 7_200, 0, EITHER, SERIES)
    if parameter_id == SEQUENCER_GRACE_S:
        return self._row(600, 86_400, 3_600, 0, DOWN, ALL)
    # Surface
    if parameter_id == SURFACE_MAX_AGE_S:
        return self._row(60, 86_400, 900, 0, UP, ALL)
    if parameter_id == SURFACE_MIN_VOL:
        return self._row(10**16, 4 * 10**17, 5 * 10**16, 0, DOWN, ALL)
    if parameter_id == SURFACE_MAX_VOL:
        return self._row(5 * 10**17, 18 * 10**18, 5 * 10**18, 0, UP, ALL)
    if parameter_id == SURFACE_STEP:
        return self._row(5 * 10**14, 2 * 10**16, 5 * 10**15, 0, UP, ALL)
    if parameter_id == SURFACE_RATE_PER_HOUR:
        return self._row(2 * 10**16, 5 * 10**17, 5 * 10**16, 0, UP, ALL)
    if parameter_id == FORWARD_STEP:
        return self._row(10**14, 2 * 10**15, 5 * 10**14, 0, UP, ALL)
    if parameter_id == FORWARD_RATE_PER_HOUR:
        return self._row(2 * 10**15, 10**16, 10**16, 0, UP, ALL)
    if parameter_id == MAX_CARRY:
        return self._row(10**16, 5 * 10**17, 5 * 10**17, 0, UP, ALL)
    if parameter_id == MAX_GAP:
        return self._row(5 * 10**15, 2 * 10**17, 5 * 10**16, 0, UP, ALL)
    # Sizes
    if parameter_id == MIN_NOTIONAL:
        return self._row(10**6, 10_000 * 10**8, 50 * 10**8, 0, DOWN, ALL)
    if parameter_id == CLOSING_OUTFLOW_CAP:
        return self._row(10**15, 5 * 10**16, 5 * 10**15, 0, UP, ALL)
    # Inventory charge
    if parameter_id == RISK_AVERSION:
        return self._row(10**6, 10**8, 12 * 10**6, 0, DOWN, ALL)
    if parameter_id == DELTA_HORIZON_S:
        return self._row(600, 86_400, 5_400, 0, DOWN, ALL)
    if parameter_id == GAMMA_HORIZON_S:
        return self._row(1_800, 86_400, 21_600, 0, DOWN, ALL)
    if parameter_id == VEGA_HORIZON_S:
        return self._row(3_600, 604_800, 86_400, 0, DOWN, ALL)
    if parameter_id == VOL_OF_VOL:
        return self._row(10**17, 4 * 10**18, 10**18, 0, DOWN, ALL)
    if parameter_id == EXPIRY_CORRELATION:
        return self._row(25 * 10**16, 10**18, 85 * 10**16, 0, EITHER, ALL)
    if parameter_id == RISK_BUDGET:
        return self._row(10**15, 5 * 10**16, 10**16, 0, UP, ALL)
    if parameter_id == MIN_RISK_BUDGET:
        return self._row(10**8, 100_000 * 10**8, 100 * 10**8, 0, EITHER, ALL)
    # Flow and rebate
    if parameter_id == FLOW_HALF_LIFE_S:
        return self._row(300, 21_600, 1_800, 0, DOWN, ALL)
    if parameter_id == FLOW_STANDARD_VEGA:
        return self._row(10**15, 10**17, 10**16, 0, UP, ALL)
    if parameter_id == FLOW_IMPACT:
        return self._row(5 * 10**14, 2 * 10**16, 5 * 10**15, 0, DOWN, ALL)
    if parameter_id == REBATE:
        return self._row(0, 99 * 10**16, 9 * 10**17, 10**16, UP, ALL)
    # Half-spread
    if parameter_id == TICK:
        return self._row(10**11, 10**14, 10**12, 0, DOWN, ALL)
    if parameter_id == MID_SPREAD:
        return self._row(10**14, 2 * 10**16, 10**15, 0, DOWN, ALL)
    if parameter_id == UTILISATION_SPREAD:
        return self._row(10**18, 16 * 10**18, 4 * 10**18, 0, DOWN, ALL)
    if parameter_id == LATENCY_S:
        return self._row(1, 600, 24, 1, DOWN, ALL)
    if parameter_id == FEED_THRESHOLD:
        return self._row(10**14, 2 * 10**16, 5 * 10**15, 0, DOWN, ALL)
    if parameter_id == MAX_MULTIPLIER:
        return self._row(10**18, 10**19, 5 * 10**18, 0, EITHER, ALL)
    # Admission
    if parameter_id == STRESS_SHARE:
        return self._row(5 * 10**16, 5 * 10**17, 25 * 10**16, 0, UP, ALL)
    if parameter_id == INTEREST_RATE:
        return self._row(0, 2 * 10**17, 0, 10**16, EITHER, SERIES)
    if parameter_id == VEGA_CAP:
        return self._row(10**16, 10**18, 2 * 10**17, 0, UP, ALL)
    if parameter_id == GAMMA_CAP:
        return self._row(10**18, 18 * 10**18, 10**19, 0, UP, ALL)
    if parameter_id == DELTA_CAP:
        return self._row(10**17, 4 * 10**18, 10**18, 0, UP, ALL)
    if parameter_id == SERIES_CAP:
        return self._row(10**17, 4 * 10**18, 10**18, 0, UP, ALL)
    if parameter_id == MAX_CACHE_MOVE:
        return self._row(5 * 10**15, 10**17, 3 * 10**16, 0, UP, ALL)
    if parameter_id == MAX_CACHE_AGE_S:
        return self._row(300, 21_600, 3_600, 0, UP, ALL)
    if parameter_id == MIN_DELTA:
        return self._row(10**16, 10**17, 3 * 10**16, 0, DOWN, ALL)
    if parameter_id == CASH_BUFFER:
        return self._row(10**16, 3 * 10**17, 5 * 10**16, 0, DOWN, ALL)
    # Margin
    if parameter_id == INITIAL_MARGIN_FACTOR:
        return self._row(105 * 10**16, 3 * 10**18, 125 * 10**16, 0, DOWN, MARGIN)
    if parameter_id == SHORT_NOTIONAL_MARGIN:
        return self._row(10**15, 10**17, 10**16, 0, DOWN, MARGIN)
    if parameter_id == UNCOVERED_CALL_MARGIN:
        return self._row(2 * 10**16, 5 * 10**17, 6 * 10**16, 0, DOWN, MARGIN)
    # Epochs
    if parameter_id == EPOCH_LENGTH_S:
        return self._row(43_200, 604_800, 86_400, 0, EITHER, EPOCH)
    if parameter_id == EPOCH_CUTOFF_S:
        return self._row(600, 21_600, 3_600, 0, EITHER, EPOCH)
    if parameter_id == JUNIOR_GAIN_SHARE:
        return self._row(0, 3 * 10**17, 10**17, 10**16, EITHER, EPOCH)
    # Series
    if parameter_id == TRADE_CUTOFF_S:
        return self._row(3_600, 172_800, 43_200, 0, DOWN, SERIES)
    # Fees
    if parameter_id == INSURANCE_SHARE:
        return self._row(0, 5 * 10**17, 10**17, 10**16, EITHER, ALL)
    if parameter_id == INSURANCE_TARGET:
        return self._row(10**16, 2 * 10**17, 5 * 10**16, 0, EITHER, ALL)
    if parameter_id == PROTOCOL_SHARE:
        return self._row(0, 2 * 10**17, 5 * 10**16, 10**16, UP, ALL)
    if parameter_id == REWARD_BUDGET:
        return self._row(10**8, 100_000 * 10**8, 500 * 10**8, 0, UP, ALL)
    return empty(IRiskParameters.Rule)


@internal
@pure
def _row(
    lowest: uint256, highest: uint256, start: uint256, quantum: uint256, loosens: uint256, reaches: uint256
) -> IRiskParameters.Rule:
    """
    @dev    A row of the table: internal code reads better by position than by six names a row.
    """
    return IRiskParameters.Rule(
        lowest=lowest, highest=highest, start=start, quantum=quantum, loosens=loosens, reaches=reaches
    )
