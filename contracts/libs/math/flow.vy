# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Flow of an expiry
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Vega recently sold by the vault, Z, and what it adds to the price: Phi = kappa Z^2/(2 V_std) quote.
@dev     Z is vega per 1.00 of volatility, positive when sold. It halves every half-life, and a post that moves
         the at-the-money volatility its way takes over what it says. Z is rounded towards zero, to a wei; who
         trades pays for that wei in H. Decay and absorption happen between market states, where no fill is better
         than the mid whatever Z is (docs/market-mathematics.md). Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import lanes
from . import coefficients as c
from . import exp

WAD: constant(uint256) = constants.WAD
QUANTUM: constant(uint256) = 2  # wei of H: one for the wei of Z, worth kappa |Z|/V_std < 1, and one for that of Phi
POINTS: constant(uint256) = 100  # V_std is a share of R for each point of volatility
LIMIT_BITS: constant(uint256) = 104  # |Z| < 2^104: 2e13 quote per 1.00 of volatility
ONE_WITH_HEADROOM: constant(int256) = 2**144  # 1 in Q96, 48 halvings held back
VANISHED: constant(uint256) = 104  # half-lives after which no Z within the limit is left

struct Terms:
    half_life_s: uint256  # positive
    standard_vega: uint256  # V_std, quote per 1.00 of volatility; rounded down, which charges more
    impact: uint256  # kappa, volatility per V_std


@internal
@pure
def _terms(parameters: lanes.Parameters, risk_budget: uint256) -> Terms:
    """
    @dev    What every expiry of a market state shares.
    """
    return Terms(
        half_life_s=parameters.flow_half_life_s,
        standard_vega=parameters.flow_standard_vega * risk_budget // WAD * POINTS,
        impact=parameters.flow_impact,
    )


@internal
@pure
def _charge(terms: Terms, flow: int256) -> uint256:
    """
    @dev    Phi of one expiry, quote; rounded down, a function of Z alone: changes of it add up to the wei.
    @param  flow Z; |Z| < 2^104, else refused.
    """
    size: uint256 = self._size(flow)
    # unsafe: the square is below 2^208, the product below 2^213.
    return unsafe_mul(unsafe_div(unsafe_mul(size, size), WAD), terms.impact) // (2 * terms.standard_vega)


@internal
@pure
def _present(terms: Terms, item: IOptionPricer.Book, atm_vol: uint256) -> int256:
    """
    @dev    Z now: decayed since it was last touched, then less what posts have taken over since: a move x of
            the at-the-money volatility in its direction takes |x| V_std/kappa, so that the quoted volatility is
            continuous; all of it where kappa is zero, the limit.
    @param  atm_vol At-the-money volatility of the expiry now; below 2^65.
    """
    if item.flow == 0:
        return 0
    size: uint256 = self._decayed(self._size(item.flow), item.flow_age_s, terms.half_life_s)
    # A post moves volatility in the direction of Z: up after sales, down after purchases.
    move: uint256 = max(atm_vol, item.flow_atm_vol) - min(atm_vol, item.flow_atm_vol)
    if move > 0 and (atm_vol > item.flow_atm_vol) == (item.flow > 0):
        taken: uint256 = size
        if terms.impact > 0:
            taken = min(taken, move * terms.standard_vega // terms.impact)  # rounded down: more of Z stays
        size = unsafe_sub(size, taken)  # unsafe: taken <= size
    # unsafe: size < 2^104.
    flow: int256 = convert(size, int256)
    return flow if item.flow > 0 else unsafe_sub(0, flow)


@internal
@pure
def _decayed(size: uint256, elapsed_s: uint256, half_life_s: uint256) -> uint256:
    """
    @dev    size 2^(-elapsed/half-life), rounded down; all of it at 0.
    @param  size Below 2^104.
    """
    halvings: uint256 = elapsed_s // half_life_s
    if halvings >= VANISHED:
        return 0
    # unsafe: LN2 < 2^96 times a remainder below the half-life, which is below 2^64; then 2^104 times at most 2^96.
    exponent: int256 = convert(
        unsafe_div(unsafe_mul(convert(c.LN2, uint256), elapsed_s % half_life_s), half_life_s), int256
    )
    return unsafe_mul(size, exp._scaled(exponent, ONE_WITH_HEADROOM, exp.HEADROOM)) >> unsafe_add(
        96, halvings
    )


@internal
@pure
def _size(flow: int256) -> uint256:
    """
    @dev    |Z|; refused beyond the limit.
    """
    size: uint256 = convert(abs(flow), uint256)
    assert size >> LIMIT_BITS == 0, "pricer: flow too large"
    return size
