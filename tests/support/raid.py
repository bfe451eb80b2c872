"""A coalition that knows the next reading and the next post: its plans, their loot, a search for the best.

In block A it trades packages at a stale reading; then spot moves by so many deviations of what the reading
may hide, and the keeper posts the largest accepted form of some attack in each expiry; in blocks B and C the
coalition trades back, every series to the wei.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random

from support import poster as thief
from support.market_stand import COALITION, OTHER, MarketStand, buy, fields_of
from support.vol_surface import Slice

from pyvault.chain.parameters import parameter
from pyvault.chain.system import SlicePost
from pyvault.errors import ContractError
from pyvault.units import WAD

ATTACKS = (thief.lift, thief.tilt, thief.pump, thief.lift_and_pump, thief.everything)
YEAR_S = 365 * 86_400
LATENCY_S = parameter("LATENCY_S").start
THRESHOLD, FORWARD_STEP, VOL_STEP, REBATE = (
    parameter(name).start / WAD for name in ("FEED_THRESHOLD", "FORWARD_STEP", "SURFACE_STEP", "REBATE")
)
LEGS = 8  # of a plan, at most
BISECTIONS = 9
ROOM = 0.995  # of the largest accepted post, which time narrows before it is sent
ENDOWMENT, MOST = 200_000, 150_000  # quote of notional in each series


@dataclass(frozen=True)
class Leg:
    series: int  # index among those that the coalition holds
    quantity: int  # WAD; positive: bought in block A
    account: int
    is_late: bool  # traded back in block C


@dataclass(frozen=True)
class Plan:
    legs: tuple[Leg, ...]
    direction: int  # of spot
    posts: tuple[tuple[int, float] | None, ...]  # attack and seed, an expiry
    wait_s: int  # between blocks B and C


@dataclass(frozen=True)
class Loot:
    profit: float  # quote
    notional: float
    figure: float  # what paper allows
    posts: int

    @property
    def rate(self) -> float:
        return self.profit / self.notional


NOTHING = Loot(-math.inf, 1.0, 0.0, 0)


class Raid:
    """A stand just before block A, its reading of some age, surfaces fresh, the coalition endowed."""

    def __init__(self, stand: MarketStand, deviations: float = 1.0) -> None:
        self.stand = stand
        system = stand.system
        self.held = tuple(each.series_id for each in system.positions(COALITION[0]))
        feed = system.part("feed").call("latestRoundData")
        self.age_s, self.spot = system.now + 1 - feed[3], feed[1] / 10**8
        self.sigma = system.part("vol_surface").call("reference_vol") / WAD
        latency = self._deviation(LATENCY_S)
        self.one = min(self._deviation(self.age_s + LATENCY_S), THRESHOLD + latency)  # a(age)
        self.move = deviations * self.one
        self.largest: dict[tuple[int, int, float], SlicePost | None] = {}

    def _deviation(self, time_s: float) -> float:
        return self.sigma * math.sqrt(time_s / YEAR_S)

    def loot(self, plan: Plan) -> Loot:
        """What a plan fetches on the compiled market; nothing stays."""
        stand = self.stand
        posts = [post for post in map(self._post, stand.expiries, plan.posts) if post]
        with stand.kept():
            deeds = [*self._trade(plan.legs, 1)]
            stand.system.set_spot(self.spot * (1 + plan.direction * self.move))
            if posts:
                stand.system.post_surface(posts)
            stand.system.mine(1)
            deeds += self._trade([leg for leg in plan.legs if not leg.is_late], -1)
            stand.system.backend.warp(plan.wait_s)
            deeds += self._trade([leg for leg in plan.legs if leg.is_late], -1)
        if not all(deed.is_done for deed in deeds):
            return NOTHING
        profit = -sum(deed.total for deed in deeds) * stand.unit / WAD
        notional = sum(abs(leg.quantity) for leg in plan.legs) / WAD * self.spot
        return Loot(profit, notional, sum(self.figure(leg) for leg in plan.legs), len(posts))

    def _trade(self, legs, sign):
        actions = []
        for account in COALITION:
            mine = [(self.held[leg.series], sign * leg.quantity) for leg in legs if leg.account == account]
            actions += [buy(account, *mine[i : i + 4]) for i in range(0, len(mine), 4)]
        return self.stand.run(actions, curious=False).deeds if actions else ()

    def _post(self, expiry, chosen):
        """The largest accepted form of an attack on one expiry."""
        if chosen is None:
            return None
        index, seed = chosen
        key = (expiry, index, seed)
        if key not in self.largest:
            base = Slice(*self.stand.system.part("vol_surface").call("latest_slice", expiry))
            low, high, found = 0.0, 1.0, None
            for _ in range(BISECTIONS):
                size = 0.5 * (low + high)
                if self._is_accepted(_as_post(expiry, ATTACKS[index](Random(seed), base, size))):
                    low, found = size, _as_post(expiry, ATTACKS[index](Random(seed), base, ROOM * size))
                else:
                    high = size
            self.largest[key] = found
        return self.largest[key]

    def _is_accepted(self, post):
        surface = self.stand.system.part("vol_surface")
        arguments = (surface.call("sequence") + 1, self.stand.system.now, [post.as_tuple()])
        try:
            surface.call("post", *arguments, sender=self.stand.system.config.keeper)
        except ContractError:
            return False
        return True

    def figure(self, leg: Leg) -> float:
        """What paper allows a leg: "What a taker can take from a stale spot", docs/market-mathematics.md."""
        years = ((self.held[leg.series] >> 65) - self.stand.system.now) / YEAR_S
        root, sigma = math.sqrt(years), self.sigma
        width, step = sigma * root, VOL_STEP * math.sqrt(30 / max(365 * years, 7))
        move = self.move + FORWARD_STEP
        speed = move**3 / 6 * (0.4 / width + 0.25 / width**2)
        vanna = root * 2 * move * step * (0.4 + 0.25 / width)
        volga = root * 3 * step**2 / (2 * sigma) * (0.3 + 0.25 * width)
        gamma = 0.4 / width * (2 * self.move * FORWARD_STEP + 1.5 * FORWARD_STEP**2)
        delta = max(0.0, (2 * REBATE - 1) * FORWARD_STEP - self._deviation(LATENCY_S))
        beyond = max(0.0, self.move - self.one + 0.2 / width * (self.move**2 - self.one**2))
        return abs(leg.quantity) / WAD * self.spot * (speed + vanna + volga + gamma + delta + beyond)


def _as_post(expiry, curve):
    return SlicePost(expiry=expiry, **fields_of(curve))


@contextmanager
def ready(stand: MarketStand, random: Random, age_s: int) -> Iterator[MarketStand]:
    """The coalition endowed, somebody else's trades in the book, the reading `age_s` old, the rest fresh."""
    with stand.kept():
        chosen = random.sample(stand.series, 12)
        for account in COALITION:
            endowment = [buy(account, (each, stand.contracts_worth(ENDOWMENT))) for each in chosen]
            stand.run(endowment, curious=False)
        others = random.sample(stand.series, 6)
        quantity = stand.contracts_worth(random.choice((0, 300_000)) + 1_000)
        stand.run([buy(OTHER, (each, quantity)) for each in others], curious=False)
        stand.system.set_spot(stand.spot)
        stand.system.backend.warp(age_s)
        stand.post(*stand.slices.values())
        for expiry in stand.expiries:
            stand.system.refresh(None, expiry)
        yield stand


