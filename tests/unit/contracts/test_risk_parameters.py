"""The table of parameters, its bounds, its pace and its delays."""

from __future__ import annotations

import re

import pytest
from support.governance import (
    DAY,
    GRACE,
    GUARDIAN,
    HOUR,
    KEEPER,
    LOOSENING,
    MARGIN_TIGHTENING,
    NOBODY,
    OWNER,
    STRANGER,
    TIGHTENING,
    Governed,
    artifact_of,
)
from support.tree import ROOT

from pyvault.chain.contract import deploy
from pyvault.chain.parameters import (
    LANES,
    PARAMETERS,
    WORDS,
    Direction,
    Kind,
    OracleSlot,
    Pause,
    Reach,
    action_id,
    markdown,
    parameter,
    unpack,
)
from pyvault.errors import ContractError, InputError

SOURCE = (ROOT / "contracts/libs/parameters.vy").read_text(encoding="utf-8")
WAD = 10**18
STEP = "SURFACE_STEP"  # loosens up
FLOOR = "SURFACE_MIN_VOL"  # loosens down
FACTOR = "INITIAL_MARGIN_FACTOR"  # loosens down, margin
GAP = "FIXING_MAX_GAP_S"  # either way
SHARE = "JUNIOR_GAIN_SHARE"  # may be zero


@pytest.fixture
def governed():
    return Governed()


def refused(reason):
    return pytest.raises(ContractError, match=f"{re.escape(reason)}$")


# The table


def test_table__in_python__is_that_of_the_contract(governed):
    for i in range(LANES * WORDS):
        row = next((row for row in PARAMETERS.values() if row.id == i), None)
        if row is None:
            with refused("params: unknown parameter"):
                governed.call("rule", i)
            continue
        rule = governed.call("rule", i)
        assert (row.lowest, row.highest, row.start, row.quantum) == rule[:4], row.name
        assert (row.loosens, row.reaches) == (rule.loosens, rule.reaches), row.name
        assert governed.value(row.name) == row.start


def test_names_and_ids__in_python__are_the_constants_of_the_contract():
    constants = re.findall(r"^(\w+): constant\(uint256\) = (\d+)(?:  #.*)?$", SOURCE, re.MULTILINE)
    named = {name: int(value) for name, value in constants}
    ids = {row.name: row.id for row in PARAMETERS.values()}
    others = {"PARAMETERS": WORDS * LANES, "WORDS": WORDS, "LANES": LANES, "LANE_BITS": 64, "ORACLES": 2}
    others |= {f"PAUSE_{bit.name}": bit.value for bit in Pause} | {"PAUSE_EVERYTHING": sum(Pause)}
    others |= {slot.name: slot.value for slot in OracleSlot}
    others |= {reach.name: reach.value for reach in Reach}
    others |= {way.name: way.value for way in (Direction.UP, Direction.DOWN, Direction.EITHER)}
    assert named == ids | others


@pytest.mark.parametrize("row", PARAMETERS.values(), ids=lambda row: row.name)
def test_row__of_the_table__is_sound(row):
    assert 0 <= row.lowest <= row.start <= row.highest < 2**64
    assert row.lowest < row.highest
    smallest = row.lowest  # from there, 20 % or the quantum must be a move at all
    assert max(smallest // 5, row.quantum) >= 1
    assert row.number(row.start) == row.number(row.raw(row.number(row.start)))


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        ("SURFACE_STEP", "SURFACE_RATE_PER_HOUR"),
        ("FORWARD_STEP", "FORWARD_RATE_PER_HOUR"),
        ("SURFACE_MIN_VOL", "SURFACE_MAX_VOL"),
        ("EPOCH_CUTOFF_S", "EPOCH_LENGTH_S"),
    ],
)
def test_pairs_that_are_ordered__at_any_values__stay_so(lower, upper):
    assert parameter(lower).highest <= parameter(upper).lowest


def test_limits_of_the_blueprint__are_bounds_that_no_vote_widens():
    assert parameter("MAX_CARRY").highest == WAD // 2
    assert parameter("FORWARD_RATE_PER_HOUR").highest == WAD // 100
    assert parameter(FACTOR).lowest > WAD
    assert parameter("REBATE").highest < WAD <= parameter("MAX_MULTIPLIER").lowest  # nobody below the mid
    assert parameter("INTEREST_RATE").highest == WAD // 5
    assert parameter("INSURANCE_SHARE").highest + parameter("PROTOCOL_SHARE").highest <= WAD


def test_page__of_the_parameters__holds_the_table():
    assert markdown() in (ROOT / "docs/parameters.md").read_text(encoding="utf-8")


def test_raw__of_numbers__is_exact_or_refused():
    assert parameter(STEP).raw("0.005") == 5 * 10**15
    assert parameter("SPOT_CAP").number(10**13) == 100_000
    for number in ("0.0200001", "0.000499"):
        with pytest.raises(InputError, match="must be from"):
            parameter(STEP).raw(number)
    with pytest.raises(InputError, match="multiple"):
        parameter(GAP).raw("7200.5")
    with pytest.raises(InputError, match="name or the id"):
        parameter("SPEED")


