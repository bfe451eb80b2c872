"""A spot oracle with doubles around it: feeds that misbehave, parameters without delays, a clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from eth_abi import decode, encode
from eth_utils import keccak
from pyrevm import EVM, BlockEnv
from reference.fixing import FeedRound
from support.evm import ERROR_STRING, ROOT, Reverted
from support.governance import artifact_of
from vyper.cli.vyper_compile import compile_files
from vyper.compiler.settings import OptimizationLevel, Settings

from pyvault.chain.parameters import WORDS

WAD = 10**18
DAY = 86_400
HOUR = 3_600
WINDOW_S = 1_800
EXPIRY = 20_000 * DAY + 8 * HOUR
START = EXPIRY - WINDOW_S
LISTED_AT = EXPIRY - 30 * DAY
PRIMARY, SECOND, GOVERNANCE = 1, 2, 4
NOBODY = "0x" + "00" * 20
OWNER, KEEPER, GUARDIAN, MARKET, STRANGER = ("0x" + f"{i:02x}" * 20 for i in (0xA1, 0xA2, 0xA3, 0xA4, 0xA5))
STATUSES = (
    "ACCEPTED",
    "SEQUENCER_UNREADABLE",
    "SEQUENCER_DOWN",
    "UNREADABLE",
    "DECIMALS_CHANGED",
    "NOT_POSITIVE",
    "INCOMPLETE",
    "TIME_UNSET",
    "TIME_IN_FUTURE",
    "STALE",
    "OUT_OF_BOUNDS",
    "SECOND_REJECTED",
    "DEVIATION",
)
STATUS = {1 << index: name for index, name in enumerate(STATUSES)}
MODES = (
    "HONEST",
    "REVERTS",
    "BURNS_GAS",
    "RETURNS_FOUR_WORDS",
    "RETURNS_NOTHING",
    "RETURNS_TEN_WORDS",
    "RETURNS_ONES",
    "RETURNS_ANOTHER_ROUND",
)


class Rules(NamedTuple):
    """Parameters that the oracle reads; prices in WAD."""

    max_age: int = 3_900
    floor: int = 100 * WAD
    cap: int = 100_000 * WAD
    max_deviation: int = 2 * 10**16
    max_gap: int = 7_200
    grace: int = 3_600

    def words(self) -> list[int]:
        lanes = [self.max_age, self.floor // 10**10, self.cap // 10**10, self.max_deviation]
        first = sum(lane << 64 * i for i, lane in enumerate(lanes))
        return [first, self.max_gap | self.grace << 64] + [0] * (WORDS - 2)


class Compiled(NamedTuple):
    initcode: bytes
    abi: list[dict[str, Any]]


@cache
def build(path: str) -> Compiled:
    if path.startswith("contracts/"):
        artifact = artifact_of(path.removeprefix("contracts/"))
        return Compiled(artifact.initcode, list(artifact.abi))
    settings = Settings(optimize=OptimizationLevel.GAS, evm_version="cancun")
    output = compile_files([str(ROOT / path)], ["abi", "bytecode"], settings=settings)[ROOT / path]
    return Compiled(bytes.fromhex(output["bytecode"][2:]), output["abi"])


def abi_type(item: dict[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return item["type"]
    return f"({','.join(map(abi_type, item['components']))}){item['type'].removeprefix('tuple')}"


class Clock:
    """An EVM whose blocks are as old as the test says."""

    def __init__(self, now: int = LISTED_AT) -> None:
        self.evm = EVM(spec_id="CANCUN")
        self.number = 1
        self.at(now)

    def at(self, now: int) -> None:
        """Begin a block at a time."""
        self.now = now
        self.number += 1
        self.evm.set_block_env(BlockEnv(number=self.number, timestamp=now))


class Deployed:
    """A contract whose functions are Python methods; `caller` and `gas` are keywords of every call."""

    def __init__(self, clock: Clock, path: str, *arguments: Any, deployer: str = OWNER) -> None:
        self.clock = clock
        made = build(path)
        self.abi = {entry["name"]: entry for entry in made.abi if entry["type"] == "function"}
        self.events = {}
        for entry in made.abi:
            if entry["type"] == "event":
                types = ",".join(map(abi_type, entry["inputs"]))
                self.events[keccak(text=f"{entry['name']}({types})")] = entry
        constructor = [entry for entry in made.abi if entry["type"] == "constructor"]
        types = [abi_type(item) for entry in constructor for item in entry["inputs"]]
        self.address = speak(clock.evm.deploy, deployer, made.initcode + encode(types, arguments))

    def __getattr__(self, name: str) -> Any:
        entry = self.__dict__["abi"][name]
        return lambda *arguments, **options: self.invoke(entry, arguments, **options)

    def invoke(
        self, entry: dict[str, Any], arguments: Sequence[Any], caller: str = STRANGER, gas: int | None = None
    ) -> Any:
        types = [abi_type(item) for item in entry["inputs"]]
        selector = keccak(text=f"{entry['name']}({','.join(types)})")[:4]
        data = selector + encode(types, arguments)
        evm = self.clock.evm
        try:
            returned = speak(evm.message_call, caller, self.address, calldata=data, gas=gas)
        finally:
            evm.reset_transient_storage()
        values = decode([abi_type(item) for item in entry["outputs"]], bytes(returned))
        return values[0] if len(values) == 1 else values or None

    def logs(self) -> list[tuple[str, dict[str, Any]]]:
        """Events of the last call, by name."""
        found = []
        for entry in self.clock.evm.result.logs:
            event = self.events[bytes.fromhex(entry.topics[0][2:])]
            plain = [item for item in event["inputs"] if not item["indexed"]]
            keyed = [item for item in event["inputs"] if item["indexed"]]
            data = decode([abi_type(item) for item in plain], bytes(entry.data[1]))
            values = {item["name"]: value for item, value in zip(plain, data, strict=True)}
            for item, topic in zip(keyed, entry.topics[1:], strict=True):
                values[item["name"]] = decode([abi_type(item)], bytes.fromhex(topic[2:]))[0]
            found.append((event["name"], values))
        return found


def speak(function: Any, *arguments: Any, **options: Any) -> Any:
    """Call into the EVM; a revert becomes `Reverted` with its reason."""
    try:
        return function(*arguments, **options)
    except RuntimeError as error:
        match = ERROR_STRING.search(str(error))
        reason = bytes.fromhex(match[2])[: int(match[1], 16)].decode() if match else ""
        raise Reverted(reason) from error


class Feed(Deployed):
    """The hostile feed; prices go in as WAD and come out in its decimals."""

    def __init__(self, clock: Clock, decimals: int = 8) -> None:
        super().__init__(clock, "tests/doubles/HostileFeed.vy", decimals)
        self.scale = 10 ** (18 - decimals)

    def say(self, latest: str = "HONEST", round: str = "HONEST", decimals: str = "HONEST") -> None:  # noqa: A002
        self.set_modes(MODES.index(latest), MODES.index(round), MODES.index(decimals))

    def write(self, history: Iterable[FeedRound]) -> None:
        rounds = [
            (
                item.round_id,
                item.price // self.scale,
                item.updated_at,
                item.updated_at,
                item.round_id if item.is_complete else item.round_id - 1,
            )
            for item in history
        ]
        for i in range(0, len(rounds), 1_000):
            self.set_rounds(rounds[i : i + 1_000])

    def quote(self, price: int, **fields: int) -> None:
        """Overwrite the latest round with an answer of now."""
        now = self.clock.now
        raw = {"round_id": 1, "answer": price // self.scale, "started_at": now, "updated_at": now}
        self.set_rounds([tuple((raw | {"answered_in": 1} | fields).values())])


class World:
    """One oracle on two feeds, a sequencer where asked for, and an expiry that is listed."""

    def __init__(
        self,
        *,
        rules: Rules | None = None,
        decimals: tuple[int, int] = (8, 8),
        has_second: bool = False,
        has_sequencer: bool = False,
        now: int = LISTED_AT,
    ) -> None:
        self.clock = Clock(now)
        self.rules = rules or Rules()
        self.primary, self.second = (Feed(self.clock, digits) for digits in decimals)
        self.sequencer = Feed(self.clock, 0)
        self.parameters = Deployed(
            self.clock, "tests/doubles/SettableParameters.vy", OWNER, KEEPER, GUARDIAN, self.rules.words()
        )
        self.oracle = Deployed(
            self.clock,
            "contracts/SpotOracle.vy",
            self.parameters.address,
            self.primary.address,
            self.second.address if has_second else NOBODY,
            self.sequencer.address if has_sequencer else NOBODY,
            MARKET,
        )

    def govern(self, **changes: int) -> None:
        self.rules = self.rules._replace(**changes)
        self.parameters.set_words(self.rules.words())

    def listed(self, expiry: int = EXPIRY) -> World:
        self.oracle.list_expiry(expiry, caller=KEEPER)
        return self

    def fix(self, first: int, rounds: int = 512, source: int = PRIMARY, **options: Any) -> bool:
        return self.oracle.fix_expiry(EXPIRY, source, first, rounds, **options)
