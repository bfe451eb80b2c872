"""The last unit that a rule of the parameters lets pass, and the first that it does not."""

from __future__ import annotations

import re

import pytest
from support.governance import (
    DAY,
    GRACE,
    GUARDIAN,
    LOOSENING,
    MARGIN_TIGHTENING,
    NEW_OWNER,
    ORACLE,
    OWNER,
    STRANGER,
    TIGHTENING,
    Governed,
)

from pyvault.chain.parameters import PARAMETERS, Direction, Kind, OracleSlot, Pause, Reach, Role, parameter
from pyvault.errors import ContractError

STEP = "SURFACE_STEP"
EVERYTHING = sum(Pause)


@pytest.fixture
def governed():
    return Governed()


def refused(reason):
    return pytest.raises(ContractError, match=f"{re.escape(reason)}$")


def replaced_oracle(governed):
    """A slot that is taken, so that its replacement waits."""
    governed.send("schedule_oracle", OracleSlot.SPOT_ORACLE, governed.token().address)
    governed.send("execute_oracle", OracleSlot.SPOT_ORACLE)
    governed.send("schedule_oracle", OracleSlot.SPOT_ORACLE, governed.token().address)


def scheduled_unpause(governed):
    governed.send("pause", Pause.POSTS)
    governed.send("schedule_unpause", Pause.POSTS)


# What waits, its delay, and how it is carried out by whom.
WAITING = {
    "a loosening": (lambda g: g.schedule(STEP, 6 * 10**15), LOOSENING, ("execute", 11), STRANGER),
    "a tightening": (lambda g: g.schedule(STEP, 4 * 10**15), TIGHTENING, ("execute", 11), STRANGER),
    "a tightening of margin": (
        lambda g: g.schedule("SHORT_NOTIONAL_MARGIN", 12 * 10**15),
        MARGIN_TIGHTENING,
        ("execute", 49),
        STRANGER,
    ),
    "bounds": (
        lambda g: g.send("schedule_bounds", 11, 10**15, 10**16),
        LOOSENING,
        ("execute_bounds", 11),
        STRANGER,
    ),
    "an owner": (
        lambda g: g.send("schedule_role", Role.OWNER, NEW_OWNER),
        LOOSENING,
        ("accept_ownership",),
        NEW_OWNER,
    ),
    "a guardian": (
        lambda g: g.send("schedule_role", Role.GUARDIAN, NEW_OWNER),
        LOOSENING,
        ("execute_role", Role.GUARDIAN),
        STRANGER,
    ),
    "a keeper": (
        lambda g: g.send("schedule_role", Role.KEEPER, NEW_OWNER),
        ORACLE,
        ("execute_role", Role.KEEPER),
        STRANGER,
    ),
    "an oracle": (replaced_oracle, ORACLE, ("execute_oracle", OracleSlot.SPOT_ORACLE), STRANGER),
    "a lift of a pause": (scheduled_unpause, LOOSENING, ("execute_unpause",), OWNER),
}


@pytest.mark.parametrize("what", WAITING)
def test_action_of_any_kind__at_both_ends_of_its_time__opens_and_lapses_at_the_second(governed, what):
    schedule, delay, execute, sender = WAITING[what]
    schedule(governed)
    ready_at = governed.backend.now + delay
    moments = {
        ready_at - 1: "schedule: too early",
        ready_at: "",
        ready_at + GRACE - 1: "",
        ready_at + GRACE: "schedule: lapsed",
    }
    for moment, expected in moments.items():
        name = governed.backend.snapshot()
        receipt = governed.at(moment).contract.transact(*execute, sender=sender)
        assert (receipt.status, receipt.reason) == (not expected, expected)
        governed.backend.revert(name)


@pytest.mark.parametrize("row", PARAMETERS.values(), ids=lambda row: row.name)
@pytest.mark.parametrize("way", [Direction.UP, Direction.DOWN])
def test_value__of_every_parameter__waits_as_its_row_says_for_that_direction(governed, row, way):
    reachable = governed.call("reachable", row.id)
    value = reachable.high if way == Direction.UP else reachable.low
    if value == row.start:  # it starts at the bound in code
        assert row.start in (row.lowest, row.highest)
        return
    governed.schedule(row.name, value)
    tightening = MARGIN_TIGHTENING if row.reaches == Reach.MARGIN else TIGHTENING
    expected = LOOSENING if row.loosens & way else tightening
    assert governed.ready_at(Kind.VALUE, row.id) == governed.backend.now + expected


