"""From quotes in any order to a chain sorted by expiry, as the compiled loops take it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyvault.pricing.arrays import AMOUNT, RATE, FloatArray

__all__ = ["QUOTE_RULES", "SortedChain", "sort_by_expiry"]

QUOTE_RULES = {"forward": AMOUNT, "strike": AMOUNT, "time_to_expiry": RATE, "discount_factor": AMOUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedChain:
    """Quotes in order of expiry.

    Parameters
    ----------
    expiries
        Distinct expiries, ascending, in years.
    starts
        Quotes ``starts[e]:starts[e + 1]`` share ``expiries[e]``.
    moneyness
        Strike over forward, per quote.
    order
        Position of each sorted quote among the unsorted ones.
    """

    expiries: FloatArray
    starts: npt.NDArray[np.int64]
    moneyness: FloatArray
    order: npt.NDArray[np.int64]


def sort_by_expiry(moneyness: FloatArray, time_to_expiry: FloatArray) -> SortedChain:
    """Group flat quotes by expiry; quotes of one expiry keep their order."""
    order = np.argsort(time_to_expiry, kind="stable").astype(np.int64)
    expiries, first = np.unique(time_to_expiry[order], return_index=True)
    starts = np.append(first, order.size).astype(np.int64)
    return SortedChain(expiries=expiries, starts=starts, moneyness=moneyness[order], order=order)
