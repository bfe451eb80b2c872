"""A tape: seeded actions on a `System` as data, and what an observer sees after each.

The actions know nothing of the state, so many are refused: on two backends, for the same reasons.
"""

from __future__ import annotations

from dataclasses import astuple
from random import Random

from eth_abi.grammar import TupleType, parse

from pyvault.chain.artifacts import load
from pyvault.chain.backend import Receipt
from pyvault.chain.contract import deploy
from pyvault.chain.parameters import PARAMETERS, Kind, action_id
from pyvault.chain.system import Round, SlicePost
from pyvault.errors import PyvaultError

DAY = 86_400
NOBODY = "0x" + "00" * 20
ACTORS = tuple("0x" + f"{i:02x}" * 20 for i in (0xA1, 0xB2, 0xC3))
WEIGHTS = {
    "push": 14,
    "answer": 3,
    "rounds": 3,
    "refresh": 10,
    "post": 14,
    "list": 5,
    "fix": 8,
    "schedule": 9,
    "execute": 7,
    "cancel": 3,
    "pause": 2,
    "role": 2,
    "mint": 5,
    "transfer": 7,
    "approve": 3,
    "pull": 3,
    "ether": 4,
    "garbage": 3,
    "deploy": 2,
    "warp": 12,
    "mine": 3,
    "snapshot": 5,
    "revert": 4,
}


def make_tape(seed, length, start):
    """Actions as ``(verb, arguments)``; in their midst a parameter changes and an expiry is fixed."""
    random = Random(seed)
    expiries = [start // DAY * DAY + 8 * 3_600 + DAY * days for days in (1, 2, 3, 9, 30)]
    verbs = random.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()), k=length)
    drawn = [(verb, _DRAW[verb](random, expiries)) for verb in verbs]
    half, end = length // 2, max(length - 20, 0)
    opening = [("list", (expiry, True)) for expiry in expiries[:4]]
    opening += [("post", (_slices(random, expiries[:4]), "owner", 0)) for _ in range(6)]
    change = [("schedule", (0, 3_600, "owner")), ("warp", (3_601,)), ("execute", (0, ACTORS[0]))]
    return opening + drawn[:half] + change + _fixing(expiries[3]) + drawn[half:end]


def make_sweep(seed, functions):
    """One call of every function of every contract, arguments and callers at random."""
    random = Random(seed)
    return [("any", (duty, name, random.randrange(2**32))) for duty, name in functions]


def _fixing(expiry):
    """A feed that lives through a window, and the walk over it in two calls."""
    pushes = [
        action
        for i in range(10)
        for action in (("push", (3_000 * 10**8 + i,)), ("until", (expiry - 2_400 + 300 * i,)))
    ]
    walk = [("fix", (expiry, 1, None, ACTORS[1], rounds)) for rounds in (3, 100)]
    return [("until", (expiry - 2_700,)), *pushes, *walk]


def _caller(random, *rightful):
    """A rightful role by name, or now and then somebody else."""
    return random.choice((*rightful * 6, *ACTORS))


def _slices(random, expiries):
    chosen = sorted(random.sample(expiries, random.choice((1, 1, 2, 3))))
    if random.random() < 0.05:
        chosen.reverse()
    level = random.choice((0.10, 0.1005, 0.101, 0.2))
    return tuple(
        SlicePost.of_numbers(
            expiry,
            a=level,
            b=random.choice((0.3, 0.301, -0.1 if random.random() < 0.1 else 0.3)),
            rho=random.choice((-0.2, -0.2, -0.201, -1.5 if random.random() < 0.1 else -0.2)),
            m=0.0,
            sigma=0.3,
            carry=random.choice((0.0, 0.0, 0.01, 0.9)),
            gap=random.choice((0.0, 0.0, 0.06)),
        )
        if level
        else None
        for expiry in chosen
    )


def _rounds(random, _):
    first = random.randrange(1, 40)
    return tuple(
        (first + i, random.choice((0, 3_000, 3_010)) * 10**8, random.choice((0, -900 + 60 * i)))
        for i in range(random.randrange(1, 6))
    )


def _schedule(random, _):
    row = random.choice(tuple(PARAMETERS.values()))
    factor = random.choice((0.9, 1.1, 1.19, 1.3))
    return row.id, int(row.start * factor), _caller(random, "owner")


