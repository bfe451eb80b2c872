"""Plotly figures: each has a title, units on its axes, and one line that says how to read it."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from pyvault.market.chain import OptionChain
from pyvault.pricing.surface import Surface

__all__ = ["surface_figure"]

COLUMNS = 3
CURVE_POINTS = 121
MARGIN_SDS = 0.5  # how far a curve runs past the outermost quote, in standard deviations


def surface_figure(surface: Surface, chain: OptionChain) -> go.Figure:
    """Fitted smile against the market's bid and ask volatilities, one panel per expiry."""
    rows = math.ceil(len(surface.slices) / COLUMNS)
    titles = [f"{_date(each.expiry)} · {each.time_to_expiry * 365:.1f} d" for each in surface.slices]
    gap = 0.3 / rows
    figure = make_subplots(rows=rows, cols=COLUMNS, subplot_titles=titles, vertical_spacing=gap)
    for index, each in enumerate(surface.slices):
        place = {"row": index // COLUMNS + 1, "col": index % COLUMNS + 1}
        quoted = (chain.expiry == each.expiry) & np.isfinite(chain.bid_iv) & np.isfinite(chain.ask_iv)
        moneyness = chain.log_moneyness[quoted]
        middle = 50 * (chain.bid_iv[quoted] + chain.ask_iv[quoted])
        spread = 50 * (chain.ask_iv[quoted] - chain.bid_iv[quoted])
        margin = MARGIN_SDS * float(each.implied_vol(0.0)) * math.sqrt(each.time_to_expiry)
        k = np.linspace(moneyness.min() - margin, moneyness.max() + margin, CURVE_POINTS)
        market = go.Scatter(
            x=moneyness,
            y=middle,
            error_y={"type": "data", "array": spread, "thickness": 1, "width": 2},
            mode="markers",
            marker={"size": 3, "color": "#4c78a8"},
            name="market bid–ask",
            showlegend=index == 0,
        )
        fitted = go.Scatter(
            x=k,
            y=100 * each.implied_vol(k),
            mode="lines",
            line={"color": "#e45756", "width": 2},
            name="fitted",
            showlegend=index == 0,
        )
        figure.add_traces([market, fitted], rows=[place["row"]] * 2, cols=[place["col"]] * 2)
    figure.update_xaxes(title_text="log-moneyness ln(K/F)", title_font_size=11)
    figure.update_yaxes(title_text="volatility, % per year", title_font_size=11)
    title = f"Volatility surface ({surface.method.upper()}) of {chain.source} at {_time(surface.timestamp)}"
    figure.update_layout(
        title=f"{title}<br><sup>A good fit runs through the bars; each spans one market bid and ask.</sup>",
        height=120 + 320 * rows,
        template="plotly_white",
        margin={"t": 130},
        legend={"orientation": "h", "y": 1.08, "x": 1.0, "xanchor": "right"},
    )
    return figure


def _date(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%d %b %Y")


def _time(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M UTC")
