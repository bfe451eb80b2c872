"""``pyvault surface fit``: a volatility surface without arbitrage from a file of quotes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pyvault.cli.options import Unit
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.cli.warm import ensure_warm
from pyvault.errors import InputError
from pyvault.market.chain import OptionChain, PriceUnit, read_chain
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import Surface, fit_surface
from pyvault.report.figures import surface_figure

__all__ = ["app"]

app = typer.Typer(help="Volatility surfaces.", no_args_is_help=True)


class Method(StrEnum):
    """Form of the surface."""

    SVI = "svi"
    SSVI = "ssvi"


File = Annotated[
    Path | None,
    typer.Argument(help="Deribit JSON, CSV or Parquet chain; the built-in synthetic market without it."),
]
At = Annotated[
    str | None,
    typer.Option("--timestamp", help="Snapshot at or before this time (UTC); the last by default."),
]
MethodOption = Annotated[Method, typer.Option(help="SVI per expiry, or one SSVI across all.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Write an interactive figure to this HTML file.")]


@app.callback()
def _surface() -> None:
    """Volatility surfaces."""


@app.command("fit")
def fit(
    file: File = None,
    *,
    timestamp: At = None,
    method: MethodOption = Method.SVI,
    price_unit: Unit = PriceUnit.COIN,
    plot: Plot = None,
    as_json: JsonFlag = False,
) -> None:
    """Fit a surface free of butterfly and calendar arbitrage, and say how well it meets the quotes.

    Example: pyvault surface fit chain.parquet --timestamp "2026-03-03 08:00" --plot surface.html
    """
    if file is None and timestamp is not None:
        raise InputError(
            "timestamp", timestamp, "must come with a file: the built-in market has one snapshot"
        )
    ensure_warm("surface", quiet=as_json)
    chain = (
        synthetic_chain() if file is None else read_chain(file, timestamp=timestamp, price_unit=price_unit)
    )
    surface = fit_surface(chain, method=method.value)
    if plot is not None:
        _write(plot, surface, chain)
    if as_json:
        print_json(_payload(surface, chain))
    else:
        _print(surface, chain, plot)


def _write(plot: Path, surface: Surface, chain: OptionChain) -> None:
    try:
        surface_figure(surface, chain).write_html(plot, include_plotlyjs=True)
    except OSError as error:
        raise InputError(
            "plot", str(plot), f"must be a file that can be written ({error.strerror})"
        ) from error


def _payload(surface: Surface, chain: OptionChain) -> dict[str, object]:
    return {
        "source": chain.source,
        "timestamp": surface.timestamp,
        "method": surface.method,
        "quotes": len(chain),
        "dropped": dict(chain.report.dropped),
        "slices": [asdict(each) for each in surface.slices],
        "diagnostics": asdict(surface.diagnostics),
        "violations": [asdict(each) for each in surface.arbitrage().violations],
    }


def _print(surface: Surface, chain: OptionChain, plot: Path | None) -> None:
    fits, shapes = [], []
    for each, fitted in zip(surface.slices, surface.diagnostics.slices, strict=True):
        expiry = datetime.fromtimestamp(each.expiry, UTC).strftime("%Y-%m-%d %H:%M")
        numbers = (f"{each.forward:,.2f}", f"{float(each.implied_vol(0.0)):.2%}", f"{fitted.used}")
        errors = (f"{1e4 * fitted.rmse:.1f}", f"{fitted.median_error:.2f}", f"{fitted.inside:.0%}")
        fits.append([expiry, *numbers, *errors])
        shapes.append([expiry, *(f"{value:.4f}" for value in (each.a, each.b, each.rho, each.m, each.s))])
    violations = surface.arbitrage().violations
    caption = (
        f"{len(chain)} series from {chain.source}; {len(violations) or 'no'} arbitrage violations. "
        "rmse in 0.01 points of volatility; error: median |model − mid| over half-spread; "
        "inside: share of quotes met between bid and ask"
    )
    columns = ["expiry (UTC)", "forward", "ATM vol", "quotes", "rmse", "error", "inside"]
    console.print(table(f"{surface.method.upper()} surface", columns, fits, caption))
    formula = "v(k) = a + b (ρ (k − m) + √((k − m)² + s²)), annualised variance at k = ln(K/F)"
    console.print(table("Slices", ["expiry (UTC)", "a", "b", "rho", "m", "s"], shapes, formula))
    dropped = (f"dropped {count}: {rule}" for rule, count in chain.report.dropped.items())
    for note in (*dropped, *surface.diagnostics.notes):
        console.print(f"note: {note}")
    if plot is not None:
        console.print(f"figure: {plot}")