@pytest.mark.parametrize("row", PARAMETERS.values(), ids=lambda row: row.name)
@pytest.mark.parametrize("side", [1, -1])
def test_value__of_every_parameter__moves_a_fifth_in_a_day_and_no_unit_more(governed, row, side):
    """Where a bound in code or governed comes first, that is what stops it."""
    low, high = governed.call("bounds", row.id)
    allowance = max(row.start // 5, row.quantum)
    edge = row.start + side * allowance
    if low <= edge <= high:
        governed.schedule(row.name, edge)
        governed.send("cancel", row.id)
        is_beyond_bound = not low <= edge + side <= high
        with refused("params: outside the bounds" if is_beyond_bound else "params: moves too far"):
            governed.schedule(row.name, edge + side)
        return
    bound = high if side > 0 else low
    assert bound == (row.highest if side > 0 else row.lowest)
    if bound + side >= 0:  # what is below nothing cannot even be said
        with refused("params: outside the bounds"):
            governed.schedule(row.name, bound + side)
    if bound != row.start:
        governed.schedule(row.name, bound)


def test_governed_bounds__at_the_value_itself__hold_it_from_either_side(governed):
    start = parameter(STEP).start
    for low, high in ((start, 2 * 10**16), (5 * 10**14, start), (start, start)):
        governed.send("schedule_bounds", 11, low, high)
        governed.send("cancel", (Kind.BOUNDS << 64) | 11)
    for low, high in ((start + 1, 2 * 10**16), (5 * 10**14, start - 1)):
        with refused("params: value outside bounds"):
            governed.send("schedule_bounds", 11, low, high)


def test_governed_bounds__at_their_upper_end__let_the_value_there_and_no_further(governed):
    governed.send("schedule_bounds", 11, 45 * 10**14, 55 * 10**14)
    governed.later(LOOSENING).send("execute_bounds", 11)
    with refused("params: outside the bounds"):
        governed.schedule(STEP, 55 * 10**14 + 1)
    governed.move(STEP, 55 * 10**14)
    assert governed.value(STEP) == 55 * 10**14


@pytest.mark.parametrize("function", ["execute", "execute_bounds", "execute_oracle"])
def test_index__of_sixty_four_bits__is_the_last_with_a_key_of_its_own(governed, function):
    with refused("schedule: nothing scheduled"):
        governed.send(function, 2**64 - 1)
    with refused("params: index too large"):
        governed.send(function, 2**64)


def test_slots_and_roles__the_last_of_each__are_taken(governed):
    governed.send("schedule_oracle", OracleSlot.VOL_SURFACE, governed.token().address)
    with refused("params: unknown slot"):
        governed.send("schedule_oracle", OracleSlot.VOL_SURFACE + 1, governed.token().address)
    governed.send("schedule_role", Role.KEEPER, STRANGER)
    with refused("params: unknown role"):
        governed.send("schedule_role", Role.KEEPER + 1, STRANGER)


@pytest.mark.parametrize("sender", [OWNER, GUARDIAN])
def test_pause__by_any_bits_in_any_order__never_clears_one(governed, sender):
    """Immediate, and only tighter: every pause is a superset of the one before."""
    before = 0
    for modes in (1, 8, 2, 1, 12, EVERYTHING, 4):
        governed.send("pause", modes, sender=sender)
        assert governed.call("paused") == before | modes
        before |= modes
    with refused("params: unknown mode"):
        governed.send("pause", EVERYTHING + 1, sender=sender)


def test_fifth__of_the_value_a_day_ago__frees_at_the_second(governed):
    """A move at t still counts at t + 24 h - 1 s, upwards too, and no longer at t + 24 h."""
    start = parameter("SURFACE_MIN_VOL").start
    governed.move("SURFACE_MIN_VOL", start * 12 // 10)
    moved_at = governed.backend.now
    for moment, reason in ((moved_at + DAY - 1, "params: moves too far"), (moved_at + DAY, "")):
        name = governed.backend.snapshot()
        governed.at(moment - TIGHTENING).schedule("SURFACE_MIN_VOL", start * 12 // 10 + 1)
        receipt = governed.at(moment).contract.transact("execute", 9, sender=STRANGER)
        assert (receipt.status, receipt.reason) == (not reason, reason)
        governed.backend.revert(name)


def test_empty_slot_of_an_oracle__is_filled_at_once_and_lapses_as_any_action(governed):
    governed.send("schedule_oracle", OracleSlot.SPOT_ORACLE, governed.token().address)
    expires_at = governed.call("action", Kind.ORACLE << 64).expires_at
    assert expires_at == governed.backend.now + GRACE
    with refused("schedule: lapsed"):
        governed.at(expires_at).send("execute_oracle", OracleSlot.SPOT_ORACLE)
