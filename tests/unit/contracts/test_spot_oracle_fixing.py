"""The settlement price: every rule of the walk tripped and just inside, and each outcome reached."""

from __future__ import annotations

import pytest
from reference.fixing import FOLLOW_S, WINDOW_S, FeedRound, first_round, settlement_price
from support.evm import Reverted
from support.feeds import steady
from support.oracle import (
    DAY,
    EXPIRY,
    HOUR,
    KEEPER,
    PRIMARY,
    SECOND,
    START,
    WAD,
    Rules,
    World,
)

PRICE = 3_000 * WAD
ID = 1 << 64  # of phase 1
MAX_GAP = Rules().max_gap


def world_with(history, now=EXPIRY + HOUR, **options):
    world = World(**options).listed()
    world.primary.write(history)
    world.clock.at(now)
    return world


def expected_price(history, rules=None):
    rules = rules or Rules()
    return settlement_price(history, EXPIRY, rules.floor, rules.cap, rules.max_gap)


def start_of(history, rules=None):
    rules = rules or Rules()
    return first_round(history, EXPIRY, rules.floor, rules.cap)


def rounds(*items):
    """Rounds of phase 1 from (time, price in whole quote)."""
    return [FeedRound(1, i + 1, price * WAD, time) for i, (time, price) in enumerate(items)]


def assert_fixes(world, first, price):
    assert world.fix(first)
    assert world.oracle.settlement_price(EXPIRY) == price
    assert world.oracle.fixing(EXPIRY) == (price, world.clock.now, PRIMARY)


def refuses(reason):
    return pytest.raises(Reverted, match=f"^oracle: {reason}$")


# The mean


def test_fix__of_one_price_all_along__is_that_price():
    history = rounds((START - 600, 3_000), (EXPIRY + 600, 9_000))
    assert_fixes(world_with(history), ID + 1, PRICE)


