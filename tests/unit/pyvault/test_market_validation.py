"""What a reader refuses, what it drops, and that it says why."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from support.market import market_frame

from pyvault.errors import InputError, MarketDataError
from pyvault.market.chain import read_chain
from pyvault.market.series import OptionKind, Series


def put(column, value, row=4):
    """Plant `value` in one row."""

    def fault(frame):
        frame[column] = frame[column].astype(object) if isinstance(value, str) else frame[column]
        frame.loc[row, column] = value
        return frame

    return fault


def scale(factor, *columns):
    def fault(frame):
        for column in columns:
            frame[column] *= factor
        return frame

    return fault


def in_unit(unit, *columns):
    """Times as numbers of another unit than seconds."""

    def fault(frame):
        for column in columns:
            frame[column] = frame[column].astype(f"datetime64[{unit}, UTC]").astype("int64")
        return frame

    return fault


def swap_bid_and_ask(frame):
    return frame.rename(columns={"bid_iv": "ask_iv", "ask_iv": "bid_iv"})


REFUSED = {
    "unknown column": (lambda f: f.assign(smile=1.0), "column = 'smile'", "must be one of"),
    "missing column": (lambda f: f.drop(columns="strike"), "columns = ", "must contain 'strike'"),
    "no rows": (lambda f: f.iloc[:0], "rows = 0", "at least one quote"),
    "NaN strike": (put("strike", np.nan), r"strike\[4\] = .*nan", "positive and finite"),
    "zero strike": (put("strike", 0.0), r"strike\[4\] = .*0\.0", "positive and finite"),
    "text for a number": (put("ask_iv", "wide"), r"ask_iv\[4\] = 'wide'", "must be a number"),
    "unknown kind": (put("type", "X"), r"type\[4\] = 'X'", "C or P"),
    "no time": (put("expiry", "soon"), r"expiry\[4\] = 'soon'", "must be a time"),
    "negative volatility": (put("bid_iv", -0.2), r"bid_iv\[4\] = .*-0\.2", "not negative"),
    "negative price": (put("mark_price", -0.01), r"mark_price\[4\]", "not negative"),
    "infinite volatility": (put("ask_iv", np.inf), r"ask_iv\[4\] = .*inf", "must be finite"),
    "negative forward": (put("underlying_price", -1.0), r"underlying_price\[4\]", "positive and finite"),
    "expiry long past": (
        lambda f: f.assign(expiry=f["expiry"] - pd.Timedelta(days=4)),
        r"expiry\[0\]",
        "more than an hour before",
    ),
    "all expiries just past": (
        lambda f: f.assign(expiry=f["timestamp"] - pd.Timedelta(minutes=5)),
        "expiry = ",
        "every expiry has passed",
    ),
    "percent for a fraction": (
        scale(100.0, "mark_iv", "bid_iv", "ask_iv"),
        "median mark_iv",
        "as a fraction",
    ),
    "zero volatility": (scale(0.0, "mark_iv", "bid_iv", "ask_iv"), "median mark_iv = 0.0", "as a fraction"),
    "strikes in another unit": (scale(1000.0, "strike"), "median .ln", "must be ≤ 2"),
    "percent for a fraction, quotes alone": (
        scale(100.0, "bid_iv", "ask_iv"),
        r"median mid_iv/mark_iv = 9\d\.|median mid_iv/mark_iv = 10\d\.",
        "of one unit",
    ),
    "percent for a fraction, asks alone": (scale(100.0, "ask_iv"), "median mid_iv/mark_iv", "of one unit"),
    "percent for a fraction, twice": (scale(0.1, "mark_iv"), "median mid_iv/mark_iv", "of one unit"),
    "milliseconds": (in_unit("ms", "timestamp", "expiry"), r"timestamp\[0\] = 1772", "unix seconds"),
    "expiry in milliseconds": (in_unit("ms", "expiry"), r"expiry\[0\] = 1772", "unix seconds"),
    "a date as a number": (lambda f: f.assign(timestamp=20260303), r"timestamp\[0\] = 2026", "unix seconds"),
    "two columns of one name": (
        lambda f: pd.concat([f, f[["strike"]]], axis=1),
        "column = 'strike'",
        "must occur once",
    ),
    "negative open interest": (put("open_interest", -1.0), r"open_interest\[4\]", "not negative"),
    "infinite volume": (put("volume_24h", np.inf), r"volume_24h\[4\]", "must be finite"),
    "one negative index": (put("index_price", -1.0), r"index_price\[4\]", "positive and finite"),
    "index of another coin": (scale(20.0, "index_price"), "median forward/index", "must lie in"),
    "prices in quote currency": (
        scale(3000.0, "bid_price", "ask_price", "mark_price"),
        "row ",
        "out of bounds",
    ),
    "crossed book": (swap_bid_and_ask, "row ", "crossed: "),
    "flat marks": (lambda f: f.assign(mark_iv=0.8), "mark_iv = 0.8", "a flat feed: 100%"),
    "no bids": (
        lambda f: f.assign(bid_iv=np.nan, bid_price=np.nan),
        "two-sided share = 0.0",
        "an empty book",
    ),
    "no forward anywhere": (
        lambda f: f[f["type"] == "C"].assign(underlying_price=np.nan),
        "underlying_price",
        "must have a forward",
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_read_chain__of_a_malformed_or_degenerate_feed__names_the_value_and_the_rule(fault):
    plant, value, rule = REFUSED[fault]
    with pytest.raises(MarketDataError, match=value) as caught:
        read_chain(plant(market_frame()))
    assert caught.value.source == "frame"
    assert rule in caught.value.rule


DROPPED = {
    "crossed": put("bid_iv", 4.0),
    "no mark": put("mark_iv", np.nan),
    "mark above 500 %": put("mark_iv", 6.0),
    "forward off its expiry": put("underlying_price", 3200.0),
    "mark price out of bounds": put("mark_price", 1.5),
}


@pytest.mark.parametrize("rule", DROPPED)
def test_read_chain__of_one_bad_row__drops_and_counts_it(rule):
    frame = market_frame()
    chain = read_chain(DROPPED[rule](frame.copy()))
    assert chain.report.dropped == {rule: 1}
    assert (len(chain), chain.report.rows) == (len(frame) - 1, len(frame))


def test_read_chain__of_more_bad_rows_than_one_in_twenty__is_refused():
    frame = market_frame()
    limit = int(0.05 * len(frame))
    frame.loc[: limit - 1, "mark_iv"] = np.nan
    assert read_chain(frame.copy()).report.dropped == {"no mark": limit}
    frame.loc[limit, "mark_iv"] = np.nan
    with pytest.raises(MarketDataError, match=f"no mark: {limit + 1} of {len(frame)}"):
        read_chain(frame)


def test_read_chain__of_an_expiry_just_past__drops_it():
    frame = market_frame()
    first = frame["expiry"] == frame["expiry"].min()
    frame.loc[first, "expiry"] = frame["timestamp"].iloc[0] - pd.Timedelta(minutes=5)
    assert read_chain(frame).report.dropped == {"expired within the hour": int(first.sum())}


def test_read_chain__of_a_series_quoted_twice__keeps_the_later_quote():
    frame = market_frame()
    again = frame.iloc[[0]].assign(
        mark_iv=0.77, timestamp=frame["timestamp"].iloc[0] + pd.Timedelta(seconds=9)
    )
    chain = read_chain(pd.concat([again, frame], ignore_index=True))
    assert chain.report.dropped == {"quoted twice": 1}
    assert chain.mark_iv[0] == 0.77


def test_read_chain__of_a_zero_bid__takes_it_for_no_quote():
    chain = read_chain(put("bid_price", 0.0, row=0)(put("bid_iv", 0.0, row=0)(market_frame())))
    assert np.isnan(chain.bid_iv[0])
    assert np.isnan(chain.bid_price[0])


FILES = {
    "absent.csv": (None, "must be a file that exists"),
    "chain.txt": ("a,b", "must be .json"),
    "chain.json": ("{", "must be JSON"),
    "rows.json": ("[1, 2]", "list of option records"),
    "future.json": ('[{"instrument_name": "ETH-PERPETUAL"}]', "must read like"),
    "month.json": ('[{"instrument_name": "ETH-27XYZ26-3000-C"}]', "must read like"),
    "bare.json": ('[{"instrument_name": "ETH-27MAR26-3000-C"}]', "must carry this field"),
    "timeless.json": (
        '[{"instrument_name": "ETH-27MAR26-3000-C", "underlying_price": 3000, "mark_iv": 60}]',
        "timestamp or creation_timestamp",
    ),
    "mixed.json": (
        '[{"instrument_name": "ETH-27MAR26-3000-C"}, {"instrument_name": "BTC-27MAR26-90000-P"}]',
        "one file holds one underlying",
    ),
    "february.json": ('[{"instrument_name": "ETH-31FEB26-3000-C"}]', "must name a real day"),
    "latin.json": (b"\xff\xfe", "must be JSON"),
    "torn.csv.gz": (gzip.compress(b"timestamp,strike\n" * 9)[:-9], "must be what its suffix says"),
    "bent.csv.gz": (gzip.compress(b"")[:10] + b"\xff" * 40, "must be what its suffix says"),
    "chain.parquet": ("no parquet", "must be what its suffix says"),
}


@pytest.mark.parametrize("name", FILES)
def test_read_chain__of_a_file_that_is_no_chain__names_file_and_rule(tmp_path, name):
    text, rule = FILES[name]
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(MarketDataError) as caught:
        read_chain(tmp_path / name)
    assert caught.value.source == name
    assert rule in caught.value.rule


RECORD = {
    "instrument_name": "ETH-27MAR26-3000-C",
    "timestamp": 1_772_524_800_000,
    "underlying_price": 3000.0,
    "mark_iv": 60.0,
}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("timestamp", "noon", "record"),
        ("timestamp", 10**30, "record"),
        ("timestamp", float("nan"), "record"),
        ("timestamp", 1_772_524_800, "timestamp[0]"),  # seconds where Deribit gives milliseconds
        ("timestamp", 1_772_524_800_000_000, "timestamp[0]"),
        ("mark_iv", "high", "record"),
        ("bid_iv", [60.0], "record"),
        ("stats", "none", "record"),
    ],
)
def test_read_chain__of_a_deribit_record_with_an_odd_field__names_it(tmp_path, field, value, named):
    path = tmp_path / "odd.json"
    path.write_text(json.dumps([RECORD | {field: value}]), encoding="utf-8")
    with pytest.raises(MarketDataError) as caught:
        read_chain(path)
    assert (caught.value.source, caught.value.name) == ("odd.json", named)


@pytest.mark.parametrize(
    "argument", [{"price_unit": "euro"}, {"timestamp": "noon?"}, {"timestamp": 1_772_524_800_000}]
)
def test_read_chain__with_an_unknown_unit_or_time__names_the_argument(argument):
    (name,) = argument
    with pytest.raises(InputError) as caught:
        read_chain(market_frame(), **argument)
    assert (caught.value.name, caught.value.value) == (name, argument[name])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("badfeed_options_eth_2021-02-11.csv.gz", "a flat feed: 91%"),
        ("badfeed_options_btc_2021-02-11.csv.gz", "an empty book"),
    ],
)
def test_read_chain__of_the_recorded_bad_feeds__gives_the_reason(shared_data, name, reason):
    with pytest.raises(MarketDataError) as caught:
        read_chain(shared_data / "fixtures" / name)
    assert caught.value.source == name
    assert caught.value.rule.startswith(reason)


def test_series__checks_its_numbers_and_counts_down():
    series = Series(expiry=1_000, strike=3000.0, kind=OptionKind.CALL)
    assert [series.time_to_expiry(now) for now in (400.0, 1_000.0, 1_500.0)] == [600.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="strike = nan"):
        Series(expiry=1_000, strike=float("nan"), kind=OptionKind.PUT)
