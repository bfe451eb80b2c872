"""Who acts: owner, guardian, keeper, the oracles' addresses, and what a pause stops."""

from __future__ import annotations

import re

import pytest
from support.governance import (
    GRACE,
    GUARDIAN,
    KEEPER,
    LOOSENING,
    NEW_OWNER,
    NOBODY,
    ORACLE,
    OWNER,
    STRANGER,
    Governed,
)

from pyvault.chain.parameters import Kind, OracleSlot, Pause, Role, action_id
from pyvault.errors import ContractError

SPOT, SURFACE = OracleSlot
UNPAUSE = action_id(Kind.UNPAUSE)
EVERYTHING = sum(Pause)


@pytest.fixture
def governed():
    return Governed()


def refused(reason):
    return pytest.raises(ContractError, match=f"{re.escape(reason)}$")


def lower(events):
    """Events with addresses in lower case."""
    return [
        (name, {key: value.lower() if isinstance(value, str) else value for key, value in fields.items()})
        for name, fields in events
    ]


def holder(governed, role):
    return governed.call(role.name.lower()).lower()


# Roles


def test_roles__at_birth__are_those_of_the_constructor(governed):
    assert [holder(governed, role) for role in Role] == [x.lower() for x in (OWNER, GUARDIAN, KEEPER)]


@pytest.mark.parametrize(("role", "delay"), [(Role.GUARDIAN, LOOSENING), (Role.KEEPER, ORACLE)])
def test_role__appointed_by_the_owner__waits(governed, role, delay):
    previous = holder(governed, role)
    governed.send("schedule_role", role, STRANGER)
    ready_at = governed.backend.now + delay
    assert governed.call("action", action_id(Kind.ROLE, role))[:2] == (int(STRANGER, 16), ready_at)
    with refused("schedule: too early"):
        governed.at(ready_at - 1).send("execute_role", role)
    events = governed.at(ready_at).send("execute_role", role, sender=NEW_OWNER)
    fields = {"role": role, "previous": previous, "current": STRANGER.lower()}
    assert lower(events) == [("RoleChanged", fields)]
    assert holder(governed, role) == STRANGER.lower()
    with refused("schedule: nothing scheduled"):
        governed.send("execute_role", role)


def test_owner__scheduled_and_accepted__changes_hands_after_two_days(governed):
    governed.send("schedule_role", Role.OWNER, NEW_OWNER)
    ready_at = governed.backend.now + LOOSENING
    with refused("schedule: too early"):
        governed.at(ready_at - 1).send("accept_ownership", sender=NEW_OWNER)
    for other in (OWNER, GUARDIAN, STRANGER):
        with refused("params: only the new owner"):
            governed.later(1).send("accept_ownership", sender=other)
    with refused("params: not guardian or keeper"):
        governed.send("execute_role", Role.OWNER, sender=NEW_OWNER)
    events = governed.send("accept_ownership", sender=NEW_OWNER)
    fields = {"previous_owner": OWNER.lower(), "new_owner": NEW_OWNER.lower()}
    assert lower(events) == [("OwnershipTransferred", fields)]
    with refused("ownable: caller is not the owner"):
        governed.send("schedule", 11, 45 * 10**14, sender=OWNER)
    governed.send("schedule", 11, 45 * 10**14, sender=NEW_OWNER)


def test_owner__that_does_not_accept_in_time__is_not_one(governed):
    governed.send("schedule_role", Role.OWNER, NEW_OWNER)
    with refused("schedule: lapsed"):
        governed.later(LOOSENING + GRACE).send("accept_ownership", sender=NEW_OWNER)
    assert holder(governed, Role.OWNER) == OWNER.lower()


def test_guardian__against_a_thief_of_the_owners_key__cancels_all_but_its_own_replacement(governed):
    governed.send("schedule_role", Role.OWNER, NEW_OWNER)
    governed.send("schedule_role", Role.KEEPER, NEW_OWNER)
    governed.send("schedule_role", Role.GUARDIAN, NEW_OWNER)
    for role in (Role.OWNER, Role.KEEPER):
        governed.send("cancel", action_id(Kind.ROLE, role), sender=GUARDIAN)
    with refused("params: only the owner"):
        governed.send("cancel", action_id(Kind.ROLE, Role.GUARDIAN), sender=GUARDIAN)
    governed.send("cancel", action_id(Kind.ROLE, Role.GUARDIAN), sender=OWNER)
    for role in Role:
        assert governed.call("action", action_id(Kind.ROLE, role)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("role", "account", "reason"),
    [
        (3, STRANGER, "params: unknown role"),
        (Role.OWNER, NOBODY, "params: zero address"),
        (Role.GUARDIAN, NOBODY, "params: zero address"),
        (Role.KEEPER, NOBODY, "params: zero address"),
        (Role.OWNER, OWNER, "params: no change"),
        (Role.GUARDIAN, GUARDIAN, "params: no change"),
        (Role.KEEPER, KEEPER, "params: no change"),
    ],
)
def test_appointment__that_makes_no_sense__is_refused(governed, role, account, reason):
    with refused(reason):
        governed.send("schedule_role", role, account)


@pytest.mark.parametrize("sender", [OWNER, GUARDIAN])
def test_keeper__revoked__is_gone_at_once(governed, sender):
    events = governed.send("revoke_keeper", sender=sender)
    fields = {"role": Role.KEEPER, "previous": KEEPER.lower(), "current": NOBODY}
    assert lower(events) == [("RoleChanged", fields)]
    assert holder(governed, Role.KEEPER) == NOBODY
    governed.send("schedule_role", Role.KEEPER, KEEPER)  # to come back, it waits like anybody
    governed.later(ORACLE).send("execute_role", Role.KEEPER)
    assert holder(governed, Role.KEEPER) == KEEPER.lower()