_DRAW = {
    "push": lambda r, _: (round(3_000 * 10**8 * (1 + r.gauss(0, 0.01))),),
    "answer": lambda r, _: (r.choice((0, -1, 1, 2**255 - 1)), r.choice(("deployer", ACTORS[0]))),
    "rounds": _rounds,
    "refresh": lambda r, _: (_caller(r, "keeper"),),
    "post": lambda r, e: (_slices(r, e), _caller(r, "keeper", "owner"), r.choice((0, 0, 0, -40, 5))),
    "list": lambda r, e: (r.choice((*e, e[0] + 1)), r.random() < 0.8),
    "fix": lambda r, e: (
        r.choice(e),
        r.choice((1, 1, 2)),
        r.choice((0, 1, None, None)),
        _caller(r, "keeper"),
    ),
    "schedule": _schedule,
    "execute": lambda r, _: (r.choice(tuple(PARAMETERS.values())).id, r.choice(ACTORS)),
    "cancel": lambda r, _: (r.choice(tuple(PARAMETERS.values())).id, _caller(r, "owner", "guardian")),
    "pause": lambda r, _: (r.choice((1, 1, 2, 2, 4, 4, 8, 16)), _caller(r, "guardian", "owner")),
    "role": lambda r, _: (r.randrange(4), r.choice((*ACTORS, NOBODY)), _caller(r, "owner")),
    "mint": lambda r, _: (r.choice(ACTORS), r.randrange(10**9), r.choice(("deployer", ACTORS[1]))),
    "transfer": lambda r, _: (r.choice(ACTORS), r.choice(ACTORS), r.randrange(10**9)),
    "approve": lambda r, _: (r.choice(ACTORS), r.choice(ACTORS), r.randrange(10**9)),
    "pull": lambda r, _: (r.choice(ACTORS), r.choice(ACTORS), r.choice(ACTORS), r.randrange(10**9)),
    "ether": lambda r, _: (r.choice(ACTORS), r.randrange(3)),
    "garbage": lambda r, _: (
        r.choice(("spot_oracle", "vol_surface", "parameters")),
        r.randbytes(r.randrange(70)),
    ),
    "deploy": lambda r, _: (r.choice(("DevnetFeed",)), r.choice((8, 18, 19)), r.choice(ACTORS)),
    "warp": lambda r, _: (r.choice((1, 30, 600, 600, 3_000, 7_200, 40_000)),),
    "mine": lambda r, _: (r.randrange(1, 4),),
    "snapshot": lambda *_: (),
    "revert": lambda r, _: (r.random(),),
}


def _argument(random, kind, numbers, addresses):
    """A value of an ABI type, drawn from what means something and from the edges of the type."""
    if kind.is_array:
        length = kind.arrlist[-1][0] if kind.arrlist[-1] else random.randrange(3)
        return [_argument(random, kind.item_type, numbers, addresses) for _ in range(length)]
    if isinstance(kind, TupleType):
        return tuple(_argument(random, each, numbers, addresses) for each in kind.components)
    if kind.base in {"uint", "int"}:
        low = 0 if kind.base == "uint" else -(2 ** (kind.sub - 1))
        return random.choice(
            [each for each in (*numbers, low, low + 2**kind.sub - 1) if low <= each < low + 2**kind.sub]
        )
    return {
        "address": lambda: random.choice(addresses),
        "bool": lambda: random.random() < 0.5,
        "string": lambda: random.choice(("", "a note", "é" * 10)),
        "bytes": lambda: random.randbytes(kind.sub or random.randrange(40)),
    }[kind.base]()


def _seen(outcome):
    """What must not depend on the engine: all of a receipt but its gas."""
    if isinstance(outcome, Receipt):
        return outcome.status, outcome.logs, outcome.reason, outcome.block
    return tuple(map(_seen, outcome)) if isinstance(outcome, tuple) else outcome


