"""A keeper turned thief: whatever it posts, what an hour of posts can move stays below the published bound.

The attacker knows every post in advance, trades at the mid before it and closes at the mid after it, and
pays nothing. `docs/vol-surface.md` bounds what that yields for one option: the hourly total variation of
volatility times vega, plus that of ln F times delta, plus a tail for what lies beyond the grid.
"""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import pytest
from support.governance import KEEPER
from support.vol_surface import HOUR, POINT, WAD, YEAR, Surface, guard, shifted, smile

from pyvault.errors import ContractError
from pyvault.exact import surface_pace

SPOT = 3_000.0
DAYS = (8.0, 30.0, 120.0)
OFF_GRID = 1.5  # change of volatility between nodes over the largest at a node, within three deviations
TAIL = 6e-8  # of F σ₀ √T, an option beyond five deviations is worth at most
RATE, FORWARD_RATE = 0.05, 0.01  # an hour, as the parameters start
STRIKES = [math.exp(0.8 * math.sqrt(30 / 365) * z / 4) * SPOT for z in range(-24, 25)]


def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def valued(curve, time_s, strike):
    """Out-of-the-money value, vega per 1.00, |dV/d ln F|, forward and volatility of one strike."""
    forward = SPOT * math.exp(curve.carry / WAD * time_s / YEAR)
    k = math.log(strike / forward)
    vol = math.sqrt(guard.variance(round(k * WAD), curve) / WAD)
    deviation = vol * math.sqrt(time_s / YEAR)
    d1 = -k / deviation + 0.5 * deviation
    vega = forward * math.exp(-0.5 * d1 * d1) / math.sqrt(2 * math.pi) * math.sqrt(time_s / YEAR)
    call = forward * normal_cdf(d1) - strike * normal_cdf(d1 - deviation)
    return call, vega, forward * normal_cdf(d1), forward, vol


def kept_at_the_money(curve, base):
    """`curve` lifted so that its at-the-money volatility is that of `base`."""
    lift = guard.variance(0, base) - guard.variance(0, curve)
    return curve._replace(a=curve.a + lift)


def tilt(random, base, size):
    """The skew turned over, the money unchanged."""
    rho = max(-WAD, min(WAD, base.rho + round(size * random.choice((-1, 1)) * WAD)))
    return kept_at_the_money(base._replace(rho=rho), base)


def squeeze(random, base, size):
    """The vertex sharpened or flattened, the money unchanged."""
    factor = math.exp(2 * size * random.choice((-1, 1)))
    return kept_at_the_money(base._replace(sigma=round(base.sigma * factor)), base)


def shift_vertex(random, base, size):
    """The vertex moved between nodes, the money unchanged."""
    m = base.m + round(base.sigma * size * random.choice((-1, 1)))
    return kept_at_the_money(base._replace(m=m), base)


def steepen(random, base, size):
    """The wings opened or closed, the money unchanged."""
    return kept_at_the_money(base._replace(b=round(base.b * math.exp(size * random.choice((-1, 1))))), base)


def lift(random, base, size):
    """Up, down and up again, as luck has it."""
    return shifted(base, 10 * size * random.choice((-1, 1)))


def pump(random, base, size):
    """Carry to and fro."""
    return base._replace(carry=base.carry + round(0.1 * size * random.choice((-1, 1)) * WAD))


def everything(random, base, size):
    """All of it at once."""
    for attack in (tilt, squeeze, shift_vertex, steepen, lift, pump):
        base = attack(random, base, size * random.random())
    return base


ATTACKS = (tilt, squeeze, shift_vertex, steepen, lift, pump, everything)


def is_accepted(surface, slices):
    posts = [(expiry, *curve[:7]) for expiry, curve in slices.items()]
    try:
        surface.contract.call("post", surface.sequence + 1, surface.backend.now, posts, sender=KEEPER)
    except ContractError:
        return False
    return True


def largest(surface, expiry, base, attack, seed):
    """The strongest form of an attack that the contract takes, or nothing."""
    low, high, found = 0.0, 1.0, None
    for _ in range(7):
        size = 0.5 * (low + high)
        curve = attack(Random(seed), base, size)
        if is_accepted(surface, {expiry: curve}):
            low, found = size, curve
        else:
            high = size
    return found


def loot(curve, base, time_s):
    """Per strike: |change of value|, the larger vega and delta, |change of volatility|."""
    for strike in STRIKES:
        old, new = valued(base, time_s, strike), valued(curve, time_s, strike)
        yield abs(new[0] - old[0]), max(new[1], old[1]), max(new[2], old[2]), abs(new[4] - old[4])


@pytest.fixture
def surface():
    surface = Surface(days=DAYS)
    surface.start({e: smile(days=d) for e, d in zip(surface.expiries, DAYS, strict=True)})
    return surface.later(60)


