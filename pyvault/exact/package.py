"""Packages; the twin of ``contracts/libs/math/package.vy``, where the signs and roundings are explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import book, flow
from pyvault.exact import half_spread as spreads
from pyvault.exact.arithmetic import up
from pyvault.exact.market_state import State
from pyvault.exact.quote import Book, Leg, LegValue
from pyvault.units import WAD

__all__ = ["QUANTITY_BITS", "Bill", "Cost", "Part", "cost", "opened_bill", "part", "with_flow", "with_part"]

QUANTITY_BITS, GAP_BITS, AGE_BITS = 95, 64, 32


class Part(NamedTuple):
    """The legs of a package in one expiry; sums over legs of quantity times unit, WAD²."""

    value: int
    fair_value: int
    burden: spreads.Load
    step: int
    charges: int
    errors: int
    floor: int
    legs: dict[int, LegValue]


class Bill(NamedTuple):
    """What a package of given quantities is charged by; value and floor in WAD², the spread in WAD³."""

    value: int
    charge: int
    spread: spreads.Spread
    floor: int
    rebate: int
    has_bought: bool
    has_sold: bool


class Cost(NamedTuple):
    """What the taker pays, quote."""

    mid: int
    inventory_charge: int
    half_spread: int
    rebatable: int
    total: int


class _Weighed(NamedTuple):
    """One leg: its place, quantity and unit values."""

    place: int
    quantity: int
    unit: book.Unit
    side: tuple[int, int, int]  # mid, intrinsic value, delta
    mid: int  # that prices it


def part(
    state: State, item: Book, terms: book.Terms, index: int, legs: Sequence[Leg], low: int, high: int
) -> Part:
    """The legs of expiry `index`, weighed; `low` and `high` bound spot after a rejected reading.

    Raises
    ------
    ContractError
        ``pricer: leg out of range`` for its strike or quantity, or its surface's age or gap.
    """
    rates = spreads.vega_rates(state.rates, terms.vega_scale, item.surface_age_s, item.gap)
    weighed = [_weighed(item, terms, i, leg, low, high) for i, leg in enumerate(legs) if leg.book == index]
    return Part(
        value=sum(leg.quantity * leg.mid for leg in weighed),
        fair_value=sum(leg.quantity * leg.side[0] for leg in weighed),
        burden=_load(rates, weighed),
        step=rates.step,
        charges=sum(abs(leg.quantity) * spreads.leg_charge(state.rates, leg.side[0]) for leg in weighed),
        errors=sum(abs(leg.quantity) * leg.unit.error for leg in weighed),
        floor=sum(abs(leg.quantity) * (leg.side[1] + state.rates.tick) for leg in weighed),
        legs={leg.place: LegValue(leg.mid, leg.unit.probability, leg.side[1]) for leg in weighed},
    )


def opened_bill(state: State, has_rebate: bool, books: int, legs: Sequence[Leg]) -> Bill:
    """A bill that knows its rebate and its signs.

    Raises
    ------
    ContractError
        ``pricer: leg out of range`` for a leg of a book that is not there.
    """
    if any(leg.book >= books for leg in legs):
        raise ContractError("pricer: leg out of range")
    return Bill(
        value=0,
        charge=0,
        spread=spreads.Spread(0, 0),
        floor=0,
        rebate=state.parameters.rebate if has_rebate else 0,
        has_bought=any(leg.quantity > 0 for leg in legs),
        has_sold=any(leg.quantity < 0 for leg in legs),
    )


def with_part(bill: Bill, rates: spreads.Rates, part: Part) -> Bill:
    """A bill with all that an expiry adds to it but the inventory charge."""
    return bill._replace(
        value=bill.value + part.value,
        floor=bill.floor + part.floor,
        spread=spreads.plus(bill.spread, rates, part.step, part.burden, part.charges, part.errors),
    )


def with_flow(bill: Bill, state: State, part: Part, before: int, after: int) -> Bill:
    """A bill with what the flow of an expiry adds to it: the change of Φ, and to H the rounding of Z."""
    if part.errors == 0:
        return bill
    full = bill.spread.full + flow.QUANTUM * WAD * WAD
    return bill._replace(
        charge=bill.charge + flow.charge(state.flow, after) - flow.charge(state.flow, before),
        spread=bill.spread._replace(full=full),
    )


def cost(bill: Bill) -> Cost:
    """Total = Σ q·mid + I* + H, each rounded up, with the floors of packages of one sign."""
    half_spread = up(bill.spread.full, WAD * WAD)
    rebatable = bill.spread.rebatable // (2 * WAD * WAD)
    charge = max(bill.charge, -(bill.rebate * rebatable // WAD))
    mid = up(bill.value, WAD)
    total = mid + charge + half_spread
    if not bill.has_sold:
        total = max(total, up(bill.floor, WAD))
    elif not bill.has_bought:
        total = min(total, 0)
    return Cost(mid, charge, half_spread, rebatable, total)


def _weighed(item: Book, terms: book.Terms, place: int, leg: Leg, low: int, high: int) -> _Weighed:
    is_wide = abs(leg.quantity) >> QUANTITY_BITS or item.gap >> GAP_BITS or item.surface_age_s >> AGE_BITS
    if leg.strike >= len(item.positions) or is_wide:
        raise ContractError("pricer: leg out of range")
    strike = book.strike(item.positions[leg.strike])
    unit = book.unit(terms, strike)
    side = _side(unit, leg.is_call)
    mid = side[0]
    if low != high:
        spot = high if leg.is_call == (leg.quantity > 0) else low
        worst = book.terms(spot, item)
        mid = _side(book.unit(worst, strike), leg.is_call)[0]
    return _Weighed(place, leg.quantity, unit, side, mid)


def _side(unit: book.Unit, is_call: bool) -> tuple[int, int, int]:
    """Mid, intrinsic value and delta of the call of a strike, or of the put."""
    if is_call:
        return unit.call, unit.intrinsic_call, unit.delta_call
    return unit.put, unit.intrinsic_put, unit.delta_put


def _load(rates: spreads.VegaRates, legs: Sequence[_Weighed]) -> spreads.Load:
    bought = [leg for leg in legs if leg.quantity > 0]
    sold = [leg for leg in legs if leg.quantity <= 0]

    def vega(side: Sequence[_Weighed]) -> int:
        return sum(abs(leg.quantity) * leg.unit.vega for leg in side)

    def charge(side: Sequence[_Weighed]) -> int:
        return sum(
            abs(leg.quantity) * spreads.vega_charge(rates, leg.unit.vega, leg.unit.volatility) for leg in side
        )

    return spreads.Load(
        delta=sum(leg.quantity * leg.side[2] for leg in legs),
        gamma=sum(leg.quantity * leg.unit.gamma for leg in legs),
        bought_vega=vega(bought),
        sold_vega=vega(sold),
        bought_charge=charge(bought),
        sold_charge=charge(sold),
    )
