"""The last unit that a rule of the spot oracle lets pass, and the first that it does not."""

from __future__ import annotations

import pytest
from reference.fixing import FeedRound
from support.evm import Reverted
from support.oracle import (
    DAY,
    EXPIRY,
    HOUR,
    KEEPER,
    LISTED_AT,
    MARKET,
    NOBODY,
    OWNER,
    SECOND,
    START,
    STATUS,
    WAD,
    Deployed,
    Rules,
    World,
)

PRICE = 3_000 * WAD
ID = 1 << 64  # of phase 1
NOW = LISTED_AT
UNIT = 10**10  # of a feed of eight decimals
LARGEST_ROUND = 2**80 - 1
RULES = Rules()


def refuses(reason):
    return pytest.raises(Reverted, match=f"^oracle: {reason}$")


def status_of(world):
    return STATUS[world.oracle.refresh()[2]]


def world_with(history, now=EXPIRY + HOUR, **options):
    world = World(**options).listed()
    world.primary.write(history)
    world.clock.at(now)
    return world


# A reading


def last_true(low, high, is_true):
    """The last of the numbers for which something holds that holds for `low` and not for `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_true(middle) else (low, middle)
    return low


def test_spot__with_one_unit_of_gas_less_than_it_needs__reverts_for_that_reason():
    """Even where the feed needs all the gas that it is given: never is a good reading taken for a bad one."""
    world = World()
    world.primary.quote(PRICE)

    def told(gas=2_000_000):
        try:
            return STATUS[world.oracle.spot(gas=gas)[2]]
        except Reverted as error:
            return error.reason

    def is_affordable(cost):
        world.primary.set_cost(cost)
        return told() == "ACCEPTED"

    dearest = last_true(1_500, 2_500, is_affordable)
    for cost, enough in ((0, 300_000), (dearest, 500_000)):
        world.primary.set_cost(cost)
        scarce = last_true(enough - 100_000, enough, lambda gas: told(gas) != "ACCEPTED")
        assert (told(scarce), told(scarce + 1)) == ("oracle: too little gas", "ACCEPTED")


@pytest.mark.parametrize(
    ("round_id", "expected"),
    [(0, "UNREADABLE"), (1, "ACCEPTED"), (LARGEST_ROUND, "ACCEPTED"), (LARGEST_ROUND + 1, "UNREADABLE")],
)
def test_reading__with_a_round_id_at_the_edge_of_80_bits__has_that_status(round_id, expected):
    world = World()
    world.primary.quote(PRICE, round_id=round_id, answered_in=round_id)
    assert status_of(world) == expected


@pytest.mark.parametrize(
    ("price", "decimals", "expected"),
    [
        (RULES.floor, 18, "ACCEPTED"),
        (RULES.floor - 1, 18, "OUT_OF_BOUNDS"),
        (RULES.cap, 18, "ACCEPTED"),
        (RULES.cap + 1, 18, "OUT_OF_BOUNDS"),
        (101 * WAD, 0, "ACCEPTED"),
        (100 * WAD, 0, "OUT_OF_BOUNDS"),
        (200 * WAD, 0, "ACCEPTED"),
        (201 * WAD, 0, "OUT_OF_BOUNDS"),
    ],
)
def test_reading__at_bounds_finer_or_coarser_than_the_feed__is_accepted_up_to_them(price, decimals, expected):
    rules = RULES if decimals == 18 else Rules(floor=100 * WAD + UNIT, cap=201 * WAD - UNIT)
    world = World(rules=rules, decimals=(decimals, 8))
    world.primary.quote(price)
    assert status_of(world) == expected


@pytest.mark.parametrize(("beyond", "expected"), [(0, "ACCEPTED"), (1, "DEVIATION")])
@pytest.mark.parametrize("side", [1, -1])
def test_reading__one_wei_beyond_the_largest_deviation__is_rejected(side, beyond, expected):
    world = World(has_second=True, decimals=(18, 18))
    world.second.quote(PRICE)
    world.primary.quote(PRICE + side * (PRICE * RULES.max_deviation // WAD + beyond))
    assert status_of(world) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"updated_at": NOW - RULES.max_age}, "ACCEPTED"),
        ({"updated_at": NOW - RULES.max_age - 1}, "SECOND_REJECTED"),
        ({"updated_at": NOW}, "ACCEPTED"),
        ({"updated_at": NOW + 1}, "SECOND_REJECTED"),
        ({"round_id": 7, "answered_in": 7}, "ACCEPTED"),
        ({"round_id": 7, "answered_in": 6}, "SECOND_REJECTED"),
    ],
)
def test_reading__beside_a_second_source_at_the_edge_of_a_rule__follows_it(fields, expected):
    world = World(has_second=True)
    world.primary.quote(PRICE)
    world.second.quote(PRICE, **fields)
    assert status_of(world) == expected


@pytest.mark.parametrize(("price", "is_inside"), [(RULES.cap, True), (RULES.cap + UNIT, False)])
def test_reading__beside_a_second_source_at_the_cap__follows_it(price, is_inside):
    world = World(has_second=True)
    world.primary.quote(RULES.cap)
    world.second.quote(price)
    assert status_of(world) == ("ACCEPTED" if is_inside else "SECOND_REJECTED")


def test_decimals__of_either_source__are_those_of_the_deployment_again_or_reject():
    world = World(has_second=True)
    for step, (feed, expected) in enumerate(
        ((world.primary, "DECIMALS_CHANGED"), (world.second, "SECOND_REJECTED"))
    ):
        for i, (decimals, found) in enumerate(
            ((7, expected), (8, "ACCEPTED"), (9, expected), (8, "ACCEPTED"))
        ):
            world.clock.at(NOW + 100 * step + i)
            world.primary.quote(PRICE)
            world.second.quote(PRICE)
            feed.set_decimals(decimals)
            assert status_of(world) == found


# Listing


def test_list_expiry__where_no_market_is_bound__is_not_open_to_the_zero_address():
    world = World()
    addresses = (world.parameters.address, world.primary.address, NOBODY, NOBODY)
    oracle = Deployed(world.clock, "contracts/SpotOracle.vy", *addresses, NOBODY)
    for caller in (NOBODY, MARKET):
        with refuses("not keeper nor market"):
            oracle.list_expiry(EXPIRY, caller=caller)
    oracle.list_expiry(EXPIRY, caller=KEEPER)


# The caller's round


def test_fix__from_the_latest_round__is_judged_and_from_the_next_id_refused():
    world = world_with([FeedRound(1, 1, PRICE, START)], now=EXPIRY + 6 * HOUR + 1)
    with refuses("round not published"):
        world.fix(ID + 2)
    assert not world.fix(ID + 1)
    assert world.oracle.has_failed(EXPIRY, 1)


@pytest.mark.parametrize(
    ("price", "is_valid"),
    [
        (RULES.floor, True),
        (RULES.floor - UNIT, False),
        (RULES.cap, True),
        (RULES.cap + UNIT, False),
    ],
)
def test_fix__from_a_round_on_a_bound__takes_it_and_beyond_it_reverts(price, is_valid):
    world = world_with([FeedRound(1, 1, price, START), FeedRound(1, 2, PRICE, EXPIRY)])
    if is_valid:
        assert world.fix(ID + 1)
        assert world.oracle.settlement_price(EXPIRY) == price
    else:
        with refuses("not a valid round"):
            world.fix(ID + 1)


@pytest.mark.parametrize(("begins_at", "is_inside"), [(START + 1, True), (START, False)])
def test_fix__from_a_round_of_the_second_in_which_a_later_phase_begins__reverts(begins_at, is_inside):
    history = [FeedRound(1, 1, PRICE, START), FeedRound(2, 1, 2 * PRICE, begins_at)]
    world = world_with([*history, FeedRound(2, 2, PRICE, EXPIRY)])
    if is_inside:
        assert world.fix(ID + 1)
        assert world.oracle.settlement_price(EXPIRY) == (PRICE + 1_799 * 2 * PRICE) // 1_800
    else:
        with refuses("round after its phase"):
            world.fix(ID + 1)
        assert world.fix(2 * ID + 1)


@pytest.mark.parametrize(("at", "seconds"), [(START + 899, 1), (START + 900, 0)])
def test_fix__over_a_round_a_second_before_its_phase_ends__counts_it_for_that_second(at, seconds):
    history = [FeedRound(1, 1, PRICE, START), FeedRound(1, 2, 9 * PRICE, at)]
    history += [FeedRound(2, 1, 2 * PRICE, START + 900), FeedRound(2, 2, PRICE, EXPIRY)]
    world = world_with(history)
    assert world.fix(ID + 1)
    total = (900 - seconds) * PRICE + seconds * 9 * PRICE + 900 * 2 * PRICE
    assert world.oracle.settlement_price(EXPIRY) == total // 1_800


def test_fix__from_the_second_source__has_the_boundaries_of_the_first():
    """A stretch of exactly the largest gap, a round exactly six hours late; a second more fails it too."""
    for late, is_fixed in ((0, True), (1, False)):
        world = World(has_second=True).listed()
        world.primary.write([FeedRound(1, 1, PRICE, START - RULES.max_gap), FeedRound(1, 2, PRICE, EXPIRY)])
        begin = EXPIRY - RULES.max_gap
        world.second.write([FeedRound(1, 1, PRICE, begin), FeedRound(1, 2, PRICE, EXPIRY + 6 * HOUR + late)])
        world.clock.at(EXPIRY + 7 * HOUR)
        assert not world.fix(ID + 1)
        assert world.fix(ID + 1, source=SECOND) is is_fixed
        assert world.oracle.has_failed(EXPIRY, SECOND) is not is_fixed


# Governance's band


@pytest.mark.parametrize(("late", "is_kept"), [(1, True), (0, False)])
def test_band__of_a_reading_eight_days_old_but_a_second__is_still_known(late, is_kept):
    world = World(now=EXPIRY - 8 * DAY + late).listed()
    world.primary.quote(PRICE)
    world.oracle.refresh()
    world.clock.at(EXPIRY + HOUR)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    expected = (2_940 * WAD, 3_060 * WAD) if is_kept else (RULES.floor, RULES.cap)
    assert world.oracle.fixing_band(EXPIRY) == expected


@pytest.mark.parametrize(("read_at", "expected"), [(EXPIRY, 3_100), (EXPIRY + 1, 3_000)])
def test_band__of_a_reading_a_second_after_expiry__is_that_of_the_one_before(read_at, expected):
    world = World(now=EXPIRY - HOUR).listed()
    for now, price in ((EXPIRY - HOUR, 3_000), (read_at, 3_100), (EXPIRY + DAY, 9_000)):
        world.clock.at(now)
        world.primary.quote(price * WAD)
        world.oracle.refresh()
    assert world.oracle.fixing_band(EXPIRY) == (expected * WAD * 98 // 100, expected * WAD * 102 // 100)


@pytest.mark.parametrize(
    ("price", "is_inside"),
    [(RULES.floor, True), (RULES.floor - 1, False), (RULES.cap, True), (RULES.cap + 1, False)],
)
def test_propose__where_nothing_was_ever_read__is_open_from_floor_to_cap(price, is_inside):
    world = World().listed()
    world.clock.at(EXPIRY + 3 * DAY)
    if is_inside:
        world.oracle.propose_fixing(EXPIRY, price, caller=OWNER)
        assert world.oracle.proposal(EXPIRY)[0] == price
    else:
        with refuses("price outside the band"):
            world.oracle.propose_fixing(EXPIRY, price, caller=OWNER)


def test_propose__with_both_sources_failed__opens_at_the_second_of_the_day():
    for now, is_open in ((EXPIRY + DAY - 1, False), (EXPIRY + DAY, True)):
        world = World(has_second=True).listed()
        for feed in (world.primary, world.second):
            feed.write([FeedRound(1, 1, PRICE, START)])
        world.clock.at(EXPIRY + 6 * HOUR + 1)
        assert not world.fix(ID + 1)
        assert not world.fix(ID + 1, source=SECOND)
        world.clock.at(now)
        if is_open:
            world.oracle.propose_fixing(EXPIRY, PRICE, caller=OWNER)
        else:
            with refuses("sources come first"):
                world.oracle.propose_fixing(EXPIRY, PRICE, caller=OWNER)
