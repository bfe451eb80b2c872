"""Guards of a surface; the twin of ``contracts/libs/math/surface_guard.vy``, which explains the method."""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

from pyvault.errors import ContractError
from pyvault.exact import root
from pyvault.exact import surface_between as between
from pyvault.exact.arithmetic import tdiv
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = [
    "CORE",
    "CORE_DEVIATIONS",
    "HALVES",
    "Slice",
    "check_bounds",
    "check_curve",
    "check_order",
    "check_shape",
    "distance",
    "durrleman",
    "move",
    "nodes",
    "slope",
    "variance",
    "volatilities",
    "volatility",
    "width",
]

CORE = 20
HALVES = (-10, -8, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 8, 10)
FAR_HALVES = (-12, 12, -16, 16, -22, 22, -30, 30)
CORE_DEVIATIONS = 5
MAX_WIDTH = 8 * WAD
SHARPEST, FLATTEST = 16, 32
REACH = 2**68
LEAST_VARIANCE = 10**10
LEE_SLOPE = 2
DIVISOR = WAD * WAD * 2**20
LEAST = -(2**255)


class Slice(NamedTuple):
    """One expiry's slice as `VolSurface` keeps it; WAD, ``timestamp`` in unix seconds."""

    a: int
    b: int
    rho: int
    m: int
    sigma: int
    carry: int = 0
    gap: int = 0
    timestamp: int = 0


def check_shape(curve: Slice) -> None:
    """Refuse parameters outside the ranges of the arithmetic.

    Raises
    ------
    ContractError
        ``surface: parameter out of range``; ``surface: vertex too sharp`` for σ = 0;
        ``surface: variance too low`` where the least variance of the line is not positive.
    """
    _require(abs(curve.a) <= REACH and abs(curve.m) < REACH, "parameter out of range")
    _require(abs(curve.rho) <= WAD, "parameter out of range")
    _require(curve.b < 2 * REACH and curve.sigma < 2 * REACH, "parameter out of range")
    _require(curve.sigma > 0, "vertex too sharp")
    bend = curve.b * curve.sigma // WAD * isqrt(WAD * WAD - curve.rho * curve.rho) // WAD
    _require(curve.a + bend >= LEAST_VARIANCE, "variance too low")


def _hypotenuse(x: int, s: int) -> int:
    """``√(x² + s²)`` as in the contract; s positive."""
    square, side = x * x + s * s, abs(x)
    guess = tdiv((square << 7) + side * s * 106, (side + s) * 127)
    guess = (guess + tdiv(square, guess)) >> 1
    twice = guess + tdiv(square, guess)
    return (twice >> 2) + tdiv(square, twice)


def variance(log_moneyness: int, curve: Slice) -> int:
    """Annualised variance, rounded down.

    Raises
    ------
    ContractError
        ``surface: negative variance``.

    Notes
    -----
    Proof: equals `pyvault.exact.svi.svi_variance` and the compiled guard on every bit (tests/properties).
    """
    x = (log_moneyness - curve.m) << 20
    span = _hypotenuse(x, curve.sigma << 20)
    value = curve.a + tdiv(curve.b * (curve.rho * x + WAD * span), DIVISOR)
    if value < 0:
        raise ContractError("surface: negative variance")
    return value


def volatility(variance: int) -> int:
    """``√v``, rounded down."""
    return isqrt(variance * WAD)


def width(curve: Slice, time_s: int) -> int:
    """``σ₀·√T``, the deviation in which the grid is measured, rounded down.

    Raises
    ------
    ContractError
        ``surface: deviation too large`` above 8.
    """
    found = volatility(variance(0, curve)) * root.years(time_s) >> 96
    _require(found <= MAX_WIDTH, "deviation too large")
    return found


def nodes(curve: Slice, width: int) -> tuple[int, ...]:
    """The check grid in log-moneyness: the core ascending, vertex and σ about it in there; the far nodes."""
    edge = CORE_DEVIATIONS * width
    about = (max(-edge, min(curve.m + side * curve.sigma, edge)) for side in (-1, 0, 1))
    core = sorted((*about, *(tdiv(half * width, 2) for half in HALVES)))
    return (*core, *(tdiv(half * width, 2) for half in FAR_HALVES))


def slope(log_moneyness: int, curve: Slice) -> int:
    """Derivative of the variance by k."""
    x = (log_moneyness - curve.m) << 20
    return tdiv(curve.b * (curve.rho + tdiv(x * WAD, _hypotenuse(x, curve.sigma << 20))), WAD)


