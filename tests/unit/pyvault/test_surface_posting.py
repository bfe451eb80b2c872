"""Splitting a target surface into posts that the contract accepts, on made and on recorded surfaces."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pandas as pd
import pytest
from support.governance import OWNER
from support.posting import drive, has_arrived, limits_of
from support.vol_surface import DAY, HOUR, POINT, WAD, YEAR, Surface, guard, shifted, smile

from pyvault.chain.revm import RevmBackend
from pyvault.market.chain import read_chain
from pyvault.pricing.surface import SurfaceSlice, fit_surface
from pyvault.pricing.surface.posting import Room, blend, forward_move, next_post, slice_of

FILES = [
    f"options_{coin}_2026-{month}.parquet" for coin in ("btc", "eth") for month in ("01", "03", "04", "06")
]
SLOWER = FILES[1:3] + FILES[4:6]
MOST_LIVE = 10


def test_slice_of__a_fitted_slice__keeps_its_curve_and_lifts_spot_to_the_forward():
    fitted = SurfaceSlice(
        expiry=YEAR, time_to_expiry=0.25, forward=3_030.0, a=0.1, b=0.4, rho=-0.3, m=0.01, s=0.2
    )
    found = slice_of(fitted, 3_000.0, WAD // 2)
    for k in (-0.4, 0.0, 0.3):
        vol = guard.volatility(guard.variance(round(k * WAD), found)) / WAD
        assert vol == pytest.approx(float(fitted.implied_vol(k)), rel=1e-12)
    assert 3_000.0 * math.exp(found.carry / WAD * 0.25) == pytest.approx(3_030.0, rel=1e-12)
    assert slice_of(fitted, 300.0, WAD // 2).carry == WAD // 2
    assert slice_of(fitted, 30_000.0, WAD // 2).carry == -(WAD // 2)


def test_blend__at_both_ends__is_exact_and_between_them_moves_steadily():
    one, other = smile(vol=0.6, skew=-0.4), smile(vol=0.9, skew=0.1, bend=0.8, centre=0.3, carry=-0.1)
    assert blend(one, other, 0.0) == one
    assert blend(one, other, 1.0) == other
    moves = [guard.move(blend(one, other, i / 20), one, 0, 30 * DAY) for i in range(21)]
    assert moves == sorted(moves)
    assert abs(blend(one, other, 1e-9).a - one.a) < 10**10


def vol(k, curve):
    return guard.volatility(guard.variance(k, curve))


def test_next_post__toward_a_far_target__uses_the_whole_step_and_states_its_gap():
    surface = Surface(days=(30,))
    expiry = surface.expiries[0]
    current, target = smile(), smile(vol=0.9)
    surface.start({expiry: current})
    now = surface.backend.now + 1
    room = Room(volatility=POINT, forward=WAD)
    post = next_post(now, {expiry: current}, {expiry: target}, limits_of(surface), {expiry: room})[expiry]
    moved = guard.move(post, current, 0, expiry - now)
    assert POINT * 0.49 < moved <= POINT // 2 * 1.001
    wings = [side * 5 * guard.width(post, expiry - now) for side in (-1, 0, 1)]
    apart = [abs(vol(k, post) - vol(k, target)) for k in wings]
    assert max(apart) <= post.gap <= max(apart) + POINT // 100
    assert post.gap == pytest.approx(guard.move(target, current, 0, expiry - now) - moved, rel=0.05)
    surface.post({expiry: post})
    narrow = {expiry: Room(volatility=POINT // 10, forward=WAD)}
    less = next_post(now, {expiry: current}, {expiry: target}, limits_of(surface), narrow)[expiry]
    assert guard.move(less, current, 0, expiry - now) <= POINT // 10


def test_next_post__with_no_room_or_no_target__stays():
    surface = Surface()
    limits, now = limits_of(surface), 10**9
    expiry = now + 30 * DAY
    room = {expiry: Room(volatility=0, forward=0)}
    assert next_post(now, {expiry: smile()}, {expiry: smile(vol=0.9)}, limits, room) == {}
    assert next_post(now, {expiry: smile()}, {}, limits, {}) == {}
    assert next_post(now, {now: smile()}, {now: smile()}, limits, {now: room[expiry]}) == {}


def test_next_post__that_would_cross_a_neighbour_without_room__stays_behind():
    surface = Surface(days=(30, 32))
    near, far = surface.expiries
    level = 0.8 * math.sqrt(30 / 32) + 0.001
    current = {near: smile(wings=0.02, skew=0.0), far: smile(vol=level, days=32, wings=0.02, skew=0.0)}
    target = {near: shifted(current[near], 0.4), far: shifted(current[far], 0.4)}
    surface.start(current)
    now, wide = surface.backend.now + 1, Room(volatility=POINT, forward=WAD)
    limits, shut = limits_of(surface), Room(volatility=0, forward=0)
    both = next_post(now, current, target, limits, {near: wide, far: wide})
    assert both.keys() == {near, far}
    assert surface.refusal(both) == ""
    alone = next_post(now, current, target, limits, {near: wide, far: shut})
    assert surface.refusal({near: target[near]}) == "surface: calendar"
    assert alone.keys() <= {near}
    assert not alone or surface.refusal(alone) == ""


def test_drive__between_random_surfaces__arrives_with_every_post_accepted(count):
    random = Random(41)
    days = (10, 30, 90, 250)
    made = 0
    while made < count(2, 60):
        surface = Surface(days=days)

        def draw(random=random, expiries=tuple(surface.expiries)):
            level, tilt = random.uniform(0.6, 0.8), random.uniform(-0.35, 0.0)
            return {
                expiry: smile(
                    vol=level + 0.01 * i * random.uniform(0.5, 1.5),
                    days=day,
                    skew=tilt,
                    bend=random.uniform(1.3, 1.8),
                    wings=0.2,
                    carry=random.uniform(0.0, 0.06),
                )
                for i, (expiry, day) in enumerate(zip(expiries, days, strict=True))
            }

        begin, target = draw(), draw()
        if surface.refusal(begin, sender=OWNER) or surface.refusal(target, sender=OWNER):
            continue  # luck made a calendar arbitrage
        surface.start(begin)
        made += 1
        drive(surface, target, 36.0)
        for expiry in surface.expiries:
            assert has_arrived(surface.read(expiry), target[expiry]), (made, expiry)


def recorded(frame, moment):
    """(seconds, {expiry: slice}) of the ten nearest expiries beyond a day in one snapshot."""
    chain = read_chain(frame[frame["timestamp"] == moment])
    fitted, spot = fit_surface(chain), float(np.median(chain.index_price))
    now = int(fitted.timestamp)
    live = [each for each in fitted.slices if each.expiry - now > DAY][:MOST_LIVE]
    return now, {each.expiry: slice_of(each, spot, WAD // 2) for each in live}


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.large) if name in SLOWER else name for name in FILES]
)
def test_recorded_surface__from_that_of_the_snapshot_before__is_reached_within_the_limits(
    shared_data, count, name
):
    frame = pd.read_parquet(shared_data / "options" / name)
    moments = frame["timestamp"].drop_duplicates().sort_values().to_numpy()
    at = np.random.default_rng(FILES.index(name)).permutation(len(moments) - 1)
    for i in sorted(at[: count(1, 6)]):  # all pairs, in the time between them: tests/e2e
        start_s, before = recorded(frame, moments[i])
        now_s, target = recorded(frame, moments[i + 1])
        common = before.keys() & target.keys()
        surface = Surface(RevmBackend(timestamp=start_s - 20))
        for expiry in target:
            surface.contract.send("list_expiry", expiry, sender=OWNER)
        surface.start({expiry: before[expiry] for expiry in before if expiry in common})
        surface.later(now_s - surface.backend.now - 1)
        distance = max(guard.move(target[each], before[each], 0, each - now_s) for each in common)
        toll = max(forward_move(target[each].carry - before[each].carry, each - now_s) for each in common)
        leak = surface.value("SURFACE_RATE_PER_HOUR") / 2, surface.value("FORWARD_RATE_PER_HOUR") / 2
        hours = 1.0 + 1.4 * max(distance / leak[0], toll / leak[1])
        made = drive(surface, {expiry: target[expiry] for expiry in common}, hours)
        for expiry in surface.contract.call("expiries"):
            assert has_arrived(surface.read(expiry), target[expiry]), (name, i, expiry)
        print(f"{name} {i}: {distance / POINT:.1f} points, {made}")  # noqa: T201 - shown with -s
        for expiry in sorted(target.keys() - common):
            surface.post({expiry: target[expiry]}, age=0)
            surface.later(11)
        assert set(surface.contract.call("expiries")) == {e for e in target if e > surface.backend.now}
        assert surface.backend.now - now_s < max(hours, 1.0) * HOUR + 600
