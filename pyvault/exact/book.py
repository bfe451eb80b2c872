"""The book of an expiry; the twin of ``contracts/libs/math/book.vy``, where the method is explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import black76, ln, normal, root, surface_guard, surface_pace
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.fixing import WINDOW_S
from pyvault.exact.lanes import Parameters
from pyvault.exact.quote import Book, BookRisk
from pyvault.exact.surface_guard import Slice
from pyvault.units import WAD

__all__ = [
    "Sums",
    "Terms",
    "Unit",
    "exit_cost",
    "log_moneyness",
    "position",
    "risk",
    "strike",
    "sums",
    "terms",
    "unit",
    "volatility",
    "word",
]

MAX_FORWARD = 2**98
PRICE_UNIT = 10**10
AVERAGED_S = WINDOW_S * 2 // 3


class Terms(NamedTuple):
    """What the strikes of an expiry share."""

    time_s: int
    forward: int
    floating_forward: int
    discount: int
    discounted_floating: int
    gamma_scale: int
    root_time: int
    vega_scale: int
    atm_vol: int
    curve: Slice


class Unit(NamedTuple):
    """Values of one contract, call and put of a strike."""

    call: int
    put: int
    delta_call: int
    delta_put: int
    gamma: int
    vega: int
    volatility: int
    probability: int
    intrinsic_call: int
    intrinsic_put: int
    error: int


class Sums(NamedTuple):
    """Sums of quantity times unit over the positions, net and gross, WAD^2; contracts in WAD."""

    value: int = 0
    delta: int = 0
    gamma: int = 0
    vega: int = 0
    contracts: int = 0
    gross_value: int = 0
    gross_delta: int = 0
    gross_vega: int = 0


def terms(spot: int, book: Book) -> Terms:
    """What the strikes of an expiry share.

    Raises
    ------
    ContractError
        ``pricer: expiry too far`` from 2^32 s; ``book: forward out of range`` unless it is from 1 to 2^98;
        the reasons of `surface_guard.check_shape`; ``pricer: rate too large``.
    """
    curve = Slice(*book.curve)
    surface_guard.check_shape(curve)
    growth = black76.discount_factor(-curve.carry, book.time_s)
    floating = spot * book.floating // WAD * growth // WAD
    forward = book.fixed_part + floating
    if not 0 < forward <= MAX_FORWARD:
        raise ContractError("book: forward out of range")
    discount = black76.discount_factor(book.rate, book.time_s)
    variance_time = book.time_s - AVERAGED_S if book.time_s > WINDOW_S else book.time_s // 3
    return Terms(
        time_s=book.time_s,
        forward=forward,
        floating_forward=floating,
        discount=discount,
        discounted_floating=discount * floating // WAD,
        gamma_scale=floating * floating // forward,
        root_time=root.years(variance_time),
        vega_scale=surface_pace.step(WAD, book.time_s),
        atm_vol=surface_guard.volatility(surface_guard.variance(0, curve)),
        curve=curve,
    )


def unit(terms: Terms, strike: int) -> Unit:
    """Values of one contract, call and put of a strike.

    Raises
    ------
    ContractError
        ``ln: ratio too large`` for a strike beyond a factor 2^32 of the forward.

    Notes
    -----
    Proof: equals the compiled contract bit for bit (tests/parity), and mpmath (tests/properties).
    """
    forward, discount = terms.forward, terms.discount
    k = log_moneyness(forward, strike)
    vol = volatility(k, terms.curve)
    v = vol * terms.root_time // WAD
    near = far = density = 0
    if v >= black76.MIN_DEVIATION:
        near, far, density = black76.tails(black76.distance(abs(k), v), v)
    elif forward == strike:
        near = far = normal.CERTAIN >> 1
    above, below = max(forward - strike, 0), max(strike - forward, 0)
    otm = min(forward, strike) * (near - far) >> 96
    if forward > strike:
        density = density * strike // forward
        near = normal.CERTAIN - far * strike // forward
    gamma_f = (tdiv(density << 96, v) >> 48) * discount >> 80
    delta = near * terms.discounted_floating >> 96
    return Unit(
        call=(otm + above) * discount // WAD,
        put=(otm + below) * discount // WAD,
        delta_call=delta,
        delta_put=delta - terms.discounted_floating,
        gamma=gamma_f * terms.gamma_scale // WAD,
        vega=((forward * density >> 128) * terms.root_time >> 96) * discount // WAD,
        volatility=vol,
        probability=near * WAD >> 96,
        intrinsic_call=above * discount // WAD,
        intrinsic_put=below * discount // WAD,
        error=black76.error_bound(forward, strike),
    )


def log_moneyness(forward: int, strike: int) -> int:
    """``k = ln(K/F)`` in Q96, rounded towards zero."""
    return -ln.ratio(forward, strike) if strike < forward else ln.ratio(strike, forward)


def volatility(k: int, curve: Slice) -> int:
    """``√v(k)``, rounded down; k in Q96."""
    return surface_guard.volatility(surface_guard.variance(k * WAD >> 96, curve))


def sums(terms: Terms, positions: Sequence[int]) -> Sums:
    """Sums of quantity times unit over the positions."""
    total = Sums()
    for each in positions:
        if each >> 64:
            total = _plus(total, unit(terms, strike(each)), *_quantities(each))
    return total


def _plus(total: Sums, unit: Unit, call: int, put: int) -> Sums:
    calls, puts = abs(call), abs(put)
    added = Sums(
        value=call * unit.call + put * unit.put,
        delta=call * unit.delta_call + put * unit.delta_put,
        gamma=(call + put) * unit.gamma,
        vega=(call + put) * unit.vega,
        contracts=calls + puts,
        gross_value=calls * unit.call + puts * unit.put,
        gross_delta=calls * unit.delta_call - puts * unit.delta_put,
        gross_vega=(calls + puts) * unit.vega,
    )
    return Sums(*(have + more for have, more in zip(total, added, strict=True)))


def word(strike_e8: int, call: int, put: int) -> int:
    """Position word of a strike; quantities in WAD contracts, the vault's."""
    return strike_e8 | (call % 2**96) << 64 | (put % 2**96) << 160


