"""A keeper reduced to one duty: post toward a target as fast as the limits of the contract allow."""

from __future__ import annotations

from typing import NamedTuple

from support.vol_surface import HOUR, POINT, WAD, Surface, guard

from pyvault.exact.surface_guard import Slice
from pyvault.pricing.surface.posting import PostLimits, Room, forward_move, next_post

WORTH_POSTING = POINT // 5
FORWARD_WORTH_POSTING = WAD // 10_000
BLOCK_S = 12
PATIENCE_S = 600


class Drive(NamedTuple):
    calls: int
    slices: int
    hours: float


def limits_of(surface: Surface) -> PostLimits:
    return PostLimits(
        step=surface.value("SURFACE_STEP"),
        forward_step=surface.value("FORWARD_STEP"),
        lowest_vol=surface.value("SURFACE_MIN_VOL"),
        highest_vol=surface.value("SURFACE_MAX_VOL"),
        max_carry=surface.value("MAX_CARRY"),
    )


def has_arrived(current: Slice, target: Slice) -> bool:
    return current[:6] == target[:6]


def drive(surface: Surface, target: dict[int, Slice], hours: float) -> Drive:
    """Post, a call every 12 s, waiting where the hourly limit binds, until every slice is the target's."""
    limits, begin = limits_of(surface), surface.backend.now
    calls = slices = 0
    while surface.backend.now < begin + hours * HOUR:
        current = {expiry: surface.read(expiry) for expiry in surface.contract.call("expiries")}
        if all(has_arrived(current[expiry], target[expiry]) for expiry in current.keys() & target.keys()):
            break
        rooms = {
            expiry: Room(volatility=room[0], forward=room[1])
            for expiry in current
            for room in [surface.contract.call("room", expiry)]
        }
        now = surface.backend.now + 1
        post = next_post(now, current, target, limits, rooms)
        if any(
            not has_arrived(current[expiry], target[expiry])
            and (
                has_arrived(curve, target[expiry])
                or guard.move(curve, current[expiry], 0, expiry - now) > WORTH_POSTING
                or forward_move(curve.carry - current[expiry].carry, expiry - now) > FORWARD_WORTH_POSTING
            )
            for expiry, curve in post.items()
        ):
            surface.post(post)
            calls, slices = calls + 1, slices + len(post)
            surface.later(BLOCK_S - 1)
        else:
            surface.later(PATIENCE_S)
    return Drive(calls, slices, (surface.backend.now - begin) / HOUR)
