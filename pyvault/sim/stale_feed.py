"""What an informed taker gains from a feed that lags, with and without the rule on rebates.

The spot outside follows a geometric Brownian motion; the feed answers when it has moved by `deviation`, or
after `heartbeat_s`. A taker who sees the spot outside buys a call when it stands above the answer, a put when
below. The vault's delta wanders about zero, so half of what he buys is counter-flow, for which the vault
charges less: by the rule at most a share of H_c, which holds no age, gap or gamma; without it the same share
of all of H. Prices are those of the exact twin, and so of the contracts, to the wei.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pyvault.chain.parameters import start_words
from pyvault.exact import book, lanes
from pyvault.exact.evaluation import evaluate
from pyvault.exact.quote import Book, Conditions, Curve, Evaluation, Leg, Others
from pyvault.sim.paths import Gbm
from pyvault.sim.streams import Process, stream
from pyvault.units import WAD, from_wad, to_wad

__all__ = ["Edges", "Moment", "StaleFeed", "edges_on"]

HOUR_S, DAY_S = 3_600, 86_400
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleFeed:
    """A feed, the market behind it, and the vault's delta; start values of the parameters.

    Parameters
    ----------
    deviation, heartbeat_s
        When the feed answers.
    volatility
        Of the spot outside, of the slice and of reference.
    lag
        Smallest |ln(spot outside / answer)| at which the taker buys.
    quantity
        Contracts an order.
    delta
        Standard deviation of the vault's dollar delta, quote; it is forgotten with a mean life of `life_s`.
    repost_s
        How often the surface is posted again.
    """

    deviation: float = 0.005
    heartbeat_s: int = HOUR_S
    volatility: float = 0.65
    spot: float = 3_000.0
    lag: float = 0.002
    quantity: float = 10.0
    days_to_expiry: int = 7
    delta: float = 300_000.0
    life_s: int = 5_400
    equity: float = 10_000_000.0
    repost_s: int = 600
    step_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One purchase: when, by which conditions and book, what it costs and what it is worth outside."""

    timestamp: int
    conditions: Conditions
    book: Book
    leg: Leg
    priced: Evaluation
    worth: float

    @property
    def is_counter_flow(self) -> bool:
        """Whether the purchase lowers the vault's risk."""
        return self.priced.charge < 0

    @property
    def edge(self) -> float:
        """What the taker gains by the rule, quote."""
        return self.worth - from_wad(self.priced.total)

    @property
    def edge_without_rule(self) -> float:
        """What he would gain if the rebate could return a share of all of H, quote."""
        share = lanes.read(self.conditions.words).rebate
        rebate = share * self.priced.half_spread // WAD
        charge = max(self.priced.charge, -rebate)
        return self.worth - from_wad(self.priced.mid + charge + self.priced.half_spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Gains of the taker on a path, quote per purchase."""

    moments: tuple[Moment, ...]
    days: float

    @property
    def with_rule(self) -> Floats:
        """By moment."""
        return np.array([each.edge for each in self.moments])

    @property
    def without_rule(self) -> Floats:
        """By moment."""
        return np.array([each.edge_without_rule for each in self.moments])

    @property
    def counter_flow(self) -> npt.NDArray[np.bool_]:
        """By moment, whether it lowers the vault's risk."""
        return np.array([each.is_counter_flow for each in self.moments])


def edges_on(feed: StaleFeed, *, seed: int, days: float) -> Edges:
    """Every purchase on one path of so many days."""
    steps = round(days * DAY_S / feed.step_s)
    path = Gbm(
        start=0,
        first_price=feed.spot,
        volatility=feed.volatility,
        drift=0.0,
        step_s=feed.step_s,
        steps=steps,
        seed=seed,
    )
    draws = stream(seed=seed, process=Process.INVENTORY).standard_normal(steps + 1)
    keep = math.exp(-feed.step_s / feed.life_s)
    answer, answered, delta, moments = feed.spot, 0, 0.0, []
    for now, spot, draw in zip(path.timestamp.tolist(), path.price.tolist(), draws.tolist(), strict=True):
        delta = keep * delta + feed.delta * math.sqrt(1.0 - keep * keep) * draw
        if now - answered >= feed.heartbeat_s or abs(math.log(spot / answer)) >= feed.deviation:
            answer, answered = spot, now
        if abs(math.log(spot / answer)) >= feed.lag:
            moments.append(_moment(feed, now, spot, _Reading(answer, now - answered), delta))
    return Edges(moments=tuple(moments), days=days)


class _Reading(NamedTuple):
    answer: float
    age_s: int


def _moment(feed: StaleFeed, now: int, spot: float, reading: _Reading, delta: float) -> Moment:
    """The purchase that a taker makes who sees `spot` while the feed gives the reading."""
    answer = reading.answer
    conditions = Conditions(
        spot=to_wad(answer),
        spot_low=to_wad(answer),
        spot_high=to_wad(answer),
        reading_age_s=reading.age_s,
        reference_vol=to_wad(feed.volatility),
        risk_budget=to_wad(0.01 * feed.equity),
        utilisation=0,
        multiplier=WAD,
        has_rebate=True,
        words=_WORDS,
    )
    held = Book(
        time_s=feed.days_to_expiry * DAY_S,
        surface_age_s=now % feed.repost_s,
        gap=0,
        curve=Curve(to_wad(feed.volatility**2), 0, 0, 0, WAD // 10, 0),
        flow=0,
        flow_age_s=0,
        flow_atm_vol=0,
        mean_vol=to_wad(feed.volatility),
        fixed_part=0,
        floating=WAD,
        rate=0,
        positions=(book.word(round(answer) * 10**8, 0, 0),),
    )
    leg = Leg(0, 0, spot > answer, to_wad(feed.quantity))
    outside = book.unit(book.terms(to_wad(spot), held), round(answer) * WAD)
    worth = feed.quantity * from_wad(outside.call if leg.is_call else outside.put)
    priced = evaluate(conditions, Others(to_wad(delta), 0, 0, 0), [held], [leg])
    return Moment(timestamp=now, conditions=conditions, book=held, leg=leg, priced=priced, worth=worth)


_WORDS = start_words(lanes.FIRST_WORD, lanes.WORDS)
