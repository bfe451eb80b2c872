"""From a fitted surface to posts that `VolSurface` accepts: slices as integers, steps inside its limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, pairwise

from pyvault.errors import ContractError
from pyvault.exact import surface_guard as guard
from pyvault.exact import surface_pace
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.surface_guard import Slice
from pyvault.pricing.surface.slices import SurfaceSlice
from pyvault.units import SECONDS_PER_YEAR, from_wad, to_wad

__all__ = ["PostLimits", "Room", "blend", "forward_move", "gap_between", "next_post", "slice_of"]

HALVINGS = 12
PATIENCE = 8  # rounds of halving before an expiry in conflict with its neighbour stays where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLimits:
    """The governed limits of a post; WAD, as `RiskParameters` keeps them.

    Parameters
    ----------
    step
        ε₀: largest change of volatility in one post of a 30-day expiry.
    forward_step
        κ₀: largest change of ln F in one post.
    lowest_vol, highest_vol
        Bounds of volatility on the core of the check grid.
    max_carry
        Largest |carry| a year.
    """

    step: int
    forward_step: int
    lowest_vol: int
    highest_vol: int
    max_carry: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the hourly buckets of one expiry still admit: ``VolSurface.room``."""

    volatility: int
    forward: int


def slice_of(fitted: SurfaceSlice, spot: float, max_carry: int) -> Slice:
    """The integers of a fitted slice; the carry that lifts `spot` to its forward, inside its bound."""
    carry = to_wad(math.log(fitted.forward / spot) / fitted.time_to_expiry)
    return Slice(
        a=to_wad(fitted.a),
        b=to_wad(fitted.b),
        rho=to_wad(fitted.rho),
        m=to_wad(fitted.m),
        sigma=to_wad(fitted.s),
        carry=max(-max_carry, min(max_carry, carry)),
    )


def forward_move(carry: int, time_s: int) -> int:
    """|Δ ln F| of a change of carry, rounded up as the contract does."""
    return -(-abs(carry) * time_s // SECONDS_PER_YEAR)


def blend(current: Slice, target: Slice, share: float) -> Slice:
    """The slice a `share` of the way: linear in least variance, wing slopes, vertex, width and carry.

    Such a blend has positive wings and a positive least variance, as both ends have.
    """
    if share <= 0.0:
        return current
    if share >= 1.0:
        return target
    least, left, right, m, s, carry = (
        (1.0 - share) * one + share * other
        for one, other in zip(_wings(current), _wings(target), strict=True)
    )
    return Slice(
        a=to_wad(least - s * math.sqrt(left * right)),
        b=to_wad(0.5 * (left + right)),
        rho=to_wad((right - left) / (right + left)),
        m=to_wad(m),
        sigma=to_wad(s),
        carry=to_wad(carry),
    )


def next_post(
    now: int,
    current: Mapping[int, Slice],
    target: Mapping[int, Slice],
    limits: PostLimits,
    rooms: Mapping[int, Room],
) -> dict[int, Slice]:
    """Slices to post now: as far from `current` toward `target` as every limit allows.

    Parameters
    ----------
    now
        Unix seconds of the block that will hold the post.
    current
        Slices in effect, by expiry; all that are live.
    target
        Where to go; expiries without a target stay.
    limits, rooms
        Of one post, and of the hour.

    Returns
    -------
    dict
        By expiry, ascending; ``gap`` is the largest volatility that the post leaves out. Expiries that
        cannot move are missing.

    Notes
    -----
    Proof: every post of it is accepted by the contract on recorded and synthetic surfaces
    (tests/unit/pyvault/test_surface_posting.py).
    """
    times = {expiry: expiry - now for expiry in sorted(current) if expiry > now}
    shares = {
        expiry: _share(current[expiry], target[expiry], time_s, limits, rooms[expiry])
        for expiry, time_s in times.items()
        if expiry in target
    }
    for attempt in count():
        blends = {
            expiry: blend(current[expiry], target.get(expiry, current[expiry]), shares.get(expiry, 0.0))
            for expiry in times
        }
        tight = [
            (near, far)
            for near, far in pairwise(times)
            if max(shares.get(near, 0.0), shares.get(far, 0.0)) > 0.0
            and not _is_ordered(blends[near], times[near], blends[far], times[far])
        ]
        if not tight:
            break
        for near, far in tight:
            stays = [
                _is_ordered(current[near], times[near], blends[far], times[far]),
                _is_ordered(blends[near], times[near], current[far], times[far]),
            ]
            for expiry, is_cause in zip((near, far), stays if any(stays) else (True, True), strict=True):
                if is_cause and expiry in shares:
                    shares[expiry] = shares[expiry] / 2.0 if attempt < PATIENCE else 0.0
    return {
        expiry: blends[expiry]._replace(gap=gap_between(blends[expiry], target[expiry], times[expiry]))
        for expiry, share in shares.items()
        if share > 0.0
    }


def _wings(curve: Slice) -> tuple[float, float, float, float, float, float]:
    """(least variance, left slope, right slope, m, s, carry)."""
    a, b, rho, m, s, carry = map(from_wad, curve[:6])
    left, right = b * (1.0 - rho), b * (1.0 + rho)
    return a + s * math.sqrt(left * right), left, right, m, s, carry


def _share(current: Slice, target: Slice, time_s: int, limits: PostLimits, room: Room) -> float:
    """Largest share of the way whose slice is admissible by itself."""
    if _is_admissible(current, target, time_s, limits, room):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _is_admissible(current, blend(current, target, middle), time_s, limits, room):
            low = middle
        else:
            high = middle
    return low


def _is_admissible(current: Slice, curve: Slice, time_s: int, limits: PostLimits, room: Room) -> bool:
    """Whether the contract would take `curve` after `current`, its neighbours aside."""
    drift = (curve.carry - current.carry) * time_s
    moved = forward_move(curve.carry - current.carry, time_s)
    if moved > min(limits.forward_step, room.forward) or abs(curve.carry) > limits.max_carry:
        return False
    try:
        guard.check_shape(curve)
        deviation = guard.width(curve, time_s)
        nodes = guard.nodes(curve, deviation)
        guard.check_curve(curve, time_s, deviation, nodes)
        guard.check_bounds(guard.volatilities(curve, nodes), limits.lowest_vol, limits.highest_vol)
        move = guard.move(curve, current, tdiv(drift, SECONDS_PER_YEAR), time_s)
    except ContractError:
        return False
    return move <= min(surface_pace.step(limits.step, time_s), room.volatility)


def _is_ordered(near: Slice, near_s: int, far: Slice, far_s: int) -> bool:
    """Whether two neighbours are free of calendar arbitrage."""
    try:
        guard.check_order(near, near_s, far, far_s)
    except ContractError:
        return False
    return True


def gap_between(curve: Slice, target: Slice, time_s: int) -> int:
    """Largest |σ of the target − σ posted| on the core of the check grid of the slice posted."""
    nodes = guard.nodes(curve, guard.width(curve, time_s))
    return guard.distance(guard.volatilities(curve, nodes), guard.volatilities(target, nodes))
