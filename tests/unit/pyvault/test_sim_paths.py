"""Paths and streams: moments, independence, the same under any number of workers, replay."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from support.paths import DAY, gbm, worker_path

from pyvault.errors import InputError
from pyvault.market.history import read_history
from pyvault.sim import FileReplay, Process, stream
from pyvault.units import SECONDS_PER_YEAR

SIGMAS = 4.0  # of a confidence band; one test of many fails by chance once in 16,000


def test_gbm__over_many_paths__has_the_mean_and_variance_of_its_law(count):
    paths = count(4_000, 100_000)
    years = 30 * DAY / SECONDS_PER_YEAR
    ends = np.array([gbm(path=i).price[-1] for i in range(paths)])
    logs = np.log(ends / 3_000.0)
    deviation = 0.8 * years**0.5
    band = SIGMAS / paths**0.5
    assert abs(logs.mean() - (0.3 - 0.32) * years) < band * deviation
    assert abs(logs.var() / deviation**2 - 1.0) < band * 2.0**0.5
    relative = np.sqrt(np.expm1(deviation**2))
    assert abs(ends.mean() / (3_000.0 * np.exp(0.3 * years)) - 1.0) < band * relative


def test_gbm__along_one_path__has_independent_normal_steps():
    path = gbm(steps=20_000, step_s=60)
    time = 60 / SECONDS_PER_YEAR
    steps = (np.diff(np.log(path.price)) - (0.3 - 0.32) * time) / (0.8 * time**0.5)
    assert abs(steps.mean()) < SIGMAS / 20_000**0.5
    assert abs((steps**4).mean() - 3.0) < SIGMAS * (96 / 20_000) ** 0.5
    assert abs(np.mean(steps[1:] * steps[:-1])) < SIGMAS / 20_000**0.5


def test_gbm__of_no_volatility__is_the_exponential():
    path = gbm(volatility=0.0)
    assert path.price == pytest.approx(3_000.0 * np.exp(0.3 * np.arange(31) * DAY / SECONDS_PER_YEAR))
    assert path.timestamp[0] == 1_767_254_400
    assert set(np.diff(path.timestamp)) == {DAY}


@pytest.mark.parametrize(
    "change",
    [
        {"first_price": 0.0},
        {"first_price": float("nan")},
        {"volatility": -0.1},
        {"drift": float("inf")},
        {"step_s": 0},
        {"steps": 0},
    ],
)
def test_gbm__of_no_process__names_the_argument(change):
    with pytest.raises(InputError, match=next(iter(change))):
        gbm(**change)


def test_gbm__under_any_number_of_workers_and_any_order__is_the_same():
    alone = [worker_path(i) for i in range(40)]
    spawn = get_context("spawn")  # a worker that inherits nothing
    for pool in (ThreadPoolExecutor(4), ProcessPoolExecutor(2, mp_context=spawn)):
        with pool:
            together = list(pool.map(worker_path, reversed(range(40))))
        assert all(np.array_equal(a, b) for a, b in zip(alone, reversed(together), strict=True))


def test_streams__that_differ_in_any_number__are_uncorrelated_and_differ():
    names = [
        {"seed": seed, "scenario": scenario, "path": path, "process": process}
        for seed in (0, 1)
        for scenario in (0, 1)
        for path in (0, 1, 2**64 - 1)
        for process in (Process.PRICE, Process.TAKER)
    ]
    draws = np.array([stream(**name).standard_normal(20_000) for name in names])
    correlation = np.corrcoef(draws) - np.eye(len(names))
    assert np.abs(correlation).max() < 5.0 / 20_000**0.5
    assert len({tuple(row[:4]) for row in draws}) == len(names)


def test_streams__asked_twice__begin_anew_and_do_not_share_state():
    first, second = (stream(seed=5, process=Process.TAKER) for _ in range(2))
    head = first.standard_normal(10)
    assert np.array_equal(second.standard_normal(10), head)
    assert not np.array_equal(second.standard_normal(10), head)


@pytest.mark.parametrize("name", ["seed", "scenario", "path", "process"])
@pytest.mark.parametrize("value", [-1, 2**64])
def test_stream__of_a_number_beyond_its_word__is_refused_by_name(name, value):
    with pytest.raises(InputError, match=name):
        stream(**{"seed": 1, "process": 0} | {name: value})


def bars(hours):
    """Bars at the given hours, with opens that tell them apart."""
    opens = 3_000.0 + np.arange(len(hours))
    return pd.DataFrame(
        {
            "timestamp": pd.Timestamp("2026-03-01T00:00:00Z") + pd.to_timedelta(hours, unit="h"),
            "open": opens,
            "high": opens + 2.0,
            "low": opens - 2.0,
            "close": opens + 1.0,
        }
    )


def test_replay__of_a_file__is_its_opens(tmp_path):
    frame = bars(range(48))
    frame.to_csv(tmp_path / "bars.csv", index=False)
    history = read_history(tmp_path / "bars.csv")
    replay = FileReplay(segment=history.segments[0])
    assert np.array_equal(replay.price, frame["open"])
    assert np.array_equal(replay.timestamp, frame["timestamp"].astype("int64") // 10**9)
    part = FileReplay.between(history, int(replay.timestamp[5]), int(replay.timestamp[20]))
    assert np.array_equal(part.price, frame["open"][5:21])


def test_replay__across_a_gap__is_refused():
    history = read_history(bars([*range(10), *range(14, 30)]))
    before, after = (segment.timestamp for segment in history.segments)
    FileReplay.between(history, int(before[0]), int(before[-1]))
    for start, end in (
        (before[0], after[0]),
        (before[0], before[-1] + 3_600),
        (before[-1] + 3_600, after[3]),
    ):
        with pytest.raises(InputError):
            FileReplay.between(history, int(start), int(end))


def test_replay__between_moments_that_hold_fewer_than_two_bars__is_refused():
    history = read_history(bars(range(10)))
    first = int(history.segments[0].timestamp[0])
    assert FileReplay.between(history, first, first + 3_600).price.size == 2
    for start, end in ((first, first + 3_599), (first + 600, first + 3_000), (first + 600, first + 3_600)):
        with pytest.raises(InputError, match="two bars"):
            FileReplay.between(history, start, end)


@pytest.mark.parametrize("moved", [-3_600, 0, 5_401 - 3_600])
def test_replay__of_a_segment_made_by_hand_with_a_gap__is_refused(moved):
    segment = read_history(bars(range(10))).segments[0]
    moments = segment.timestamp.copy()
    moments[4:] += moved
    if moved == 0:
        moments[4] = moments[3]
    with pytest.raises(InputError, match=r"timestamp\[4\].*gap"):
        FileReplay(segment=replace(segment, timestamp=moments))


@pytest.mark.shared
def test_replay__of_a_recorded_history__steps_by_at_most_ninety_minutes(shared_data):
    for segment in read_history(shared_data / "prices_eth_hourly.parquet", source="binance_spot").segments:
        replay = FileReplay(segment=segment)
        assert np.array_equal(replay.price, segment.open)
        assert (np.diff(replay.timestamp) <= 5_400).all()