@pytest.mark.parametrize("name", [attack.__name__ for attack in ATTACKS] + ["best of all"])
def test_hostile_hour__of_any_attack__moves_less_than_the_bound(surface, count, name):
    for seed in range(count(1, 40)):
        random = Random(f"{name} {seed}")
        attacks = [attack for attack in ATTACKS if attack.__name__ == name] or ATTACKS
        expiry = surface.expiries[1]
        begin = surface.backend.now
        gained = [0.0] * len(STRIKES)
        moved = [0.0] * len(STRIKES)
        vega, delta = [0.0] * len(STRIKES), [0.0] * len(STRIKES)
        accepted = 0
        while surface.backend.now < begin + HOUR - 2:
            base = surface.read(expiry)
            tried = [largest(surface, expiry, base, a, random.random()) for a in attacks]
            curves = [curve for curve in tried if curve is not None]
            if not curves:
                surface.later(240)
                continue
            time_s = surface.time_s(expiry)
            curve = max(curves, key=lambda each: max(row[0] for row in loot(each, base, time_s)))
            if guard.move(curve, base, 0, time_s) < POINT // 20 and curve.carry == base.carry:
                surface.later(240)
                continue
            for i, (value, at_vega, at_delta, change) in enumerate(loot(curve, base, time_s)):
                gained[i] += value
                moved[i] += change
                vega[i], delta[i] = max(vega[i], at_vega), max(delta[i], at_delta)
            surface.post({expiry: curve})
            accepted += 1
            surface.later(11)
        assert accepted > 0
        deviation = 0.8 * math.sqrt(30 / 365)
        for i, strike in enumerate(STRIKES):
            within = abs(math.log(strike / SPOT)) <= 3 * deviation
            tail = 2 * accepted * TAIL * SPOT * deviation
            bound = OFF_GRID * RATE * vega[i] * (1 if within else 2) + FORWARD_RATE * delta[i] + tail
            assert gained[i] <= bound, (name, seed, strike)
            if within and name not in ("pump", "everything", "best of all"):
                assert moved[i] <= OFF_GRID * RATE, (name, seed, strike)
        if name == "lift":  # the bound is not idle: half of it is reached
            middle = len(STRIKES) // 2
            assert gained[middle] >= 0.5 * RATE * vega[middle]


def test_sandwich__of_one_post__earns_less_than_the_spread_it_crosses_twice(surface, count):
    # a round trip pays H twice, and at most ½ε and κ₀ come back, on one side: 1½ε and κ₀ are left
    random = Random(51)
    expiry = surface.expiries[1]
    base, time_s = surface.read(expiry), surface.time_s(expiry)
    eps = surface_pace.step(POINT // 2, time_s) / WAD
    for attack in ATTACKS:
        for _ in range(count(3, 100)):
            curve = largest(surface, expiry, base, attack, random.random())
            if curve is None:
                continue
            for value, vega, delta, _ in loot(curve, base, time_s):
                assert value <= 1.5 * eps * vega + 0.0005 * delta + TAIL * SPOT


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


def test_calendar_squeeze__of_two_expiries__never_crosses_their_total_variances(count):
    for seed in range(count(2, 40)):
        random = Random(60 + seed)
        days = (30.0, 30.0 + random.uniform(0.5, 4.0))
        surface = Surface(days=days)
        near, far = surface.expiries
        vol = 0.8 * math.sqrt(days[0] / days[1]) + 0.003
        surface.start({near: smile(wings=0.1), far: smile(vol=vol, days=days[1], wings=0.1)})
        squeezed = False
        for _ in range(6):
            surface.later(300)
            for expiry, sign in ((near, 1), (far, -1)):
                base = surface.read(expiry)
                attack = random.choice((tilt, squeeze, shift_vertex, steepen))
                curve = largest(surface, expiry, base, attack, random.random()) or base
                pushed = shifted(curve, sign * random.uniform(0.0, 0.5))
                squeezed |= surface.refusal({expiry: pushed}) == "surface: calendar"
                if is_accepted(surface, {expiry: curve}):
                    surface.post({expiry: curve})
                    surface.later(11)
            early, late = surface.read(near), surface.read(far)
            deviation = guard.width(early, surface.time_s(near))
            for z in range(-60, 61):
                k = z * deviation // 12
                held = guard.variance(k, early) * surface.time_s(near)
                assert held <= guard.variance(k, late) * surface.time_s(far) * 1.01  # between nodes
        assert squeezed


def test_hour__of_the_best_timed_lifts__stays_inside_the_rate(surface):
    expiry = surface.expiries[1]
    surface.later(HOUR)
    posts = []
    while len(posts) < 60:
        base = surface.read(expiry)
        curve = largest(surface, expiry, base, lift, len(posts) % 2)
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
