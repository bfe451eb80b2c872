"""Who waits, walks in parts, reads late or switches feeds: nobody moves a settlement price."""

from __future__ import annotations

import pytest
from reference.fixing import FOLLOW_S, FeedRound
from support.evm import Reverted
from support.feeds import steady
from support.oracle import DAY, EXPIRY, HOUR, PRIMARY, SECOND, START, WAD, Rules, World

ID = 1 << 64  # of phase 1
PRICE = 3_000 * WAD
UNIT = 10**10
RULES = Rules()


def refuses(reason):
    return pytest.raises(Reverted, match=f"^oracle: {reason}$")


def phase(number, *items, begin=1):
    """Rounds of a phase from (time, price in whole quote)."""
    return [FeedRound(number, begin + i, price * WAD, time) for i, (time, price) in enumerate(items)]


def world_at(now, *history, **options):
    world = World(now=EXPIRY - 20 * DAY, **options).listed()
    world.primary.write(history)
    world.clock.at(now)
    return world


# The band


@pytest.mark.parametrize("days", [9, 10, 15])
def test_band__of_a_reading_older_than_eight_days__is_the_same_before_and_after_a_later_reading(days):
    """Else whoever wants governance to be free reads the spot once more."""
    world = world_at(EXPIRY - days * DAY)
    world.primary.quote(PRICE)
    world.oracle.refresh()
    world.clock.at(EXPIRY + 3 * DAY)
    before = world.oracle.fixing_band(EXPIRY)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    world.clock.at(EXPIRY + 3 * DAY + 12)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    assert world.oracle.fixing_band(EXPIRY) == before == (RULES.floor, RULES.cap)


# A walk in parts


def test_fix__over_ids_that_are_holes_as_yet__is_not_pushed_past_the_rounds_that_fill_them():
    """The feed has named a phase without a time; the one before goes on. A caller hurries on."""
    history = phase(1, (START, 3_000), (EXPIRY - 60, 4_000))
    world = world_at(EXPIRY + 1, *history, FeedRound(2, 1, PRICE, 0))
    for rounds in (1, 7, 512, 5, 40):
        try:
            assert not world.fix(ID + 1, rounds=rounds)
        except Reverted as error:
            assert error.reason == "oracle: no round follows yet"  # noqa: PT017 - either answer will do
    world.clock.at(EXPIRY + 7 * HOUR)
    world.primary.write(phase(1, (EXPIRY + 9, 9_000), begin=3))
    assert world.fix(ID + 1)
    assert world.oracle.settlement_price(EXPIRY) == (1_740 * 3_000 + 60 * 4_000) * WAD // 1_800


# A feed that switches to an aggregator that has long been running


OLD = [*phase(1, *((now, 3_000) for now in range(START - 60, EXPIRY + 600, 600)))]
BESIDE = [*phase(2, *((now, 4_000) for now in range(START - DAY, EXPIRY + 600, 600)))]


def read_at(world, now, history):
    """A reading, with the rounds so far on the feed."""
    world.clock.at(now)
    world.primary.write(item for item in history if item.updated_at <= now)
    assert world.oracle.refresh()[2] == 1


def test_fix__before_and_after_a_switch_that_came_after_expiry__is_the_same():
    """Who would have the other aggregator's price cannot get it by waiting."""
    for is_switched in (False, True):
        world = world_at(EXPIRY - 60)
        read_at(world, EXPIRY - 60, OLD)
        world.clock.at(EXPIRY + 2 * DAY)
        world.primary.write(OLD)
        if is_switched:
            world.primary.write(BESIDE)
        assert world.oracle.fixing_rule(EXPIRY, PRIMARY)[4] == 1
        assert world.fix(ID + 1)
        assert world.oracle.settlement_price(EXPIRY) == PRICE


@pytest.mark.parametrize(("read", "expected"), [(EXPIRY, 4_000), (EXPIRY + 1, 3_000)])
def test_fix__after_a_switch__hears_the_new_aggregator_if_it_was_read_by_expiry(read, expected):
    world = world_at(EXPIRY - 60)
    read_at(world, EXPIRY - 60, OLD)
    read_at(world, read, OLD + BESIDE)
    world.clock.at(EXPIRY + HOUR)
    world.primary.write(OLD + BESIDE)
    first = max(item.round_id for item in (BESIDE if expected == 4_000 else OLD) if item.updated_at <= START)
    assert world.fix(first)
    assert world.oracle.settlement_price(EXPIRY) == expected * WAD


def test_fix__from_a_round_of_a_phase_that_nobody_read_by_expiry__reverts():
    world = world_at(EXPIRY - 60)
    read_at(world, EXPIRY - 60, OLD)
    world.clock.at(EXPIRY + HOUR)
    world.primary.write(OLD + BESIDE)
    first = max(item.round_id for item in BESIDE if item.updated_at <= START)
    with refuses("round not published"):
        world.fix(first)


