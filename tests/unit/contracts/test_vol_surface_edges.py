"""The last unit that a rule of the surface lets pass, and the first that it does not: the twin finds them."""

from __future__ import annotations

import math

import pytest
from support.governance import GUARDIAN, KEEPER, OWNER
from support.vol_surface import DAY, HOUR, OPEN, POINT, WAD, YEAR, Surface, guard, shifted, smile

from pyvault.errors import ContractError
from pyvault.exact import surface_pace

WIDE = {"SURFACE_MAX_VOL": 18 * WAD, "SURFACE_MIN_VOL": WAD // 100}
RATE, FORWARD_RATE = 5 * POINT, WAD // 100
MONTH = smile(days=30)


def edge(inside, outside, is_inside):
    """The last number that is inside, on the way from one that is to one that is not, and the next."""
    assert is_inside(inside)
    assert not is_inside(outside)
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        inside, outside = (middle, outside) if is_inside(middle) else (inside, middle)
    return inside, outside


def verdict(curve, time_s):
    """What the twin says of a slice on its own; empty if nothing."""
    try:
        guard.check_shape(curve)
        deviation = guard.width(curve, time_s)
        grid = guard.nodes(curve, deviation)
        guard.check_curve(curve, time_s, deviation, grid)
        guard.check_bounds(guard.volatilities(curve, grid), WIDE["SURFACE_MIN_VOL"], WIDE["SURFACE_MAX_VOL"])
    except ContractError as error:
        return error.reason
    return ""


def calendar_verdict(near, near_s, far, far_s):
    try:
        guard.check_order(near, near_s, far, far_s)
    except ContractError as error:
        return error.reason
    return ""


@pytest.fixture(scope="module")
def fresh():
    """Expiries without slices: what governance posts is judged on its own."""
    return Surface(days=(30, 32, 365), **WIDE)


LEE = smile(vol=6.0, bend=0.3, skew=0.5, wings=1.9 / (1.5 * 6.0 * math.sqrt(30 / 365)))
SHAPES = {
    "vertex too sharp": (smile(bend=0.07, wings=0.05), "sigma", 0.5),
    "vertex too flat": (smile(bend=31.0, wings=0.01), "sigma", 2.0),
    "vertex off the grid": (smile(centre=4.9, wings=0.02, skew=0.0), "m", 1.2),
    "vertex off the grid, below": (smile(centre=-4.9, wings=0.02, skew=0.0), "m", 1.2),
    "butterfly": (smile(skew=-0.9, wings=0.2, bend=0.3), "b", 8.0),
    "wing too steep": (LEE, "b", 1.2),
}


@pytest.mark.parametrize("rule", SHAPES)
def test_first_slice__one_unit_beyond_a_rule_of_its_shape__is_refused(fresh, rule):
    curve, field, factor = SHAPES[rule]
    expiry = fresh.expiries[0]
    time_s = fresh.time_s(expiry)
    begin = getattr(curve, field)

    def moved(number):
        return curve._replace(**{field: number})

    reason = f"surface: {rule.partition(',')[0]}"
    last, first = edge(begin, round(begin * factor), lambda number: verdict(moved(number), time_s) == "")
    assert verdict(moved(first), time_s) == reason
    assert fresh.refusal({expiry: moved(last)}, sender=OWNER) == ""
    assert fresh.refusal({expiry: moved(first)}, sender=OWNER) == reason


def test_first_slice__one_unit_beyond_a_deviation_of_eight__is_refused(fresh):
    expiry = fresh.expiries[2]
    time_s = fresh.time_s(expiry)
    curve = smile(vol=7.9, days=365, wings=1e-6, skew=0.0)
    last, first = edge(curve.a, 2 * curve.a, lambda a: verdict(curve._replace(a=a), time_s) == "")
    assert fresh.refusal({expiry: curve._replace(a=last)}, sender=OWNER) == ""
    assert fresh.refusal({expiry: curve._replace(a=first)}, sender=OWNER) == "surface: deviation too large"


@pytest.mark.parametrize(
    ("parameter", "pick", "reason"),
    [("SURFACE_MAX_VOL", max, "volatility too high"), ("SURFACE_MIN_VOL", min, "volatility too low")],
)
def test_first_slice__one_wei_of_volatility_beyond_a_bound__is_refused(parameter, pick, reason):
    curve = smile(vol=0.6 if pick is max else 0.3, wings=0.001)
    time_s = Surface(days=(30,)).time_s(Surface(days=(30,)).expiries[0])
    extreme = pick(guard.volatilities(curve, guard.nodes(curve, guard.width(curve, time_s))))
    beyond = -1 if pick is max else 1
    for bound, expected in ((extreme, ""), (extreme + beyond, f"surface: {reason}")):
        surface = Surface(days=(30,), **{parameter: bound})
        assert surface.time_s(surface.expiries[0]) == time_s
        assert surface.refusal({surface.expiries[0]: curve}, sender=OWNER) == expected


@pytest.mark.parametrize("field", ["a", "rho", "m", "carry"])
def test_first_slice__with_the_least_integer_in_a_field__is_refused(fresh, field):
    """No absolute value of it exists: a reason is given nevertheless."""
    curve = {fresh.expiries[0]: MONTH._replace(**{field: -(2**255)})}
    reason = "carry too large" if field == "carry" else "parameter out of range"
    assert fresh.refusal(curve, sender=OWNER) == f"surface: {reason}"
    assert fresh.refusal({fresh.expiries[0]: MONTH}, sender=OWNER) == ""


def test_calendar__one_unit_of_the_farther_variance__decides(fresh):
    near, far = fresh.expiries[:2]
    near_s, far_s = fresh.time_s(near), fresh.time_s(far)
    early = smile(vol=0.8, wings=0.02, skew=0.0)
    late = smile(vol=0.8, days=32, wings=0.02, skew=0.0)
    last, first = edge(
        late.a, late.a // 2, lambda a: not calendar_verdict(early, near_s, late._replace(a=a), far_s)
    )
    for a, expected in ((last, ""), (first, "surface: calendar")):
        assert fresh.refusal({near: early, far: late._replace(a=a)}, sender=OWNER) == expected


def test_first_slice__in_the_last_second_of_its_expiry__is_accepted_and_at_expiry_refused():
    surface = Surface(days=(30,), **WIDE)
    expiry = surface.expiries[0]
    curve = smile(days=1 / DAY, wings=0.05)
    surface.later(expiry - surface.backend.now - 2)
    assert surface.time_s(expiry) == 1
    assert surface.refusal({expiry: curve}, sender=OWNER) == ""
    surface.later(1)
    assert surface.refusal({expiry: curve}, sender=OWNER) == "surface: expired"


def test_first_slice__beside_one_that_is_overdrawn__finds_a_neighbour_the_second_it_no_longer_is():
    started = Surface(days=(7, 60, 61), SURFACE_RATE_PER_HOUR=RATE)
    week, middle, last = started.expiries
    started.start({week: smile(days=7)}).later(60)
    receipt = started.post({middle: smile(vol=0.82, days=60)})
    distance = started.contract.occurrences(receipt)[0].fields.move
    wait = -(-(distance - RATE // 2) * 2 * HOUR // RATE)
    assert wait > 600
    new = {last: smile(vol=0.82, days=61)}
    started.later(wait - 2)
    assert started.refusal(new) == "surface: no neighbour"
    started.later(1)
    assert started.refusal(new) == ""


@pytest.fixture
def surface():
    """Two slices in effect, a minute old."""
    started = Surface(days=(30, 90), SURFACE_RATE_PER_HOUR=RATE, FORWARD_RATE_PER_HOUR=FORWARD_RATE)
    slices = {started.expiries[0]: MONTH, started.expiries[1]: smile(days=90)}
    return started.start(slices).later(60)


def bucket(room, rate):
    """Room of a bucket a second later; `room` was read in the block of the last post."""
    return rate // 2 - surface_pace.leaked(rate // 2 - room, rate, 1)


def test_hourly_limit__to_the_last_unit_of_the_bucket__is_accepted_and_one_more_refused(surface):
    expiry, points = surface.expiries[0], 0.0
    for _ in range(6):
        points += 0.4
        surface.post({expiry: shifted(MONTH, points)})
    left = bucket(surface.contract.call("room", expiry)[0], RATE)
    current = latest(surface, expiry)
    time_s = surface.time_s(expiry)

    def fits(a):
        return guard.move(current._replace(a=a), current, 0, time_s) <= left

    for way in (1, -1):
        last, first = edge(current.a, current.a + way * POINT, fits)
        assert surface.refusal({expiry: current._replace(a=last)}) == ""
        assert surface.refusal({expiry: current._replace(a=first)}) == "surface: hourly limit"


def test_hourly_forward_limit__to_the_last_unit_of_the_bucket__is_accepted_and_one_more_refused(surface):
    expiry, current = surface.expiries[1], smile(days=90)
    most = WAD // 2_000 * YEAR // surface.time_s(expiry, 60)
    for i in range(10):
        current = current._replace(carry=current.carry + (-1) ** i * most * 98 // 100)
        surface.post({expiry: current})
    left = bucket(surface.contract.call("room", expiry)[1], FORWARD_RATE)
    time_s = surface.time_s(expiry)

    def fits(carry):
        return -(-abs(carry - current.carry) * time_s // YEAR) <= left

    for way in (1, -1):
        last, first = edge(current.carry, current.carry + way * most, fits)
        assert surface.refusal({expiry: current._replace(carry=last)}) == ""
        assert surface.refusal({expiry: current._replace(carry=first)}) == "surface: hourly forward limit"


def test_bucket__that_is_full__is_empty_after_an_hour_and_a_second_earlier_not_quite(surface):
    """It holds half the rate and leaks half the rate an hour."""
    expiry = surface.expiries[0]
    for i in range(6):
        surface.post({expiry: shifted(MONTH, 0.4 * (i + 1))})
    room = surface.contract.call("room", expiry)[0]
    wait = -(-(RATE // 2 - room) * 2 * HOUR // RATE)
    surface.later(wait - 1)
    assert surface.contract.call("room", expiry)[0] < RATE // 2
    surface.later(1)
    assert surface.contract.call("room", expiry)[0] == RATE // 2


def test_posts__while_all_else_is_paused__go_on(surface):
    new = {surface.expiries[0]: shifted(MONTH, 0.1)}
    surface.parameters.send("pause", 1 | 2 | 4, sender=GUARDIAN)
    assert surface.refusal(new) == ""
    surface.parameters.send("pause", 8, sender=GUARDIAN)
    assert surface.refusal(new) == "surface: posts paused"


def test_post__in_the_block_after_another__is_accepted_and_in_its_own_refused(surface):
    expiry = surface.expiries[0]
    surface.post({expiry: MONTH}, age=2)
    posts, now = [(expiry, *MONTH[:7])], surface.backend.now
    with pytest.raises(ContractError, match="surface: posted in this block"):
        surface.contract.call("post", surface.sequence + 1, now, posts, sender=KEEPER)
    surface.backend.mine()
    surface.contract.call("post", surface.sequence + 1, now, posts, sender=KEEPER)


def test_slice__in_the_block_of_its_post__is_the_one_before_and_so_is_its_status():
    """An aged expiry does not open in the block that freshens it."""
    surface = Surface(days=(30,), SURFACE_MAX_AGE_S=900)
    expiry = surface.expiries[0]
    surface.start({expiry: MONTH}).later(1_000)
    before = surface.read(expiry)
    surface.post({expiry: shifted(MONTH, 0.1)})
    assert surface.read(expiry) == before
    assert surface.status(expiry) != OPEN
    surface.later(1)
    assert surface.read(expiry) != before
    assert surface.status(expiry) == OPEN


@pytest.mark.parametrize("sign", [1, -1])
def test_reading__at_both_ends_of_log_moneyness__goes_up_to_them(surface, sign):
    expiry = surface.expiries[0]
    assert surface.contract.call("implied_vol", expiry, sign * (2**68 - 1)) > 0
    for beyond in (sign * 2**68, -(2**255)):
        with pytest.raises(ContractError, match="surface: parameter out of range"):
            surface.contract.call("implied_vol", expiry, beyond)


def latest(surface, expiry):
    return guard.Slice(*surface.contract.call("latest_slice", expiry))
