"""Outages and governance's fixing: each wait, each role, the band, and that a source always comes first."""

from __future__ import annotations

import pytest
from support.evm import Reverted
from support.feeds import steady
from support.oracle import (
    DAY,
    EXPIRY,
    GOVERNANCE,
    GUARDIAN,
    HOUR,
    KEEPER,
    LISTED_AT,
    MARKET,
    OWNER,
    PRIMARY,
    SECOND,
    START,
    STRANGER,
    WAD,
    Rules,
    World,
)

ID = 1 << 64
PRICE = 3_000 * WAD
BROKEN = [
    {"latest": "REVERTS"},
    {"latest": "BURNS_GAS"},
    {"decimals": "REVERTS"},
    {"decimals": "RETURNS_ONES"},
]


def refuses(reason):
    return pytest.raises(Reverted, match=f"^oracle: {reason}$")


def world_at(now, **options):
    world = World(**options).listed()
    world.clock.at(now)
    return world


def failed_world(now=EXPIRY + DAY, price=PRICE, **options):
    """A last reading an hour before expiry, then nothing; the primary is proven to have failed."""
    world = world_at(EXPIRY - HOUR, **options)
    world.primary.quote(price, round_id=ID + 1, answered_in=ID + 1)
    world.second.quote(price, round_id=ID + 1, answered_in=ID + 1)
    world.oracle.refresh()
    world.clock.at(EXPIRY + 6 * HOUR + 1)
    assert not world.fix(ID + 1)
    assert world.oracle.has_failed(EXPIRY, PRIMARY)
    world.clock.at(now)
    return world


def propose(world, price=PRICE, caller=OWNER):
    world.oracle.propose_fixing(EXPIRY, price, caller=caller)


# Outages


@pytest.mark.parametrize("modes", BROKEN)
@pytest.mark.parametrize("source", [PRIMARY, SECOND])
def test_report_outage__twice_six_hours_apart__fails_the_source(modes, source):
    first = EXPIRY + 6 * HOUR + 1
    world = world_at(first, has_second=True)
    for feed in (world.primary, world.second):
        feed.write(steady())
        feed.say(**modes)
    world.oracle.report_outage(EXPIRY, source)
    fields = {"expiry": EXPIRY, "source": source}
    assert world.oracle.logs() == [("OutageReported", fields | {"since": first})]
    assert world.oracle.outage_since(EXPIRY, source) == first
    world.clock.at(first + 6 * HOUR - 1)
    with refuses("outage too young"):
        world.oracle.report_outage(EXPIRY, source)
    world.clock.at(first + 6 * HOUR)
    world.oracle.report_outage(EXPIRY, source)
    assert world.oracle.logs() == [("SourceFailed", fields | {"round_id": 0})]
    assert world.oracle.has_failed(EXPIRY, source)
    with refuses("source has failed"):
        world.oracle.report_outage(EXPIRY, source)


def test_report_outage__once_the_feed_can_be_read_again__takes_the_report_back():
    first = EXPIRY + 7 * HOUR
    world = world_at(first)
    world.primary.write(steady())
    world.primary.say(latest="REVERTS")
    world.oracle.report_outage(EXPIRY, PRIMARY)
    world.primary.say()
    world.clock.at(first + 7 * HOUR)
    world.oracle.report_outage(EXPIRY, PRIMARY)
    assert world.oracle.logs() == [("OutageEnded", {"expiry": EXPIRY, "source": PRIMARY, "since": first})]
    assert world.oracle.outage_since(EXPIRY, PRIMARY) == 0
    with refuses("feed can be read"):
        world.oracle.report_outage(EXPIRY, PRIMARY)
    assert world.fix(ID + 2)


def test_report_outage__too_early_or_for_nothing__reverts():
    world = world_at(EXPIRY + 6 * HOUR)
    with refuses("too early for an outage"):
        world.oracle.report_outage(EXPIRY, PRIMARY)
    with refuses("no such source"):
        world.oracle.report_outage(EXPIRY, SECOND)
    with refuses("expiry not listed"):
        world.oracle.report_outage(EXPIRY + DAY, PRIMARY)


@pytest.mark.parametrize("modes", BROKEN)
def test_fix__while_the_feed_cannot_be_read__reverts_rather_than_fails(modes):
    world = world_at(EXPIRY + DAY)
    world.primary.write(steady())
    world.primary.say(**modes)
    with refuses("feed cannot be read"):
        world.fix(ID + 2)


