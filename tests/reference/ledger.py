"""Who has what, written down from events alone: it has never asked a contract for a sum."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

FIRST_SALE = 2**64  # ids of closing sales; below it expiries


@dataclass
class Debt:
    owed: int = 0
    funded: int = 0
    paid: int = 0


@dataclass
class Ledger:
    """Token units; positions in WAD contracts; the mark in WAD quote."""

    unit_wad: int
    cash: Counter = field(default_factory=Counter)  # by account
    positions: defaultdict = field(default_factory=lambda: defaultdict(Counter))  # account -> series
    traded: dict = field(default_factory=dict)  # series -> the vault's position, as LegTraded last said
    debts: defaultdict = field(default_factory=lambda: defaultdict(Debt))
    lp_cash: int = 0
    insurance: int = 0
    fees: int = 0
    net_assets: int = 0
    is_marked: bool = False  # by the last receipt

    @property
    def set_aside(self) -> int:
        return sum(debt.funded - debt.paid for debt in self.debts.values())

    @property
    def unfunded(self) -> int:
        return sum(debt.owed - debt.funded for debt in self.debts.values())

    def held(self, series: int) -> int:
        """Sum of the traders' positions."""
        return sum(each[series] for each in self.positions.values())

    def read(self, occurrences: list[Any]) -> None:
        """Write down what a transaction did, in the order in which it did it."""
        self.is_marked = False
        for event in occurrences:
            if write := getattr(self, re.sub("(?=[A-Z])", "_", event.name).lower(), None):
                write(event.fields)

    # The engine and the market

    def _collateral_added(self, event: Any) -> None:
        self.cash[event.account] += event.amount

    def _collateral_removed(self, event: Any) -> None:
        self.cash[event.account] -= event.amount

    def _leg_traded(self, event: Any) -> None:
        self.positions[event.account][event.series_id] += event.quantity
        self.traded[event.series_id] = event.position

    def _traded(self, event: Any) -> None:
        """What the vault cannot pay comes back as a debt, further down."""
        self.cash[event.account] -= event.total
        self.lp_cash += event.total
        self.trader = event.account

    def _account_settled(self, event: Any) -> None:
        mine = self.positions[event.account]
        for series in [each for each in mine if each >> 65 == event.expiry]:
            del mine[series]

    # The vault

    def _deposited(self, event: Any) -> None:
        self.lp_cash += event.amount
        self.net_assets += event.amount * self.unit_wad

    def _withdrawn(self, event: Any) -> None:
        self.lp_cash -= event.amount
        self.net_assets -= event.amount * self.unit_wad

    def _trade_booked(self, event: Any) -> None:
        self.lp_cash -= event.to_insurance + event.to_protocol
        self.insurance += event.to_insurance
        self.fees += event.to_protocol

    def _debt_booked(self, event: Any) -> None:
        debt = self.debts[event.debt_id]
        if event.debt_id >= FIRST_SALE:
            unpaid = event.owed - debt.owed
            self.lp_cash += unpaid
            self.cash[self.trader] -= unpaid
        self.lp_cash -= event.funded
        debt.owed, debt.funded = event.owed, debt.funded + event.funded

    def _debt_funded(self, event: Any) -> None:
        debt = self.debts[event.debt_id]
        assert debt.funded == event.previous
        self.lp_cash -= event.current - event.previous
        debt.funded = event.current

    def _debt_closed(self, event: Any) -> None:
        debt = self.debts[event.debt_id]
        assert debt.owed == event.previous
        left = min(debt.funded, event.current)
        self.lp_cash += debt.funded - left
        self.net_assets += (event.previous - event.current) * self.unit_wad  # what is owed no more
        debt.owed, debt.funded = event.current, left

    def _claimed(self, event: Any) -> None:
        self.debts[event.debt_id].paid += event.amount
        self.cash[event.account] += event.amount

    def _rewarded(self, event: Any) -> None:
        self.fees -= event.amount

    def _marked(self, event: Any) -> None:
        self.net_assets, self.is_marked = event.net_assets, True
