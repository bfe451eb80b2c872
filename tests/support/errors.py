"""Errors of the compiled pricer over the grid, against mpmath at 50 digits."""

from __future__ import annotations

from reference.black import black, error_in_wei
from support.evm import Contract
from support.grid import STRIKES, WAD, options
from support.pricer import FUNCTIONS


def grid_errors(contract: Contract, strikes: tuple[int, ...] = STRIKES) -> dict[str, float]:
    """Largest error of each output in wei; of prices, per unit of max(F, K)."""
    worst: dict[str, float] = {}
    for option in options(strikes):
        expected = black(*option)
        actual = FUNCTIONS["black76"].on_chain(contract, option)
        for field, value, reference in zip(expected._fields, actual, expected, strict=True):
            error = error_in_wei(value, reference)
            if field in {"call", "put"}:
                error = error * WAD / max(option.forward, option.strike)
            worst[field] = max(worst.get(field, 0.0), float(error))
    return worst
