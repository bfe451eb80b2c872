"""A keeper turned thief: what it may post, as the exact twin tells, and what each post is worth to it."""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr
from support.vol_surface import HOUR, WAD, YEAR, Surface, guard, shifted

from pyvault.errors import ContractError
from pyvault.exact import surface_pace
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.surface_guard import Slice
from pyvault.pricing.surface.poster_bound import PosterBound
from pyvault.pricing.surface.posting import forward_move

SPOT = 3_000.0
DEVIATIONS = np.linspace(-6.0, 6.0, 49)
STRIKES = SPOT * np.exp(0.8 * math.sqrt(30 / 365) * DEVIATIONS)
PEAK = 1 / math.sqrt(2 * math.pi)
BISECTIONS = 11
BLOCK_S, PATIENCE_S = 12, 450
LEAST = 0.02  # of what a post can take: less is not worth one


def bound_of(surface: Surface, time_s: int) -> PosterBound:
    """The published bound under the parameters in force."""
    return PosterBound(
        step=surface_pace.step(surface.value("SURFACE_STEP"), time_s) / WAD,
        rate=surface.value("SURFACE_RATE_PER_HOUR") / WAD,
        forward_step=surface.value("FORWARD_STEP") / WAD,
        forward_rate=surface.value("FORWARD_RATE_PER_HOUR") / WAD,
        max_carry=surface.value("MAX_CARRY") / WAD,
    )


class Post(NamedTuple):
    at: int
    curve: Slice
    level: int
    forward_level: int


