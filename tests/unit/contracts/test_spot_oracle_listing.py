"""Listing of an expiry: who, when, and what is frozen by it; and the oracle beside the true parameters."""

from __future__ import annotations

import pytest
from support.evm import Reverted
from support.oracle import (
    DAY,
    EXPIRY,
    GUARDIAN,
    HOUR,
    KEEPER,
    LISTED_AT,
    MARKET,
    NOBODY,
    OWNER,
    PRIMARY,
    START,
    STRANGER,
    WAD,
    Deployed,
    World,
)


def refuses(reason):
    return pytest.raises(Reverted, match=f"^oracle: {reason}$")


def test_list_expiry__by_keeper_or_market__freezes_the_version_of_the_parameters():
    world = World()
    world.govern(max_gap=5_000)
    world.oracle.list_expiry(EXPIRY, caller=KEEPER)
    assert world.oracle.logs() == [("ExpiryListed", {"expiry": EXPIRY, "version": 2})]
    world.govern(max_gap=60)
    world.oracle.list_expiry(EXPIRY + DAY, caller=MARKET)
    assert [world.oracle.listed_version(EXPIRY + i * DAY) for i in range(3)] == [2, 3, 0]


@pytest.mark.parametrize("caller", [STRANGER, OWNER, GUARDIAN])
def test_list_expiry__by_anyone_else__reverts(caller):
    with refuses("not keeper nor market"):
        World().oracle.list_expiry(EXPIRY, caller=caller)


@pytest.mark.parametrize(
    ("expiry", "now", "reason"),
    [
        (EXPIRY + 1, LISTED_AT, "expiry not at 08:00"),
        (EXPIRY - HOUR, LISTED_AT, "expiry not at 08:00"),
        (EXPIRY, START, "window has opened"),
        (EXPIRY, EXPIRY + 1, "window has opened"),
        (EXPIRY, EXPIRY - 366 * DAY - 1, "expiry too far"),
    ],
)
def test_list_expiry__outside_its_rules__reverts(expiry, now, reason):
    world = World(now=now)
    with refuses(reason):
        world.oracle.list_expiry(expiry, caller=KEEPER)


@pytest.mark.parametrize("now", [START - 1, EXPIRY - 366 * DAY])
def test_list_expiry__just_inside_its_rules__lists(now):
    assert World(now=now).listed().oracle.listed_version(EXPIRY) == 1


def test_list_expiry__twice__reverts():
    world = World().listed()
    with refuses("expiry already listed"):
        world.listed()


def test_oracle__with_the_true_parameters_and_the_devnet_feed__reads_and_fixes():
    world = World()
    parameters = Deployed(world.clock, "contracts/RiskParameters.vy", OWNER, GUARDIAN, KEEPER, [])
    feed = Deployed(world.clock, "contracts/devnet/DevnetFeed.vy", 8, "WETH / USDC")
    addresses = (parameters.address, feed.address, NOBODY, NOBODY, MARKET)
    oracle = Deployed(world.clock, "contracts/SpotOracle.vy", *addresses)
    oracle.list_expiry(EXPIRY, caller=MARKET)
    assert oracle.listed_version(EXPIRY) == parameters.version()
    for now, price in ((START - 60, 3_000), (START + 900, 5_000), (EXPIRY + 60, 1_000)):
        world.clock.at(now)
        feed.push_answer(price * 10**8, caller=OWNER)
        assert oracle.refresh() == (price * WAD, now, 1)
    assert oracle.fix_expiry(EXPIRY, PRIMARY, (1 << 64) + 1, 9)
    assert oracle.settlement_price(EXPIRY) == 4_000 * WAD