def draw_leg(random: Random, series: int, spot: float) -> Leg:
    notional = math.exp(random.uniform(math.log(60), math.log(MOST)))
    quantity = random.choice((-1, 1)) * round(notional / spot * WAD)
    return Leg(series, quantity, random.choice(COALITION), random.random() < 0.3)


def draw_post(random: Random):
    return random.choice((None, (random.randrange(len(ATTACKS)), float(random.randrange(4)))))


def draw_plan(random: Random, raid: Raid) -> Plan:
    return Plan(
        legs=tuple(
            draw_leg(random, series, raid.spot)
            for series in random.sample(range(len(raid.held)), random.randint(1, 4))
        ),
        direction=random.choice((-1, 1)),
        posts=tuple(draw_post(random) for _ in raid.stand.expiries),
        wait_s=random.randrange(1, 20),
    )


def changed(random: Random, raid: Raid, plan: Plan) -> Plan:
    """A neighbour of a plan."""
    kind, legs = random.randrange(6), list(plan.legs)
    place = random.randrange(len(legs))
    if kind == 0:
        return replace(plan, direction=-plan.direction)
    if kind == 1:
        posts = list(plan.posts)
        posts[random.randrange(len(posts))] = draw_post(random)
        return replace(plan, posts=tuple(posts))
    if kind == 2 and len(legs) < LEGS:
        taken = {leg.series for leg in legs}
        free = [each for each in range(len(raid.held)) if each not in taken]
        legs.append(draw_leg(random, random.choice(free), raid.spot))
    elif kind == 3 and len(legs) > 1:
        legs.pop(place)
    elif kind == 4:
        legs[place] = replace(legs[place], quantity=-legs[place].quantity)
    else:
        factor = math.exp(random.gauss(0.0, 1.0))
        most = round(MOST / raid.spot * WAD)
        size = max(-most, min(most, round(legs[place].quantity * factor)))
        legs[place] = replace(legs[place], quantity=size, is_late=random.random() < 0.3)
    return replace(plan, legs=tuple(legs))


def search(raid: Raid, random: Random, starts: int, steps: int) -> Iterator[Loot]:
    """Climb from the best of some random plans; every loot on the way."""
    drawn = [draw_plan(random, raid) for _ in range(starts)]
    found = [(raid.loot(plan), plan) for plan in drawn]
    yield from (loot for loot, _ in found)
    best, plan = max(found, key=lambda each: each[0].rate)
    for _ in range(steps):
        other = changed(random, raid, plan)
        loot = raid.loot(other)
        yield loot
        if loot.rate > best.rate:
            best, plan = loot, other
