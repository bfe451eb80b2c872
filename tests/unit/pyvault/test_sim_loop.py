"""The event loop: order, clock, agents, refusals, and the same run on both backends."""

import math
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pyvault.chain.addresses import address_of
from pyvault.chain.anvil import running_anvil
from pyvault.chain.backend import GENESIS_S
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import SlicePost, System, SystemConfig
from pyvault.errors import InputError
from pyvault.market.history import PriceSegment, read_history
from pyvault.sim import (
    EventLoop,
    ExpiryKeeper,
    FeedPublisher,
    FileReplay,
    Gbm,
    InformedTaker,
    MarketKeeper,
    PoissonTaker,
    Process,
    SurfacePoster,
    conservation,
    stream,
)

DAY, HOUR = 86_400, 3_600
BIRTH = GENESIS_S - 3 * HOUR  # of the chain; the expiry is to list a whole day ahead
START = BIRTH + HOUR
EXPIRY = GENESIS_S + DAY
RESIDUALS = (
    "vault's buckets less its quote",
    "underlying on the books less what is held",
    "accounts' cash less the engine's total",
    "accounts' cash less the engine's quote",
    "quote minted less quote held",
    "traders' options less the vault's shorts",
)
STRIKES = [2_900.0, 3_000.0, 3_100.0]


def flat(level=0.1, **changes):
    return SlicePost.of_numbers(
        EXPIRY, **{"a": level, "b": 0.3, "rho": -0.2, "m": 0.0, "sigma": 0.3} | changes
    )


def day(steps=28 * 12, **changes):
    """A day of five-minute prices, to two hours past the expiry."""
    return Gbm(
        **{
            "start": START,
            "first_price": 3_000.0,
            "volatility": 0.8,
            "step_s": 300,
            "steps": steps,
            "seed": 3,
        }
        | changes
    )


@dataclass
class Holder:
    """Who buys a straddle as soon as there is a market, and keeps it."""

    name: str = "holder"

    def act(self, port):
        if not port.listed():
            return port.now + 600
        port.join(10_000.0)
        for is_call in (True, False):
            assert port.trade(EXPIRY, STRIKES[1], 2.0, is_call=is_call)
        return None


def cast():
    """One of each agent."""
    script = [
        (START + HOUR, [flat()], True),
        (START + 2 * HOUR, [flat(0.1005)], False),
        (START + 3 * HOUR, [flat(0.4)], False),  # too far a step
        (START + 4 * HOUR, [flat(0.101, carry=0.9)], False),  # too large a carry
    ]
    return [
        FeedPublisher(),
        ExpiryKeeper(expiries=[EXPIRY]),
        SurfacePoster(script=script),
        MarketKeeper(strikes={EXPIRY: STRIKES}, interval_s=2_400),  # slices grow old in between: refusals
        PoissonTaker(random=stream(seed=3, process=Process.TAKER), orders_per_hour=2.0),
        InformedTaker(horizon_s=600, edge=0.004, interval_s=300),
        Holder(),
    ]


def stand(backend=None):
    """The suite with money in its vault."""
    suite = System.deploy(backend or RevmBackend(timestamp=BIRTH))
    suite.provide(10_000_000 * 10**6)
    return suite


@pytest.fixture
def system():
    return stand()


@pytest.fixture
def market(system):
    """A suite whose expiry trades already."""
    system.warp_to(START - 60)
    system.set_spot(3_000.0)
    system.list_expiry(EXPIRY)
    system.post_surface([flat()], caller=system.role("owner"))
    system.mine()
    system.list_strikes(EXPIRY, STRIKES)
    return system


@dataclass
class Recorder:
    """An agent that notes when it is woken."""

    name: str
    every: int
    seen: list = field(default_factory=list)

    def act(self, port):
        self.seen.append((port.now, self.name))
        return port.now + self.every if self.every else None


