"""Realised-volatility estimators: hand-computed bars, brute force, simulated diffusions, bad feeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from pyvault.errors import InputError
from pyvault.market.history import read_history
from pyvault.pricing.realised_vol import Bars, Estimator, ewma_vol, over_segments, realised_vol

HOUR = 3_600.0
YEAR = 365.0 * 86_400.0
LN2 = np.log(2.0)


@dataclass(frozen=True)
class Diffusion:
    """Geometric Brownian bars with the exact extremes of each sub-step, or those of the sampled points."""

    sigma: float = 0.8
    drift_per_bar: float = 0.0
    steps: int = 64
    is_exact: bool = True

    def bars(self, count, generator):
        step_vol = self.sigma * np.sqrt(HOUR / YEAR / self.steps)
        moves = self.drift_per_bar / self.steps + step_vol * generator.standard_normal((count, self.steps))
        after = np.cumsum(moves, axis=1)
        before = after - moves
        tops, floors = np.maximum(before, after), np.minimum(before, after)
        if self.is_exact:
            # The maximum of a Brownian bridge between two points, by inversion; the minimum by symmetry.
            up, down = -2.0 * step_vol**2 * np.log(generator.random((2, count, self.steps)))
            tops = 0.5 * (before + after + np.sqrt(moves**2 + up))
            floors = 0.5 * (before + after - np.sqrt(moves**2 + down))
        opened = np.concatenate([[0.0], np.cumsum(after[:, -1])[:-1]])
        return Bars(
            timestamp=np.arange(count) * HOUR,
            open=np.exp(opened),
            high=np.exp(opened + tops.max(axis=1)),
            low=np.exp(opened + floors.min(axis=1)),
            close=np.exp(opened + after[:, -1]),
        )

    def error(self, estimator, count, seed):
        """Relative error of the variance over one window of `count` bars."""
        bars = self.bars(count + 1, np.random.default_rng(seed))
        vol = realised_vol(bars, windows_s=[count * HOUR], estimator=estimator)[0, -1]
        return (vol / self.sigma) ** 2 - 1.0


# Variance of the estimated variance, times bars over sigma⁴: 2 / efficiency. Yang-Zhang over long windows and
# without jumps between bars is nearly Rogers-Satchell.
SPREAD = {
    Estimator.CLOSE_TO_CLOSE: 2.0,
    Estimator.PARKINSON: 2.0 / 4.9,
    Estimator.GARMAN_KLASS: 2.0 / 7.4,
    Estimator.ROGERS_SATCHELL: 2.0 / 6.0,
    Estimator.YANG_ZHANG: 2.0 / 6.0,
}
FREE_OF_DRIFT = (Estimator.CLOSE_TO_CLOSE, Estimator.ROGERS_SATCHELL, Estimator.YANG_ZHANG)


@pytest.mark.parametrize("estimator", list(Estimator))
def test_realised_vol__diffusion_with_exact_extremes__is_within_three_standard_errors(estimator, count):
    bars = count(20_000, 200_000)
    error = Diffusion().error(estimator, bars, seed=101)
    assert abs(error) < 3.0 * np.sqrt(SPREAD[estimator] / bars)


@pytest.mark.parametrize("estimator", FREE_OF_DRIFT)
def test_realised_vol__strong_drift__is_still_within_three_standard_errors(estimator, count):
    bars = count(20_000, 150_000)
    drift = 1.5 * 0.08 * np.sqrt(HOUR / YEAR)  # one and a half standard deviations in every bar
    error = Diffusion(sigma=0.08, drift_per_bar=drift).error(estimator, bars, seed=102)
    assert abs(error) < 3.0 * np.sqrt(2.0 * SPREAD[estimator] / bars)  # drift widens the range terms' spread


@pytest.mark.parametrize("estimator", [Estimator.PARKINSON, Estimator.GARMAN_KLASS])
def test_realised_vol__strong_drift__misleads_the_estimators_that_assume_none(estimator):
    drift = 1.5 * 0.8 * np.sqrt(HOUR / YEAR)
    assert Diffusion(drift_per_bar=drift).error(estimator, 5_000, seed=103) > 0.1


@pytest.mark.parametrize(
    ("estimator", "bias"),
    [(Estimator.PARKINSON, 1.34), (Estimator.GARMAN_KLASS, 1.86), (Estimator.ROGERS_SATCHELL, 1.86)],
)
def test_realised_vol__extremes_of_sampled_points__is_too_low_by_the_stated_bias(estimator, bias, count):
    bars, steps = count(20_000, 60_000), 256
    error = Diffusion(steps=steps, is_exact=False).error(estimator, bars, seed=104)
    second_order = 1.0 / steps
    assert abs(error + bias / np.sqrt(steps)) < 3.0 * np.sqrt(SPREAD[estimator] / bars) + second_order


def test_realised_vol__many_short_windows__spread_falls_in_the_order_of_efficiency(count):
    bars = Diffusion().bars(count(20_000, 200_000), np.random.default_rng(105))
    spread = {}
    for estimator in Estimator:
        vols = realised_vol(bars, windows_s=[24 * HOUR], estimator=estimator)[0]
        spread[estimator] = np.nanvar(vols[24::24] ** 2) / 0.8**4 * 24
        assert spread[estimator] == pytest.approx(SPREAD[estimator], rel=0.3)
    assert spread[Estimator.GARMAN_KLASS] < spread[Estimator.PARKINSON] < spread[Estimator.CLOSE_TO_CLOSE] / 4


def hand_bars():
    return Bars(
        timestamp=[0, 60, 120],
        open=[100.0, 100.0, 105.0],
        high=[110.0, 108.0, 106.0],
        low=[95.0, 99.0, 100.0],
        close=[102.0, 104.0, 101.0],
    )


@pytest.mark.parametrize(
    ("estimator", "per_bar"),
    [
        (Estimator.CLOSE_TO_CLOSE, (np.log(104 / 102) - np.log(101 / 104)) ** 2 / 2),
        (Estimator.PARKINSON, (np.log(108 / 99) ** 2 + np.log(106 / 100) ** 2) / (8 * LN2)),
        (
            Estimator.GARMAN_KLASS,
            (np.log(108 / 99) ** 2 + np.log(1.06) ** 2) / 4
            - (LN2 - 0.5) * (np.log(1.04) ** 2 + np.log(101 / 105) ** 2),
        ),
        (
            Estimator.ROGERS_SATCHELL,
            (
                np.log(1.08) * np.log(108 / 104)
                + np.log(0.99) * np.log(99 / 104)
                + np.log(106 / 105) * np.log(106 / 101)
                + np.log(100 / 105) * np.log(100 / 101)
            )
            / 2,
        ),
    ],
)
def test_realised_vol__three_bars__equals_the_hand_computed_value(estimator, per_bar):
    vol = realised_vol(hand_bars(), windows_s=[120.0], estimator=estimator)[0, -1]
    assert vol == pytest.approx(np.sqrt(per_bar * YEAR / 60.0), rel=1e-13)


def test_realised_vol__yang_zhang_of_three_bars__mixes_jumps_bodies_and_ranges():
    jumps, bodies = np.log([100 / 102, 105 / 104]), np.log([104 / 100, 101 / 105])
    inside = realised_vol(hand_bars(), windows_s=[120], estimator=Estimator.ROGERS_SATCHELL)[0, -1] ** 2
    share = 0.34 / (1.34 + 3.0)
    per_year = YEAR / 60.0
    expected = (np.var(jumps, ddof=1) + share * np.var(bodies, ddof=1)) * per_year + (1 - share) * inside
    assert realised_vol(hand_bars(), windows_s=[120])[0, -1] == pytest.approx(np.sqrt(expected), rel=1e-13)


@pytest.mark.parametrize("estimator", list(Estimator))
def test_realised_vol__every_window__equals_that_window_alone(estimator):
    bars = Diffusion(sigma=0.5).bars(200, np.random.default_rng(7))
    counts = (2, 7, 24, 199)
    table = realised_vol(bars, windows_s=[count * HOUR for count in counts], estimator=estimator)
    assert table.shape == (4, 200)
    first = int(estimator in (Estimator.CLOSE_TO_CLOSE, Estimator.YANG_ZHANG))
    for row, length in zip(table, counts, strict=True):
        assert np.all(np.isnan(row[: length - 1 + first]))
        for end in range(length - 1 + first, 200):
            part = slice(end - length + 1 - first, end + 1)
            columns = {name: np.asarray(getattr(bars, name))[part] for name in Bars.__slots__}
            alone = realised_vol(Bars(**columns), windows_s=[length * HOUR], estimator=estimator)
            assert row[end] == pytest.approx(alone[0, -1], rel=1e-9)


def test_realised_vol__calm_window_after_a_crash__keeps_its_digits():
    calm = 1e-7 * np.random.default_rng(8).standard_normal(300)
    moves = calm.copy()
    moves[50] = -3.0
    close, quiet = np.exp(np.cumsum(moves)), np.exp(np.cumsum(calm))
    table = {}
    for name, path in (("crash", close / close[-1]), ("quiet", quiet / quiet[-1])):
        bars = Bars(timestamp=np.arange(300) * HOUR, open=path, high=path, low=path, close=path)
        table[name] = realised_vol(bars, windows_s=[24 * HOUR], estimator=Estimator.CLOSE_TO_CLOSE)[0, -1]
    assert table["crash"] == pytest.approx(table["quiet"], rel=1e-7)


def test_realised_vol__same_prices_at_half_the_interval__is_higher_by_root_two():
    generator = np.random.default_rng(12)
    hourly = Diffusion().bars(100, generator)
    columns = {name: getattr(hourly, name) for name in ("open", "high", "low", "close")}
    faster = Bars(timestamp=np.arange(100) * HOUR / 2, **columns)
    slow = realised_vol(hourly, windows_s=[24 * HOUR])
    fast = realised_vol(faster, windows_s=[12 * HOUR])
    assert fast[:, 24:] == pytest.approx(np.sqrt(2.0) * slow[:, 24:], rel=1e-12)


def test_ewma_vol__every_bar__equals_the_closed_form():
    bars = Diffusion().bars(120, np.random.default_rng(9))
    squared = np.diff(np.log(bars.close)) ** 2
    half_lives = (6 * HOUR, 48 * HOUR)
    table = ewma_vol(bars, half_lives_s=half_lives)
    assert np.all(np.isnan(table[:, 0]))
    for row, half_life in zip(table, half_lives, strict=True):
        for end in range(1, 120):
            weights = 0.5 ** (np.arange(end)[::-1] * HOUR / half_life)
            expected = np.sqrt(np.sum(weights * squared[:end]) / np.sum(weights) * YEAR / HOUR)
            assert row[end] == pytest.approx(expected, rel=1e-12)


def test_ewma_vol__endless_half_life__is_the_root_mean_square_return():
    bars = Diffusion().bars(500, np.random.default_rng(10))
    expected = np.sqrt(np.mean(np.diff(np.log(bars.close)) ** 2) * YEAR / HOUR)
    assert ewma_vol(bars, half_lives_s=[1e15])[0, -1] == pytest.approx(expected, rel=1e-6)


GOOD = {
    "timestamp": np.arange(5) * HOUR,
    "open": np.full(5, 10.0),
    "high": np.full(5, 11.0),
    "low": np.full(5, 9.0),
    "close": np.full(5, 10.5),
}


def changed(name, index, value):
    column = np.array(GOOD[name])
    column[index] = value
    return {name: column}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (changed("timestamp", 3, 4 * HOUR), r"timestamp\[3\].*split the history at gaps"),
        (changed("timestamp", 2, np.nan), r"timestamp\[2\]"),
        (changed("timestamp", 1, 0.0), r"timestamp\[1\].*later"),
        (changed("timestamp", 4, 3.5 * HOUR), r"timestamp\[4\]"),
        (changed("close", 2, np.nan), r"close\[2\]"),
        (changed("open", 0, 0.0), r"open\[0\]"),
        (changed("low", 1, -9.0), r"low\[1\]"),
        (changed("high", 4, 10.2), r"high\[4\].*below open or close"),
        (changed("low", 3, 10.2), r"low\[3\].*above open or close"),
        ({"close": np.full(4, 10.0)}, "close.*one value per bar"),
        ({"timestamp": np.array([0.0])}, "timestamp.*at least two bars"),
        ({"timestamp": np.arange(5).astype("datetime64[h]")}, "timestamp.*seconds as numbers"),
    ],
)
def test_bars__bad_feed__names_the_element_and_the_rule(change, name):
    with pytest.raises(InputError, match=name):
        Bars(**(GOOD | change))


@pytest.mark.parametrize("length", [HOUR, 2.5 * HOUR, 0.0, -HOUR, np.nan, np.inf])
def test_realised_vol__window_of_no_whole_bars__is_refused(length):
    with pytest.raises(InputError, match=r"windows_s\[1\]"):
        realised_vol(Bars(**GOOD), windows_s=[2 * HOUR, length])


@pytest.mark.parametrize("estimator", Estimator)
def test_realised_vol__window_longer_than_the_history__is_never_full(estimator):
    lengths = [6 * HOUR, 2.0**52 * HOUR]  # the second once asked for petabytes
    assert np.isnan(realised_vol(Bars(**GOOD), windows_s=lengths, estimator=estimator)).all()


@pytest.mark.parametrize("half_life", [0.0, -1.0, np.nan])
def test_ewma_vol__half_life_not_positive__is_refused(half_life):
    with pytest.raises(InputError, match=r"half_lives_s\[0\]"):
        ewma_vol(Bars(**GOOD), half_lives_s=[half_life])


@pytest.mark.shared
def test_over_segments__recorded_hours__never_looks_across_a_gap(shared_data):
    history = read_history(shared_data / "prices_eth_hourly.parquet", source="binance_spot")
    day, week = 24 * HOUR, 168 * HOUR
    tables = over_segments(history.segments, windows_s=[day, week])
    assert len(tables) == len(history.segments) > 10
    for segment, table in zip(history.segments, tables, strict=True):
        assert table.shape == (2, len(segment))
        assert np.all(np.isnan(table[0, :24]))
        assert np.all(np.isnan(table[1, :168]))
        assert np.all((table[:, 168:] > 0.03) & (table[:, 168:] < 10.0))


def test_over_segments__segment_of_one_bar__is_unknown():
    lone = Bars(**GOOD)
    object.__setattr__(lone, "timestamp", [0.0])
    for name in ("open", "high", "low", "close"):
        object.__setattr__(lone, name, [10.0])
    (table,) = over_segments([lone], windows_s=[2 * HOUR, 4 * HOUR])
    assert np.isnan(table).tolist() == [[True], [True]]
