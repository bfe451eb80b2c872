# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Packages
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What up to four legs put on the book of an expiry, and what the taker pays for a whole package.
@dev     Signs are the taker's: a quantity is positive where the taker buys, so the vault's position falls by it.
         Sums over legs are exact, WAD^2 or WAD^3, and divided once. Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import strike_word
from . import black76
from . import book
from . import flow
from . import half_spread as spreads
from . import market_state as market
from . import rounding

WAD: constant(uint256) = constants.WAD
SIGNED_WAD: constant(int256) = constants.SIGNED_WAD
SQUARE: constant(uint256) = WAD * WAD
QUANTITY_BITS: constant(uint256) = 95  # as wide as a position
GAP_BITS: constant(uint256) = 64
AGE_BITS: constant(uint256) = 32
LEGS: constant(uint256) = 4

struct Part:  # of a package: its legs in one expiry; sums over legs of quantity times unit, WAD^2
    value: int256  # at the mids that price the trade
    fair_value: int256  # at the mids of spot
    burden: spreads.Load
    step: uint256  # eps of the expiry
    charges: uint256  # |q| (tick + s mid)
    errors: uint256  # |q| e_p
    floor: uint256  # |q| (discounted intrinsic value + tick)


struct Details:  # of the legs in one expiry, at their places
    values: IOptionPricer.LegValue[LEGS]
    units: book.Unit[LEGS]


struct Cost:  # quote
    mid: int256  # sum of quantity times mid, rounded up
    inventory_charge: int256  # I*
    half_spread: uint256  # H
    rebatable: uint256  # H_c
    total: int256


struct Bill:  # what a package of given quantities is charged by
    value: int256  # WAD^2
    charge: int256  # I
    spread: spreads.Spread
    floor: uint256  # WAD^2
    rebate: uint256  # theta; zero: no rebate at all
    has_bought: bool
    has_sold: bool


@internal
@pure
def _part(
    state: market.State,
    item: IOptionPricer.Book,
    terms: book.Terms,
    index: uint256,
    legs: DynArray[IOptionPricer.Leg, LEGS],
    low: uint256,
    high: uint256,
) -> (Part, Details):
    """
    @dev    The legs of expiry `index`, weighed.
    @param  low, high Band of spot in which the worst mid prices a leg; the mid of spot where they are equal.
    """
    part: Part = empty(Part)
    details: Details = empty(Details)
    vega_rates: spreads.VegaRates = spreads._vega_rates(
        state.rates, terms.vega_scale, item.surface_age_s, item.gap
    )
    part.step = vega_rates.step
    for i: uint256 in range(len(legs), bound=LEGS):
        leg: IOptionPricer.Leg = legs[i]
        if leg.book != index:
            continue
        size: uint256 = convert(abs(leg.quantity), uint256)
        assert (
            leg.strike < len(item.positions)
            and (size >> QUANTITY_BITS) | (item.gap >> GAP_BITS) | (item.surface_age_s >> AGE_BITS) == 0
        ), "pricer: leg out of range"
        strike: uint256 = strike_word._strike(item.positions[leg.strike])
        unit: book.Unit = book._unit(terms, strike)
        fair: uint256 = unit.call if leg.is_call else unit.put
        mid: uint256 = fair
        if low != high:
            # Without arbitrage a call rises with spot and a put falls: the worst of the band is at an end.
            worst: book.Unit = book._unit(
                book._terms(high if leg.is_call == (leg.quantity > 0) else low, item), strike
            )
            mid = worst.call if leg.is_call else worst.put
        # unsafe: forward and strike < 2^99, discount <= WAD; N(d1) <= 2^96; a delta is below 2^98.
        intrinsic: uint256 = 0
        if leg.is_call == (terms.forward > strike):
            intrinsic = unsafe_div(
                unsafe_mul(
                    unsafe_sub(max(terms.forward, strike), min(terms.forward, strike)), terms.discount
                ),
                WAD,
            )
        delta: int256 = convert(convert(unit.delta, bytes32), int256)
        if not leg.is_call:
            delta = unsafe_sub(delta, convert(convert(terms.discounted_floating, bytes32), int256))
        details.units[i] = unit
        details.values[i] = IOptionPricer.LegValue(
            mid=mid, probability=unsafe_mul(unit.near, WAD) >> 96, intrinsic=intrinsic
        )

        # unsafe: |q| < 2^95 times units below 2^123 (gamma; the others below 2^114), four times.
        part.value = unsafe_add(part.value, unsafe_mul(leg.quantity, convert(mid, int256)))
        part.fair_value = unsafe_add(part.fair_value, unsafe_mul(leg.quantity, convert(fair, int256)))
        part.burden.delta = unsafe_add(part.burden.delta, unsafe_mul(leg.quantity, delta))
        part.burden.gamma = unsafe_add(
            part.burden.gamma, unsafe_mul(leg.quantity, convert(unit.gamma, int256))
        )
        vega: uint256 = unsafe_mul(size, unit.vega)
        charge: uint256 = unsafe_mul(size, spreads._vega_charge(vega_rates, unit.vega, unit.volatility))
        if leg.quantity > 0:
            part.burden.bought_vega = unsafe_add(part.burden.bought_vega, vega)
            part.burden.bought_charge = unsafe_add(part.burden.bought_charge, charge)
        else:
            part.burden.sold_vega = unsafe_add(part.burden.sold_vega, vega)
            part.burden.sold_charge = unsafe_add(part.burden.sold_charge, charge)
        part.charges = unsafe_add(
            part.charges, unsafe_mul(size, spreads._leg_charge(state.rates, fair))
        )
        part.errors = unsafe_add(part.errors, unsafe_mul(size, black76._error_bound(terms.forward, strike)))
        part.floor = unsafe_add(part.floor, unsafe_mul(size, unsafe_add(intrinsic, state.rates.tick)))
    return part, details


