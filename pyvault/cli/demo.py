"""``pyvault demo``: a devnet, the contracts on it, and a day of their market."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from pyvault.chain.anvil import anvil_version, running_anvil
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.pricer import Pricer
from pyvault.chain.rpc import RpcBackend
from pyvault.cli.demo_day import day_payload, day_tables, market_payload
from pyvault.cli.options import Unit
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.cli.warm import ensure_warm
from pyvault.demo.market_day import live_one_day
from pyvault.demo.quoted_chain import Expiry, count_strikes, value_chain
from pyvault.errors import ContractError, InputError
from pyvault.market.chain import OptionChain, PriceUnit, read_chain
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import Surface, fit_surface
from pyvault.units import WAD, to_wad

__all__ = ["demo"]

CLOCK_BEFORE_S = 3_600  # the devnet's clock starts an hour before the market's moment
TRANSACTION_GAS = 21_000
CALLDATA_GAS = {True: 4, False: 16}  # per zero byte, per other byte

ChainFile = Annotated[
    Path | None,
    typer.Option("--chain", help="Option chain to value; the built-in synthetic market without it."),
]


Seed = Annotated[int, typer.Option("--seed", help="Seed of the day's price path and takers.")]


def demo(
    *,
    chain: ChainFile = None,
    price_unit: Unit = PriceUnit.COIN,
    seed: Seed = 1,
    as_json: JsonFlag = False,
) -> None:
    """Start a devnet, deploy everything, value a chain of options, and trade it for a day, to settlement."""
    ensure_warm("price", "greeks", "surface", quiet=as_json)
    start = time.perf_counter()
    market = synthetic_chain() if chain is None else read_chain(chain, price_unit=price_unit)
    surface = fit_surface(market)
    with running_anvil(timestamp=int(market.timestamp) - CLOCK_BEFORE_S) as url:
        backend = RpcBackend(url)
        pricer = Pricer.deploy(backend)
        size = len(backend.code(pricer.contract.address))
        if not as_json:
            console.print(f"{anvil_version()} at {url}")
            console.print(f"OptionPricer at {pricer.contract.address}, {size:,} bytes")
        expiries = [expiry for expiry in _value(pricer, market, surface, quiet=as_json) if expiry.quotes]
        if not expiries:
            raise InputError("chain", market.source, "must list a strike near its forward, to be valued")
        gas = _execution_gas(backend, pricer, expiries[0])
        with console.status("a day passes on the devnet") if not as_json else nullcontext():
            day = live_one_day(backend, market, surface, seed)
    elapsed = time.perf_counter() - start
    worst = max(quote.float_error for expiry in expiries for quote in expiry.quotes)
    if as_json:
        print_json(
            {
                "pricer": pricer.contract.address,
                "runtime_bytes": size,
                "market": market.source,
                "expiries": [asdict(expiry) for expiry in expiries],
                "execution_gas": gas,
                "float_error": worst,
                "day": day_payload(day),
                **market_payload(day),
                "elapsed_s": round(elapsed, 3),
            }
        )
        return
    for expiry in expiries:
        console.print(_table(expiry))
    for part in day_tables(day):
        console.print(part)
    quoted = sum(len(expiry.quotes) for expiry in expiries)
    console.print(
        f"{2 * quoted} options of {len(expiries)} expiries valued on chain, {elapsed:.1f} s in all. "
        f"Farthest from double precision: {worst:.1e} of the forward. "
        f"Execution gas from receipts: {gas['option_price']:,} for one price, "
        f"{gas['black76']:,} for call and put with Greeks."
    )


def _value(pricer: Pricer, market: OptionChain, surface: Surface, *, quiet: bool) -> list[Expiry]:
    with Progress(console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("valuing the chain", total=count_strikes(market, surface))
        return list(value_chain(pricer, market, surface, lambda: progress.advance(task)))


def _execution_gas(backend: RpcBackend, pricer: Pricer, expiry: Expiry) -> dict[str, int]:
    """Gas of both entry points at the first strike: receipts less the transaction's base and calldata."""
    quote = expiry.quotes[0]
    numbers = [to_wad(value) for value in (expiry.forward, quote.strike, quote.implied_vol)]
    arguments = {
        "black76": [*numbers, expiry.time_to_expiry_s, 0],
        "option_price": [*numbers, expiry.time_to_expiry_s, WAD, True],
    }
    gas = {}
    for name, values in arguments.items():
        data = pricer.contract.functions[name].encode(values)
        receipt = backend.transact(pricer.contract.address, data, DEPLOYER)
        if not receipt.status:
            raise ContractError(receipt.reason, name)
        gas[name] = receipt.gas_used - TRANSACTION_GAS - sum(CALLDATA_GAS[byte == 0] for byte in data)
    return gas


def _table(expiry: Expiry) -> object:
    date = datetime.fromtimestamp(expiry.expiry, UTC).strftime("%Y-%m-%d %H:%M UTC")
    days = expiry.time_to_expiry_s / 86_400
    rows = []
    for quote in expiry.quotes:
        value = quote.value
        numbers = (value.call, value.put, value.delta_call, value.vega / 100, value.theta_call / 365)
        rows.append(
            [f"{quote.strike:g}", f"{quote.implied_vol:.2%}", *(f"{number / WAD:,.4f}" for number in numbers)]
        )
    columns = ["strike", "vol", "call", "put", "delta", "vega/pt", "theta/day"]
    return table(f"{date} · in {days:.3g} d · forward {expiry.forward:,.2f}", columns, rows)
