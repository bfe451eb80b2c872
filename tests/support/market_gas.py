"""Execution gas of market calls, from receipts of a node: less 21,000 and calldata, in the steady state.

Steady: 16 strikes with positions in the traded expiry, positions in two others, an account with cash and
other positions, caches of the last hour, and a reading that nobody has stored in the block of the trade yet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from support.world_gas import BEGIN, DAY, HOUR, INTRINSIC, calldata_gas

from pyvault.chain.anvil import running_anvil
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import SlicePost, System, series_id
from pyvault.chain.system.trading import wad_of
from pyvault.market.series import OptionKind, Series

TRADER = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"
DAYS = (8, 31, 60)
STRIKES = tuple(2_400.0 + 80.0 * i for i in range(16))
EXPIRIES = tuple(BEGIN + day * DAY + 8 * HOUR for day in DAYS)
TRADED = EXPIRIES[1]
FOREVER = 2**48
WHATEVER = 2**100


@dataclass
class Figure:
    """Execution gas of a call and of its parts, by the contract in which it was spent."""

    gas: int
    parts: dict[str, int]


def series(strike, kind=OptionKind.CALL, expiry=TRADED):
    return Series(expiry=expiry, strike=STRIKES[strike], kind=kind)


def stand(backend):
    """A market on a node, with positions in every strike of the traded expiry."""
    system = System.deploy(backend)
    for expiry in EXPIRIES:
        system.list_expiry(expiry)
    system.refresh_spot()
    slices = [SlicePost.of_numbers(expiry, a=0.36, b=0.1, rho=-0.2, m=0.0, sigma=0.3) for expiry in EXPIRIES]
    system.post_surface(slices, caller=system.config.owner)
    system.mine(1)
    system.provide(10_000_000 * 10**6)
    for expiry in EXPIRIES:
        system.list_strikes(expiry, STRIKES)
    system.fund(TRADER, "quote_token", 10**13)
    system.add_collateral(TRADER, "quote_token", 5 * 10**12)
    for _ in range(2):  # no account has room for sixteen positions
        other = system.open_account(TRADER)
        system.add_collateral(TRADER, "quote_token", 2 * 10**12, account=other)
    for i in range(16):
        kind = OptionKind.CALL if i > 8 else OptionKind.PUT
        system.buy(TRADER, series(i, kind), 2.0, account=2 + i % 2)
    for expiry in (EXPIRIES[0], EXPIRIES[2]):
        system.buy(TRADER, series(7, expiry=expiry), 3.0)
    system.buy(TRADER, series(7), 1.0)
    later(system)
    return system


def later(system):
    """Ten minutes on, with a new answer of the feed; every expiry is refreshed, and a block has passed."""
    system.warp(600)
    system.set_spot(3_000.0)
    for expiry in EXPIRIES:
        system.refresh(None, expiry)
    system.warp(12)
    system.set_spot(3_000.0)


def spent(system, part, function, *arguments, sender=TRADER):
    """Figure of one transaction."""
    contract = system.part(part)
    receipt = contract.transact(function, *arguments, sender=sender)
    assert receipt.status, receipt.reason
    outside = INTRINSIC + calldata_gas(contract.function(function).encode(arguments))
    parts = _parts(system, receipt)
    parts[part] -= outside
    return Figure(receipt.gas_used - outside, dict(parts.most_common()))


def _parts(system, receipt):
    """Gas of the newest transaction by contract, each frame less the frames that it called."""
    block = system.backend.request("eth_getBlockByNumber", hex(receipt.block), False)  # noqa: FBT003 - a flag of JSON-RPC
    (transaction,) = block["transactions"]
    frame = system.backend.request("debug_traceTransaction", transaction, {"tracer": "callTracer"})
    names = {contract.address.lower(): name for name, contract in system.contracts.items()}
    parts = Counter()

    def walk(frame):
        inner = sum(walk(each) for each in frame.get("calls", ()))
        gas = int(frame["gasUsed"], 16)
        parts[names[frame["to"].lower()]] += gas - inner
        return gas

    walk(frame)
    return parts


def measure_market():
    """Every figure; each call is taken back, so that all of them meet the same state."""
    with running_anvil(timestamp=BEGIN) as url:
        backend = RpcBackend(url)
        backend.set_balance(TRADER, 10**20)
        system = stand(backend)
        return {name: _tried(system, *call) for name, call in calls().items()}


def calls():
    """Function and arguments of `OptionMarket` by the name of what they do."""

    def trade(strike, quantity, limit):
        return "trade", 1, series_id(series(strike)), wad_of(quantity), limit, FOREVER

    package = [
        (series_id(series(strike)), wad_of(quantity))
        for strike, quantity in ((6, 1.0), (7, -0.5), (9, 1.0), (10, 1.0))
    ]
    return {
        "buy to open, a first position": trade(8, 2.0, WHATEVER),
        "buy to open, more of a position": trade(7, 2.0, WHATEVER),
        "sell to close": trade(7, -0.5, 0),
        "package of four legs, three of them first positions": ("trade_many", 1, package, WHATEVER, FOREVER),
        "refresh": ("refresh", TRADED),
        "quote": ("quote", series_id(series(8)), wad_of(2.0)),
    }


def _tried(system, function, *arguments):
    name = system.backend.snapshot()
    figure = spent(system, "market", function, *arguments)
    system.backend.revert(name)
    return figure
