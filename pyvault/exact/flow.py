"""Flow of an expiry; the twin of ``contracts/libs/math/flow.vy``, where the method is explained."""

from __future__ import annotations

from pyvault.errors import ContractError
from pyvault.exact import coefficients as c
from pyvault.exact import exp
from pyvault.exact.lanes import FLOW_HALF_LIFE_S, FLOW_IMPACT, FLOW_STANDARD_VEGA, lane
from pyvault.exact.quote import Book, Conditions
from pyvault.units import WAD

__all__ = ["absorbed", "charge", "decayed", "now", "standard_vega"]

POINTS = 100
LIMIT_BITS = 104
VANISHED = 104


def standard_vega(conditions: Conditions) -> int:
    """``V_std``, quote per 1.00 of volatility, rounded down."""
    return lane(conditions.words, FLOW_STANDARD_VEGA) * conditions.risk_budget // WAD * POINTS


def charge(flow: int, standard_vega: int, impact: int) -> int:
    """``Φ = κ·Z²/(2·V_std)`` of one expiry, rounded down.

    Raises
    ------
    ContractError
        ``pricer: flow too large`` from 2^104.
    """
    return _limited(flow) ** 2 // WAD * impact // (2 * standard_vega)


def now(book: Book, atm_vol: int, conditions: Conditions) -> int:
    """Z now: decayed since it was last touched, then less what posts have taken over since.

    Raises
    ------
    ContractError
        ``pricer: flow too large`` from 2^104.
    """
    if book.flow == 0:
        return 0
    size = _limited(book.flow)
    if book.flow_age_s > 0:
        size = decayed(size, book.flow_age_s, lane(conditions.words, FLOW_HALF_LIFE_S))
    move = atm_vol - book.flow_atm_vol
    if move != 0 and (move > 0) == (book.flow > 0):
        size = absorbed(size, abs(move), standard_vega(conditions), lane(conditions.words, FLOW_IMPACT))
    return size if book.flow > 0 else -size


def decayed(size: int, elapsed_s: int, half_life_s: int) -> int:
    """``size·2^(−elapsed/half-life)``, rounded down; `size` itself at 0."""
    if elapsed_s >= half_life_s * VANISHED:
        return 0
    halvings, rest = divmod(elapsed_s, half_life_s)
    factor = exp.scaled(c.LN2 * rest // half_life_s, 1 << 96 + exp.HEADROOM, exp.HEADROOM)
    return size * factor >> 96 + halvings


def absorbed(size: int, move: int, standard_vega: int, impact: int) -> int:
    """|Z| less ``move·V_std/κ``, what a post takes over that moved the volatility its way."""
    if impact == 0:
        return 0
    return size - min(move * standard_vega // impact, size)


def _limited(flow: int) -> int:
    if abs(flow) >> LIMIT_BITS:
        raise ContractError("pricer: flow too large")
    return abs(flow)
