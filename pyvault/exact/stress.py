"""Stress grid; the twin of ``contracts/libs/math/stress.vy``, where the method is explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyvault.exact import black76, book, power
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.book import Terms
from pyvault.exact.surface_pace import MONTH_S
from pyvault.units import WAD

__all__ = ["FACTORS", "SCENARIOS", "TAILS", "leg_stress", "stress", "volatility_factors"]

SCENARIOS, BOTH_WAYS = 16, 7
TAILS = (14, 15)
FACTORS = tuple(percent * 10**16 for percent in (82, 88, 94, 100, 106, 112, 118, 60, 160))
DAY_S = 86_400
NEAR_POWER, FAR_POWER = 3 * 10**17, 13 * 10**16


def stress(terms: Terms, positions: Sequence[int]) -> tuple[int, ...]:
    """The vault's loss in each scenario, quote, rounded up."""
    held = []
    puts = 0
    for word in positions:
        put = book.position(word, is_call=False)
        puts += put
        if both := book.position(word, is_call=True) + put:
            held.append((book.strike(word), both))
    gains = _gains(terms, held, puts)
    losses = (-(gain // _damping(lane)) for lane, gain in enumerate(gains))
    return tuple(-(-loss * terms.discount // WAD) for loss in losses)


def leg_stress(terms: Terms, strike: int, is_call: bool) -> tuple[int, ...]:
    """Value of one contract in each scenario less its value now, halved in the tails; rounded to nearest."""
    changes = _gains(terms, [(strike, 1)], 0 if is_call else 1)
    return tuple(_nearest(each * terms.discount, _damping(lane)) for lane, each in enumerate(changes))


def volatility_factors(time_s: int) -> tuple[int, int]:
    """Factors of volatility up and down, WAD, rounded down as their products with a root are."""
    exponent = NEAR_POWER if time_s <= MONTH_S else FAR_POWER
    scale = power.power(MONTH_S, max(time_s, DAY_S), exponent)
    return WAD + scale // 2, WAD - scale * 3 // 10


def _gains(terms: Terms, held: Iterable[tuple[int, int]], puts: int) -> list[int]:
    """Change of the undiscounted calls in each scenario, less `puts` times that of the forward."""
    forward = terms.forward
    roots = [terms.root_time * factor // WAD for factor in volatility_factors(terms.time_s)]
    fixed = forward - terms.floating_forward
    shocked = [fixed + terms.floating_forward * factor // WAD for factor in FACTORS]
    gains = [0] * SCENARIOS
    for i, moved in enumerate(shocked):
        for lane in _lanes(i):
            gains[lane] = puts * (forward - moved)
    moves = [book.log_moneyness(forward, moved) for moved in shocked]
    for strike, quantity in held:
        k = book.log_moneyness(forward, strike)
        vol = book.volatility(k, terms.curve)
        up, down = (vol * root // WAD for root in roots)
        now = _call(forward, strike, k, vol * terms.root_time // WAD)
        for i, moved in enumerate(shocked):
            for lane in _lanes(i):
                v = down if BOTH_WAYS <= lane < 2 * BOTH_WAYS else up
                gains[lane] += quantity * (_call(moved, strike, k - moves[i], v) - now)
    return gains


def _lanes(spot: int) -> tuple[int, ...]:
    return (spot, spot + BOTH_WAYS) if spot < BOTH_WAYS else (spot + BOTH_WAYS,)


def _call(forward: int, strike: int, k: int, v: int) -> int:
    return black76.time_value(min(forward, strike), abs(k), v) + max(forward - strike, 0)


def _damping(lane: int) -> int:
    return 2 * WAD if lane in TAILS else WAD


def _nearest(numerator: int, denominator: int) -> int:
    half = denominator // 2
    return tdiv(numerator + (half if numerator >= 0 else -half), denominator)
