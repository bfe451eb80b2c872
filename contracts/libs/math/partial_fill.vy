# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Partial fill
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The largest part of a leg whose total respects a limit.
@dev     The books are summed once; the total of a quantity is then that of `evaluate`, to the wei. It is a
         maximum of a parabola and lines, so convex, and 0 at nothing. A buyer's limit is met on an interval that
         begins at nothing. A seller asks for at least so much: the total falls to its least and rises again, so
         the search begins there. It ends at a quantity that fits while the next wei does not. False position,
         with the weight of a repeated end halved (Illinois; Dowell and Jarratt, 1971), finds it in eight totals
         as a rule and 31 at most in 300 random searches; halving takes over where it would not. Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from . import evaluation
from . import inventory_charge as inventory
from . import market_state as market
from . import package

WAD: constant(int256) = constants.SIGNED_WAD
BOOKS: constant(uint256) = 4
STEPS: constant(uint256) = 120
FALSE_POSITIONS: constant(uint256) = 24  # the other steps halve: 96 for quantities below 2^95

struct Fill:  # all that the total of a quantity depends on
    market: market.State
    leg: evaluation.Weighed  # with the part of one wei
    bill: package.Bill  # of one wei
    rest: inventory.Exposure  # everything but the leg's book
    psi: int256  # before


@external
@pure
def largest_fill(
    conditions: IOptionPricer.Conditions,
    others: IOptionPricer.Others,
    books: DynArray[IOptionPricer.Book, BOOKS],
    leg: IOptionPricer.Leg,
    limit: int256,
) -> int256:
    """
    @notice The largest part of a leg, same sign, whose total is at most the limit; 0 where none is.
    @dev    Where a seller's limit is the best total of all to a few wei, the part may be missed, and is then 0.
    @param  conditions As for `evaluate`, like the next two.
    @param  others Exposures of everything but the books.
    @param  books The leg's expiry, and any others that `others` leaves out.
    @param  leg A positive quantity is bought.
    @param  limit Quote, below 2^160; negative: the least that a seller receives.
    @return Quantity; WAD.
    """
    assert abs(limit) < 2**160, "pricer: limit out of range"
    whole: int256 = abs(leg.quantity)
    fill: Fill = self._fill(conditions, others, books, leg)
    above: int256 = self._total(fill, whole) - limit
    if above <= 0:
        return leg.quantity
    fits: int256 = 0
    if leg.quantity < 0:
        fits = self._cheapest(fill, whole)
    below: int256 = self._total(fill, fits) - limit
    if below > 0:
        return 0
    fails: int256 = whole
    last: int256 = 0  # the end that moved last: 1 fails, -1 fits
    for step: uint256 in range(STEPS):
        if fails - fits <= 1:
            break
        between: int256 = (fits + fails) // 2
        if step < FALSE_POSITIONS:
            # A wei beside 0: a total that meets the limit exactly would hold the search still.
            between = fits + (fails - fits) * (1 - below) // (above + 1 - below)
            between = max(min(between, fails - 1), fits + 1)
        total: int256 = self._total(fill, between) - limit
        if total <= 0:
            fits = between
            below = total
            if last < 0:
                above = above // 2 + 1
            last = -1
        else:
            fails = between
            above = total
            if last > 0:
                below //= 2
            last = 1
    return fits if leg.quantity > 0 else -fits


@internal
@pure
def _fill(
    conditions: IOptionPricer.Conditions,
    others: IOptionPricer.Others,
    books: DynArray[IOptionPricer.Book, BOOKS],
    leg: IOptionPricer.Leg,
) -> Fill:
    """
    @dev    The books before, and one wei of the leg.
    """
    assert abs(leg.quantity) < 2**95, "pricer: leg out of range"
    smallest: IOptionPricer.Leg = leg
    smallest.quantity = 1 if leg.quantity > 0 else -1
    legs: DynArray[IOptionPricer.Leg, evaluation.LEGS] = [smallest]
    fill: Fill = empty(Fill)
    fill.market = market._state(conditions)
    fill.bill = package._opened_bill(fill.market, conditions.has_rebate, len(books), legs)
    fill.rest = evaluation._exposure(others)
    before: inventory.Exposure = fill.rest
    for i: uint256 in range(len(books), bound=BOOKS):
        weighed: evaluation.Weighed = evaluation._weighed(
            conditions.spot, conditions.spot_low, conditions.spot_high, fill.market, books[i], i, legs
        )[0]
        held: IOptionPricer.BookRisk = evaluation._risk(weighed, 0)
        before = inventory._plus(before, held)
        if i == leg.book:
            fill.leg = weighed
            fill.bill = package._with_part(fill.bill, fill.market.rates, weighed.part)
        else:
            fill.rest = inventory._plus(fill.rest, held)
    fill.psi = convert(inventory._charge(fill.market.weights, before), int256)
    return fill


@internal
@pure
def _bill(fill: Fill, quantity: int256) -> package.Bill:
    """
    @dev    Bill of so many wei of the leg.
    """
    left: IOptionPricer.BookRisk = evaluation._risk(fill.leg, quantity)
    psi: uint256 = inventory._charge(fill.market.weights, inventory._plus(fill.rest, left))
    size: uint256 = convert(quantity, uint256)
    bill: package.Bill = fill.bill
    bill.value *= quantity
    bill.floor *= size
    bill.spread.full *= size
    bill.spread.rebatable *= size
    bill.charge = convert(psi, int256) - fill.psi
    return package._with_flow(bill, fill.market.flow, fill.leg.part.errors, fill.leg.flow, left.flow)


@internal
@pure
def _total(fill: Fill, quantity: int256) -> int256:
    """
    @dev    Total of so many wei of the leg: that of `evaluate`.
    """
    return package._cost(self._bill(fill, quantity)).total


@internal
@pure
def _cheapest(fill: Fill, whole: int256) -> int256:
    """
    @dev    Where the total of a sale is least. I(q) = A q^2 + B q, known from two quantities; the total is
            the parabola of mid, H and I to the right of where the rebate ends, and a falling line to its left: the
            least is at the vertex or, where that lies to the left, at the end of the rebate.
    """
    bill: package.Bill = self._bill(fill, whole)
    half: int256 = self._bill(fill, whole // 2).charge
    curve: int256 = bill.charge - 2 * half  # A whole^2/2
    if curve <= 0:
        return 0
    slope: int256 = 4 * half - bill.charge  # B whole
    cost: package.Cost = package._cost(bill)
    rebate: int256 = convert(bill.rebate * cost.rebatable // convert(WAD, uint256), int256)
    # Rounded towards zero; the caller tests whether the place will do.
    vertex: int256 = -(cost.mid + convert(cost.half_spread, int256) + slope) * whole // (4 * curve)
    rebate_end: int256 = -(slope + rebate) * whole // (2 * curve)
    return max(0, min(whole, max(vertex, rebate_end)))