def durrleman(log_moneyness: int, curve: Slice, time_s: int) -> int:
    """Durrleman's g: the density of ln K up to a positive factor; the least integer where v < 1e-8.

    Notes
    -----
    Proof: equals the compiled guard bit for bit; mpmath within the stated error (tests/properties).
    """
    x, s = (log_moneyness - curve.m) << 20, curve.sigma << 20
    span = _hypotenuse(x, s)
    v = variance(log_moneyness, curve)
    if v < LEAST_VARIANCE:
        return LEAST
    first = slope(log_moneyness, curve)
    bend = tdiv(s * WAD, span)
    second = tdiv(curve.b * tdiv(bend * bend, WAD) * 2**20, span)
    tilt = WAD - tdiv(log_moneyness * first, 2 * v)
    rise = tdiv(first * time_s, SECONDS_PER_YEAR)
    return (
        tdiv(tilt * tilt, WAD)
        - tdiv(first * first * time_s, 4 * v * SECONDS_PER_YEAR)
        - tdiv(rise * rise, 16 * WAD)
        + tdiv(second * time_s, 2 * SECONDS_PER_YEAR)
    )


def check_curve(curve: Slice, time_s: int, width: int, nodes: tuple[int, ...]) -> None:
    """Refuse a vertex that the grid cannot see, a wing beyond Lee's bound, a butterfly at a node.

    Raises
    ------
    ContractError
        ``surface: vertex too sharp``, ``too flat`` or ``off the grid``; ``wing too steep``; ``butterfly``.
    """
    _require(curve.sigma * SHARPEST >= width, "vertex too sharp")
    _require(curve.sigma <= FLATTEST * width, "vertex too flat")
    _require(abs(curve.m) <= CORE_DEVIATIONS * width, "vertex off the grid")
    slope = curve.b * (WAD + abs(curve.rho)) * time_s
    _require(slope <= LEE_SLOPE * WAD * WAD * SECONDS_PER_YEAR, "wing too steep")
    for node in nodes:
        _require(durrleman(node, curve, time_s) >= 0, "butterfly")


def volatilities(curve: Slice, nodes: tuple[int, ...], offset: int = 0) -> tuple[int, ...]:
    """Volatility of a slice at the core nodes of a grid, each moved by `offset`."""
    return tuple(volatility(variance(node + offset, curve)) for node in nodes[:CORE])


def check_bounds(volatilities: tuple[int, ...], lowest: int, highest: int) -> None:
    """Refuse a volatility outside its bounds at a core node.

    Raises
    ------
    ContractError
        ``surface: volatility too low`` or ``too high``.
    """
    for each in volatilities:
        _require(each >= lowest, "volatility too low")
        _require(each <= highest, "volatility too high")


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Largest absolute difference."""
    return max(abs(x - y) for x, y in zip(one, other, strict=True))


def move(curve: Slice, previous: Slice, offset: int, time_s: int) -> int:
    """Largest change of volatility of a strike, at most; beyond the core in units of the vega at the money.

    `offset` is ln(F/F before): a strike at k was at k + offset.

    Raises
    ------
    ContractError
        ``surface: vertex too sharp`` where a curve hangs too low between two nodes; ``surface: wing too
        steep`` where v·T reaches 2·k beyond the core.
    """
    core = nodes(curve, width(curve, time_s))[:CORE]
    return between.largest(
        core,
        volatilities(curve, core),
        _slopes(curve, core),
        volatilities(previous, core, offset),
        _slopes(previous, core, offset),
        between.bend_change(curve.b, curve.sigma, previous.b, previous.sigma, curve.m - previous.m + offset),
        volatility(variance(0, curve)),
        time_s,
    )


def _slopes(curve: Slice, nodes: tuple[int, ...], offset: int = 0) -> tuple[int, ...]:
    """Derivatives of the variance: far to the left, at nodes moved by `offset`, far to the right."""
    left, right = (tdiv(curve.b * (curve.rho + side), WAD) for side in (-WAD, WAD))
    return (left, *(slope(node + offset, curve) for node in nodes), right)


def check_order(near: Slice, near_s: int, far: Slice, far_s: int) -> None:
    """Refuse a calendar arbitrage on the grid of the nearer expiry and at the vertex of the other.

    Raises
    ------
    ContractError
        ``surface: calendar``.
    """
    for node in (*nodes(near, width(near, near_s)), far.m):
        _require(variance(node, near) * near_s <= variance(node, far) * far_s, "calendar")


def _require(is_met: bool, reason: str) -> None:
    if not is_met:
        raise ContractError(f"surface: {reason}")
