"""What lies on the chain: small enough, and exactly the interface that integrators read."""

from __future__ import annotations

import pytest
from support.stands import STANDS
from vyper.cli.vyper_compile import compile_files

from pyvault.chain.anvil import running_anvil
from pyvault.chain.artifacts import CONTRACTS, load
from pyvault.chain.build import deployables
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend

LARGEST = 22_000  # bytes of runtime code; the protocol's limit is 24,576
NAMES = [path.stem for path in deployables()]
PRICERS = ("OptionPricer", "TradePricer", "PartialFill")  # three tables of contents, one interface


@pytest.fixture(scope="module")
def node():
    with running_anvil() as url:
        yield RpcBackend(url)


def is_too_large(code):
    return len(code) > LARGEST


def abi_entries(abi):
    """Functions and events as comparable values: names, types with their components, mutability."""

    def shape(argument):
        inner = tuple(shape(part) for part in argument.get("components", ()))
        return argument["name"], argument["type"], inner, argument.get("indexed")

    return {
        (
            entry["type"],
            entry["name"],
            tuple(shape(part) for part in entry["inputs"]),
            tuple(shape(part) for part in entry.get("outputs", ())),
            entry.get("stateMutability"),
        )
        for entry in abi
        if entry["type"] in ("function", "event")
    }


@pytest.mark.parametrize("name", NAMES)
def test_deployed_code__by_eth_get_code__is_at_most_22000_bytes(name, node):
    fresh = node.snapshot()
    code = node.code(STANDS[name](node)[0].address)
    assert load(name).runtime in code  # immutables come behind it
    assert not is_too_large(code)
    node.revert(fresh)


@pytest.mark.parametrize("name", NAMES)
def test_deployed_code__in_process__is_that_of_the_node(name, node):
    revm, fresh = RevmBackend(), node.snapshot()
    here, there = STANDS[name](revm)[0].address, STANDS[name](node)[0].address
    assert here == there  # and so are the addresses that the code holds
    assert revm.code(here) == node.code(there)
    node.revert(fresh)


def test_size_limit__one_byte_more__is_too_large():
    assert is_too_large(bytes(LARGEST + 1))
    assert not is_too_large(bytes(LARGEST))


def interface_entries(name):
    path = CONTRACTS / "interfaces" / f"I{name}.vyi"
    return abi_entries(compile_files([str(path)], ["abi"], paths=[str(CONTRACTS)])[path]["abi"])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PRICERS])
def test_abi__of_each_contract__equals_its_interface_file(name):
    assert abi_entries(load(name).abi) == interface_entries(name)


def test_abi__of_the_pricers__is_their_common_interface_and_no_function_stands_twice():
    parts = [abi_entries(load(name).abi) for name in PRICERS]
    assert set().union(*parts) == interface_entries("OptionPricer")
    assert sum(map(len, parts)) == len(set().union(*parts))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"stateMutability": "view"},
        {"inputs": []},
        {"outputs": [{"name": "", "type": "int256"}]},
    ],
)
def test_abi_entries__one_thing_changed__differ(change):
    entry = {
        "type": "function",
        "name": "ln",
        "inputs": [{"name": "x", "type": "uint256"}],
        "outputs": [{"name": "", "type": "uint256"}],
        "stateMutability": "pure",
    }
    assert abi_entries([entry]) != abi_entries([entry | change])
