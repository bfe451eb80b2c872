"""Rounds that cross phases: where a phase ends, what an abandoned one still says, what hides a phase."""

from __future__ import annotations

import pytest
from reference.fixing import FOLLOW_S, FeedRound, first_round, settlement_price
from support.evm import Reverted
from support.oracle import EXPIRY, HOUR, PRIMARY, START, WAD, Rules, World

from pyvault.errors import ContractError
from pyvault.exact import fixing

PRICE = 3_000 * WAD
RULES = Rules()
EXACT_RULE = fixing.Rule(10**10, RULES.floor, RULES.cap, RULES.max_gap)
NOW = EXPIRY + HOUR


def phase(number, *items, begin=1):
    """Rounds of a phase from (time, price in whole quote)."""
    return [FeedRound(number, begin + i, price * WAD, time) for i, (time, price) in enumerate(items)]


def world_with(history, now=NOW):
    world = World().listed()
    world.primary.write(history)
    world.clock.at(now)
    return world


def reference(history):
    bounds = RULES.floor, RULES.cap
    return first_round(history, EXPIRY, *bounds), settlement_price(history, EXPIRY, *bounds, RULES.max_gap)


def twin(history, first, now=NOW):
    rounds = {
        item.round_id: fixing.SetRound(item.price // 10**10, item.updated_at, item.is_complete)
        for item in history
    }
    return fixing.walk(rounds, max(rounds), first, EXPIRY, now, EXACT_RULE)


def assert_price(history, price):
    first, expected = reference(history)
    assert expected == price == twin(history, first)
    world = world_with(history)
    assert world.fix(first)
    assert world.oracle.settlement_price(EXPIRY) == price
    world = world_with(history)
    while not world.fix(first, rounds=1):
        pass
    assert world.oracle.settlement_price(EXPIRY) == price


def assert_refused(history, first, reason):
    with pytest.raises(ContractError) as told:
        twin(history, first)
    assert told.value.reason == f"oracle: {reason}"
    with pytest.raises(Reverted, match=f"^oracle: {reason}$"):
        world_with(history).fix(first)


BEFORE = phase(1, (START - 60, 3_000), (START + 300, 3_000))
AFTER = phase(2, (START + 900, 5_000), (EXPIRY, 999))


def test_fix__across_phases__ends_one_at_the_first_round_of_the_next():
    assert_price(BEFORE + AFTER, 4_000 * WAD)


def test_fix__with_an_abandoned_phase_that_goes_on__leaves_out_what_it_says():
    still = phase(1, (START + 900, 9_000), (START + 1_000, 9_500), (EXPIRY, 9_900), begin=3)
    assert_price(BEFORE + still + AFTER, 4_000 * WAD)


def test_fix__with_a_phase_that_stopped_long_before__keeps_its_price_until_the_next():
    assert_price(BEFORE[:1] + phase(2, (START + 900, 5_000), (EXPIRY, 999)), 4_000 * WAD)


@pytest.mark.parametrize("begins_at", [START - 1, START, START + 1])
def test_fix__with_a_phase_that_begins_at_the_start__is_proven_across_it(begins_at):
    history = phase(1, (START - 60, 3_000)) + phase(
        2, (begins_at, 4_000), (START + 900, 4_000), (EXPIRY, 999)
    )
    price = 4_000 * WAD if begins_at <= START else (3_000 * WAD + 1_799 * 4_000 * WAD) // 1_800
    assert_price(history, price)


def test_fix__with_a_phase_whose_first_round_does_not_count__ends_the_one_before_all_the_same():
    still = phase(1, (START + 950, 9_000), begin=3)
    after = phase(2, (START + 900, -1), (START + 1_200, 6_000), (EXPIRY, 999))
    assert_price(BEFORE + still + after, 4_000 * WAD)


def test_fix__over_empty_phases__goes_on():
    assert_price(BEFORE + [item._replace(phase=9) for item in AFTER], 4_000 * WAD)


def test_fix__where_a_passed_over_phase_goes_on_publishing__leaves_it_out():
    meanwhile = phase(2, (START + 1_000, 9_000), (EXPIRY - 1, 9_000))
    assert_price(BEFORE + meanwhile + [item._replace(phase=3) for item in AFTER], 4_000 * WAD)


def test_fix__where_two_phases_begin_at_once__takes_the_later():
    meanwhile = phase(2, (START + 900, 9_000), (START + 901, 9_000))
    assert_price(BEFORE + meanwhile + [item._replace(phase=3) for item in AFTER], 4_000 * WAD)


def test_fix__of_a_feed_without_phases__counts_from_one():
    history = phase(0, (START - 60, 3_000), (START + 900, 5_000), (EXPIRY, 999))
    assert_price(history, 4_000 * WAD)


def test_fix__over_fifteen_holes_in_an_earlier_phase__goes_on():
    far = phase(1, (START + 600, 4_500), begin=2 + 15)
    assert_price(phase(1, (START, 3_000)) + far + phase(2, (EXPIRY, 999)), 4_000 * WAD)


def test_fix__over_sixteen_holes_in_an_earlier_phase__ends_it():
    """No feed leaves such a hole; what matters is that the walk ends."""
    history = (
        phase(1, (START, 3_000)) + phase(1, (START + 600, 4_500), begin=2 + 16) + phase(2, (EXPIRY, 999))
    )
    first, _ = reference(history)
    world = world_with(history)
    assert world.fix(first)
    assert world.oracle.settlement_price(EXPIRY) == PRICE == twin(history, first)


def test_fix__from_a_round_of_an_abandoned_phase__reverts():
    history = phase(1, (START - 900, 3_000), (START - 100, 9_000), (START + 60, 9_000))
    history += phase(2, (START - 300, 4_000), (START + 60, 4_000), (EXPIRY, 999))
    assert_refused(history, (1 << 64) + 2, "round after its phase")
    assert_refused(history, (1 << 64) + 1, "a later round begins it")
    assert_refused(history, 0, "a later round begins it")
    assert_price(history, 4_000 * WAD)


@pytest.mark.parametrize("begin", [16, 17])
def test_fix__with_a_latest_phase_that_shows_its_begin_too_late__reverts(begin):
    """Its end would be hidden, and anyone could prove a failure that is none."""
    history = BEFORE + [item._replace(number=item.number - 1 + begin) for item in AFTER]
    if begin == 16:
        assert_price(history, 4_000 * WAD)
    else:
        assert_refused(history, (1 << 64) + 1, "no begin of latest phase")
        assert_refused(history, 0, "no begin of latest phase")


@pytest.mark.parametrize("last", [33, 34])
def test_fix__over_more_than_32_phases__reverts(last):
    history = BEFORE + [item._replace(phase=last) for item in AFTER]
    if last == 33:
        assert_price(history, 4_000 * WAD)
    else:
        assert_refused(history, (1 << 64) + 1, "too many phases")


def test_fix__before_a_phase_whose_only_round_has_no_time__waits_in_the_one_before():
    history = [*BEFORE, FeedRound(2, 1, PRICE, 0)]
    world = world_with(history)
    assert not world.fix((1 << 64) + 1)
    world.primary.write(AFTER)
    assert world.fix((1 << 64) + 1)
    assert world.oracle.settlement_price(EXPIRY) == 4_000 * WAD


def test_fix__where_a_phase_appears_that_began_before_the_last_round_counted__begins_anew():
    """A price feed may switch to an aggregator that has been running beside the old one."""
    history = phase(1, (START, 3_000), (START + 1_200, 9_000))
    world = world_with(history, now=EXPIRY)
    assert not world.fix((1 << 64) + 1)
    assert world.oracle.walk(EXPIRY, PRIMARY, (1 << 64) + 1)[2] == START + 1_200
    world.primary.write(AFTER)
    world.clock.at(EXPIRY + 1)
    assert world.fix((1 << 64) + 1, rounds=1) is False
    assert world.fix((1 << 64) + 1)
    assert world.oracle.settlement_price(EXPIRY) == 4_000 * WAD == reference(history + AFTER)[1]


def test_fix__where_the_feed_goes_back_to_an_earlier_phase__reverts_rather_than_fails():
    history = phase(1, (START, 3_000)) + phase(2, (START + 60, 3_000), (START + 90, 3_000))
    world = world_with(history, now=EXPIRY + FOLLOW_S + 1)
    assert not world.fix((1 << 64) + 1, rounds=3)
    world.primary.set_latest((1 << 64) + 1)
    with pytest.raises(Reverted, match=r"^oracle: round not published$"):
        world.fix((1 << 64) + 1)


def test_find_first_round__across_phases__is_the_one_that_the_reference_names():
    for history in (BEFORE + AFTER, AFTER, phase(1, (START - 9, 0)) + phase(2, (START - 3, 3_000))):
        rounds = {item.round_id: fixing.SetRound(item.price // 10**10, item.updated_at) for item in history}
        found = fixing.find_first_round(rounds, max(rounds), EXPIRY, EXACT_RULE)
        assert found == reference(history)[0]
