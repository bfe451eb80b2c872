"""Which rows of a snapshot are believed, and when the whole feed is refused.

=====================  ==============================================================================
Malformed              The first such value refuses the source: strike, forward or index not positive,
                       a negative or infinite volatility, price, open interest or volume, an expiry
                       passed by more than an hour.
Mis-scaled             Median mark volatility outside 2 %..500 %, median mid volatility more than a factor
                       of two from the mark, forward more than a factor of two from the index, half of
                       the strikes more than a factor e² from the forward.
Degenerate             A quarter of the marks are one and the same number (from 20 strikes on); less
                       than a quarter of the series (from 20 on) have both a bid and an ask; a later
                       snapshot repeats every quote of the earlier one.
Isolated, dropped      Crossed; no mark; mark above 500 %; mark price outside [intrinsic, bound] by 1 %
and counted            of the forward; forward off its expiry's median by 2 %. More than two of them
                       *and* more than 5 % of the rows refuse the source.
Dropped and counted    Expired within the hour; quoted twice (the last counts); an expiry without a
without limit          forward of which put-call parity gives none.
=====================  ==============================================================================

The thresholds stand two to six times away from the worst of 308 recorded snapshots: 7 % equal marks, 39 %
two-sided.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pyvault.errors import MarketDataError
from pyvault.market.forwards import recover_forwards

__all__ = ["PRICES", "VOLATILITIES", "CleanSnapshot", "clean_snapshot"]

Mask = npt.NDArray[np.bool_]

PRICES = ("bid_price", "ask_price", "mark_price")
VOLATILITIES = ("mark_iv", "bid_iv", "ask_iv")
EXPIRED_GRACE_S = 3600
LOWEST_MEDIAN_IV, HIGHEST_IV = 0.02, 5.0
MID_RATIO = 2.0
INDEX_RATIO = 2.0
MEDIAN_LOG_MONEYNESS = 2.0
FORWARD_DRIFT = 0.02
PRICE_SLACK = 0.01  # of the forward
ISOLATED_ROWS, ISOLATED_SHARE = 2, 0.05
FLAT_SHARE, FLAT_POINTS = 0.25, 20
TWO_SIDED_SHARE, TWO_SIDED_ROWS = 0.25, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanSnapshot:
    """Believed rows, ordered by expiry, strike, call before put, and what was done to the rest."""

    frame: pd.DataFrame
    dropped: dict[str, int]
    recovered_forwards: tuple[int, ...]


def _refuse_first(frame: pd.DataFrame, bad: Mask, name: str, source: str, rule: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise MarketDataError(source, f"{name}[{frame.index[row]}]", frame[name].iloc[row], rule)


def _refuse_malformed(frame: pd.DataFrame, source: str) -> None:
    strike = frame["strike"].to_numpy()
    _refuse_first(
        frame, ~((strike > 0) & np.isfinite(strike)), "strike", source, "must be positive and finite"
    )
    for name in ("underlying_price", "index_price"):
        values = frame[name].to_numpy()
        bad = ~np.isnan(values) & ~((values > 0) & np.isfinite(values))
        _refuse_first(frame, bad, name, source, "must be positive and finite, or empty")
    for name in (*VOLATILITIES, *PRICES, "open_interest", "volume_24h"):
        values = frame[name].to_numpy()
        _refuse_first(frame, (values < 0) | np.isinf(values), name, source, "must be finite and not negative")
    late = (frame["timestamp"] - frame["expiry"]).to_numpy() > EXPIRED_GRACE_S
    _refuse_first(frame, late, "expiry", source, "must not lie more than an hour before the quote")


def _median(values: pd.Series) -> float:
    known = values.dropna().to_numpy(np.float64)
    return float(np.median(known)) if known.size else float("nan")


def _refuse_misscaled(frame: pd.DataFrame, source: str) -> None:
    level = _median(frame["mark_iv"])
    if not LOWEST_MEDIAN_IV <= level <= HIGHEST_IV:
        rule = f"must lie in [{LOWEST_MEDIAN_IV}, {HIGHEST_IV}], as a fraction"
        raise MarketDataError(source, "median mark_iv", level, rule)
    ratio = _median(0.5 * (frame["bid_iv"] + frame["ask_iv"]) / frame["mark_iv"])
    if ratio > MID_RATIO or ratio < 1 / MID_RATIO:
        rule = f"must lie in [{1 / MID_RATIO:g}, {MID_RATIO:g}]: volatilities of one unit"
        raise MarketDataError(source, "median mid_iv/mark_iv", ratio, rule)
    moneyness = _median(np.abs(np.log(frame["strike"] / frame["underlying_price"])))
    if moneyness > MEDIAN_LOG_MONEYNESS:
        rule = f"must be ≤ {MEDIAN_LOG_MONEYNESS:g}"
        raise MarketDataError(source, "median |ln(strike/forward)|", moneyness, rule)
    ratio = _median(frame["underlying_price"] / frame["index_price"])
    if ratio > INDEX_RATIO or ratio < 1 / INDEX_RATIO:
        rule = f"must lie in [{1 / INDEX_RATIO:g}, {INDEX_RATIO:g}]"
        raise MarketDataError(source, "median forward/index", ratio, rule)


def _refuse_degenerate(frame: pd.DataFrame, source: str) -> None:
    marks = frame.drop_duplicates(["expiry", "strike"])["mark_iv"].round(6)
    if len(marks) >= FLAT_POINTS:
        shares = marks.value_counts(normalize=True)
        if float(shares.iloc[0]) > FLAT_SHARE:
            raise MarketDataError(
                source,
                "mark_iv",
                float(shares.index[0]),
                f"a flat feed: {shares.iloc[0]:.0%} of the marks, above {FLAT_SHARE:.0%}, are this number",
            )
    if len(frame) >= TWO_SIDED_ROWS:
        share = float((_has(frame, "bid") & _has(frame, "ask")).mean())
        if share < TWO_SIDED_SHARE:
            raise MarketDataError(
                source,
                "two-sided share",
                round(share, 4),
                f"an empty book: at least {TWO_SIDED_SHARE:.0%} of the series must have a bid and an ask",
            )


def _has(frame: pd.DataFrame, side: str) -> Mask:
    quoted: Mask = ((frame[f"{side}_iv"] > 0) | (frame[f"{side}_price"] > 0)).to_numpy()
    return quoted


def _isolated(frame: pd.DataFrame, *, is_coin: bool) -> dict[str, Mask]:
    """Rows to drop, by rule; a row is counted under the first rule that it breaks."""
    forward = frame["underlying_price"]
    median = frame.groupby("expiry")["underlying_price"].transform("median")
    sign = np.where(frame["is_call"], 1.0, -1.0)
    price = frame["mark_price"] / (1.0 if is_coin else forward)
    intrinsic = np.maximum(sign * (1.0 - frame["strike"] / forward), 0.0)
    bound = np.where(frame["is_call"], 1.0, frame["strike"] / forward)
    rules = {
        "crossed": (frame["bid_iv"] > frame["ask_iv"]) | (frame["bid_price"] > frame["ask_price"]),
        "no mark": ~(frame["mark_iv"] > 0),
        "mark above 500 %": frame["mark_iv"] > HIGHEST_IV,
        "forward off its expiry": (forward / median - 1.0).abs() > FORWARD_DRIFT,
        "mark price out of bounds": (price < intrinsic - PRICE_SLACK) | (price > bound + PRICE_SLACK),
    }
    seen = np.zeros(len(frame), dtype=np.bool_)
    masks = {}
    for name, rule in rules.items():
        masks[name] = rule.to_numpy() & ~seen
        seen |= masks[name]
    return masks


def _without(rows: pd.DataFrame, bad: Mask, rule: str, dropped: dict[str, int]) -> pd.DataFrame:
    """Rows that are not `bad`; their count goes under `rule`."""
    if bad.any():
        dropped[rule] = int(bad.sum())
    kept: pd.DataFrame = rows.loc[~bad]
    return kept


def _drop_isolated(
    rows: pd.DataFrame, source: str, dropped: dict[str, int], *, is_coin: bool
) -> pd.DataFrame:
    masks = _isolated(rows, is_coin=is_coin)
    total = sum(int(mask.sum()) for mask in masks.values())
    if total > max(ISOLATED_ROWS, ISOLATED_SHARE * len(rows)):
        worst = max(masks, key=lambda rule: int(masks[rule].sum()))
        row = int(np.argmax(masks[worst]))
        raise MarketDataError(
            source,
            f"row {rows.index[row]}",
            rows.iloc[row].to_dict(),
            f"{worst}: {masks[worst].sum()} of {len(rows)} rows; at most {ISOLATED_SHARE:.0%} may be dropped",
        )
    dropped.update({rule: int(mask.sum()) for rule, mask in masks.items() if mask.any()})
    kept: pd.DataFrame = rows.loc[~np.logical_or.reduce(list(masks.values()))]
    return kept


def clean_snapshot(frame: pd.DataFrame, source: str, *, is_coin: bool) -> CleanSnapshot:
    """Believed rows of one snapshot, by the rules at the top of this module.

    Parameters
    ----------
    frame
        Columns as `pyvault.market.readers.chain_frame` gives them.
    source
        Name for messages.
    is_coin
        Whether prices count units of the underlying.

    Raises
    ------
    MarketDataError
        Naming the source, the value and the rule.
    """
    _refuse_malformed(frame, source)
    dropped: dict[str, int] = {}
    rows = frame.copy()
    for name in ("bid_iv", "ask_iv", "bid_price", "ask_price"):
        rows[name] = rows[name].where(rows[name] > 0)  # feeds write 0 where there is no quote
    expired = (rows["expiry"] <= rows["timestamp"].max()).to_numpy()
    rows = _without(rows, expired, "expired within the hour", dropped)
    if rows.empty:
        raise MarketDataError(source, "expiry", float(frame["expiry"].max()), "every expiry has passed")
    again = rows.duplicated(["expiry", "strike", "is_call"], keep="last").to_numpy()
    rows = _without(rows, again, "quoted twice", dropped)
    _refuse_misscaled(rows, source)
    _refuse_degenerate(rows, source)
    rows, recovered = recover_forwards(rows, is_coin=is_coin)
    rows = _without(rows, rows["underlying_price"].isna().to_numpy(), "no forward", dropped)
    if rows.empty:
        raise MarketDataError(source, "underlying_price", None, "at least one expiry must have a forward")
    rows = _drop_isolated(rows, source, dropped, is_coin=is_coin)
    rows = rows.sort_values(["expiry", "strike", "is_call"], ascending=[True, True, False], kind="stable")
    return CleanSnapshot(frame=rows, dropped=dropped, recovered_forwards=recovered)
