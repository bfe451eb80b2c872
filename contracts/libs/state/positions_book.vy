# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Book of positions
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The positions of every account, enumerated: at most 12, without holes, each in one word.
@dev     A word: quantity int96 in bits 160 to 255, id of the series below. The empty word ends the list.
"""

from ...interfaces import IMarginEngine
from .. import series

MAX_POSITIONS: constant(uint256) = 12
MAX_LEGS: constant(uint256) = 4
QUANTITY_AT: constant(uint256) = 160
SERIES_MASK: constant(uint256) = 2**160 - 1
SIGN: constant(int256) = 2**95
MAX_QUANTITY: constant(int256) = 2**95 - 1

_words: HashMap[uint256, uint256[MAX_POSITIONS]]


@internal
@view
def _quantities(
    account: uint256, legs: DynArray[IMarginEngine.Leg, MAX_LEGS]
) -> DynArray[int256, MAX_LEGS]:
    """
    @dev    Positions in the series of the legs.
    """
    found: DynArray[int256, MAX_LEGS] = []
    for leg: IMarginEngine.Leg in legs:
        found.append(0)
    for i: uint256 in range(MAX_POSITIONS):
        word: uint256 = self._words[account][i]
        if word == 0:
            break
        for j: uint256 in range(len(legs), bound=MAX_LEGS):
            if legs[j].series_id == word & SERIES_MASK:
                found[j] = self._quantity(word)
    return found


@internal
def _change(account: uint256, legs: DynArray[IMarginEngine.Leg, MAX_LEGS]):
    """
    @dev    Adds each leg to its position. A position that reaches zero gives its place to the last one.
    """
    for leg: IMarginEngine.Leg in legs:
        place: uint256 = MAX_POSITIONS
        size: uint256 = MAX_POSITIONS
        previous: int256 = 0
        for i: uint256 in range(MAX_POSITIONS):
            word: uint256 = self._words[account][i]
            if word == 0:
                size = i
                break
            if word & SERIES_MASK == leg.series_id:
                place = i
                previous = self._quantity(word)
        current: int256 = previous + leg.quantity
        assert current >= 0, "margin: no selling to open yet"
        assert current <= MAX_QUANTITY, "margin: position too large"
        if current == 0:
            if place < MAX_POSITIONS:
                self._close(account, place, size)
        elif place < MAX_POSITIONS:
            self._words[account][place] = self._word(leg.series_id, current)
        else:
            assert size < MAX_POSITIONS, "margin: too many positions"
            self._words[account][size] = self._word(leg.series_id, current)
        log IMarginEngine.PositionChanged(
            account=account, series_id=leg.series_id, previous=previous, current=current
        )


@internal
def _remove_expiry(account: uint256, expiry: uint256) -> DynArray[IMarginEngine.Position, MAX_POSITIONS]:
    """
    @dev    Takes the positions of an expiry out and keeps the others, without holes.
    """
    removed: DynArray[IMarginEngine.Position, MAX_POSITIONS] = []
    kept: uint256 = 0
    for i: uint256 in range(MAX_POSITIONS):
        word: uint256 = self._words[account][i]
        if word == 0:
            break
        series_id: uint256 = word & SERIES_MASK
        if series._expiry(series_id) == expiry:
            quantity: int256 = self._quantity(word)
            removed.append(IMarginEngine.Position(series_id=series_id, quantity=quantity))
            self._words[account][i] = 0
            log IMarginEngine.PositionChanged(
                account=account, series_id=series_id, previous=quantity, current=0
            )
        else:
            if kept < i:
                self._words[account][kept] = word
                self._words[account][i] = 0
            kept += 1
    return removed


@internal
@view
def _all(account: uint256) -> DynArray[IMarginEngine.Position, MAX_POSITIONS]:
    """
    @dev    Every position of an account.
    """
    found: DynArray[IMarginEngine.Position, MAX_POSITIONS] = []
    for i: uint256 in range(MAX_POSITIONS):
        word: uint256 = self._words[account][i]
        if word == 0:
            break
        found.append(
            IMarginEngine.Position(series_id=word & SERIES_MASK, quantity=self._quantity(word))
        )
    return found


@internal
def _close(account: uint256, place: uint256, size: uint256):
    """
    @dev    Moves the last of `size` positions into a place, and empties the last place.
    """
    last: uint256 = size - 1
    if place < last:
        self._words[account][place] = self._words[account][last]
    self._words[account][last] = 0


@internal
@pure
def _word(series_id: uint256, quantity: int256) -> uint256:
    return series_id | convert(convert(quantity, bytes32), uint256) << QUANTITY_AT


@internal
@pure
def _quantity(word: uint256) -> int256:
    """
    @dev    Signed quantity of a word.
    """
    return (convert(word >> QUANTITY_AT, int256) ^ SIGN) - SIGN
