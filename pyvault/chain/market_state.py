"""What the pricer is given for a trade, read from a deployed suite: the arguments of the exact twin."""

from __future__ import annotations

from pyvault.chain.system import SpotStatus, System, series_id
from pyvault.chain.system.trading import SeriesKey
from pyvault.errors import InputError
from pyvault.exact.fixing import WINDOW_S
from pyvault.exact.lanes import FIRST_WORD, WORDS
from pyvault.exact.quote import Book, Conditions, Curve, Leg
from pyvault.exact.resting import FREE, Fixed, fixed_so_far

__all__ = ["book_of", "conditions_of", "leg_of"]

_STRIKE_MASK = 2**64 - 1


def conditions_of(system: System) -> Conditions:
    """Market state as ``InventoryRisk`` passes it on, in the newest block.

    Raises
    ------
    InputError
        If the reading of spot is rejected: only closing trades are open then.
    """
    reading = system.part("spot_oracle").call("spot")
    if reading.status != SpotStatus.ACCEPTED:
        raise InputError("spot", SpotStatus(reading.status).name, "must be accepted")
    return Conditions(
        spot=reading.price,
        spot_low=reading.price,
        spot_high=reading.price,
        reading_age_s=system.now - reading.updated_at,
        reference_vol=system.part("vol_surface").call("reference_vol"),
        risk_budget=system.part("risk").call("risk_budget"),
        utilisation=system.part("risk").call("utilisation"),
        multiplier=system.part("risk").call("multiplier"),
        has_rebate=True,
        words=tuple(system.part("parameters").call("words", FIRST_WORD, WORDS)),
    )


def book_of(system: System, expiry: int) -> Book:
    """An expiry as ``InventoryRisk`` passes it on, but for its flow, which no spread depends on."""
    curve = system.part("vol_surface").call("slice_of", expiry)
    fixed = _fixed_so_far(system, expiry)
    return Book(
        time_s=max(expiry - system.now, 0),
        surface_age_s=system.now - curve.timestamp,
        gap=curve.gap,
        curve=Curve(curve.a, curve.b, curve.rho, curve.m, curve.sigma, curve.carry),
        flow=0,
        flow_age_s=0,
        flow_atm_vol=0,
        mean_vol=0,
        fixed_part=fixed.part,
        floating=fixed.floating,
        rate=system.part("market").call("interest_rate", expiry),
        positions=tuple(system.part("market").call("positions", expiry)),
    )


def leg_of(book: Book, series: SeriesKey, quantity: int) -> Leg:
    """A leg of one series of an expiry; `quantity` in WAD."""
    number = series_id(series)
    strikes = [word & _STRIKE_MASK for word in book.positions]
    return Leg(0, strikes.index(number >> 1 & _STRIKE_MASK), bool(number & 1), quantity)


def _fixed_so_far(system: System, expiry: int) -> Fixed:
    """Of the oracle in force, which is that of the listing unless governance has replaced it since."""
    if system.now + WINDOW_S <= expiry:
        return FREE
    found = system.part("spot_oracle").call("elapsed_average", expiry)
    last = system.exposures(expiry).refreshed_spot or system.part("spot_oracle").call("last_accepted").price
    return fixed_so_far(found.price, found.seconds, is_known=found.is_known, last=last)
