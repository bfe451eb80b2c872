"""This block's reading and the last accepted one in one call: the same answers as of the two calls."""

from __future__ import annotations

import pytest
from support.oracle import LISTED_AT, STATUS, WAD, World

PRICE = 3_000 * WAD


def world_that(*answers):
    """A world with a block for each answer, the feed broken where None; the last one is not yet read."""
    world = World()
    for step, price in enumerate(answers):
        world.clock.at(LISTED_AT + 60 * step)
        world.primary.say(latest="HONEST" if price else "REVERTS")
        if price:
            world.primary.quote(price)
        if step < len(answers) - 1:
            world.oracle.refresh()
    return world


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        ((PRICE,), (PRICE, 0)),
        ((None,), None),
        ((PRICE, 2 * PRICE), (2 * PRICE, 1)),
        ((PRICE, None), (PRICE, 0)),
        ((PRICE, None, None), (PRICE, 0)),
        ((PRICE, None, 2 * PRICE), (2 * PRICE, 2)),
    ],
)
def test_observe__and_its_view__give_this_reading_and_the_last_accepted_one(answers, last):
    world = world_that(*answers)
    seen = (last[0], *[LISTED_AT + 60 * last[1]] * 2) if last else (0, 0, 0)
    foreseen = world.oracle.observation()
    told = world.oracle.observe()
    assert told == foreseen == world.oracle.observation() == world.oracle.observe()
    assert told == (world.oracle.spot(), world.oracle.last_accepted())
    assert told[1] == seen
    assert (STATUS[told[0][2]] == "ACCEPTED") is (answers[-1] is not None)


def test_observe__first_in_a_block__is_the_reading_of_the_whole_block():
    world = world_that(PRICE)
    before = world.oracle.observe()
    world.primary.quote(2 * PRICE)
    assert world.oracle.observe() == world.oracle.observation() == before
    assert world.oracle.refresh() == before[0]
