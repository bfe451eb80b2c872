"""Implied-volatility surfaces from option chains: SVI per expiry, SSVI across expiries, free of arbitrage."""

from __future__ import annotations

from pyvault.pricing.surface.arbitrage import ArbitrageReport, Violation
from pyvault.pricing.surface.diagnostics import SliceDiagnostics, SurfaceDiagnostics
from pyvault.pricing.surface.fit import fit_surface
from pyvault.pricing.surface.quotes import SliceQuotes, select_quotes
from pyvault.pricing.surface.slices import SurfaceSlice
from pyvault.pricing.surface.ssvi import SsviParameters, fit_ssvi
from pyvault.pricing.surface.value import Surface

__all__ = [
    "ArbitrageReport",
    "SliceDiagnostics",
    "SliceQuotes",
    "SsviParameters",
    "Surface",
    "SurfaceDiagnostics",
    "SurfaceSlice",
    "Violation",
    "fit_ssvi",
    "fit_surface",
    "select_quotes",
]
