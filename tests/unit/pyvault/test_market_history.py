"""Price histories: what is refused, and that no segment crosses a gap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pyvault.errors import InputError, MarketDataError
from pyvault.market.history import MAX_GAP_S, read_history

PRICES = ["open", "high", "low", "close"]


def bars(hours=48, seed=3):
    rng = np.random.default_rng(seed)
    close = 2_000.0 * np.exp(np.cumsum(0.01 * rng.standard_normal(hours)))
    start = np.concatenate(([2_000.0], close[:-1]))
    return pd.DataFrame(
        {
            "timestamp": pd.date_range("2026-01-01", periods=hours, freq="h", tz="UTC"),
            "open": start,
            "high": np.maximum(start, close) * 1.002,
            "low": np.minimum(start, close) * 0.998,
            "close": close,
            "volume": rng.uniform(10.0, 20.0, hours),
            "source": "binance_spot",
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_read_history__of_any_format__equals_the_frame(tmp_path, suffix):
    frame = bars()
    path = tmp_path / f"bars{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    (segment,), (expected,) = read_history(path).segments, read_history(frame).segments
    for name in ("timestamp", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(segment, name), getattr(expected, name), err_msg=name)
    assert segment.source == "binance_spot"


@pytest.mark.parametrize(("minutes", "segments"), [(60, 1), (90, 1), (91, 2), (26 * 60, 2)])
def test_read_history__splits_at_gaps_longer_than_ninety_minutes(minutes, segments):
    frame = bars()
    shift = pd.Timedelta(minutes=minutes - 60)
    frame.loc[20:, "timestamp"] += shift
    history = read_history(frame)
    assert [len(segment) for segment in history.segments] == ([48] if segments == 1 else [20, 28])
    assert len(history) == 48


def test_read_history__splits_where_the_exchange_changes():
    frame = bars()
    frame.loc[30:, "source"] = "binance_usdm_perp"
    history = read_history(frame)
    assert [(segment.source, len(segment)) for segment in history.segments] == [
        ("binance_spot", 30),
        ("binance_usdm_perp", 18),
    ]
    (only,) = read_history(frame, source="binance_usdm_perp").segments
    np.testing.assert_array_equal(only.close, frame["close"][30:])
    with pytest.raises(InputError, match="source = 'kraken'"):
        read_history(frame, source="kraken")


def test_history_at__finds_the_segment_and_refuses_a_gap():
    frame = bars()
    frame.loc[20:, "timestamp"] += pd.Timedelta(hours=5)
    history = read_history(frame)
    start = frame["timestamp"][0].timestamp()
    assert history.at(start + 3600.0) is history.segments[0]
    assert history.at(start + 30 * 3600.0) is history.segments[1]
    with pytest.raises(InputError, match="gap"):
        history.at(start + 21 * 3600.0)


def with_value(column, value, row=7):
    return lambda frame: frame.assign(**{column: frame[column].where(frame.index != row, value)})


REFUSED = {
    "unknown column": (lambda f: f.assign(vwap=1.0), "column = 'vwap'", "must be one of"),
    "missing column": (lambda f: f.drop(columns="low"), "columns", "must contain 'low'"),
    "no rows": (lambda f: f.iloc[:0], "rows = 0", "at least one bar"),
    "NaN": (with_value("close", np.nan), r"close\[7\] = .*nan", "positive and finite"),
    "zero": (with_value("open", 0.0), r"open\[7\]", "positive and finite"),
    "negative volume": (with_value("volume", -1.0), r"volume\[7\]", "not be negative"),
    "text for a volume": (lambda f: f.assign(volume="much"), r"volume\[0\] = 'much'", "a finite number"),
    "infinite volume": (with_value("volume", np.inf), r"volume\[7\]", "a finite number"),
    "milliseconds": (
        lambda f: f.assign(timestamp=f["timestamp"].astype("int64") // 10**6),
        r"timestamp\[0\] = 176",
        "unix seconds",
    ),
    "days": (
        lambda f: f.assign(timestamp=pd.date_range("2026-01-01", periods=len(f), freq="D", tz="UTC")),
        "median step = 86400",
        "within 5400 s",
    ),
    "two columns of one name": (
        lambda f: pd.concat([f, f[["open"]]], axis=1),
        "column = 'open'",
        "must occur once",
    ),
    "time repeats": (lambda f: f.iloc[[0, 1, 1, 2]], r"timestamp\[2\]", "later than the bar before"),
    "time goes back": (lambda f: f.iloc[::-1], r"timestamp\[1\]", "later than the bar before"),
    "high too low": (with_value("high", 1.0), r"high\[7\]", "not be below open or close"),
    "low too high": (with_value("low", 9e9), r"low\[7\]", "not be above open or close"),
    "another scale": (
        lambda f: f.assign(
            **{c: f[c] * np.where(f.index < 9, 1.0, 100.0) for c in ("open", "high", "low", "close")}
        ),
        r"close\[9\]",
        "more than a factor 3",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_read_history__of_bad_bars__names_the_value_and_the_rule(fault):
    plant, value, rule = REFUSED[fault]
    with pytest.raises(MarketDataError, match=value) as caught:
        read_history(plant(bars()))
    assert rule in caught.value.rule


@pytest.mark.shared
@pytest.mark.parametrize("name", ["eth", "btc"])
def test_read_history__of_recorded_hours__loses_no_bar_and_crosses_no_gap(shared_data, name):
    path = shared_data / f"prices_{name}_hourly.parquet"
    history = read_history(path)
    raw = pd.read_parquet(path)
    seconds = raw["timestamp"].astype("int64").to_numpy() / 1000
    assert len(history) == len(raw)
    assert all((np.diff(segment.timestamp) <= MAX_GAP_S).all() for segment in history.segments)
    changes = (np.diff(seconds) > 5400) | (raw["source"].to_numpy()[1:] != raw["source"].to_numpy()[:-1])
    assert len(history.segments) == 1 + changes.sum()
    # three long gaps by choice and nineteen outages; Ethereum's bars also change exchange without a gap
    assert (np.diff(seconds) > 5400).sum() == 22