def test_fix__of_two_prices__weighs_them_by_seconds_and_rounds_down():
    history = rounds((START - 5, 3_000), (START + 1, 4_000), (EXPIRY, 9_000))
    assert_fixes(world_with(history), ID + 1, (3_000 * WAD + 1_799 * 4_000 * WAD) // WINDOW_S)


@pytest.mark.parametrize(
    ("history", "first"),
    [
        (rounds((START, 3_000), (START + 900, 4_000), (EXPIRY, 5_000)), 1),
        (rounds((START - 1, 3_000), (START, 3_500), (EXPIRY + 1, 4_000)), 2),
        (rounds((START, 3_000), (START, 3_500), (EXPIRY, 4_000), (EXPIRY, 1)), 2),
        (rounds((START - 1, 3_000), (START + 1, 3_500), (EXPIRY - 1, 4_000), (EXPIRY + FOLLOW_S, 1_000)), 1),
        (rounds((START, 3_000), (START + 9, 4_000), (START + 9, 5_000), (EXPIRY, 6_000)), 1),
    ],
)
def test_fix__with_rounds_exactly_on_the_boundary__equals_the_reference(history, first):
    assert start_of(history) == ID + first
    assert_fixes(world_with(history), ID + first, expected_price(history))


def test_fix__in_a_crash_with_a_round_each_five_seconds__equals_the_reference_in_one_call_and_in_many():
    # It loses half in the window.
    history = [FeedRound(1, i + 1, (3_000 - 4 * i) * WAD, START - 3 + 5 * i) for i in range(362)]
    assert history[-1].updated_at >= EXPIRY
    assert_fixes(world_with(history), ID + 1, expected_price(history))
    world = world_with(history)
    calls = 1
    while not world.fix(ID + 1, rounds=50):
        calls += 1
    assert calls == 8
    assert world.oracle.settlement_price(EXPIRY) == expected_price(history)


@pytest.mark.parametrize("feed", [0, 8, 18])
def test_fix__in_any_decimals__is_in_wad(feed):
    history = rounds((START, 3_000), (START + 600, 4_500), (EXPIRY, 1_000))
    assert_fixes(world_with(history, decimals=(feed, 8)), ID + 1, 4_000 * WAD)


@pytest.mark.parametrize(
    "bad",
    [
        FeedRound(1, 2, 0, START + 60),
        FeedRound(1, 2, -PRICE, START + 60),
        FeedRound(1, 2, 9_999 * WAD, 0),
        FeedRound(1, 2, 9_999 * WAD, START + 60, is_complete=False),
        FeedRound(1, 2, 100 * WAD - 10**10, START + 60),
        FeedRound(1, 2, 100_000 * WAD + 10**10, START + 60),
    ],
)
def test_fix__over_a_round_that_does_not_count__skips_it(bad):
    history = [FeedRound(1, 1, PRICE, START - 60), bad, FeedRound(1, 3, PRICE, EXPIRY + 60)]
    assert_fixes(world_with(history), ID + 1, PRICE)
    with refuses("not a valid round"):
        world_with(history).fix(ID + 2)


@pytest.mark.parametrize("price", [100 * WAD, 100_000 * WAD])
def test_fix__over_a_round_on_the_bound__counts_it(price):
    history = [FeedRound(1, 1, PRICE, START), FeedRound(1, 2, price, START + 900)]
    history.append(FeedRound(1, 3, PRICE, EXPIRY))
    assert_fixes(world_with(history), ID + 1, (PRICE + price) // 2)


def test_fix__over_a_round_that_goes_back_in_time__skips_it():
    """No feed does; the sum must not hang on it."""
    history = rounds(
        (START, 3_000), (START + 900, 5_000), (START + 300, 9_000), (START - 9, 9_000), (EXPIRY, 999)
    )
    assert_fixes(world_with(history), ID + 1, 4_000 * WAD)


def test_fix__over_ids_that_were_never_used__skips_them():
    history = steady()
    history = [item._replace(number=item.number + 40 * (item.number > 9)) for item in history]
    assert_fixes(world_with(history), start_of(history), expected_price(history))


def test_fix__after_the_bounds_moved__keeps_those_of_its_listing():
    history = steady()
    world = world_with(history)
    world.govern(floor=5_000 * WAD, max_gap=60)
    assert_fixes(world, start_of(history), expected_price(history))


# The caller's word


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (ID + 1, "a later round begins it"),
        (ID + 3, "round after the start"),
        (ID + 4, "round after the start"),
        (0, "a later round begins it"),
        (ID, "not a valid round"),
        (1, "not a valid round"),
        (ID + 9, "round not published"),
        ((2 << 64) + 1, "round not published"),
        (2**256 - 1, "round not published"),
    ],
)
def test_fix__from_a_wrong_round__reverts(first, reason):
    history = rounds((START - 90, 3_000), (START, 3_100), (START + 1, 3_200), (EXPIRY, 3_300))
    world = world_with(history)
    with refuses(reason):
        world.fix(first)
    assert_fixes(world, ID + 2, expected_price(history))


def test_fix__beside_another_walk_from_a_wrong_round__is_not_disturbed():
    history = rounds((START - 90, 3_000), *((START - 60, -1) for _ in range(9)), (START - 30, 3_100))
    history += [
        item._replace(number=item.number + 11) for item in rounds((START + 9, 3_200), (EXPIRY, 3_300))
    ]
    world = world_with(history)
    assert not world.fix(ID + 1, rounds=5, caller=KEEPER)
    assert not world.fix(ID + 11, rounds=1)
    assert not world.fix(ID + 1, rounds=4, caller=KEEPER)
    with refuses("a later round begins it"):
        world.fix(ID + 1, caller=KEEPER)
    assert_fixes(world, ID + 11, expected_price(history))


