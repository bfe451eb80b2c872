"""Surface fits beside fast-vollib's calibrators: 12 × 30 quotes, 1 % noise in total variance, one core.

Both sides get the same quotes. fast-vollib runs with its defaults (SSVI) and with one start (SVI, its
quickest setting). Root mean square errors against the noisy quotes and against the noiseless truth stand
beside the times; a peer's ratio counts only where ours is no farther from the truth. Ours does more: its
SVI slices are also free of calendar arbitrage, and every result has passed the certificate.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Figure, pin_to_one_core, time_paired, write_figures

from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import SliceQuotes, SsviParameters, fit_ssvi, fit_surface
from pyvault.pricing.surface.arbitrage import margins
from pyvault.pricing.surface.svi import fit_svi

Floats = npt.NDArray[np.float64]

EXPIRIES, STRIKES, NOISE = 12, 30, 0.01
YEARS = np.geomspace(7 / 365, 1.0, EXPIRIES)
TRUTH = SsviParameters(time_to_expiry=YEARS, theta=0.5 * YEARS**0.95, rho=-0.3, eta=0.8, gamma=0.4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Noisy quotes [expiry, strike] and the truth beneath them."""

    k: Floats
    mid: Floats
    exact: Floats

    def quotes(self) -> list[SliceQuotes]:
        """The quotes as our fits take them; the half-spread is the noise."""
        return [
            SliceQuotes(
                expiry=int(years * 365 * 86_400),
                time_to_expiry=float(years),
                forward=1.0,
                log_moneyness=k,
                mid=mid,
                half_spread=0.5 * NOISE * mid,
                bid=mid * (1.0 - 0.5 * NOISE),
                ask=mid * (1.0 + 0.5 * NOISE),
                dropped=0,
            )
            for years, k, mid in zip(YEARS, self.k, self.mid, strict=True)
        ]


def sample(seed: int) -> Sample:
    """Quotes within two deviations of the forward."""
    rng = np.random.default_rng(seed)
    k = 2.0 * np.sqrt(TRUTH.theta)[:, None] * np.linspace(-1.0, 1.0, STRIKES)
    exact = volatility(TRUTH.rows(), k)
    noise = 1.0 + NOISE * rng.standard_normal(k.shape)
    return Sample(k=k, mid=exact * np.sqrt(noise), exact=exact)


def volatility(rows: Floats, k: Floats) -> Floats:
    """Volatility [expiry, strike] of raw SVI rows (years, a, b, ρ, m, s)."""
    a, b, rho, m, s = (rows[:, [column]] for column in range(1, 6))
    x = k - m
    vol: Floats = np.sqrt(a + b * (rho * x + np.sqrt(x * x + s * s)))
    return vol


def rmse(vol: Floats, data: Sample) -> tuple[float, float]:
    """Root mean square error against the quotes and against the truth, in volatility."""
    return float(np.sqrt(np.mean((vol - data.mid) ** 2))), float(np.sqrt(np.mean((vol - data.exact) ** 2)))


class FastVollib:
    """One of fast-vollib's calibrators on the same quotes."""

    def __init__(self, data: Sample, make: Callable[[Any], Any]) -> None:
        from fast_vollib.surface import SurfaceObservations  # type: ignore[import-not-found] # noqa: PLC0415 - may be missing
        from fast_vollib.surface.fitting import parametric  # type: ignore[import-not-found] # noqa: PLC0415

        years = np.repeat(YEARS, STRIKES)
        self.observations = SurfaceObservations(k=data.k.ravel(), T=years, iv=data.mid.ravel())
        self.calibrator = make(parametric)
        self.data, self.years = data, years

    def fit(self) -> Any:  # noqa: ANN401 - the peer's own surface
        """What is timed."""
        return self.calibrator.fit(self.observations)

    def rmse(self) -> tuple[float, float]:
        """Its errors, as ours are measured."""
        variance = np.asarray(self.fit().total_variance(self.data.k.ravel(), self.years))
        return rmse(np.sqrt(variance / self.years).reshape(self.data.k.shape), self.data)


PEERS: dict[str, tuple[str, float | None, Callable[[Any], Any]]] = {
    "fast-vollib SSVICalibrator": ("ssvi", 15.0, lambda module: module.SSVICalibrator()),
    "fast-vollib SVICalibrator n_starts=1": ("svi", 5.0, lambda module: module.SVICalibrator(n_starts=1)),
    "fast-vollib SVICalibrator": ("svi", None, lambda module: module.SVICalibrator()),
}
NAMES = {"ssvi": "ssvi fit, 12 × 30", "svi": "svi × 12 fit, no butterfly, no calendar"}
GOALS_MS = {"ssvi": 1.5, "svi": 8.0}


def _describe(errors: tuple[float, float]) -> str:
    return f"rmse {errors[0]:.3e} to quotes, {errors[1]:.3e} to truth"


def main() -> list[Figure]:
    """Time the fits in turn and write the figures."""
    pin_to_one_core()
    data = sample(seed=7)
    quotes = data.quotes()
    fits: dict[str, Callable[[], Floats]] = {
        "ssvi": lambda: fit_ssvi(quotes).rows(),
        "svi": lambda: fit_svi(quotes, fit_ssvi(quotes).rows())[0],
    }
    peers: dict[str, FastVollib] = {}
    missing: dict[str, str] = {}
    for name, (_, _, make) in PEERS.items():
        try:
            peers[name] = FastVollib(data, make)
        except ImportError as error:
            missing[name] = f"peer missing: {error}"
    chain = synthetic_chain()
    candidates: dict[str, Callable[[], object]] = {**fits, "chain": lambda: fit_surface(chain)}
    seconds = time_paired(candidates | {name: peer.fit for name, peer in peers.items()}, rounds=7)
    errors = {kind: rmse(volatility(fit(), data.k), data) for kind, fit in fits.items()}
    figures = [
        Figure(
            name=NAMES[kind],
            value=1e3 * seconds[kind],
            unit="ms",
            goal=GOALS_MS[kind],
            ok=1e3 * seconds[kind] <= GOALS_MS[kind] and bool(margins(fits[kind]()).is_free.all()),
            note=_describe(errors[kind]),
        )
        for kind in fits
    ]
    figures.append(
        Figure(
            name="fit_surface, built-in chain",
            value=1e3 * seconds["chain"],
            unit="ms",
            note=f"{len(chain)} series, {chain.expiries.size} expiries, selection and diagnostics included",
        )
    )
    for name, (kind, goal, _) in PEERS.items():
        if name in missing:
            figures.append(
                Figure(name=NAMES[kind], value=0.0, unit="ms", peer=name, goal=goal, note=missing[name])
            )
            continue
        theirs = peers[name].rmse()
        ratio = seconds[name] / seconds[kind]
        no_worse = errors[kind][1] <= theirs[1]
        figures.append(
            Figure(
                name=NAMES[kind],
                value=1e3 * seconds[kind],
                unit="ms",
                peer=name,
                ratio=ratio,
                goal=goal,
                ok=None if goal is None else ratio >= goal and no_worse,
                note=f"peer {1e3 * seconds[name]:.1f} ms, {_describe(theirs)}",
            )
        )
    write_figures("surface", figures)
    return figures


if __name__ == "__main__":
    sys.exit(0 if all(figure.ok is not False for figure in main()) else 1)
