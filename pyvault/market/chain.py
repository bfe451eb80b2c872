"""A snapshot of an option market: one underlying, one moment, all strikes and expiries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyvault.errors import InputError, MarketDataError
from pyvault.market.deribit import PRICE_UNIT
from pyvault.market.readers import chain_frame, unix_seconds
from pyvault.market.snapshots import split_snapshots
from pyvault.market.validation import PRICES, VOLATILITIES, clean_snapshot
from pyvault.units import SECONDS_PER_YEAR

__all__ = ["OptionChain", "PriceUnit", "ReadReport", "read_chain", "read_chains"]

Floats = npt.NDArray[np.float64]
PathOrFrame = str | Path | pd.DataFrame


class PriceUnit(StrEnum):
    """What an option price counts: units of the underlying (Deribit settles so) or of the quote currency."""

    COIN = "coin"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """What a reader did to the rows of a snapshot.

    Parameters
    ----------
    rows
        Rows of the snapshot before cleaning.
    dropped
        Rows dropped, by rule.
    recovered_forwards
        Expiries (unix seconds) whose forward the feed left out and put-call parity of the marks gave.
    snapshots
        Snapshots that the source held; the chain is the last of them unless another was asked for.
    """

    rows: int
    dropped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    recovered_forwards: tuple[int, ...] = ()
    snapshots: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptionChain:
    """Quotes of one underlying at one moment, ordered by expiry, strike, call before put.

    Every array is read-only and has one entry per series; NaN says that the feed gave no value.

    Parameters
    ----------
    source
        Where the quotes came from, for messages.
    timestamp
        Unix seconds of the latest row.
    price_unit
        Unit of `bid_price`, `ask_price`, `mark_price`.
    expiry
        Unix seconds.
    strike, forward
        Quote currency per unit of underlying; `forward` is the row's own, and drifts by basis points.
    is_call
        True for a call.
    mark_iv, bid_iv, ask_iv
        Annualised volatility as a fraction.
    bid_price, ask_price, mark_price
        Price per contract of one unit of underlying, in `price_unit`.
    open_interest, volume
        Contracts; volume over the last 24 hours.
    report
        What the reader dropped and recovered.
    """

    source: str
    timestamp: float
    price_unit: PriceUnit
    expiry: npt.NDArray[np.int64]
    strike: Floats
    is_call: npt.NDArray[np.bool_]
    forward: Floats
    index_price: Floats
    mark_iv: Floats
    bid_iv: Floats
    ask_iv: Floats
    bid_price: Floats
    ask_price: Floats
    mark_price: Floats
    open_interest: Floats
    volume: Floats
    report: ReadReport

    def __len__(self) -> int:
        return self.strike.size

    @property
    def expiries(self) -> npt.NDArray[np.int64]:
        """Expiries in unix seconds, ascending, each once."""
        return np.unique(self.expiry)

    @property
    def time_to_expiry(self) -> Floats:
        """Years of 365 days from the snapshot to each row's expiry."""
        years: Floats = (self.expiry - self.timestamp) / SECONDS_PER_YEAR
        return years

    @property
    def log_moneyness(self) -> Floats:
        """ln(K/F) of each row, at the row's own forward."""
        logarithm: Floats = np.log(self.strike / self.forward)
        return logarithm

    def price_in_quote(self, name: str) -> Floats:
        """``bid_price``, ``ask_price`` or ``mark_price`` in quote currency per contract."""
        price: Floats = getattr(self, name)
        return price * self.forward if self.price_unit is PriceUnit.COIN else price


def _frozen(values: Any) -> Any:  # noqa: ANN401 - an array of any element type
    array = np.array(values, order="C")
    array.setflags(write=False)
    return array


def _chain(frame: pd.DataFrame, source: str, price_unit: PriceUnit, report: ReadReport) -> OptionChain:
    names = ("strike", "index_price", "mark_iv", "bid_iv", "ask_iv", "bid_price", "ask_price", "mark_price")
    columns = {name: _frozen(frame[name].to_numpy(np.float64)) for name in names}
    return OptionChain(
        source=source,
        timestamp=float(frame["timestamp"].max()),
        price_unit=price_unit,
        expiry=_frozen(frame["expiry"].to_numpy(np.int64)),
        is_call=_frozen(frame["is_call"].to_numpy(np.bool_)),
        forward=_frozen(frame["underlying_price"].to_numpy(np.float64)),
        open_interest=_frozen(frame["open_interest"].to_numpy(np.float64)),
        volume=_frozen(frame["volume_24h"].to_numpy(np.float64)),
        report=report,
        **columns,
    )


def _read(snapshot: pd.DataFrame, source: str, price_unit: PriceUnit, snapshots: int) -> OptionChain:
    clean = clean_snapshot(snapshot, source, is_coin=price_unit is PriceUnit.COIN)
    report = ReadReport(
        rows=len(snapshot),
        dropped=MappingProxyType(clean.dropped),
        recovered_forwards=clean.recovered_forwards,
        snapshots=snapshots,
    )
    return _chain(clean.frame, source, price_unit, report)


