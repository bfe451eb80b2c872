"""How well a surface meets the quotes it was fitted to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pyvault.pricing.surface.evaluate import slice_volatility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyvault.pricing.surface.arbitrage import Margins
    from pyvault.pricing.surface.quotes import SliceQuotes

__all__ = ["SliceDiagnostics", "SurfaceDiagnostics", "diagnose"]

Floats = npt.NDArray[np.float64]

TWICE = 2.0
LEAST_RMSE, LEAST_MEDIAN = (
    1e-4,
    0.01,
)  # 0.01 volatility points, 1 % of a half-spread: below it nothing is worse


def _is_twice_worse(quality: SliceDiagnostics | SurfaceDiagnostics) -> bool:
    return quality.ssvi_rmse > max(TWICE * quality.rmse, LEAST_RMSE) or quality.ssvi_median_error > max(
        TWICE * quality.median_error, LEAST_MEDIAN
    )


def _dates(expiries: Iterable[int]) -> str:
    return ", ".join(f"{datetime.fromtimestamp(expiry, UTC):%Y-%m-%d}" for expiry in expiries)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDiagnostics:
    """Fit of one expiry. Errors are model minus mid volatility (0.01 = one volatility point).

    Parameters
    ----------
    expiry
        Unix seconds.
    rmse, largest
        Root mean square and largest absolute error.
    median_error
        Median of |error| / half-spread; 1 means on the bid or the ask.
    inside
        Share of quotes whose model volatility lies between bid and ask.
    used, dropped
        Quotes of the expiry that were fitted, and that were not (one-sided, or too wide).
    butterfly_margin, wing_margin, calendar_margin
        Least g, 2 − wing slope, and least total variance over that of the expiry before, minus 1 (infinite
        for the first); none is negative.
    anchor_share
        How far the slice was blended toward SSVI: 0 not at all, 1 it is the SSVI slice.
    ssvi_rmse, ssvi_median_error
        `rmse` and `median_error` of the SSVI slice on the same quotes.
    """

    expiry: int
    rmse: float
    largest: float
    median_error: float
    inside: float
    used: int
    dropped: int
    butterfly_margin: float
    wing_margin: float
    calendar_margin: float
    anchor_share: float
    ssvi_rmse: float
    ssvi_median_error: float

    @property
    def ssvi_is_twice_worse(self) -> bool:
        """Whether SSVI misses these quotes by more than twice as much, by either measure."""
        return _is_twice_worse(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceDiagnostics:
    """Fit of a whole surface; `slices` in order of expiry.

    Parameters
    ----------
    slices
        One per fitted expiry.
    skipped
        Expiries (unix seconds) with too few two-sided quotes or too little time to be fitted.
    rmse, ssvi_rmse
        Root mean square error over all quotes, of the surface and of SSVI.
    median_error, ssvi_median_error
        Median of |error| / half-spread over all quotes, of the surface and of SSVI.
    """

    slices: tuple[SliceDiagnostics, ...]
    skipped: tuple[int, ...]
    rmse: float
    ssvi_rmse: float
    median_error: float
    ssvi_median_error: float

    @property
    def ssvi_is_twice_worse(self) -> bool:
        """Whether SSVI misses the quotes by more than twice as much as this surface, by either measure."""
        return _is_twice_worse(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the surface should know, in words."""
        notes = []
        if self.ssvi_is_twice_worse:
            notes.append(
                f"SSVI is more than twice worse: rmse {self.ssvi_rmse:.4f} against {self.rmse:.4f}, "
                f"median {self.ssvi_median_error:.2f} half-spreads against {self.median_error:.2f}"
            )
        worse = [each.expiry for each in self.slices if each.ssvi_is_twice_worse]
        if worse:
            notes.append(
                f"SSVI is more than twice worse at {len(worse)} of {len(self.slices)} expiries: {worse}"
            )
        blended = [each.expiry for each in self.slices if each.anchor_share > 0]
        if blended:
            notes.append(f"blended toward SSVI to be free of arbitrage: {_dates(blended)}")
        if self.skipped:
            notes.append(
                f"not fitted, too few two-sided quotes or too near to expiry: {_dates(self.skipped)}"
            )
        return tuple(notes)


def _root_mean_square(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _median_error(errors: Floats, half_spread: Floats) -> float:
    return float(np.median(np.abs(errors) / half_spread))


def diagnose(
    quotes: Sequence[SliceQuotes],
    table: Floats,
    anchor: Floats,
    share: Floats,
    found: Margins,
    skipped: tuple[int, ...],
) -> SurfaceDiagnostics:
    """Diagnostics of the rows `table` with margins `found`, whose SSVI rivals are the rows `anchor`."""
    errors, rivals = (
        [slice_volatility(each.log_moneyness, row) - each.mid for row, each in zip(rows, quotes, strict=True)]
        for rows in (table, anchor)
    )
    slices = []
    for i, each in enumerate(quotes):
        vol = each.mid + errors[i]
        slices.append(
            SliceDiagnostics(
                expiry=each.expiry,
                rmse=_root_mean_square(errors[i]),
                largest=float(np.max(np.abs(errors[i]))),
                median_error=_median_error(errors[i], each.half_spread),
                inside=float(np.mean((vol >= each.bid) & (vol <= each.ask))),
                used=len(each),
                dropped=each.dropped,
                butterfly_margin=float(found.butterfly[i]),
                wing_margin=float(found.wing[i]),
                calendar_margin=float(found.calendar[i]),
                anchor_share=float(share[i]),
                ssvi_rmse=_root_mean_square(rivals[i]),
                ssvi_median_error=_median_error(rivals[i], each.half_spread),
            )
        )
    half, error, rival = (
        np.concatenate(parts) for parts in ([each.half_spread for each in quotes], errors, rivals)
    )
    return SurfaceDiagnostics(
        slices=tuple(slices),
        skipped=skipped,
        rmse=_root_mean_square(error),
        ssvi_rmse=_root_mean_square(rival),
        median_error=_median_error(error, half),
        ssvi_median_error=_median_error(rival, half),
    )
