"""SSVI: one shape for all expiries, and an at-the-money level for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyvault.errors import FitError
from pyvault.kernels.ssvi import ssvi_curvature, ssvi_to_svi
from pyvault.pricing.surface.ssvi_fit import SHARED, SsviProblem, decode_shared, fit_ssvi_unknowns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvault.pricing.surface.quotes import SliceQuotes

__all__ = ["SsviParameters", "fit_ssvi"]

Floats = npt.NDArray[np.float64]

ROBUST = 1.0  # half-spreads: a quote farther off pulls with constant force
LEAST_RISE = 1e-3  # of θ from one expiry to the next, in parts of the first guess
START = (-0.1, 0.0, 0.0)  # unknowns of ρ, η and γ
MOST_TOTAL_VARIANCE = 25.0
FARTHEST = 8.0  # of the unknowns of ρ, η and γ: their bounds are then met to 3e-4 or better


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SsviParameters:
    """Fitted SSVI: w(k) = θ/2·(1 + ρφk + √((φk + ρ)² + 1 − ρ²)), φ = η·θ^(−γ)·(1 + θ)^(γ − 1).

    Parameters
    ----------
    time_to_expiry
        Years of 365 days, ascending.
    theta
        At-the-money total variance of each expiry, ascending.
    rho, eta, gamma
        Shared by the expiries; |ρ| < 1, η(1 + |ρ|) < 2, 0 < γ < 1/2.
    """

    time_to_expiry: Floats
    theta: Floats
    rho: float
    eta: float
    gamma: float

    def rows(self) -> Floats:
        """Slices as annualised raw SVI, a row (years, a, b, ρ, m, s) each."""
        rows = np.empty((self.theta.size, 6))
        for i, (years, theta) in enumerate(zip(self.time_to_expiry, self.theta, strict=True)):
            phi, _, _ = ssvi_curvature(theta, self.eta, self.gamma)
            a, b, m, s = ssvi_to_svi(theta, self.rho, phi, years)
            rows[i] = years, a, b, self.rho, m, s
        return rows


def fit_ssvi(quotes: Sequence[SliceQuotes]) -> SsviParameters:
    """Fit SSVI to all quotes at once: (σ − mid)/half-spread under a pseudo-Huber loss.

    Parameters
    ----------
    quotes
        Ascending in expiry, at least one.

    Returns
    -------
    SsviParameters
        Free of butterfly and calendar arbitrage for every value the fit may take (Gatheral and Jacquier 2014,
        theorem 4.2 and remark 4.4).

    Raises
    ------
    FitError
        If there are no quotes.

    Notes
    -----
    Proof: recovers known parameters; the gradient equals central differences; certificate run on the slices.
    """
    if not quotes:
        raise FitError("no expiry holds enough two-sided quotes")
    sizes = [len(each) for each in quotes]
    problem = SsviProblem(
        years=np.array([each.time_to_expiry for each in quotes]),
        starts=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        k=np.concatenate([each.log_moneyness for each in quotes]),
        mid=np.concatenate([each.mid for each in quotes]),
        weight=1.0 / np.concatenate([each.half_spread for each in quotes]),
        robust=ROBUST,
    )
    level = np.array([each.deviation for each in quotes]) ** 2
    least = LEAST_RISE * level
    increments = np.maximum(np.diff(np.maximum.accumulate(level), prepend=0.0), least)
    x = np.concatenate((np.log(increments), START))
    low = np.concatenate((np.log(least), np.full(SHARED, -FARTHEST)))
    high = np.concatenate((np.full(level.size, np.log(MOST_TOTAL_VARIANCE)), np.full(SHARED, FARTHEST)))
    fit_ssvi_unknowns(problem, x, low, high)
    rho, eta, gamma = decode_shared(x[level.size :])
    theta = np.cumsum(np.exp(x[: level.size]))
    return SsviParameters(time_to_expiry=problem.years, theta=theta, rho=rho, eta=eta, gamma=gamma)
