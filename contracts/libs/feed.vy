# pragma version 0.4.3
"""
@title   Reading a price feed that may be broken
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A feed may revert, burn its gas, return too little, too much or garbage: no function here reverts for it.
         What cannot be read is empty.
@dev     Every call gets the same gas, whatever the caller of the transaction sent: with less than `GAS_FLOOR`
         left the transaction reverts, so nobody can make a good round look absent by sending little gas.
         Stateless.
"""

FEED_GAS: constant(uint256) = 200_000  # for one call; a proxy with an access list uses about 30,000
GAS_FLOOR: constant(uint256) = 215_000  # a 64th of it stays here, and the call itself costs 2,700
FULL_ROUND: constant(uint256) = 160  # bytes: five words
MAX_DECIMALS: constant(uint256) = 18
MAX_ROUND_ID: constant(uint256) = 2**80 - 1

DECIMALS: constant(Bytes[4]) = method_id("decimals()")
LATEST_ROUND: constant(Bytes[4]) = method_id("latestRoundData()")
GET_ROUND: constant(Bytes[4]) = method_id("getRoundData(uint80)")


struct Round:
    round_id: uint256  # zero: cannot be read
    answer: int256  # in the feed's own decimals
    started_at: uint256
    updated_at: uint256  # zero: not set
    is_complete: bool  # answered in this round, not carried over from an earlier one


@internal
@view
def _latest(feed: address) -> Round:
    """
    @notice Latest round of a feed, empty if it cannot be read.
    """
    return self._decode(self._call(feed, LATEST_ROUND))


@internal
@view
def _round(feed: address, round_id: uint256) -> Round:
    """
    @notice One round of a feed; empty if it cannot be read or if the feed answers with another round.
    @param  round_id At most `MAX_ROUND_ID`.
    """
    found: Round = self._decode(self._call(feed, concat(GET_ROUND, convert(round_id, bytes32))))
    if found.round_id != round_id:
        return empty(Round)
    return found


@internal
@view
def _decimals(feed: address) -> uint256:
    """
    @notice Decimals of a feed; max_value(uint256) if they cannot be read.
    """
    data: Bytes[160] = self._call(feed, DECIMALS)
    if len(data) < 32:
        return max_value(uint256)
    return extract32(data, 0, output_type=uint256)


@internal
@pure
def _price(found: Round, scale: uint256, lowest: uint256, highest: uint256) -> uint256:
    """
    @notice Price of a round in WAD; zero if its answer does not lie in [lowest, highest].
    @dev    Exact: scale is a whole power of ten.
    @param  scale 10^(18 - decimals).
    @param  lowest Lowest price, WAD; positive.
    @param  highest Highest price, WAD.
    """
    # The second test keeps the product at most the highest: highest / scale rounds down, and answers are whole.
    if found.answer <= 0 or convert(found.answer, uint256) > highest // scale:
        return 0
    price: uint256 = convert(found.answer, uint256) * scale
    if price < lowest:
        return 0
    return price


@internal
@pure
def _decode(data: Bytes[160]) -> Round:
    """
    @notice Five words of a round; empty unless they are there and the ids are such.
    """
    if len(data) < FULL_ROUND:
        return empty(Round)
    round_id: uint256 = extract32(data, 0, output_type=uint256)
    if round_id > MAX_ROUND_ID:
        return empty(Round)
    return Round(
        round_id=round_id,
        answer=extract32(data, 32, output_type=int256),
        started_at=extract32(data, 64, output_type=uint256),
        updated_at=extract32(data, 96, output_type=uint256),
        is_complete=extract32(data, 128, output_type=uint256) >= round_id,
    )


@internal
@view
def _call(feed: address, data: Bytes[36]) -> Bytes[160]:
    """
    @notice First 160 bytes that a feed returns; empty if the call fails.
    """
    assert msg.gas >= GAS_FLOOR, "oracle: too little gas"
    is_done: bool = False
    returned: Bytes[160] = b""
    is_done, returned = raw_call(
        feed, data, max_outsize=160, gas=FEED_GAS, is_static_call=True, revert_on_failure=False
    )
    if not is_done:
        return b""
    return returned
