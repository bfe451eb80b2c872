# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Values of the parameters, present and past
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Four values to a word, 64 bits each, lane 0 lowest. Every change begins a version; the words of old
         versions stay readable, so that a change does not reach what began before it.
@dev     A version costs its sixteen words when it is superseded, however many came before: one read at any age.
         No function here checks a caller, a bound or a pace: `settings` does.
"""

from .. import parameters

PARAMETERS: constant(uint256) = parameters.PARAMETERS
WORDS: constant(uint256) = parameters.WORDS
LANES: constant(uint256) = parameters.LANES
LANE_BITS: constant(uint256) = parameters.LANE_BITS
LANE_MASK: constant(uint256) = parameters.LANE_MASK
VERSION_BITS: constant(uint256) = 64  # nobody lives to see more versions

version: public(uint256)
_words: uint256[WORDS]
_past: HashMap[uint256, uint256[WORDS]]  # words of each superseded version
_begun_at: HashMap[uint256, uint256]  # when each version came into force; the first: always


@deploy
def __init__(values: uint256[PARAMETERS]):
    """
    @dev    The first version.
    """
    self.version = 1
    for parameter_id: uint256 in range(PARAMETERS):
        self._write(parameter_id, values[parameter_id])


@external
@view
def words(first: uint256, count: uint256) -> DynArray[uint256, WORDS]:
    """
    @notice Words in force now.
    @param  first Index of the first word; `first + count` is at most 16.
    @param  count Number of words.
    @return Words; parameter i is lane i % 4, of 64 bits, of word i // 4.
    """
    assert first <= WORDS and count <= WORDS - first, "params: unknown word"
    found: DynArray[uint256, WORDS] = []
    for i: uint256 in range(count, bound=WORDS):
        found.append(self._words[first + i])
    return found


@external
@view
def words_at(version: uint256, first: uint256, count: uint256) -> DynArray[uint256, WORDS]:
    """
    @notice Words as they were in a version.
    @param  version From 1 to the present one; a consumer stores it when a series is listed or an epoch
             begins.
    @param  first Index of the first word; `first + count` is at most 16.
    @param  count Number of words.
    @return Words; the same for ever.
    """
    assert first <= WORDS and count <= WORDS - first, "params: unknown word"
    found: DynArray[uint256, WORDS] = []
    for i: uint256 in range(count, bound=WORDS):
        found.append(self._word_at(version, first + i))
    return found


@external
@view
def value(parameter_id: uint256) -> uint256:
    """
    @notice One parameter in force now.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @return Its value, in its unit.
    """
    self._check_known(parameter_id)
    return self._value(parameter_id)


@external
@view
def value_at(version: uint256, parameter_id: uint256) -> uint256:
    """
    @notice One parameter as it was in a version.
    @param  version From 1 to the present one.
    @param  parameter_id Of contracts/libs/parameters.vy.
    @return Its value, in its unit; the same for ever.
    """
    self._check_known(parameter_id)
    return self._lane(self._word_at(version, parameter_id // LANES), parameter_id)


@external
@view
def version_at(timestamp: uint256) -> uint256:
    """
    @notice The version in force at the end of a second.
    @dev    Bisection: a step for each doubling of the versions.
    @param  timestamp Unix seconds. Of a second that has passed, the same for ever; of the present one or a later, the
             present version.
    @return From 1 to the present one.
    """
    low: uint256 = 1
    high: uint256 = self.version
    for _: uint256 in range(VERSION_BITS):
        if low == high:
            break
        # Rounds up, so that either half is smaller.
        middle: uint256 = (low + high + 1) // 2
        if self._begun_at[middle] <= timestamp:
            low = middle
        else:
            high = middle - 1
    return low


@internal
def _change(parameter_id: uint256, new_value: uint256) -> uint256:
    """
    @dev    Set a value, in a version of its own.
    @return The new version.
    """
    superseded: uint256 = self.version
    self._past[superseded] = self._words
    self.version = superseded + 1
    self._begun_at[superseded + 1] = block.timestamp
    self._write(parameter_id, new_value)
    return superseded + 1


@internal
def _write(parameter_id: uint256, new_value: uint256):
    """
    @dev    Put a value, which its rule keeps below 2^64, into its lane.
    """
    index: uint256 = parameter_id // LANES
    first_bit: uint256 = LANE_BITS * (parameter_id % LANES)
    self._words[index] = (self._words[index] & ~(LANE_MASK << first_bit)) | (new_value << first_bit)


@internal
@view
def _value(parameter_id: uint256) -> uint256:
    return self._lane(self._words[parameter_id // LANES], parameter_id)


@internal
@pure
def _lane(word: uint256, parameter_id: uint256) -> uint256:
    return (word >> (LANE_BITS * (parameter_id % LANES))) & LANE_MASK


@internal
@view
def _word_at(version: uint256, index: uint256) -> uint256:
    """
    @dev    A word of the present version or of a superseded one.
    """
    present: uint256 = self.version
    assert version != 0 and version <= present, "params: unknown version"
    return self._words[index] if version == present else self._past[version][index]


@internal
@pure
def _check_known(parameter_id: uint256):
    """
    @dev    Refuse an id without a rule: a lane that nobody sets is not a value of zero.
    """
    assert parameters._rule(parameter_id).highest != 0, "params: unknown parameter"