@pytest.mark.parametrize(
    "mode", ["REVERTS", "BURNS_GAS", "RETURNS_NOTHING", "RETURNS_FOUR_WORDS", "RETURNS_ONES"]
)
def test_fix__where_past_rounds_cannot_be_read__reverts(mode):
    world = world_at(EXPIRY + HOUR)
    world.primary.write(steady())
    world.primary.say(round=mode)
    with refuses("not a valid round"):
        world.fix(ID + 2)


def test_fix__where_the_feed_answers_with_another_round__reverts():
    world = world_at(EXPIRY + HOUR)
    world.primary.write(steady())
    world.primary.say(round="RETURNS_ANOTHER_ROUND")
    with refuses("not a valid round"):
        world.fix(ID + 2)


def test_fix__after_an_outage__is_open_to_the_second_source_only():
    world = world_at(EXPIRY + 7 * HOUR, has_second=True)
    for feed in (world.primary, world.second):
        feed.write(steady())
    world.primary.say(latest="REVERTS")
    world.oracle.report_outage(EXPIRY, PRIMARY)
    world.clock.at(EXPIRY + 13 * HOUR)
    world.oracle.report_outage(EXPIRY, PRIMARY)
    world.primary.say()
    with refuses("source has failed"):
        world.fix(ID + 2)
    assert world.fix(ID + 2, source=SECOND)


# Governance


def test_governance__after_every_source_failed_for_a_day__fixes_in_six_hours():
    world = failed_world()
    assert world.oracle.proposal(EXPIRY) == (0, 0)
    propose(world, PRICE + WAD)
    ready = EXPIRY + DAY + 6 * HOUR
    fields = {"expiry": EXPIRY, "price": PRICE + WAD}
    assert world.oracle.logs() == [("FixingProposed", fields | {"ready_at": ready})]
    assert world.oracle.proposal(EXPIRY) == (PRICE + WAD, ready)
    world.clock.at(ready - 1)
    with refuses("proposal too young"):
        world.oracle.execute_fixing(EXPIRY, caller=OWNER)
    world.clock.at(ready)
    world.oracle.execute_fixing(EXPIRY, caller=STRANGER)
    assert world.oracle.logs() == [("ExpiryFixed", fields | {"source": GOVERNANCE})]
    assert world.oracle.fixing(EXPIRY) == (PRICE + WAD, ready, GOVERNANCE)
    with refuses("nothing proposed"):
        world.oracle.execute_fixing(EXPIRY)
    with refuses("already fixed"):
        propose(world)


def test_propose__before_a_day_has_passed__reverts():
    world = failed_world(now=EXPIRY + DAY - 1)
    with refuses("sources come first"):
        propose(world)


def test_propose__while_the_second_source_may_still_fix__waits_three_days():
    world = failed_world(has_second=True, now=EXPIRY + 3 * DAY - 1)
    with refuses("sources come first"):
        propose(world)
    assert not world.fix(ID + 1, source=SECOND)  # proven: none follows
    propose(world)


def test_propose__without_any_proof_of_failure__waits_three_days():
    world = world_at(EXPIRY + 3 * DAY - 1)
    with refuses("sources come first"):
        propose(world)
    world.clock.at(EXPIRY + 3 * DAY)
    propose(world)


def test_propose__while_a_source_still_fixes__comes_second():
    world = world_at(EXPIRY + 3 * DAY)
    world.primary.write(steady())
    propose(world, 2_000 * WAD)
    assert world.fix(ID + 2)
    world.clock.at(EXPIRY + 4 * DAY)
    with refuses("already fixed"):
        world.oracle.execute_fixing(EXPIRY)


@pytest.mark.parametrize("caller", [STRANGER, KEEPER, GUARDIAN, MARKET])
def test_propose__by_anyone_but_the_owner__reverts(caller):
    with refuses("not the owner"):
        propose(failed_world(), caller=caller)


def test_propose__for_an_unlisted_expiry_or_twice__reverts():
    world = failed_world()
    with refuses("expiry not listed"):
        world.oracle.propose_fixing(EXPIRY - DAY, PRICE, caller=OWNER)
    with refuses("expiry not listed"):
        world.oracle.fixing_band(EXPIRY - DAY)
    propose(world)
    with refuses("already proposed"):
        propose(world)


