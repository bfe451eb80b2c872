"""The vault's books as a person would keep them: lists, dictionaries and exact fractions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

FUNDED_PER_CALL = 4


class Refused(Exception):  # noqa: N818 - it reads as what happened
    """The rules refuse a call."""


@dataclass
class Debt:
    """Who is owed what; `owed` may exceed the sum of the shares while claimants are still to come."""

    owed: int
    shares: dict[int, int] = field(default_factory=dict)
    paid: dict[int, int] = field(default_factory=dict)
    funded: int = 0

    @property
    def lacking(self) -> int:
        return self.owed - self.funded

    def due(self, account: int) -> int:
        """What an account may have now: its share of what is funded, less what it was paid."""
        if not self.owed:
            return 0
        part = Fraction(self.shares.get(account, 0), self.owed) * self.funded
        return floor(part) - self.paid.get(account, 0)


class Books:
    """Buckets in token units, worth `unit_wad` each; rates are fractions."""

    def __init__(self, unit_wad: int, first_sale: int, rates: dict[str, Fraction]) -> None:
        self.unit_wad, self.next_sale, self.rates = unit_wad, first_sale, rates
        self.cash = self.insurance = self.fees = self.receivable = 0
        self.net = self.exit_cost = 0  # WAD
        self.debts: dict[int, Debt] = {}  # in order of age
        self.waiting: list[int] = []  # debts not wholly funded, in order of age
        self.sales: set[int] = set()
        self.accounts: dict[int, int] = {}  # what the engine was paid for them

    @property
    def unfunded(self) -> int:
        return sum(debt.lacking for debt in self.debts.values())

    @property
    def set_aside(self) -> int:
        return sum(debt.funded - sum(debt.paid.values()) for debt in self.debts.values())

    @property
    def free(self) -> int:
        return max(self.cash - self.unfunded, 0)

    @property
    def equity(self) -> int:
        return self.net - self.exit_cost

    def deposit(self, amount: int) -> None:
        self.cash += amount
        self.net += amount * self.unit_wad
        self.fund()

    def withdraw(self, amount: int, loss: int, loss_share: Fraction) -> None:
        left = self.equity - amount * self.unit_wad
        is_possible = (
            self.unfunded == 0
            and amount <= self.cash
            and left >= 0
            and (self.cash - amount) * self.unit_wad >= floor(left * self.rates["CASH_BUFFER"])
            and loss <= floor(left * loss_share)
        )
        if not is_possible:
            raise Refused
        self.cash -= amount
        self.net -= amount * self.unit_wad

    def trade(self, account: int, change: int, charge: int) -> None:
        if change > 0:
            self.cash += change
            self.fund()
        elif change < 0:
            paid = min(-change, self.free)
            self.owe(account, -change - paid)
            self.cash -= paid
            self.pay(account, paid)
        target = floor(max(self.net, 0) * self.rates["INSURANCE_TARGET"]) // self.unit_wad
        wanted = floor(charge * self.rates["INSURANCE_SHARE"])
        insured = min(wanted, max(target - self.insurance, 0), self.free)
        earned = min(floor(charge * self.rates["PROTOCOL_SHARE"]), self.free - insured)
        self.cash -= insured + earned
        self.insurance += insured
        self.fees += earned

    def owe(self, account: int, amount: int) -> None:
        if not amount:
            return
        youngest = self.waiting[-1] if self.waiting else None
        if youngest not in self.sales or self.debts[youngest].funded:
            youngest, self.next_sale = self.next_sale, self.next_sale + 1
            self.sales.add(youngest)
            self.debts[youngest] = Debt(0)
            self.waiting.append(youngest)
        debt = self.debts[youngest]
        debt.owed += amount
        debt.shares[account] = debt.shares.get(account, 0) + amount

    def settle(self, expiry: int, owed: int, receivable: int) -> None:
        debt = Debt(owed, funded=min(owed, self.free))
        self.cash -= debt.funded
        self.debts[expiry] = debt
        self.receivable += receivable
        if debt.lacking:
            self.waiting.append(expiry)

    def sweep(self, expiry: int, account: int, share: int, is_last: bool) -> int:  # noqa: FBT001 - the ABI's flag
        debt = self.debts[expiry]
        debt.shares[account] = share
        if is_last:
            self.net += (debt.owed - sum(debt.shares.values())) * self.unit_wad
            debt.owed = sum(debt.shares.values())
            self.cash += max(debt.funded - debt.owed, 0)
            debt.funded = min(debt.funded, debt.owed)
            self.fund()
        return self.claim(expiry, account)

    def claim(self, debt_id: int, account: int) -> int:
        if debt_id not in self.debts:
            return 0
        debt = self.debts[debt_id]
        due = debt.due(account)
        debt.paid[account] = debt.paid.get(account, 0) + due
        self.pay(account, due)
        return due

    def pay(self, account: int, amount: int) -> None:
        self.accounts[account] = self.accounts.get(account, 0) + amount

    def fund(self) -> None:
        for debt_id in self.waiting[:FUNDED_PER_CALL]:
            debt = self.debts[debt_id]
            part = min(debt.lacking, self.cash)
            debt.funded += part
            self.cash -= part
            if debt.lacking:
                return
            self.waiting.remove(debt_id)

    def mark(self, option_value: int, exit_cost: int) -> None:
        self.net = (self.cash + self.receivable - self.unfunded) * self.unit_wad + option_value
        self.exit_cost = exit_cost
