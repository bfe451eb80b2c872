# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Flow of an expiry
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Vega recently sold by the vault, Z, and what it adds to the price: Phi = kappa Z^2/(2 V_std) quote.
@dev     Z is vega per 1.00 of volatility, positive when sold. It halves every half-life, and a post that moves
         the at-the-money volatility its way takes over what it says. All roundings are towards zero: no taker
         gains by them what one trade's half-spread does not cover, since no fill is better than the mid,
         whatever Z is (docs/market-mathematics.md). Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import lanes
from .. import parameters
from . import coefficients as c
from . import exp

WAD: constant(uint256) = constants.WAD
POINTS: constant(uint256) = 100  # V_std is a share of R for each point of volatility
LIMIT_BITS: constant(uint256) = 104  # |Z| < 2^104: 2e13 quote per 1.00 of volatility
ONE_WITH_HEADROOM: constant(int256) = 2**144  # 1 in Q96, 48 halvings held back
VANISHED: constant(uint256) = 104  # half-lives after which no Z within the limit is left


@internal
@pure
def _standard_vega(conditions: IOptionPricer.Conditions) -> uint256:
    """
    @dev    V_std: quote per 1.00 of volatility; rounded down, which charges more.
    """
    return (
        lanes._lane(conditions.words, parameters.FLOW_STANDARD_VEGA) * conditions.risk_budget // WAD * POINTS
    )


@internal
@pure
def _charge(flow: int256, standard_vega: uint256, impact: uint256) -> uint256:
    """
    @dev    Phi of one expiry, quote; rounded down, a function of Z alone: changes of it add up to the wei.
    @param  flow Z; |Z| < 2^104, else refused.
    @param  standard_vega V_std; positive.
    @param  impact kappa, volatility per V_std; WAD, below 2^64.
    """
    size: uint256 = convert(abs(flow), uint256)
    assert size >> LIMIT_BITS == 0, "pricer: flow too large"
    # unsafe: the square is below 2^208, the product below 2^213; V_std > 0 is checked by the division.
    return unsafe_mul(unsafe_div(unsafe_mul(size, size), WAD), impact) // (2 * standard_vega)


@internal
@pure
def _now(
    book: IOptionPricer.Book, atm_vol: uint256, conditions: IOptionPricer.Conditions
) -> int256:
    """
    @dev    Z now: first decayed since it was last touched, then less what posts have taken over since.
    @param  atm_vol At-the-money volatility of the book now.
    """
    if book.flow == 0:
        return 0
    size: uint256 = convert(abs(book.flow), uint256)
    assert size >> LIMIT_BITS == 0, "pricer: flow too large"
    if book.flow_age_s > 0:
        size = self._decayed(
            size, book.flow_age_s, lanes._lane(conditions.words, parameters.FLOW_HALF_LIFE_S)
        )
    # A post moves volatility in the direction of Z: up after sales, down after purchases.
    risen: bool = atm_vol > book.flow_atm_vol
    if atm_vol != book.flow_atm_vol and risen == (book.flow > 0):
        move: uint256 = max(atm_vol, book.flow_atm_vol) - min(atm_vol, book.flow_atm_vol)
        size = self._absorbed(
            size,
            move,
            self._standard_vega(conditions),
            lanes._lane(conditions.words, parameters.FLOW_IMPACT),
        )
    return convert(size, int256) if book.flow > 0 else -convert(size, int256)


@internal
@pure
def _decayed(size: uint256, elapsed_s: uint256, half_life_s: uint256) -> uint256:
    """
    @dev    size 2^(-elapsed/half-life), rounded down; all of it at 0.
    @param  size Below 2^104.
    @param  half_life_s Positive.
    """
    if elapsed_s >= half_life_s * VANISHED:
        return 0
    halvings: uint256 = elapsed_s // half_life_s
    # unsafe: LN2 < 2^96 times a remainder below the half-life, which is below 2^64.
    exponent: int256 = convert(
        unsafe_mul(convert(c.LN2, uint256), elapsed_s % half_life_s) // half_life_s, int256
    )
    # unsafe: 2^104 times at most 2^96.
    return unsafe_mul(size, exp._scaled(exponent, ONE_WITH_HEADROOM, exp.HEADROOM)) >> (96 + halvings)


@internal
@pure
def _absorbed(size: uint256, move: uint256, standard_vega: uint256, impact: uint256) -> uint256:
    """
    @dev    |Z| less what a post took over that moved the volatility by `move` its way: move V_std/kappa, so that
            the quoted volatility is continuous. Everything where kappa is zero, the limit.
    """
    if impact == 0:
        return 0
    taken: uint256 = move * standard_vega // impact  # rounded down: a wei more of Z stays
    return size - min(taken, size)
