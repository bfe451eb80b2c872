"""Governance by its rules alone: whole histories, no ring, no packing, no versions but a list.

Every method says whether the call is allowed, and carries it out if so. Times are those of the transaction.
"""

# ruff: noqa: ARG002 - all methods are called alike

from __future__ import annotations

from fractions import Fraction

HOUR = 3_600
DAY = 24 * HOUR
GRACE = 7 * DAY
FIFTH = Fraction(1, 5)


class Governance:
    """Owner, guardian and keeper are addresses; `rules` are the rows of the table by id."""

    def __init__(self, rules, owner, guardian, keeper, now):
        self.rules = rules
        self.roles = [owner, guardian, keeper]
        self.history = {i: [(now, rule.start)] for i, rule in rules.items()}
        self.bounds = {
            i: (max(r.lowest, r.start // 4), min(r.highest, 4 * max(r.start, r.quantum)))
            for i, r in rules.items()
        }
        self.waiting = {}  # (kind, index) -> (payload, ready_at)
        self.oracles = {}
        self.paused = 0
        self.versions = [self.values()]

    def values(self):
        return {i: past[-1][1] for i, past in self.history.items()}

    # Values

    def schedule(self, sender, now, i, value):
        old = self.history[i][-1][1]
        if sender != self.roles[0] or not self.is_settable(i, value):
            return False
        loosens = self.rules[i].loosens in ((1, 3) if value > old else (2, 3))
        calm = DAY if self.rules[i].reaches == 1 else HOUR
        return self.put("value", i, now, value, 2 * DAY if loosens else calm)

    def execute(self, sender, now, i):
        value = self.ripe("value", i, now)
        if value is None or not self.is_settable(i, value) or not self.keeps_pace(i, value, now):
            return False
        self.history[i].append((now, value))
        self.versions.append(self.values())
        del self.waiting["value", i]
        return True

    def is_settable(self, i, value):
        old = self.history[i][-1][1]
        low, high = self.bounds[i]
        others = self.values() | {i: value}
        return value != old and low <= value <= high and self.is_near(i, old, value) and others[1] < others[2]

    def is_near(self, i, old, value):
        return abs(value - old) <= max(old * FIFTH, self.rules[i].quantum)

    def keeps_pace(self, i, value, now):
        """Near every value in force at some moment after `now` - 24 h, and not the fifth move since then."""
        past = self.history[i]
        ends = [since for since, _ in past[1:]] + [now]
        in_force = [old for (_, old), end in zip(past, ends, strict=True) if end > now - DAY]
        moves = [since for since, _ in past[1:] if since > now - DAY]
        return all(self.is_near(i, old, value) for old in in_force) and len(moves) < 4

    # Bounds

    def schedule_bounds(self, sender, now, i, low, high):
        if sender != self.roles[0] or not self.is_range(i, low, high):
            return False
        return self.put("bounds", i, now, (low, high), 2 * DAY)

    def execute_bounds(self, sender, now, i):
        payload = self.ripe("bounds", i, now)
        if payload is None or not self.is_range(i, *payload):
            return False
        self.bounds[i] = payload
        del self.waiting["bounds", i]
        return True

    def is_range(self, i, low, high):
        rule = self.rules[i]
        return rule.lowest <= low <= self.history[i][-1][1] <= high <= rule.highest

    # Roles and oracles

    def schedule_role(self, sender, now, role, account):
        if sender != self.roles[0] or account == self.roles[role]:
            return False
        return self.put("role", role, now, account, 6 * HOUR if role == 2 else 2 * DAY)

    def execute_role(self, sender, now, role):
        account = self.ripe("role", role, now)
        if role == 0 or account is None:
            return False
        self.roles[role] = account
        del self.waiting["role", role]
        return True

    def accept_ownership(self, sender, now):
        if sender is None or self.ripe("role", 0, now) != sender:
            return False
        self.roles[0] = sender
        del self.waiting["role", 0]
        return True

    def revoke_keeper(self, sender, now):
        if sender not in self.roles[:2]:
            return False
        self.roles[2] = None
        return True

    def schedule_oracle(self, sender, now, slot, oracle):
        if sender != self.roles[0] or self.oracles.get(slot) == oracle:
            return False
        return self.put("oracle", slot, now, oracle, 6 * HOUR if slot in self.oracles else 0)

    def execute_oracle(self, sender, now, slot):
        oracle = self.ripe("oracle", slot, now)
        if oracle is None:
            return False
        self.oracles[slot] = oracle
        del self.waiting["oracle", slot]
        return True

    # Pause

    def pause(self, sender, now, modes):
        if sender not in self.roles[:2]:
            return False
        self.paused |= modes
        self.waiting.pop(("unpause", 0), None)
        return True

    def schedule_unpause(self, sender, now, modes):
        if sender != self.roles[0] or modes & self.paused != modes:
            return False
        return self.put("unpause", 0, now, self.paused & ~modes, 2 * DAY)

    def execute_unpause(self, sender, now):
        payload = self.ripe("unpause", 0, now)
        if sender != self.roles[0] or payload is None:
            return False
        self.paused = payload
        del self.waiting["unpause", 0]
        return True

    # What waits

    def cancel(self, sender, now, kind, index):
        saves_itself = (kind, index) == ("role", 1) and sender != self.roles[0]
        if sender not in self.roles[:2] or saves_itself or (kind, index) not in self.waiting:
            return False
        del self.waiting[kind, index]
        return True

    def put(self, kind, index, now, payload, delay):
        if (kind, index) in self.waiting and now < self.waiting[kind, index][1] + GRACE:
            return False
        self.waiting[kind, index] = (payload, now + delay)
        return True

    def ripe(self, kind, index, now):
        payload, ready_at = self.waiting.get((kind, index), (None, now))
        return payload if ready_at <= now < ready_at + GRACE else None
