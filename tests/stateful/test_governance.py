"""Random walks through governance: the contract does what the rules say, after every step.

The reference keeps whole histories and exact fractions, the contract four moves and sixteen words. The laws
beside it hold whatever the reference says.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import pairwise

from eth_utils.address import to_checksum_address
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from reference.governance import DAY, HOUR, Governance
from support.governance import GUARDIAN, KEEPER, NEW_OWNER, NOBODY, OWNER, STRANGER, Governed

from pyvault.chain.parameters import PARAMETERS, WORDS, Kind, action_id, unpack
from pyvault.chain.roles import read_roles

ACTORS = [OWNER, GUARDIAN, KEEPER, NEW_OWNER, STRANGER]
RULES = {row.id: row for row in PARAMETERS.values()}
NAMES = {row.id: row.name for row in PARAMETERS.values()}
# Loosening up, down, either way; margin; possibly zero; the pair that must stay in order.
MOVED = [11, 9, 4, 48, 54, 1, 2]
OVERRIDES = {1: 10**10, 2: 115 * 10**8, 54: 10**16}
KINDS = {"value": Kind.VALUE, "bounds": Kind.BOUNDS, "role": Kind.ROLE, "oracle": Kind.ORACLE, "unpause": 4}

HOLDERS = {"owner": 0, "guardian": 1, "keeper": 2}
KEYS = {  # what an event tells about, and by which field it is known
    "ParameterChanged": ("value", "parameter_id"),
    "BoundsChanged": ("bounds", "parameter_id"),
    "RoleChanged": ("role", "role"),
    "OwnershipTransferred": ("role", "role"),
    "OracleReplaced": ("oracle", "slot"),
    "Paused": ("paused", None),
    "Unpaused": ("paused", None),
}
OUTCOMES = Counter()  # (method, whether it went through)

indices = st.sampled_from(MOVED)
senders = st.sampled_from(["owner"] * 6 + ["guardian"] * 2 + ["keeper", STRANGER])
factors = st.sampled_from([Fraction(n, 20) for n in (15, 16, 17, 19, 20, 21, 23, 24, 25)])
nudges = st.sampled_from([-1, 0, 0, 0, 1])
delays = st.sampled_from([0, 0, 0, 0, -1, 7 * DAY - 1, 7 * DAY])
waits = st.sampled_from([1, 600, HOUR - 1, HOUR, 6 * HOUR, 12 * HOUR, DAY - 1, DAY, 2 * DAY])


class GovernanceMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.governed = Governed([(NAMES[i], value) for i, value in OVERRIDES.items()])
        self.oracles = [self.governed.token().address for _ in range(3)]
        start = {i: row if i not in OVERRIDES else Started(row, OVERRIDES[i]) for i, row in RULES.items()}
        self.rules = Governance(start, OWNER, GUARDIAN, KEEPER, self.governed.backend.now)

        self.told = {("value", i): value for i, value in self.rules.values().items()}
        self.told |= {("bounds", i): bounds for i, bounds in self.rules.bounds.items()}
        self.told |= {("role", i): to_checksum_address(holder) for i, holder in enumerate(self.rules.roles)}
        self.told["paused", 0] = 0

    def do(self, method, sender, *arguments, calldata=None):
        """One call, by the rules and on the chain; a sender may be named by its role."""
        if sender in HOLDERS:
            sender = self.rules.roles[HOLDERS[sender]] or STRANGER
        receipt = self.governed.contract.transact(method, *(calldata or arguments), sender=sender)
        allowed = getattr(self.rules, method)(sender, self.governed.backend.now, *arguments)
        assert receipt.status is allowed, (method, sender, arguments, receipt.reason)
        assert receipt.status or receipt.reason  # never an arithmetic revert
        OUTCOMES[method, allowed] += 1
        for event in self.governed.contract.occurrences(receipt):
            self.replay(event.name, event.fields._asdict())

    def replay(self, name, told):
        """Take the new from an event, after checking that its old is what the events before it told."""
        if name == "OwnershipTransferred":
            told = {"role": 0, "previous": told["previous_owner"], "current": told["new_owner"]}
        if name == "BoundsChanged":
            told["previous"], told["current"] = (
                (told.pop(f"{which}low"), told.pop(f"{which}high")) for which in ("previous_", "")
            )
        if name not in KEYS:
            return
        kind, field = KEYS[name]
        key = (kind, told[field] if field else 0)
        assert told["previous"] == self.told.get(key, NOBODY), name
        self.told[key] = told["current"]

    @rule(sender=senders, i=indices, factor=factors, nudge=nudges)
    def schedule(self, sender, i, factor, nudge):
        value = int(self.rules.values()[i] * factor) + nudge
        self.do("schedule", sender, i, max(value, 0))

    @rule(i=indices, modulus=st.integers(0, 10**17), late=delays)
    def move(self, i, modulus, late):
        """What is reachable now, carried out as soon as it may be, or not quite."""
        low, high = self.governed.call("reachable", i)
        self.do("schedule", "owner", i, low + modulus % (high - low + 1))
        self.carry_out_action("value", i, late)

    @rule(i=indices, ups=st.lists(st.booleans(), min_size=2, max_size=6), parts=st.integers(1, 5))
    def push(self, i, ups, parts):
        """As far as one move may go, or a part of it, again and again: the day must hold it back."""
        for up in ups:
            if ("value", i) in self.rules.waiting:
                self.do("cancel", "owner", "value", i, calldata=[i])
            value = self.rules.values()[i]
            move = max(value // 5, RULES[i].quantum) // parts
            self.do("schedule", "owner", i, max(value + move if up else value - move, 0))
            self.carry_out_action("value", i, 0)

    @rule(sender=senders, i=indices)
    def execute(self, sender, i):
        self.do("execute", sender, i)

    @rule(sender=senders, i=indices, low=factors, high=factors)
    def schedule_bounds(self, sender, i, low, high):
        value = self.rules.values()[i]
        self.do("schedule_bounds", sender, i, int(value * low * low), int(value * high * high))

    @rule(sender=senders, i=indices)
    def execute_bounds(self, sender, i):
        self.do("execute_bounds", sender, i)

    @rule(sender=senders, role=st.integers(0, 2), account=st.sampled_from(ACTORS))
    def schedule_role(self, sender, role, account):
        self.do("schedule_role", sender, role, account)

    @rule(role=st.integers(0, 2), account=st.sampled_from(ACTORS), late=delays)
    def appoint(self, role, account, late):
        self.do("schedule_role", "owner", role, account)
        self.carry_out_action("role", role, late)

    @rule(sender=senders, role=st.integers(0, 2))
    def execute_role(self, sender, role):
        self.do("execute_role", sender, role)

    @precondition(lambda self: ("role", 0) in self.rules.waiting)
    @rule(sender=st.sampled_from(ACTORS))
    def accept_ownership(self, sender):
        self.do("accept_ownership", sender)

    @rule(sender=senders)
    def revoke_keeper(self, sender):
        self.do("revoke_keeper", sender)

    @rule(sender=senders, slot=st.integers(0, 1), which=st.integers(0, 2))
    def schedule_oracle(self, sender, slot, which):
        self.do("schedule_oracle", sender, slot, self.oracles[which])

    @rule(sender=senders, slot=st.integers(0, 1))
    def execute_oracle(self, sender, slot):
        self.do("execute_oracle", sender, slot)

    @rule(sender=senders, modes=st.integers(1, 15))
    def pause(self, sender, modes):
        self.do("pause", sender, modes)

    @rule(sender=senders, modes=st.integers(1, 15))
    def schedule_unpause(self, sender, modes):
        self.do("schedule_unpause", sender, modes)

    @precondition(lambda self: ("unpause", 0) in self.rules.waiting)
    @rule(sender=senders)
    def execute_unpause(self, sender):
        self.do("execute_unpause", sender)

    @precondition(lambda self: self.rules.waiting)
    @rule(sender=senders, pick=st.integers(0, 100))
    def cancel(self, sender, pick):
        kind, index = sorted(self.rules.waiting)[pick % len(self.rules.waiting)]
        self.do("cancel", sender, kind, index, calldata=[action_id(KINDS[kind], index)])

    @precondition(lambda self: self.rules.waiting)
    @rule(pick=st.integers(0, 100), late=delays)
    def carry_out(self, pick, late):
        kind, index = sorted(self.rules.waiting)[pick % len(self.rules.waiting)]
        self.carry_out_action(kind, index, late)

    @rule(i=indices, low=factors, high=factors, late=delays)
    def narrow_or_widen(self, i, low, high, late):
        self.schedule_bounds("owner", i, min(low, 1), max(high, 1))
        self.carry_out_action("bounds", i, late)

    @precondition(lambda self: self.rules.paused)
    @rule(late=delays)
    def unpause(self, late):
        self.do("schedule_unpause", "owner", self.rules.paused & -self.rules.paused)
        self.carry_out_action("unpause", 0, late)

    def carry_out_action(self, kind, index, late):
        """In the first second (`late` 0), one before it or one before it lapses, if that has not passed."""
        if (kind, index) in self.rules.waiting:
            moment = self.rules.waiting[kind, index][1] + late
            self.governed.at(max(moment, self.governed.backend.now + 1))
        if (kind, index) == ("role", 0):
            self.do("accept_ownership", self.rules.waiting.get(("role", 0), [STRANGER])[0])
        elif kind == "unpause":
            self.do("execute_unpause", "owner")
        else:
            self.do("execute" if kind == "value" else f"execute_{kind}", STRANGER, index)

    @rule(seconds=waits)
    def wait(self, seconds):
        self.governed.backend.warp(seconds)

    @invariant()
    def the_contract_is_where_the_rules_are(self):
        call = self.governed.call
        values = self.rules.values()
        assert unpack(call("words", 0, WORDS)) == {NAMES[i]: value for i, value in values.items()}
        assert call("version") == len(self.rules.versions)
        for i in MOVED:
            assert call("bounds", i) == self.rules.bounds[i]
        holders = [call(role).lower() for role in ("owner", "guardian", "keeper")]
        assert holders == [(role or NOBODY).lower() for role in self.rules.roles]
        assert call("paused") == self.rules.paused
        assert [call("oracle", slot) for slot in (0, 1)] == [
            self.rules.oracles.get(slot, NOBODY) for slot in (0, 1)
        ]

    @invariant()
    def the_events_tell_the_state(self):
        call = self.governed.call
        for (kind, key), told in self.told.items():
            match kind:
                case "role":
                    assert told == call(("owner", "guardian", "keeper")[key])
                case "paused":
                    assert told == call("paused")
                case "value" | "bounds" if key not in MOVED:
                    pass  # nothing moves it
                case _:
                    assert told == call(kind, key)

    @invariant()
    def values_lie_within_governed_bounds_and_those_within_the_code(self):
        for i in MOVED:
            low, high = self.governed.call("bounds", i)
            assert RULES[i].lowest <= low <= self.governed.call("value", i) <= high <= RULES[i].highest

    @invariant()
    def no_value_within_24_hours_is_more_than_a_fifth_away(self):
        for i in MOVED:
            past = self.rules.history[i]
            for k, (since, _) in enumerate(past):
                in_force = [old for (_, old), (until, _) in pairwise(past[: k + 1]) if until > since - DAY]
                for old in in_force:
                    assert abs(past[k][1] - old) <= max(old // 5, RULES[i].quantum)

    def teardown(self):
        """Every version reads as it did when it was in force."""
        for number, values in enumerate(self.rules.versions, start=1):
            words = self.governed.call("words_at", number, 0, WORDS)
            assert unpack(words) == {NAMES[i]: value for i, value in values.items()}


class Started:
    """A row of the table with another start value."""

    def __init__(self, row, start):
        self.row, self.start = row, start

    def __getattr__(self, name):
        return getattr(self.row, name)


def test_governance__on_random_walks__does_what_the_rules_say(count):
    run_state_machine_as_test(
        GovernanceMachine,
        settings=settings(
            max_examples=count(40, 2_000),
            stateful_step_count=60,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # add Phase.shrink to read a failure: it takes minutes
        ),
    )
    methods = {method for method, _ in OUTCOMES}
    assert methods == {name.partition("(")[0] for name in read_roles()["RiskParameters"]}
    for method in methods:
        assert OUTCOMES[method, True] >= 3, OUTCOMES
        assert OUTCOMES[method, False] >= 1, OUTCOMES