# Oracles


def test_oracle__into_an_empty_slot_and_in_place_of_another__waits_only_then(governed):
    first, second = governed.token().address, governed.token().address
    assert governed.call("oracle", SPOT) == NOBODY
    governed.send("schedule_oracle", SPOT, first)
    events = governed.send("execute_oracle", SPOT, sender=STRANGER)
    fields = {"slot": SPOT, "previous": NOBODY, "current": first.lower()}
    assert lower(events) == [("OracleReplaced", fields)]
    governed.send("schedule_oracle", SPOT, second)
    ready_at = governed.backend.now + ORACLE
    with refused("schedule: too early"):
        governed.at(ready_at - 1).send("execute_oracle", SPOT)
    events = governed.at(ready_at).send("execute_oracle", SPOT)
    fields = {"slot": SPOT, "previous": first.lower(), "current": second.lower()}
    assert lower(events) == [("OracleReplaced", fields)]
    assert governed.call("oracle", SPOT) == second
    assert governed.call("oracle", SURFACE) == NOBODY


def test_empty_slot__scheduled_twice__opens_no_short_cut(governed):
    first, second = governed.token().address, governed.token().address
    governed.send("schedule_oracle", SURFACE, first)
    with refused("schedule: already scheduled"):
        governed.send("schedule_oracle", SURFACE, second)
    governed.send("execute_oracle", SURFACE)
    with refused("schedule: nothing scheduled"):
        governed.send("execute_oracle", SURFACE)
    governed.send("schedule_oracle", SURFACE, second)
    with refused("schedule: too early"):
        governed.send("execute_oracle", SURFACE)


def test_oracle__that_makes_no_sense__is_refused(governed):
    contract = governed.token().address
    with refused("params: unknown slot"):
        governed.send("schedule_oracle", 2, contract)
    with refused("params: unknown slot"):
        governed.call("oracle", 2)
    for account in (NOBODY, STRANGER):
        with refused("params: not a contract"):
            governed.send("schedule_oracle", SPOT, account)
    governed.send("schedule_oracle", SPOT, contract)
    governed.send("execute_oracle", SPOT)
    with refused("params: no change"):
        governed.send("schedule_oracle", SPOT, contract)


# Pause


@pytest.mark.parametrize("sender", [OWNER, GUARDIAN])
def test_pause__by_owner_or_guardian__is_immediate_and_only_adds(governed, sender):
    events = governed.send("pause", Pause.POSTS, sender=sender)
    fields = {"account": sender.lower(), "previous": 0, "current": Pause.POSTS}
    assert lower(events) == [("Paused", fields)]
    governed.send("pause", Pause.OPENING, sender=sender)
    governed.send("pause", Pause.OPENING, sender=sender)  # once more does no harm
    assert governed.call("paused") == Pause.POSTS | Pause.OPENING
    governed.send("pause", EVERYTHING, sender=sender)
    assert governed.call("paused") == EVERYTHING


@pytest.mark.parametrize("modes", [0, EVERYTHING + 1, 2**255])
def test_pause__of_what_does_not_exist__is_refused(governed, modes):
    with refused("params: unknown mode"):
        governed.send("pause", modes)


def test_unpause__by_the_owner__waits_two_days_and_clears_only_its_bits(governed):
    governed.send("pause", Pause.OPENING | Pause.HEDGING)
    governed.send("schedule_unpause", Pause.OPENING)
    ready_at = governed.backend.now + LOOSENING
    with refused("schedule: too early"):
        governed.at(ready_at - 1).send("execute_unpause")
    for other in (GUARDIAN, STRANGER, KEEPER):
        with refused("ownable: caller is not the owner"):
            governed.later(1).send("execute_unpause", sender=other)
    events = governed.send("execute_unpause")
    fields = {"previous": Pause.OPENING | Pause.HEDGING, "current": Pause.HEDGING}
    assert events == [("Unpaused", fields)]
    assert governed.call("paused") == Pause.HEDGING


@pytest.mark.parametrize("modes", [0, Pause.DEPOSITS, Pause.OPENING | Pause.DEPOSITS, 16])
def test_unpause__of_what_is_not_paused__is_refused(governed, modes):
    governed.send("pause", Pause.OPENING)
    with refused("params: not paused"):
        governed.send("schedule_unpause", modes)


@pytest.mark.parametrize("modes", [Pause.OPENING, Pause.DEPOSITS])
def test_pause__while_its_lift_waits__drops_the_lift(governed, modes):
    governed.send("pause", Pause.OPENING)
    governed.send("schedule_unpause", Pause.OPENING)
    events = governed.later(LOOSENING - 1).send("pause", modes, sender=GUARDIAN)
    assert [name for name, _ in events] == ["Paused", "ActionCancelled"]
    with refused("schedule: nothing scheduled"):
        governed.later(10).send("execute_unpause")
    assert governed.call("paused") == Pause.OPENING | modes


# Keys of actions


@pytest.mark.parametrize("function", ["execute", "execute_bounds", "execute_oracle"])
def test_action_of_another_kind__under_a_long_index__is_out_of_reach(governed, function):
    governed.send("schedule_bounds", 11, 10**15, 10**16)
    governed.later(LOOSENING)
    with refused("params: index too large"):
        governed.send(function, action_id(Kind.BOUNDS, 11))
    with refused("schedule: nothing scheduled"):
        governed.send(function, 12)
    governed.send("execute_bounds", 11)
