"""The ``pyvault`` command: parse, call, print, and nothing else.

Exit codes: 0 done · 1 a defect in pyvault (with traceback) · 2 bad input · 3 something is not set up · 4 the
chain or a contract refused · 130 interrupted · 141 nobody reads the output any more.
"""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from pyvault import __version__
from pyvault.cli import demo, devnet, doctor, greeks, market, quote, surface, warm
from pyvault.errors import ChainError, PyvaultError, SetupError

__all__ = ["app", "main"]

EXIT_INPUT, EXIT_SETUP, EXIT_CHAIN, EXIT_INTERRUPTED, EXIT_UNREAD = 2, 3, 4, 130, 141

app = typer.Typer(
    name="pyvault",
    help="An options liquidity vault: quote, value, fit, and run it on a local devnet.",
    epilog="Exit codes: 2 bad input, 3 something is not set up (see `pyvault doctor`), 4 the chain refused.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("quote")(quote.quote)
app.command("greeks")(greeks.greeks)
app.add_typer(surface.app, name="surface")
app.command("demo")(demo.demo)
app.add_typer(devnet.app, name="devnet")
app.add_typer(market.app, name="market")
app.command("doctor")(doctor.doctor)
app.command("warm")(warm.warm)


def _version(value: bool) -> None:  # noqa: FBT001 - typer passes it by position
    if value:
        typer.echo(f"pyvault {__version__}")
        raise typer.Exit


_Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
]


@app.callback()
def _options(*, version: _Version = False) -> None:
    """Options shared by all commands."""


def main() -> None:
    """Run the command line; expected errors become one line and an exit code.

    Being told to end (SIGTERM, SIGHUP) unwinds like an interrupt, so that a node never outlives its program.
    """
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.default_int_handler)
    try:
        app()
    except PyvaultError as error:
        typer.secho(f"pyvault: {error}", fg=typer.colors.RED, err=True)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # the printers' own way out, with status 1
            sys.exit(EXIT_UNREAD)
        raise


def _exit_code(error: PyvaultError) -> int:
    if isinstance(error, SetupError):
        return EXIT_SETUP
    return EXIT_CHAIN if isinstance(error, ChainError) else EXIT_INPUT
