# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Exit cost
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What it would cost to close the vault's positions in one expiry:
         sum |q| (s_tick S + s_rel mid + kappa_0 |delta| + eps(T) vega/2) + |vega| |sigma_atm - its mean|.
@dev     Sums of sizes, exact and divided once, every quotient rounded up, against the vault. A refresh alone needs
         them. The twin is in pyvault/exact/book.py. Stateless.
"""

from .. import constants
from .. import lanes
from .. import strike_word
from . import book
from . import rounding
from . import surface_pace


struct Gross:  # sums of |q| over series
    contracts: uint256
    value: uint256  # WAD^2, and so below
    delta: uint256
    vega: uint256


@internal
@pure
def _plus(gross: Gross, discounted_floating: uint256, unit: book.Unit, word: uint256) -> Gross:
    """
    @dev    Sums with the position in one more strike.
    """
    call: int256 = strike_word._position(word, True)
    put: int256 = strike_word._position(word, False)
    # unsafe: |q| <= 2^95 and units below 2^100, 40 terms; a call's delta is at most the discounted floating forward.
    calls: uint256 = convert(convert(unsafe_mul(call, call >> 255 | 1), bytes32), uint256)
    puts: uint256 = convert(convert(unsafe_mul(put, put >> 255 | 1), bytes32), uint256)
    return Gross(
        contracts=unsafe_add(gross.contracts, unsafe_add(calls, puts)),
        value=unsafe_add(
            gross.value, unsafe_add(unsafe_mul(calls, unit.call), unsafe_mul(puts, unit.put))
        ),
        delta=unsafe_add(
            gross.delta,
            unsafe_add(
                unsafe_mul(calls, unit.delta), unsafe_mul(puts, unsafe_sub(discounted_floating, unit.delta))
            ),
        ),
        vega=unsafe_add(gross.vega, unsafe_mul(unsafe_add(calls, puts), unit.vega)),
    )


@internal
@pure
def _cost(
    rates: lanes.Parameters,
    terms: book.Terms,
    net_vega: int256,
    gross: Gross,
    spot: uint256,
    mean_vol: uint256,
) -> uint256:
    """
    @dev    The cost, quote.
    @param  net_vega Of the book, WAD^2.
    @param  mean_vol Of the at-the-money volatility over the last hour.
    """
    tick: uint256 = rounding._up(rates.tick * spot, constants.WAD)
    # A step is rounded down where posts are measured; one more is above it.
    step: uint256 = surface_pace._step(rates.vol_step, terms.time_s) + 1
    vol_move: uint256 = max(terms.atm_vol, mean_vol) - min(terms.atm_vol, mean_vol)
    vega: uint256 = rounding._up(convert(abs(net_vega), uint256), constants.WAD)
    gross_vega: uint256 = rounding._up(gross.vega, constants.WAD)
    return rounding._up(
        gross.contracts * tick
        + rounding._up(gross.value, constants.WAD) * rates.mid_spread
        + rounding._up(gross.delta, constants.WAD) * rates.forward_step
        + rounding._up(gross_vega * step, 2)
        + vega * vol_move,
        constants.WAD,
    )
