# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   A price feed that misbehaves on request
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Gives whatever was written, checks nothing, and breaks in the way that its mode says. Anyone writes.
"""

HONEST: constant(uint256) = 0
REVERTS: constant(uint256) = 1
BURNS_GAS: constant(uint256) = 2
RETURNS_FOUR_WORDS: constant(uint256) = 3
RETURNS_NOTHING: constant(uint256) = 4
RETURNS_TEN_WORDS: constant(uint256) = 5
RETURNS_ONES: constant(uint256) = 6
RETURNS_ANOTHER_ROUND: constant(uint256) = 7


struct Round:
    round_id: uint256
    answer: int256
    started_at: uint256
    updated_at: uint256
    answered_in: uint256


_decimals: uint256
_latest: uint256
_latest_mode: uint256
_round_mode: uint256
_decimals_mode: uint256
_hashes: uint256  # made by each call
_rounds: HashMap[uint256, Round]


@deploy
def __init__(decimals: uint256):
    self._decimals = decimals


@external
def set_modes(latest: uint256, round: uint256, decimals: uint256):
    self._latest_mode = latest
    self._round_mode = round
    self._decimals_mode = decimals


@external
def set_decimals(decimals: uint256):
    self._decimals = decimals


@external
def set_latest(round_id: uint256):
    self._latest = round_id


@external
def set_cost(hashes: uint256):
    self._hashes = hashes


@external
def set_rounds(rounds: DynArray[Round, 1024]):
    for item: Round in rounds:
        self._rounds[item.round_id] = item
        if item.round_id > self._latest:
            self._latest = item.round_id


@external
@view
@raw_return
def decimals() -> Bytes[320]:
    return self._say(self._decimals_mode, abi_encode(self._decimals))


@external
@view
@raw_return
def latestRoundData() -> Bytes[320]:
    return self._say(self._latest_mode, abi_encode(self._rounds[self._latest]))


@external
@view
@raw_return
def getRoundData(round_id: uint80) -> Bytes[320]:
    asked: uint256 = convert(round_id, uint256)
    if self._round_mode == RETURNS_ANOTHER_ROUND:
        return self._say(HONEST, abi_encode(self._rounds[asked - 1]))
    assert self._rounds[asked].round_id != 0, "feed: no data present"
    return self._say(self._round_mode, abi_encode(self._rounds[asked]))


@internal
@view
def _say(mode: uint256, data: Bytes[160]) -> Bytes[320]:
    assert mode != REVERTS, "feed: no"
    if mode == BURNS_GAS:
        raise UNREACHABLE
    if mode == RETURNS_NOTHING:
        return b""
    if mode == RETURNS_FOUR_WORDS:
        return slice(data, 0, len(data) - 32)
    ones: bytes32 = convert(max_value(uint256), bytes32)
    if mode == RETURNS_ONES:
        return concat(ones, ones, ones, ones, ones)
    if mode == RETURNS_TEN_WORDS:
        return concat(data, data)
    spent: bytes32 = empty(bytes32)
    for _: uint256 in range(self._hashes, bound=10_000):
        spent = keccak256(spent)
    return data

