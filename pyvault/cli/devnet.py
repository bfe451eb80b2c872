"""``pyvault devnet``: a local chain with the suite on it, that stays until it is told to go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pyvault.chain import devnet
from pyvault.chain.backend import CHAIN_ID
from pyvault.chain.system import System, SystemConfig
from pyvault.chain.system.deployment import DEPLOYMENTS, deployment_path
from pyvault.cli.output import JsonFlag, console, print_json, table
from pyvault.units import from_wad

__all__ = ["app"]

app = typer.Typer(help="A local chain with the suite deployed on it.", no_args_is_help=True)

Port = Annotated[int, typer.Option("--port", "-p", help="TCP port on loopback; 0 takes a free one.")]
Spot = Annotated[float, typer.Option("--spot", "-S", help="First price of the feed, quote per underlying.")]
Start = Annotated[
    int | None, typer.Option("--timestamp", help="Unix seconds of the first block; now without.")
]
Plan = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Target = Annotated[Path, typer.Argument(help="File of the saved state.")]


@app.command()
def up(
    *,
    port: Port = 8_545,
    spot: Spot = 3_000.0,
    timestamp: Start = None,
    dry_run: Plan = False,
    as_json: JsonFlag = False,
) -> None:
    """Start a node, deploy everything, and write deployments/31337.json."""
    if dry_run:
        _say({"would": "start a node and deploy the suite", "port": port, "spot": spot}, as_json=as_json)
        return
    started = devnet.bring_up(port=port, timestamp=timestamp, config=SystemConfig(spot=spot))
    _say({"url": started.url, "pid": started.pid, **_contracts(started)}, as_json=as_json)


@app.command()
def down(*, dry_run: Plan = False, as_json: JsonFlag = False) -> None:
    """Stop the node."""
    if dry_run:
        found = devnet.find()
        _say({"would": "stop", "url": found.url if found else None}, as_json=as_json)
        return
    _say({"stopped": devnet.bring_down().url}, as_json=as_json)


@app.command()
def status(*, as_json: JsonFlag = False) -> None:
    """Show where the node listens, its clock, the spot, and the contracts."""
    found = devnet.find()
    if found is None:
        _say({"up": False}, as_json=as_json)
        return
    system = _system(found)
    price, reading = system.spot()
    _say(
        {
            "up": True,
            "url": found.url,
            "block": system.backend.block,
            "timestamp": system.now,
            "spot": from_wad(price),
            "reading": reading.name,
            "paused": int(system.paused()),
            **_contracts(found),
        },
        as_json=as_json,
    )


@app.command()
def save(target: Target, *, dry_run: Plan = False, as_json: JsonFlag = False) -> None:
    """Write the whole state to a file."""
    if dry_run:
        _say({"would": f"write {target}"}, as_json=as_json)
        return
    _say({"saved": str(target), "block": devnet.save_state(target)}, as_json=as_json)


@app.command()
def load(source: Target, *, dry_run: Plan = False, as_json: JsonFlag = False) -> None:
    """Lay a saved state over the running node."""
    if dry_run:
        _say({"would": f"load {source}"}, as_json=as_json)
        return
    _say({"loaded": str(source), "block": devnet.load_state(source)}, as_json=as_json)


def _system(found: devnet.Devnet) -> System:
    return System.attach(found.backend, deployment_path(CHAIN_ID, DEPLOYMENTS))


def _contracts(found: devnet.Devnet) -> dict[str, object]:
    return {"contracts": {duty: each.address for duty, each in _system(found).contracts.items()}}


def _say(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    contracts = facts.pop("contracts", {})
    rows = [(name, str(value)) for name, value in {**facts, **dict(contracts)}.items()]  # type: ignore[call-overload]
    console.print(table("devnet", ["", ""], rows))