@internal
@pure
def _no_values(count: uint256) -> DynArray[IOptionPricer.LegValue, LEGS]:
    """
    @dev    Room for the values of so many legs.
    """
    values: DynArray[IOptionPricer.LegValue, LEGS] = []
    for _: uint256 in range(count, bound=LEGS):
        values.append(empty(IOptionPricer.LegValue))
    return values


@internal
@pure
def _opened_bill(
    state: market.State, has_rebate: bool, books: uint256, legs: DynArray[IOptionPricer.Leg, LEGS]
) -> Bill:
    """
    @dev    A bill that knows its rebate and its signs; refuses legs of a book that is not there.
    """
    bill: Bill = empty(Bill)
    if has_rebate:
        bill.rebate = state.parameters.rebate
    for leg: IOptionPricer.Leg in legs:
        assert leg.book < books, "pricer: leg out of range"
        if leg.quantity > 0:
            bill.has_bought = True
        elif leg.quantity < 0:
            bill.has_sold = True
    return bill


@internal
@pure
def _with_part(bill: Bill, rates: spreads.Rates, part: Part) -> Bill:
    """
    @dev    A bill with all that an expiry adds to it but the inventory charge.
    """
    sum: Bill = bill
    # unsafe: each below 2^224.
    sum.value = unsafe_add(sum.value, part.value)
    sum.floor = unsafe_add(sum.floor, part.floor)
    sum.spread = spreads._plus(sum.spread, rates, part.step, part.burden, part.charges, part.errors)
    return sum


@internal
@pure
def _with_flow(bill: Bill, terms: flow.Terms, errors: uint256, before: int256, after: int256) -> Bill:
    """
    @dev    A bill with what the flow of an expiry adds: the change of Phi, and to H what the rounding of Z is worth.
    @param  errors Of the legs in the expiry; where there are none, nothing.
    """
    sum: Bill = bill
    if errors > 0:
        # unsafe: Phi < 2^213, four times.
        sum.charge = unsafe_add(
            sum.charge,
            unsafe_sub(
                convert(flow._charge(terms, after), int256),
                convert(flow._charge(terms, before), int256),
            ),
        )
        sum.spread.full += flow.QUANTUM * SQUARE
    return sum


@internal
@pure
def _cost(bill: Bill) -> Cost:
    """
    @dev    Total = sum of q mid + I* + H, each rounded up, against the taker; I* = max(I, -theta H_c), the rebate
            rounded down. Bought legs alone never cost less than their discounted intrinsic value and a tick;
            sold legs alone never cost their seller anything.
    """
    half_spread: uint256 = rounding._up(bill.spread.full, SQUARE)
    # unsafe: theta < 2^64, and 2 H_c was a sum below 2^256 before it was divided by 2^120.
    rebatable: uint256 = unsafe_div(bill.spread.rebatable, 2 * SQUARE)
    rebate: uint256 = unsafe_div(unsafe_mul(bill.rebate, rebatable), WAD)
    charge: int256 = max(bill.charge, unsafe_sub(0, convert(rebate, int256)))
    mid: int256 = rounding._signed_up(bill.value, SIGNED_WAD)
    total: int256 = mid + charge + convert(half_spread, int256)
    if not bill.has_sold:
        total = max(total, convert(rounding._up(bill.floor, WAD), int256))
    elif not bill.has_bought:
        total = min(total, 0)
    return Cost(mid=mid, inventory_charge=charge, half_spread=half_spread, rebatable=rebatable, total=total)