def test_fix__in_parts__stores_and_logs_its_cursor():
    history = rounds((START, 3_000), (START + 600, 6_000), (START + 900, -1), (EXPIRY, 1_000))
    world = world_with(history)
    assert world.oracle.walk(EXPIRY, PRIMARY, ID + 1) == (0, 0, 0, 0, 0, 0)
    assert not world.fix(ID + 1, rounds=2)
    fields = {"first_round": ID + 1, "previous": ID + 1, "scanned": ID + 3}
    expected = {"expiry": EXPIRY, "source": PRIMARY, **fields}
    assert world.oracle.logs() == [("FixingWalked", expected)]
    cursor = (ID + 2, 6_000 * WAD, START + 600, 600 * PRICE, ID + 3, ID + 3)
    assert world.oracle.walk(EXPIRY, PRIMARY, ID + 1) == cursor
    assert world.fix(ID + 1, rounds=1)
    assert world.oracle.logs() == [
        ("ExpiryFixed", {"expiry": EXPIRY, "price": 5_000 * WAD, "source": PRIMARY})
    ]


@pytest.mark.parametrize("count", [0, 513, 2**256 - 1])
def test_fix__with_a_bad_number_of_rounds__reverts(count):
    with refuses("bad number of rounds"):
        world_with(steady()).fix(ID + 1, rounds=count)


def test_fix__before_the_window_or_of_an_unlisted_expiry__reverts():
    history = steady(end=START)
    with refuses("window has not opened"):
        world_with(history, now=START).fix(start_of(history))
    with refuses("expiry not listed"):
        world_with(history).oracle.fix_expiry(EXPIRY + DAY, PRIMARY, ID + 1, 9)


@pytest.mark.parametrize("source", [SECOND, 3, 4])
def test_fix__from_a_source_that_is_not_there__reverts(source):
    with refuses("no such source"):
        world_with(steady()).fix(ID + 1, source=source)


def test_fix__a_second_time__reverts_and_changes_nothing():
    history = steady()
    world = world_with(history)
    assert world.fix(start_of(history))
    before = world.oracle.fixing(EXPIRY)
    world.primary.write([item._replace(price=2 * item.price) for item in history])
    world.clock.at(EXPIRY + 2 * DAY)
    for source in (PRIMARY, SECOND):
        with refuses("already fixed"):
            world.fix(start_of(history), source=source)
    with refuses("already fixed"):
        world.oracle.report_outage(EXPIRY, PRIMARY)
    assert world.oracle.fixing(EXPIRY) == before


# The end


def test_fix__before_any_round_follows__waits_and_then_goes_on():
    history = steady(end=EXPIRY - 1)
    world = world_with(history, now=EXPIRY)
    assert not world.fix(start_of(history))
    with refuses("no round follows yet"):
        world.fix(start_of(history))
    world.clock.at(EXPIRY + FOLLOW_S)
    with refuses("no round follows yet"):
        world.fix(start_of(history))
    history.append(FeedRound(1, len(history) + 1, PRICE, EXPIRY + FOLLOW_S))
    world.primary.write(history)
    assert_fixes(world, start_of(history), expected_price(history))


@pytest.mark.parametrize("is_published", [True, False])
def test_fix__without_a_round_within_six_hours__proves_the_failure(is_published):
    history = steady(end=EXPIRY - 1)
    last = len(history)
    if is_published:
        history.append(FeedRound(1, last + 1, PRICE, EXPIRY + FOLLOW_S + 1))
    world = world_with(history, now=EXPIRY + FOLLOW_S + 1)
    assert not world.fix(start_of(history))
    expected = {"expiry": EXPIRY, "source": PRIMARY, "round_id": ID + last}
    assert world.oracle.logs() == [("SourceFailed", expected)]
    assert world.oracle.has_failed(EXPIRY, PRIMARY)
    with refuses("source has failed"):
        world.fix(start_of(history))


def test_fix__before_a_latest_round_without_a_time__waits_for_it():
    history = steady(end=EXPIRY - 1)
    open_round = FeedRound(1, len(history) + 1, PRICE, 0)
    world = world_with([*history, open_round], now=EXPIRY + 9)
    assert not world.fix(start_of(history))
    world.primary.write([open_round._replace(updated_at=EXPIRY + 5)])
    assert_fixes(world, start_of(history), expected_price([*history, open_round._replace(updated_at=EXPIRY)]))


# Dead stretches


