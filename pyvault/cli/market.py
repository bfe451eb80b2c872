"""``pyvault market``: quotes and trades on the devnet that is up."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from typing import Annotated

import typer

from pyvault.chain import devnet
from pyvault.chain.addresses import address_of
from pyvault.chain.backend import CHAIN_ID
from pyvault.chain.quotes import listed_series, two_sided, why
from pyvault.chain.system import System
from pyvault.chain.system.deployment import DEPLOYMENTS, deployment_path
from pyvault.cli.output import JsonFlag, console, print_json
from pyvault.cli.quotes import quotes_table, refusal_of, time_of, why_table
from pyvault.cli.warm import ensure_warm
from pyvault.demo.opening import keep_market, open_market
from pyvault.errors import ContractError, InputError, SetupError
from pyvault.market.series import OptionKind, Series
from pyvault.units import from_wad

__all__ = ["app"]

app = typer.Typer(help="Trade on the devnet that is up.", no_args_is_help=True)

EIGHT_S = 8 * 3_600
MOST = 1e9  # contracts of an order
MOST_QUOTE = 1e15  # of what is paid in, and of a limit


class Kind(StrEnum):
    """Call or put."""

    CALL = "call"
    PUT = "put"


Expiry = Annotated[str, typer.Argument(help="Day of expiry, YYYY-MM-DD (08:00 UTC), or unix seconds.")]
Strike = Annotated[float, typer.Argument(help="Strike, in quote.")]
Side = Annotated[Kind, typer.Argument(help="Call or put.")]
Contracts = Annotated[float, typer.Argument(help="Contracts.")]
Sell = Annotated[bool, typer.Option("--sell", help="Sell instead of buy; only what the account owns.")]
Taker = Annotated[str, typer.Option("--taker", help="Name of a taker; his address follows from it.")]
Reason = Annotated[bool, typer.Option("--why", help="Take the quote apart: charge by charge, who refuses.")]
Cash = Annotated[float, typer.Option("--cash", help="Quote that is minted and paid in first.")]
Limit = Annotated[float | None, typer.Option("--limit", help="Most paid, or least received, in quote.")]
Spot = Annotated[float | None, typer.Option("--spot", "-S", help="Price that the feed publishes next.")]
Hours = Annotated[float, typer.Option("--hours", help="Hours that pass first.")]


@app.command("open")
def open_(*, cash: Cash = 10_000_000.0, as_json: JsonFlag = False) -> None:
    """Post the built-in surface, list its expiries from a day away on, and pay LPs' cash into the vault."""
    ensure_warm("price", "greeks", "surface", quiet=as_json)
    expiries = open_market(_system(), _amount(cash, "cash"))
    if as_json:
        print_json({"expiries": list(expiries), "cash": cash})
        return
    console.print(f"The market trades {', '.join(time_of(each) for each in expiries)} UTC.")


@app.command()
def keep(*, spot: Spot = None, hours: Hours = 0.0, as_json: JsonFlag = False) -> None:
    """Let time pass, publish a price, post every slice again, revalue every expiry until it is booked."""
    system = _system()
    if not 0.0 <= hours <= 24.0 * 366:
        raise InputError("hours", hours, "must be from zero to a year")
    if spot is not None and not 0.0 < spot < MOST_QUOTE:
        raise InputError("spot", spot, f"must be positive, below {MOST_QUOTE:g}")
    system.warp_to(system.now + round(hours * 3_600))
    keep_market(system, spot)
    now, price = system.now, from_wad(system.spot()[0])
    if as_json:
        print_json({"timestamp": now, "spot": price})
        return
    console.print(f"{time_of(now)} UTC, spot {price:,.2f}.")


@app.command("list")
def list_(*, as_json: JsonFlag = False) -> None:
    """Bid, mid and ask of one contract of every series."""
    system = _system()
    rows = [two_sided(system, each) for each in _listed(system)]
    if as_json:
        print_json({"quotes": [asdict(row) for row in rows]})
        return
    for expiry, group in groupby(rows, key=lambda row: row.expiry):
        console.print(quotes_table(f"{time_of(expiry)} UTC", tuple(group)))


