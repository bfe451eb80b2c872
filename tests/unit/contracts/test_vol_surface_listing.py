"""Listing, first slices, the live set, and what a slice is good for."""

from __future__ import annotations

import pytest
from support.governance import GUARDIAN, KEEPER, OWNER, STRANGER
from support.vol_surface import (
    ABSENT,
    CLOSING_ONLY,
    DAY,
    HOUR,
    OPEN,
    POINT,
    WAD,
    YEAR,
    Surface,
    guard,
    shifted,
    smile,
)

from pyvault.errors import ContractError
from pyvault.exact.surface_neighbours import volatilities_between


def test_list_expiry__by_governance__lets_it_be_posted_once():
    surface = Surface()
    expiry = surface.begin + 30 * DAY
    for sender in (KEEPER, GUARDIAN, STRANGER):
        with pytest.raises(ContractError, match="not the owner"):
            surface.contract.send("list_expiry", expiry, sender=sender)
    assert surface.contract.call("is_listed", expiry) is False
    surface.list(30)
    assert surface.contract.call("is_listed", expiry) is True
    assert surface.contract.call("expiries") == ()
    with pytest.raises(ContractError, match="already listed"):
        surface.contract.send("list_expiry", expiry, sender=OWNER)


def test_list_expiry__in_the_past__is_refused():
    surface = Surface()
    for expiry in (surface.backend.now, surface.backend.now + 1, 2**48):
        with pytest.raises(ContractError, match="expired"):
            surface.contract.send("list_expiry", expiry, sender=OWNER)
    surface.contract.send("list_expiry", 2**48 - 1, sender=OWNER)
    surface.contract.send("list_expiry", surface.backend.now + 2, sender=OWNER)


def test_delist_expiry__before_its_first_slice_alone__takes_the_listing_back():
    surface = Surface(days=(7, 30))
    week, month = surface.expiries
    with pytest.raises(ContractError, match="not the owner"):
        surface.contract.send("delist_expiry", week, sender=KEEPER)
    with pytest.raises(ContractError, match="not listed"):
        surface.contract.send("delist_expiry", week + 1, sender=OWNER)
    receipt = surface.contract.send("delist_expiry", week, sender=OWNER)
    assert surface.contract.occurrences(receipt)[0].name == "ExpiryDelisted"
    assert surface.refusal({week: smile(days=7)}, sender=OWNER) == "surface: not listed"
    surface.start({month: smile()})
    with pytest.raises(ContractError, match="has a slice"):
        surface.contract.send("delist_expiry", month, sender=OWNER)


def test_first_slice__without_neighbours__comes_from_governance_alone():
    surface = Surface(days=(7, 30))
    week, month = surface.expiries
    both = {week: smile(days=7), month: smile()}
    assert surface.refusal({month: smile()}) == "surface: no neighbour"
    assert surface.refusal(both) == "surface: no neighbour"  # new slices do not vouch for each other
    assert surface.refusal(both, sender=STRANGER) == "surface: not the keeper"
    surface.post(both, sender=OWNER)
    assert surface.status(month) == ABSENT  # until the next block
    with pytest.raises(ContractError, match="no slice"):
        surface.contract.call("slice_of", month)
    surface.later(1)
    assert [surface.status(each) for each in surface.expiries] == [OPEN, OPEN]
    assert surface.refusal(both, sender=OWNER) == "surface: not the keeper"  # once only
    mixed = {week: smile(days=7), surface.list(60): smile(days=60)}
    assert surface.refusal(mixed, sender=OWNER) == "surface: not the keeper"


def neighbourhood(**changes):
    surface = Surface(days=(7, 60, 200), **changes)
    week, _, far = surface.expiries
    surface.start({week: smile(days=7), far: smile(days=200)}).later(60)
    return surface


def implied(surface, curve):
    """Distance of a slice at 60 days from what its two neighbours imply."""
    week, middle, far = (surface.time_s(each) for each in surface.expiries)
    grid = guard.nodes(curve, guard.width(curve, middle))
    between = volatilities_between(smile(days=7), week, smile(days=200), far, middle, grid)
    return guard.distance(guard.volatilities(curve, grid), between)


def test_first_slice__from_the_keeper__closes_and_cannot_move_until_its_distance_has_leaked():
    surface = neighbourhood(SURFACE_RATE_PER_HOUR=5 * POINT)
    middle = surface.expiries[1]
    curve = smile(vol=0.85, days=60)
    distance = implied(surface, curve)
    assert distance > 5 * POINT
    receipt = surface.post({middle: curve})
    assert surface.contract.occurrences(receipt)[0].fields.move == distance
    surface.later(1)
    assert surface.status(middle) == CLOSING_ONLY
    assert surface.refusal({middle: shifted(curve, 0.1)}) == "surface: hourly limit"


