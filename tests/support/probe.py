"""The probe contracts: compiled once, deployed on any backend."""

from __future__ import annotations

from functools import cache

from support.evm import ROOT
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import OptimizationLevel, Settings

from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.contract import deploy


@cache
def probe_artifact(name="Probe"):
    """One of tests/support/contracts, compiled as the build compiles."""
    path = ROOT / f"tests/support/contracts/{name}.vy"
    output = compile_files(
        [str(path)],
        ["abi", "bytecode", "bytecode_runtime"],
        paths=[str(ROOT)],
        settings=Settings(optimize=OptimizationLevel.GAS, evm_version="cancun"),
    )[path]
    return Artifact(
        name=name,
        abi=tuple(output["abi"]),
        initcode=bytes.fromhex(output["bytecode"][2:]),
        runtime=bytes.fromhex(output["bytecode_runtime"][2:]),
        sources=(),
        source_hash="",
        compiler="",
    )


def deploy_probe(backend, least=5, sender=DEPLOYER):
    return deploy(backend, probe_artifact(), [least], sender)