@pytest.mark.parametrize(
    ("times", "is_dead"),
    [
        ((START - 60, START - 60 + MAX_GAP, EXPIRY), False),
        ((START - MAX_GAP + 9, START + 9, EXPIRY), False),
        ((START - MAX_GAP + 9, START + 10, EXPIRY), True),
        ((EXPIRY - MAX_GAP, EXPIRY + FOLLOW_S), False),
        ((EXPIRY - MAX_GAP, EXPIRY), False),
        ((EXPIRY - MAX_GAP - 1, EXPIRY), True),
        ((EXPIRY - MAX_GAP - 1, EXPIRY + 60), True),
        ((START - 5 * MAX_GAP, START + 1, EXPIRY), True),
    ],
)
def test_fix__over_a_stretch__fails_beyond_the_largest_gap(times, is_dead):
    history = rounds(*((time, 3_000) for time in times))
    world = world_with(history)
    assert world.fix(ID + 1) is not is_dead
    assert world.oracle.has_failed(EXPIRY, PRIMARY) is is_dead
    assert world.oracle.settlement_price(EXPIRY) == (expected_price(history) or 0) == PRICE * (not is_dead)


def test_fix__over_a_dead_stretch_inside_the_window__fails():
    rules = Rules(max_gap=600)
    for gap, is_dead in ((600, False), (601, True)):
        history = rounds(
            (START, 3_000), (START + 300, 3_000), (START + 300 + gap, 3_000), (EXPIRY - 9, 3_000)
        )
        history.append(FeedRound(1, 5, PRICE, EXPIRY))
        history.insert(3, FeedRound(1, 4, PRICE, START + 300 + gap + 590))
        history = [item._replace(number=i + 1) for i, item in enumerate(history)]
        world = world_with(history, rules=rules)
        assert world.fix(ID + 1) is not is_dead
        assert expected_price(history, rules) == (None if is_dead else PRICE)


def test_fix__of_a_feed_that_begins_inside_the_window__is_proven_from_no_round():
    history = steady(begin=START + 1)
    world = world_with(history)
    assert not world.fix(0)
    assert world.oracle.has_failed(EXPIRY, PRIMARY)


# The second source


def both(first, second, **options):
    world = world_with(first, has_second=True, **options)
    world.second.write(second)
    return world


@pytest.mark.parametrize("decimals", [(8, 8), (8, 18), (18, 6)])
def test_fix__from_the_second_source__needs_the_failure_of_the_primary(decimals):
    dead = rounds((START - 2 * MAX_GAP, 3_000), (EXPIRY, 3_000))
    history = steady(price=2_000 * WAD)
    world = both(dead, history, decimals=decimals)
    with refuses("primary has not failed"):
        world.fix(start_of(history), source=SECOND)
    assert not world.fix(ID + 1)
    assert world.fix(start_of(history), source=SECOND, rounds=512)
    price = expected_price(history)
    assert world.oracle.logs() == [("ExpiryFixed", {"expiry": EXPIRY, "price": price, "source": SECOND})]
    assert world.oracle.fixing(EXPIRY) == (price, EXPIRY + HOUR, SECOND)


def test_fix__from_both_dead_sources__fails_twice():
    dead = rounds((START - 2 * MAX_GAP, 3_000), (EXPIRY, 3_000))
    world = both(dead, dead)
    assert not world.fix(ID + 1)
    assert not world.fix(ID + 1, source=SECOND)
    assert world.oracle.has_failed(EXPIRY, PRIMARY)
    assert world.oracle.has_failed(EXPIRY, SECOND)


# Gas


def test_fix__with_any_gas__gives_the_price_or_reverts():
    """A caller who sends little gas cannot make a good round look absent."""
    history = rounds((START, 3_000), (START + 600, 6_000), (START + 1_200, 3_000), (EXPIRY, 1_000))
    world = world_with(history)
    told = set()
    for gas in range(60_000, 500_000, 2_003):
        mark = world.clock.evm.snapshot()
        try:
            world.fix(ID + 1, gas=gas)
            told.add(world.oracle.settlement_price(EXPIRY))
        except Reverted:
            told.add("reverted")
        world.clock.evm.revert(mark)
    assert told == {"reverted", 4_000 * WAD}
