"""At most 20 % a day, however the move is split, and from values near zero."""

from __future__ import annotations

import re

import pytest
from support.governance import DAY, HOUR, TIGHTENING, Governed

from pyvault.chain.parameters import Kind, parameter
from pyvault.errors import ContractError

STEP = "SURFACE_STEP"  # 0.005, loosens up
SHARE = "JUNIOR_GAIN_SHARE"  # may be zero, loosens either way
CAP = "SPOT_CAP"  # loosens up
FLOOR = "SPOT_FLOOR"  # loosens down
POINT = 10**16


@pytest.fixture
def governed():
    return Governed()


def refused(reason):
    return pytest.raises(ContractError, match=f"{re.escape(reason)}$")


def tighten_at(governed, moment, value):
    """A tightening carried out at `moment`, scheduled as late as its delay allows."""
    governed.at(moment - TIGHTENING).schedule(STEP, value)
    return governed.at(moment).execute(STEP)


def test_move__of_a_fifth_and_one_unit_more__is_the_limit_of_a_day(governed):
    start = parameter(STEP).start
    for beyond in (start + start // 5 + 1, start - start // 5 - 1):
        with refused("params: moves too far"):
            governed.schedule(STEP, beyond)
    assert governed.call("reachable", 11) == (start - start // 5, start + start // 5)
    governed.move(STEP, start + start // 5)
    governed.later(DAY)
    with refused("params: moves too far"):
        governed.schedule(STEP, 6 * 10**15 + 12 * 10**14 + 1)
    governed.move(STEP, 6 * 10**15 + 12 * 10**14)


def test_fifth__of_a_value_that_five_does_not_divide__rounds_down():
    governed = Governed([("FIXING_MAX_GAP_S", 104)])
    assert governed.call("reachable", 4) == (84, 124)


def test_no_change__is_refused(governed):
    with refused("params: no change"):
        governed.schedule(STEP, parameter(STEP).start)


def test_split_move__within_a_day__is_measured_from_its_beginning(governed):
    start = parameter(STEP).start
    first = governed.backend.now + DAY
    tighten_at(governed, first, start * 9 // 10)
    tighten_at(governed, first + 12 * HOUR, start * 8 // 10)
    governed.at(first + DAY - 1 - TIGHTENING).schedule(STEP, start * 8 // 10 - 1)
    with refused("params: moves too far"):
        governed.at(first + DAY - 1).execute(STEP)
    governed.at(first + DAY).execute(STEP)  # the start value was replaced exactly a day ago


def test_reachable__as_moves_grow_old__follows_the_values_of_the_last_day(governed):
    first = governed.backend.now + DAY
    tighten_at(governed, first, 45 * 10**14)
    assert governed.call("reachable", 11) == (40 * 10**14, 54 * 10**14)
    tighten_at(governed, first + 2 * HOUR, 40 * 10**14)
    assert governed.call("reachable", 11) == (40 * 10**14, 48 * 10**14)
    governed.backend.warp(DAY - 2 * HOUR - 1)
    assert governed.call("reachable", 11) == (40 * 10**14, 48 * 10**14)
    governed.backend.warp(1)  # 0.005 no longer counts
    assert governed.call("reachable", 11) == (36 * 10**14, 48 * 10**14)
    governed.backend.warp(2 * HOUR)  # nor does 0.0045
    assert governed.call("reachable", 11) == (32 * 10**14, 48 * 10**14)


def test_move_back_and_forth__within_a_day__gains_nothing(governed):
    """Down 20 %, then up: a fifth of the lower value, not of the value a day ago."""
    start = parameter(CAP).start
    governed.schedule(CAP, start * 8 // 10)
    governed.later(TIGHTENING).execute(CAP)
    down = governed.backend.now
    low, high = governed.call("reachable", parameter(CAP).id)
    assert (low, high) == (start * 8 // 10, start * 8 // 10 * 12 // 10)
    assert high < start
    governed.backend.warp(DAY)
    assert governed.backend.now == down + DAY
    assert governed.call("reachable", parameter(CAP).id) == (start * 64 // 100, start * 96 // 100)


def test_move_upwards_twice__within_a_day__is_measured_from_the_lowest_value(governed):
    name, start = "SURFACE_MIN_VOL", parameter("SURFACE_MIN_VOL").start  # tightens upwards
    governed.move(name, start * 11 // 10)
    assert governed.call("reachable", 9) == (start * 88 // 100, start * 12 // 10)
    governed.schedule(name, start * 12 // 10 + 1)  # within a fifth of the present value
    with refused("params: moves too far"):
        governed.later(TIGHTENING).execute(name)
    governed.send("cancel", 9)
    governed.move(name, start * 12 // 10)


def test_fifth_move__in_a_day__waits_for_the_first_to_grow_old(governed):
    first = governed.backend.now + DAY
    for i in range(4):
        tighten_at(governed, first + 2 * i * HOUR, (49 - i) * 10**14)
    governed.at(first + DAY - 1 - TIGHTENING).schedule(STEP, 45 * 10**14)
    with refused("params: too many moves a day"):
        governed.at(first + DAY - 1).execute(STEP)
    governed.at(first + DAY).execute(STEP)
    assert governed.value(STEP) == 45 * 10**14


def test_other_parameters__while_one_has_moved__move_freely(governed):
    governed.move(STEP, 4 * 10**15)
    governed.move("FORWARD_STEP", 4 * 10**14)
    governed.move("SURFACE_MAX_AGE_S", 720)
    assert governed.call("version") == 4


def test_value_of_zero__and_near_it__moves_by_the_quantum():
    governed = Governed([(SHARE, 0)])
    key = parameter(SHARE).id
    assert governed.call("reachable", key) == (0, POINT)
    with refused("params: moves too far"):
        governed.schedule(SHARE, POINT + 1)
    governed.move(SHARE, POINT)
    assert governed.call("reachable", key) == (0, POINT)  # zero was in force within the day
    governed.backend.warp(DAY)
    assert governed.call("reachable", key) == (0, 2 * POINT)
    governed.move(SHARE, 1)
    governed.backend.warp(DAY)
    assert governed.call("reachable", key) == (0, POINT + 1)
    governed.move(SHARE, 0)
    assert governed.value(SHARE) == 0


def test_value__too_small_to_have_a_fifth__moves_by_the_quantum():
    governed = Governed([(FLOOR, 3)])
    assert governed.call("reachable", parameter(FLOOR).id) == (2, 4)
    governed.move(FLOOR, 2)


def test_floor_and_cap_of_spot__never_meet():
    governed = Governed([(FLOOR, 90), (CAP, 101)])
    governed.move(FLOOR, 100)
    with refused("params: floor not below cap"):
        governed.schedule(FLOOR, 101)
    with refused("params: floor not below cap"):
        governed.schedule(CAP, 100)
    governed.move(CAP, 102)
    governed.later(DAY).schedule(FLOOR, 101)
    governed.schedule(CAP, 101)  # both pass alone; carried out together they would meet
    governed.later(TIGHTENING).execute(FLOOR)
    with refused("params: floor not below cap"):
        governed.execute(CAP)
    assert governed.value(FLOOR) < governed.value(CAP)


def test_value__scheduled_before_others_moved_it_away__is_measured_when_carried_out(governed):
    """One action waits at a time, so only the pace of the day can have changed: it is checked again."""
    governed.move(STEP, 42 * 10**14)
    governed.schedule(STEP, 39 * 10**14)  # within a fifth of the present value, not of this morning's
    with refused("params: moves too far"):
        governed.at(governed.ready_at(Kind.VALUE, 11)).execute(STEP)
