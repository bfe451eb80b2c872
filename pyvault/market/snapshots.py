"""Where one snapshot ends and the next begins."""

from __future__ import annotations

import pandas as pd

from pyvault.errors import MarketDataError

__all__ = ["split_snapshots"]

SNAPSHOT_GAP_S = 600  # a silence this long separates two snapshots
SNAPSHOT_SPAN_S = 900  # rows of one snapshot lie closer together than this


def split_snapshots(frame: pd.DataFrame, source: str) -> list[pd.DataFrame]:
    """Split rows into snapshots at silences longer than ten minutes.

    A feed that asks for one instrument after the other stamps every row with its own second; such rows are
    one snapshot while they span at most a quarter of an hour.

    Raises
    ------
    MarketDataError
        If rows follow each other for longer than that: the source is a stream, not snapshots.
    """
    ordered = frame.sort_values("timestamp", kind="stable")
    begins = ordered["timestamp"].diff().gt(SNAPSHOT_GAP_S)
    snapshots = [part for _, part in ordered.groupby(begins.cumsum(), sort=True)]
    for part in snapshots:
        span = float(part["timestamp"].iloc[-1] - part["timestamp"].iloc[0])
        if span > SNAPSHOT_SPAN_S:
            raise MarketDataError(
                source, "timestamp span", span, f"rows of one snapshot span at most {SNAPSHOT_SPAN_S} s"
            )
    return snapshots
