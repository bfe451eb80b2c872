"""A fitted volatility surface: what it is made of, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.pricing.surface.arbitrage import ArbitrageReport, check_arbitrage
from pyvault.pricing.surface.diagnostics import SurfaceDiagnostics
from pyvault.pricing.surface.evaluate import surface_volatility
from pyvault.pricing.surface.slices import SurfaceSlice

__all__ = ["Surface"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """Volatility by log-moneyness and time, as SVI slices in order of expiry.

    Parameters
    ----------
    timestamp
        Unix seconds of the chain.
    method
        ``"svi"`` or ``"ssvi"``.
    slices
        At least one, ascending in expiry.
    diagnostics
        How well each slice meets its quotes.
    """

    timestamp: float
    method: str
    slices: tuple[SurfaceSlice, ...]
    diagnostics: SurfaceDiagnostics

    def implied_vol(
        self, log_moneyness: npt.ArrayLike, time_to_expiry: npt.ArrayLike
    ) -> npt.NDArray[np.float64]:
        """Annualised volatility.

        At fixed log-moneyness total variance is linear in time between two expiries, and in proportion to
        time before the first; after the last it grows everywhere as at the money, where volatility stays.

        Parameters
        ----------
        log_moneyness
            ln(K/F), F the forward of that expiry; broadcasts with `time_to_expiry`.
        time_to_expiry
            Years of 365 days, positive.

        Returns
        -------
        Array of the broadcast shape.

        Raises
        ------
        InputError
            If a value is NaN or infinite, or a time is not positive.

        Notes
        -----
        Proof: total variance never falls in time where the slices are in order (a convex combination);
        scaling a slice down before the first expiry keeps Durrleman's g ≥ 0, since g is then a concave
        function of the scale, 0 ≤ g at both ends. Between slices and after the last, g is tested, not proven
        (``docs/surface.md``).
        """
        given = np.broadcast_arrays(log_moneyness, time_to_expiry)
        k, years = (np.array(values, dtype=np.float64, order="C") for values in given)
        for name, values, is_bad, rule in (
            ("log_moneyness", k, ~np.isfinite(k), "must be finite"),
            ("time_to_expiry", years, ~(np.isfinite(years) & (years > 0)), "must be positive and finite"),
        ):
            if is_bad.any():
                where = int(np.argmax(is_bad.ravel()))
                raise InputError(f"{name}[{where}]", float(values.ravel()[where]), rule)
        table = np.array([each.parameters for each in self.slices])
        return surface_volatility(k.ravel(), years.ravel(), table).reshape(k.shape)

    def total_variance(
        self, log_moneyness: npt.ArrayLike, time_to_expiry: npt.ArrayLike
    ) -> npt.NDArray[np.float64]:
        """σ²τ with the conventions of `implied_vol`."""
        return self.implied_vol(log_moneyness, time_to_expiry) ** 2 * np.asarray(
            time_to_expiry, dtype=np.float64
        )

    def arbitrage(self) -> ArbitrageReport:
        """Butterfly and calendar violations of the slices; false when there is none."""
        return check_arbitrage(self.slices)
