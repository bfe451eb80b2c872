"""Revaluation of an expiry; the twin of ``contracts/libs/math/revaluation.vy``."""

from __future__ import annotations

from pyvault.exact import book, flow, lanes, stress
from pyvault.exact.flow import present
from pyvault.exact.quote import Book, Conditions, Revaluation

__all__ = ["revalue"]


def revalue(conditions: Conditions, held: Book) -> Revaluation:
    """Value, exposures, exit cost and stress losses of the vault's positions in one expiry.

    Raises
    ------
    ContractError
        With the contract's own reason.
    """
    parameters = lanes.read(conditions.words)
    terms = book.terms(conditions.spot, held)
    sums = book.sums(terms, held.positions)
    state = flow.terms(parameters, conditions.risk_budget)
    return Revaluation(
        risk=book.risk(terms, sums, present(state, held, terms.atm_vol)),
        exit_cost=book.exit_cost(parameters, terms, sums, conditions.spot, held.mean_vol),
        losses=stress.stress(terms, held.positions),
    )