@pytest.mark.parametrize("delay", [FOLLOW_S + 1, 9 * DAY])
def test_fix__after_an_unread_switch_away_from_an_aggregator_that_then_fell_silent__fails_for_everyone(delay):
    world = world_at(EXPIRY - 60)
    silent = [item for item in OLD if item.updated_at < EXPIRY]
    read_at(world, EXPIRY - 60, silent)
    world.primary.write(BESIDE)
    world.clock.at(EXPIRY + FOLLOW_S)
    with refuses("no round follows yet"):
        walk_all(world)
    world.clock.at(EXPIRY + delay)
    assert not world.fix(ID + 1)
    assert world.oracle.has_failed(EXPIRY, PRIMARY)


def walk_all(world):
    """Go on until there is nothing more to see."""
    for _ in range(9):
        assert not world.fix(ID + 1)


def test_fix__from_the_second_source_after_its_switch__keeps_the_phase_that_was_read_with_the_primary():
    world = world_at(EXPIRY - 60, has_second=True)
    world.second.write(item for item in OLD if item.updated_at <= EXPIRY - 60)
    read_at(world, EXPIRY - 60, phase(7, (EXPIRY - 90, 3_000)))
    assert [world.oracle.fixing_rule(EXPIRY, source)[4] for source in (PRIMARY, SECOND)] == [7, 1]
    world.clock.at(EXPIRY + 7 * HOUR)
    world.second.write(OLD + BESIDE)
    assert not world.fix(0)  # the primary began inside the window
    assert world.fix(ID + 1, source=SECOND)
    assert world.oracle.settlement_price(EXPIRY) == PRICE


# Bounds


def test_fix__of_an_expiry_listed_before_the_bounds_widened__counts_what_readings_accept():
    """Else a year-old cap would discard the very prices that positions were traded at."""
    history = phase(1, (START, 90_000), (START + 600, 110_000), (EXPIRY, 110_000))
    world = world_at(START, *history)
    world.govern(cap=120_000 * WAD)
    world.clock.at(EXPIRY + 60)
    world.primary.write(history)
    assert world.oracle.refresh()[2] == 1
    assert world.fix(ID + 1)
    assert world.oracle.settlement_price(EXPIRY) == (600 * 90_000 + 1_200 * 110_000) * WAD // 1_800


@pytest.mark.parametrize(
    ("changed_at", "changes"),
    [
        (START, {"floor": 4_000 * WAD}),
        (START, {"cap": 2_000 * WAD}),
        (START + 1, {"floor": 50 * WAD, "cap": 200_000 * WAD}),
        (EXPIRY + 60, {"floor": 50 * WAD, "cap": 200_000 * WAD}),
    ],
)
def test_fix__after_bounds_tightened_or_widened_inside_the_window__is_what_it_was(changed_at, changes):
    history = phase(1, (START, 3_000), (START + 600, 60), (START + 900, 150_000), (EXPIRY, 3_000))
    world = world_at(changed_at, *history)
    world.govern(**changes)
    world.clock.at(EXPIRY + 60)
    assert world.fix(ID + 1)
    assert world.oracle.settlement_price(EXPIRY) == PRICE


# The average so far


def test_average_so_far__is_settled_by_the_second_and_costs_a_named_round():
    world = world_at(START, *phase(1, (START - 60, 3_000)))
    assert world.oracle.elapsed_average(EXPIRY) == (0, 0, True)
    world.clock.at(START + 1)
    assert world.oracle.elapsed_average(EXPIRY) == (0, 1, False)
    assert not world.fix(ID + 1)
    assert world.oracle.elapsed_average(EXPIRY) == (PRICE, 1, True)
    world.clock.at(START + 900)
    world.primary.write(phase(1, (START + 300, 6_000), begin=2))
    assert world.oracle.elapsed_average(EXPIRY) == (5_000 * WAD, 900, True)
    world.clock.at(EXPIRY + 60)
    world.primary.write(phase(1, (EXPIRY + 9, 9_000), begin=3))
    expected = (300 * 3_000 + 1_500 * 6_000) * WAD // 1_800
    assert world.oracle.elapsed_average(EXPIRY) == (expected, 1_800, True)
    assert world.fix(ID + 1)
    assert world.oracle.elapsed_average(EXPIRY) == (expected, 1_800, True)
    assert world.oracle.settlement_price(EXPIRY) == expected


@pytest.mark.parametrize(("new", "is_known"), [(15, True), (16, False)])
def test_average_so_far__beyond_its_own_steps__waits_for_somebody_to_walk(new, is_known):
    world = world_at(START + 1, *phase(1, (START, 3_000)))
    assert not world.fix(ID + 1)
    world.clock.at(START + 600)
    world.primary.write(phase(1, *((START + 10 + i, 3_000) for i in range(new)), begin=2))
    assert world.oracle.elapsed_average(EXPIRY) == (PRICE * is_known, 600, is_known)
    assert not world.fix(ID + 1)
    assert world.oracle.elapsed_average(EXPIRY) == (PRICE, 600, True)


@pytest.mark.parametrize("gap", [RULES.max_gap, RULES.max_gap + 1])
def test_average_so_far__of_a_price_that_grew_old__is_not_known(gap):
    world = world_at(START + 900, *phase(1, (START + 900 - gap, 3_000)))
    assert not world.fix(ID + 1)
    is_known = gap == RULES.max_gap
    assert world.oracle.elapsed_average(EXPIRY) == (PRICE * is_known, 900, is_known)


