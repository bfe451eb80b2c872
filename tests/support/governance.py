"""`RiskParameters` in process, its roles by name, and transactions at exact times."""

from __future__ import annotations

from functools import cache

from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import OptimizationLevel, Settings

from pyvault.chain.artifacts import CONTRACTS, Artifact, load
from pyvault.chain.contract import Contract, deploy
from pyvault.chain.parameters import Kind, action_id, parameter
from pyvault.chain.revm import RevmBackend
from pyvault.errors import SetupError

OWNER = "0x" + "A1" * 20
GUARDIAN = "0x" + "B2" * 20
KEEPER = "0x" + "C3" * 20
STRANGER = "0x" + "D4" * 20
NEW_OWNER = "0x" + "E5" * 20
NOBODY = "0x" + "00" * 20

HOUR = 3_600
DAY = 24 * HOUR
LOOSENING = 48 * HOUR
TIGHTENING = HOUR
MARGIN_TIGHTENING = DAY
ORACLE = 6 * HOUR
GRACE = 7 * DAY


@cache
def artifact_of(path: str) -> Artifact:
    """Artifact of one contract below ``contracts/``: the built one, or compiled here if that is stale."""
    source = CONTRACTS / path
    try:
        return load(source.stem)
    except SetupError:
        pass
    output = compile_files(
        [str(source)],
        ["abi", "bytecode", "bytecode_runtime"],
        paths=[str(CONTRACTS)],
        settings=Settings(optimize=OptimizationLevel.GAS, evm_version="cancun"),
    )[source]
    return Artifact(
        name=source.stem,
        abi=tuple(output["abi"]),
        initcode=bytes.fromhex(output["bytecode"][2:]),
        runtime=bytes.fromhex(output["bytecode_runtime"][2:]),
        sources=(),
        source_hash="",
        compiler="",
    )


class Governed:
    """A chain, fresh unless given, with `RiskParameters` on it. Names of parameters stand for their ids."""

    def __init__(self, overrides=(), backend=None):
        self.backend = backend or RevmBackend()
        settings = [(parameter(name).id, value) for name, value in overrides]
        self.contract = deploy(
            self.backend, artifact_of("RiskParameters.vy"), (OWNER, GUARDIAN, KEEPER, settings)
        )

    @property
    def address(self):
        return self.contract.address

    def token(self) -> Contract:
        """Some other contract: what an oracle's address is."""
        return deploy(self.backend, artifact_of("devnet/DevnetToken.vy"), ("Token", "TKN", 18))

    def at(self, moment):
        """Let the next transaction happen at `moment`."""
        if moment - 1 > self.backend.now:
            self.backend.warp(moment - 1 - self.backend.now)
        assert self.backend.now == moment - 1
        return self

    def later(self, seconds):
        """Let the next transaction happen `seconds` after the latest block."""
        return self.at(self.backend.now + seconds)

    def send(self, function, *arguments, sender=OWNER):
        """Events of a transaction; ContractError if it reverts."""
        receipt = self.contract.send(function, *arguments, sender=sender)
        return [(event.name, event.fields._asdict()) for event in self.contract.occurrences(receipt)]

    def schedule(self, name, value, sender=OWNER):
        return self.send("schedule", parameter(name).id, value, sender=sender)

    def execute(self, name, sender=STRANGER):
        return self.send("execute", parameter(name).id, sender=sender)

    def ready_at(self, kind, index):
        return self.contract.call("action", action_id(kind, index)).ready_at

    def move(self, name, value):
        """Schedule and carry out at the first moment."""
        self.schedule(name, value)
        return self.at(self.ready_at(Kind.VALUE, parameter(name).id)).execute(name)

    def value(self, name):
        return self.contract.call("value", parameter(name).id)

    def call(self, function, *arguments):
        return self.contract.call(function, *arguments)