@app.command()
def quote(
    expiry: Expiry,
    strike: Strike,
    kind: Side,
    quantity: Contracts,
    *,
    sell: Sell = False,
    taker: Taker = "",
    why_: Reason = False,
    as_json: JsonFlag = False,
) -> None:
    """What a trade would cost now, to the unit.

    Example: pyvault market quote --why 2026-03-10 3000 call 10
    """
    system = _system()
    series = _series(system, expiry, strike, kind)
    account = _account(system, taker) if taker else None
    found = why(system, series, -_positive(quantity) if sell else _positive(quantity), account)
    if as_json:
        print_json({**asdict(found), "admission": refusal_of(found)})
        return
    if why_:
        console.print(why_table(found))
        return
    verb = "receives" if sell else "pays"
    if math.isnan(found.total):
        console.print(f"No price: {refusal_of(found)}.")
        return
    console.print(
        f"The taker {verb} {abs(found.total):,.6f}, mid {found.mid:,.6f} each: {refusal_of(found)}."
    )


@app.command()
def trade(
    expiry: Expiry,
    strike: Strike,
    kind: Side,
    quantity: Contracts,
    *,
    sell: Sell = False,
    taker: Taker = "taker",
    cash: Cash = 0.0,
    limit: Limit = None,
    as_json: JsonFlag = False,
) -> None:
    """Buy, or sell what the taker owns; exit code 4 where the market refuses.

    Example: pyvault market trade 2026-03-10 3000 call 10 --cash 5000
    """
    system, size = _system(), _positive(quantity)
    series, actor, unit = (
        _series(system, expiry, strike, kind),
        address_of(taker),
        10**system.config.quote_decimals,
    )
    bound = None if limit is None else round(_amount(limit, "limit") * unit)
    if paid_in := round(_amount(cash, "cash") * unit):
        system.fund(actor, "quote_token", paid_in)
        system.add_collateral(actor, "quote_token", paid_in)
    account = system.account_of(actor)
    try:
        total = (system.sell if sell else system.buy)(actor, series, size, bound, account) / unit
    except ContractError as error:
        found = why(system, series, -size if sell else size, account)
        reason = error.reason if found.passes else f"{error.reason} ({refusal_of(found)})"
        raise ContractError(reason, error.call) from error
    facts = {"taker": actor, "account": account, "total": total, "cash": system.cash(account) / unit}
    if as_json:
        print_json({**facts, "positions": _positions(system, account)})
        return
    console.print(f"{taker} {'received' if sell else 'paid'} {total:,.6f}; cash left: {facts['cash']:,.6f}.")


def _system() -> System:
    found = devnet.find()
    if found is None:
        raise SetupError("No devnet is up", "Start one: `pyvault devnet up`.")
    return System.attach(found.backend, deployment_path(CHAIN_ID, DEPLOYMENTS))


def _listed(system: System) -> tuple[Series, ...]:
    shown = listed_series(system)
    if not shown:
        raise SetupError("The market is not open", "Open it: `pyvault market open`.")
    return shown


def _series(system: System, expiry: str, strike: float, kind: Kind) -> Series:
    series = Series(expiry=_moment(expiry), strike=strike, kind=OptionKind(kind.value))
    if series not in _listed(system):
        rule = "must be listed; `pyvault market list` shows what is"
        raise InputError("series", f"{expiry} {strike:g} {kind.value}", rule)
    return series


def _moment(text: str) -> int:
    if text.isdecimal():
        return int(text)
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise InputError("expiry", text, "must be a day, YYYY-MM-DD, or unix seconds") from error
    return int(day.timestamp()) + EIGHT_S


def _positive(quantity: float) -> float:
    if not 0.0 < quantity < MOST:
        raise InputError("quantity", quantity, "must be positive, below 1e9; --sell sells")
    return quantity


def _amount(quote: float, name: str) -> float:
    if not 0.0 <= quote < MOST_QUOTE:
        raise InputError(name, quote, f"must be from zero to {MOST_QUOTE:g}")
    return quote


def _account(system: System, taker: str) -> int:
    mine = system.accounts(address_of(taker))
    if not mine:
        raise InputError("taker", taker, "must have traded; without --taker a quote is anybody's")
    return mine[0]


def _positions(system: System, account: int) -> list[dict[str, object]]:
    return [
        {"series_id": str(each.series_id), "quantity": from_wad(each.quantity)}
        for each in system.positions(account)
    ]