class Poster:
    """One expiry as the contract will see it, on the exact twin: slice in effect, both buckets, clock."""

    def __init__(self, surface: Surface, expiry: int) -> None:
        self.expiry, self.base, self.now = expiry, surface.read(expiry), surface.backend.now
        names = ("SURFACE_STEP", "SURFACE_RATE_PER_HOUR", "FORWARD_STEP", "FORWARD_RATE_PER_HOUR")
        self.step, self.rate, self.forward_step, self.forward_rate = map(surface.value, names)
        self.bounds = surface.value("SURFACE_MIN_VOL"), surface.value("SURFACE_MAX_VOL")
        self.max_carry = surface.value("MAX_CARRY")
        rooms = surface.contract.call("room", expiry)
        self.stored = Post(self.now, self.base, self.rate // 2 - rooms[0], self.forward_rate // 2 - rooms[1])
        self.posts: list[Post] = []

    def wait(self, seconds: int) -> None:
        self.now += seconds

    def levels(self) -> tuple[int, int]:
        """Of both buckets, now."""
        elapsed = self.now - self.stored.at
        return (
            surface_pace.leaked(self.stored.level, self.rate, elapsed),
            surface_pace.leaked(self.stored.forward_level, self.forward_rate, elapsed),
        )

    def moves(self, curve: Slice) -> tuple[int, int] | None:
        """What a post of `curve` is charged, or None where it is refused."""
        time_s, carry = self.expiry - self.now, curve.carry - self.base.carry
        level, forward_level = self.levels()
        moved = forward_move(carry, time_s)
        if moved > min(self.forward_step, self.forward_rate // 2 - forward_level):
            return None
        if abs(curve.carry) > self.max_carry:
            return None
        most = min(surface_pace.step(self.step, time_s), self.rate // 2 - level)
        try:
            guard.check_shape(curve)
            move = guard.move(curve, self.base, tdiv(carry * time_s, YEAR), time_s)
            if move > most:
                return None
            width = guard.width(curve, time_s)
            nodes = guard.nodes(curve, width)
            guard.check_curve(curve, time_s, width, nodes)
            guard.check_bounds(guard.volatilities(curve, nodes), *self.bounds)
        except ContractError:
            return None
        return move, moved

    def largest(self, attack, seed: float) -> Slice | None:
        """The strongest form of an attack that is accepted now."""
        low, high, found = 0.0, 1.0, None
        for _ in range(BISECTIONS):
            size = 0.5 * (low + high)
            curve = formed(attack, Random(seed), self.base, size)
            if curve is None or self.moves(curve) is None:
                high = size
            else:
                low, found = size, curve
        return found

    def post(self, curve: Slice) -> None:
        move, moved = self.moves(curve)
        level, forward_level = self.levels()
        self.base, self.stored = curve, Post(self.now, curve, level + move, forward_level + moved)
        self.posts.append(self.stored)

    def loot(self, curve: Slice, strikes: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """By strike |ΔV| and the larger |∂V/∂ln F|; the larger vega at its peak."""
        time_s = self.expiry - self.now
        old, new = (forward_of(each, time_s) for each in (self.base, curve))
        before, after = (volatilities_of(each, strikes, time_s) for each in (self.base, curve))
        value = np.abs(worth(new, strikes, after, time_s)[0] - worth(old, strikes, before, time_s)[0])
        deltas = [worth(forward, strikes, before, time_s)[1] for forward in (old, new)]
        return value, np.maximum(*deltas), max(old, new) * math.sqrt(time_s / YEAR) * PEAK


def forward_of(curve: Slice, time_s: int) -> float:
    return SPOT * math.exp(curve.carry / WAD * time_s / YEAR)


def volatilities_of(curve: Slice, strikes: np.ndarray, time_s: int) -> np.ndarray:
    a, b, rho, m, s = (x / WAD for x in curve[:5])
    x = np.log(strikes / forward_of(curve, time_s)) - m
    return np.sqrt(a + b * (rho * x + np.hypot(x, s)))


def worth(forward: float, strikes: np.ndarray, vol: np.ndarray, time_s: int) -> tuple[np.ndarray, np.ndarray]:
    """Call and its derivative by ln F; no discount."""
    deviation = vol * math.sqrt(time_s / YEAR)
    d1 = np.log(forward / strikes) / deviation + 0.5 * deviation
    return forward * ndtr(d1) - strikes * ndtr(d1 - deviation), forward * ndtr(d1)


class Takings(NamedTuple):
    """Sums over the posts of an hour, by strike, and the two parts of what they are bounded by."""

    gained: np.ndarray
    by_volatility: float
    by_forward: np.ndarray
    posts: list[Post]


def rob(poster: Poster, bound: PosterBound, attacks, random: Random, target: int, tries: int = 1) -> Takings:
    """An hour of posts, each that which takes most from one strike, of `tries` forms of each attack."""
    poster.wait(BLOCK_S)
    end = poster.now + HOUR
    gained, delta, peak = np.zeros_like(STRIKES), np.zeros_like(STRIKES), 0.0
    while poster.now < end:
        curves = [poster.largest(attack, random.random()) for attack in attacks for _ in range(tries)]
        loots = [(poster.loot(curve, STRIKES), curve) for curve in curves if curve is not None]
        (value, slope, vega), curve = max(
            loots, key=lambda each: each[0][0][target], default=((0, 0, 0), None)
        )
        if curve is None or value.max() < LEAST * bound.post_gain(vega, slope[target]):
            poster.wait(PATIENCE_S)
            continue
        gained, delta, peak = gained + value, np.maximum(delta, slope), max(peak, vega)
        poster.post(curve)
        poster.wait(BLOCK_S)
    return Takings(
        gained, bound.loss(peak, 0.0), np.array([bound.loss(0.0, each) for each in delta]), poster.posts
    )


def replay(surface: Surface, expiry: int, posts: list[Post]) -> None:
    """Post on the compiled contract what the twin accepted; every level of both buckets is the same."""
    rates = surface.value("SURFACE_RATE_PER_HOUR"), surface.value("FORWARD_RATE_PER_HOUR")
    for post in posts:
        surface.later(post.at - surface.backend.now - 1)
        surface.post({expiry: post.curve})
        assert surface.backend.now == post.at
        rooms = tuple(rate // 2 - level for rate, level in zip(rates, post[2:], strict=True))
        assert surface.contract.call("room", expiry) == rooms


def formed(attack, random: Random, base: Slice, size: float) -> Slice | None:
    """The slice of an attack, or None where it is none: its variance would be negative."""
    try:
        return attack(random, base, size)
    except ContractError:
        return None


def kept(curve: Slice, base: Slice) -> Slice:
    """`curve` lifted so that its volatility at the money is that of `base`."""
    return curve._replace(a=curve.a + guard.variance(0, base) - guard.variance(0, curve))


def tilt(random: Random, base: Slice, size: float) -> Slice:
    """The skew turned over, the money unchanged."""
    rho = base.rho + round(2 * size * random.choice((-1, 1)) * WAD)
    return kept(base._replace(rho=max(-WAD, min(WAD, rho))), base)


def squeeze(random: Random, base: Slice, size: float) -> Slice:
    """The vertex sharpened or flattened, the money unchanged."""
    return kept(base._replace(sigma=round(base.sigma * math.exp(3 * size * random.choice((-1, 1))))), base)


def shift_vertex(random: Random, base: Slice, size: float) -> Slice:
    """The vertex moved between nodes, the money unchanged."""
    return kept(base._replace(m=base.m + round(2 * base.sigma * size * random.choice((-1, 1)))), base)


def steepen(random: Random, base: Slice, size: float) -> Slice:
    """The wings opened or closed, the money unchanged."""
    return kept(base._replace(b=round(base.b * math.exp(2 * size * random.choice((-1, 1))))), base)


def lift(random: Random, base: Slice, size: float) -> Slice:
    """The whole smile up or down."""
    return shifted(base, 10 * size * random.choice((-1, 1)))


def pump(random: Random, base: Slice, size: float) -> Slice:
    """Carry to and fro."""
    return base._replace(carry=base.carry + round(0.1 * size * random.choice((-1, 1)) * WAD))


def lift_and_pump(random: Random, base: Slice, size: float) -> Slice:
    """Volatility and forward the same way."""
    sign = random.choice((-1, 1))
    return shifted(base, 10 * size * sign)._replace(carry=base.carry + round(0.1 * size * sign * WAD))


def everything(random: Random, base: Slice, size: float) -> Slice:
    """All of it at once, at random weights."""
    for attack in (tilt, squeeze, shift_vertex, steepen, lift, pump):
        base = attack(random, base, size * random.random() * random.choice((0, 1)))
    return base
