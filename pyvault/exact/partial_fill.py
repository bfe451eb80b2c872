"""Partial fill; the twin of ``contracts/libs/math/partial_fill.vy``, which explains the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import evaluation, inventory_charge, package
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.inventory_charge import Exposure
from pyvault.exact.market_state import State, state
from pyvault.exact.quote import Book, Conditions, Leg, Others
from pyvault.units import WAD

__all__ = ["largest_fill"]

STEPS, FALSE_POSITIONS = 120, 24
LIMIT_BITS = 160


class _Fill(NamedTuple):
    """All that the total of a quantity depends on: the part and the bill are of one wei."""

    market: State
    leg: evaluation.Weighed
    bill: package.Bill
    rest: Exposure
    psi: int


def largest_fill(conditions: Conditions, others: Others, books: Sequence[Book], leg: Leg, limit: int) -> int:
    """The largest part of a leg, same sign, whose total is at most the limit; 0 where none is.

    Raises
    ------
    ContractError
        With the contract's own reason.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity/test_trade_pricer_exact.py).
    """
    if abs(limit) >> LIMIT_BITS:
        raise ContractError("pricer: limit out of range")
    whole = abs(leg.quantity)
    fill = _fill(conditions, others, books, leg)
    above = _total(fill, whole) - limit
    if above <= 0:
        return leg.quantity
    fits = _cheapest(fill, whole) if leg.quantity < 0 else 0
    below = _total(fill, fits) - limit
    if below > 0:
        return 0
    fits = _search(fill, limit, (fits, below), (whole, above))
    return fits if leg.quantity > 0 else -fits


def _search(fill: _Fill, limit: int, fitting: tuple[int, int], failing: tuple[int, int]) -> int:
    """The last quantity that fits, between one that does and one that does not, each with its excess."""
    (fits, below), (fails, above) = fitting, failing
    last = 0
    for step in range(STEPS):
        if fails - fits <= 1:
            break
        between = (fits + fails) // 2
        if step < FALSE_POSITIONS:
            between = fits + (fails - fits) * (1 - below) // (above + 1 - below)
            between = max(min(between, fails - 1), fits + 1)
        excess = _total(fill, between) - limit
        if excess <= 0:
            fits, below = between, excess
            above = above // 2 + 1 if last < 0 else above
            last = -1
        else:
            fails, above = between, excess
            below = tdiv(below, 2) if last > 0 else below
            last = 1
    return fits


def _fill(conditions: Conditions, others: Others, books: Sequence[Book], leg: Leg) -> _Fill:
    """The books before, and one wei of the leg."""
    if abs(leg.quantity) >> package.QUANTITY_BITS:
        raise ContractError("pricer: leg out of range")
    legs = (leg._replace(quantity=1 if leg.quantity > 0 else -1),)
    market = state(conditions)
    bill = package.opened_bill(market, conditions.has_rebate, len(books), legs)
    expiries = [evaluation.weighed(conditions, market, item, i, legs) for i, item in enumerate(books)]
    rest = before = Exposure(*others)
    for i, expiry in enumerate(expiries):
        held = evaluation.risk(expiry, 0)
        before = inventory_charge.plus(before, held)
        rest = rest if i == leg.book else inventory_charge.plus(rest, held)
    traded = expiries[leg.book]
    return _Fill(
        market=market,
        leg=traded,
        bill=package.with_part(bill, market.rates, traded.part),
        rest=rest,
        psi=inventory_charge.charge(market.weights, before),
    )


def _bill(fill: _Fill, quantity: int) -> package.Bill:
    """Bill of so many wei of the leg."""
    left = evaluation.risk(fill.leg, quantity)
    psi = inventory_charge.charge(fill.market.weights, inventory_charge.plus(fill.rest, left))
    spread = fill.bill.spread
    bill = fill.bill._replace(
        value=fill.bill.value * quantity,
        charge=psi - fill.psi,
        spread=spread._replace(full=spread.full * quantity, rebatable=spread.rebatable * quantity),
        floor=fill.bill.floor * quantity,
    )
    return package.with_flow(bill, fill.market, fill.leg.part, fill.leg.flow, left.flow)


def _total(fill: _Fill, quantity: int) -> int:
    """Total of so many wei of the leg: that of `evaluate`."""
    return package.cost(_bill(fill, quantity)).total


def _cheapest(fill: _Fill, whole: int) -> int:
    """Where the total of a sale is least: the vertex of its parabola, or the end of the rebate."""
    bill, half = _bill(fill, whole), _bill(fill, whole // 2).charge
    curve = bill.charge - 2 * half
    if curve <= 0:
        return 0
    slope = 4 * half - bill.charge
    cost = package.cost(bill)
    rebate = bill.rebate * cost.rebatable // WAD
    vertex = tdiv(-(cost.mid + cost.half_spread + slope) * whole, 4 * curve)
    rebate_end = tdiv(-(slope + rebate) * whole, 2 * curve)
    return max(0, min(whole, max(vertex, rebate_end)))