class Player:
    """Plays actions on one system and says what came of each."""

    def __init__(self, system):
        self.system = system
        self.names = []  # of snapshots, which differ between backends

    def play(self, action):
        """Outcome: a receipt's status, logs, reason and block, a value, or an error's type and text."""
        verb, arguments = action
        try:
            outcome = getattr(self, f"_{verb}")(*arguments)
        except PyvaultError as error:
            return type(error).__name__, getattr(error, "reason", "")
        return _seen(outcome)

    def _who(self, name):
        if name == "deployer":
            return self.system.config.deployer
        return name if name.startswith("0x") else getattr(self.system.config, name)

    def _raw(self, caller, part, function, *arguments):
        return self.system.raw(self._who(caller), part, function, *arguments)

    @property
    def functions(self):
        """Every function of every contract, by duty and name."""
        return [(duty, name) for duty, each in self.system.contracts.items() for name in each.functions]

    def _any(self, duty, name, seed):
        random, part, config = Random(seed), self.system.part(duty), self.system.config
        numbers = (
            0,
            1,
            2,
            3,
            700,
            10**18,
            self.system.now,
            (1 << 64) + 1,
            self.system.now // DAY * DAY + 28_800,
        )
        addresses = (NOBODY, *ACTORS, *(each.address for each in self.system.contracts.values()))
        kinds = map(parse, part.functions[name].inputs)
        arguments = [_argument(random, kind, numbers, addresses) for kind in kinds]
        sender = random.choice((*ACTORS, config.owner, config.guardian, config.keeper, config.deployer))
        if part.functions[name].mutability in {"view", "pure"}:
            return {"value": part.call(name, *arguments, sender=sender)}
        return part.transact(name, *arguments, sender=sender)

    def _push(self, answer):
        return self._raw("deployer", "feed", "push_answer", answer)

    def _answer(self, answer, caller):
        return self._raw(caller, "feed", "push_answer", answer)

    def _rounds(self, *rounds):
        now, latest = self.system.now, self.system.part("feed").call("latest_round")
        base = latest >> 64 << 64
        items = [
            astuple(Round(base + index, answer, now + age, now + age, base + index))
            for index, answer, age in rounds
        ]
        return self._raw("deployer", "feed", "set_rounds", items)

    def _refresh(self, caller):
        return self._raw(caller, "spot_oracle", "refresh"), self.system.spot()

    def _post(self, slices, caller, age):
        number = self.system.part("vol_surface").call("sequence") + 1
        items = [each.as_tuple() for each in slices]
        return self._raw(caller, "vol_surface", "post", number, self.system.now + age, items)

    def _list(self, expiry, is_rightful):
        callers = ("keeper", "owner") if is_rightful else (ACTORS[0], ACTORS[0])
        parts = zip(callers, ("spot_oracle", "vol_surface"), strict=True)
        return tuple(self._raw(caller, part, "list_expiry", expiry) for caller, part in parts)

    def _fix(self, expiry, source, first, caller, rounds=100):
        first_round = self.system.first_round(expiry, 1) if first is None else first
        return self._raw(caller, "spot_oracle", "fix_expiry", expiry, source, first_round, rounds)

    def _schedule(self, parameter_id, value, caller):
        return self._raw(caller, "parameters", "schedule", parameter_id, value)

    def _execute(self, parameter_id, caller):
        return self._raw(caller, "parameters", "execute", parameter_id)

    def _cancel(self, parameter_id, caller):
        return self._raw(caller, "parameters", "cancel", action_id(Kind.VALUE, parameter_id))

    def _pause(self, modes, caller):
        return self._raw(caller, "parameters", "pause", modes)

    def _role(self, role, account, caller):
        return self._raw(caller, "parameters", "schedule_role", role, account)

    def _mint(self, actor, amount, caller):
        return self._raw(caller, "quote_token", "mint", actor, amount)

    def _transfer(self, sender, receiver, amount):
        return self._raw(sender, "quote_token", "transfer", receiver, amount), self.system.balance(
            receiver, "quote_token"
        )

    def _approve(self, owner, spender, amount):
        return self._raw(owner, "quote_token", "approve", spender, amount)

    def _pull(self, spender, owner, receiver, amount):
        return self._raw(spender, "quote_token", "transferFrom", owner, receiver, amount)

    def _ether(self, actor, wei):
        backend = self.system.backend
        backend.set_balance(actor, 1)
        return backend.transact(ACTORS[0], b"", actor, wei)

    def _garbage(self, part, data):
        return self.system.backend.transact(self.system.part(part).address, data, ACTORS[2])

    def _deploy(self, name, decimals, sender):
        return deploy(self.system.backend, load(name), [decimals, "another feed"], sender).address

    def _warp(self, seconds):
        self.system.warp(seconds)

    def _until(self, timestamp):
        self.system.warp_to(timestamp)

    def _mine(self, blocks):
        self.system.mine(blocks)

    def _snapshot(self):
        self.names.append(self.system.snapshot())

    def _revert(self, which):
        if self.names:
            index = int(which * len(self.names))
            self.system.revert(self.names[index])
            del self.names[index:]