# Reading


def test_words__packed_four_to_a_word__hold_the_values(governed):
    words = governed.call("words", 0, WORDS)
    assert len(words) == WORDS
    assert unpack(words) == {row.name: row.start for row in PARAMETERS.values()}
    assert governed.call("words", 2, 3) == words[2:5]
    assert unpack(words[2:5], first=2)[STEP] == parameter(STEP).start
    assert governed.call("words", WORDS, 0) == ()
    assert sum((word >> 64 * lane) & (2**64 - 1) for word in words for lane in range(LANES)) == sum(
        row.start for row in PARAMETERS.values()
    )  # lanes without a parameter are empty


@pytest.mark.parametrize(("first", "count"), [(0, 17), (16, 1), (17, 0), (2**256 - 1, 2)])
def test_words__beyond_the_last__are_refused(governed, first, count):
    with refused("params: unknown word"):
        governed.call("words", first, count)
    with refused("params: unknown word"):
        governed.call("words_at", 1, first, count)


@pytest.mark.parametrize("function", ["value", "rule", "bounds", "reachable"])
def test_parameter__that_does_not_exist__is_refused(governed, function):
    for unknown in (6, 59, 64, 2**256 - 1):
        with refused("params: unknown parameter"):
            governed.call(function, unknown)
    with refused("params: unknown parameter"):
        governed.call("value_at", 1, 6)
    with refused("params: unknown parameter"):
        governed.send("schedule", 6, 1)
    with refused("params: unknown parameter"):
        governed.send("schedule_bounds", 6, 1, 1)


def test_version__of_a_listing__keeps_its_values_for_ever(governed):
    before = governed.call("words", 0, WORDS)
    for value in (7_000, 6_800, 6_500):
        governed.move(GAP, value)
    after = governed.call("words", 0, WORDS)
    assert governed.call("version") == 4
    assert governed.call("words_at", 1, 0, WORDS) == before != after
    assert governed.call("words_at", 4, 0, WORDS) == after
    assert [governed.call("value_at", v, 4) for v in (1, 2, 3, 4)] == [7_200, 7_000, 6_800, 6_500]
    assert [governed.call("value_at", v, 0) for v in (1, 4)] == [3_900, 3_900]
    for unknown in (0, 5, 2**256 - 1):
        with refused("params: unknown version"):
            governed.call("value_at", unknown, 4)


# Birth


def test_constructor__with_overrides__starts_from_them():
    governed = Governed([("SPOT_FLOOR", 10**6), (STEP, 2 * 10**16)])
    assert governed.value("SPOT_FLOOR") == 10**6
    assert governed.value("SPOT_CAP") == parameter("SPOT_CAP").start
    assert governed.call("bounds", 1) == (250_000, 4 * 10**6)
    assert governed.call("bounds", 11) == (5 * 10**15, 2 * 10**16)
    assert governed.call("bounds", parameter(SHARE).id) == (25 * 10**15, 3 * 10**17)


def test_constructor__from_zero__leaves_room_to_move():
    governed = Governed([(SHARE, 0)])
    assert governed.call("bounds", parameter(SHARE).id) == (0, 4 * 10**16)


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ([(STEP, 5 * 10**14 - 1)], "params: below the lowest"),
        ([(STEP, 2 * 10**16 + 1)], "params: above the highest"),
        ([("SPOT_FLOOR", 10**13)], "params: floor not below cap"),
    ],
)
def test_constructor__outside_the_bounds_in_code__is_refused(overrides, reason):
    with refused(reason):
        Governed(overrides)


def test_constructor__just_inside__is_accepted():
    Governed([(STEP, 5 * 10**14), ("SPOT_FLOOR", 10**13 - 1)])
    Governed([(STEP, 2 * 10**16)])


@pytest.mark.parametrize("roles", [(NOBODY, GUARDIAN, KEEPER), (OWNER, NOBODY, KEEPER)])
def test_constructor__without_owner_or_guardian__is_refused(governed, roles):
    with refused("params: zero address"):
        deploy(governed.backend, artifact_of("RiskParameters.vy"), (*roles, []))


def test_constructor__with_an_unknown_override__is_refused(governed):
    with refused("params: unknown parameter"):
        deploy(governed.backend, artifact_of("RiskParameters.vy"), (OWNER, GUARDIAN, KEEPER, [(6, 1)]))


# Delays


