"""Realised volatility of bars: several windows at once, annualised by the actual sampling interval.

Every estimator is a rolling mean of per-bar terms (variance per bar), divided by the bar's length in years of
365 days: markets that never close have no overnight to count separately and no 252 days. Bars must follow one
another at one interval; a history with gaps goes through `over_segments`, which never joins two segments.

Sampling bias. The extremes of a bar made of m trades lie inside those of the continuous path, each by about
0.5826 sigma sqrt(dt / m) (Broadie, Glasserman & Kou 1997): the variance is too low by about 1.34 / sqrt(m)
for Parkinson and 1.86 / sqrt(m) for Garman-Klass and Rogers-Satchell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from pyvault.errors import InputError
from pyvault.pricing.arrays import AMOUNT, FloatArray, reject
from pyvault.units import years

__all__ = ["BarArrays", "Bars", "Estimator", "ewma_vol", "over_segments", "realised_vol"]

SHORTEST_WINDOW = 2  # bars: one has no sample variance
INTERVAL_TOLERANCE = 1e-6  # of the interval: float noise of time stamps, not a late bar


class Estimator(StrEnum):
    """How the variance of a window is estimated; efficiencies are against close-to-close, without drift."""

    CLOSE_TO_CLOSE = "close_to_close"
    """Sample variance of log returns, mean removed: unbiased under any drift; efficiency 1."""
    PARKINSON = "parkinson"
    """Range squared over 4 ln 2 (1980): assumes no drift; efficiency 4.9."""
    GARMAN_KLASS = "garman_klass"
    """Range and open-to-close (1980): assumes no drift and no jump between bars; efficiency 7.4."""
    ROGERS_SATCHELL = "rogers_satchell"
    """Products of the distances to open and close (1991): free of drift, blind to jumps between bars; 6.0."""
    YANG_ZHANG = "yang_zhang"
    """Jumps between bars, open-to-close and Rogers-Satchell in the mix of least variance (2000): free of
    drift."""


class BarArrays(Protocol):
    """What `pyvault.market.history.PriceSegment` offers: unix seconds of each bar's open, and its prices."""

    @property
    def timestamp(self) -> npt.ArrayLike:
        """Unix seconds at which each bar opens."""

    @property
    def open(self) -> npt.ArrayLike:
        """First price of each bar."""

    @property
    def high(self) -> npt.ArrayLike:
        """Highest price."""

    @property
    def low(self) -> npt.ArrayLike:
        """Lowest price."""

    @property
    def close(self) -> npt.ArrayLike:
        """Last price."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Checked bars without a gap.

    Parameters
    ----------
    timestamp
        Seconds of each bar's open, rising by one interval.
    open, high, low, close
        Prices, one per bar.

    Raises
    ------
    InputError
        If fewer than two bars are given, lengths differ, a time breaks the interval, a price is not positive
        and finite, or a high or low lies inside open and close: naming the index and the rule.
    """

    timestamp: npt.ArrayLike
    open: npt.ArrayLike
    high: npt.ArrayLike
    low: npt.ArrayLike
    close: npt.ArrayLike

    def __post_init__(self) -> None:
        times = np.asarray(self.timestamp)
        if times.ndim != 1 or times.size < SHORTEST_WINDOW:
            raise InputError("timestamp", times.shape, "must be one row of at least two bars")
        if times.dtype.kind not in "iuf":
            raise InputError("timestamp", times.dtype, "must be seconds as numbers")
        prices = {name: getattr(self, name) for name in ("open", "high", "low", "close")}
        for name, column in prices.items():
            if np.shape(column) != times.shape:
                raise InputError(name, np.shape(column), f"must have one value per bar: {times.shape}")
        reject(prices, dict.fromkeys(prices, AMOUNT))
        _check_interval(times.astype(np.float64))
        self._check_extremes()

    def _check_extremes(self) -> None:
        high, low = np.asarray(self.high), np.asarray(self.low)
        ends = np.array([self.open, self.close])
        for name, values, broken, rule in (
            ("high", high, high < ends.max(axis=0), "must not be below open or close"),
            ("low", low, low > ends.min(axis=0), "must not be above open or close"),
        ):
            if broken.any():
                index = int(np.argmax(broken))
                raise InputError(f"{name}[{index}]", float(values[index]), rule)

    @property
    def interval_s(self) -> float:
        """Seconds from one bar to the next."""
        times = np.asarray(self.timestamp, dtype=np.float64)
        return float(times[-1] - times[0]) / (times.size - 1)


def _check_interval(times: FloatArray) -> None:
    steps = np.diff(times)
    if not steps[0] > 0.0:
        raise InputError("timestamp[1]", float(times[1]), "must be finite and later than the bar before")
    broken = ~(np.abs(steps - steps[0]) <= INTERVAL_TOLERANCE * steps[0])
    if broken.any():
        index = int(np.argmax(broken)) + 1
        rule = f"must follow the bar before by {steps[0]:g} s as the first two do: split the history at gaps"
        raise InputError(f"timestamp[{index}]", float(times[index]), rule)


def realised_vol(
    bars: Bars, *, windows_s: Sequence[float], estimator: Estimator = Estimator.YANG_ZHANG
) -> FloatArray:
    """Annualised volatility over windows that end with each bar.

    Parameters
    ----------
    bars
        Bars without a gap.
    windows_s
        Lengths of the windows in seconds: whole numbers of bars, at least two.
    estimator
        See `Estimator`.

    Returns
    -------
    ndarray
        [window, bar], per square root of a year; NaN until the window is full. Close-to-close and Yang-Zhang
        need one bar more than the window, for the first return.

    Raises
    ------
    InputError
        If a window is not a whole number of bars, or shorter than two.

    Notes
    -----
    Proof: hand-computed bars; brute force over every window; on simulated diffusions with exact extremes each
    estimator lies within its own standard error, with and without drift where it claims so.
    """
    counts = [_bars_in(length, index, bars.interval_s) for index, length in enumerate(windows_s)]
    table = np.full((len(counts), np.size(bars.close)), np.nan)
    for row, count in zip(table, counts, strict=True):
        if count <= row.size:  # a longer window is never full
            row[:] = _variance_per_bar(bars, count, estimator)
    volatility: FloatArray = np.sqrt(table / years(bars.interval_s))
    return volatility


