"""Heston: calibration of 360 quotes beside QuantLib: same quotes, same start, one core, one process.

QuantLib runs with the settings of its own test suite (LevenbergMarquardt and EndCriteria at 1e-8, price
errors). Time depends on the model: rough densities cost us more terms, and from a far start either search may
wander. One typical market is therefore timed beside ten random ones, and what each side recovers stands
beside its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from harness import Figure, pin_to_one_core, time_paired, write_figures

from pyvault.pricing.heston import HestonParameters, calibrate, implied_vol, price
from pyvault.pricing.heston.parameters import NAMES

DAYS = (7, 14, 30, 45, 60, 91, 120, 182, 273, 365, 545, 730)
FORWARD = 100.0
RECOVERED = 1e-6  # relative error of every parameter
ONE, MANY, CHAIN = (
    "heston calibration, 360 quotes",
    "heston calibration, 10 models",
    "heston prices, 360 quotes",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A market that a known model prices exactly, and a first guess."""

    truth: HestonParameters
    start: HestonParameters
    width: float  # of the strikes, in ln(K/F) on either side

    @property
    def quotes(self) -> dict[str, Any]:
        """Coordinates of the quotes, as `price` and `calibrate` take them."""
        strikes = FORWARD * np.exp(np.linspace(-self.width, self.width, 30))
        years = np.repeat(np.array(DAYS) / 365.0, strikes.size)
        return {"forward": FORWARD, "strike": np.tile(strikes, len(DAYS)), "time_to_expiry": years}

    def search(self) -> Callable[[], HestonParameters]:
        """Our calibration, quotes prepared."""
        quotes = self.quotes
        market = price(parameters=self.truth, **quotes)
        return lambda: calibrate(price=market, start=self.start, **quotes).parameters

    def worst(self, found: HestonParameters) -> float:
        """Largest relative error of a parameter."""
        return float(np.max(np.abs(np.array(astuple(found)) / np.array(astuple(self.truth)) - 1.0)))


def parameters(values: npt.ArrayLike) -> HestonParameters:
    """Parameters from (v0, kappa, theta, sigma, rho)."""
    return HestonParameters(**dict(zip(NAMES, np.asarray(values, dtype=np.float64).tolist(), strict=True)))


TYPICAL = Case(
    truth=parameters((0.3, 2.0, 0.4, 1.2, -0.3)), start=parameters((0.16, 1.0, 0.16, 0.6, -0.1)), width=0.4
)


def random_cases(count: int) -> list[Case]:
    """Models and starts of crypto markets, drawn apart; without those whose wings have no price."""
    generator, cases = np.random.default_rng(5), list[Case]()
    low, high = np.log([0.05, 0.7, 0.05, 0.4]), np.log([0.8, 6.0, 0.8, 1.8])
    while len(cases) < count:
        truth = (*np.exp(generator.uniform(low, high)), generator.uniform(-0.8, 0.3))
        start = (*np.exp(generator.uniform(low, high)), generator.uniform(-0.6, 0.2))
        case = Case(truth=parameters(truth), start=parameters(start), width=0.2)
        if np.all(np.isfinite(implied_vol(parameters=case.truth, **case.quotes))):
            cases.append(case)
    return cases


