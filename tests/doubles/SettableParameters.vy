# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Parameters that anyone sets, at once
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The reading side of RiskParameters, without its bounds and delays, to reach every edge of its readers.
"""

owner: public(address)
keeper: public(address)
guardian: public(address)
version: public(uint256)
_words: HashMap[uint256, uint256[16]]
_begun_at: HashMap[uint256, uint256]


@deploy
def __init__(owner: address, keeper: address, guardian: address, words: uint256[16]):
    self.owner = owner
    self.keeper = keeper
    self.guardian = guardian
    self.version = 1
    self._words[1] = words


@external
def set_words(words: uint256[16]):
    self.version += 1
    self._words[self.version] = words
    self._begun_at[self.version] = block.timestamp


@external
@view
def version_at(timestamp: uint256) -> uint256:
    found: uint256 = self.version
    for _: uint256 in range(256):
        if self._begun_at[found] <= timestamp:
            break
        found -= 1
    return found


@external
@view
def words(first: uint256, count: uint256) -> DynArray[uint256, 16]:
    return self._slice(self.version, first, count)


@external
@view
def words_at(version: uint256, first: uint256, count: uint256) -> DynArray[uint256, 16]:
    return self._slice(version, first, count)


@internal
@view
def _slice(version: uint256, first: uint256, count: uint256) -> DynArray[uint256, 16]:
    found: DynArray[uint256, 16] = []
    for i: uint256 in range(count, bound=16):
        found.append(self._words[version][first + i])
    return found