@pytest.mark.parametrize(
    "modes", [{"latest": "REVERTS"}, {"latest": "RETURNS_ONES"}, {"decimals": "BURNS_GAS"}]
)
def test_average_so_far__of_a_broken_feed__is_not_known_and_does_not_revert(modes):
    world = world_at(START + 60, *phase(1, (START, 3_000)))
    assert not world.fix(ID + 1)
    world.primary.say(**modes)
    assert world.oracle.elapsed_average(EXPIRY) == (0, 60, False)


def test_average_so_far__after_a_switch_that_moves_the_begin__is_not_known_until_it_is_named():
    world = world_at(START + 60, *phase(1, (START - 300, 3_000), (START + 30, 3_000)))
    assert not world.fix(ID + 1)
    world.primary.write(phase(2, (START - 60, 4_000), (START + 50, 4_000)))
    assert world.oracle.elapsed_average(EXPIRY) == (0, 60, False)
    with refuses("a later round begins it"):
        world.fix(ID + 1)
    assert not world.fix(2 * ID + 1)
    assert world.oracle.elapsed_average(EXPIRY) == (4_000 * WAD, 60, True)


def test_average_so_far__of_an_expiry_that_nobody_listed_or_named__is_not_known():
    world = world_at(EXPIRY + DAY, *steady())
    for expiry in (EXPIRY, EXPIRY + DAY, 0, 2**256 - 1):
        assert world.oracle.elapsed_average(expiry)[::2] == (0, False)


def test_average_so_far__with_any_gas__is_right_or_reverts():
    """A caller who sends little gas cannot make the average unknown."""
    world = world_at(START + 60, *phase(1, (START, 3_000)))
    assert not world.fix(ID + 1)
    world.primary.write(phase(1, (START + 30, 4_000), begin=2))
    told = set()
    for gas in range(60_000, 400_000, 4_001):
        try:
            told.add(world.oracle.elapsed_average(EXPIRY, gas=gas))
        except Reverted:
            told.add("reverted")
    assert told == {"reverted", (3_500 * WAD, 60, True)}


# Inside the window nothing is final


def test_fix__inside_the_window__writes_no_failure_and_no_price():
    dead = phase(1, (START - RULES.max_gap, 3_000), (START + 60, 3_000))
    world = world_at(START + 60, *dead)
    with refuses("not expired"):
        world.fix(ID + 1)
    ahead = phase(1, (START, 3_000), (EXPIRY, 4_000), (EXPIRY + 9, 4_000))
    world = world_at(EXPIRY, *ahead)
    assert not world.fix(ID + 1)
    assert not world.oracle.has_failed(EXPIRY, PRIMARY)
    assert world.oracle.settlement_price(EXPIRY) == 0
    world.clock.at(EXPIRY + 1)
    assert world.fix(ID + 1)


def test_fix__walked_inside_the_window_and_after__is_the_price_of_one_walk():
    world = world_at(START, *steady(end=START))
    for now in range(START + 1, EXPIRY + 70, 119):
        world.clock.at(now)
        world.primary.write(item for item in steady() if item.updated_at <= now)
        try:
            world.fix(ID + 2, rounds=3)
        except Reverted as error:
            assert error.reason == "oracle: no round follows yet"  # noqa: PT017 - either answer will do
    world.clock.at(EXPIRY + HOUR)
    world.primary.write(steady())
    while not world.fix(ID + 2, rounds=3):
        pass
    price = world.oracle.settlement_price(EXPIRY)
    world = world_at(EXPIRY + HOUR, *steady())
    assert world.fix(ID + 2)
    assert world.oracle.settlement_price(EXPIRY) == price


def test_average_so_far__is_named_by_no_walk_that_proves_nothing():
    """A step from a wrong round, over one that does not count, would make the average unknown to all."""
    history = phase(1, (START - 90, 3_000), (START - 80, -1), (START - 30, 4_000))
    world = world_at(START + 60, *history)
    assert not world.fix(ID + 3)
    assert not world.fix(ID + 1, rounds=1)
    assert world.oracle.elapsed_average(EXPIRY) == (4_000 * WAD, 60, True)
    with refuses("a later round begins it"):
        world.fix(ID + 1)


def test_average_so_far__after_a_later_begin_is_overtaken__is_not_known():
    """A phase appears that ended the walked one before its cursor."""
    world = world_at(START + 60, *phase(1, (START - 300, 3_000), (START + 30, 9_000)))
    assert not world.fix(ID + 1)
    world.primary.write(phase(1, (START + 40, 9_000), begin=3) + phase(2, (START + 20, 4_000)))
    assert world.oracle.elapsed_average(EXPIRY) == (0, 60, False)
    assert not world.fix(ID + 1)
    assert world.oracle.elapsed_average(EXPIRY) == ((20 * 3_000 + 40 * 4_000) * WAD // 60, 60, True)
