"""Evaluation of a trade; the twin of ``contracts/libs/math/evaluation.vy``, which explains the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyvault.exact import book, flow, inventory_charge, package, stress
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.inventory_charge import Exposure
from pyvault.exact.market_state import State, state
from pyvault.exact.quote import Book, BookRisk, Conditions, Evaluation, Leg, Others
from pyvault.units import WAD

__all__ = ["Weighed", "evaluate", "risk", "weighed"]


class Weighed(NamedTuple):
    """One expiry before the package, and what the package puts on it."""

    terms: book.Terms
    sums: book.Sums
    flow: int
    part: package.Part


def evaluate(
    conditions: Conditions, others: Others, books: Sequence[Book], legs: Sequence[Leg]
) -> Evaluation:
    """Everything that a trade of the legs against the vault needs: price, charges, exposures, stress.

    Raises
    ------
    ContractError
        With the contract's own reason.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity/test_trade_pricer_exact.py).
    """
    market = state(conditions)
    bill = package.opened_bill(market, conditions.has_rebate, len(books), legs)
    expiries = [weighed(conditions, market, item, i, legs) for i, item in enumerate(books)]
    held, left = [risk(expiry, 0) for expiry in expiries], [risk(expiry, 1) for expiry in expiries]
    before = after = Exposure(*others)
    for expiry, old, new in zip(expiries, held, left, strict=True):
        before, after = inventory_charge.plus(before, old), inventory_charge.plus(after, new)
        bill = package.with_part(bill, market.rates, expiry.part)
        bill = package.with_flow(bill, market, expiry.part, old.flow, new.flow)
    psi_before = inventory_charge.charge(market.weights, before)
    psi_after = inventory_charge.charge(market.weights, after)
    bill = bill._replace(charge=bill.charge + psi_after - psi_before)
    values = {place: value for expiry in expiries for place, value in expiry.part.legs.items()}
    cost = package.cost(bill)
    return Evaluation(
        mid=cost.mid,
        charge=bill.charge,
        inventory_charge=cost.inventory_charge,
        half_spread=cost.half_spread,
        rebatable=cost.rebatable,
        total=cost.total,
        psi_before=psi_before,
        psi_after=psi_after,
        books=tuple(left),
        losses=tuple(
            _losses(expiry.terms, item, [leg for leg in legs if leg.book == i])
            for i, (expiry, item) in enumerate(zip(expiries, books, strict=True))
        ),
        legs=tuple(values[i] for i in range(len(legs))),
    )


def weighed(conditions: Conditions, state: State, item: Book, index: int, legs: Sequence[Leg]) -> Weighed:
    """Expiry `index` before the package, and the legs in it."""
    terms = book.terms(conditions.spot, item)
    return Weighed(
        terms=terms,
        flow=flow.present(state.flow, item, terms.atm_vol),
        part=package.part(state, item, terms, index, legs, conditions.spot_low, conditions.spot_high),
        sums=book.sums(terms, item.positions),
    )


def risk(weighed: Weighed, times: int) -> BookRisk:
    """The vault's risk in an expiry after the package so many times; 0 before it."""
    sums, part = weighed.sums, weighed.part
    vega = times * (part.burden.bought_vega - part.burden.sold_vega)
    after = sums._replace(
        value=sums.value - times * part.fair_value,
        delta=sums.delta - times * part.burden.delta,
        gamma=sums.gamma - times * part.burden.gamma,
        vega=sums.vega - vega,
    )
    return book.risk(weighed.terms, after, weighed.flow + tdiv(vega, WAD))


def _losses(terms: book.Terms, item: Book, legs: Sequence[Leg]) -> tuple[int, ...]:
    """What legs of one expiry add to the vault's loss in each scenario, each leg rounded towards zero."""
    shocks = [stress.leg_stress(terms, book.strike(item.positions[leg.strike]), leg.is_call) for leg in legs]
    return tuple(
        sum(tdiv(leg.quantity * shock[i], WAD) for leg, shock in zip(legs, shocks, strict=True))
        for i in range(stress.SCENARIOS)
    )
