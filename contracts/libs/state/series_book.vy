# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Book of series
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Which expiries and strikes are listed, what the vault holds of each, and what traders hold.
@dev     A strike is one word: strike_e8 64 | call int96 | put int96, the vault's net position; a second one counts
         the traders' longs, call 96 | put 96. Their shorts are longs plus the vault's position.
         Writers check; these verbs do not.
"""

from .. import packing
from .. import series
from . import expiry_list

uses: expiry_list

MAX_STRIKES: constant(uint256) = 20
MAX_POSITION: constant(int256) = 2**95 - 1
CALL_AT: constant(uint256) = 64
PUT_AT: constant(uint256) = 160

# head of an expiry: strikes 8 | cut-off 48, seconds before expiry
COUNT_MASK: constant(uint256) = 2**8 - 1


_heads: HashMap[uint256, uint256]
_oracles: HashMap[uint256, address]  # where the expiry is fixed
_nets: HashMap[uint256, uint256[MAX_STRIKES]]
_longs: HashMap[uint256, uint256[MAX_STRIKES]]
_prices: HashMap[uint256, uint256]  # settlement price, WAD; zero: not booked
_unclaimed: HashMap[uint256, uint256]  # traders' longs of a booked expiry that nobody has turned into cash yet


@internal
def _open(expiry: uint256, cutoff_s: uint256, oracle: address):
    """
    @dev    Enters an expiry without strikes.
    """
    expiry_list._enter(expiry)
    self._heads[expiry] = cutoff_s << 8
    self._oracles[expiry] = oracle


@internal
@view
def _is_listed(expiry: uint256) -> bool:
    return self._oracles[expiry] != empty(address)


@internal
@view
def _cutoff_s(expiry: uint256) -> uint256:
    return self._heads[expiry] >> 8


@internal
def _add_strike(expiry: uint256, strike_e8: uint256) -> uint256:
    """
    @return Index of the strike.
    """
    head: uint256 = self._heads[expiry]
    count: uint256 = head & COUNT_MASK
    assert count < MAX_STRIKES, "market: too many strikes"
    for i: uint256 in range(count, bound=MAX_STRIKES):
        assert self._nets[expiry][i] & series.STRIKE_MASK != strike_e8, "market: strike listed"
    self._nets[expiry][count] = strike_e8
    self._heads[expiry] = head + 1
    return count


@internal
@view
def _positions(expiry: uint256) -> DynArray[uint256, MAX_STRIKES]:
    """
    @dev    The vault's positions, by strike.
    """
    words: DynArray[uint256, MAX_STRIKES] = []
    for i: uint256 in range(self._heads[expiry] & COUNT_MASK, bound=MAX_STRIKES):
        words.append(self._nets[expiry][i])
    return words


@internal
@pure
def _place(words: DynArray[uint256, MAX_STRIKES], series_id: uint256) -> uint256:
    """
    @dev    Index of the strike of a series.
    """
    strike_e8: uint256 = series._strike_e8(series_id)
    for i: uint256 in range(len(words), bound=MAX_STRIKES):
        if words[i] & series.STRIKE_MASK == strike_e8:
            return i
    raise "market: unknown series"


@internal
@pure
def _net(word: uint256, is_call: bool) -> int256:
    """
    @dev    The vault's position in a call or a put.
    """
    return packing._signed_96(word >> CALL_AT) if is_call else packing._signed_96(word >> PUT_AT)


@internal
@pure
def _long(word: uint256, is_call: bool) -> uint256:
    """
    @dev    The traders' longs in a call or a put.
    """
    return word & packing.MASK_96 if is_call else word >> 96 & packing.MASK_96


@internal
def _move(expiry: uint256, place: uint256, is_call: bool, sold: int256, long_change: int256) -> int256:
    """
    @dev    The vault sells `sold` (negative: buys); the traders' longs change.
    @return The vault's position after.
    """
    word: uint256 = self._nets[expiry][place]
    net: int256 = self._net(word, is_call) - sold
    assert abs(net) <= MAX_POSITION, "market: position too large"
    first_bit: uint256 = CALL_AT if is_call else PUT_AT
    self._nets[expiry][place] = (
        word & ~(packing.MASK_96 << first_bit) | (packing._bits(net) & packing.MASK_96) << first_bit
    )
    if long_change != 0:
        longs: uint256 = self._longs[expiry][place]
        long: int256 = convert(self._long(longs, is_call), int256) + long_change
        assert 0 <= long and long <= MAX_POSITION, "market: position too large"
        first_bit = 0 if is_call else 96
        self._longs[expiry][place] = longs & ~(packing.MASK_96 << first_bit) | convert(long, uint256) << first_bit
    return net


@internal
def _book(expiry: uint256, price: uint256, unclaimed: uint256):
    """
    @dev    An expiry leaves the live set with its settlement price.
    """
    self._prices[expiry] = price
    self._unclaimed[expiry] = unclaimed
    expiry_list._remove(expiry)


@internal
@pure
def _payoff(strike_e8: uint256, is_call: bool, price: uint256) -> uint256:
    """
    @dev    What one contract pays at a settlement price; WAD, exact.
    """
    strike: uint256 = strike_e8 * series.STRIKE_UNIT
    if is_call:
        return price - min(strike, price)
    return strike - min(strike, price)
