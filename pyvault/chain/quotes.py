"""Quotes of a deployed market in plain numbers, and why they are what they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pyvault.chain.market_state import book_of, conditions_of, leg_of
from pyvault.chain.system import SpotStatus, System
from pyvault.chain.system.trading import Quantity, Refusal, wad_of
from pyvault.errors import InputError
from pyvault.exact.spread_parts import spread_parts
from pyvault.market.series import OptionKind, Series
from pyvault.units import WAD, from_wad, years

__all__ = ["TwoSided", "Why", "listed_series", "two_sided", "why"]

_QUOTE, _SECONDS, _CONTRACTS, _RATIO = "quote", "s", "contracts", ""
RULES: dict[Refusal, tuple[str, str]] = {  # what refuses, in words, and the unit of the excess
    Refusal.PASSES: ("nothing refuses it", _RATIO),
    Refusal.RESTING: ("the expiry rests in the half hour before it", _SECONDS),
    Refusal.REJECTED: ("the reading of spot is rejected, and the trade does not close", _RATIO),
    Refusal.OUTFLOW: ("closers were paid as much as an hour allows", _QUOTE),
    Refusal.PAUSED: ("the guardian has paused opening trades", _RATIO),
    Refusal.CUTOFF: ("too near to the expiry to open", _SECONDS),
    Refusal.SURFACE: ("the surface is too old or absent, or its gap is too large", _RATIO),
    Refusal.STALE: ("an expiry must be refreshed first", _RATIO),
    Refusal.EQUITY: ("the vault has too little equity", _QUOTE),
    Refusal.NOTIONAL: ("the trade is too small", _QUOTE),
    Refusal.DELTA_RANGE: ("the option's delta is too near to 0 or 1", _RATIO),
    Refusal.CASH: ("the vault's free cash would fall below its buffer", _QUOTE),
    Refusal.STRESS: ("the vault's loss in the worst scenario would pass its limit", _QUOTE),
    Refusal.VEGA: ("the vault's vega would pass its cap", _QUOTE),
    Refusal.GAMMA: ("the vault's gamma would pass its cap", _QUOTE),
    Refusal.DELTA: ("the vault's delta would pass its cap", _QUOTE),
    Refusal.POSITION: ("the vault's position in the series would pass its cap", _QUOTE),
    Refusal.PAYMENT: ("the account's cash does not suffice", _QUOTE),
    Refusal.SELLING: ("the account does not own as many contracts", _CONTRACTS),
    Refusal.PLACES: ("the account has as many positions as it may", _RATIO),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoSided:
    """One series both ways, in quote per contract; what the market refuses is NaN, the mid of a rest too."""

    expiry: int
    strike: float
    is_call: bool
    implied_vol: float
    bid: float
    mid: float
    ask: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A quote taken apart.

    Amounts in quote, of the whole quantity, but for ``mid`` (per contract). ``parts`` add up to
    ``half_spread``. ``excess`` is by how much the rule refuses, in ``excess_unit``; NaN where no account was
    named, which the rule needs. An expiry that rests has no price: its amounts are NaN, without parts.
    """

    expiry: int
    strike: float
    is_call: bool
    quantity: float
    implied_vol: float
    mid: float
    inventory_charge: float
    half_spread: float
    rebatable: float
    parts: dict[str, float]
    total: float
    refusal: str
    rule: str
    excess: float
    excess_unit: str

    @property
    def passes(self) -> bool:
        """Whether the trade would be admitted."""
        return self.refusal == Refusal.PASSES.name


def listed_series(system: System, expiries: Iterable[int] | None = None) -> tuple[Series, ...]:
    """Every series of the market, or of some expiries, by expiry, strike, call before put."""
    market = system.part("market")
    return tuple(
        Series(expiry=expiry, strike=strike, kind=kind)
        for expiry in (market.call("expiries") if expiries is None else expiries)
        for strike in sorted(from_wad(each) for each in market.call("strikes_of", expiry))
        for kind in (OptionKind.CALL, OptionKind.PUT)
    )


def two_sided(system: System, series: Series, quantity: Quantity = 1.0) -> TwoSided:
    """What the market pays and asks for a quantity of a series, each per contract."""
    size, unit = wad_of(quantity), 10**system.config.quote_decimals
    sides = [system.quote(series, signed) for signed in (-size, size)]
    bid, ask = (math.nan if each.refusal else each.total / unit / from_wad(size) for each in sides)
    return TwoSided(
        expiry=series.expiry,
        strike=series.strike,
        is_call=series.kind is OptionKind.CALL,
        implied_vol=_implied_vol(system, series),
        bid=bid,
        mid=math.nan if sides[0].refusal == Refusal.RESTING else from_wad(sides[0].mid),
        ask=ask,
    )


def why(system: System, series: Series, quantity: Quantity, account: int | None = None) -> Why:
    """A quote with its half-spread part by part, and the first rule that refuses it.

    Raises
    ------
    InputError
        If the series is not listed.
    """
    if series not in listed_series(system, [series.expiry]):
        raise InputError("series", str(series), "must be listed; `pyvault market list` shows those that are")
    size, unit = wad_of(quantity), 10**system.config.quote_decimals
    found = system.quote(series, size)
    charges, total, excess = found, found.total if size > 0 else -found.total, math.nan
    if account is not None:
        owner = system.part("engine").call("owner_of", account)
        charges = system.preview(owner, [(series, size)], account)
        total, excess = charges.total, charges.excess
    refusal = Refusal(charges.refusal)
    rule, measure = RULES[refusal]
    is_raw = refusal in (Refusal.OUTFLOW, Refusal.PAYMENT)
    known = math.nan if refusal == Refusal.RESTING else 1.0
    return Why(
        expiry=series.expiry,
        strike=series.strike,
        is_call=series.kind is OptionKind.CALL,
        quantity=size / WAD,
        implied_vol=_implied_vol(system, series),
        mid=known * from_wad(found.mid),
        inventory_charge=known * from_wad(charges.inventory_charge),
        half_spread=known * from_wad(charges.half_spread),
        rebatable=known * from_wad(charges.rebatable),
        parts=_parts(system, series, size) if refusal != Refusal.RESTING else {},
        total=known * total / unit,
        refusal=refusal.name,
        rule=rule,
        excess=excess / (1 if measure == _SECONDS else unit if is_raw else WAD),
        excess_unit=measure,
    )


def _parts(system: System, series: Series, quantity: int) -> dict[str, float]:
    """Half-spread part by part; none after a rejected reading."""
    if system.spot()[1] != SpotStatus.ACCEPTED:
        return {}
    book = book_of(system, series.expiry)
    parts = spread_parts(conditions_of(system), book, leg_of(book, series, quantity))
    return {name: from_wad(part) for name, part in parts.items()}


def _implied_vol(system: System, series: Series) -> float:
    """Volatility by the slice in effect; NaN while the reading of spot is rejected."""
    price, status = system.spot()
    if status != SpotStatus.ACCEPTED:
        return math.nan
    carry = from_wad(system.part("vol_surface").call("slice_of", series.expiry).carry)
    forward = from_wad(price) * math.exp(carry * years(series.expiry - system.now))
    return system.implied_vol(series.expiry, math.log(series.strike / forward))
