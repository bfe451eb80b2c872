"""One trader at a whole market in process, and the edges of its rules, found by bisection."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest
from support.market_stand import stand_market
from support.trades import position

from pyvault.chain.system import SlicePost, System, series_id
from pyvault.chain.system.trading import Refusal
from pyvault.errors import ContractError
from pyvault.exact import book
from pyvault.exact.quote import Book, Curve
from pyvault.market.series import OptionKind, Series
from pyvault.units import WAD

TRADER = "0xBcd4042DE499D14e55001CcbB24a551F3b954096"
FOREVER = 2**48
QUOTE = 10**6  # token units in 1 quote
CASH = 50_000_000  # quote of the trader
STRIKES = (0.9, 0.95, 1.0, 1.05, 1.1)  # of spot


@dataclass
class Desk:
    """A market, and a trader with an account full of cash."""

    system: System
    expiries: tuple[int, ...]
    slices: dict[int, SlicePost]
    account: int

    @contextmanager
    def kept(self):
        """Take back whatever the block does."""
        name = self.system.snapshot()
        try:
            yield self
        finally:
            self.system.revert(name)

    def call(self, strike=3_000.0, expiry=1):
        """Id of a call; the expiry by its place."""
        return series_id(Series(expiry=self.expiries[expiry], strike=strike, kind=OptionKind.CALL))

    def put(self, strike=3_000.0, expiry=1):
        return self.call(strike, expiry) - 1

    def preview(self, *legs):
        """Preview of legs of (series, WAD quantity)."""
        return self.system.preview(TRADER, legs, account=self.account)

    def refusal(self, *legs):
        return Refusal(self.preview(*legs).refusal)

    def trade(self, *legs, limit=2**127, deadline=FOREVER, caller=TRADER):
        """Receipt of a package, reverted or not."""
        return self.system.raw(caller, "market", "trade_many", self.account, list(legs), limit, deadline)

    def fill(self, *legs):
        """Trade what must be admitted; its signed total."""
        return self.system.trade_many(TRADER, legs, account=self.account)

    def post(self, *places, **changes):
        """Post the slices of expiries anew, changed, and let them take effect."""
        chosen = [self.slices[self.expiries[place]] for place in places or range(len(self.expiries))]
        fields = [dict(zip(SlicePost.__slots__, each.as_tuple(), strict=True)) for each in chosen]
        self.system.post_surface([SlicePost(**(each | changes)) for each in fields])
        self.system.mine()

    def move_spot(self, price):
        """Publish a price; it is read from the next block on."""
        self.system.set_spot(price)
        self.system.mine()

    def unit(self, price, strike=3_000.0):
        """Values of one contract of the second expiry at a spot (WAD), by the twin of the contract."""
        expiry = self.expiries[1]
        posted = self.system.part("vol_surface").call("slice_of", expiry)
        known = {
            "time_s": expiry - self.system.now,
            "curve": Curve(*(getattr(posted, name) for name in Curve._fields)),
            "floating": WAD,
            "positions": (position(strike),),
        }
        held = Book(**(dict.fromkeys(Book._fields, 0) | known))
        return book.unit(book.terms(round(price), held), round(strike * WAD))

    def reject_spot(self, seconds=0):
        """Let every reading from now on be rejected, and time pass."""
        self.system.part("feed").send("push_answer", 0, sender=self.system.config.deployer)
        self.system.warp(max(seconds, 1))

    def last_admitted(self, legs_of, refused, admitted=0):
        """Largest number whose legs pass, between one that passes and one that does not."""
        assert self.refusal(*legs_of(refused)) != Refusal.PASSES
        while refused - admitted > 1:
            middle = (admitted + refused) // 2
            if self.refusal(*legs_of(middle)) == Refusal.PASSES:
                admitted = middle
            else:
                refused = middle
        return admitted


def heard(receipt):
    """The reason of a transaction; None if it went through."""
    return None if receipt.status else receipt.reason


def refused(reason):
    """What a call must raise that a contract refuses for that reason, no other."""
    return pytest.raises(ContractError, match=f"(^|: ){re.escape(reason)}$")


def stand_desk(strikes=STRIKES, parameters=(), **choices):
    """A fresh desk; choices as of `stand_market`."""
    stand = stand_market(strikes=strikes, parameters=parameters, **choices)
    system = stand.system
    unit = 10**system.config.quote_decimals
    account = system.open_account(TRADER)
    system.fund(TRADER, "quote_token", CASH * unit)
    system.add_collateral(TRADER, "quote_token", CASH * unit, account=account)
    return Desk(system, stand.expiries, dict(stand.slices), account)


@cache
def common_desk(*parameters):
    """One desk for all that choose the same parameters, as pairs; whoever changes it does so in ``kept``."""
    return stand_desk(parameters=parameters)
