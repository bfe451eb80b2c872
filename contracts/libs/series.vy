# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title   Series ids
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A series is an expiry, a strike and a side, and its id is these three: expiry 40 | strike_e8 64 | is_call 1.
@dev     Strikes are multiples of 10^-8 quote, so that price scales from 0.01 to 100,000 keep six digits and more.
         Stateless.
"""

STRIKE_UNIT: constant(uint256) = 10**10  # WAD in 10^-8
STRIKE_MASK: constant(uint256) = 2**64 - 1
MAX_EXPIRY: constant(uint256) = 2**40 - 1
ID_BITS: constant(uint256) = 105


@external
@pure
def series_id(expiry: uint256, strike: uint256, is_call: bool) -> uint256:
    """
    @notice Id of a series, listed or not.
    @param  expiry Unix seconds.
    @param  strike WAD; a multiple of 1e-8.
    @param  is_call Call or put.
    """
    return self._id(expiry, strike, is_call)


@external
@pure
def series_of(series_id: uint256) -> (uint256, uint256, bool):
    """
    @notice Expiry, strike (WAD) and side of an id.
    @param  series_id Any.
    """
    return self._expiry(series_id), self._strike_e8(series_id) * STRIKE_UNIT, self._is_call(series_id)


@internal
@pure
def _id(expiry: uint256, strike: uint256, is_call: bool) -> uint256:
    """
    @dev    Id of a series.
    @param  expiry Unix seconds, below 2^40.
    @param  strike WAD; a positive multiple of 10^10, below 2^64 of them.
    """
    strike_e8: uint256 = strike // STRIKE_UNIT
    assert strike_e8 * STRIKE_UNIT == strike, "series: strike finer than 1e-8"
    assert 0 < strike_e8 and strike_e8 <= STRIKE_MASK, "series: strike out of range"
    assert expiry <= MAX_EXPIRY, "series: expiry out of range"
    return expiry << 65 | strike_e8 << 1 | convert(is_call, uint256)


@internal
@pure
def _expiry(series_id: uint256) -> uint256:
    return series_id >> 65


@internal
@pure
def _strike_e8(series_id: uint256) -> uint256:
    return series_id >> 1 & STRIKE_MASK


@internal
@pure
def _is_call(series_id: uint256) -> bool:
    return series_id & 1 == 1
