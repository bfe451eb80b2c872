"""The probe contract: compiled once, deployed on any backend."""

from __future__ import annotations

from functools import cache

from support.evm import ROOT
from vyper.cli.vyper_compile import compile_files

from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.contract import deploy


@cache
def probe_artifact():
    path = ROOT / "tests/support/contracts/Probe.vy"
    output = compile_files([str(path)], ["abi", "bytecode", "bytecode_runtime"])[path]
    return Artifact(
        name="Probe",
        abi=tuple(output["abi"]),
        initcode=bytes.fromhex(output["bytecode"][2:]),
        runtime=bytes.fromhex(output["bytecode_runtime"][2:]),
        source_hash="",
        compiler="",
    )


def deploy_probe(backend, least=5, sender=DEPLOYER):
    return deploy(backend, probe_artifact(), [least], sender)