@pytest.mark.parametrize(
    ("name", "value", "delay"),
    [
        (STEP, 55 * 10**14, LOOSENING),
        (STEP, 45 * 10**14, TIGHTENING),
        (FLOOR, 45 * 10**15, LOOSENING),
        (FLOOR, 55 * 10**15, TIGHTENING),
        (FACTOR, 12 * 10**17, LOOSENING),
        (FACTOR, 13 * 10**17, MARGIN_TIGHTENING),
        (GAP, 7_300, LOOSENING),
        (GAP, 7_100, LOOSENING),
    ],
)
def test_execute__at_the_first_moment_and_one_second_early__waits_by_direction(governed, name, value, delay):
    previous = governed.value(name)
    key = parameter(name).id
    scheduled = governed.schedule(name, value)
    ready_at = governed.backend.now + delay
    fields = {"action_id": key, "previous": previous, "payload": value, "ready_at": ready_at}
    assert scheduled == [("ActionScheduled", fields)]
    assert governed.call("action", key) == (value, ready_at, ready_at + GRACE)
    with refused("schedule: too early"):
        governed.at(ready_at - 1).execute(name)
    events = governed.at(ready_at).execute(name)
    change = {"parameter_id": key, "previous": previous, "current": value, "version": 2}
    assert events == [("ParameterChanged", change)]
    assert governed.value(name) == value
    assert governed.call("action", key) == (0, 0, 0)


def test_execute__twice__is_refused(governed):
    governed.move(STEP, 45 * 10**14)
    with refused("schedule: nothing scheduled"):
        governed.execute(STEP)


def test_execute__in_the_last_second_and_after__lapses(governed):
    governed.schedule(STEP, 45 * 10**14)
    expires_at = governed.call("action", 11).expires_at
    name = governed.backend.snapshot()
    governed.at(expires_at - 1).execute(STEP)
    governed.backend.revert(name)
    with refused("schedule: lapsed"):
        governed.at(expires_at).execute(STEP)
    governed.schedule(STEP, 46 * 10**14)  # a lapsed action makes room
    assert governed.call("action", 11).payload == 46 * 10**14


def test_schedule__over_a_waiting_action__is_refused_until_it_lapses(governed):
    governed.schedule(STEP, 45 * 10**14)
    expires_at = governed.call("action", 11).expires_at
    with refused("schedule: already scheduled"):
        governed.at(expires_at - 1).schedule(STEP, 44 * 10**14)
    governed.at(expires_at).schedule(STEP, 44 * 10**14)


def test_cancel__by_owner_or_guardian__drops_the_action_for_good(governed):
    for sender in (OWNER, GUARDIAN):
        governed.schedule(STEP, 45 * 10**14)
        events = governed.send("cancel", action_id(Kind.VALUE, 11), sender=sender)
        fields = {"action_id": 11, "payload": 45 * 10**14, "canceller": sender}
        assert [(n, {**f, "canceller": f["canceller"].lower()}) for n, f in events] == [
            ("ActionCancelled", {**fields, "canceller": sender.lower()})
        ]
        with refused("schedule: nothing scheduled"):
            governed.later(TIGHTENING).execute(STEP)
    with refused("schedule: nothing scheduled"):
        governed.send("cancel", action_id(Kind.VALUE, 11))


# Bounds


def test_bounds__that_governance_sets__hold_values_in(governed):
    governed.send("schedule_bounds", 11, 45 * 10**14, 55 * 10**14)
    ready_at = governed.backend.now + LOOSENING
    with refused("schedule: too early"):
        governed.at(ready_at - 1).send("execute_bounds", 11)
    events = governed.at(ready_at).send("execute_bounds", 11, sender=STRANGER)
    fields = {
        "parameter_id": 11,
        "previous_low": 125 * 10**13,
        "previous_high": 2 * 10**16,
        "low": 45 * 10**14,
        "high": 55 * 10**14,
    }
    assert events == [("BoundsChanged", fields)]
    for outside in (45 * 10**14 - 1, 55 * 10**14 + 1):
        with refused("params: outside the bounds"):
            governed.schedule(STEP, outside)
    governed.move(STEP, 45 * 10**14)
    assert governed.call("reachable", 11) == (45 * 10**14, 54 * 10**14)


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        (5 * 10**14 - 1, 10**16, "params: below the lowest"),
        (10**15, 2 * 10**16 + 1, "params: above the highest"),
        (5 * 10**15 + 1, 10**16, "params: value outside bounds"),
        (10**15, 5 * 10**15 - 1, "params: value outside bounds"),
        (10**16, 10**15, "params: value outside bounds"),
    ],
)
def test_bounds__outside_the_code_or_without_the_value__are_refused(governed, low, high, reason):
    with refused(reason):
        governed.send("schedule_bounds", 11, low, high)
    governed.send("schedule_bounds", 11, 5 * 10**14, 2 * 10**16)  # just inside


def test_bounds__that_the_value_left_meanwhile__are_refused_when_carried_out(governed):
    governed.send("schedule_bounds", 11, 5 * 10**15, 2 * 10**16)
    governed.move(STEP, 45 * 10**14)
    with refused("params: value outside bounds"):
        governed.at(governed.ready_at(Kind.BOUNDS, 11)).send("execute_bounds", 11)


def test_value__that_bounds_have_excluded_meanwhile__is_refused_when_carried_out(governed):
    governed.send("schedule_bounds", 11, 45 * 10**14, 55 * 10**14)
    governed.later(LOOSENING - HOUR).schedule(STEP, 44 * 10**14)
    governed.later(HOUR + 10).send("execute_bounds", 11)
    with refused("params: outside the bounds"):
        governed.execute(STEP)
    assert governed.backend.now - governed.call("action", 11).ready_at < DAY
