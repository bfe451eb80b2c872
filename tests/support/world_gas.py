"""Execution gas of the world's calls, from receipts of a node: less 21,000 and calldata, in the steady state.

Steady: whatever a call writes was written before, but where it says otherwise. A view is sent as transaction:
its storage is cold. The node starts at a fixed time, so the figures repeat to the unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.governance import GUARDIAN, KEEPER, LOOSENING, NEW_OWNER, NOBODY, OWNER, Governed, artifact_of
from support.oracle import DAY, HOUR, PRIMARY, WINDOW_S
from support.vol_surface import Surface, shifted, smile

from pyvault.chain.anvil import running_anvil
from pyvault.chain.backend import DEPLOYER, Receipt
from pyvault.chain.contract import Contract, deploy
from pyvault.chain.parameters import Kind, OracleSlot, Pause, Role, parameter
from pyvault.chain.rpc import RpcBackend
from pyvault.errors import ContractError

BEGIN = 20_000 * DAY  # midnight
INTRINSIC = 21_000
DAYS = (3, 7, 14, 30, 45, 60, 90, 120, 180, 300)
ROUNDS = 362  # of a window in which the feed answers every five seconds
BATCH = 128
STEP = "SURFACE_STEP"
DRIFT = 0.02

Table = dict[str, int]


def drifts(table, snapshot):
    """Calls that one of the two lacks, or whose gas has moved by more than the drift allowed."""
    gone = sorted(table.keys() ^ snapshot.keys())
    moved = [
        name
        for name in snapshot
        if name in table and abs(table[name] - snapshot[name]) > DRIFT * snapshot[name]
    ]
    return gone + moved


@contextmanager
def fresh_node() -> Iterator[RpcBackend]:
    """A node at a fixed time, on which every role can send."""
    with running_anvil(timestamp=BEGIN) as url:
        backend = RpcBackend(url)
        for who in (OWNER, GUARDIAN, KEEPER, NEW_OWNER):
            backend.set_balance(who, 10**20)
        yield backend


def calldata_gas(data: bytes) -> int:
    return sum(16 if byte else 4 for byte in data)


def spent(contract: Contract, function: str, *arguments: object, sender: str = OWNER) -> int:
    """Execution gas of one transaction."""
    receipt = contract.transact(function, *arguments, sender=sender)
    if not receipt.status:
        raise ContractError(receipt.reason, function)
    return execution(contract, receipt, function, *arguments)


def execution(contract: Contract, receipt: Receipt, function: str, *arguments: object) -> int:
    return receipt.gas_used - INTRINSIC - calldata_gas(contract.function(function).encode(arguments))


def feed_at(backend: RpcBackend, price: int) -> Contract:
    feed = deploy(backend, artifact_of("devnet/DevnetFeed.vy"), (8, "WETH / USDC"))
    feed.send("push_answer", price, sender=DEPLOYER)
    return feed


def oracle_on(backend: RpcBackend, *feeds: Contract) -> Contract:
    """A spot oracle under true parameters, on one feed or two."""
    addresses = [feed.address for feed in feeds] + [NOBODY] * (3 - len(feeds))
    arguments = (Governed(backend=backend).address, *addresses, NOBODY)
    return deploy(backend, artifact_of("SpotOracle.vy"), arguments)


def spot_gas(backend: RpcBackend) -> Table:
    """The first reading of a block: stored, and only read."""
    table = {}
    for name, count in (("one source", 1), ("two sources", 2)):
        feeds = [feed_at(backend, 3_000 * 10**8) for _ in range(count)]
        oracle = oracle_on(backend, *feeds)
        for _ in range(2):
            spent(oracle, "refresh")
        table[f"SpotOracle.refresh, {name}"] = spent(oracle, "refresh")
        table[f"SpotOracle.spot, {name}"] = spent(oracle, "spot")
    return table


def fixing_gas(backend: RpcBackend) -> Table:
    """A window of 362 rounds: in one call, and the first hundred of them as a part that stores its cursor."""
    feed = feed_at(backend, 3_000 * 10**8)
    oracle, other = oracle_on(backend, feed), oracle_on(backend, feed)
    expiry = (backend.now // DAY + 1) * DAY + 8 * HOUR
    for each in (oracle, other):
        each.send("list_expiry", expiry, sender=KEEPER)
    start = expiry - WINDOW_S
    backend.warp(expiry + HOUR - backend.now)
    begin = 1 << 64
    rounds = [
        (begin + 2 + i, (3_000 - i) * 10**8, start - 3 + 5 * i, start - 3 + 5 * i, begin + 2 + i)
        for i in range(ROUNDS)
    ]
    for i in range(0, ROUNDS, BATCH):
        feed.send("set_rounds", rounds[i : i + BATCH], sender=DEPLOYER)
    part = spent(other, "fix_expiry", expiry, PRIMARY, begin + 2, 100)
    whole = spent(oracle, "fix_expiry", expiry, PRIMARY, begin + 2, 512)
    assert oracle.call("settlement_price", expiry) > 0
    return {
        "SpotOracle.fix_expiry, 100 rounds of 362": part,
        f"SpotOracle.fix_expiry, {ROUNDS} rounds": whole,
    }


def parameters_gas(backend: RpcBackend) -> Table:
    """Scheduling, carrying out, pausing. The value has moved six times: its ring of four is full."""
    governed = Governed(backend=backend)
    step = parameter(STEP).id
    for i in range(6):
        governed.move(STEP, (49 - i % 2) * 10**14)
        backend.warp(DAY)
    table: Table = {}

    def measure(name: str, function: str, *arguments: object, sender: str = OWNER) -> None:
        table[f"RiskParameters.{name}"] = spent(governed.contract, function, *arguments, sender=sender)

    measure("schedule", "schedule", step, 49 * 10**14)
    backend.warp(LOOSENING)
    measure("execute", "execute", step)
    measure("schedule_bounds", "schedule_bounds", step, 10**15, 10**16)
    measure("cancel", "cancel", Kind.BOUNDS << 64 | step)
    measure("schedule_role", "schedule_role", Role.KEEPER, NEW_OWNER)
    backend.warp(LOOSENING)
    measure("execute_role", "execute_role", Role.KEEPER)
    governed.send("schedule_oracle", OracleSlot.SPOT_ORACLE, governed.token().address)
    measure("execute_oracle, the first", "execute_oracle", OracleSlot.SPOT_ORACLE)
    measure("pause, the first", "pause", Pause.POSTS, sender=GUARDIAN)
    measure("pause, a further one", "pause", Pause.OPENING, sender=GUARDIAN)
    measure("words, three", "words", 2, 3)
    measure("words_at, two of an old version", "words_at", 1, 0, 2)
    return table


def surface_gas(backend: RpcBackend) -> Table:
    """Ten live expiries, of each of which both versions have been written."""
    surface = Surface(backend, days=DAYS)
    days = dict(zip(surface.expiries, DAYS, strict=True))
    surface.start({expiry: smile(days=each) for expiry, each in days.items()})
    for points in (0.02, 0.04):
        surface.post({expiry: shifted(smile(days=each), points) for expiry, each in days.items()})

    def post(points: float, chosen: list[int]) -> int:
        slices = {expiry: shifted(smile(days=days[expiry]), points) for expiry in chosen}
        receipt = surface.post(slices)
        posts = [(expiry, *curve[:7]) for expiry, curve in slices.items()]
        return execution(surface.contract, receipt, "post", surface.sequence, surface.backend.now, posts)

    month = surface.expiries[3]
    table = {
        "VolSurface.post, one expiry between two": post(0.08, [month]),
        "VolSurface.post, ten expiries": post(0.1, surface.expiries),
    }
    surface.later(1)
    views: dict[str, tuple[int, ...]] = {
        "slice_of": (month,),
        "latest_slice": (month,),
        "implied_vol": (month, 10**16),
        "status": (month,),
        "room": (month,),
    }
    return table | {
        f"VolSurface.{name}": spent(surface.contract, name, *each) for name, each in views.items()
    }


MEASURES: tuple[Callable[[RpcBackend], Table], ...] = (spot_gas, fixing_gas, parameters_gas, surface_gas)


def measure_world() -> Table:
    """Every figure, each group on a node of its own."""
    table: Table = {}
    for group in MEASURES:
        with fresh_node() as backend:
            table |= group(backend)
    return table
