# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Book of series
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Which expiries and strikes are listed, what the vault holds of each, and what traders hold.
@dev     A strike is one strike_word; a second word counts the traders' longs, call 96 | put 96. Their shorts are
         longs plus the vault's position.
         Writers check; these verbs do not.
"""

from ...interfaces import IRiskParameters
from .. import packing
from .. import parameters as p
from .. import series
from .. import strike_word
from . import expiry_list

uses: expiry_list

MAX_STRIKES: constant(uint256) = 20
MAX_POSITION: constant(int256) = 2**95 - 1

# head of an expiry: strikes 8 | cut-off 64, seconds before expiry | rate of interest 64, WAD a year
COUNT_MASK: constant(uint256) = 2**8 - 1
CUTOFF_AT: constant(uint256) = 8
RATE_AT: constant(uint256) = 72


_heads: HashMap[uint256, uint256]
_oracles: HashMap[uint256, address]  # where the expiry is fixed
_nets: HashMap[uint256, uint256[MAX_STRIKES]]
_longs: HashMap[uint256, uint256[MAX_STRIKES]]
_prices: HashMap[uint256, uint256]  # settlement price, WAD; zero: not booked
_unclaimed: HashMap[uint256, uint256]  # traders' longs of a booked expiry that nobody has turned into cash yet


@internal
def _open(expiry: uint256, parameters: IRiskParameters, version: uint256, oracle: address):
    """
    @dev    Enters an expiry without strikes, with the terms of a version of the parameters. Its rate never moves: a new
            one would move every mid at once, and anybody may carry it out between two trades.
    """
    expiry_list._enter(expiry)
    cutoff_s: uint256 = staticcall parameters.value_at(version, p.TRADE_CUTOFF_S)
    rate: uint256 = staticcall parameters.value_at(version, p.INTEREST_RATE)
    self._heads[expiry] = cutoff_s << CUTOFF_AT | rate << RATE_AT
    self._oracles[expiry] = oracle


@internal
@view
def _is_listed(expiry: uint256) -> bool:
    return self._oracles[expiry] != empty(address)


@internal
@view
def _cutoff_s(expiry: uint256) -> uint256:
    return self._heads[expiry] >> CUTOFF_AT & packing.MASK_64


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
@view
def _place(series_id: uint256) -> uint256:
    """
    @dev    Index of the strike of a series.
    """
    expiry: uint256 = series._expiry(series_id)
    strike_e8: uint256 = series._strike_e8(series_id)
    for i: uint256 in range(self._heads[expiry] & COUNT_MASK, bound=MAX_STRIKES):
        if self._nets[expiry][i] & series.STRIKE_MASK == strike_e8:
            return i
    raise "market: unknown series"


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
    net: int256 = strike_word._position(word, is_call) - sold
    assert abs(net) <= MAX_POSITION, "market: position too large"
    first_bit: uint256 = strike_word.CALL_AT if is_call else strike_word.PUT_AT
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
@view
def _payoffs(expiry: uint256, price: uint256) -> (uint256, uint256, uint256):
    """
    @dev    What a settlement price owes to traders' longs and makes their shorts owe, WAD^2, and the number of longs.
    """
    owed: uint256 = 0
    receivable: uint256 = 0
    longs: uint256 = 0
    words: DynArray[uint256, MAX_STRIKES] = self._positions(expiry)
    for i: uint256 in range(len(words), bound=MAX_STRIKES):
        counters: uint256 = self._longs[expiry][i]
        for is_call: bool in [True, False]:
            payoff: uint256 = self._payoff(words[i] & series.STRIKE_MASK, is_call, price)
            long: uint256 = self._long(counters, is_call)
            net: int256 = strike_word._position(words[i], is_call)
            owed += long * payoff
            receivable += convert(convert(long, int256) + net, uint256) * payoff
            longs += long
    return owed, receivable, longs


@internal
def _book(expiry: uint256, price: uint256, longs: uint256):
    """
    @dev    An expiry leaves the live set with its settlement price.
    """
    self._prices[expiry] = price
    self._unclaimed[expiry] = longs
    expiry_list._remove(expiry)


@internal
def _claim(expiry: uint256, claimed: uint256) -> bool:
    """
    @dev    So many longs of a booked expiry turn into cash.
    @return Whether they are the last.
    """
    unclaimed: uint256 = self._unclaimed[expiry] - claimed
    self._unclaimed[expiry] = unclaimed
    return unclaimed == 0


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


# Reading


@external
@view
def expiries() -> DynArray[uint256, expiry_list.MAX_EXPIRIES]:
    """
    @notice Listed and not yet booked, ascending.
    """
    return expiry_list._all()


@external
@view
def strikes_of(expiry: uint256) -> DynArray[uint256, MAX_STRIKES]:
    """
    @notice Strikes of an expiry in the order of their listing; WAD.
    @param  expiry Any.
    """
    strikes: DynArray[uint256, MAX_STRIKES] = []
    words: DynArray[uint256, MAX_STRIKES] = self._positions(expiry)
    for word: uint256 in words:
        strikes.append(strike_word._strike(word))
    return strikes


@external
@view
def position_of(series_id: uint256) -> (int256, uint256, uint256):
    """
    @notice The vault's position, the traders' longs and the traders' shorts; WAD contracts.
    @param  series_id Listed.
    """
    expiry: uint256 = series._expiry(series_id)
    place: uint256 = self._place(series_id)
    is_call: bool = series._is_call(series_id)
    net: int256 = strike_word._position(self._nets[expiry][place], is_call)
    long: uint256 = self._long(self._longs[expiry][place], is_call)
    return net, long, convert(convert(long, int256) + net, uint256)


@external
@view
def settlement_price(expiry: uint256) -> uint256:
    """
    @notice Price at which an expiry was booked; zero before.
    @param  expiry Any.
    """
    return self._prices[expiry]


@external
@view
@reentrant
def interest_rate(expiry: uint256) -> uint256:
    """
    @notice r, at which premiums of an expiry are discounted, as it was when the expiry was listed; WAD a year.
    @param  expiry Any.
    """
    return self._heads[expiry] >> RATE_AT


@external
@view
@reentrant
def positions(expiry: uint256) -> DynArray[uint256, MAX_STRIKES]:
    """
    @notice The vault's positions as they are stored, by strike: strike_e8 64 | call int96 | put int96.
    @dev    Open to InventoryRisk in the middle of a trade: positions move after it has answered.
    @param  expiry Any.
    """
    return self._positions(expiry)
