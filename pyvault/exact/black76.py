"""Black's model of options on a forward; the twin of ``contracts/libs/math/black76.vy``.

The method, the names and the rounding are explained there. Everything is an integer: prices, volatilities and
rates in WAD, times in seconds.
"""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import exp, ln, normal, root
from pyvault.exact.arithmetic import of_integers, tdiv
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = [
    "MIN_DEVIATION",
    "Valuation",
    "black76",
    "discount_factor",
    "distance",
    "error_bound",
    "option_price",
    "tails",
    "time_value",
]

MIN_DEVIATION = 2**38
HALF_YEAR_S = SECONDS_PER_YEAR // 2
WAD_YEAR = WAD * SECONDS_PER_YEAR
MAX_ACCRUED = 33 * WAD_YEAR


class Valuation(NamedTuple):
    """Prices and Greeks of the call and the put of one strike, all WAD; the struct of ``IOptionPricer``."""

    call: int
    put: int
    delta_call: int
    gamma_f: int
    vega: int
    theta_call: int
    theta_put: int


@of_integers
def option_price(
    forward: int, strike: int, implied_vol: int, time_to_expiry_s: int, discount_factor: int, is_call: bool
) -> int:
    """Price of one European option on a forward, rounded down.

    Parameters
    ----------
    forward, strike
        WAD, from 1 to 2^128, within a factor 2^32 of each other.
    implied_vol
        WAD, below 2^64.
    time_to_expiry_s
        Seconds, below 2^32.
    discount_factor
        WAD, below 2^108.
    is_call
        Call or put.

    Raises
    ------
    ContractError
        With the contract's own reason.

    Notes
    -----
    Source: F. Black, "The pricing of commodity contracts" (1976), symmetrised. Proof: equals the compiled
    contract bit for bit (tests/parity), and mpmath within `error_bound` (tests/properties).
    """
    _require(_in_range(forward, strike), "pricer: price out of range")
    _require(0 <= implied_vol < 2**64, "pricer: volatility too large")
    _require(0 <= time_to_expiry_s < 2**32, "pricer: expiry too far")
    _require(0 <= discount_factor < 2**108, "pricer: discount too large")
    v = implied_vol * root.years(time_to_expiry_s) // WAD
    low, high = min(forward, strike), max(forward, strike)
    value = time_value(low, ln.ratio(high, low) if v >= MIN_DEVIATION else 0, v)
    if (forward > strike) == bool(is_call):
        value += abs(forward - strike)
    return value * discount_factor // WAD


@of_integers
def black76(forward: int, strike: int, implied_vol: int, time_to_expiry_s: int, rate: int) -> Valuation:
    """Prices and Greeks of the call and the put of one strike.

    Parameters
    ----------
    forward, strike, implied_vol, time_to_expiry_s
        As for `option_price`.
    rate
        WAD per year, at most 2^64 in size, and ``|rate|·time`` at most 33.

    Raises
    ------
    ContractError
        With the contract's own reason.

    Notes
    -----
    Proof: as for `option_price`.
    """
    _require(_in_range(forward, strike), "pricer: price out of range")
    _require(0 <= implied_vol < 2**64, "pricer: volatility too large")
    _require(0 <= time_to_expiry_s < 2**32, "pricer: expiry too far")
    discount = _discount_factor(rate, time_to_expiry_s)
    root_time = root.years(time_to_expiry_s)
    v = implied_vol * root_time // WAD
    if v < MIN_DEVIATION:
        return _intrinsic_valuation(forward, strike, time_to_expiry_s, rate, discount)

    a, b = min(forward, strike), max(forward, strike)
    near, far, density = tails(distance(ln.ratio(b, a), v), v)
    amplitude = a * density >> 128
    call = put = a * (near - far) >> 96
    if forward > strike:
        call = put + forward - strike
        density = density * a // b
        near = normal.CERTAIN - far * a // b
    else:
        put = call + strike - forward
    call = call * discount // WAD
    put = put * discount // WAD
    decay = (amplitude * v * HALF_YEAR_S // time_to_expiry_s >> 96) * discount // WAD
    return Valuation(
        call=call,
        put=put,
        delta_call=near * discount >> 96,
        gamma_f=((density << 96) // v >> 48) * discount >> 80,
        vega=(amplitude * root_time >> 96) * discount // WAD,
        theta_call=tdiv(rate * call, WAD) - decay,
        theta_put=tdiv(rate * put, WAD) - decay,
    )


@of_integers
def discount_factor(rate: int, time_to_expiry_s: int) -> int:
    """``e^(−rate·time)`` in WAD, rounded to nearest; the rate in WAD per year, the time in seconds.

    Raises
    ------
    ContractError
        ``pricer: expiry too far`` from 2^32 s; ``pricer: rate too large`` beyond `black76`'s bounds.
    """
    _require(0 <= time_to_expiry_s < 2**32, "pricer: expiry too far")
    return _discount_factor(rate, time_to_expiry_s)


@of_integers
def error_bound(forward: int, strike: int) -> int:
    """Largest error of a price: ``4e-18·max(F, K) + 4`` wei, rounded up; times the discount factor above 1.

    Raises
    ------
    ContractError
        ``pricer: price out of range`` unless both prices are from 1 to 2^128.
    """
    _require(_in_range(forward, strike), "pricer: price out of range")
    return -(-4 * max(forward, strike) // WAD) + 4


def distance(log_ratio: int, v: int) -> int:
    """``q = ln(b/a)/v − v/2``, all in Q96."""
    return tdiv(log_ratio << 96, v) - (v >> 1)


def tails(q: int, v: int) -> tuple[int, int, int]:
    """``N(−q)`` and ``n(q)·M(q + v)`` in Q96, and ``n(q)`` in Q128; of which prices and Greeks follow."""
    if q >= normal.LIMIT:
        return 0, 0, 0
    if q <= -normal.LIMIT:
        return normal.CERTAIN, 0, 0
    density = normal.density(q)
    near = normal.tail(q, density)
    far = density * normal.mills(q + v) >> 128 if q + v < normal.LIMIT else 0
    return near, min(far, near), density


def time_value(a: int, log_ratio: int, v: int) -> int:
    """Undiscounted price of the out-of-the-money option, rounded down: ``a = min(F, K)`` and ``ln(b/a)``."""
    if v < MIN_DEVIATION:
        return 0
    near, far, _ = tails(distance(log_ratio, v), v)
    return a * (near - far) >> 96


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ContractError(reason)


def _in_range(forward: int, strike: int) -> bool:
    return 0 < forward <= 2**128 and 0 < strike <= 2**128


def _discount_factor(rate: int, time_s: int) -> int:
    _require(abs(rate) <= 2**64, "pricer: rate too large")
    _require(abs(rate * time_s) <= MAX_ACCRUED, "pricer: rate too large")
    return exp.scaled(tdiv(rate * time_s << 96, WAD_YEAR), exp.TWO_WITH_HEADROOM, exp.HEADROOM) + 1 >> 1


def _intrinsic_valuation(forward: int, strike: int, time_s: int, rate: int, discount: int) -> Valuation:
    call = max(forward - strike, 0) * discount // WAD
    put = max(strike - forward, 0) * discount // WAD
    accrual = rate if time_s > 0 else 0
    return Valuation(
        call=call,
        put=put,
        delta_call=discount if forward > strike else discount // 2 if forward == strike else 0,
        gamma_f=0,
        vega=0,
        theta_call=tdiv(accrual * call, WAD),
        theta_put=tdiv(accrual * put, WAD),
    )
