"""The reading of a block: every rule tripped and just inside, whatever the feed does."""

from __future__ import annotations

import pytest
from support.evm import Reverted
from support.oracle import (
    DAY,
    HOUR,
    KEEPER,
    LISTED_AT,
    MARKET,
    NOBODY,
    PRIMARY,
    SECOND,
    STATUS,
    WAD,
    Deployed,
    Rules,
    World,
)

PRICE = 3_000 * WAD
RULES = Rules()
NOW = LISTED_AT
ENOUGH_GAS = 1_400_000


def status_of(world):
    """Status of the reading; what the view says is what the transaction stores."""
    seen = world.oracle.spot()
    assert world.oracle.refresh() == seen
    assert (seen[0] > 0) == (STATUS[seen[2]] == "ACCEPTED") == (seen[1] > 0)
    return STATUS[seen[2]]


def quoted(price=PRICE, *, decimals=8, rules=RULES, **fields):
    world = World(rules=rules, decimals=(decimals, 8))
    world.primary.quote(price, **fields)
    return world


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answer": 1}, "OUT_OF_BOUNDS"),
        ({"answer": 0}, "NOT_POSITIVE"),
        ({"answer": -1}, "NOT_POSITIVE"),
        ({"answer": -(2**255)}, "NOT_POSITIVE"),
        ({"answered_in": 0}, "INCOMPLETE"),
        ({"answered_in": 2}, "ACCEPTED"),
        ({"updated_at": 0}, "TIME_UNSET"),
        ({"updated_at": NOW}, "ACCEPTED"),
        ({"updated_at": NOW + 1}, "TIME_IN_FUTURE"),
        ({"updated_at": 2**256 - 1}, "TIME_IN_FUTURE"),
        ({"updated_at": NOW - RULES.max_age}, "ACCEPTED"),
        ({"updated_at": NOW - RULES.max_age - 1}, "STALE"),
        ({"answer": RULES.floor // 10**10}, "ACCEPTED"),
        ({"answer": RULES.floor // 10**10 - 1}, "OUT_OF_BOUNDS"),
        ({"answer": RULES.cap // 10**10}, "ACCEPTED"),
        ({"answer": RULES.cap // 10**10 + 1}, "OUT_OF_BOUNDS"),
        ({"answer": 2**255 - 1}, "OUT_OF_BOUNDS"),
    ],
)
def test_reading__with_one_field_at_the_edge_of_its_rule__has_that_status(fields, expected):
    assert status_of(quoted(**fields)) == expected


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ({"latest": "REVERTS"}, "UNREADABLE"),
        ({"latest": "BURNS_GAS"}, "UNREADABLE"),
        ({"latest": "RETURNS_NOTHING"}, "UNREADABLE"),
        ({"latest": "RETURNS_FOUR_WORDS"}, "UNREADABLE"),
        ({"latest": "RETURNS_ONES"}, "UNREADABLE"),
        ({"latest": "RETURNS_TEN_WORDS"}, "ACCEPTED"),
        ({"decimals": "REVERTS"}, "DECIMALS_CHANGED"),
        ({"decimals": "BURNS_GAS"}, "DECIMALS_CHANGED"),
        ({"decimals": "RETURNS_NOTHING"}, "DECIMALS_CHANGED"),
        ({"decimals": "RETURNS_ONES"}, "DECIMALS_CHANGED"),
        ({"decimals": "RETURNS_TEN_WORDS"}, "ACCEPTED"),
    ],
)
def test_reading__of_a_broken_feed__is_rejected_without_a_revert(modes, expected):
    world = quoted()
    world.primary.say(**modes)
    assert status_of(world) == expected


def test_reading__with_a_sequencer_feed_without_code__is_rejected():
    world = quoted()
    feeds = (world.primary.address, NOBODY, KEEPER)  # no code at the last
    oracle = Deployed(world.clock, "contracts/SpotOracle.vy", world.parameters.address, *feeds, MARKET)
    assert STATUS[oracle.spot()[2]] == "SEQUENCER_UNREADABLE"


@pytest.mark.parametrize("decimals", [0, 1, 6, 8, 17, 18])
def test_reading__in_any_decimals__is_normalised_exactly(decimals):
    world = quoted(1_234 * WAD, decimals=decimals)
    assert world.oracle.refresh()[0] == 1_234 * WAD


@pytest.mark.parametrize("changed", [0, 7, 9, 18, 19, 2**256 - 1])
def test_reading__after_the_feed_changed_its_decimals__is_rejected(changed):
    world = quoted()
    assert status_of(world) == "ACCEPTED"
    world.clock.at(NOW + 12)
    world.primary.set_decimals(changed)
    assert status_of(world) == "DECIMALS_CHANGED"


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        ({"primary": NOBODY}, "oracle: no primary feed"),
        ({"parameters": NOBODY}, "oracle: no parameters"),
        ({"second": "primary"}, "oracle: second is the primary"),
        ({"primary": KEEPER}, "oracle: no decimals"),
        ({"second": KEEPER}, "oracle: no decimals"),
        ({"primary": "odd"}, "oracle: too many decimals"),
        ({"second": "odd"}, "oracle: too many decimals"),
    ],
)
def test_constructor__with_an_unusable_address__reverts(arrange, reason):
    world = World()
    odd = Deployed(world.clock, "tests/doubles/HostileFeed.vy", 19)
    places = {"primary": world.primary.address, "odd": odd.address}
    addresses = {
        "parameters": world.parameters.address,
        "primary": world.primary.address,
        "second": NOBODY,
    } | {name: places.get(value, value) for name, value in arrange.items()}
    with pytest.raises(Reverted, match=f"^{reason}$"):
        Deployed(world.clock, "contracts/SpotOracle.vy", *addresses.values(), NOBODY, MARKET)


def test_reading__is_the_first_of_its_block__to_the_blocks_end():
    world = quoted()
    first = world.oracle.refresh()
    world.primary.quote(2 * PRICE)
    assert world.oracle.spot() == world.oracle.refresh() == first
    world.primary.say(latest="REVERTS")
    assert world.oracle.spot() == first
    world.clock.at(NOW + 1)
    assert status_of(world) == "UNREADABLE"
    world.primary.say()
    assert status_of(world) == "UNREADABLE"  # a rejection holds for its block too
    world.clock.at(NOW + 2)
    assert world.oracle.refresh()[0] == 2 * PRICE


@pytest.mark.parametrize("moves", [{"number": 1}, {"time": 1}])
def test_reading__where_only_the_number_or_only_the_time_moves__is_renewed(moves):
    world = quoted()
    world.oracle.refresh()
    world.primary.quote(2 * PRICE)
    world.clock.number += moves.get("number", 0) - 1  # `at` adds one
    world.clock.at(NOW + moves.get("time", 0))
    assert world.oracle.spot()[0] == 2 * PRICE


def test_refresh__of_a_new_block__logs_the_previous_and_the_new_reading():
    world = quoted()
    world.oracle.refresh()
    expected = {"previous": 0, "price": PRICE, "updated_at": NOW, "status": 1}
    assert world.oracle.logs() == [("SpotRefreshed", expected)]
    world.oracle.refresh()
    assert world.oracle.logs() == []
    world.clock.at(NOW + 1)
    world.primary.say(latest="REVERTS")
    world.oracle.refresh()
    expected = {"previous": PRICE, "price": 0, "updated_at": 0, "status": 8}
    assert world.oracle.logs() == [("SpotRefreshed", expected)]


def test_last_accepted__through_rejections__is_the_last_good_reading():
    world = World()
    assert world.oracle.last_accepted() == (0, 0, 0)
    world.oracle.refresh()
    assert world.oracle.last_accepted() == (0, 0, 0)
    world.clock.at(NOW + 10)
    world.primary.quote(PRICE, updated_at=NOW + 3)
    world.oracle.refresh()
    good = (PRICE, NOW + 3, NOW + 10)
    assert world.oracle.last_accepted() == good
    world.primary.say(latest="REVERTS")
    for later in (20, 30):
        world.clock.at(NOW + later)
        world.oracle.refresh()
        assert world.oracle.last_accepted() == good
    world.primary.say()
    world.clock.at(NOW + 40)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    assert world.oracle.last_accepted() == (2 * PRICE, NOW + 40, NOW + 40)


def two_sources(first, second, **fields):
    world = World(has_second=True)
    world.primary.quote(first)
    world.second.quote(second, **fields)
    return world


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (10_200 * WAD, "ACCEPTED"),
        (10_200 * WAD + 10**10, "DEVIATION"),
        (9_800 * WAD, "ACCEPTED"),
        (9_800 * WAD - 10**10, "DEVIATION"),
    ],
)
def test_reading__around_two_percent_from_the_second_source__is_accepted_up_to_it(first, expected):
    assert status_of(two_sources(first, 10_000 * WAD)) == expected


