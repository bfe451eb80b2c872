"""Reading option chains: the same market in every format, snapshots, forwards, units."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from support.market import TIMESTAMP, book_summary_json, market_frame, tickers_json

from pyvault.errors import InputError, MarketDataError
from pyvault.market.chain import PriceUnit, read_chain, read_chains

COLUMNS = (
    "expiry", "strike", "is_call", "forward", "index_price", "mark_iv", "bid_iv", "ask_iv",
    "bid_price", "ask_price", "mark_price", "open_interest", "volume",
)  # fmt: skip


@pytest.fixture
def frame():
    rows = market_frame()
    rows.loc[[0, 3], ["bid_price", "bid_iv"]] = np.nan
    return rows


def write(frame, folder, suffix):
    path = folder / f"chain{suffix}"
    if suffix == ".json":
        path.write_text(tickers_json(frame), encoding="utf-8")
    elif suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".json"])
def test_read_chain__of_any_format__equals_the_frame(frame, tmp_path, suffix):
    expected = read_chain(frame)
    chain = read_chain(write(frame, tmp_path, suffix))
    assert chain.timestamp == expected.timestamp == TIMESTAMP.timestamp()
    for name in COLUMNS:
        # percent and back costs the last bit
        np.testing.assert_allclose(getattr(chain, name), getattr(expected, name), rtol=3e-16, err_msg=name)


def test_read_chain__of_a_book_summary__has_prices_and_no_quoted_volatility(frame, tmp_path):
    path = tmp_path / "summary.json"
    path.write_text(book_summary_json(frame), encoding="utf-8")
    chain, expected = read_chain(path), read_chain(frame)
    assert np.isnan(chain.bid_iv).all()
    assert np.isnan(chain.ask_iv).all()
    np.testing.assert_allclose(chain.bid_price, expected.bid_price, rtol=0)
    np.testing.assert_allclose(chain.mark_iv, expected.mark_iv, rtol=3e-16)


@pytest.mark.parametrize("made", [tickers_json, book_summary_json])
def test_read_chain__of_linear_instruments__takes_no_unit_but_the_quote_s(frame, tmp_path, made):
    coins, linear = tmp_path / "coins.json", tmp_path / "linear.json"
    text = made(frame)
    coins.write_text(text, encoding="utf-8")
    linear.write_text(text.replace('"ETH-', '"ETH_USDC-'), encoding="utf-8")
    for path, unit in ((coins, "quote"), (linear, "coin")):
        for read in (read_chain, lambda *source, **named: list(read_chains(*source, **named))):
            with pytest.raises(MarketDataError, match=f"price_unit = '{unit}'.*names"):
                read(path, price_unit=unit)
    for name in ("bid_price", "ask_price", "mark_price"):
        frame[name] *= frame["underlying_price"]
    linear.write_text(made(frame).replace('"ETH-', '"ETH_USDC-'), encoding="utf-8")
    with pytest.raises(MarketDataError, match="price_unit"):
        read_chain(linear)
    chain, expected = read_chain(linear, price_unit="quote"), read_chain(coins)
    np.testing.assert_allclose(
        chain.price_in_quote("mark_price"), expected.price_in_quote("mark_price"), rtol=1e-12
    )


def test_read_chain__orders_rows_and_freezes_them(frame):
    chain = read_chain(frame.sample(frac=1.0, random_state=5))
    keys = list(zip(chain.expiry, chain.strike, ~chain.is_call, strict=True))
    assert keys == sorted(keys)
    with pytest.raises(ValueError, match="read-only"):
        chain.strike[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        chain.timestamp = 0.0


def test_chain__states_time_moneyness_and_price_in_its_units(frame):
    chain = read_chain(frame)
    first = frame.sort_values(["expiry", "strike", "type"]).iloc[0]
    assert chain.time_to_expiry[0] == pytest.approx(2 / 365, rel=1e-15)
    assert chain.log_moneyness[0] == pytest.approx(np.log(first.strike / first.underlying_price), rel=1e-15)
    assert chain.price_in_quote("mark_price")[0] == pytest.approx(first.mark_price * first.underlying_price)
    quoted = frame.copy()
    for name in ("bid_price", "ask_price", "mark_price"):
        quoted[name] *= quoted["underlying_price"]
    as_quote = read_chain(quoted, price_unit="quote")
    assert as_quote.price_unit is PriceUnit.QUOTE
    np.testing.assert_allclose(
        as_quote.price_in_quote("ask_price"), chain.price_in_quote("ask_price"), rtol=1e-15
    )


def two_snapshots(frame):
    later = frame.assign(
        timestamp=frame["timestamp"] + pd.Timedelta(hours=6), mark_iv=frame["mark_iv"] + 0.01
    )
    return pd.concat([later, frame], ignore_index=True)


def test_read_chain__of_several_snapshots__gives_the_last_and_says_how_many(frame):
    chain = read_chain(two_snapshots(frame))
    assert chain.timestamp == TIMESTAMP.timestamp() + 6 * 3600
    assert (len(chain), chain.report.snapshots) == (len(frame), 2)


@pytest.mark.parametrize("moment", [TIMESTAMP.timestamp() + 60, "2026-03-03T09:00:00", TIMESTAMP])
def test_read_chain__with_a_timestamp__gives_the_snapshot_in_force_then(frame, moment):
    assert read_chain(two_snapshots(frame), timestamp=moment).timestamp == TIMESTAMP.timestamp()


def test_read_chain__before_the_first_snapshot__is_refused(frame):
    with pytest.raises(InputError, match=r"timestamp = 1\.0"):
        read_chain(frame, timestamp=1.0)


def test_read_chains__gives_every_snapshot_in_order_of_time(frame):
    chains = list(read_chains(two_snapshots(frame)))
    assert [chain.timestamp - TIMESTAMP.timestamp() for chain in chains] == [0.0, 6 * 3600.0]


def test_read_chains__of_a_feed_that_repeats_itself__is_refused_as_frozen(frame):
    frozen = pd.concat([frame, frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(hours=1))])
    with pytest.raises(MarketDataError, match="frozen"):
        list(read_chains(frozen))


def test_read_chain__of_rows_stamped_second_by_second__is_one_snapshot(frame):
    stamped = frame.assign(
        timestamp=frame["timestamp"] + pd.to_timedelta(np.arange(len(frame)) * 2, unit="s")
    )
    assert read_chain(stamped).report.snapshots == 1


def test_read_chain__of_a_stream_without_pauses__is_refused(frame):
    stamped = frame.assign(
        timestamp=frame["timestamp"] + pd.to_timedelta(np.arange(len(frame)) * 20, unit="s")
    )
    with pytest.raises(MarketDataError, match="timestamp span"):
        read_chain(stamped)


@pytest.mark.parametrize("unit", ["coin", "quote"])
def test_read_chain__without_a_forward__recovers_it_from_put_call_parity(unit):
    frame = market_frame()
    if unit == "quote":
        for name in ("bid_price", "ask_price", "mark_price"):
            frame[name] *= frame["underlying_price"]
    known = read_chain(frame, price_unit=unit)
    gone = frame["expiry"] == frame["expiry"].unique()[1]
    chain = read_chain(frame.assign(underlying_price=frame["underlying_price"].where(~gone)), price_unit=unit)
    assert chain.report.recovered_forwards == (known.expiries[1],)
    np.testing.assert_allclose(chain.forward, known.forward, rtol=1e-12)


def test_read_chain__with_one_forward_missing__takes_its_expiry_s(frame):
    frame.loc[5, "underlying_price"] = np.nan
    chain = read_chain(frame)
    assert chain.report.recovered_forwards == ()
    np.testing.assert_array_equal(chain.forward, read_chain(market_frame()).forward)


def test_read_chain__where_parity_has_nothing_to_work_on__drops_the_expiry(frame):
    gone = frame["expiry"] == frame["expiry"].unique()[1]
    calls = frame.assign(underlying_price=frame["underlying_price"].where(~gone))[
        ~gone | (frame["type"] == "C")
    ]
    chain = read_chain(calls)
    assert chain.report.dropped == {"no forward": int((gone & (frame["type"] == "C")).sum())}
    assert len(chain.expiries) == 3


@pytest.mark.shared
@pytest.mark.parametrize("name", ["options_eth_2026-01-15.csv.gz", "options_btc_2026-04.parquet"])
def test_read_chains__of_recorded_markets__keeps_every_row_of_every_snapshot(shared_data, name):
    path = shared_data / "options" / name
    raw = pd.read_parquet(path) if name.endswith("parquet") else pd.read_csv(path)
    sizes = raw.groupby("timestamp").size()
    chains = list(read_chains(path))
    assert [len(chain) for chain in chains] == sizes.tolist()
    assert all(chain.report.dropped == {} for chain in chains)
    assert sum(len(chain.report.recovered_forwards) for chain in chains) == (72 if "04" in name else 0)


@pytest.mark.shared
def test_parity__on_recorded_markets_that_state_the_forward__gives_it_back(shared_data):
    raw = pd.read_parquet(shared_data / "options" / "options_eth_2026-01.parquet")
    moment = raw["timestamp"].unique()[7]
    known = read_chain(raw[raw["timestamp"] == moment])
    blank = read_chain(raw[raw["timestamp"] == moment].assign(underlying_price=np.nan))
    assert blank.report.recovered_forwards == tuple(known.expiries)
    # the rows of one snapshot drift by up to 9 bp; parity sits at its middle
    np.testing.assert_allclose(blank.forward, known.forward, rtol=9e-4)
    assert np.median(np.abs(blank.forward / known.forward - 1.0)) < 1e-4