@pytest.mark.parametrize("caller", [OWNER, GUARDIAN])
def test_cancel__by_owner_or_guardian__withdraws_the_proposal(caller):
    world = failed_world()
    propose(world)
    world.oracle.cancel_fixing(EXPIRY, caller=caller)
    assert world.oracle.logs() == [("FixingCancelled", {"expiry": EXPIRY, "price": PRICE})]
    assert world.oracle.proposal(EXPIRY) == (0, 0)
    with refuses("nothing proposed"):
        world.oracle.cancel_fixing(EXPIRY, caller=caller)
    world.clock.at(EXPIRY + 2 * DAY)
    with refuses("nothing proposed"):
        world.oracle.execute_fixing(EXPIRY)
    propose(world)
    assert world.oracle.proposal(EXPIRY)[1] == EXPIRY + 2 * DAY + 6 * HOUR


@pytest.mark.parametrize("caller", [STRANGER, KEEPER, MARKET])
def test_cancel__by_anyone_else__reverts(caller):
    world = failed_world()
    propose(world)
    with refuses("not owner nor guardian"):
        world.oracle.cancel_fixing(EXPIRY, caller=caller)


# The band


@pytest.mark.parametrize(
    ("price", "is_inside"),
    [(2_940 * WAD, True), (3_060 * WAD, True), (2_940 * WAD - 1, False), (3_060 * WAD + 1, False)],
)
def test_propose__around_the_band__is_open_up_to_its_ends(price, is_inside):
    world = failed_world()
    assert world.oracle.fixing_band(EXPIRY) == (2_940 * WAD, 3_060 * WAD)
    if is_inside:
        propose(world, price)
    else:
        with refuses("price outside the band"):
            propose(world, price)


def test_band__that_is_no_whole_number__is_rounded_inwards():
    rules = Rules(max_deviation=333_333_333_333_333_333, floor=10**10)
    world = failed_world(price=7 * 10**10, rules=rules)
    width = 7 * 10**10 * rules.max_deviation // WAD
    assert world.oracle.fixing_band(EXPIRY) == (7 * 10**10 - width, 7 * 10**10 + width)
    assert width < 7 * 10**10 * rules.max_deviation / WAD


def test_band__is_that_of_the_last_reading_at_or_before_expiry__whatever_comes_later():
    world = world_at(EXPIRY - 10)
    for step, price in enumerate((3_000, 3_100, 3_200, 3_300)):
        world.clock.at(EXPIRY - 10 + 5 * step)  # the third at expiry
        world.primary.quote(price * WAD)
        world.oracle.refresh()
        expected = min(price, 3_200) * WAD
        assert world.oracle.fixing_band(EXPIRY) == (expected * 98 // 100, expected * 102 // 100)
    for day in range(1, 5):
        world.clock.at(EXPIRY + day * DAY)
        world.primary.quote(4_000 * WAD)
        world.oracle.refresh()
    assert world.oracle.fixing_band(EXPIRY) == (3_136 * WAD, 3_264 * WAD)


def test_band__across_rejected_readings__is_still_that_of_the_last_accepted():
    world = world_at(EXPIRY - HOUR)
    world.primary.quote(PRICE)
    world.oracle.refresh()
    world.primary.say(latest="REVERTS")
    for now in (EXPIRY - 60, EXPIRY + 60, EXPIRY + DAY):
        world.clock.at(now)
        world.oracle.refresh()
    world.primary.say()
    world.clock.at(EXPIRY + DAY + HOUR)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    assert world.oracle.fixing_band(EXPIRY) == (2_940 * WAD, 3_060 * WAD)


@pytest.mark.parametrize(("days", "is_kept"), [(7, True), (8, False)])
def test_band__looks_back_eight_days__then_gives_floor_and_cap(days, is_kept):
    world = world_at(EXPIRY - days * DAY)
    world.primary.quote(PRICE)
    world.oracle.refresh()
    world.clock.at(EXPIRY + HOUR)
    world.primary.quote(2 * PRICE)
    world.oracle.refresh()
    expected = (2_940 * WAD, 3_060 * WAD) if is_kept else (100 * WAD, 100_000 * WAD)
    assert world.oracle.fixing_band(EXPIRY) == expected


def test_band__where_nothing_was_ever_read__is_floor_and_cap_of_the_listing():
    world = world_at(EXPIRY + DAY)
    world.govern(floor=200 * WAD)
    assert world.oracle.fixing_band(EXPIRY) == (100 * WAD, 100_000 * WAD)
    assert LISTED_AT < START