@pytest.mark.parametrize(
    "fields", [{"answer": 0}, {"updated_at": NOW - RULES.max_age - 1}, {"answered_in": 0}, {"updated_at": 0}]
)
def test_reading__beside_a_bad_second_source__is_rejected(fields):
    assert status_of(two_sources(PRICE, PRICE, **fields)) == "SECOND_REJECTED"


@pytest.mark.parametrize("mode", ["REVERTS", "BURNS_GAS", "RETURNS_NOTHING", "RETURNS_ONES"])
def test_reading__beside_a_broken_second_source__is_rejected_without_a_revert(mode):
    world = two_sources(PRICE, PRICE)
    world.second.say(latest=mode)
    assert status_of(world) == "SECOND_REJECTED"


def test_reading__where_no_second_source_is_configured__ignores_it():
    world = quoted()
    world.second.say(latest="REVERTS")
    assert status_of(world) == "ACCEPTED"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"answer": 0, "started_at": NOW - HOUR}, "ACCEPTED"),
        ({"answer": 0, "started_at": NOW - HOUR + 1}, "SEQUENCER_DOWN"),
        ({"answer": 1, "started_at": NOW - HOUR}, "SEQUENCER_DOWN"),
        ({"answer": -1, "started_at": NOW - HOUR}, "SEQUENCER_DOWN"),
        ({"answer": 0, "started_at": 0}, "SEQUENCER_DOWN"),
        ({"answer": 0, "started_at": NOW + 1}, "SEQUENCER_DOWN"),
    ],
)
def test_reading__by_the_state_of_the_sequencer__waits_for_its_grace(fields, expected):
    world = World(has_sequencer=True)
    world.primary.quote(PRICE)
    world.sequencer.quote(0, **fields)
    assert status_of(world) == expected