def _bars_in(length: float, index: int, interval_s: float) -> int:
    count = round(length / interval_s) if np.isfinite(length) else 0
    is_whole = abs(count * interval_s - length) <= INTERVAL_TOLERANCE * interval_s * count
    if count < SHORTEST_WINDOW or not is_whole:
        raise InputError(
            f"windows_s[{index}]", length, f"must be at least two whole bars of {interval_s:g} s"
        )
    return count


def _variance_per_bar(bars: Bars, count: int, estimator: Estimator) -> FloatArray:
    opened, high, low, close = (
        np.log(np.asarray(column, dtype=np.float64))
        for column in (bars.open, bars.high, bars.low, bars.close)
    )
    body, span = close - opened, high - low
    before = np.full_like(close, np.nan)
    before[1:] = close[:-1]
    inside = (high - opened) * (high - close) + (low - opened) * (low - close)
    if estimator is Estimator.CLOSE_TO_CLOSE:
        return _sample_variance(close - before, count)
    if estimator is Estimator.PARKINSON:
        return _mean(span**2 / (4.0 * np.log(2.0)), count)
    if estimator is Estimator.GARMAN_KLASS:
        return _mean(0.5 * span**2 - (2.0 * np.log(2.0) - 1.0) * body**2, count)
    if estimator is Estimator.ROGERS_SATCHELL:
        return _mean(inside, count)
    share = 0.34 / (1.34 + (count + 1) / (count - 1))  # Yang & Zhang (2000), equation 20
    mix: FloatArray = (
        _sample_variance(opened - before, count)
        + share * _sample_variance(body, count)
        + (1.0 - share) * _mean(inside, count)
    )
    return mix


def _rolling_sum(values: FloatArray, count: int) -> FloatArray:
    """Sums of `count` values ending at each; NaN until full.

    Every sum is the tail of one block plus the head of the next: only additions, so that a calm window after
    a crash keeps its digits, which a running difference of cumulative sums would lose.
    """
    size = values.size
    padded = np.zeros(-(-size // count) * count)
    padded[:size] = values
    blocks = padded.reshape(-1, count)
    heads = np.cumsum(blocks, axis=1).ravel()
    tails = np.cumsum(blocks[:, ::-1], axis=1)[:, ::-1].ravel()
    sums = np.full(size, np.nan)
    first = np.arange(max(size - count + 1, 0))
    sums[count - 1 :] = tails[first] + np.where(first % count == 0, 0.0, heads[first + count - 1])
    return sums


def _mean(values: FloatArray, count: int) -> FloatArray:
    return _rolling_sum(values, count) / count


def _sample_variance(values: FloatArray, count: int) -> FloatArray:
    # A NaN in front (the return that has no bar before) belongs to the first window only.
    known = np.nan_to_num(values)
    spread = _rolling_sum(known**2, count) - _rolling_sum(known, count) ** 2 / count
    variance: FloatArray = np.maximum(spread, 0.0) / (count - 1)
    variance[: count - 1 + int(np.isnan(values[0]))] = np.nan
    return variance


def ewma_vol(bars: Bars, *, half_lives_s: Sequence[float]) -> FloatArray:
    """Annualised volatility of squared close-to-close returns, weights halving every half-life.

    The weights are normalised over the returns seen so far, so that the first values are unbiased as well:
    v_n = sum of w**(n - j) r_j² over sum of w**(n - j), w = 2**(-interval / half-life).

    Parameters
    ----------
    bars
        Bars without a gap.
    half_lives_s
        Half-lives in seconds, positive.

    Returns
    -------
    ndarray
        [half-life, bar], per square root of a year; NaN at the first bar.

    Notes
    -----
    Source: RiskMetrics (1996), without its fixed daily weight. Proof: equals the closed form above, and the
    sample second moment as the half-life grows.
    """
    reject({"half_lives_s": np.asarray(half_lives_s)}, {"half_lives_s": AMOUNT})
    close = np.asarray(bars.close, dtype=np.float64)
    squared = np.diff(np.log(close)) ** 2
    table = np.full((len(half_lives_s), close.size), np.nan)
    for row, half_life in zip(table, half_lives_s, strict=True):
        recursion = [1.0, -(2.0 ** (-bars.interval_s / half_life))]
        row[1:] = lfilter([1.0], recursion, squared) / lfilter([1.0], recursion, np.ones_like(squared))
    volatility: FloatArray = np.sqrt(table / years(bars.interval_s))
    return volatility


def over_segments(
    segments: Iterable[BarArrays], *, windows_s: Sequence[float], estimator: Estimator = Estimator.YANG_ZHANG
) -> list[FloatArray]:
    """`realised_vol` of each segment of a history on its own; no window joins two segments.

    Segments of a single bar hold no interval: all of their values are NaN.
    """
    tables = []
    for segment in segments:
        size = np.size(segment.close)
        if size == 1:
            tables.append(np.full((len(windows_s), 1), np.nan))
            continue
        bars = Bars(
            timestamp=segment.timestamp,
            open=segment.open,
            high=segment.high,
            low=segment.low,
            close=segment.close,
        )
        tables.append(realised_vol(bars, windows_s=windows_s, estimator=estimator))
    return tables
