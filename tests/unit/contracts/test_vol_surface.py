"""Posting to the surface: every rule trips, and lets pass what lies just inside."""

from __future__ import annotations

import math

import pytest
from support.governance import GUARDIAN, KEEPER, OWNER, STRANGER
from support.vol_surface import DAY, HOUR, POINT, WAD, YEAR, Surface, guard, shifted, smile, wad

from pyvault.chain.contract import deploy
from pyvault.chain.parameters import parameter
from pyvault.errors import ContractError
from pyvault.exact import surface_pace

DAYS = (7, 30, 90)
VALUES = {
    "SURFACE_STEP": POINT // 2,
    "SURFACE_RATE_PER_HOUR": 5 * POINT,
    "FORWARD_STEP": WAD // 2_000,
    "FORWARD_RATE_PER_HOUR": WAD // 100,
}


def slices_of(surface, **changes):
    return {
        expiry: smile(days=days)._replace(**changes)
        for expiry, days in zip(surface.expiries, DAYS, strict=True)
    }


@pytest.fixture(scope="module")
def started():
    surface = Surface(days=DAYS, **VALUES)
    return surface.start(slices_of(surface)).later(60)


@pytest.fixture
def surface(started):
    name, sequence = started.backend.snapshot(), started.sequence
    yield started
    started.backend.revert(name)
    started.sequence = sequence


def at_month(surface, curve):
    return {surface.expiries[1]: curve}


MONTH = smile(days=30)


def test_post__within_all_limits__takes_effect_in_the_next_block(surface):
    expiry, new = surface.expiries[1], shifted(MONTH, 0.4, gap=POINT + 1)
    before = surface.read(expiry)
    receipt = surface.post({expiry: new})
    assert surface.backend.block == receipt.block
    assert surface.read(expiry) == before  # calls see the block of the post
    assert surface.contract.call("latest_slice", expiry)[:5] == new[:5]
    surface.later(1)
    after = surface.read(expiry)
    assert after[:6] == new[:6]
    assert after.gap == POINT + 10**9  # rounded up
    assert after.timestamp == surface.contract.call("timestamp") == surface.backend.now - 1
    assert surface.contract.call("sequence") == surface.sequence


def test_post__of_extreme_parameters__is_read_back_to_the_last_bit(surface):
    for _ in range(3):
        surface.later(HOUR)
        current = surface.read(surface.expiries[2])
        new = current._replace(
            a=current.a - 7, rho=current.rho + 3, m=current.m - 11, carry=current.carry - 5
        )
        surface.post({surface.expiries[2]: new})
        surface.later(1)
        assert surface.read(surface.expiries[2])[:6] == new[:6]


