"""A keeper reduced to one duty: post toward a target as fast as the limits of the contract allow."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from support.vol_surface import HOUR, POINT, WAD, Surface, guard

from pyvault.exact import surface_pace
from pyvault.exact.surface_guard import Slice
from pyvault.pricing.surface.posting import PostLimits, Room, blend, forward_move, next_post

WORTH_POSTING = POINT // 5
FORWARD_WORTH_POSTING = WAD // 10_000
BLOCK_S = 12
PATIENCE_S = 600
MOST_IN_A_ROW = 20

Slices = dict[int, Slice]


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


def in_effect(surface: Surface) -> Slices:
    return {expiry: surface.read(expiry) for expiry in surface.contract.call("expiries")}


def planned(surface: Surface, current: Slices, target: Slices, limits: PostLimits) -> Slices:
    """The post that the keeper would send in the next block."""
    rooms = {
        expiry: Room(volatility=room[0], forward=room[1])
        for expiry in current
        for room in [surface.contract.call("room", expiry)]
    }
    return next_post(surface.backend.now + 1, current, target, limits, rooms)


def drive(surface: Surface, target: Slices, hours: float) -> Drive:
    """Post, a call every 12 s, waiting where the hourly limit binds, until every slice is the target's."""
    limits, begin = limits_of(surface), surface.backend.now
    calls = slices = 0
    while surface.backend.now < begin + hours * HOUR:
        current = in_effect(surface)
        if all(has_arrived(current[expiry], target[expiry]) for expiry in current.keys() & target.keys()):
            break
        now = surface.backend.now + 1
        post = planned(surface, current, target, limits)
        if any(
            not has_arrived(current[expiry], target[expiry])
            and (
                has_arrived(curve, target[expiry])
                or guard.move(curve, current[expiry], 0, expiry - now) > WORTH_POSTING
                or forward_move(curve.carry - current[expiry].carry, expiry - now) > FORWARD_WORTH_POSTING
                or is_held_by_its_step(curve, current[expiry], expiry - now, limits)
            )
            for expiry, curve in post.items()
        ):
            surface.post(post)
            calls, slices = calls + 1, slices + len(post)
            surface.later(BLOCK_S - 1)
        else:
            surface.later(PATIENCE_S)
    return Drive(calls, slices, (surface.backend.now - begin) / HOUR)


def follow(surface: Surface, target: Slices, until: int, every: int) -> int:
    """Calls sent, at equal times, to be at `target` at `until`, where the market goes steadily meanwhile."""
    limits, begin, start = limits_of(surface), in_effect(surface), surface.backend.now
    ticks, calls = ceil((until - start) / every), 0
    for tick in range(1, ticks + 1):
        surface.later(max(start + (until - start) * tick // ticks - 1 - surface.backend.now, 0))
        share = tick / ticks
        goal = {each: blend(begin[each], target[each], share) for each in begin if each in target}
        calls += catch_up(surface, goal, limits)
    return calls


def catch_up(surface: Surface, goal: Slices, limits: PostLimits) -> int:
    """Calls sent, one every 12 s, until `goal` is reached or something else than the step holds it back."""
    for call in range(MOST_IN_A_ROW):
        current, now = in_effect(surface), surface.backend.now + 1
        post = planned(surface, current, goal, limits)
        if not post:
            return call
        surface.post(post)
        surface.later(BLOCK_S - 1)
        if not any(
            not has_arrived(curve, goal[expiry])
            and is_held_by_its_step(curve, current[expiry], expiry - now, limits)
            for expiry, curve in post.items()
        ):
            return call + 1
    return MOST_IN_A_ROW


def is_held_by_its_step(curve: Slice, current: Slice, time_s: int, limits: PostLimits) -> bool:
    return (
        2 * guard.move(curve, current, 0, time_s) > surface_pace.step(limits.step, time_s)
        or 2 * forward_move(curve.carry - current.carry, time_s) > limits.forward_step
    )
