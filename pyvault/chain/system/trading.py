"""Verbs of trading: list, quote, buy, sell, refresh, settle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

from pyvault.chain.backend import Receipt
from pyvault.chain.system.margin import Margin
from pyvault.errors import InputError
from pyvault.market.series import OptionKind, Series
from pyvault.units import to_wad

__all__ = ["FOREVER", "Refusal", "Trading", "series_id", "series_of", "wad_of"]

FOREVER = 2**48  # a deadline that never comes
WHATEVER = 2**127  # a limit that never binds
_STRIKE_UNITS = 10**8  # in 1
_STRIKE_BITS = 64

SeriesKey = int | Series
Quantity = int | float | Decimal | Fraction


class Refusal(IntEnum):
    """First rule that refuses a trade, as ``contracts/libs/admission.vy`` numbers them."""

    PASSES = 0
    RESTING = 1
    REJECTED = 2
    OUTFLOW = 3
    PAUSED = 4
    CUTOFF = 5
    SURFACE = 6
    STALE = 7
    EQUITY = 8
    NOTIONAL = 9
    DELTA_RANGE = 10
    CASH = 11
    STRESS = 12
    VEGA = 13
    GAMMA = 14
    DELTA = 15
    POSITION = 16
    PAYMENT = 17
    SELLING = 18
    PLACES = 19


def wad_of(number: Quantity, name: str = "quantity") -> int:
    """WAD integer of a quantity or price: an int is one already, any other number is converted exactly."""
    if isinstance(number, int):
        return number
    return to_wad(Fraction(number), name=name) if isinstance(number, Decimal) else to_wad(number, name=name)


def series_id(series: SeriesKey) -> int:
    """Id of a series, as ``OptionMarket.series_id`` gives it: expiry 40 | strike in 1e-8 64 | is_call 1.

    Raises
    ------
    InputError
        If the strike is not a multiple of 1e-8 below 2^64 of them.
    """
    if isinstance(series, int):
        return series
    strike_e8 = round(Fraction(series.strike) * _STRIKE_UNITS)
    if not 0 < strike_e8 < 2**_STRIKE_BITS or float(Fraction(strike_e8, _STRIKE_UNITS)) != series.strike:
        raise InputError("strike", series.strike, "must be a multiple of 1e-8 from 1e-8 to 1.8e11")
    return series.expiry << 65 | strike_e8 << 1 | (series.kind is OptionKind.CALL)


def series_of(number: int) -> Series:
    """Series of an id."""
    strike_e8 = number >> 1 & (2**_STRIKE_BITS - 1)
    kind = OptionKind.CALL if number & 1 else OptionKind.PUT
    return Series(expiry=number >> 65, strike=strike_e8 / _STRIKE_UNITS, kind=kind)


class Trading(Margin):
    """`OptionMarket` and `InventoryRisk`; totals and limits are raw, in the quote token's decimals.

    Quantities are WAD integers, or numbers of contracts when they are floats or decimals. A series is a
    `Series` or its id.
    """

    __slots__ = ()

    def list_strikes(self, expiry: int, strikes: Iterable[Quantity], caller: str | None = None) -> Receipt:
        """Open strikes of an expiry that the oracle and the surface know; the keeper's."""
        raw = [wad_of(each, "strike") for each in strikes]
        return self.act("market", "list_expiry", expiry, raw, caller=caller, role="keeper")

    def quote(self, series: SeriesKey, quantity: Quantity) -> Any:  # noqa: ANN401 - a struct of the contract
        """Quote of an opening trade; quantity > 0: the taker buys. ``refusal`` is a `Refusal`."""
        return self.part("market").call("quote", series_id(series), wad_of(quantity))

    def buy(
        self,
        actor: str,
        series: SeriesKey,
        quantity: Quantity,
        limit: int | None = None,
        account: int | None = None,
    ) -> int:
        """Buy; what was paid."""
        return self._trade(actor, series, wad_of(quantity), WHATEVER if limit is None else limit, account)

    def sell(
        self,
        actor: str,
        series: SeriesKey,
        quantity: Quantity,
        limit: int | None = None,
        account: int | None = None,
    ) -> int:
        """Sell; what was received. The quantity is positive."""
        return self._trade(actor, series, -wad_of(quantity), limit or 0, account)

    def trade_many(
        self,
        actor: str,
        legs: Sequence[tuple[SeriesKey, Quantity]],
        limit: int | None = None,
        account: int | None = None,
    ) -> int:
        """Trade a package; its signed total, positive paid."""
        mine = self.account_of(actor) if account is None else account
        raw = [(series_id(series), wad_of(quantity)) for series, quantity in legs]
        most = WHATEVER if limit is None else limit
        receipt = self.part("market").send("trade_many", mine, raw, most, FOREVER, sender=actor)
        return self._total(receipt)

    def trade_up_to(
        self, actor: str, series: SeriesKey, quantity: Quantity, limit: int, account: int | None = None
    ) -> tuple[int, int]:
        """Trade the largest part whose total respects a limit: quantity in WAD, and paid or received."""
        mine = self.account_of(actor) if account is None else account
        arguments = (mine, series_id(series), wad_of(quantity), limit, FOREVER)
        receipt = self.part("market").send("trade_up_to", *arguments, sender=actor)
        leg = self._events(receipt, "LegTraded")[0]
        return int(leg.quantity), abs(self._total(receipt))

    def preview(
        self, actor: str, legs: Sequence[tuple[SeriesKey, Quantity]], account: int | None = None
    ) -> Any:  # noqa: ANN401 - a struct of the contract
        """Charges part by part, and the first rule that would refuse the trade and by how much."""
        mine = self.account_of(actor) if account is None else account
        raw = [(series_id(series), wad_of(quantity)) for series, quantity in legs]
        return self.part("market").call("preview", mine, raw)

    def refresh(self, caller: str | None, expiry: int) -> Receipt:
        """Revalue an expiry until it is booked, and mark equity; anyone's, the keeper without a caller."""
        return self.act("market", "refresh", expiry, caller=caller, role="keeper")

    def settle_expiry(self, caller: str | None, expiry: int) -> Receipt:
        """Book the vault's side of a fixed expiry; anyone's, the keeper without a caller."""
        return self.act("market", "settle_expiry", expiry, caller=caller, role="keeper")

    def settle_account(self, caller: str | None, account: int, expiry: int) -> Receipt:
        """Turn an account's positions of a booked expiry into cash; anyone's, the keeper without a caller."""
        return self.act("market", "settle_account", account, expiry, caller=caller, role="keeper")

    def set_multiplier(self, multiplier: Quantity, caller: str | None = None) -> Receipt:
        """Set the factor on the half-spread; the keeper's."""
        raw = wad_of(multiplier, "multiplier")
        return self.act("risk", "set_multiplier", raw, caller=caller, role="keeper")

    def exposures(self, expiry: int | None = None) -> Any:  # noqa: ANN401 - a struct of the contract
        """Value and exposures of the vault's options, of one expiry or of all."""
        risk = self.part("risk")
        return risk.call("total_exposure") if expiry is None else risk.call("exposure_of", expiry)

    def stress(self) -> tuple[int, ...]:
        """The vault's loss in each of the 16 scenarios; WAD quote."""
        return tuple(self.part("risk").call("stress"))

    def _trade(self, actor: str, series: SeriesKey, quantity: int, limit: int, account: int | None) -> int:
        mine = self.account_of(actor) if account is None else account
        arguments = (mine, series_id(series), quantity, limit, FOREVER)
        return abs(self._total(self.part("market").send("trade", *arguments, sender=actor)))

    def _total(self, receipt: Receipt) -> int:
        return int(self._events(receipt, "Traded")[0].total)

    def _events(self, receipt: Receipt, name: str) -> list[Any]:
        found = self.part("market").occurrences(receipt)
        return [each.fields for each in found if each.name == name]
