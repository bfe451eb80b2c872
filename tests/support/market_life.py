"""Acts of traders and LPs on a whole market, each written down by a ledger that reads events alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from fractions import Fraction

from reference.ledger import Ledger
from support.market_days import REST_S, TRADERS, Days

from pyvault.chain.backend import Receipt
from pyvault.chain.system import SpotStatus, series_id, series_of
from pyvault.chain.system.trading import FOREVER, WHATEVER
from pyvault.market.series import OptionKind
from pyvault.units import WAD

OWNERS = {1: TRADERS[0], 2: TRADERS[0], 3: TRADERS[1], 4: TRADERS[2]}  # by account
PARTS = ("engine", "vault", "market")
NAMED = ("market: ", "margin: ", "vault: ", "risk: ")
QUOTE, UNDERLYING = "quote_token", "underlying_token"


def payoff(series: int, price: int) -> int:
    """WAD that a contract pays, from its words: max(S − K, 0) or max(K − S, 0)."""
    found = series_of(series)
    strike = round(Fraction(found.strike) * 10**8) * 10**10
    return max(price - strike, 0) if found.kind is OptionKind.CALL else max(strike - price, 0)


class Life:
    """A market with four accounts of three traders. `did` counts what happened, refusals by their reason."""

    def __init__(self, days: Days) -> None:
        self.days, self.system = days, days.system
        self.ledger = Ledger(days.unit_wad)
        self.gifts: Counter[tuple[str, str]] = Counter()
        self.operators: set[tuple[int, str]] = set()
        self.booked: dict[int, int] = {}  # expiry -> price
        self.did: Counter[str] = Counter()
        for account, owner in OWNERS.items():
            assert self.system.open_account(owner) == account

    def act(self, actor: str, part: str, function: str, *arguments: object) -> Receipt:
        """Send, and write down what happened. A refusal always names its reason."""
        receipt = self.system.raw(actor, part, function, *arguments)
        if receipt.status:
            self._write(receipt)
        else:
            assert receipt.reason.startswith(NAMED), (function, arguments, receipt.reason)
        self.did[f"{function}: {receipt.reason or 'done'}"] += 1
        return receipt

    def must(self, actor: str, part: str, function: str, *arguments: object) -> None:
        """The same of what nothing may refuse."""
        receipt = self.act(actor, part, function, *arguments)
        assert receipt.status, (function, arguments, receipt.reason)

    def _write(self, receipt: Receipt) -> None:
        by_address = {self.system.part(name).address: self.system.part(name) for name in PARTS}
        logs = [each for each in receipt.logs if each.address in by_address]
        self.ledger.read([by_address[log.address].events[log.topics[0]].decode(log) for log in logs])
        if self.ledger.is_marked:
            options = self.system.exposures().value
            assert self.ledger.net_assets == self.lp_cash * self.days.unit_wad + options

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Take back whatever the block does, in the books too."""
        name, kept = self.system.snapshot(), (deepcopy(self.ledger), dict(self.booked), self.days.spot)
        yield
        self.system.revert(name)
        self.ledger, self.booked, self.days.spot = kept

    @property
    def lp_cash(self) -> int:
        """Less all that is unfunded."""
        return self.ledger.lp_cash - self.ledger.unfunded

    @property
    def is_accepted(self) -> bool:
        return self.system.spot()[1] == SpotStatus.ACCEPTED

    def may_act(self, account: int, actor: str) -> bool:
        return actor == OWNERS[account] or (account, actor) in self.operators

    def to_book(self) -> list[int]:
        return [each for each in self.days.expiries if each not in self.booked]

    def name(self, pick: int) -> int:
        """One of the series that are not booked."""
        live = [each for each in self.days.every_series() if each.expiry not in self.booked]
        return series_id(live[pick % len(live)])

    def wake(self) -> None:
        """A fresh spot, surface, and value of every expiry that trades."""
        self.days.publish()
        for expiry in self.days.open_expiries():
            self.must(TRADERS[0], "market", "refresh", expiry)

    # Cash

    def pay_in(self, account: int, amount: int) -> None:
        raw = self._approved(OWNERS[account], "engine", amount)
        token = self.system.part(QUOTE).address
        self.must(OWNERS[account], "engine", "add_collateral", account, token, raw)

    def take_out(self, account: int, actor: str, percent: int) -> None:
        cash, token = self.ledger.cash[account], self.system.part(QUOTE).address
        amount = cash * percent // 100
        receipt = self.act(actor, "engine", "remove_collateral", account, token, amount)
        assert receipt.status == (self.may_act(account, actor) and amount <= cash)

    def name_operator(self, account: int, actor: str, is_operator: bool) -> None:  # noqa: FBT001 - the ABI's flag
        self.must(OWNERS[account], "engine", "set_operator", account, actor, is_operator)
        (self.operators.add if is_operator else self.operators.discard)((account, actor))

    def deposit(self, amount: int) -> None:
        raw = self._approved(self.system.config.lp_owner, "vault", amount)
        self.must(self.system.config.lp_owner, "vault", "deposit", raw)

    def withdraw(self, percent: int) -> None:
        amount = max(self.ledger.lp_cash, 0) * percent // 100
        self.act(self.system.config.lp_owner, "vault", "withdraw", amount)

    def give(self, part: str, token: str, amount: int) -> None:
        """A gift moves no number."""
        vault, raw = self.system.part("vault"), amount * self.days.unit
        before = (self.system.buckets(), self.system.nav(), vault.call("trading_state"))
        self.system.fund(self.system.part(part).address, token, raw)
        self.gifts[part, token] += raw
        assert before == (self.system.buckets(), self.system.nav(), vault.call("trading_state"))
        self.did["gift"] += 1

    def _approved(self, giver: str, receiver: str, amount: int) -> int:
        """Raw amount, with some odd units, ready to be taken."""
        raw = amount * self.days.unit + amount
        self.system.fund(giver, QUOTE, raw)
        self.system.part(QUOTE).send("approve", self.system.part(receiver).address, raw, sender=giver)
        return raw

    # Trades

    def buy(self, account: int, actor: str, pick: int, notional: int) -> None:
        if pick % 5 and not self.is_accepted:
            self.wake()
        quantity = self.days.contracts(notional)
        receipt = self.act(actor, "market", "trade", account, self.name(pick), quantity, WHATEVER, FOREVER)
        assert not receipt.status or self.may_act(account, actor)

    def sell(self, account: int, pick: int, percent: int) -> None:
        """While the price is accepted, nothing refuses a closing sale but an expiry that rests."""
        if not (held := sorted((i, size) for i, size in self.ledger.positions[account].items() if size)):
            return
        series, quantity = held[pick % len(held)]
        part = max(quantity * percent // 100, 1)
        is_open = self.is_accepted and series_of(series).expiry > self.system.now + REST_S + 1
        had = self.ledger.unfunded
        send = self.must if is_open else self.act
        send(OWNERS[account], "market", "trade", account, series, -part, 0, FOREVER)
        self.did["sale not paid"] += self.ledger.unfunded > had

    def trade_package(self, account: int, picks: list[int], notional: int) -> None:
        """Buys; of what the account holds, every other time it sells half."""
        legs = {}
        for pick in picks:
            series = self.name(pick)
            held = self.ledger.positions[account][series]
            legs[series] = -max(held // 2, 1) if pick % 2 and held > 0 else self.days.contracts(notional)
        self.act(OWNERS[account], "market", "trade_many", account, list(legs.items()), WHATEVER, FOREVER)

    def trade_up_to(self, account: int, pick: int, notional: int, percent: int) -> None:
        limit, quantity = self.days.unit * notional * percent // 1_000, self.days.contracts(notional)
        self.act(OWNERS[account], "market", "trade_up_to", account, self.name(pick), quantity, limit, FOREVER)

    # Settlement

    def settle(self, expiry: int, price: int) -> None:
        """Book a fixed expiry: the vault loses the payoff and the mark, to the unit."""
        options, mark = self.system.exposures().value, self.system.exposures(expiry).value
        cash, longs = self.lp_cash, self.longs_of(expiry)
        self.must(TRADERS[0], "market", "settle_expiry", expiry)
        self.booked[expiry] = price
        owed = sum(size * payoff(series, price) for series, size in longs.items())
        owed = owed // WAD // self.days.unit_wad
        debt = self.ledger.debts[expiry]
        assert debt.owed == owed
        assert self.lp_cash == cash - owed
        if self.is_accepted:
            # Three polynomials are rolled; the curvature of each is truncated before its product with spot.
            truncated = 3 * (int(self.days.spot) // 2 + 3)
            assert abs(self.system.exposures().value - (options - mark)) <= truncated
        self.did["settlement beyond cash"] += debt.funded < debt.owed

    def longs_of(self, expiry: int, account: int | None = None) -> Counter[int]:
        """Positions in an expiry, of one account or of all."""
        found: Counter[int] = Counter()
        for mine in self.ledger.positions.values() if account is None else [self.ledger.positions[account]]:
            found.update({series: size for series, size in mine.items() if series >> 65 == expiry})
        return found

    def entitlement(self, expiry: int, account: int) -> int:
        """What an account is settled to: truncated position by position, in favour of the vault."""
        price = self.booked[expiry]
        return sum(
            size * payoff(series, price) // WAD // self.days.unit_wad
            for series, size in self.longs_of(expiry, account).items()
        )

    def sweep(self, account: int, actor: str, expiry: int) -> None:
        """An account gets its entitlement; a second time it gets nothing."""
        share, had = self.entitlement(expiry, account), self.longs_of(expiry, account).total()
        self.must(actor, "market", "settle_account", account, expiry)
        if had:
            self.did["sweep"] += 1
            assert self.system.part("vault").call("entitlement_of", expiry, account)[0] == share
        cash = self.ledger.cash[account]
        self.must(actor, "market", "settle_account", account, expiry)
        assert self.ledger.cash[account] == cash

    def claim(self, account: int, actor: str, debt_id: int) -> None:
        had = self.ledger.cash[account]
        self.must(actor, "vault", "claim", debt_id, account)
        self.did["claim that paid"] += self.ledger.cash[account] > had

    def end(self, percent: int) -> None:
        """Spot moves so far, everybody sells what he can; then book, sweep, fund and claim all there is."""
        for expiry in self.to_book():
            self.settle(expiry, self.days.pass_expiry(expiry, self.days.spot * (100 + percent) / 100))
            self.wake()
            for account in OWNERS:
                self.sell(account, percent, 100)
            percent = 0
        for expiry in self.days.expiries:
            for account in reversed(OWNERS):
                self.sweep(account, TRADERS[0], expiry)
        if self.ledger.unfunded:
            self.deposit(self.ledger.unfunded // self.days.unit + 1)
        while self.system.part("vault").call("open_debts"):
            self.must(TRADERS[0], "vault", "fund_debts")
        for debt_id in self.ledger.debts:
            for account in OWNERS:
                self.claim(account, TRADERS[0], debt_id)
