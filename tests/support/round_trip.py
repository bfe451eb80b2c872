"""A package traded at a stale state and traded back at the next one, whatever inventory the vault then has.

The compiled pricer of trades is asked at both ends. At the first the reading has some age, the surface
another, and a gap is open. Then spot moves by up to one deviation of what the reading may hide, the surface
by the gap and by one deviation of what its age may hide, and the largest accepted step of some attack comes
on top. At both ends the inventory is one that the package relieves, so that its rebate is full.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from random import Random

from support import poster as thief
from support import stale_figure as paper
from support.stale_figure import FORWARD_STEP, REBATE, VOL_STEP, YEAR_S
from support.trades import NONE, book, call, conditions, position, pricers, put
from support.vol_surface import guard, shifted, smile

from pyvault.errors import ContractError
from pyvault.exact import surface_pace
from pyvault.exact.arithmetic import tdiv
from pyvault.exact.quote import Curve, Others
from pyvault.units import WAD

SPOT = 3_000.0
HOURS = (12, 48, 216, 744)  # of an expiry: from where opening ends
AGES = (1, 300, 3_600)  # seconds of a reading
STALE = ((1, 0.0), (900, 0.0), (1, 0.01))  # age of the surface: fresh, or as old as it opens; gap
ATTACKS = (thief.lift, thief.tilt, thief.squeeze, thief.steepen)
DEEPEST = 1.6  # deviations of a strike in the money: a delta of 0.94 to 0.97
LEGS = 4
CONTRACTS = 3.0  # of a leg to begin with
BISECTIONS = 10
RELIEF = 100_000  # times the package: the inventory that it relieves


@dataclass(frozen=True)
class State:
    """What the taker finds; the volatility at the money is also the reference."""

    vol: float
    hours: int
    age_s: int
    surface_age_s: int
    gap: float

    @property
    def time_s(self) -> int:
        return self.hours * 3_600

    @property
    def curve(self):
        return smile(self.vol, self.hours / 24, carry=0.0)


@dataclass(frozen=True)
class Leg:
    deviations: float  # of the strike from spot
    is_call: bool
    contracts: float  # positive: bought, then sold


@dataclass(frozen=True)
class Trip:
    state: State
    legs: tuple[Leg, ...]
    extent: float  # of spot's deviation, from -1 to 1
    turn: float  # of what gap and age of the surface hide, from -1 to 1
    pump: int  # of the forward, by its step; or 0
    attack: int
    seed: int


@dataclass(frozen=True)
class Loot:
    profit: float  # quote
    figure: float  # what paper allows
    notional: float

    @property
    def excess(self) -> float:
        """Beyond the figure, of notional."""
        return (self.profit - self.figure) / self.notional


def loot(trip: Trip) -> Loot:
    """What a trip fetches on the compiled pricer, and what paper allows it."""
    state = trip.state
    spot = SPOT * (1 + trip.extent * paper.hidden_move(state.vol, state.age_s))
    gap = round(state.gap * WAD)
    paid = _total(trip, SPOT, state.curve, 1, age=state.age_s, surface_age_s=state.surface_age_s, gap=gap)
    after = next_curve(state, trip.turn, trip.pump, trip.attack, trip.seed)
    paid += _total(trip, spot, after, -1, age=1, surface_age_s=1, gap=0)
    notional = SPOT * sum(abs(leg.contracts) for leg in trip.legs)
    return Loot(-paid / WAD, figure(trip), notional)


def figure(trip: Trip) -> float:
    """What paper allows a trip, quote."""
    state, years = trip.state, trip.state.time_s / YEAR_S
    move = paper.hidden_move(state.vol, state.age_s)
    allowed = 0.0
    for leg in trip.legs:
        k = math.log(_strike(state, leg) / SPOT)
        vol = paper.vol_at(state.curve, k)
        hidden = state.gap + paper.hidden_drift(state.surface_age_s) * vol
        ride = paper.ride(state.curve, k, move)
        share = paper.figure(vol, years, move=move, reference=state.vol, hidden=hidden, ride=ride)
        allowed += SPOT * abs(leg.contracts) * share
    return allowed


def _total(trip, spot, curve, sign, *, age, **surface):
    """What the package, or its reversal, costs in one state; WAD."""
    time_s = trip.state.time_s - (sign < 0)
    strikes = [position(_strike(trip.state, leg)) for leg in trip.legs]
    item = book(strikes, vol=trip.state.vol, **surface)._replace(time_s=time_s, curve=Curve(*curve[:6]))
    legs = [
        (call if leg.is_call else put)(sign * round(leg.contracts * WAD), strike=i)
        for i, leg in enumerate(trip.legs)
    ]
    market, pricer = conditions(spot, vol=trip.state.vol, age=age), pricers()[0]
    left = pricer.call("evaluate", market, NONE, [item], legs).books[0]
    others = [-RELIEF * each for each in (left.dollar_delta, left.dollar_gamma, left.scaled_vega)]
    found = pricer.call("evaluate", market, Others(*others, others[2] ** 2), [item], legs)
    assert found.inventory_charge == -(round(100 * REBATE) * found.rebatable // 100)
    return found.total


def _strike(state: State, leg: Leg) -> float:
    return SPOT * math.exp(leg.deviations * paper.deviation(state.vol, state.time_s))


@cache
def next_curve(state: State, turn: float, pump: int, attack: int, seed: int):
    """The surface after its age, its gap and one step, each as large as it may be."""
    base = state.curve
    drift = (1 + turn * paper.hidden_drift(state.surface_age_s)) ** 2
    base = base._replace(a=round(base.a * drift), b=round(base.b * drift))
    if turn and state.gap:
        base = _largest(state, base, base, state.gap, lambda size: shifted(base, 10 * turn * size))
    carry = pump * round(FORWARD_STEP * WAD) * YEAR_S // state.time_s
    pumped = base._replace(carry=base.carry + carry)
    step = surface_pace.step(round(VOL_STEP * WAD), state.time_s) / WAD
    return _largest(state, base, pumped, step, lambda size: ATTACKS[attack](Random(seed), pumped, size))


def _largest(state, base, least, most, form):
    """The largest form of a change from `base` that moves no strike by more than `most`, or the `least`."""
    low, high, found = 0.0, 1.0, least
    for _ in range(BISECTIONS):
        size = 0.5 * (low + high)
        curve = _accepted(state, base, most, form, size)
        low, high, found = (low, size, found) if curve is None else (size, high, curve)
    return found


def _accepted(state, base, most, form, size):
    try:
        curve = form(size)
        guard.check_shape(curve)
        offset = tdiv((curve.carry - base.carry) * state.time_s, YEAR_S)
        return curve if guard.move(curve, base, offset, state.time_s) <= most * WAD else None
    except ContractError:
        return None


def aimed(vol: float, age_s: int, hours: int) -> Iterator[Trip]:
    """Where a taker would begin: much delta with the move, much gamma, much vega, before posts that help."""
    shapes = (
        ((_call(-DEEPEST),), 1),
        ((_put(DEEPEST),), -1),
        ((_call(0.0), _put(0.0)), 1),
        ((_call(0.0, -1.0), _put(0.0, -1.0)), 0),
        ((_call(1.2),), 1),
    )
    for (surface_age_s, gap), (legs, side) in product(STALE, shapes):
        state = State(vol, hours, age_s, surface_age_s, gap)
        for turn in {1.0, 1.0 if legs[0].contracts > 0 else -1.0}:
            for seed in (0, 1):  # up and down
                yield Trip(state, legs, side, turn, side, 0, seed)


def _call(deviations: float, side: float = 1.0) -> Leg:
    return Leg(deviations, is_call=True, contracts=side * CONTRACTS)


def _put(deviations: float, side: float = 1.0) -> Leg:
    return Leg(deviations, is_call=False, contracts=side * CONTRACTS)


def drawn(random: Random, vol: float, age_s: int) -> Trip:
    state = State(vol, random.choice(HOURS), age_s, *random.choice(STALE))
    legs = tuple(_draw_leg(random) for _ in range(random.randint(1, LEGS)))
    return Trip(state, legs, random.choice((-1, 1)), random.choice((-1, 1)), 0, 0, random.randrange(4))


def _draw_leg(random: Random) -> Leg:
    size = random.choice((-1, 1)) * math.exp(random.uniform(math.log(0.02), math.log(50)))
    return Leg(random.uniform(-DEEPEST, DEEPEST), random.random() < 0.5, size)


def changed(random: Random, trip: Trip) -> Trip:
    """A neighbour of a trip."""
    kind, legs = random.randrange(7), list(trip.legs)
    place = random.randrange(len(legs))
    if kind == 0:
        return replace(trip, extent=random.choice((-1.0, 0.0, 1.0, random.uniform(-1, 1))))
    if kind == 1:
        return replace(trip, pump=random.choice((-1, 0, 1)), turn=random.choice((-1.0, 0.0, 1.0)))
    if kind == 2:
        return replace(trip, attack=random.randrange(len(ATTACKS)), seed=random.randrange(4))
    if kind == 3 and len(legs) < LEGS:
        legs.append(_draw_leg(random))
    elif kind == 4 and len(legs) > 1:
        legs.pop(place)
    elif kind == 5:
        factor = random.choice((-1, 1)) * math.exp(random.gauss(0.0, 1.0))
        legs[place] = replace(legs[place], contracts=legs[place].contracts * factor)
    else:
        where = max(-DEEPEST, min(DEEPEST, legs[place].deviations + random.gauss(0.0, 0.4)))
        legs[place] = replace(legs[place], deviations=where)
    return replace(trip, legs=tuple(legs))


def search(random: Random, starts: list[Trip], steps: int) -> Iterator[Loot]:
    """Climb from the best of the starts to what paper covers least; every loot on the way."""
    found = [(loot(trip), trip) for trip in starts]
    yield from (each for each, _ in found)
    best, trip = max(found, key=lambda each: each[0].excess)
    for _ in range(steps):
        other = changed(random, trip)
        fetched = loot(other)
        yield fetched
        if fetched.excess > best.excess:
            best, trip = fetched, other
