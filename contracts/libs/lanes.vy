# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Parameters as the pricer receives them
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Reads what a quote needs from the words that it brings along: RiskParameters.words(2, 10). Stateless.
@dev     One struct, read once: a call per lane would copy the words twenty times, in gas and in code.
"""

from . import parameters as p

FIRST_WORD: constant(uint256) = 2  # words 0 and 1 guard the feed; no quote needs them
WORDS: constant(uint256) = 10
LANES: constant(uint256) = p.LANES
BITS: constant(uint256) = p.LANE_BITS
MASK: constant(uint256) = p.LANE_MASK

struct Parameters:  # each below 2^64, in the unit that contracts/libs/parameters.vy states
    vol_step: uint256  # eps_0
    forward_step: uint256  # kappa_0
    risk_aversion: uint256  # lambda, MICRO
    delta_horizon_s: uint256
    gamma_horizon_s: uint256
    vega_horizon_s: uint256
    vol_of_vol: uint256  # xi
    expiry_correlation: uint256  # rho
    flow_half_life_s: uint256
    flow_standard_vega: uint256  # of R per point
    flow_impact: uint256  # kappa
    rebate: uint256  # theta
    tick: uint256
    mid_spread: uint256
    utilisation_spread: uint256  # k_u
    latency_s: uint256
    feed_threshold: uint256


@internal
@pure
def _read(words: DynArray[uint256, WORDS]) -> Parameters:
    """
    @dev    What a quote needs of words 2 to 11.
    """
    surface: uint256 = words[p.SURFACE_STEP // LANES - FIRST_WORD]
    forwards: uint256 = words[p.FORWARD_STEP // LANES - FIRST_WORD]
    horizons: uint256 = words[p.RISK_AVERSION // LANES - FIRST_WORD]
    vols: uint256 = words[p.VOL_OF_VOL // LANES - FIRST_WORD]
    flow: uint256 = words[p.FLOW_HALF_LIFE_S // LANES - FIRST_WORD]
    spread: uint256 = words[p.TICK // LANES - FIRST_WORD]
    feed: uint256 = words[p.FEED_THRESHOLD // LANES - FIRST_WORD]
    return Parameters(
        vol_step=surface >> (BITS * (p.SURFACE_STEP % LANES)) & MASK,
        forward_step=forwards >> (BITS * (p.FORWARD_STEP % LANES)) & MASK,
        risk_aversion=horizons >> (BITS * (p.RISK_AVERSION % LANES)) & MASK,
        delta_horizon_s=horizons >> (BITS * (p.DELTA_HORIZON_S % LANES)) & MASK,
        gamma_horizon_s=horizons >> (BITS * (p.GAMMA_HORIZON_S % LANES)) & MASK,
        vega_horizon_s=horizons >> (BITS * (p.VEGA_HORIZON_S % LANES)) & MASK,
        vol_of_vol=vols >> (BITS * (p.VOL_OF_VOL % LANES)) & MASK,
        expiry_correlation=vols >> (BITS * (p.EXPIRY_CORRELATION % LANES)) & MASK,
        flow_half_life_s=flow >> (BITS * (p.FLOW_HALF_LIFE_S % LANES)) & MASK,
        flow_standard_vega=flow >> (BITS * (p.FLOW_STANDARD_VEGA % LANES)) & MASK,
        flow_impact=flow >> (BITS * (p.FLOW_IMPACT % LANES)) & MASK,
        rebate=flow >> (BITS * (p.REBATE % LANES)) & MASK,
        tick=spread >> (BITS * (p.TICK % LANES)) & MASK,
        mid_spread=spread >> (BITS * (p.MID_SPREAD % LANES)) & MASK,
        utilisation_spread=spread >> (BITS * (p.UTILISATION_SPREAD % LANES)) & MASK,
        latency_s=spread >> (BITS * (p.LATENCY_S % LANES)) & MASK,
        feed_threshold=feed >> (BITS * (p.FEED_THRESHOLD % LANES)) & MASK,
    )
