"""What the vault earned and by what: every change of its marked net assets N, part by part, to the wei.

Read from the events of the market, the vault and the spot oracle alone, so that anybody can repeat it. Trades
are split as they were charged; what happens to the options between two valuations is split by the exposures
of the first. What exposures do not explain is ``other``; what the contracts' divisions drop is ``rounding``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from pyvault.errors import InputError
from pyvault.exact import exposure_book, surface_pace
from pyvault.exact.arithmetic import tdiv
from pyvault.units import WAD

__all__ = ["PARTS", "Attribution", "Happening", "attribute", "by_epoch", "joined"]

YEAR_S = 365 * 86_400


class Happening(Protocol):
    """An event: its name, and its fields by name."""

    @property
    def name(self) -> str:
        """Name in the interface."""

    @property
    def fields(self) -> Any:  # noqa: ANN401 - as many shapes as there are events
        """Fields in the interface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One period, from a mark of N to the next; WAD quote, unix seconds.

    Parameters
    ----------
    start, end
        Times of the two marks; the first period starts with the record, where N is zero.
    change
        ΔN; equals ``capital`` and all other parts, added.
    capital
        What LPs paid in, less what they took out.
    spread
        What trades paid over mid and inventory charge, less what went to the insurance fund and the protocol.
    inventory
        Inventory charges I*, rebates negative.
    delta, gamma, vega, theta
        Value of the options, by the exposures when an expiry was last valued: spot to first and second
        order, at-the-money volatility moving all strikes in proportion, ``-½ S²Γ σ²`` a year.
    settlement
        Payoff of settled expiries less the value last marked, and what claimants' divisions left behind.
    other
        Value that the exposures do not explain: a smile that rides with the forward past the strikes, higher
        orders, carry.
    rounding
        Divisions of the contracts: some wei a mark.
    """

    start: int
    end: int
    change: int
    capital: int = 0
    spread: int = 0
    inventory: int = 0
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    theta: int = 0
    settlement: int = 0
    other: int = 0
    rounding: int = 0

    @property
    def profit(self) -> int:
        """ΔN without capital."""
        return self.change - self.capital


PARTS = tuple(each.name for each in fields(Attribution))[3:]


class _Moves(NamedTuple):
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    theta: int = 0


@dataclass(slots=True)
class _Held:
    """The vault's options in an expiry when they were last valued, and what has been counted since."""

    expiry: int
    time: int
    valued: Any  # the fields of Revalued
    counted: _Moves

    @property
    def value(self) -> int:
        """As counted so far."""
        return int(self.valued.value) + sum(self.counted)

    def moves(self, spot: int, vol: int, time: int) -> _Moves:
        """What the exposures say that the value has changed by; truncated."""
        then, moved = self.valued, spot - self.valued.spot
        gamma = tdiv(then.dollar_gamma * moved * moved, 2 * then.spot * then.spot)
        rolled = exposure_book.roll(then.dollar_delta, then.dollar_gamma, then.spot, spot)
        scale = surface_pace.step(WAD, self.expiry - self.time) * then.atm_vol  # n = vega σ u
        elapsed = max(min(time, self.expiry) - self.time, 0)  # nothing decays after the expiry
        variance = then.atm_vol * then.atm_vol * elapsed
        return _Moves(
            delta=rolled - gamma,
            gamma=gamma,
            vega=tdiv(then.scaled_vega * (vol - then.atm_vol) * WAD, scale),
            theta=-tdiv(then.dollar_gamma * variance, 2 * WAD * WAD * YEAR_S),
        )


