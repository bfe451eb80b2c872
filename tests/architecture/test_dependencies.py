"""Every direct dependency is imported and answers one call: resolving is not proof that it works here."""

# ruff: noqa: PLC0415 - each import stands in its own call, so that a missing package fails alone

from __future__ import annotations

import ast
import importlib.metadata
import io
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.tree import ROOT

from pyvault.chain.anvil import anvil_version


def command(*arguments: str) -> str:
    """Output of a tool beside this interpreter."""
    tool, *rest = arguments
    path = str(Path(sys.executable).parent / tool)
    return subprocess.run([path, *rest], capture_output=True, text=True, check=True, timeout=60).stdout


def stub(package: str) -> object:
    """A stub package has no code: its file must parse."""
    files = importlib.metadata.files(package) or []
    first = next(file for file in files if file.name == "__init__.pyi")
    return ast.parse(Path(str(first.locate())).read_text(encoding="utf-8")).body


def apscheduler() -> object:
    from apscheduler.triggers.interval import IntervalTrigger

    return IntervalTrigger(seconds=5).interval.total_seconds() == 5.0


def coincurve() -> object:
    from coincurve import PrivateKey, verify_signature

    key = PrivateKey(b"\x01" * 32)
    return verify_signature(key.sign(b"tick"), b"tick", key.public_key.format())


def duckdb() -> object:
    import duckdb

    return duckdb.connect(":memory:").execute("select 6 * 7").fetchone() == (42,)


def eth_abi() -> object:
    from eth_abi.abi import decode, encode

    return decode(["uint256"], encode(["uint256"], [7])) == (7,)


def eth_utils() -> object:
    from eth_utils.crypto import keccak

    return keccak(b"").hex().startswith("c5d2460186f7")


def packaging() -> object:
    from packaging.requirements import Requirement

    return Requirement("numpy>=1.26").name == "numpy"


def numba() -> object:
    import numba

    return numba.njit(lambda x: x + 1)(41) == 42


def numpy() -> object:
    import numpy as np

    return np.arange(3).sum() == 3


def pandas() -> object:
    import pandas as pd

    return pd.Series([1, 2]).sum() == 3


def plotly() -> object:
    import plotly.graph_objects as go

    return json.loads(go.Figure(go.Scatter(y=[1, 2])).to_json())["data"][0]["type"] == "scatter"


def prometheus_client() -> object:
    from prometheus_client import CollectorRegistry, Counter, generate_latest

    registry = CollectorRegistry()
    Counter("ticks", "Ticks", registry=registry).inc()
    return b"ticks_total 1.0" in generate_latest(registry)


def pyarrow() -> object:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2]}), sink)
    return pq.read_table(io.BytesIO(sink.getvalue())).num_rows == 2


def pydantic_settings() -> object:
    from pydantic_settings import BaseSettings

    class Limits(BaseSettings):
        band: int = 3

    return Limits().band == 3


def pyrevm() -> object:
    from pyrevm import EVM

    return EVM(spec_id="CANCUN").get_balance("0x" + "11" * 20) == 0


def rich() -> object:
    from rich.console import Console

    screen = io.StringIO()
    Console(file=screen).print("[bold]vault[/bold]")
    return screen.getvalue() == "vault\n"


def scipy() -> object:
    from scipy.special import ndtr

    return ndtr(0.0) == 0.5


def snekmate() -> object:
    import snekmate

    return list(Path(snekmate.__path__[0]).rglob("ownable.vy"))


def structlog() -> object:
    import structlog

    return structlog.processors.JSONRenderer()(None, "", {"a": 1}) == '{"a": 1}'


def tenacity() -> object:
    from tenacity import retry, stop_after_attempt

    attempts = iter((ValueError, None))

    @retry(stop=stop_after_attempt(2))
    def fetch() -> int:
        if next(attempts):
            raise ValueError
        return 1

    return fetch() == 1


def typer() -> object:
    import typer
    from typer.testing import CliRunner

    app = typer.Typer()
    app.command()(lambda: typer.echo("ok"))
    return CliRunner().invoke(app).output == "ok\n"


def vyper() -> object:
    from vyper import compile_code

    return compile_code("x: public(uint256)", output_formats=["bytecode"])["bytecode"].startswith("0x")


def web3() -> object:
    from web3 import Web3

    return Web3.keccak(text="").hex().startswith("c5d2460186f7")


def ape() -> object:
    from ape.utils import ZERO_ADDRESS

    return int(ZERO_ADDRESS, 16) == 0 and "0.8" in command("ape", "--version")


