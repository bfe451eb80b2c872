"""Moves between the nodes and beyond them; the twin of ``contracts/libs/math/surface_between.vy``."""

from __future__ import annotations

from itertools import pairwise
from math import isqrt

from pyvault.errors import ContractError
from pyvault.units import SECONDS_PER_YEAR, WAD

__all__ = ["bend_change", "faded", "largest"]

FAR, TWO = 4 * WAD, 2 * WAD


def bend_change(b: int, s: int, other_b: int, other_s: int, apart: int) -> int:
    """Share of the larger second derivative by which two slices differ anywhere, at most."""
    if b == 0 or other_b == 0:
        return WAD
    excess = (apart**2 + (s - other_s) ** 2) * WAD // (2 * s * other_s) + 1
    height, other_height = b * isqrt(s * WAD), other_b * isqrt(other_s * WAD)
    heights = max(height, other_height) * WAD // min(height, other_height) + 1
    if excess > WAD or heights > FAR:
        return WAD
    stretch = WAD + excess + isqrt(excess * (excess + TWO)) + 1
    power = stretch**3 // WAD * heights // WAD * heights
    return WAD - WAD * WAD // (isqrt(power // WAD) + 1)


def largest(
    nodes: tuple[int, ...],
    volatilities: tuple[int, ...],
    slopes: tuple[int, ...],
    other_volatilities: tuple[int, ...],
    other_slopes: tuple[int, ...],
    change: int,
    level: int,
    time_s: int,
) -> int:
    """Largest change of volatility of a strike, at most: between the nodes, which ascend, and beyond them.

    Raises
    ------
    ContractError
        ``surface: vertex too sharp`` where a curve hangs too low between two nodes to be bounded;
        ``surface: wing too steep`` where v·T reaches 2·k beyond the last node.
    """
    lows = [min(x, y) for x, y in zip(volatilities, other_volatilities, strict=True)]
    moves = [abs(x - y) for x, y in zip(volatilities, other_volatilities, strict=True)]
    bends = [
        max(right - left, other_right - other_left, 0)
        for (left, right), (other_left, other_right) in zip(
            pairwise(slopes), pairwise(other_slopes), strict=True
        )
    ]
    found = 0
    for (left, right), low, move, bend in zip(
        pairwise(nodes), map(min, pairwise(lows)), map(max, pairwise(moves)), bends[1:-1], strict=True
    ):
        sag = (right - left) * bend // (4 * low) + 1
        if 2 * sag > low:
            raise ContractError("surface: vertex too sharp")
        reach = move + change * sag // TWO + 1
        found = max(found, reach + reach * sag // low + 1)

    edge = nodes[-1]
    for end, inner in ((0, 1), (-1, -2)):
        turn = abs(slopes[inner] - other_slopes[inner]) + change * bends[end] // WAD + 1
        rise = moves[end] * (2 * lows[end] + moves[end]) + WAD
        move = max(rise, turn * edge) // (8 * level) + 1
        variance = (lows[end] + moves[end]) ** 2 // WAD
        wing = max(abs(slopes[end]), abs(other_slopes[end]))
        found = max(found, faded(move, edge, variance, wing, time_s, is_right=inner < 0) + 1)
    return found


def faded(move: int, edge: int, variance: int, slope: int, time_s: int, *, is_right: bool) -> int:
    """Weigh a move beyond the last node by the vega there.

    Raises
    ------
    ContractError
        ``surface: wing too steep``.
    """
    total = (variance * time_s // SECONDS_PER_YEAR + 1) * WAD
    wing = slope * time_s // SECONDS_PER_YEAR + 1
    room = TWO - max(wing, total // edge + 1) if is_right else TWO
    if room <= 0:
        raise ContractError("surface: wing too steep")
    least = edge * edge * WAD // total
    if wing * edge > 2 * total:
        least = (edge - (total // wing + 1)) * 4 * WAD // wing
    least = min(least, 64 * WAD) * room * room // (FAR * WAD)
    cube = least**3 // WAD**2
    weight = 46 * WAD * WAD // max(cube, 46 * WAD)
    return move * (weight + 1) // room