def strike(word: int) -> int:
    """Strike of a position word, WAD."""
    return word % 2**64 * PRICE_UNIT


def position(word: int, is_call: bool) -> int:
    """The vault's contracts in a position word, WAD."""
    lane = word >> (64 if is_call else 160) & 2**96 - 1
    return (lane ^ 2**95) - 2**95


def _quantities(word: int) -> tuple[int, int]:
    return position(word, is_call=True), position(word, is_call=False)


def risk(terms: Terms, sums: Sums, flow: int) -> BookRisk:
    """Sums divided once: the value rounded down, exposures towards zero."""
    vega = tdiv(sums.vega, WAD)
    return BookRisk(
        value=sums.value // WAD,
        dollar_delta=tdiv(sums.delta, WAD),
        dollar_gamma=tdiv(sums.gamma, WAD),
        vega=vega,
        scaled_vega=tdiv(tdiv(vega * terms.atm_vol, WAD) * terms.vega_scale, WAD),
        flow=flow,
        atm_vol=terms.atm_vol,
    )


def exit_cost(rates: Parameters, terms: Terms, sums: Sums, spot: int, mean_vol: int) -> int:
    """What it would cost to close the book; every quotient rounded up."""
    step = surface_pace.step(rates.vol_step, terms.time_s) + 1
    return _over_wad(
        sums.contracts * _over_wad(rates.tick * spot)
        + _over_wad(sums.gross_value) * rates.mid_spread
        + _over_wad(sums.gross_delta) * rates.forward_step
        + (_over_wad(sums.gross_vega) * step + 1) // 2
        + _over_wad(abs(sums.vega)) * abs(terms.atm_vol - mean_vol)
    )


def _over_wad(number: int) -> int:
    return -(-number // WAD)