class QuantLibSide:
    """QuantLib's calibration of one case; `engine` makes its pricing engine from a model."""

    def __init__(self, case: Case, engine: Callable[[Any, Any], Any]) -> None:
        import QuantLib as ql  # type: ignore[import-not-found]  # noqa: PLC0415, N813 - may be missing

        self.ql, self.case, self.make_engine = ql, case, engine
        today = ql.Date(2, 1, 2026)
        ql.Settings.instance().evaluationDate = today
        self.zero = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, ql.Actual365Fixed()))
        self.spot = ql.QuoteHandle(ql.SimpleQuote(FORWARD))
        vols = implied_vol(parameters=case.truth, **case.quotes)
        days = np.repeat(DAYS, vols.size // len(DAYS))
        columns = (days, case.quotes["strike"], vols)
        self.quotes = list(zip(*(column.tolist() for column in columns), strict=True))

    def calibrate(self) -> HestonParameters:
        """QuantLib's own Levenberg-Marquardt from the case's start."""
        ql, (v0, kappa, theta, sigma, rho) = self.ql, astuple(self.case.start)
        process = ql.HestonProcess(self.zero, self.zero, self.spot, v0, kappa, theta, sigma, rho)
        model = ql.HestonModel(process)
        helpers = self._helpers(self.make_engine(ql, model))
        method = ql.LevenbergMarquardt(1e-8, 1e-8, 1e-8)
        model.calibrate(helpers, method, ql.EndCriteria(400, 40, 1e-8, 1e-8, 1e-8))
        return parameters((model.v0(), model.kappa(), model.theta(), model.sigma(), model.rho()))

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A QuantLib engine, the cases that it is timed on, and the goal set for the ratio."""

    task: str
    engine: Callable[[Any, Any], Any]
    goal: float | None = None


PEERS = {
    "QuantLib Gauss-Laguerre 64": Peer(
        task=ONE, engine=lambda ql, model: ql.AnalyticHestonEngine(model, 64), goal=25.0
    ),
    "QuantLib AnalyticHestonEngine": Peer(
        task=ONE, engine=lambda ql, model: ql.AnalyticHestonEngine(model), goal=50.0
    ),
    "QuantLib COSHestonEngine": Peer(task=ONE, engine=lambda ql, model: ql.COSHestonEngine(model)),
    "QuantLib Gauss-Laguerre 64, random": Peer(
        task=MANY, engine=lambda ql, model: ql.AnalyticHestonEngine(model, 64), goal=25.0
    ),
}


def recovery(cases: list[Case], found: list[HestonParameters]) -> str:
    """What a side recovered: the worst parameter of one case, or how many of several."""
    worst = [case.worst(one) for case, one in zip(cases, found, strict=True)]
    if len(worst) == 1:
        return f"parameters to {worst[0]:.1e}"
    return f"{sum(error < RECOVERED for error in worst)} of {len(worst)} recovered"


def main() -> list[Figure]:
    """Time the calibrations in turn; write and return the figures."""
    pin_to_one_core()
    cases = {ONE: [TYPICAL], MANY: random_cases(10)}
    searches = {task: [case.search() for case in members] for task, members in cases.items()}
    runs: dict[str, list[Callable[[], HestonParameters]]] = dict(searches)
    missing: dict[str, str] = {}
    for name, peer in PEERS.items():
        try:
            runs[name] = [QuantLibSide(case, peer.engine).calibrate for case in cases[peer.task]]
        except ImportError as error:
            missing[name] = f"peer missing: {error}"
    candidates: dict[str, Callable[[], object]] = {
        name: lambda members=members: [run() for run in members]  # type: ignore[misc]
        for name, members in runs.items()
    }
    candidates[CHAIN] = lambda: price(parameters=TYPICAL.truth, **TYPICAL.quotes)
    seconds = time_paired(candidates, rounds=3)
    found = {name: recovery(cases[PEERS[name].task if name in PEERS else name], [run() for run in members])
             for name, members in runs.items()}  # fmt: skip
    figures = [
        Figure(name=name, value=1e3 * seconds[name], unit="ms", note=found.get(name, ""))
        for name in (*searches, CHAIN)
    ]
    for name, peer in PEERS.items():
        ratio = None if name in missing else seconds[name] / seconds[peer.task]
        is_met = None if ratio is None or peer.goal is None else ratio >= peer.goal
        note = missing.get(name) or f"peer {1e3 * seconds[name]:.0f} ms, {found[name]}"
        value = 1e3 * seconds[peer.task]
        figures.append(
            Figure(
                name=peer.task,
                value=value,
                unit="ms",
                peer=name,
                ratio=ratio,
                goal=peer.goal,
                ok=is_met,
                note=note,
            )
        )
    write_figures("heston", figures)
    return figures


if __name__ == "__main__":
    main()
