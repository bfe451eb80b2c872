"""Volatility of SVI slices on arrays; a row of a table is annualised raw SVI (years, a, b, ρ, m, s)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyvault.kernels.jit import loop
from pyvault.kernels.svi import svi_variance

__all__ = ["slice_volatility", "surface_volatility"]

Floats = npt.NDArray[np.floating[Any]]


@loop
def slice_volatility(k: Floats, row: Floats) -> npt.NDArray[np.float64]:
    """Annualised volatility of one slice at each log-moneyness."""
    _, a, b, rho, m, s = row
    out = np.empty(k.size)
    for i in range(k.size):
        out[i] = np.sqrt(svi_variance(k[i], a, b, rho, m, s))
    return out


@loop
def surface_volatility(k: Floats, years: Floats, table: Floats) -> npt.NDArray[np.float64]:
    """√(w/τ) at each pair: w linear in τ at fixed k between slices, volatility flat in τ before the first.

    After the last, w grows at every k as at the money: scaled by τ, its wings would break Lee's bound.
    """
    out = np.empty(k.size)
    last = table.shape[0] - 1
    for i in range(k.size):
        upper = np.searchsorted(table[:, 0], years[i])
        low, high = max(upper - 1, 0), min(upper, last)
        after, a, b, rho, m, s = table[high]
        variance = svi_variance(k[i], a, b, rho, m, s)
        if low < high:
            before, a, b, rho, m, s = table[low]
            share = (years[i] - before) / (after - before)
            total = (1.0 - share) * before * svi_variance(k[i], a, b, rho, m, s) + share * after * variance
            variance = total / years[i]
        elif years[i] > after:
            later = svi_variance(0.0, a, b, rho, m, s)
            variance = (after * variance + (years[i] - after) * later) / years[i]
        out[i] = np.sqrt(variance)
    return out
