"""Flow of an expiry; the twin of ``contracts/libs/math/flow.vy``, where the method is explained."""

from __future__ import annotations

from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import coefficients as c
from pyvault.exact import exp
from pyvault.exact.lanes import Parameters
from pyvault.exact.quote import Book
from pyvault.units import WAD

__all__ = ["QUANTUM", "Terms", "charge", "decayed", "present", "terms"]

QUANTUM = 2
POINTS = 100
LIMIT_BITS = 104
VANISHED = 104


class Terms(NamedTuple):
    """Half-life, ``V_std`` (quote per 1.00 of volatility) and κ (volatility per ``V_std``)."""

    half_life_s: int
    standard_vega: int
    impact: int


def terms(parameters: Parameters, risk_budget: int) -> Terms:
    """What every expiry of a market state shares."""
    return Terms(
        half_life_s=parameters.flow_half_life_s,
        standard_vega=parameters.flow_standard_vega * risk_budget // WAD * POINTS,
        impact=parameters.flow_impact,
    )


def charge(terms: Terms, flow: int) -> int:
    """``Φ = κ·Z²/(2·V_std)`` of one expiry, rounded down.

    Raises
    ------
    ContractError
        ``pricer: flow too large`` from 2^104.
    """
    return _size(flow) ** 2 // WAD * terms.impact // (2 * terms.standard_vega)


def present(terms: Terms, item: Book, atm_vol: int) -> int:
    """Z now: decayed since it was last touched, then less what posts have taken over since.

    Raises
    ------
    ContractError
        ``pricer: flow too large`` from 2^104.
    """
    if item.flow == 0:
        return 0
    size = decayed(_size(item.flow), item.flow_age_s, terms.half_life_s)
    move = atm_vol - item.flow_atm_vol
    if move != 0 and (move > 0) == (item.flow > 0):
        taken = abs(move) * terms.standard_vega // terms.impact if terms.impact else size
        size -= min(size, taken)
    return size if item.flow > 0 else -size


def decayed(size: int, elapsed_s: int, half_life_s: int) -> int:
    """``size·2^(−elapsed/half-life)``, rounded down; `size` itself at 0."""
    halvings, rest = divmod(elapsed_s, half_life_s)
    if halvings >= VANISHED:
        return 0
    factor = exp.scaled(c.LN2 * rest // half_life_s, 1 << 96 + exp.HEADROOM, exp.HEADROOM)
    return size * factor >> 96 + halvings


def _size(flow: int) -> int:
    if abs(flow) >> LIMIT_BITS:
        raise ContractError("pricer: flow too large")
    return abs(flow)