def test_run__of_a_day__publishes_posts_refuses_trades_fixes_and_settles():
    run, system = whole_day()
    accepted, refused = run.of("post", accepted=True), run.of("post", accepted=False)
    assert len(accepted) == 2
    assert [entry.reason.split(":")[0] for entry in refused] == ["surface", "surface"]
    (fixed,) = run.of("fix", accepted=True)
    assert fixed.detail[0] == EXPIRY
    assert fixed.detail[1] * 10**18 == pytest.approx(
        system.part("spot_oracle").call("settlement_price", EXPIRY)
    )
    assert len(run.of("publish", accepted=True)) >= 26
    takers = {entry.agent for entry in run.of("trade", accepted=True)}
    assert takers == {"taker", "informed", "holder"}
    reasons = {entry.reason for entry in run.of("trade", accepted=False)}
    assert "market: surface closes only" in reasons
    assert "margin: no selling to open yet" not in reasons  # takers sell what they own
    assert "market: refresh first" not in reasons  # the keeper revalues in time
    resting = [entry for entry in run.of("refresh") if entry.timestamp > EXPIRY - 1_800]
    assert resting
    assert all(entry.accepted for entry in resting)  # until it is booked
    (swept,) = run.of("sweep")
    assert swept.detail[:2] == (EXPIRY, 1)
    assert swept.detail[2] == pytest.approx(2.0 * abs(fixed.detail[1] - STRIKES[1]), abs=2e-6)
    assert conservation(system, [address_of(name) for name in takers]) == dict.fromkeys(RESIDUALS, 0)
    assert run.timestamp >= day().timestamp[-1]


def test_run__on_both_backends__gives_the_same_acts_and_the_same_state(system):
    path, runs, states = day(), [], []
    with running_anvil(timestamp=BIRTH) as url:
        node = RpcBackend(url)
        born = node.dump()
        for each in (system, stand(node)):
            runs.append(EventLoop(each).run(path, cast()))
            states.append(each.backend.dump())
    assert repr(runs[0]) == repr(runs[1])
    in_process, on_node = states
    assert {k for k, v in on_node.items() if k not in born} <= set(in_process)
    for address, account in in_process.items():
        twin = on_node[address]
        assert (account.nonce, account.code, account.storage) == (twin.nonce, twin.code, twin.storage)


def test_run__twice_with_the_same_seed__is_the_same_and_with_another_is_not():
    def once(seed):
        return repr(EventLoop(stand()).run(day(steps=60, seed=seed), cast()))

    assert once(3) == once(3) != once(4)


def test_loop__wakes_in_order_of_time__then_in_the_order_given(system):
    first, second, once = Recorder("first", 100), Recorder("second", 50), Recorder("once", 0)
    EventLoop(system).run(day(steps=1), [first, second, once])
    assert [now - START for now, _ in first.seen] == [0, 100, 200, 300]
    assert [now - START for now, _ in second.seen] == [0, 50, 100, 150, 200, 250, 300]
    assert [now - START for now, _ in once.seen] == [0]


def test_loop__an_agent_that_never_lets_go__is_woken_a_second_later(system):
    @dataclass
    class Restless:
        name: str = "restless"
        count: int = 0

        def act(self, port):
            self.count += 1
            return port.now - 10

    agent = Restless()
    EventLoop(system).run(day(steps=1), [agent])
    assert agent.count == 301


@dataclass
class Curious:
    """An agent that asks for the price at some distance from its present."""

    ahead: int
    name: str = "curious"
    foresight_s: int = 0

    def act(self, port):
        port.price_at(port.now + self.ahead)


@pytest.mark.parametrize(("ahead", "foresight"), [(1, 0), (601, 600), (10**9, 600)])
def test_agent__that_asks_beyond_what_it_sees__is_refused(system, ahead, foresight):
    agent = Curious(ahead, foresight_s=foresight)
    with pytest.raises(InputError, match="'curious' sees"):
        EventLoop(system).run(day(steps=1), [agent])
    EventLoop(stand()).run(day(steps=1), [Curious(foresight, foresight_s=foresight)])
    EventLoop(stand()).run(day(steps=1), [Curious(-(10**6))])


