"""A day of the market: a feed, honest and dishonest posts, takers against a vault, and a settlement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pyvault.chain.addresses import address_of
from pyvault.chain.backend import Backend
from pyvault.chain.quotes import TwoSided, Why, listed_series, two_sided, why
from pyvault.chain.system import SlicePost, System, SystemConfig
from pyvault.demo.quoted_chain import near_strikes
from pyvault.market.chain import OptionChain
from pyvault.market.series import OptionKind, Series
from pyvault.pricing.surface import Surface
from pyvault.sim import (
    Agent,
    EventLoop,
    ExpiryKeeper,
    FeedPublisher,
    Gbm,
    InformedTaker,
    MarketKeeper,
    PoissonTaker,
    Process,
    Run,
    SurfacePoster,
    conservation,
    stream,
)
from pyvault.units import WAD, from_wad

__all__ = ["Day", "Opening", "live_one_day"]

HOUR_S, DAY_S = 3_600, 86_400
STEP_S = 300
BEFORE_S = 1_800  # the day begins so long before the market's moment: an expiry lists a whole day ahead
FIRST_POST_S = 120
LIST_S = 180
OPEN_S = 600  # quotes are shown, and a first taker comes
MOST_SLICES = 10  # of one post
EXPIRIES, STRIKES = 3, 5  # that trade
HOURS = 26  # past the first expiry, so that a round follows it
HONEST_DRIFT = 1.002  # of variance per honest post
PROVIDED = 10_000_000  # quote, by LPs
FIRST_TAKER, FIRST_CASH, FIRST_SIZE, STRADDLE_SIZE = "first taker", 1_000_000, 40.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The first quotes, before and after a taker bought; ``reason`` is the next such purchase taken apart.

    ``straddle`` is what he paid before for a package on the first expiry, held to settlement.
    """

    before: tuple[TwoSided, ...]
    after: tuple[TwoSided, ...]
    bought: Series
    quantity: float
    paid: float
    straddle: float
    reason: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What happened: the path outside, every act with its outcome, and what stood at its end.

    `posts` names each surface post in order; `settlements` maps an expiry (unix seconds) to its price;
    `opening` is None where no expiry could be listed; `residuals` are those of `conservation`, in base units;
    `nav` is in quote.
    """

    path: Gbm
    run: Run
    posts: tuple[str, ...]
    settlements: dict[int, float]
    opening: Opening | None
    residuals: dict[str, int]
    nav: float


def live_one_day(backend: Backend, market: OptionChain, surface: Surface, seed: int) -> Day:
    """Deploy the suite on a backend and let 26 hours pass from half an hour before the market's moment.

    The chain's clock must lie before that. The spot follows a geometric Brownian motion at the surface's
    shortest at-the-money volatility.
    """
    moment = int(market.timestamp)
    start = moment - BEFORE_S
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
    system.provide(PROVIDED * 10**system.config.quote_decimals)
    posts = [SlicePost.of_slice(each, spot=spot, now=moment) for each in surface.slices[:MOST_SLICES]]
    script = [each for each in _script(start, posts) if each[0] <= path.timestamp[-1]]
    poster = SurfacePoster(script=[(at, slices, by_owner) for at, _, slices, by_owner in script])
    agents = _agents(poster, [each.expiry for each in posts], _traded(market, surface, start), seed)
    loop = EventLoop(system)
    first = loop.run(path, agents, until=start + OPEN_S)
    opening = _open(system)
    rest = loop.run(path, agents, after=first)
    oracle = system.part("spot_oracle")
    settlements = {each.expiry: from_wad(oracle.call("settlement_price", each.expiry)) for each in posts}
    takers = [address_of(name) for name in (FIRST_TAKER, *(agent.name for agent in agents))]
    return Day(
        path=path,
        run=replace(rest, entries=first.entries + rest.entries),
        posts=tuple(name for _, name, _, _ in script),
        settlements={expiry: price for expiry, price in settlements.items() if price > 0.0},
        opening=opening,
        residuals=conservation(system, takers),
        nav=from_wad(system.nav().net_assets),
    )


def _agents(
    poster: SurfacePoster, expiries: Sequence[int], strikes: Mapping[int, Sequence[float]], seed: int
) -> list[Agent]:
    return [
        FeedPublisher(),
        ExpiryKeeper(expiries=expiries),
        poster,
        MarketKeeper(strikes=strikes, first_after_s=LIST_S),
        PoissonTaker(random=stream(seed=seed, process=Process.TAKER), orders_per_hour=4.0, quantity=5.0),
        InformedTaker(horizon_s=2 * STEP_S, edge=0.004, interval_s=STEP_S),
    ]


def _traded(market: OptionChain, surface: Surface, start: int) -> dict[int, list[float]]:
    """Strikes of the first expiries that are still a day away when they are listed."""
    far = [each for each in surface.slices[:MOST_SLICES] if each.expiry > start + OPEN_S + DAY_S]
    strikes = {each.expiry: near_strikes(market, each, STRIKES) for each in far[:EXPIRIES]}
    return {expiry: found for expiry, found in strikes.items() if found}


def _open(system: System) -> Opening | None:
    """A straddle; then quotes of the second expiry, a purchase at the money, and the same quotes after it."""
    expiries = system.part("market").call("expiries")
    if not expiries:
        return None
    taker, unit = address_of(FIRST_TAKER), 10**system.config.quote_decimals
    system.fund(taker, "quote_token", FIRST_CASH * unit)
    system.add_collateral(taker, "quote_token", FIRST_CASH * unit)
    straddle = [(_at_the_money(system, expiries[0], kind), STRADDLE_SIZE) for kind in OptionKind]
    paid_first = system.trade_many(taker, straddle) / unit
    series = _at_the_money(system, expiries[min(1, len(expiries) - 1)], OptionKind.CALL)
    shown = listed_series(system, [series.expiry])
    before = tuple(two_sided(system, each) for each in shown)
    paid = system.buy(taker, series, FIRST_SIZE) / unit
    return Opening(
        before=before,
        after=tuple(two_sided(system, each) for each in shown),
        bought=series,
        quantity=FIRST_SIZE,
        paid=paid,
        straddle=paid_first,
        reason=why(system, series, FIRST_SIZE, system.account_of(taker)),
    )


def _at_the_money(system: System, expiry: int, kind: OptionKind) -> Series:
    spot = from_wad(system.spot()[0])
    sides = [each for each in listed_series(system, [expiry]) if each.kind is kind]
    return min(sides, key=lambda each: abs(each.strike - spot))


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
