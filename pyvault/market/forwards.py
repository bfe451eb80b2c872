"""Forwards that a feed leaves out, recovered from put-call parity of its marks."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["PARITY_STRIKES", "recover_forwards"]

PARITY_STRIKES = 3  # strikes with both marks, below which parity is not trusted


def _parity_forward(rows: pd.DataFrame, *, is_coin: bool) -> float:
    """Median over strikes of F = K/(1 − (C − P)), or K + C − P for quote prices; NaN if they are few."""
    marks = rows.pivot_table(index="strike", columns="is_call", values="mark_price", aggfunc="last").dropna()
    if marks.shape[1] < 2 or len(marks) < PARITY_STRIKES:  # noqa: PLR2004 - a call and a put
        return float("nan")
    strike = marks.index.to_numpy(np.float64)
    difference = (marks[True] - marks[False]).to_numpy(np.float64)
    forward = strike / (1.0 - difference) if is_coin else strike + difference
    nearest = np.argsort(np.abs(difference), kind="stable")[: max(PARITY_STRIKES, len(marks) // 3)]
    return float(np.median(forward[nearest]))


def recover_forwards(rows: pd.DataFrame, *, is_coin: bool) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Fill `underlying_price` where it is empty.

    Rows take the median forward of their expiry if any row has one, else the forward that the marks of calls
    and puts at equal strikes imply (rate 0 between forward and discounted price, as on Deribit).

    Returns
    -------
    The rows, and the expiries (unix seconds) recovered by parity.

    Notes
    -----
    Proof: on recorded snapshots that state the forward, parity gives it back within the drift of one
    snapshot.
    """
    missing = rows["underlying_price"].isna()
    if not missing.any():
        return rows, ()
    filled = rows.copy()
    recovered = []
    for expiry in np.unique(rows.loc[missing, "expiry"]):
        same = rows["expiry"] == expiry
        forward = (
            float(rows.loc[same, "underlying_price"].median()) if not missing[same].all() else float("nan")
        )
        if not np.isfinite(forward):
            forward = _parity_forward(rows[same], is_coin=is_coin)
            if np.isfinite(forward) and forward > 0:
                recovered.append(int(expiry))
        filled.loc[same & missing, "underlying_price"] = forward if forward > 0 else np.nan
    return filled, tuple(recovered)
