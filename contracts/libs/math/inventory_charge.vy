# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Inventory charge
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Psi, the certainty-equivalent cost of carrying the vault's exposures, quote:
         lambda/(2R) [sigma^2 h_D D^2 + (sigma^2 h_G G)^2/2 + xi^2 h_V ((1 - rho) sum n^2 + rho (sum n)^2)].
@dev     Weighted squares: a function of four integers and of nothing else, so that what a path of trades is
         charged inside one market state is Psi(end) - Psi(start), to the wei. Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import lanes

WAD: constant(uint256) = constants.WAD
YEAR_S: constant(uint256) = constants.SECONDS_PER_YEAR
MICRO: constant(uint256) = 10**6
LIMIT_BITS: constant(uint256) = 104  # |exposure| < 2^104: 2e13 quote
SQUARES_BITS: constant(uint256) = 212  # a sum of at most 16 squares

struct Weights:  # of squares; quote per square quote, Q96, rounded down
    delta: uint256  # of D^2
    gamma: uint256  # of G^2
    expiries: uint256  # of sum n^2
    level: uint256  # of (sum n)^2


struct Exposure:
    delta: int256  # D: S times delta; quote, WAD
    gamma: int256  # G: S^2 times gamma
    vega: int256  # sum of n = vega sigma u over expiries
    vega_square: uint256  # sum of n^2; WAD^2


@internal
@pure
def _weights(parameters: lanes.Parameters, reference_vol: uint256, risk_budget: uint256) -> Weights:
    """
    @dev    The factors of the four squares. At most 2^103 for lambda <= 100 and R >= 1; beyond that arithmetic
            is checked and reverts.
    @param  reference_vol sigma; WAD; below 2^64.
    @param  risk_budget R; WAD quote; positive.
    """
    # lambda/(2R), Q96. unsafe: 2^64 2^60 2^96.
    aversion: uint256 = (
        unsafe_mul(parameters.risk_aversion, WAD << 96) // (2 * MICRO * risk_budget)
    )
    spread: uint256 = self._variance(reference_vol, parameters.gamma_horizon_s)
    vega: uint256 = aversion * self._variance(parameters.vol_of_vol, parameters.vega_horizon_s) // WAD
    level: uint256 = vega * parameters.expiry_correlation // WAD
    return Weights(
        delta=aversion * self._variance(reference_vol, parameters.delta_horizon_s) // WAD,
        gamma=aversion * spread // WAD * spread // (2 * WAD),
        expiries=vega - level,
        level=level,
    )


@internal
@pure
def _variance(vol: uint256, time_s: uint256) -> uint256:
    """
    @dev    vol^2 time, WAD, rounded down.
    @param  vol Below 2^64.
    @param  time_s Below 2^64.
    """
    # unsafe: 2^64 2^64 2^64.
    return unsafe_div(unsafe_mul(unsafe_mul(vol, vol), time_s), YEAR_S * WAD)


@internal
@pure
def _charge(weights: Weights, exposure: Exposure) -> uint256:
    """
    @dev    Psi, quote; rounded down. Exposures beyond the limit are refused, never wrapped.
    """
    delta: uint256 = convert(abs(exposure.delta), uint256)
    gamma: uint256 = convert(abs(exposure.gamma), uint256)
    vega: uint256 = convert(abs(exposure.vega), uint256)
    assert (
        ((delta | gamma | vega) >> LIMIT_BITS) | (exposure.vega_square >> SQUARES_BITS)
    ) == 0, "pricer: exposure too large"
    # unsafe: squares below 2^208; products and sums are checked. Each square is rounded down to a wei of square
    # quote, in favour of whoever raises it, by at most its weight in wei.
    return (
        weights.delta * unsafe_div(unsafe_mul(delta, delta), WAD)
        + weights.gamma * unsafe_div(unsafe_mul(gamma, gamma), WAD)
        + weights.expiries * unsafe_div(exposure.vega_square, WAD)
        + weights.level * unsafe_div(unsafe_mul(vega, vega), WAD)
    ) >> 96


@internal
@pure
def _plus(exposure: Exposure, risk: IOptionPricer.BookRisk) -> Exposure:
    """
    @dev    Exposures with those of one more expiry.
    """
    size: uint256 = convert(abs(risk.scaled_vega), uint256)
    return Exposure(
        delta=exposure.delta + risk.dollar_delta,
        gamma=exposure.gamma + risk.dollar_gamma,
        vega=exposure.vega + risk.scaled_vega,
        vega_square=exposure.vega_square + size * size,
    )