def _framed(path_or_frame: PathOrFrame, price_unit: PriceUnit | str) -> tuple[pd.DataFrame, str, PriceUnit]:
    """Rows of a source, its name, and the unit of its prices, which the instruments' names may contradict."""
    unit = _unit(price_unit)
    frame, source = chain_frame(path_or_frame)
    if frame.attrs.get(PRICE_UNIT, unit) != unit:
        rule = f"must be {frame.attrs[PRICE_UNIT]!r}, as the instruments' names say"
        raise MarketDataError(source, PRICE_UNIT, unit.value, rule)
    return frame, source, unit


def _unit(price_unit: PriceUnit | str) -> PriceUnit:
    if price_unit not in list(PriceUnit):
        raise InputError("price_unit", price_unit, f"must be one of {[unit.value for unit in PriceUnit]}")
    return PriceUnit(price_unit)


def _moment(timestamp: float | str | pd.Timestamp) -> float:
    try:
        return float(unix_seconds(pd.Series([timestamp]), "timestamp").iloc[0])
    except MarketDataError as error:
        raise InputError("timestamp", timestamp, error.rule) from error


def read_chain(
    path_or_frame: PathOrFrame,
    *,
    timestamp: float | str | pd.Timestamp | None = None,
    price_unit: PriceUnit | str = PriceUnit.COIN,
) -> OptionChain:
    """Read one snapshot from Deribit's JSON, a CSV (``.csv``, ``.csv.gz``), a Parquet file or a pandas frame.

    Parameters
    ----------
    path_or_frame
        A path, read by its suffix, or a frame. Columns: see `pyvault.market.readers`.
    timestamp
        Which snapshot of a source that holds several: the last that began at or before this moment (unix
        seconds, or anything pandas reads as a time, UTC). By default the last of all;
        ``report.snapshots`` says how many there were, and `read_chains` gives them all.
    price_unit
        Unit of the price columns: ``"coin"`` (Deribit, but for its linear options) or ``"quote"``.

    Returns
    -------
    OptionChain
        Validated; isolated bad rows are dropped and counted in its `report`.

    Raises
    ------
    MarketDataError
        If the source is malformed or degenerate (see `pyvault.market.validation`), or its instruments' names
        speak of the other unit: it names the source, the column or value, and the rule.
    InputError
        If no snapshot began at or before `timestamp`, it is no time, or `price_unit` is unknown.

    Notes
    -----
    Proof: the same market written as JSON, CSV and Parquet reads equal; each rule has a planted fault in
    ``tests/unit/pyvault/test_market_validation.py``.
    """
    frame, source, unit = _framed(path_or_frame, price_unit)
    snapshots = split_snapshots(frame, source)
    chosen = snapshots[-1]
    if timestamp is not None:
        moment = _moment(timestamp)
        begun = [snapshot for snapshot in snapshots if snapshot["timestamp"].min() <= moment]
        if not begun:
            raise InputError("timestamp", timestamp, "must not precede the first snapshot of the source")
        chosen = begun[-1]
    return _read(chosen, source, unit, len(snapshots))


def read_chains(
    path_or_frame: PathOrFrame, *, price_unit: PriceUnit | str = PriceUnit.COIN
) -> Iterator[OptionChain]:
    """Read every snapshot of a source, in order of time.

    Parameters
    ----------
    path_or_frame, price_unit
        As for `read_chain`.

    Yields
    ------
    OptionChain
        One per snapshot.

    Raises
    ------
    MarketDataError
        As for `read_chain`, and where a snapshot repeats every quote of the one before it (a frozen feed).

    Notes
    -----
    Proof: on recorded markets the snapshots and their rows are those of a plain group-by on the timestamp.
    """
    frame, source, unit = _framed(path_or_frame, price_unit)
    snapshots = split_snapshots(frame, source)
    previous: OptionChain | None = None
    for snapshot in snapshots:
        chain = _read(snapshot, source, unit, len(snapshots))
        if previous is not None:
            _refuse_frozen(previous, chain)
        previous = chain
        yield chain


def _refuse_frozen(previous: OptionChain, chain: OptionChain) -> None:
    """Raise where `chain` is later than `previous` and yet repeats each of its quotes."""
    if chain.timestamp <= previous.timestamp or len(chain) != len(previous):
        return
    names = ("expiry", "strike", "forward", *VOLATILITIES, *PRICES)
    if all(np.array_equal(getattr(chain, name), getattr(previous, name), equal_nan=True) for name in names):
        rule = "a frozen feed: every quote repeats the snapshot before"
        raise MarketDataError(chain.source, "timestamp", chain.timestamp, rule)
