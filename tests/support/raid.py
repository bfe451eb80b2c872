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
from support import stale_figure as paper
from support.market_stand import COALITION, OTHER, MarketStand, buy, fields_of
from support.stale_figure import YEAR_S
from support.vol_surface import Slice, shifted

from pyvault.chain.system import SlicePost, series_of
from pyvault.errors import ContractError
from pyvault.market.series import OptionKind
from pyvault.units import WAD

LEGS = 8  # of a plan, at most
SEEDS = 5  # of an attack: every pair of signs
BISECTIONS = 9
ROOM = 0.995  # of the largest accepted post, which time narrows before it is sent
ENDOWMENT, MOST = 200_000, 150_000  # quote of notional in each series
SMALL = 1_000  # the same, where the vault is to be all but empty
TURN = 1_000_000  # the same, of what others trade
AIMED = (3_000, 12_000)  # quote of notional: little enough for the inventory charge not to matter


def pump_and_lift(random: Random, base: Slice, size: float) -> Slice:
    """Both steps nearly whole at two days, each way of its own."""
    pump, lift = (size * random.choice((-1, 1)) for _ in range(2))
    return shifted(base, lift)._replace(carry=base.carry + round(0.1 * pump * WAD))


ATTACKS = (thief.lift, thief.tilt, thief.pump, thief.lift_and_pump, thief.everything, pump_and_lift)
FOR_CALLS, FOR_PUTS = (
    (ATTACKS.index(pump_and_lift), seed) for seed in (0.0, 4.0)
)  # forward up or down, volatility up


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

    def __init__(self, stand: MarketStand, deviations: float = 1.0, between=()) -> None:
        self.stand, self.between = stand, between  # what somebody else does in block B, before the coalition
        system = stand.system
        self.held = tuple(each.series_id for each in system.positions(COALITION[0]))
        feed = system.part("feed").call("latestRoundData")
        self.age_s, self.spot = system.now + 1 - feed[3], feed[1] / 10**8
        self.sigma = system.part("vol_surface").call("reference_vol") / WAD
        self.one = paper.hidden_move(self.sigma, self.age_s)
        self.move = deviations * self.one
        self.curves = {
            each: Slice(*system.part("vol_surface").call("latest_slice", each)) for each in stand.expiries
        }
        self.largest: dict[tuple[int, int, float], SlicePost | None] = {}

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
            if self.between:
                assert all(deed.is_done for deed in stand.run(self.between, curious=False).deeds)
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
            base = self.curves[expiry]
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
        series = series_of(self.held[leg.series])
        curve, years = self.curves[series.expiry], (series.expiry - self.stand.system.now) / YEAR_S
        k = math.log(series.strike / self.spot) - curve.carry / WAD * years
        vol, ride = paper.vol_at(curve, k), paper.ride(curve, k, self.move)
        allowed = paper.figure(vol, years, move=self.move, reference=self.sigma, ride=ride)
        return abs(leg.quantity) / WAD * self.spot * (allowed + paper.beyond(vol, years, self.move, self.one))


def _as_post(expiry, curve):
    return SlicePost(expiry=expiry, **fields_of(curve))


@contextmanager
def ready(stand: MarketStand, random: Random, age_s: int) -> Iterator[MarketStand]:
    """The coalition endowed, somebody else's trades in the book, the reading `age_s` old, the rest fresh."""
    with stand.kept():
        endow(stand, random.sample(stand.series, 12), ENDOWMENT)
        others = random.sample(stand.series, 6)
        quantity = stand.contracts_worth(random.choice((0, 300_000)) + 1_000)
        stand.run([buy(OTHER, (each, quantity)) for each in others], curious=False)
        grow_stale(stand, age_s)
        yield stand


@contextmanager
def quiet(stand: MarketStand, age_s: int) -> Iterator[MarketStand]:
    """The same with a vault all but empty, which charges little for inventory: much delta is on offer."""
    with stand.kept():
        for expiry in stand.expiries:
            endow(stand, deepest(stand, expiry)[:4], SMALL)
        grow_stale(stand, age_s)
        yield stand


@contextmanager
def turned(stand: MarketStand, age_s: int) -> Iterator[Raid]:
    """A raid with one deep call, while somebody else turns the vault's delta: rebates at both ends."""
    near = deepest(stand, stand.expiries[0])
    call, put = (next(each for each in near if each & 1 == is_call) for is_call in (1, 0))
    others = stand.contracts_worth(TURN)
    with stand.kept():
        endow(stand, [call], SMALL)
        stand.run([buy(OTHER, (put, others))], curious=False)
        grow_stale(stand, age_s)
        yield Raid(stand, between=[buy(OTHER, (put, -others)), buy(OTHER, (call, others))])


def deepest(stand: MarketStand, expiry: int) -> list[int]:
    """Series of an expiry, the deepest in the money first."""

    def moneyness(number: int) -> float:
        series = series_of(number)
        return (series.strike / stand.spot - 1) * (1 if series.kind is OptionKind.CALL else -1)

    return sorted((each for each in stand.series if series_of(each).expiry == expiry), key=moneyness)


def endow(stand: MarketStand, chosen, notional: float) -> None:
    for account in COALITION:
        endowment = [buy(account, (each, stand.contracts_worth(notional))) for each in chosen]
        stand.run(endowment, curious=False)


def grow_stale(stand: MarketStand, age_s: int) -> None:
    """A reading of so many seconds; surfaces and caches fresh."""
    stand.system.set_spot(stand.spot)
    stand.system.backend.warp(age_s)
    stand.post(*stand.slices.values())
    for expiry in stand.expiries:
        stand.system.refresh(None, expiry)


def aimed(raid: Raid) -> list[Plan]:
    """One leg each, bought before spot and the forward go its way."""
    plans = []
    for place, number in enumerate(raid.held):
        series = series_of(number)
        is_call = series.kind is OptionKind.CALL
        posts = [
            (FOR_CALLS if is_call else FOR_PUTS) if each == series.expiry else None
            for each in raid.stand.expiries
        ]
        for notional in AIMED:
            legs = (Leg(place, raid.stand.contracts_worth(notional), COALITION[0], is_late=False),)
            plans.append(Plan(legs, 1 if is_call else -1, tuple(posts), 1))
    return plans


def draw_leg(random: Random, series: int, spot: float) -> Leg:
    notional = math.exp(random.uniform(math.log(60), math.log(MOST)))
    quantity = random.choice((-1, 1)) * round(notional / spot * WAD)
    return Leg(series, quantity, random.choice(COALITION), random.random() < 0.3)


def draw_post(random: Random):
    return random.choice((None, (random.randrange(len(ATTACKS)), float(random.randrange(SEEDS)))))


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


def search(raid: Raid, random: Random, starts: list[Plan], steps: int) -> Iterator[Loot]:
    """Climb from the best of the starts; every loot on the way."""
    found = [(raid.loot(plan), plan) for plan in starts]
    yield from (loot for loot, _ in found)
    best, plan = max(found, key=lambda each: each[0].rate)
    for _ in range(steps):
        other = changed(random, raid, plan)
        loot = raid.loot(other)
        yield loot
        if loot.rate > best.rate:
            best, plan = loot, other
