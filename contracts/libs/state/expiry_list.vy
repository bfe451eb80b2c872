# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   List of expiries
@author  The pyvault authors
@license AGPL-3.0-only
@notice  At most ten expiries in ascending order, five to a word.
"""

MAX_EXPIRIES: constant(uint256) = 10
EXPIRIES_A_WORD: constant(uint256) = 5
MASK_48: constant(uint256) = 2**48 - 1

_words: uint256[2]


@internal
@view
def _all() -> DynArray[uint256, MAX_EXPIRIES]:
    """
    @dev    Expiries, ascending.
    """
    found: DynArray[uint256, MAX_EXPIRIES] = []
    for word: uint256 in self._words:
        for i: uint256 in range(EXPIRIES_A_WORD):
            expiry: uint256 = word >> 48 * i & MASK_48
            if expiry == 0:
                return found
            found.append(expiry)
    return found


@internal
def _enter(expiry: uint256):
    """
    @dev    Adds an expiry that is not in the list; refuses the eleventh.
    """
    longer: DynArray[uint256, MAX_EXPIRIES + 1] = []
    is_entered: bool = False
    found: DynArray[uint256, MAX_EXPIRIES] = self._all()
    for other: uint256 in found:
        if not is_entered and other > expiry:
            longer.append(expiry)
            is_entered = True
        longer.append(other)
    if not is_entered:
        longer.append(expiry)
    assert len(longer) <= MAX_EXPIRIES, "market: too many expiries"
    self._keep(longer)


@internal
def _remove(expiry: uint256):
    """
    @dev    Takes an expiry out of the list.
    """
    shorter: DynArray[uint256, MAX_EXPIRIES + 1] = []
    found: DynArray[uint256, MAX_EXPIRIES] = self._all()
    for other: uint256 in found:
        if other != expiry:
            shorter.append(other)
    self._keep(shorter)


@internal
def _keep(expiries: DynArray[uint256, MAX_EXPIRIES + 1]):
    words: uint256[2] = [0, 0]
    for i: uint256 in range(len(expiries), bound=MAX_EXPIRIES):
        words[i // EXPIRIES_A_WORD] |= expiries[i] << 48 * (i % EXPIRIES_A_WORD)
    self._words = words