def test_agent__after_one_that_sees_ahead__sees_no_further_than_before(system):
    with pytest.raises(InputError, match="'blind' sees"):
        EventLoop(system).run(day(steps=1), [Curious(600, foresight_s=600), Curious(600, name="blind")])


def test_agent__that_sees_nothing_ahead__acts_the_same_whatever_the_future():
    def acts(seed):
        path = day(steps=60)
        moved = path.price.copy()
        moved[31:] *= seed  # another future after the first 30 steps
        other = FileReplay(
            segment=PriceSegment(
                timestamp=path.timestamp,
                source="made up",
                volume=np.full(moved.size, np.nan),
                **dict.fromkeys(("open", "high", "low", "close"), moved),
            )
        )
        run = EventLoop(stand()).run(other, cast()[:4])
        return [repr(entry) for entry in run.entries if entry.timestamp < path.timestamp[31]]

    assert acts(1.0) == acts(1.3) != []


@cache
def whole_day():
    """A day in one piece, and the suite after it."""
    suite = stand()
    return EventLoop(suite).run(day(), cast()), suite


@pytest.mark.parametrize("hours", [(0,), (1,), (3, 3, 7), (23.99, 24.01), (30,)])
def test_run__stopped_and_resumed__is_the_run_that_never_stopped(hours):
    whole, whole_system = whole_day()
    system = stand()
    agents, part, entries = cast(), None, []
    for until in (*(START + int(hour * HOUR) for hour in hours), None):
        part = EventLoop(system).run(day(), agents, until=until, after=part)
        entries += part.entries
    assert repr(tuple(entries)) == repr(whole.entries)
    assert (part.timestamp, part.wakings) == (whole.timestamp, whole.wakings)
    assert system.backend.dump() == whole_system.backend.dump()
    assert system.backend.block == whole_system.backend.block


def test_run__resumed_with_fewer_agents__is_refused(system):
    part = EventLoop(system).run(day(), cast(), until=START + HOUR)
    with pytest.raises(InputError, match="agents"):
        EventLoop(system).run(day(), cast()[:2], after=part)


def test_loop__on_a_path_that_began_before_the_chain__is_refused(system):
    with pytest.raises(InputError, match="clock"):
        EventLoop(system).run(day(start=BIRTH), [])


def test_feed__on_a_quiet_and_on_a_wild_path__keeps_heartbeat_and_deviation(system):
    quiet = EventLoop(system).run(day(volatility=0.0, drift=0.0), [FeedPublisher()])
    gaps = np.diff([entry.timestamp for entry in quiet.entries])
    assert (np.abs(gaps - HOUR) <= 2).all()
    wild = day(volatility=3.0)
    run = EventLoop(stand()).run(wild, [FeedPublisher(deviation=0.005)])
    prices = [entry.detail[0] for entry in run.entries]
    moves = np.abs(np.diff(np.log(prices)))
    times = np.array([entry.timestamp for entry in run.entries])
    assert ((moves >= 0.005) | (np.diff(times) >= HOUR)).all()
    assert len(prices) > 100


def test_feed__replaying_a_file__writes_its_opens_to_the_chain():
    opens = 3_000.0 + 5.0 * np.arange(12)
    frame = pd.DataFrame(
        {
            "timestamp": pd.Timestamp(START, unit="s", tz="UTC") + pd.to_timedelta(range(12), unit="h"),
            "open": opens,
            "high": opens + 1,
            "low": opens - 1,
            "close": opens,
        }
    )
    system = System.deploy(RevmBackend(timestamp=START - HOUR), SystemConfig(spot=None))
    replay = FileReplay(segment=read_history(frame).segments[0])
    EventLoop(system).run(replay, [FeedPublisher(deviation=0.0)])
    feed = system.part("feed")
    rounds = [feed.call("getRoundData", (1 << 64) + i) for i in range(1, 13)]
    assert [each[1] for each in rounds] == [round(price * 1e8) for price in opens]
    assert [each[3] for each in rounds] == [START + HOUR * i + 1 for i in range(12)]


