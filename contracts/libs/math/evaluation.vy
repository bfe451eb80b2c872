# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Evaluation of a trade
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Everything that a trade of a package against the vault needs: price, charges, exposures, stress.
@dev     I = change of Psi of all exposures + change of Phi of the traded expiries. Before and after are functions
         of exact sums over positions, divided once: what a round trip moved comes back, and the charges of a path
         add up to those of its ends, to the wei (docs/market-mathematics.md). Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from . import book
from . import flow
from . import half_spread as spreads
from . import inventory_charge as inventory
from . import market_state as market
from . import package
from . import stress

SIGNED_WAD: constant(int256) = constants.SIGNED_WAD
BOOKS: constant(uint256) = 4
LEGS: constant(uint256) = 4

struct Weighed:  # one expiry and what the package puts on it
    terms: book.Terms
    sums: book.Sums  # before
    flow: int256  # before
    part: package.Part


@external
@pure
def evaluate(
    conditions: IOptionPricer.Conditions,
    others: IOptionPricer.Others,
    books: DynArray[IOptionPricer.Book, BOOKS],
    legs: DynArray[IOptionPricer.Leg, LEGS],
) -> IOptionPricer.Evaluation:
    """
    @notice Everything that a trade of the legs against the vault needs: price, charges, exposures, stress.
    @dev    Roundings stand beside each formula; all of them that touch the total are against the taker, but for
            Psi and Phi, which are functions of the state and round alike before and after.
    @param  conditions What is the same for every expiry of the market state.
    @param  others Exposures of everything but the books, rolled to the present spot.
    @param  books The traded expiries, with the vault's positions before the trade.
    @param  legs At most four series of those books; a positive quantity is bought by the taker.
    """
    result: IOptionPricer.Evaluation = empty(IOptionPricer.Evaluation)
    state: market.State = market._state(conditions)
    before: inventory.Exposure = self._exposure(others)
    after: inventory.Exposure = before
    bill: package.Bill = package._opened_bill(state, conditions.has_rebate, len(books), legs)
    result.legs = package._no_values(len(legs))
    for i: uint256 in range(len(books), bound=BOOKS):
        weighed: Weighed = empty(Weighed)
        details: package.Details = empty(package.Details)
        weighed, details = self._weighed(
            conditions.spot, conditions.spot_low, conditions.spot_high, state, books[i], i, legs
        )
        held: IOptionPricer.BookRisk = self._risk(weighed, 0)
        left: IOptionPricer.BookRisk = self._risk(weighed, 1)
        before = inventory._plus(before, held)
        after = inventory._plus(after, left)
        bill = package._with_part(bill, state.rates, weighed.part)
        bill = package._with_flow(bill, state.flow, weighed.part.errors, held.flow, left.flow)
        result.books.append(left)
        scenarios: stress.Scenarios = stress._scenarios(weighed.terms)
        losses: int256[stress.SCENARIOS] = empty(int256[stress.SCENARIOS])
        for j: uint256 in range(len(legs), bound=LEGS):
            leg: IOptionPricer.Leg = legs[j]
            if leg.book == i:
                result.legs[j] = details.values[j]
                losses = stress._with_leg(
                    losses, scenarios, weighed.terms, details.units[j], leg.is_call, leg.quantity
                )
        result.losses.append(losses)
    result.psi_before = inventory._charge(state.weights, before)
    result.psi_after = inventory._charge(state.weights, after)
    # unsafe: Psi < 2^160, a sum below 2^256 shifted by 96.
    bill.charge = unsafe_add(
        bill.charge,
        unsafe_sub(convert(result.psi_after, int256), convert(result.psi_before, int256)),
    )
    cost: package.Cost = package._cost(bill)
    result.mid = cost.mid
    result.charge = bill.charge
    result.inventory_charge = cost.inventory_charge
    result.half_spread = cost.half_spread
    result.rebatable = cost.rebatable
    result.total = cost.total
    return result


@internal
@pure
def _weighed(
    spot: uint256,
    low: uint256,
    high: uint256,
    state: market.State,
    item: IOptionPricer.Book,
    index: uint256,
    legs: DynArray[IOptionPricer.Leg, LEGS],
) -> (Weighed, package.Details):
    """
    @dev    Expiry `index` before the package, and the legs in it. Traded strikes are valued once, by `_part`.
    @param  low, high Band of spot after a rejected reading.
    """
    weighed: Weighed = empty(Weighed)
    details: package.Details = empty(package.Details)
    weighed.terms = book._terms(spot, item)
    weighed.flow = flow._present(state.flow, item, weighed.terms.atm_vol)
    weighed.part, details = package._part(state, item, weighed.terms, index, legs, low, high)
    traded: uint256 = 0
    for leg: IOptionPricer.Leg in legs:
        if leg.book == index:
            traded |= 1 << leg.strike
    weighed.sums = book._sums(weighed.terms, item.positions, traded)
    for i: uint256 in range(len(legs), bound=LEGS):
        bit: uint256 = 1 << legs[i].strike
        if legs[i].book == index and traded & bit != 0:
            traded ^= bit  # of two legs of a strike the first adds its positions
            weighed.sums = book._plus(
                weighed.sums,
                weighed.terms.discounted_floating,
                details.units[i],
                item.positions[legs[i].strike],
            )
    return weighed, details


@internal
@pure
def _risk(weighed: Weighed, times: int256) -> IOptionPricer.BookRisk:
    """
    @dev    The vault's risk in an expiry after the package so many times: 0 before it. Sums are exact; the flow moves
            by the vega bought, rounded towards zero, so that the same vega sold restores it.
    """
    sums: book.Sums = weighed.sums
    part: package.Part = weighed.part
    # unsafe: sums are below 2^224; times is at most 1, or a quantity below 2^95 of a part of one wei.
    vega: int256 = unsafe_mul(
        times, unsafe_sub(convert(part.burden.bought_vega, int256), convert(part.burden.sold_vega, int256))
    )
    sums.value = unsafe_sub(sums.value, unsafe_mul(times, part.fair_value))
    sums.delta = unsafe_sub(sums.delta, unsafe_mul(times, part.burden.delta))
    sums.gamma = unsafe_sub(sums.gamma, unsafe_mul(times, part.burden.gamma))
    sums.vega = unsafe_sub(sums.vega, vega)
    return book._risk(
        weighed.terms, sums, unsafe_add(weighed.flow, unsafe_div(vega, SIGNED_WAD))
    )


@internal
@pure
def _exposure(others: IOptionPricer.Others) -> inventory.Exposure:
    """
    @dev    Exposures that the package leaves alone.
    """
    return inventory.Exposure(
        delta=others.dollar_delta,
        gamma=others.dollar_gamma,
        vega=others.vega,
        vega_square=others.vega_square,
    )
