"""Every function that changes state has its role in one table, and refuses every other caller."""

from __future__ import annotations

import random
import re

import pytest
from support.governance import artifact_of
from support.stands import OUTSIDERS, PATHS, STANDS, stand

from pyvault.chain.codec import functions
from pyvault.chain.roles import ANYONE, read_roles

REFUSALS = {  # what a wrong caller hears, whatever the arguments
    "ownable: caller is not the owner",
    "erc20: access is denied",
    "params: only owner or guardian",
    "params: only the new owner",
    "surface: not the owner",
    "surface: not the keeper",
    "oracle: not the owner",
    "oracle: not owner nor guardian",
    "oracle: not keeper nor market",
    "margin: no such account",
    "margin: not owner nor operator",
    "margin: not the market",
    "margin: not the owner",
    "margin: not the vault",
    "market: not the keeper",
    "risk: not the keeper",
    "risk: not the market",
    "vault: not the lp owner",
    "vault: not the market",
}
ROLES = read_roles()
RESTRICTED = [
    (contract, signature)
    for contract, table in ROLES.items()
    for signature, roles in table.items()
    if roles != (ANYONE,)
]


def signature(function):
    return f"{function.name}({','.join(function.inputs)})"


def changing(path):
    """Functions of a contract that change state, by signature."""
    found = functions(artifact_of(path)).values()
    return {signature(each): each for each in found if each.mutability not in {"view", "pure"}}


def filler(kind, number):
    """Some value of an ABI type, with one element in every array."""
    if kind.endswith("]"):
        return [filler(kind.rpartition("[")[0], number)]
    if kind.startswith("("):
        return tuple(filler(part, number) for part in split(kind[1:-1]))
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 0))
    if bits := re.fullmatch(r"u?int(\d+)", kind):
        return number % 2 ** (int(bits[1]) - 1)
    return {"address": "0x" + "99" * 20, "bool": True, "string": ""}[kind]


def split(inner):
    """Types of a tuple's parts: commas inside of further tuples do not count."""
    return re.findall(r"(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^,()])+", inner)


def answer(contract, function, sender, number=1):
    """Revert reason of a call from `sender`; None if it went through."""
    backend = contract.backend
    name = backend.snapshot()
    arguments = [filler(kind, number) for kind in function.inputs]
    receipt = contract.transact(function.name, *arguments, sender=sender)
    backend.revert(name)
    return None if receipt.status else receipt.reason


def test_table_of_roles__names_every_contract_that_deploys_and_no_other():
    assert set(ROLES) == set(PATHS) == set(STANDS)


@pytest.mark.parametrize("name", PATHS)
def test_table_of_roles__names_every_function_that_changes_state_and_no_other(name):
    assert set(ROLES[name]) == set(changing(PATHS[name]))


@pytest.mark.parametrize("name", PATHS)
def test_roles__of_the_table__are_held_by_somebody_in_the_test(name):
    _, holders = stand(name)
    named = {role for roles in ROLES[name].values() for role in roles} - {ANYONE}
    assert named <= set(holders)


@pytest.mark.parametrize(("name", "signed"), RESTRICTED)
def test_function__called_by_everybody__refuses_all_but_its_roles(name, signed):
    contract, holders = stand(name)
    function = changing(PATHS[name])[signed]
    callers = holders | OUTSIDERS
    heard = {role: answer(contract, function, sender) for role, sender in callers.items()}
    wrong = {role for role in callers if role not in ROLES[name][signed]}
    assert wrong
    assert {role: heard[role] for role in wrong if heard[role] not in REFUSALS} == {}
    # The rightful get past the check, whatever the arguments then meet.
    assert {role: heard[role] for role in callers.keys() - wrong if heard[role] in REFUSALS} == {}


@pytest.mark.parametrize(
    ("name", "signed"),
    [(name, each) for name, table in ROLES.items() for each, roles in table.items() if roles == (ANYONE,)],
)
def test_function_for_anyone__called_by_everybody__asks_nobody_who_he_is(name, signed):
    contract, holders = stand(name)
    function = changing(PATHS[name])[signed]
    for sender in (holders | OUTSIDERS).values():
        assert answer(contract, function, sender) not in REFUSALS


def test_function__called_with_any_numbers__refuses_all_but_its_roles(count):
    numbers = random.Random(81)
    for name, signed in RESTRICTED:
        contract, holders = stand(name)
        function = changing(PATHS[name])[signed]
        callers = holders | OUTSIDERS
        wrong = [sender for role, sender in callers.items() if role not in ROLES[name][signed]]
        for _ in range(count(5, 500)):
            number = numbers.getrandbits(numbers.choice([1, 4, 8, 64, 65, 160, 256]))
            assert answer(contract, function, numbers.choice(wrong), number) in REFUSALS, (name, signed)


def test_filler__of_nested_types__fits_them():
    assert filler("(uint8,(int256,bytes32)[],address)[2]", 300) == [
        (44, [(300, bytes(32))], "0x" + "99" * 20)
    ]


def test_selectors__of_each_contract__are_distinct():
    for name, path in PATHS.items():
        found = functions(artifact_of(path)).values()
        assert len({each.selector for each in found}) == len(found), name
