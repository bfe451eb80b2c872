"""What may be listed: expiries a day to a year away at 08:00 UTC, strikes within three deviations."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.desk import TRADER, common_desk, refused

from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import SlicePost, System
from pyvault.units import WAD

DAY, YEAR = 86_400, 365 * 86_400
IS_CALL = True
SMILE = {"a": 0.36, "b": 0.1, "rho": -0.2, "m": 0.0, "sigma": 0.3}


@pytest.fixture
def system():
    """The suite with the clock just after 08:00 UTC, and nothing listed."""
    suite = System.deploy(RevmBackend())
    suite.warp_to((suite.now // DAY + 1) * DAY + DAY // 3 + 60)
    suite.set_spot(3_000)
    return suite


def prepare(system, *days, smile=None):
    """List expiries at the oracle and on the surface, that many days after the last 08:00 UTC, and post."""
    expiries = [system.now // DAY * DAY + DAY // 3 + each * DAY for each in days]
    for expiry in expiries:
        system.list_expiry(expiry)
    system.post_surface(
        [SlicePost.of_numbers(expiry, **(smile or SMILE)) for expiry in expiries], caller=system.config.owner
    )
    system.mine()
    return expiries


def test_expiry__by_anyone_but_the_keeper__is_not_listed(system):
    (expiry,) = prepare(system, 10)
    for caller in (TRADER, system.config.owner, system.config.guardian):
        with refused("market: not the keeper"):
            system.list_strikes(expiry, [3_000.0], caller=caller)
    system.list_strikes(expiry, [3_000.0])
    assert system.part("market").call("expiries") == (expiry,)


def test_expiry__a_day_away__is_listed_and_a_second_later_not(system):
    late, last = prepare(system, 10, 20)
    system.warp_to(last - DAY - 10)
    system.set_spot(3_000)
    system.warp_to(last - DAY - 1)
    system.list_strikes(last, [3_000.0])
    with refused("market: expiry too near"):
        system.list_strikes(last, [3_010.0])  # nor more strikes of it
    with refused("market: expiry too near"):
        system.list_strikes(late, [3_000.0])  # which has passed


def test_expiry__a_leap_year_away__is_listed_and_a_day_more_not(system):
    """The oracle and the surface list no further: `market: expiry too far` stands behind theirs."""
    (expiry,) = prepare(system, 366)
    system.list_strikes(expiry, [3_000.0])
    with refused("market: expiry too far"):
        system.list_strikes(expiry + DAY, [3_000.0])


@pytest.mark.parametrize("shift", [-1, 1, 3_600])
def test_expiry__off_eight_o_clock__is_not_listed(system, shift):
    (expiry,) = prepare(system, 10)
    with refused("market: not at 08:00"):
        system.list_strikes(expiry + shift, [3_000.0])
    system.list_strikes(expiry, [3_000.0])


def test_expiry__unknown_to_the_oracle_or_the_surface__is_not_listed(system):
    expiry = system.now // DAY * DAY + DAY // 3 + 10 * DAY
    with refused("market: not listed at the oracle"):
        system.list_strikes(expiry, [3_000.0])
    system.list_expiry(expiry)
    with refused("surface: no slice"):
        system.list_strikes(expiry, [3_000.0])
    system.post_surface([SlicePost.of_numbers(expiry, **SMILE)], caller=system.config.owner)
    system.mine()
    system.list_strikes(expiry, [3_000.0])


def test_expiries__ten_at_once__and_no_eleventh(system):
    expiries = prepare(system, *range(2, 12))
    for expiry in reversed(expiries):
        system.list_strikes(expiry, [])
    assert system.part("market").call("expiries") == tuple(expiries)
    extra = expiries[-1] + DAY
    system.part("spot_oracle").send("list_expiry", extra, sender=system.config.keeper)
    with refused("market: too many expiries"):
        system.list_strikes(extra, [])


def test_strikes__twenty_an_expiry__and_no_twenty_first(system):
    (expiry,) = prepare(system, 10)
    prices = [2_900.0 + 10 * i for i in range(20)]
    system.list_strikes(expiry, prices[:7])
    system.list_strikes(expiry, prices[7:])
    assert system.part("market").call("strikes_of", expiry) == tuple(round(each * WAD) for each in prices)
    with refused("market: too many strikes"):
        system.list_strikes(expiry, [3_205.0])


def test_strike__twice__is_refused_with_all_that_came_with_it(system):
    (expiry,) = prepare(system, 10)
    system.list_strikes(expiry, [3_000.0, 3_100.0])
    for again in ([3_000.0], [3_200.0, 3_100.0], [3_300.0, 3_300.0]):
        with refused("market: strike listed"):
            system.list_strikes(expiry, again)
    assert system.part("market").call("strikes_of", expiry) == (3_000 * WAD, 3_100 * WAD)
    system.list_strikes(expiry, [3_200.0, 3_300.0])


@pytest.mark.parametrize("side", [1, -1])
def test_strike__three_deviations_away__is_listed_and_a_little_further_not(system, side):
    (expiry,) = prepare(system, 30)
    vol = Decimal(system.part("vol_surface").call("implied_vol", expiry, 0)) / WAD
    system.set_spot(3_000)
    reach = 3 * vol * (Decimal(expiry - system.now - 1) / YEAR).sqrt()
    last, first = (
        (3_000 * (side * reach * (1 + shift)).exp()).quantize(Decimal("1e-8"))
        for shift in (Decimal("-1e-8"), Decimal("1e-8"))
    )
    name = system.snapshot()
    with refused("market: strike too far"):
        system.list_strikes(expiry, [first])
    system.revert(name)  # to the same second
    system.list_strikes(expiry, [last])


@pytest.mark.parametrize(
    ("strike", "reason"),
    [
        (3_000 * WAD + 1, "series: strike finer than 1e-8"),
        (0, "series: strike out of range"),
        (2**64 * 10**10, "series: strike out of range"),
    ],
)
def test_strike__that_has_no_id__is_refused(strike, reason):
    desk = common_desk()
    market, expiry = desk.system.part("market"), desk.expiries[0]
    with refused(reason):
        market.call("series_id", expiry, strike, IS_CALL)
    for good in (10**10, (2**64 - 1) * 10**10, 3_000 * WAD + 10**10):
        number = market.call("series_id", expiry, good, IS_CALL)
        assert market.call("series_of", number) == (expiry, good, IS_CALL)


def test_series__beyond_forty_bits_of_seconds__has_no_id():
    market = common_desk().system.part("market")
    with refused("series: expiry out of range"):
        market.call("series_id", 2**40, 3_000 * WAD, IS_CALL)
    assert market.call("series_id", 2**40 - 1, 3_000 * WAD, IS_CALL) >> 105 == 0
