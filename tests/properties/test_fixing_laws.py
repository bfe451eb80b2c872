"""Laws of the settlement price on random feeds, on the compiled contract."""

from __future__ import annotations

from random import Random

from reference.fixing import FeedRound, first_round, rounds_that_count, settlement_price
from support.evm import Reverted
from support.feeds import RULES, draw_feed
from support.oracle import DAY, EXPIRY, HOUR, PRIMARY, START, STRANGER, World

from pyvault.errors import ContractError
from pyvault.exact import fixing

LATE = EXPIRY + 30 * DAY
CALLERS = [STRANGER, *("0x" + f"{i:02x}" * 20 for i in range(1, 6))]
EXACT_RULE = fixing.Rule(10**10, RULES.floor, RULES.cap, RULES.max_gap)


def of_expiry(history):
    """First round and price by the reference; the price is None where the source fails."""
    bounds = RULES.floor, RULES.cap
    return first_round(history, EXPIRY, *bounds), settlement_price(history, EXPIRY, *bounds, RULES.max_gap)


def world_of(history, now=LATE):
    world = World(rules=RULES).listed()
    world.primary.write(history)
    world.clock.at(now)
    return world


def outcome(world):
    """Price, or None if the source failed; anything else is not an end."""
    price = world.oracle.settlement_price(EXPIRY)
    failed = world.oracle.has_failed(EXPIRY, PRIMARY)
    assert (price == 0) == failed
    return price or None


def exact_rounds(history):
    return {
        item.round_id: fixing.SetRound(item.price // 10**10, item.updated_at, item.is_complete)
        for item in history
    }


def in_python(history, first):
    """The twin's answer in the contract's words."""
    rounds = exact_rounds(history)
    try:
        return fixing.walk(rounds, max(rounds), first, EXPIRY, LATE, EXACT_RULE)
    except ContractError as error:
        return error.reason


def candidates(history, random):
    """Ids that a caller may name: all near the start, some elsewhere, some that are not there."""
    ids = [item.round_id for item in history]
    near = [item.round_id for item in history if abs(item.updated_at - START) < 4_000]
    strays = [0, 1, 1 << 64, (1 << 64) + 5_000, (5 << 64) + 1, max(ids) + 1]
    return [*random.sample(near, min(12, len(near))), *random.sample(ids, min(4, len(ids))), *strays]


def test_law__price_on_any_feed__equals_the_reference_and_lies_within_the_rounds_in_force(count):
    random = Random(1)
    fixed = 0
    for _ in range(count(150, 5_000)):
        history = [item.round for item in draw_feed(random)]
        first, expected = of_expiry(history)
        world = world_of(history)
        while not (world.fix(first) or world.oracle.has_failed(EXPIRY, PRIMARY)):
            pass
        assert outcome(world) == expected
        if expected:
            fixed += 1
            counted = rounds_that_count(history, RULES.floor, RULES.cap)
            in_force = [item.price for item in counted if START < item.updated_at < EXPIRY]
            in_force += [item.price for item in counted if item.round_id == first]
            assert min(in_force) <= expected <= max(in_force)
    assert fixed > count(30, 1_000)


def test_law__price__is_the_same_for_every_caller_split_and_delay(count):
    random = Random(2)
    for _ in range(count(60, 2_000)):
        feed = draw_feed(random)
        first, expected = of_expiry([item.round for item in feed])
        world = World(rules=RULES).listed()
        now = random.choice((START + 1, START + 600, EXPIRY, EXPIRY + 1))
        while now < LATE:
            world.clock.at(now)
            world.primary.write(item.round for item in feed if item.at <= now)
            for _ in range(random.randint(1, 4)):
                if any(item.at <= now for item in feed):
                    advance(world, first, random)
            now += random.choice((1, 30, 60, HOUR, 4 * HOUR, 7 * HOUR, 9 * DAY))
        while not world.oracle.settlement_price(EXPIRY) and not world.oracle.has_failed(EXPIRY, PRIMARY):
            world.clock.at(LATE)
            world.primary.write(item.round for item in feed)
            advance(world, first, random)
        assert outcome(world) == expected


def advance(world, first, random):
    """One call by someone, of some length; only these refusals are allowed."""
    try:
        world.fix(first, random.choice((1, 2, 7, 100, 512)), caller=random.choice(CALLERS))
    except Reverted as error:
        allowed = {"no round follows yet", "already fixed", "source has failed", "not expired"}
        assert error.reason.removeprefix("oracle: ") in allowed  # noqa: PT017 - the reason may be any of them


def refusal(world, first):
    """Why the walk from a wrong round ends; it may take several calls to see."""
    while True:
        try:
            assert not world.fix(first)
        except Reverted as error:
            return error.reason
        assert not world.oracle.has_failed(EXPIRY, PRIMARY)


def test_law__wrong_first_round__never_fixes_nor_fails_and_the_twin_knows_why(count):
    random = Random(3)
    tried = 0
    for _ in range(count(40, 1_500)):
        history = [item.round for item in draw_feed(random)]
        right, expected = of_expiry(history)
        world = world_of(history)
        for first in candidates(history, random):
            if first == right:
                continue
            tried += 1
            assert refusal(world, first) == in_python(history, first)
        assert in_python(history, right) == expected
        rounds = exact_rounds(history)
        assert fixing.find_first_round(rounds, max(rounds), EXPIRY, EXACT_RULE) == right
    assert tried > count(500, 18_000)


def test_law__prices_times_two__give_twice_the_price_and_one_round_more_of_the_same_price_nothing(count):
    random = Random(4)
    for _ in range(count(30, 1_000)):
        number, now, history = 0, START - 100, []
        while now < EXPIRY + 600:
            number += 1
            history.append(FeedRound(1, number, random.randint(10**11, 4 * 10**12) * 10**10, now))
            now += random.choice((5, 60, 400))
        first, price = of_expiry(history)
        world = world_of(item._replace(price=2 * item.price) for item in history)
        assert world.fix(first)
        assert world.oracle.settlement_price(EXPIRY) - 2 * price in {0, 1}  # the half that was rounded off
        place = random.randrange(len(history) - 1)
        between = (history[place].updated_at + history[place + 1].updated_at) // 2
        repeated = [*history[: place + 1], history[place]._replace(updated_at=between), *history[place + 1 :]]
        repeated = [item._replace(number=i + 1) for i, item in enumerate(repeated)]
        world = world_of(repeated)
        assert world.fix(of_expiry(repeated)[0])
        assert world.oracle.settlement_price(EXPIRY) == price