@pytest.mark.parametrize("mode", ["REVERTS", "BURNS_GAS", "RETURNS_NOTHING", "RETURNS_FOUR_WORDS"])
def test_reading__with_a_broken_sequencer_feed__is_rejected(mode):
    world = World(has_sequencer=True)
    world.primary.quote(PRICE)
    world.sequencer.quote(0, started_at=NOW - DAY)
    world.sequencer.say(latest=mode)
    assert status_of(world) == "SEQUENCER_UNREADABLE"


@pytest.mark.parametrize("function", ["refresh", "spot"])
def test_reading__with_any_gas__has_the_right_status_or_reverts(function):
    """A caller who sends little gas cannot make a good feed look broken."""
    world = World(has_second=True, has_sequencer=True)
    world.primary.quote(PRICE)
    world.second.quote(PRICE)
    world.sequencer.quote(0, started_at=NOW - DAY)
    for feed in (world.primary, world.second, world.sequencer):
        feed.set_cost(1_950)  # hashes: nearly all the gas that a call gets
    told = set()
    for gas in range(60_000, ENOUGH_GAS, 9_973):
        mark = world.clock.evm.snapshot()
        try:
            told.add(STATUS[world.oracle.invoke(world.oracle.abi[function], (), gas=gas)[2]])
        except Reverted:
            told.add("reverted")
        world.clock.evm.revert(mark)
    assert told == {"reverted", "ACCEPTED"}


def test_addresses__of_parameters_feeds_and_market__are_those_of_the_constructor():
    world = World(has_second=True, has_sequencer=True)
    oracle = world.oracle
    assert oracle.parameters() == world.parameters.address.lower()
    assert oracle.feed(PRIMARY) == world.primary.address.lower()
    assert oracle.feed(SECOND) == world.second.address.lower()
    assert oracle.feed(4) == oracle.feed(3) == NOBODY
    assert oracle.sequencer() == world.sequencer.address.lower()
    assert oracle.market() == MARKET.lower()
