# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Orders
@author  The pyvault authors
@license AGPL-3.0-only
@notice  A package in terms of listed strikes: whether it closes, and which rule of time refuses it.
"""

from ...interfaces import IMarginEngine
from ...interfaces import IRiskParameters
from .. import admission
from .. import packing
from .. import parameters as p
from .. import series
from . import series_book as listings

uses: listings

MAX_LEGS: constant(uint256) = 4
MAX_POSITIONS: constant(uint256) = 12  # of an account
REST_S: constant(uint256) = 1_800  # the fixing window, in which nothing trades


struct Order:
    expiries: DynArray[uint256, MAX_LEGS]
    legs: DynArray[uint256, MAX_LEGS]  # as InventoryRisk.trade takes them
    is_closing: bool
    refusal: uint256
    excess: int256


@internal
@view
def _order(
    parameters: IRiskParameters,
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS],
    held: DynArray[int256, MAX_LEGS],
) -> Order:
    """
    @dev    A package in terms of listed strikes, whether it closes, and the first rule of time that refuses it.
    """
    assert len(legs) > 0, "market: no legs"
    order: Order = empty(Order)
    order.is_closing = True
    for i: uint256 in range(len(legs), bound=MAX_LEGS):
        series_id: uint256 = legs[i].series_id
        size: int256 = abs(legs[i].quantity)
        assert 0 < size and size <= listings.MAX_POSITION, "market: quantity out of range"
        for j: uint256 in range(i, bound=MAX_LEGS):
            assert legs[j].series_id != series_id, "market: series twice"
        expiry: uint256 = series._expiry(series_id)
        index: uint256 = len(order.expiries)
        for j: uint256 in range(len(order.expiries), bound=MAX_LEGS):
            if order.expiries[j] == expiry:
                index = j
        if index == len(order.expiries):
            order.expiries.append(expiry)
        place: uint256 = listings._place(series_id)
        order.legs.append(
            index | place << 8 | (series_id & 1) << 16 | packing._bits(legs[i].quantity) << 24
        )
        after: int256 = held[i] + legs[i].quantity
        # Closing: the position shrinks without changing its sign.
        shrinks: bool = abs(after) < abs(held[i]) and (after == 0 or (after > 0) == (held[i] > 0))
        order.is_closing = order.is_closing and shrinks
    for expiry: uint256 in order.expiries:
        if block.timestamp + REST_S > expiry:
            order.refusal = admission.RESTING
            order.excess = convert(block.timestamp + REST_S - expiry, int256)
            return order
    if order.is_closing:
        return order
    if staticcall parameters.paused() & p.PAUSE_OPENING != 0:
        order.refusal = admission.PAUSED
        return order
    for expiry: uint256 in order.expiries:
        last: uint256 = expiry - listings._cutoff_s(expiry)
        if block.timestamp >= last:
            order.refusal = admission.CUTOFF
            order.excess = convert(block.timestamp + 1 - last, int256)
    return order


@internal
@pure
def _engine_refusal(
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS],
    held: DynArray[int256, MAX_LEGS],
    positions: uint256,
) -> (uint256, int256):
    """
    @dev    What the margin engine would refuse of the legs, one after the other: a sale of more than is owned, and by
            how many contracts; a position beyond those that an account may have.
    @param  positions Of the account, in any series.
    """
    places: uint256 = positions
    for i: uint256 in range(len(legs), bound=MAX_LEGS):
        after: int256 = held[i] + legs[i].quantity
        if after < 0:
            return admission.SELLING, -after
        if held[i] == 0:
            if places == MAX_POSITIONS:
                return admission.PLACES, 0
            places += 1
        elif after == 0:
            places -= 1
    return admission.PASSES, 0
