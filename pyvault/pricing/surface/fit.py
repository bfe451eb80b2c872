"""From a chain to a surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from pyvault.errors import FitError, InputError
from pyvault.pricing.surface.arbitrage import margins
from pyvault.pricing.surface.diagnostics import diagnose
from pyvault.pricing.surface.prior import with_prior
from pyvault.pricing.surface.quotes import select_quotes
from pyvault.pricing.surface.slices import SurfaceSlice
from pyvault.pricing.surface.ssvi import fit_ssvi
from pyvault.pricing.surface.svi import fit_svi
from pyvault.pricing.surface.value import Surface

if TYPE_CHECKING:
    from pyvault.market.chain import OptionChain

__all__ = ["Method", "fit_surface"]

Method = Literal["svi", "ssvi"]

LEAST_QUOTES = 5  # an expiry with fewer is skipped: a slice has five parameters


def fit_surface(chain: OptionChain, *, method: Method = "svi", prior: Surface | None = None) -> Surface:
    """Fit a volatility surface, free of butterfly and calendar arbitrage, to the quotes of a chain.

    Parameters
    ----------
    chain
        One snapshot; its bid and ask volatilities are used, the mids weighted by one over the half-spread.
    method
        ``"svi"``: five parameters per expiry (default). ``"ssvi"``: one shape and a level per expiry.
    prior
        An earlier surface, toward which SVI slices lean where nothing is quoted; SSVI and the diagnostics
        know the quotes alone.

    Returns
    -------
    Surface
        Certified: ``surface.arbitrage()`` is empty.

    Raises
    ------
    InputError
        If `method` is unknown, or `prior` is later than the chain.
    FitError
        If no expiry holds enough two-sided quotes, or no surface passes the certificate.

    Notes
    -----
    Proof: recovers the parameters of synthetic chains; on every recorded snapshot the certificate is empty
    and the median error of liquid quotes is below half of their half-spread (``docs/surface.md``).
    """
    if method not in get_args(Method):
        raise InputError("method", method, f"must be one of {list(get_args(Method))}")
    quotes = select_quotes(chain, LEAST_QUOTES)
    anchor = fit_ssvi(quotes).rows()
    if method == "svi":
        evidence = [with_prior(each, chain.timestamp, prior) for each in quotes] if prior else quotes
        table, share = fit_svi(evidence, anchor)
    else:
        table, share = anchor, np.ones(len(quotes))
    found = margins(table)
    if not found.is_free.all():
        raise FitError("the fitted surface is refused by the no-arbitrage certificate")
    slices = tuple(
        SurfaceSlice(
            expiry=each.expiry,
            forward=each.forward,
            **dict(zip(("time_to_expiry", "a", "b", "rho", "m", "s"), map(float, row), strict=True)),
        )
        for each, row in zip(quotes, table, strict=True)
    )
    fitted = {each.expiry for each in quotes}
    skipped = tuple(int(expiry) for expiry in chain.expiries if int(expiry) not in fitted)
    diagnostics = diagnose(quotes, table, anchor, share, found, skipped)
    return Surface(timestamp=chain.timestamp, method=method, slices=slices, diagnostics=diagnostics)