class _Ledger:
    """Parts of the period that is open, and the options that it inherits."""

    def __init__(self, token_unit: int) -> None:
        self.unit, self.spot = token_unit, 0
        self.start: int | None = None
        self.net_assets = 0
        self.parts = dict.fromkeys(PARTS, 0)
        self.held: dict[int, _Held] = {}
        self.periods: list[Attribution] = []
        self.entries: dict[str, Callable[[int, Any], None]] = {
            "SpotRefreshed": self._spot_refreshed,
            "Deposited": self._deposited,
            "Withdrawn": self._withdrawn,
            "Revalued": self._revalued,
            "Traded": self._traded,
            "TradeBooked": self._trade_booked,
            "ExpirySettled": self._expiry_settled,
            "DebtClosed": self._debt_closed,
            "Marked": self._marked,
        }

    def take(self, time: int, event: Happening) -> None:
        """Enter one event; those that move no asset are passed over."""
        self.start = time if self.start is None else self.start
        if event.name in self.entries:
            self.entries[event.name](time, event.fields)

    def _spot_refreshed(self, _time: int, seen: Any) -> None:  # noqa: ANN401
        self.spot = seen.price or self.spot  # zero where it was rejected: the last accepted one stays

    def _deposited(self, _time: int, paid: Any) -> None:  # noqa: ANN401
        self.parts["capital"] += paid.amount * self.unit

    def _withdrawn(self, _time: int, taken: Any) -> None:  # noqa: ANN401
        self.parts["capital"] -= taken.amount * self.unit

    def _revalued(self, time: int, valued: Any) -> None:  # noqa: ANN401
        before = self.held.get(valued.expiry)
        counted = 0
        if before is not None:
            self._count(before, before.moves(valued.spot, valued.atm_vol, time))
            counted = before.value
        # A trade then moves the value by its mid, which `Traded` gives back.
        self.parts["other"] += valued.value - counted
        self.held[valued.expiry] = _Held(valued.expiry, time, valued, _Moves())

    def _traded(self, _time: int, trade: Any) -> None:  # noqa: ANN401
        self.parts["other"] += trade.mid
        self.parts["inventory"] += trade.inventory_charge
        self.parts["spread"] += trade.total * self.unit - trade.mid - trade.inventory_charge

    def _trade_booked(self, _time: int, booked: Any) -> None:  # noqa: ANN401
        self.parts["spread"] -= (booked.to_insurance + booked.to_protocol) * self.unit

    def _expiry_settled(self, _time: int, settled: Any) -> None:  # noqa: ANN401
        held = self.held.pop(settled.expiry, None)
        payoff = (settled.receivable - settled.owed) * self.unit
        self.parts["settlement"] += payoff - (0 if held is None else held.value)

    def _debt_closed(self, _time: int, closed: Any) -> None:  # noqa: ANN401
        self.parts["settlement"] += (closed.previous - closed.current) * self.unit

    def _marked(self, time: int, mark: Any) -> None:  # noqa: ANN401
        for held in self.held.values():  # the mark rolls every expiry to its spot
            self._count(held, held.moves(self.spot, held.valued.atm_vol, held.time))
        change = mark.net_assets - self.net_assets
        self.parts["rounding"] = change - sum(self.parts.values())
        start = time if self.start is None else self.start
        self.periods.append(Attribution(start=start, end=time, change=change, **self.parts))
        self.start, self.net_assets = time, mark.net_assets
        self.parts = dict.fromkeys(PARTS, 0)

    def _count(self, held: _Held, moves: _Moves) -> None:
        for name, now, before in zip(_Moves._fields, moves, held.counted, strict=True):
            self.parts[name] += now - before
        held.counted = moves


def attribute(happenings: Iterable[tuple[int, Happening]], *, token_unit: int) -> tuple[Attribution, ...]:
    """Every period between two marks.

    Parameters
    ----------
    happenings
        Time and event, in the order of the chain, from before the vault's first deposit on: those of
        `OptionMarket`, `InventoryRisk`, `LiquidityVault` and `SpotOracle`; others are passed over.
    token_unit
        WAD in a unit of the quote token.

    Raises
    ------
    InputError
        If the unit is not positive.

    Notes
    -----
    Proof: tests/unit/pyvault/test_attribution.py, on driven runs. A closing trade after a rejected reading
    has its mid at an end of a band; what that moves stands in ``other``.
    """
    if token_unit < 1:
        raise InputError("token_unit", token_unit, "must be at least 1")
    ledger = _Ledger(token_unit)
    for time, event in happenings:
        ledger.take(time, event)
    return tuple(ledger.periods)


def joined(periods: Sequence[Attribution]) -> Attribution:
    """Consecutive periods as one.

    Raises
    ------
    InputError
        If there is none.
    """
    if not periods:
        raise InputError("periods", periods, "must not be empty")
    sums = {name: sum(getattr(each, name) for each in periods) for name in ("change", *PARTS)}
    return Attribution(start=periods[0].start, end=periods[-1].end, **sums)


def by_epoch(periods: Iterable[Attribution], *, length_s: int) -> tuple[Attribution, ...]:
    """Periods joined by the epoch in which they end, counted from 1970; those without a mark are left out."""
    epochs = groupby(periods, key=lambda each: each.end // length_s)
    return tuple(joined(list(group)) for _, group in epochs)
