"""A day of the world around the market: a feed, honest and dishonest surface posts, takers, and a fixing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pyvault.chain.backend import Backend
from pyvault.chain.system import SlicePost, System, SystemConfig
from pyvault.market.chain import OptionChain
from pyvault.pricing.surface import Surface
from pyvault.sim import (
    Agent,
    EventLoop,
    ExpiryKeeper,
    FeedPublisher,
    Gbm,
    InformedTaker,
    PoissonTaker,
    Process,
    Run,
    SurfacePoster,
    stream,
)
from pyvault.units import WAD, from_wad

__all__ = ["Day", "live_one_day"]

HOUR_S = 3_600
STEP_S = 300
FIRST_POST_S = 120
MOST_SLICES = 10  # of one post
HOURS = 25  # past the first expiry, so that a round follows it
HONEST_DRIFT = 1.002  # of variance per honest post


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened: the path outside, every act with its outcome, and the settlement prices.

    `posts` names each surface post in order; `settlements` maps an expiry (unix seconds) to its price.
    """

    path: Gbm
    run: Run
    posts: tuple[str, ...]
    settlements: dict[int, float]


def live_one_day(backend: Backend, market: OptionChain, surface: Surface, seed: int) -> Day:
    """Deploy the suite on a backend and let 25 hours pass from the market's own moment on.

    The chain's clock must lie before the market's timestamp. The spot follows a geometric Brownian motion at
    the surface's shortest at-the-money volatility.
    """
    start = int(market.timestamp)
    index = market.index_price[np.isfinite(market.index_price)]
    spot = float(index[0]) if index.size else surface.slices[0].forward
    path = Gbm(
        start=start,
        first_price=spot,
        volatility=float(surface.slices[0].implied_vol(0.0)),
        step_s=STEP_S,
        steps=HOURS * HOUR_S // STEP_S,
        seed=seed,
    )
    system = System.deploy(backend, SystemConfig(spot=None))
    posts = [SlicePost.of_slice(each, spot=spot, now=start) for each in surface.slices[:MOST_SLICES]]
    script = [each for each in _script(start, posts) if each[0] <= path.timestamp[-1]]
    agents: list[Agent] = [
        FeedPublisher(),
        ExpiryKeeper(expiries=[each.expiry for each in posts]),
        SurfacePoster(script=[(moment, slices, by_owner) for moment, _, slices, by_owner in script]),
        PoissonTaker(random=stream(seed=seed, process=Process.TAKER), orders_per_hour=2.0),
        InformedTaker(horizon_s=2 * STEP_S, edge=0.004, interval_s=STEP_S),
    ]
    run = EventLoop(system).run(path, agents)
    oracle = system.part("spot_oracle")
    settlements = {each.expiry: from_wad(oracle.call("settlement_price", each.expiry)) for each in posts}
    return Day(
        path=path,
        run=run,
        posts=tuple(name for _, name, _, _ in script),
        settlements={expiry: price for expiry, price in settlements.items() if price > 0.0},
    )


def _script(start: int, posts: Sequence[SlicePost]) -> list[tuple[int, str, list[SlicePost], bool]]:
    """Moment, name, slices, and whether the owner posts: first slices, honest moves, and what is refused."""
    honest = [[_scaled(each, HONEST_DRIFT**step) for each in posts] for step in range(4)]
    unlisted = replace(posts[0], expiry=posts[0].expiry + HOUR_S)
    named = [
        ("first slices, by the owner", honest[0], True),
        ("variance up by 0.2 %", honest[1], False),
        ("ten points at once", [_scaled(each, 1.35) for each in honest[1]], False),
        ("skew turned over", [replace(each, rho=-each.rho) for each in honest[1]], False),
        (
            "carry pumped by a quarter",
            [replace(each, carry=each.carry + WAD // 4) for each in honest[1]],
            False,
        ),
        ("variance up by 0.2 %", honest[2], False),
        ("expiries out of order", honest[2][::-1], False),
        ("an expiry nobody listed", [unlisted], False),
        ("variance up by 0.2 %", honest[3], False),
    ]
    script = [(start + FIRST_POST_S + 2 * HOUR_S * i, *each) for i, each in enumerate(named)]
    return [*script, (posts[0].expiry + FIRST_POST_S, "an expiry that has passed", honest[3][:1], False)]


def _scaled(post: SlicePost, factor: float) -> SlicePost:
    """The same shape with its variance scaled."""
    scaled = np.array([post.a, post.b], dtype=np.float64) * factor
    return replace(post, a=int(scaled[0]), b=int(scaled[1]))
