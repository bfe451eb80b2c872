# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   One reading per block
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The first reading of a block, accepted or not, holds to its end. The last accepted one is kept, and so is
         the last one accepted before each 08:00 UTC.
@dev     A reading is one word: price in bits 158 to 255 (below 2^98: the cap is a 64-bit number of 10^-8), phases of
         the sources 126 to 157, time of the answer 86 to 125, time of the block 46 to 85, number of the block 16 to
         45, status 0 to 15. In the steady state a block costs one store: the word of an accepted reading is itself
         the last accepted one.
"""

from ...interfaces import ISpotOracle
from . import sources

uses: sources

DAY_S: constant(uint256) = 86_400
EXPIRY_TIME_S: constant(uint256) = 8 * 3_600  # 08:00 UTC
MAX_DAYS: constant(uint256) = 8  # that `_reading_at` looks back
PRICE_AT: constant(uint256) = 158
PHASES_AT: constant(uint256) = 126
UPDATED_AT: constant(uint256) = 86
SEEN_AT: constant(uint256) = 46
BLOCK_AT: constant(uint256) = 16
MASK_40: constant(uint256) = 2**40 - 1
MASK_30: constant(uint256) = 2**30 - 1
MASK_16: constant(uint256) = 2**16 - 1
ACCEPTED: constant(uint256) = 1  # ISpotOracle.Status.ACCEPTED as a number

_latest: uint256  # the last reading stored
_replaced: uint256  # the last accepted reading, while `_latest` is a rejected one
_closings: HashMap[uint256, uint256]  # 08:00 UTC -> the last reading accepted in the day up to then


@external
def refresh() -> ISpotOracle.Reading:
    """
    @notice Store this block's reading, or give the stored one; anyone. Never reverts for a broken feed.
    @return Price in WAD, zero unless the status is ACCEPTED; time of the answer; the first rule that it breaks.
    """
    return self._refresh()


@external
def observe() -> ISpotOracle.Observation:
    """
    @notice `refresh` and `last_accepted` in one call; anyone.
    @return This block's reading, and the last accepted one: the same if this one is.
    """
    reading: ISpotOracle.Reading = self._refresh()
    return ISpotOracle.Observation(reading=reading, last=self._seen())


@external
@view
def observation() -> ISpotOracle.Observation:
    """
    @notice What `observe` would return.
    @return As `observe`.
    """
    reading: ISpotOracle.Reading = self._spot()
    last: ISpotOracle.Seen = self._seen()
    if reading.status == ISpotOracle.Status.ACCEPTED:
        last = ISpotOracle.Seen(price=reading.price, updated_at=reading.updated_at, seen_at=block.timestamp)
    return ISpotOracle.Observation(reading=reading, last=last)


@internal
def _refresh() -> ISpotOracle.Reading:
    """
    @notice See `refresh`.
    """
    stored: uint256 = self._latest
    if self._is_of_this_block(stored):
        return self._unpack(stored)
    answer: sources.Answer = sources._reading()
    if answer.status == ISpotOracle.Status.ACCEPTED:
        self._close_day(self._last_accepted())
    elif stored & MASK_16 == ACCEPTED:
        self._replaced = stored
    self._latest = (
        (answer.price << PRICE_AT)
        | (answer.phases << PHASES_AT)
        | (answer.updated_at << UPDATED_AT)
        | (block.timestamp << SEEN_AT)
        | ((block.number & MASK_30) << BLOCK_AT)
        | convert(answer.status, uint256)
    )
    log ISpotOracle.SpotRefreshed(
        previous=stored >> PRICE_AT, price=answer.price, updated_at=answer.updated_at, status=answer.status
    )
    return ISpotOracle.Reading(price=answer.price, updated_at=answer.updated_at, status=answer.status)


@external
@view
def spot() -> ISpotOracle.Reading:
    """
    @notice This block's reading: the stored one, or what `refresh` would store.
    @return As `refresh`.
    """
    return self._spot()


@internal
@view
def _spot() -> ISpotOracle.Reading:
    """
    @notice See `spot`.
    """
    stored: uint256 = self._latest
    if self._is_of_this_block(stored):
        return self._unpack(stored)
    answer: sources.Answer = sources._reading()
    return ISpotOracle.Reading(price=answer.price, updated_at=answer.updated_at, status=answer.status)


@external
@view
def last_accepted() -> ISpotOracle.Seen:
    """
    @notice The last accepted reading that was stored, for what stays open after a rejected one.
    @return Price in WAD, zero if there was none; time of the answer; time of the block that stored it.
    """
    return self._seen()


@internal
@view
def _seen() -> ISpotOracle.Seen:
    """
    @notice See `last_accepted`.
    """
    stored: uint256 = self._last_accepted()
    return ISpotOracle.Seen(
        price=stored >> PRICE_AT,
        updated_at=(stored >> UPDATED_AT) & MASK_40,
        seen_at=(stored >> SEEN_AT) & MASK_40,
    )


@internal
@view
def _reading_at(closing: uint256) -> uint256:
    """
    @notice Word of the last reading stored and accepted at or before an 08:00 UTC, zero if it is eight days older or
            more.
    """
    stored: uint256 = self._last_accepted()
    seen_at: uint256 = (stored >> SEEN_AT) & MASK_40
    if seen_at <= closing:
        # The same age as below: a reading after the closing must not change the answer.
        return stored if seen_at + MAX_DAYS * DAY_S > closing else 0
    for days: uint256 in range(MAX_DAYS):
        stored = self._closings[closing - days * DAY_S]
        if stored != 0:
            return stored
    return 0


@internal
@view
def _price_at(closing: uint256) -> uint256:
    """
    @notice Price of the reading at an 08:00 UTC, zero if there is none.
    """
    return self._reading_at(closing) >> PRICE_AT


@internal
@view
def _phase_at(closing: uint256, source: ISpotOracle.Source) -> uint256:
    """
    @notice Phase in which a source was at the reading of an 08:00 UTC, zero if there is no reading.
    """
    phases: uint256 = self._reading_at(closing) >> PHASES_AT
    if source == ISpotOracle.Source.SECOND:
        phases >>= sources.PHASE_ID_BITS
    return phases & MASK_16


@internal
def _close_day(stored: uint256):
    """
    @notice Keep an accepted reading that is about to be replaced if it was the last before an 08:00 UTC.
    """
    seen_at: uint256 = (stored >> SEEN_AT) & MASK_40
    # The first 08:00 UTC at or after the reading; ceiling, so a reading at 08:00 belongs to it.
    closing: uint256 = (seen_at + DAY_S - EXPIRY_TIME_S - 1) // DAY_S * DAY_S + EXPIRY_TIME_S
    if stored != 0 and block.timestamp > closing:
        self._closings[closing] = stored


@internal
@view
def _last_accepted() -> uint256:
    """
    @notice Word of the last accepted reading, zero if there was none.
    """
    stored: uint256 = self._latest
    if stored & MASK_16 == ACCEPTED:
        return stored
    return self._replaced


@internal
@view
def _is_of_this_block(stored: uint256) -> bool:
    """
    @notice Whether a reading was stored in this block: by number and by time, since on some chains one of them
            stays the same over several blocks.
    """
    return (stored >> BLOCK_AT) & MASK_30 == block.number & MASK_30 and (
        (stored >> SEEN_AT) & MASK_40 == block.timestamp
    )


@internal
@pure
def _unpack(stored: uint256) -> ISpotOracle.Reading:
    """
    @notice A stored reading.
    """
    return ISpotOracle.Reading(
        price=stored >> PRICE_AT,
        updated_at=(stored >> UPDATED_AT) & MASK_40,
        status=convert(stored & MASK_16, ISpotOracle.Status),
    )
