"""Heston: calibration of 360 quotes beside QuantLib: same quotes, same start, one core, one process.

QuantLib runs with the settings of its own test suite (LevenbergMarquardt and EndCriteria at 1e-8, price
errors). The error that each side reaches stands beside its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
from harness import Figure, pin_to_one_core, time_paired, write_figures

from pyvault.pricing.heston import HestonFit, HestonParameters, calibrate, implied_vol, price

TASK = "heston calibration, 360 quotes"
DAYS = (7, 14, 30, 45, 60, 91, 120, 182, 273, 365, 545, 730)
FORWARD = 100.0
STRIKES = FORWARD * np.exp(np.linspace(-0.4, 0.4, 30))
TRUTH = HestonParameters(
    initial_variance=0.3, mean_reversion=2.0, long_run_variance=0.4, vol_of_variance=1.2, correlation=-0.3
)
START = HestonParameters(
    initial_variance=0.16, mean_reversion=1.0, long_run_variance=0.16, vol_of_variance=0.6, correlation=-0.1
)


class Chain(TypedDict):
    """The quotes' coordinates, as `price` and `calibrate` take them."""

    forward: float
    strike: npt.NDArray[np.float64]
    time_to_expiry: npt.NDArray[np.float64]


CHAIN = Chain(
    forward=FORWARD,
    strike=np.tile(STRIKES, len(DAYS)),
    time_to_expiry=np.repeat(np.array(DAYS) / 365.0, len(STRIKES)),
)
MARKET = price(parameters=TRUTH, **CHAIN)


class QuantLibSide:
    """The same chain as QuantLib objects; `engine` makes its pricing engine from a model."""

    def __init__(self, engine: Callable[[Any, Any], Any]) -> None:
        import QuantLib as ql  # type: ignore[import-not-found]  # noqa: PLC0415, N813 - may be missing

        self.ql = ql
        self.make_engine = engine
        today = ql.Date(2, 1, 2026)
        ql.Settings.instance().evaluationDate = today
        self.zero = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, ql.Actual365Fixed()))
        self.spot = ql.QuoteHandle(ql.SimpleQuote(FORWARD))
        days = np.repeat(DAYS, len(STRIKES)).tolist()
        vols = implied_vol(parameters=TRUTH, **CHAIN).tolist()
        self.quotes = list(zip(days, CHAIN["strike"].tolist(), vols, strict=True))

    def calibrate(self) -> HestonParameters:
        """QuantLib's own Levenberg-Marquardt from START."""
        ql, (v0, kappa, theta, sigma, rho) = self.ql, astuple(START)
        process = ql.HestonProcess(self.zero, self.zero, self.spot, v0, kappa, theta, sigma, rho)
        model = ql.HestonModel(process)
        helpers = self._helpers(self.make_engine(ql, model))
        method = ql.LevenbergMarquardt(1e-8, 1e-8, 1e-8)
        model.calibrate(helpers, method, ql.EndCriteria(400, 40, 1e-8, 1e-8, 1e-8))
        return HestonParameters(
            initial_variance=model.v0(),
            mean_reversion=model.kappa(),
            long_run_variance=model.theta(),
            vol_of_variance=model.sigma(),
            correlation=model.rho(),
        )

    def _helpers(self, engine: object) -> list[Any]:
        ql, calendar, made = self.ql, self.ql.NullCalendar(), []
        for days, strike, vol in self.quotes:
            period, quote = ql.Period(days, ql.Days), ql.QuoteHandle(ql.SimpleQuote(vol))
            error = ql.BlackCalibrationHelper.PriceError
            helper = ql.HestonModelHelper(
                period, calendar, FORWARD, strike, quote, self.zero, self.zero, error
            )
            helper.setPricingEngine(engine)
            made.append(helper)
        return made


# Engine of each peer, and the goal set for the ratio.
PEERS: dict[str, tuple[Callable[[Any, Any], Any], float | None]] = {
    "QuantLib Gauss-Laguerre 64": (lambda ql, model: ql.AnalyticHestonEngine(model, 64), 25.0),
    "QuantLib AnalyticHestonEngine": (lambda ql, model: ql.AnalyticHestonEngine(model), 50.0),
    "QuantLib COSHestonEngine": (lambda ql, model: ql.COSHestonEngine(model), None),
}


def errors(parameters: HestonParameters) -> str:
    """Worst relative error of a parameter, and root mean square error of the prices."""
    worst = np.max(np.abs(np.array(astuple(parameters)) / np.array(astuple(TRUTH)) - 1.0))
    off = price(parameters=parameters, **CHAIN) - MARKET
    return f"parameters to {worst:.1e}, prices to {np.sqrt(np.mean(off**2)) / FORWARD:.1e} F rms"


def fit() -> HestonFit:
    """Our calibration from START."""
    return calibrate(price=MARKET, start=START, **CHAIN)


def measured(name: str, side: QuantLibSide | str, seconds: dict[str, float]) -> Figure:
    """Our time beside one peer's; `side` is a reason where the peer is missing."""
    goal, value = PEERS[name][1], 1e3 * seconds[TASK]
    if isinstance(side, str):
        return Figure(name=TASK, value=value, unit="ms", peer=name, goal=goal, note=f"peer missing: {side}")
    ratio = seconds[name] / seconds[TASK]
    is_met = None if goal is None else ratio >= goal
    note = f"peer {1e3 * seconds[name]:.0f} ms, {errors(side.calibrate())}"
    return Figure(name=TASK, value=value, unit="ms", peer=name, ratio=ratio, goal=goal, ok=is_met, note=note)


def main() -> list[Figure]:
    """Time the calibrations in turn; write and return the figures."""
    pin_to_one_core()
    sides: dict[str, QuantLibSide | str] = {}
    candidates: dict[str, Callable[[], object]] = {
        TASK: fit,
        "heston prices, 360 quotes": lambda: price(parameters=TRUTH, **CHAIN),
    }
    own = list(candidates)
    for name, (engine, _goal) in PEERS.items():
        try:
            side = QuantLibSide(engine)
        except ImportError as error:
            sides[name] = str(error)
            continue
        sides[name], candidates[name] = side, side.calibrate
    seconds = time_paired(candidates, rounds=5)
    found = fit()
    notes = (f"{errors(found.parameters)}; {found.evaluations} evaluations", "")
    figures = [
        Figure(name=name, value=1e3 * seconds[name], unit="ms", note=note)
        for name, note in zip(own, notes, strict=True)
    ]
    figures += [measured(name, side, seconds) for name, side in sides.items()]
    write_figures("heston", figures)
    return figures


if __name__ == "__main__":
    main()
