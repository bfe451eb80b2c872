"""A keeper turned thief: whatever it posts, what an hour of posts can move stays below the published bound.

The attacker knows every post in advance, trades at the mid before it and closes at the mid after it, and
pays nothing. `docs/vol-surface.md` bounds what that yields for one contract of any strike: the hourly total
variation of volatility times the largest vega of any strike, plus that of ln F times delta. Posts are found
on the exact twin and confirmed on the compiled contract, its buckets to the last bit.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from support import poster as thief
from support.governance import KEEPER
from support.poster import DEVIATIONS, STRIKES, Poster, bound_of, replay, rob
from support.vol_surface import HOUR, POINT, WAD, YEAR, Surface, guard, shifted, smile

from pyvault.errors import ContractError

DAYS = (8.0, 30.0, 120.0)
DUST = 1e-6  # of 3,000: what sums of floats leave
MONEY_KEPT = (thief.tilt, thief.squeeze, thief.shift_vertex, thief.steepen)
ATTACKS = (*MONEY_KEPT, thief.lift, thief.pump, thief.lift_and_pump, thief.everything)


def opened(days=DAYS, **shape):
    surface = Surface(days=days)
    surface.start({e: smile(days=d, **shape) for e, d in zip(surface.expiries, days, strict=True)})
    return surface.later(60)


@pytest.fixture
def surface():
    return opened()


def robbed(attacks, seed, deviations, tries=1):
    """An hour of attacks on a strike at one of `deviations`, confirmed on the compiled contract."""
    random = Random(seed)
    surface = opened(skew=random.uniform(-0.5, 0.2), bend=random.uniform(0.4, 2.0))
    expiry = surface.expiries[1]
    poster = Poster(surface, expiry)
    bound = bound_of(surface, expiry - poster.now)
    target = int(np.argmin(np.abs(DEVIATIONS - random.choice(deviations))))
    taken = rob(poster, bound, attacks, random, target, tries)
    replay(surface, expiry, taken.posts)
    assert taken.posts
    assert (taken.gained <= taken.by_volatility + taken.by_forward + DUST).all(), seed
    return taken


@pytest.mark.parametrize("attack", MONEY_KEPT, ids=lambda attack: attack.__name__)
def test_hour__of_turned_skews_and_wings_with_the_money_unchanged__takes_less_than_the_bound(count, attack):
    most = 0.0
    for seed in range(count(2, 40)):
        taken = robbed([attack], f"{attack.__name__} {seed}", (-1.5, -1.0, 1.0, 1.5))
        money = [guard.volatility(guard.variance(0, post.curve)) for post in taken.posts]
        assert max(money) - min(money) <= 1_000  # wei
        assert (taken.gained <= taken.by_volatility + DUST).all()
        most = max(most, taken.gained.max() / taken.by_volatility)
    assert most >= 0.05


def test_hour__of_ups_downs_and_ups__takes_nine_tenths_of_the_bound_and_no_more(count):
    for seed in range(count(2, 40)):
        taken = robbed([thief.lift], f"lift {seed}", (-0.5, 0.0, 0.5))
        assert (taken.gained <= taken.by_volatility + DUST).all()
        assert taken.gained.max() >= 0.9 * taken.by_volatility


def test_hour__of_carry_pumps__takes_nine_tenths_of_the_bound_and_no_more(count):
    for seed in range(count(2, 40)):
        taken = robbed([thief.pump], f"pump {seed}", (-2.0, -1.0))
        assert (taken.gained / taken.by_forward).max() >= 0.9
        assert taken.gained[0] <= 1.001 * taken.by_forward[0]  # six deviations in the money vega is nil


def test_hour__of_the_best_of_all_attacks__takes_four_fifths_of_the_bound_and_no_more(count):
    for seed in range(count(1, 40)):
        taken = robbed(ATTACKS, f"best of all {seed}", (-0.5, 0.0, 0.5))
        assert (taken.gained / (taken.by_volatility + taken.by_forward)).max() >= 0.8


def test_post__of_any_attack__takes_less_than_the_spread_of_a_round_trip(surface, count):
    # a round trip pays H twice, and at most half the vega term and all of kappa come back, on one side
    poster = Poster(surface, surface.expiries[1])
    poster.wait(12)
    bound = bound_of(surface, poster.expiry - poster.now)
    random, most = Random(51), 0.0
    for attack in ATTACKS:
        for _ in range(count(3, 100)):
            curve = poster.largest(attack, random.random())
            if curve is None:
                continue
            value, delta, vega = poster.loot(curve, STRIKES)
            gain = np.array([bound.post_gain(vega, each) for each in delta])
            assert (value <= gain + DUST).all()
            most = max(most, (value / gain).max())
    assert most >= 0.9


def test_carry__pumped_one_way_for_hours__ends_where_its_bound_says():
    surface = opened((1.0, 30.0))
    expiry = surface.expiries[0]
    poster, begin = Poster(surface, expiry), surface.read(expiry).carry
    bound, time = bound_of(surface, expiry - poster.now), (expiry - poster.now) / YEAR
    for _ in range(40):
        poster.wait(600)
        curves = [poster.largest(thief.pump, seed / 7) for seed in range(7)]
        best = max((each for each in curves if each), key=lambda each: each.carry)
        if best.carry > poster.base.carry:
            poster.post(best)
    replay(surface, expiry, poster.posts)
    moved = abs(poster.base.carry - begin) / WAD * time
    assert moved <= bound.one_way_forward(40 / 6, time)
    assert poster.base.carry > 0.98 * bound.max_carry * WAD


def test_replays_and_reorderings__of_accepted_posts__are_all_refused(surface):
    week, month, _ = surface.expiries
    slices = {week: smile(days=8), month: smile()}
    past = []
    for i in range(4):
        expiry = (week, month)[i % 2]
        timestamp = surface.backend.now + 1
        surface.post({expiry: shifted(slices[expiry], 0.1 * (i + 1))})
        past.append((surface.sequence, timestamp, expiry, shifted(slices[expiry], 0.1 * (i + 1))))
        surface.later(11)
    for sequence, timestamp, expiry, curve in reversed(past):
        for later in (0, 5):
            reason = surface.refusal({expiry: curve}, sequence=sequence, timestamp=timestamp + later)
            assert reason == "surface: sequence not above"
        assert surface.refusal({expiry: curve}, timestamp=timestamp) == "surface: timestamp not above"


def largest_total_variance_below(near, near_s, far, far_s):
    """How far total variance can fall between nodes at which it does not: the sag of `far`."""
    grid = sorted((*guard.nodes(near, guard.width(near, near_s)), far.m))
    slopes = [guard.slope(node, far) for node in grid]
    return (
        max(
            (q - p) * (t - s) // (4 * WAD)
            for (p, q), (s, t) in zip(pairwise(grid), pairwise(slopes), strict=True)
        )
        * far_s
    )


def test_calendar_squeeze__of_two_expiries__takes_less_than_both_their_bounds(count):
    for seed in range(count(2, 40)):
        random = Random(60 + seed)
        days = (30.0, 30.0 + random.uniform(0.5, 4.0))
        surface = Surface(days=days)
        near, far = surface.expiries
        vol = 0.8 * math.sqrt(days[0] / days[1]) + 0.003
        surface.start({near: smile(wings=0.1), far: smile(vol=vol, days=days[1], wings=0.1)})
        posters = {expiry: Poster(surface, expiry) for expiry in (near, far)}
        bounds = {expiry: bound_of(surface, surface.time_s(expiry)) for expiry in (near, far)}
        gained, bounded, squeezed = np.zeros_like(STRIKES), np.zeros_like(STRIKES), False
        for _ in range(6):
            for expiry, sign in ((near, 1), (far, -1)):
                poster = posters[expiry]
                surface.later(150)
                poster.wait(surface.backend.now + 1 - poster.now)
                curve = poster.largest(random.choice(MONEY_KEPT), random.random()) or poster.base
                pushed = shifted(poster.base, sign * random.uniform(0.0, 0.45))
                squeezed |= surface.refusal({expiry: pushed}) == "surface: calendar"
                for each in (pushed, curve):
                    if poster.moves(each) and is_accepted(surface, {expiry: each}):
                        value, _, vega = poster.loot(each, STRIKES)
                        gained, bounded = gained + value, bounded + bounds[expiry].post_gain(vega, 0.0)
                        poster.post(each)
                        surface.post({expiry: each})
                        break
        early, late = surface.read(near), surface.read(far)
        near_s, far_s = surface.time_s(near), surface.time_s(far)
        room = largest_total_variance_below(early, near_s, late, far_s)
        for z in range(-60, 61):
            k = z * guard.width(early, near_s) // 12
            assert guard.variance(k, early) * near_s <= guard.variance(k, late) * far_s + room + far_s
        assert (gained <= bounded + DUST).all()
        assert squeezed


def is_accepted(surface, slices):
    posts = [(expiry, *curve[:7]) for expiry, curve in slices.items()]
    try:
        surface.contract.call("post", surface.sequence + 1, surface.backend.now, posts, sender=KEEPER)
    except ContractError:
        return False
    return True


def largest_accepted(surface, expiry, base, seed):
    """The furthest lift that the compiled contract takes, or nothing."""
    low, high, found = 0.0, 1.0, None
    for _ in range(7):
        size = 0.5 * (low + high)
        curve = thief.lift(Random(seed), base, size)
        if is_accepted(surface, {expiry: curve}):
            low, found = size, curve
        else:
            high = size
    return found


def test_hour__of_the_best_timed_lifts__stays_inside_the_rate(surface):
    expiry = surface.expiries[1]
    surface.later(HOUR)
    posts = []
    while len(posts) < 60:
        base = surface.read(expiry)
        curve = largest_accepted(surface, expiry, base, len(posts) % 2)
        if curve is None or guard.move(curve, base, 0, surface.time_s(expiry)) < POINT // 100:
            surface.later(30)
            continue
        move = guard.move(curve, base, 0, surface.time_s(expiry))
        surface.post({expiry: curve})
        posts.append((surface.backend.now, move))
        surface.later(3)
    for moment, _ in posts:
        assert sum(move for at, move in posts if moment <= at < moment + HOUR) <= 5 * POINT
    assert all(early[0] < late[0] for early, late in pairwise(posts))
    assert posts[-1][0] - posts[0][0] > 1_000  # and not at once
