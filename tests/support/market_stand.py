"""A whole market in process, ready to trade, with a coalition of takers that acts many times in one block.

Everything stays as it was: sequences run as calls without effect, and ``kept`` takes back what a test does.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from support.probe import probe_artifact
from support.vol_surface import smile

from pyvault.chain.contract import Contract, deploy
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import SlicePost, System, SystemConfig, series_id
from pyvault.market.series import OptionKind, Series
from pyvault.units import WAD

DAY = 86_400
FUNDER = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"  # pays for the coalition
DAYS = (8, 31, 60)
STRIKES = (0.75, 0.9, 1.0, 1.1, 1.3)  # of spot
VOL = 0.8
EQUITY = 10_000_000  # quote
COALITION, OTHER = (1, 2), 3  # accounts


@dataclass
class MarketStand:
    """`System` with a posted surface, LP cash, series, and one `Taker` that owns all accounts."""

    system: System
    taker: Contract
    expiries: tuple[int, ...]
    series: tuple[int, ...]  # call and put of each strike, expiry by expiry
    spot: float
    slices: dict = field(default_factory=dict)  # as last posted, by expiry

    @property
    def unit(self):
        """WAD in a unit of the quote token."""
        return 10 ** (18 - self.system.config.quote_decimals)

    @contextmanager
    def kept(self):
        """Take back whatever the block does."""
        name = self.system.backend.snapshot()
        slices = dict(self.slices)
        try:
            yield self
        finally:
            self.system.backend.revert(name)
            self.slices = slices

    def contracts_worth(self, notional):
        """WAD contracts of a notional in quote."""
        return round(notional / self.spot * WAD)

    def try_out(self, actions, package=1, *, curious=True, accounts=COALITION):
        """Story of a sequence that leaves no trace; ``package=0`` keeps what it ends with."""
        return self.taker.call("run", actions, accounts, package, curious)

    def run(self, actions, package=0, *, curious=True, accounts=COALITION):
        """The same as a transaction, in the next block; its story."""
        arguments = (actions, accounts, package, curious)
        with self.kept():
            self.system.mine(1)
            story = self.taker.call("run", *arguments)
        self.taker.send("run", *arguments, sender=FUNDER)
        return story

    def post(self, *slices):
        """Post slices by the keeper and let them take effect."""
        self.system.post_surface(slices)
        self.slices |= {item.expiry: item for item in slices}
        self.system.mine(1)


def buy(account, *legs):
    """An action: a package; negative quantities are sold, as far as they are held."""
    return (account, 0, list(legs))


def refresh(expiry):
    """An action: revalue an expiry."""
    return (0, expiry, [])


def stand_market(
    *,
    spot=3_000.0,
    decimals=(6, 18),
    days=DAYS,
    strikes=STRIKES,
    vol=VOL,
    skew=-0.3,
    equity=EQUITY,
    cash=EQUITY,
    parameters=(),
):
    """A fresh market: `equity` and each account's `cash` in quote; decimals of quote and underlying."""
    config = SystemConfig(
        spot=spot,
        quote_decimals=decimals[0],
        underlying_decimals=decimals[1],
        parameters={"SPOT_FLOOR": "0.000001", "SPOT_CAP": 10_000_000} | dict(parameters),
    )
    system = System.deploy(RevmBackend(), config)
    expiries = tuple((system.now // DAY + day) * DAY + DAY // 3 for day in days)
    for expiry in expiries:
        system.list_expiry(expiry)
    system.set_spot(spot)
    system.refresh_spot()
    slices = [
        SlicePost(expiry=expiry, **fields_of(smile(vol, day, skew=skew)))
        for expiry, day in zip(expiries, days, strict=True)
    ]
    system.post_surface(slices, caller=config.owner)
    system.mine(1)
    raw = 10 ** decimals[0]
    system.provide(equity * raw)
    prices = [round(spot * each * 10**8) / 10**8 for each in strikes]
    for expiry in expiries:
        system.list_strikes(expiry, [round(each * 10**8) * 10**10 for each in prices])
    series = tuple(
        series_id(Series(expiry=expiry, strike=strike, kind=kind))
        for expiry in expiries
        for strike in prices
        for kind in (OptionKind.CALL, OptionKind.PUT)
    )
    addresses = [system.part(name).address for name in ("market", "engine", "risk")]
    taker = deploy(system.backend, probe_artifact("Taker"), addresses)
    for account in (*COALITION, OTHER):
        taker.send("open_account", sender=FUNDER)
        system.fund(FUNDER, "quote_token", cash * raw)
        system.add_collateral(FUNDER, "quote_token", cash * raw, account=account)
    system.set_spot(spot)
    system.mine(1)
    return MarketStand(
        system=system,
        taker=taker,
        expiries=expiries,
        series=series,
        spot=spot,
        slices={item.expiry: item for item in slices},
    )


def fields_of(curve):
    """Those of a posted slice, by name."""
    return {name: value for name, value in curve._asdict().items() if name != "timestamp"}


@cache
def market_stand(**choices):
    """One stand for the session by its choices, which must hash; whoever changes it does so in ``kept``."""
    return stand_market(**choices)
