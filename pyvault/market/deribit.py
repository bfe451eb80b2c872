"""Deribit's public JSON: the book summary of a currency, and tickers of single instruments.

Book summary (`public/get_book_summary_by_currency`), fields read: ``instrument_name``, ``creation_timestamp``
(ms), ``underlying_price``, ``estimated_delivery_price`` (the index), ``mark_iv`` (percent), ``bid_price``,
``ask_price``, ``mark_price`` (coin; null where there is none), ``open_interest``, ``volume``. It carries no
bid or ask volatility.

Ticker (`public/ticker`), fields read: ``instrument_name``, ``timestamp`` (ms), ``underlying_price``,
``index_price``, ``mark_iv``, ``bid_iv``, ``ask_iv`` (percent; 0 where there is none), ``best_bid_price``,
``best_ask_price``, ``mark_price`` (coin; 0 or null where there is none), ``open_interest``, ``stats.volume``.

A file holds the whole answer (``{"result": ...}``), its result alone, or a list of records. Other fields are
Deribit's and ignored. Expiries are 08:00 UTC on the day in the instrument's name. Names like
``ETH_USDC-27MAR26-3000-C`` are linear: their prices count the quote currency, and the frame's attribute
``price_unit`` says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from pyvault.errors import MarketDataError

__all__ = ["PRICE_UNIT", "records_frame"]

PRICE_UNIT = "price_unit"  # attribute of a frame
EXPIRY_HOUR = 8
MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), start=1
    )
}
INSTRUMENT = re.compile(r"([A-Z0-9_]+)-(\d{1,2})([A-Z]{3})(\d{2})-(\d+(?:d\d+)?)-([CP])")
REQUIRED = ("instrument_name", "underlying_price", "mark_iv")


def _instrument(name: object, source: str) -> tuple[str, datetime, float, str]:
    match = INSTRUMENT.fullmatch(str(name))
    if match is None or match[3] not in MONTHS:
        raise MarketDataError(source, "instrument_name", name, "must read like ETH-27MAR26-3000-C")
    try:
        expiry = datetime(2000 + int(match[4]), MONTHS[match[3]], int(match[2]), EXPIRY_HOUR, tzinfo=UTC)
    except ValueError as error:
        raise MarketDataError(source, "instrument_name", name, f"must name a real day ({error})") from error
    return match[1], expiry, float(match[5].replace("d", ".")), match[6]


def _quoted(record: Mapping[str, Any], *names: str, scale: float = 1.0) -> float:
    """First field that is present, divided by `scale`; NaN for null and for 0, which is no quote."""
    value = next((record[name] for name in names if record.get(name) is not None), None)
    return float(value) / scale if value else float("nan")


def _number(record: Mapping[str, Any], name: str, scale: float = 1.0) -> float:
    """Field divided by `scale`; NaN for null."""
    value = record.get(name)
    return float("nan") if value is None else float(value) / scale


def _row(record: Mapping[str, Any], source: str) -> dict[str, object]:
    for name in REQUIRED:
        if name not in record:
            raise MarketDataError(source, name, None, "every record must carry this field")
    _, expiry, strike, kind = _instrument(record["instrument_name"], source)
    milliseconds = record.get("timestamp", record.get("creation_timestamp"))
    if milliseconds is None:
        raise MarketDataError(
            source, "timestamp", None, "every record must carry timestamp or creation_timestamp"
        )
    return {
        "timestamp": pd.Timestamp(int(milliseconds), unit="ms", tz="UTC"),
        "underlying_price": _quoted(record, "underlying_price"),
        "index_price": _quoted(record, "index_price", "estimated_delivery_price"),
        "expiry": expiry,
        "strike": strike,
        "type": kind,
        "mark_iv": _number(record, "mark_iv", scale=100.0),
        "bid_iv": _quoted(record, "bid_iv", scale=100.0),
        "ask_iv": _quoted(record, "ask_iv", scale=100.0),
        "bid_price": _quoted(record, "best_bid_price", "bid_price"),
        "ask_price": _quoted(record, "best_ask_price", "ask_price"),
        "mark_price": _number(record, "mark_price"),
        "open_interest": _number(record, "open_interest"),
        "volume_24h": _number(record.get("stats") or record, "volume"),
    }


def _checked_row(record: Mapping[str, Any], source: str) -> dict[str, object]:
    """The row of a record, or an error that names the instrument."""
    try:
        return _row(record, source)
    except MarketDataError:
        raise
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise MarketDataError(
            source, "record", record["instrument_name"], f"must hold numbers and a time ({error})"
        ) from error


def records_frame(text: str | bytes, source: str) -> pd.DataFrame:
    """Frame with the columns of `pyvault.market.readers` from the text (UTF-8) of a Deribit answer.

    Raises
    ------
    MarketDataError
        If the text is not such an answer, names an instrument that is no option, or mixes underlyings.
    """
    try:
        answer = json.loads(text)
    except ValueError as error:  # not JSON, or not UTF-8
        raise MarketDataError(source, "text", text[:40], f"must be JSON ({error})") from error
    records = answer.get("result", [answer]) if isinstance(answer, dict) else answer
    if isinstance(records, dict):
        records = [records]
    if (
        not isinstance(records, list)
        or not records
        or not all(isinstance(record, dict) for record in records)
    ):
        raise MarketDataError(source, "result", type(records).__name__, "must be a list of option records")
    names = {_instrument(record.get("instrument_name"), source)[0] for record in records}
    if len(names) > 1:
        raise MarketDataError(source, "underlying", sorted(names), "one file holds one underlying")
    frame = pd.DataFrame([_checked_row(record, source) for record in records])
    frame.attrs[PRICE_UNIT] = "quote" if "_" in names.pop() else "coin"
    return frame
