# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Book of slices
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Where slices are kept: for each expiry two versions, the buckets of its moves, and which expiries live.
@dev     The latest version is in effect from the block after its post; in the block of the post the older one is.
         Writers check; these verbs do not.
"""

from ...interfaces import IVolSurface
from ..math import surface_pace as pace

MAX_EXPIRIES: constant(uint256) = 10
GAP_UNIT: constant(uint256) = 10**9  # gaps are stored in units of 1e-9

# state: listed 1 | has slice 1 | latest version 1 | empty 5 | block of post 48 | level of volatility 64 |
#        level of ln F 64 | time of the levels 48
LISTED: constant(uint256) = 1
HAS_SLICE: constant(uint256) = 2
VERSION: constant(uint256) = 4
MASK_48: constant(uint256) = 2**48 - 1
MASK_64: constant(uint256) = 2**64 - 1
MASK_72: constant(uint256) = 2**72 - 1
EXPIRIES_A_WORD: constant(uint256) = 5


# words: a 72 | b 72 | rho 64 | timestamp 48, then m 72 | sigma 72 | carry 64 | gap 48; two of them a version
struct Book:
    state: uint256
    words: uint256[4]


_live: uint256[2]  # five expiries of 48 bits each, ascending; expired ones leave with the next post
_books: HashMap[uint256, Book]


@internal
@view
def _state(expiry: uint256) -> uint256:
    """
    @dev    Packed state of an expiry; zero when unlisted.
    """
    return self._books[expiry].state


@internal
def _list(expiry: uint256):
    """
    @dev    Enters an expiry without a slice.
    """
    self._books[expiry].state = LISTED


@internal
def _delist(expiry: uint256):
    """
    @dev    Forgets an expiry that has no slice.
    """
    self._books[expiry].state = 0


@internal
@view
def _latest(expiry: uint256) -> IVolSurface.Slice:
    """
    @dev    Slice in effect from the next block on; empty before the first.
    """
    return self._read(expiry, self._books[expiry].state & VERSION)


@internal
@view
def _in_effect(expiry: uint256) -> IVolSurface.Slice:
    """
    @dev    Slice in effect; empty before the first is.
    """
    state: uint256 = self._books[expiry].state
    version: uint256 = state & VERSION
    if block.number <= self._posted_block(state):
        version ^= VERSION
    return self._read(expiry, version)


@internal
def _write(
    expiry: uint256, curve: IVolSurface.Slice, volatility_level: uint256, forward_level: uint256
):
    """
    @dev    Stores a slice beside the one in effect, and the levels of its buckets as of now.
    @param  curve Inside `_check_shape` of the guard; |carry| < 2^63, gap a multiple of GAP_UNIT.
    """
    version: uint256 = self._books[expiry].state & VERSION ^ VERSION
    place: uint256 = version // 2
    self._books[expiry].words[place] = (
        self._bits(curve.a) & MASK_72
        | curve.b << 72
        | (self._bits(curve.rho) & MASK_64) << 144
        | curve.timestamp << 208
    )
    self._books[expiry].words[place + 1] = (
        self._bits(curve.m) & MASK_72
        | curve.sigma << 72
        | (self._bits(curve.carry) & MASK_64) << 144
        | curve.gap // GAP_UNIT << 208
    )
    self._books[expiry].state = (
        LISTED
        | HAS_SLICE
        | version
        | block.number << 8
        | min(volatility_level, MASK_64) << 56
        | min(forward_level, MASK_64) << 120
        | block.timestamp << 184
    )


@internal
@view
def _read(expiry: uint256, version: uint256) -> IVolSurface.Slice:
    """
    @dev    One version of a slice.
    """
    place: uint256 = version // 2
    first: uint256 = self._books[expiry].words[place]
    second: uint256 = self._books[expiry].words[place + 1]
    return IVolSurface.Slice(
        a=self._signed(first & MASK_72, 2**71),
        b=first >> 72 & MASK_72,
        rho=self._signed(first >> 144 & MASK_64, 2**63),
        m=self._signed(second & MASK_72, 2**71),
        sigma=second >> 72 & MASK_72,
        carry=self._signed(second >> 144 & MASK_64, 2**63),
        gap=(second >> 208) * GAP_UNIT,
        timestamp=first >> 208,
    )


@internal
@pure
def _posted_block(state: uint256) -> uint256:
    """
    @dev    Block of the latest post.
    """
    return state >> 8 & MASK_48


@internal
@view
def _levels(state: uint256, rate: uint256, forward_rate: uint256) -> (uint256, uint256):
    """
    @dev    Levels of the buckets of volatility and of ln F now.
    """
    elapsed_s: uint256 = block.timestamp - (state >> 184 & MASK_48)
    return (
        pace._leaked(state >> 56 & MASK_64, rate, elapsed_s),
        pace._leaked(state >> 120 & MASK_64, forward_rate, elapsed_s),
    )


@internal
@view
def _is_overdrawn(state: uint256, rate: uint256, forward_rate: uint256) -> bool:
    """
    @dev    Whether a first slice was so far from its neighbours that its distance still exceeds a bucket.
    """
    levels: (uint256, uint256) = self._levels(state, rate, forward_rate)
    return levels[0] > rate // 2 or levels[1] > forward_rate // 2


@internal
@view
def _alive() -> DynArray[uint256, MAX_EXPIRIES]:
    """
    @dev    Unexpired expiries that have a slice, ascending.
    """
    live: DynArray[uint256, MAX_EXPIRIES] = []
    for word: uint256 in self._live:
        for i: uint256 in range(EXPIRIES_A_WORD):
            expiry: uint256 = word >> 48 * i & MASK_48
            if expiry > block.timestamp:
                live.append(expiry)
    return live


@internal
@pure
def _inserted(
    live: DynArray[uint256, MAX_EXPIRIES], expiry: uint256
) -> DynArray[uint256, MAX_EXPIRIES]:
    """
    @dev    `live` with one more, in its place.
    """
    assert len(live) < MAX_EXPIRIES, "surface: too many expiries"
    longer: DynArray[uint256, MAX_EXPIRIES] = []
    is_entered: bool = False
    for other: uint256 in live:
        if not is_entered and other > expiry:
            longer.append(expiry)
            is_entered = True
        longer.append(other)
    if not is_entered:
        longer.append(expiry)
    return longer


@internal
def _keep(live: DynArray[uint256, MAX_EXPIRIES]):
    """
    @dev    Stores the live expiries where they have changed.
    """
    words: uint256[2] = [0, 0]
    for i: uint256 in range(len(live), bound=MAX_EXPIRIES):
        words[i // EXPIRIES_A_WORD] |= live[i] << 48 * (i % EXPIRIES_A_WORD)
    for i: uint256 in range(2):
        if self._live[i] != words[i]:
            self._live[i] = words[i]


@internal
@pure
def _bits(number: int256) -> uint256:
    """
    @dev    Two's complement.
    """
    return convert(convert(number, bytes32), uint256)


@internal
@pure
def _signed(lane: uint256, sign: int256) -> int256:
    """
    @dev    Signed number of a lane whose highest bit is `sign`.
    """
    return (convert(lane, int256) ^ sign) - sign