def test_first_slice__near_what_its_neighbours_imply__opens_at_once():
    surface = neighbourhood(SURFACE_RATE_PER_HOUR=50 * POINT)
    middle, curve = surface.expiries[1], smile(days=60)
    assert implied(surface, curve) < 25 * POINT
    surface.post({middle: curve})
    surface.later(1)
    assert surface.status(middle) == OPEN
    assert surface.contract.call("expiries") == tuple(surface.expiries)


def test_first_slice__at_the_capacity_to_the_second__opens_when_it_has_leaked():
    surface = neighbourhood(SURFACE_RATE_PER_HOUR=5 * POINT, SURFACE_MAX_AGE_S=86_400)
    middle, curve = surface.expiries[1], smile(vol=0.82, days=60)
    distance = implied(surface, curve)
    surface.post({middle: curve})
    wait = -(-(distance - 5 * POINT // 2) * 2 * HOUR // (5 * POINT))
    assert 600 < wait < 20_000
    surface.later(wait - 1)
    assert surface.status(middle) == CLOSING_ONLY
    surface.later(1)
    assert surface.status(middle) == OPEN


def test_first_slice__with_a_strange_carry__closes_until_it_has_leaked():
    surface = neighbourhood(SURFACE_RATE_PER_HOUR=50 * POINT, SURFACE_MAX_AGE_S=86_400)
    middle = surface.expiries[1]
    curve = smile(days=60, carry=0.10)
    receipt = surface.post({middle: curve})
    moved = surface.contract.occurrences(receipt)[0].fields.forward_move
    assert moved == -(-(curve.carry - smile().carry) * (surface.time_s(middle, 0)) // YEAR)
    wait = -(-(moved - WAD // 200) * 2 * HOUR // (WAD // 100))
    surface.later(wait - 1)
    assert surface.status(middle) == CLOSING_ONLY
    surface.later(1)
    assert surface.status(middle) == OPEN


def test_first_slice__beside_an_overdrawn_one__has_no_neighbour():
    surface = Surface(days=(7, 60, 61))
    week, one, other = surface.expiries
    surface.start({week: smile(days=7)}).later(60)
    false = smile(vol=2.5, days=60)
    surface.post({one: false})
    surface.later(1)
    assert surface.status(one) == CLOSING_ONLY
    assert surface.refusal({other: smile(vol=2.5, days=61)}) == "surface: no neighbour"


def test_first_slice__with_a_calendar_arbitrage__is_refused_even_from_governance():
    surface = Surface(days=(30, 31))
    low = smile(vol=0.7, days=31)
    assert surface.refusal(dict(zip(surface.expiries, (smile(), low), strict=True)), sender=OWNER) == (
        "surface: calendar"
    )


def test_live_set__beyond_ten__is_refused_until_one_expires():
    days = [10 + 30 * i for i in range(11)]
    surface = Surface(days=days)
    slices = {expiry: smile(days=day) for expiry, day in zip(surface.expiries, days, strict=True)}
    *ten, last = surface.expiries
    surface.start({expiry: slices[expiry] for expiry in ten})
    assert surface.contract.call("expiries") == tuple(ten)
    assert surface.refusal({last: slices[last]}, sender=OWNER) == "surface: too many expiries"
    surface.later(ten[0] - surface.backend.now - 1)
    assert surface.refusal({last: slices[last]}, sender=OWNER) == ""
    assert surface.contract.call("expiries") == tuple(ten)
    surface.later(1)
    assert surface.status(ten[0]) == ABSENT
    assert surface.contract.call("expiries") == tuple(ten[1:])
    surface.post({last: slices[last]}, sender=OWNER)
    assert surface.contract.call("expiries") == tuple(surface.expiries[1:])
    assert surface.read(ten[0])[:5] == slices[ten[0]][:5]  # an expired slice can still be read


def test_live_set__whatever_the_order_of_listing__ascends():
    surface = Surface()
    order = [90, 7, 200, 30, 14, 150]
    found = []
    for day in order:
        expiry = surface.list(day)
        surface.post({expiry: smile(days=day)}, sender=OWNER)
        found.append(expiry)
        assert surface.contract.call("expiries") == tuple(sorted(found))


def test_status__with_age_and_gap__closes_just_beyond_the_limits():
    surface = Surface(days=(30,), SURFACE_MAX_AGE_S=900, MAX_GAP=5 * POINT)
    expiry = surface.expiries[0]
    surface.start({expiry: smile()})
    stamp = surface.contract.call("timestamp")
    surface.later(stamp + 900 - surface.backend.now)
    assert surface.status(expiry) == OPEN
    surface.later(1)
    assert surface.status(expiry) == CLOSING_ONLY
    for gap, expected in ((5 * POINT, OPEN), (5 * POINT + 1, CLOSING_ONLY)):
        surface.post({expiry: smile()._replace(gap=gap)})
        surface.later(1)
        assert surface.status(expiry) == expected
    assert surface.status(expiry + 1) == ABSENT