def test_poisson_taker__over_many_hours__orders_at_its_rate(market):
    taker = PoissonTaker(random=stream(seed=9, process=Process.TAKER), orders_per_hour=30.0)
    run = EventLoop(market).run(day(steps=240), [taker])
    expected = 30.0 * 20.0
    assert abs(len(run.of("trade")) - expected) < 4.0 * math.sqrt(expected)
    gaps = np.diff([entry.timestamp for entry in run.of("trade")])
    assert abs(gaps.std() / gaps.mean() - 1.0) < 4.0 * math.sqrt(2.0 / expected)
    assert {entry.detail.is_call for entry in run.of("trade")} == {True, False}
    assert {entry.detail.quantity > 0.0 for entry in run.of("trade")} == {True, False}


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_poisson_taker__of_no_rate__is_refused(rate):
    with pytest.raises(InputError, match="orders_per_hour"):
        PoissonTaker(random=stream(seed=9, process=Process.TAKER), orders_per_hour=rate)


def test_taker__while_the_spot_is_rejected__is_refused_and_sees_no_value(market):
    taker = PoissonTaker(random=stream(seed=9, process=Process.TAKER), orders_per_hour=10.0)
    run = EventLoop(market).run(day(steps=60), [taker])
    stale_from = market.part("feed").call("latestRoundData")[3] + int(market.parameter("SPOT_MAX_AGE_S"))
    late = [entry for entry in run.of("trade") if entry.timestamp > stale_from]
    opening = [entry for entry in late if entry.detail.quantity > 0.0]
    assert {entry.reason for entry in opening} == {"market: spot rejected"}
    assert all(math.isnan(entry.detail.value) for entry in late)
    early = [entry for entry in run.of("trade") if entry.timestamp <= stale_from]
    assert early
    assert all(math.isfinite(entry.detail.value) for entry in early)


def test_informed_taker__orders__only_where_the_quote_lags_and_on_the_right_side(market):
    path, horizon, edge = day(steps=120), 600, 0.004
    agents = [
        FeedPublisher(),
        MarketKeeper(strikes={}),
        InformedTaker(horizon_s=horizon, edge=edge, interval_s=300),
    ]
    run = EventLoop(market).run(path, agents)
    orders = [entry for entry in run.of("trade", accepted=True) if entry.detail.quantity > 0.0]
    assert 5 < len(orders) < 118
    for entry in orders:
        ahead = int(np.searchsorted(path.timestamp, entry.timestamp + horizon, side="right")) - 1
        move = math.log(path.price[ahead] / entry.detail.spot)
        assert abs(move) >= edge
        assert entry.detail.is_call is (move > 0.0)
        assert entry.detail.value > 0.0


@pytest.mark.parametrize(
    ("left_s", "wanted"),
    [
        (1_800, ["refresh"]),
        (1_799, ["follow", "refresh"]),
        (1, ["follow", "refresh"]),
        (0, ["refresh"]),
        (-60, ["refresh"]),
    ],
)
def test_market_keeper__inside_a_window__makes_the_mean_known_before_it_revalues(left_s, wanted):
    done = []
    port = SimpleNamespace(
        now=EXPIRY - left_s,
        expiries=tuple,
        listed=lambda: (EXPIRY,),
        marked=lambda _: (0, 0.0),
        spot=lambda: 3_000.0,
        follow=lambda _: done.append("follow"),
        refresh=lambda _: done.append("refresh"),
    )
    MarketKeeper(strikes={}).act(port)
    assert done == wanted
