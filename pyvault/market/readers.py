"""Files of option quotes as frames with one set of columns.

Columns: ``timestamp``, ``expiry`` (UTC), ``strike``, ``type`` (C or P), ``underlying_price`` (the forward
of that expiry; may be empty), ``mark_iv`` (fraction) must exist; ``index_price``, ``bid_iv``, ``ask_iv``,
``bid_price``, ``ask_price``, ``mark_price``, ``open_interest``, ``volume_24h`` may, and read as NaN where
they do not. Any other column is refused. One source holds one underlying.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from pyvault.errors import MarketDataError
from pyvault.market.deribit import records_frame

__all__ = ["OPTIONAL", "REQUIRED", "chain_frame", "read_table", "refuse_repeated_columns", "unix_seconds"]

REQUIRED = ("timestamp", "expiry", "strike", "type", "underlying_price", "mark_iv")
OPTIONAL = (
    "index_price", "bid_iv", "ask_iv", "bid_price", "ask_price", "mark_price", "open_interest", "volume_24h",
)  # fmt: skip
NUMBERS = ("strike", "underlying_price", "mark_iv", *OPTIONAL)
EARLIEST_S, LATEST_S = (
    946_684_800,
    4_102_444_800,
)  # the years 2000 and 2100: no milliseconds, hours, or 20260115


def read_table(path: Path) -> pd.DataFrame:
    """Read a CSV (plain or gzipped) or Parquet file by its suffix.

    Raises
    ------
    MarketDataError
        If the file does not exist, is of another kind, or cannot be read as what its suffix says.
    """
    if not path.is_file():
        raise MarketDataError(path.name, "path", str(path), "must be a file that exists")
    try:
        if path.name.endswith((".csv", ".csv.gz")):
            return pd.read_csv(path, float_precision="round_trip")  # the default loses the last bits
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise MarketDataError(path.name, "content", str(error), "must be what its suffix says") from error
    raise MarketDataError(path.name, "suffix", path.suffix, "must be .json, .csv, .csv.gz or .parquet")


def unix_seconds(column: pd.Series, source: str) -> pd.Series:
    """Unix seconds of a column of times (text, datetimes, or unix seconds already).

    Raises
    ------
    MarketDataError
        Naming the first value that is no time, or none between 2000 and 2100: numbers in another unit.
    """
    if pd.api.types.is_numeric_dtype(column):
        seconds = column.astype(np.float64)
    else:
        times = pd.to_datetime(column, utc=True, errors="coerce", format="mixed")
        seconds = (times - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(seconds=1)
    bad = ~np.isfinite(seconds.to_numpy(np.float64))
    if bad.any():
        row = int(np.argmax(bad))
        raise MarketDataError(source, f"{column.name}[{row}]", column.iloc[row], "must be a time")
    outside = ~seconds.between(EARLIEST_S, LATEST_S).to_numpy()
    if outside.any():
        row = int(np.argmax(outside))
        rule = "must lie between 2000 and 2100; a number counts unix seconds"
        raise MarketDataError(source, f"{column.name}[{row}]", column.iloc[row], rule)
    return seconds


def _numbers(column: pd.Series, source: str) -> pd.Series:
    values = pd.to_numeric(column, errors="coerce").astype(np.float64)
    bad = values.isna() & column.notna()
    if bad.any():
        row = int(np.argmax(bad.to_numpy()))
        raise MarketDataError(source, f"{column.name}[{row}]", column.iloc[row], "must be a number")
    return values


def refuse_repeated_columns(frame: pd.DataFrame, source: str) -> None:
    """Raise where two columns of a frame bear one name.

    Raises
    ------
    MarketDataError
        Naming the column.
    """
    if not frame.columns.is_unique:
        name = frame.columns[frame.columns.duplicated()][0]
        raise MarketDataError(source, "column", name, "must occur once")


def _check_columns(frame: pd.DataFrame, source: str) -> None:
    for name in REQUIRED:
        if name not in frame.columns:
            raise MarketDataError(source, "columns", list(frame.columns), f"must contain {name!r}")
    for name in frame.columns:
        if name not in REQUIRED and name not in OPTIONAL:
            raise MarketDataError(source, "column", name, f"must be one of {[*REQUIRED, *OPTIONAL]}")
    refuse_repeated_columns(frame, source)
    if frame.empty:
        raise MarketDataError(source, "rows", 0, "must hold at least one quote")


def chain_frame(path_or_frame: str | Path | pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Frame of float64 numbers, times in unix seconds and ``is_call``, and the name of its source.

    Its attributes are those of what was read: the unit of its prices where their names tell it.

    Raises
    ------
    MarketDataError
        If a column is unknown or missing, or a value is not of its column's kind.
    """
    if isinstance(path_or_frame, pd.DataFrame):
        raw, source = path_or_frame, "frame"
    else:
        path = Path(path_or_frame)
        source = path.name
        is_json = path.suffix == ".json" and path.is_file()
        raw = records_frame(path.read_bytes(), source) if is_json else read_table(path)
    _check_columns(raw, source)
    kinds = raw["type"].astype(str).str.upper()
    unknown = ~kinds.isin(("C", "P", "CALL", "PUT")).to_numpy()
    if unknown.any():
        row = int(np.argmax(unknown))
        raise MarketDataError(source, f"type[{row}]", raw["type"].iloc[row], "must be C or P")
    frame = pd.DataFrame({"is_call": kinds.str.startswith("C").to_numpy()})
    frame.attrs = dict(raw.attrs)
    for name in ("timestamp", "expiry"):
        frame[name] = unix_seconds(raw[name], source).to_numpy()
    for name in NUMBERS:
        frame[name] = _numbers(raw[name], source).to_numpy() if name in raw.columns else np.nan
    return frame, source