def ape_vyper() -> object:
    import ape_vyper

    found = list(ape_vyper.register_compiler())
    return ".vy" in found[-2] and found[-1].__name__ == "VyperCompiler"


def ape_foundry() -> object:
    import ape_foundry

    return any(found[1] == "local" for found in ape_foundry.providers())


def evm_trace() -> object:
    from evm_trace import create_trace_frames

    frame = {"pc": 0, "op": "STOP", "gas": 5, "gasCost": 0, "depth": 1}
    return [trace.op for trace in create_trace_frames(iter([frame]))] == ["STOP"]


def dash() -> object:
    from dash import Dash, html

    app = Dash("vault")
    app.layout = html.Div("health")
    return "health" in json.dumps(app.layout.to_plotly_json())


def kaleido() -> object:
    import kaleido

    return kaleido.PageGenerator().generate_index().strip().startswith("<!DOCTYPE html>")


def dask() -> object:
    import dask

    return dask.delayed(sum)([1, 2]).compute(scheduler="synchronous") == 3


def distributed() -> object:
    from distributed.protocol import deserialize, serialize

    return deserialize(*serialize([1, 2])) == [1, 2]


def hypothesis() -> object:
    from hypothesis import find, strategies

    return find(strategies.integers(), lambda x: x > 4) == 5


def ipykernel() -> object:
    from ipykernel.kernelspec import get_kernel_dict

    return get_kernel_dict()["language"] == "python"


def mpmath() -> object:
    import mpmath

    return mpmath.mpf(2) ** 0.5 == mpmath.sqrt(2)


def nbclient() -> object:
    import nbformat
    from nbclient import NotebookClient

    return NotebookClient(nbformat.v4.new_notebook()).timeout is None


def nbformat() -> object:
    import nbformat

    return nbformat.validate(nbformat.v4.new_notebook()) is None


def pytest_timeout() -> object:
    import pytest_timeout

    return pytest_timeout.is_debugging() in (True, False)


def titanoboa() -> object:
    import boa

    return boa.loads("x: public(uint256)").x() == 0


CALLS: dict[str, Callable[[], object]] = {
    "apscheduler": apscheduler,
    "coincurve": coincurve,
    "duckdb": duckdb,
    "eth-abi": eth_abi,
    "eth-utils": eth_utils,
    "packaging": packaging,
    "numba": numba,
    "numpy": numpy,
    "pandas": pandas,
    "plotly": plotly,
    "prometheus-client": prometheus_client,
    "pyarrow": pyarrow,
    "pydantic-settings": pydantic_settings,
    "pyrevm": pyrevm,
    "rich": rich,
    "scipy": scipy,
    "snekmate": snekmate,
    "structlog": structlog,
    "tenacity": tenacity,
    "typer": typer,
    "vyper": vyper,
    "web3": web3,
    "ape-foundry": ape_foundry,
    "ape-vyper": ape_vyper,
    "eth-ape": ape,
    "evm-trace": evm_trace,
    "dash": dash,
    "kaleido": kaleido,
    "dask": dask,
    "distributed": distributed,
    "codespell": lambda: command("codespell", "--version"),
    "flit_core": lambda: __import__("flit_core.config").config.read_flit_config(ROOT / "pyproject.toml"),
    "hypothesis": hypothesis,
    "ipykernel": ipykernel,
    "mpmath": mpmath,
    "mypy": lambda: command("mypy", "--version"),
    "nbclient": nbclient,
    "nbformat": nbformat,
    "pandas-stubs": lambda: stub("pandas-stubs"),
    "pytest": lambda: pytest.approx(1.0) == 1.0,
    "pytest-timeout": pytest_timeout,
    "ruff": lambda: command("ruff", "--version"),
    "scipy-stubs": lambda: stub("scipy-stubs"),
    "titanoboa": titanoboa,
    "uv": lambda: command("uv", "--version"),
    "@foundry-rs/anvil-linux-amd64": anvil_version,
}


def declared() -> set[str]:
    """Names of the direct dependencies in ``pyproject.toml``, extras included, and ``package.json``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    node = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {re.split(r"[<>=!~\[; ]", line)[0] for line in (*project["dependencies"], *extras)} | set(node)


def test_table_of_calls__names_every_direct_dependency_and_no_other():
    assert set(CALLS) == declared()


@pytest.mark.parametrize("name", CALLS)
def test_dependency__one_call__answers(name):
    assert CALLS[name]()
