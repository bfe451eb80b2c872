"""Price paths: geometric Brownian motion, and the replay of a recorded history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.market.history import MAX_GAP_S, PriceHistory, PriceSegment
from pyvault.sim.streams import Process, stream
from pyvault.units import SECONDS_PER_YEAR

__all__ = ["FileReplay", "Gbm"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_T = TypeVar("_T", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class Gbm:
    """Geometric Brownian motion, exact at every step.

    Parameters
    ----------
    start
        Unix seconds of the first price.
    first_price
        Quote per underlying.
    volatility, drift
        Per year (365 days); the expected price grows by ``exp(drift · years)``.
    step_s, steps
        Seconds between prices, and how many steps.
    seed, scenario, path
        Which stream; see `pyvault.sim.streams.stream`.

    Notes
    -----
    Proof: mean and variance of the logarithm and the mean of the price lie inside their confidence bands
    (``tests/unit/pyvault/test_sim_paths.py``).
    """

    start: int
    first_price: float
    volatility: float
    step_s: int
    steps: int
    seed: int
    drift: float = 0.0
    scenario: int = 0
    path: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no process."""
        for name, value, is_good, rule in (
            ("first_price", self.first_price, 0.0 < self.first_price < np.inf, "must be positive and finite"),
            ("volatility", self.volatility, 0.0 <= self.volatility < np.inf, "must not be negative"),
            ("drift", self.drift, np.isfinite(self.drift), "must be finite"),
            ("step_s", self.step_s, self.step_s >= 1, "must be at least 1 second"),
            ("steps", self.steps, self.steps >= 1, "must be at least 1"),
        ):
            if not is_good:
                raise InputError(name, value, rule)

    @cached_property
    def timestamp(self) -> Integers:
        """Unix seconds."""
        return _frozen(self.start + self.step_s * np.arange(self.steps + 1, dtype=np.int64))

    @cached_property
    def price(self) -> Floats:
        """Quote per underlying."""
        draws = stream(
            seed=self.seed, scenario=self.scenario, path=self.path, process=Process.PRICE
        ).standard_normal(self.steps)
        time = self.step_s / SECONDS_PER_YEAR
        moves = (self.drift - 0.5 * self.volatility**2) * time + self.volatility * time**0.5 * draws
        return _frozen(self.first_price * np.exp(np.concatenate([[0.0], np.cumsum(moves)])))


@dataclass(frozen=True, kw_only=True)
class FileReplay:
    """The opens of a recorded segment; a segment has no gap, so the replay crosses none.

    Parameters
    ----------
    segment
        Of `pyvault.market.history.read_history`.
    """

    segment: PriceSegment

    def __post_init__(self) -> None:
        """Refuse a segment made by hand that is no path."""
        moments = self.segment.timestamp
        if moments.size < 2:  # noqa: PLR2004 - from one price to another
            raise InputError("segment", moments.size, "must hold at least two bars")
        steps = np.diff(moments)
        bad = (steps <= 0) | (steps > MAX_GAP_S)
        if bad.any():
            where = int(np.argmax(bad))
            rule = f"must follow the bar before within {MAX_GAP_S} s: no path crosses a gap of the record"
            raise InputError(f"segment.timestamp[{where + 1}]", int(moments[where + 1]), rule)

    @classmethod
    def between(cls, history: PriceHistory, start: int, end: int) -> FileReplay:
        """Part of a history, bars that open from `start` to `end` (unix seconds), both included.

        Raises
        ------
        InputError
            If they do not lie in one segment, for no path crosses a gap of the record, or hold fewer than two
            bars.
        """
        segment = history.at(start)
        if not start < end <= segment.timestamp[-1]:
            raise InputError(
                "end", end, f"must be after {start} and in its segment, to {segment.timestamp[-1]}"
            )
        inside = (segment.timestamp >= start) & (segment.timestamp <= end)
        columns = {
            name: _frozen(getattr(segment, name)[inside])
            for name in ("timestamp", "open", "high", "low", "close", "volume")
        }
        return cls(segment=PriceSegment(source=segment.source, **columns))

    @property
    def timestamp(self) -> Integers:
        """Unix seconds of each bar's open."""
        return self.segment.timestamp

    @property
    def price(self) -> Floats:
        """Price at each bar's open."""
        return self.segment.open


def _frozen(array: npt.NDArray[_T]) -> npt.NDArray[_T]:
    array.setflags(write=False)
    return array
