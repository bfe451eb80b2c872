"""One expiry of a surface."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyvault.pricing.surface.evaluate import slice_volatility

__all__ = ["SurfaceSlice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceSlice:
    """One expiry in the form that contracts keep: annualised v(k) = a + b(ρ(k − m) + √((k − m)² + s²)).

    Parameters
    ----------
    expiry
        Unix seconds.
    time_to_expiry
        Years of 365 days at the surface's timestamp.
    forward
        Quote currency per unit of underlying.
    a, b
        Annualised variance, and annualised variance per unit of log-moneyness.
    rho
        Tilt in (−1, 1).
    m, s
        Log-moneyness of the vertex, and its width (``sigma`` in the contracts).
    """

    expiry: int
    time_to_expiry: float
    forward: float
    a: float
    b: float
    rho: float
    m: float
    s: float

    @property
    def parameters(self) -> tuple[float, float, float, float, float, float]:
        """(time_to_expiry, a, b, rho, m, s)."""
        return self.time_to_expiry, self.a, self.b, self.rho, self.m, self.s

    def implied_vol(self, log_moneyness: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Annualised volatility at ln(K/F); same shape as the argument."""
        k = np.array(log_moneyness, dtype=np.float64)
        return slice_volatility(k.ravel(), np.array(self.parameters)).reshape(k.shape)