def test_post__logs_old_and_new_slice_with_the_move(surface):
    expiry, new = surface.expiries[1], shifted(MONTH, 0.4, carry=MONTH.carry + WAD // 1_000)
    before = surface.read(expiry)
    time_s = surface.time_s(expiry)
    receipt = surface.post({expiry: new})
    posted, surface_posted = surface.contract.occurrences(receipt)
    assert (posted.name, surface_posted.name) == ("SlicePosted", "SurfacePosted")
    assert posted.fields.expiry == expiry
    assert posted.fields.sequence == surface.sequence
    assert tuple(posted.fields.previous) == tuple(before)
    assert tuple(posted.fields.current)[:6] == new[:6]
    offset = WAD // 1_000 * time_s // YEAR
    assert posted.fields.move == guard.move(new, before, offset, time_s)
    assert posted.fields.forward_move == -(-(WAD // 1_000) * time_s // YEAR)
    assert surface_posted.fields.timestamp == surface.backend.now
    assert surface_posted.fields.previous_timestamp < surface_posted.fields.timestamp


def test_post__by_anyone_but_the_keeper__is_refused(surface):
    new = at_month(surface, shifted(MONTH, 0.1))
    for sender in (OWNER, GUARDIAN, STRANGER):
        assert surface.refusal(new, sender=sender) == "surface: not the keeper"
    assert surface.refusal(new) == ""


def test_post__while_posts_are_paused__is_refused_and_reading_goes_on(surface):
    surface.parameters.send("pause", 8, sender=GUARDIAN)
    assert surface.refusal(at_month(surface, MONTH)) == "surface: posts paused"
    assert surface.read(surface.expiries[1])[:6] == MONTH[:6]


def test_post__sequence_that_does_not_rise__is_refused(surface):
    new = at_month(surface, MONTH)
    last = surface.sequence
    assert surface.refusal(new, sequence=last) == "surface: sequence not above"
    assert surface.refusal(new, sequence=last - 1) == "surface: sequence not above"
    assert surface.refusal(new, sequence=last + 2**32 + 1) == "surface: sequence too far"
    assert surface.refusal(new, sequence=last + 2**32) == ""
    assert surface.refusal(new, sequence=last + 1) == ""


def test_post__timestamp_not_fresh__is_refused(surface):
    new = at_month(surface, MONTH)
    assert surface.refusal(new, age=-1) == "surface: from the future"
    assert surface.refusal(new, age=0) == ""
    previous = surface.contract.call("timestamp")
    assert surface.refusal(new, timestamp=previous) == "surface: timestamp not above"
    assert surface.refusal(new, timestamp=previous + 1) == ""
    surface.later(HOUR)
    assert surface.refusal(new, age=301) == "surface: post too old"
    assert surface.refusal(new, age=300) == ""


def test_post__twice_in_one_block__is_refused_for_the_same_expiry_alone(surface):
    surface.post(at_month(surface, MONTH), age=5)
    again = [(surface.expiries[1], *MONTH[:7])]
    other = [(surface.expiries[2], *smile(days=90)[:7])]
    timestamp = surface.backend.now
    with pytest.raises(ContractError, match="posted in this block"):  # a call runs in the newest block
        surface.contract.call("post", surface.sequence + 1, timestamp, again, sender=KEEPER)
    surface.contract.call("post", surface.sequence + 1, timestamp, other, sender=KEEPER)


def test_post__empty_or_out_of_order__is_refused(surface):
    early, middle, _ = surface.expiries
    week, month = smile(days=7), MONTH
    assert surface.refusal({}) == "surface: empty post"
    assert surface.refusal({middle: month, early: week}) == "surface: expiries not ascending"
    assert surface.refusal({early: week, middle: month}) == ""
    twice = [(middle, *month[:7]), (middle, *month[:7])]
    with pytest.raises(ContractError, match="expiries not ascending"):
        surface.contract.call("post", surface.sequence + 1, surface.backend.now, twice, sender=KEEPER)


def test_post__of_an_unlisted_expiry__is_refused(surface):
    assert surface.refusal({surface.expiries[1] + 1: MONTH}) == "surface: not listed"


def test_post__of_an_expired_expiry__is_refused_and_a_second_earlier_is_not(surface):
    expiry = surface.expiries[0]
    surface.later(expiry - surface.backend.now - 2)
    current = surface.read(expiry)
    assert surface.refusal({expiry: current}) == "surface: vertex too flat"  # another rule: it is not expired
    surface.later(1)
    assert surface.refusal({expiry: current}) == "surface: expired"


@pytest.mark.parametrize("sign", [1, -1])
def test_post__step_of_volatility__is_measured_from_the_slice_in_effect(surface, sign):
    expiry = surface.expiries[1]
    limit = surface_pace.step(POINT // 2, surface.time_s(expiry))
    assert surface.refusal({expiry: shifted(MONTH, sign * 0.51)}) == "surface: step too large"
    inside = sign * limit / POINT * 0.95
    assert surface.refusal({expiry: shifted(MONTH, inside)}) == ""
    surface.post({expiry: shifted(MONTH, inside)})
    assert surface.refusal({expiry: MONTH}) == ""
    assert surface.refusal({expiry: shifted(MONTH, -sign * 0.2)}) == "surface: step too large"


def test_post__move_at_the_limit_to_the_last_place__is_accepted_and_one_more_refused(surface):
    expiry = surface.expiries[1]
    time_s = surface.time_s(expiry)
    limit = surface_pace.step(POINT // 2, time_s)
    low, high = MONTH.a, MONTH.a + WAD
    while high - low > 1:
        middle = (low + high) // 2
        if guard.move(MONTH._replace(a=middle), MONTH, 0, time_s) <= limit:
            low = middle
        else:
            high = middle
    assert surface.refusal({expiry: MONTH._replace(a=low)}) == ""
    assert surface.refusal({expiry: MONTH._replace(a=high)}) == "surface: step too large"


def test_post__tilt_with_the_money_unchanged__is_measured_in_the_wings(surface):
    expiry = surface.expiries[1]
    assert surface.refusal({expiry: MONTH._replace(rho=-MONTH.rho)}) == "surface: step too large"
    vertex = MONTH._replace(sigma=MONTH.sigma * 9 // 10)
    kept = vertex._replace(a=vertex.a + guard.variance(0, MONTH) - guard.variance(0, vertex))
    assert surface.refusal({expiry: kept}) == "surface: step too large"


def test_post__several_moves_in_an_hour__stop_at_half_the_rate_and_leak_with_time(surface):
    expiry, points = surface.expiries[1], 0.0
    for _ in range(6):
        points += 0.4
        surface.post({expiry: shifted(MONTH, points)})
    assert surface.refusal({expiry: shifted(MONTH, points + 0.1)}) == "surface: hourly limit"
    assert surface.refusal({expiry: shifted(MONTH, points - 0.1)}) == "surface: hourly limit"
    assert surface.refusal({expiry: shifted(MONTH, points)}) == ""
    room = surface.contract.call("room", expiry)[0]
    assert 0 <= room < POINT // 10
    surface.later(HOUR // 5)  # leaks half a point
    assert surface.contract.call("room", expiry)[0] == pytest.approx(room + POINT // 2, abs=POINT // 100)
    assert surface.refusal({expiry: shifted(MONTH, points + 0.45)}) == ""


def test_post__carry__is_bounded_by_step_hour_and_level(surface):
    expiry = surface.expiries[2]
    current = smile(days=90)
    time_s = surface.time_s(expiry)
    most = WAD // 2_000 * YEAR // time_s  # kappa as carry, rounded down
    assert surface.refusal({expiry: current._replace(carry=current.carry + most)}) == ""
    assert surface.refusal({expiry: current._replace(carry=current.carry - most)}) == ""
    over = current._replace(carry=current.carry + most + 1)
    assert surface.refusal({expiry: over}) == "surface: forward step too large"
    carry = current.carry
    for i in range(10):
        carry += most * (-1) ** i * 999 // 1_000
        surface.post({expiry: current._replace(carry=carry)})
    pumped = current._replace(carry=carry + most * 9 // 10)
    assert surface.refusal({expiry: pumped}) == "surface: hourly forward limit"
    surface.later(HOUR)
    assert surface.refusal({expiry: pumped}) == ""


@pytest.mark.parametrize("sign", [1, -1])
def test_post__carry_beyond_half__is_refused(sign):
    surface = Surface(days=(30,), **VALUES)
    surface.start({surface.expiries[0]: smile(carry=sign * 0.5)})
    over = smile(carry=sign * 0.5)
    assert surface.refusal({surface.expiries[0]: over}) == ""
    over = over._replace(carry=over.carry + sign)
    assert surface.refusal({surface.expiries[0]: over}) == "surface: carry too large"


def test_post__gap_that_no_lane_holds__is_refused(surface):
    expiry = surface.expiries[1]
    assert surface.refusal({expiry: MONTH._replace(gap=2**64)}) == "surface: gap out of range"
    assert surface.refusal({expiry: MONTH._replace(gap=2**64 - 1)}) == ""


def first(curve, days=30.0, **values):
    """Refusal of a first slice by governance: bounds and arbitrage alone."""
    surface = Surface(days=(days,), **(VALUES | values))
    return surface.refusal({surface.expiries[0]: curve}, sender=OWNER)


def test_post__volatility_outside_its_bounds__is_refused():
    flat = smile(vol=0.8, wings=0.001)
    reach = guard.volatilities(flat, nodes_of(flat))
    assert first(flat, SURFACE_MAX_VOL=max(reach)) == ""
    assert first(flat, SURFACE_MAX_VOL=max(reach) - 10**9) == "surface: volatility too high"
    low = smile(vol=0.3, wings=0.001)
    reach = guard.volatilities(low, nodes_of(low))
    assert first(low, SURFACE_MIN_VOL=min(reach)) == ""
    assert first(low, SURFACE_MIN_VOL=min(reach) + 10**9) == "surface: volatility too low"


def nodes_of(curve, days=30.0):
    return guard.nodes(curve, guard.width(curve, round(days * DAY) - 2))


def lee(slope, vol=6.0, skew=0.5):
    """A slice whose steeper wing of total variance has this slope."""
    return smile(vol=vol, bend=0.3, skew=skew, wings=slope / ((1 + skew) * vol * math.sqrt(30 / 365)))


def falling(least):
    """A slice that falls toward this variance, which it nears only far beyond the grid."""
    b, s = wad(0.05), wad(0.2)
    curve = guard.Slice(a=0, b=b, rho=-WAD + 10**9, m=0, sigma=s)
    bend = b * s // WAD * math.isqrt(WAD**2 - curve.rho**2) // WAD
    return curve._replace(a=least - bend)


@pytest.mark.parametrize(
    ("inside", "outside", "reason"),
    [
        (
            smile(centre=4.9, wings=0.02, skew=0.0),
            smile(centre=5.1, wings=0.02, skew=0.0),
            "surface: vertex off the grid",
        ),
        (
            smile(centre=-4.9, wings=0.02, skew=0.0),
            smile(centre=-5.1, wings=0.02, skew=0.0),
            "surface: vertex off the grid",
        ),
        (smile(bend=0.0626, wings=0.05), smile(bend=0.0624, wings=0.05), "surface: vertex too sharp"),
        (smile(bend=31.9, wings=0.01), smile(bend=32.1, wings=0.01), "surface: vertex too flat"),
        (smile(skew=-0.3, wings=0.5), smile(skew=-0.99, wings=1.5, bend=0.3), "surface: butterfly"),
        (falling(10**10), falling(10**10 - 1), "surface: variance too low"),
        (lee(1.999), lee(2.001), "surface: wing too steep"),
    ],
)
def test_post__shape_that_the_grid_cannot_judge_or_refuses__is_refused(inside, outside, reason):
    assert first(inside, SURFACE_MAX_VOL=18 * WAD) == ""
    assert first(outside, SURFACE_MAX_VOL=18 * WAD) == reason


def test_post__deviation_beyond_eight__is_refused():
    year = 365.0
    assert first(smile(vol=7.9, days=year, wings=1e-6, skew=0.0), year, SURFACE_MAX_VOL=18 * WAD) == ""
    wide = smile(vol=8.1, days=year, wings=1e-6, skew=0.0)
    assert first(wide, year, SURFACE_MAX_VOL=18 * WAD) == "surface: deviation too large"


def test_post__calendar__is_judged_on_the_result_of_the_whole_call():
    surface = Surface(days=(30, 32), **VALUES)
    near, far = surface.expiries
    level = 0.8 * math.sqrt(30 / 32)  # of a later slice with hardly more total variance
    one, two = smile(vol=0.8, wings=0.02, skew=0.0), smile(vol=level + 0.001, days=32, wings=0.02, skew=0.0)
    surface.start({near: one, far: two}).later(60)
    assert surface.refusal({near: shifted(one, 0.3)}) == "surface: calendar"
    assert surface.refusal({far: shifted(two, -0.3)}) == "surface: calendar"
    assert surface.refusal({near: shifted(one, 0.3), far: shifted(two, 0.3)}) == ""
    assert surface.refusal({near: shifted(one, -0.3)}) == ""
    assert surface.refusal({near: shifted(one, 0.3), far: shifted(two, 0.1)}) == "surface: calendar"


def test_constructor__parameters_without_code__are_refused(surface):
    with pytest.raises(ContractError, match="no parameters"):
        deploy(surface.backend, surface.contract.artifact, (STRANGER,))
    assert surface.contract.call("PARAMETERS") == surface.parameters.address


def test_limits__moved_by_governance__bind_the_next_post(surface):
    expiry = surface.expiries[1]
    surface.parameters.send("schedule", parameter("SURFACE_STEP").id, POINT * 2 // 5, sender=OWNER)
    surface.later(HOUR)
    surface.parameters.send("execute", parameter("SURFACE_STEP").id, sender=OWNER)
    assert surface.refusal({expiry: shifted(MONTH, 0.43)}) == "surface: step too large"
    assert surface.refusal({expiry: shifted(MONTH, 0.38)}) == ""


def test_reading__beyond_the_reach_of_log_moneyness__is_refused(surface):
    expiry = surface.expiries[1]
    for k in (0, wad(0.5), -wad(0.5)):
        vol = surface.contract.call("implied_vol", expiry, k)
        assert vol == guard.volatility(guard.variance(k, MONTH))
    assert surface.contract.call("implied_vol", expiry, 2**68 - 1) > 0
    with pytest.raises(ContractError, match="parameter out of range"):
        surface.contract.call("implied_vol", expiry, 2**68)
    with pytest.raises(ContractError, match="no slice"):
        surface.contract.call("implied_vol", expiry + 1, 0)
