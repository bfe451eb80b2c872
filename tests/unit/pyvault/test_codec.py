"""Calldata and return data from an ABI."""

from dataclasses import replace

import pytest
from eth_abi import encode
from eth_utils import keccak, to_checksum_address

from pyvault.chain.artifacts import Artifact
from pyvault.chain.backend import DEPLOYER, Log
from pyvault.chain.codec import events, functions, revert_reason
from pyvault.errors import ChainError, ContractError, InputError

STRUCT = {
    "type": "tuple",
    "name": "",
    "components": [{"name": "bid", "type": "uint256"}, {"name": "skew", "type": "int256"}],
}
ABI = (
    {
        "type": "function",
        "name": "quote",
        "inputs": [
            {"name": "leg", **{k: STRUCT[k] for k in ("type", "components")}},
            {"name": "x", "type": "uint8[]"},
        ],
        "outputs": [STRUCT],
    },
    {"type": "function", "name": "pair", "inputs": [], "outputs": [{"name": "", "type": "bool"}] * 2},
    {"type": "function", "name": "act", "inputs": [], "outputs": []},
    {"type": "event", "name": "Acted", "inputs": []},
)
ARTIFACT = Artifact(
    name="Double", abi=ABI, initcode=b"", runtime=b"", sources=(), source_hash="", compiler=""
)


def test_functions__of_an_abi__have_the_canonical_selector():
    assert functions(ARTIFACT)["quote"].selector == keccak(text="quote((uint256,int256),uint8[])")[:4]


def test_functions__leave_events_out():
    assert set(functions(ARTIFACT)) == {"quote", "pair", "act"}


def test_encode__of_structs_and_arrays__is_the_abi_encoding():
    calldata = functions(ARTIFACT)["quote"].encode([(7, -2), [1, 2]])
    assert calldata[4:] == encode(["(uint256,int256)", "uint8[]"], [(7, -2), [1, 2]])


@pytest.mark.parametrize("arguments", [[(-7, -2), [1, 2]], [(7, -2), [256]], [(7, -2), ["a"]], [(7, -2)]])
def test_encode__of_what_does_not_fit__names_the_function_and_its_types(arguments):
    with pytest.raises(InputError, match=r"^quote = .*(must fit|takes 2).*\(uint256,int256\), uint8\[\]"):
        functions(ARTIFACT)["quote"].encode(arguments)


def test_decode__of_a_struct__has_named_fields():
    result = functions(ARTIFACT)["quote"].decode(encode(["(uint256,int256)"], [(7, -2)]))
    assert (result.bid, result.skew) == (7, -2)


def test_decode__of_text_that_is_not_utf_8__is_a_chain_error():
    entry = {"type": "function", "name": "symbol", "inputs": [], "outputs": [{"name": "", "type": "string"}]}
    with pytest.raises(ChainError, match="symbol"):
        functions(replace(ARTIFACT, abi=(entry,)))["symbol"].decode(encode(["bytes"], [b"\xff"]))


def test_decode__of_several_and_of_no_values():
    assert functions(ARTIFACT)["pair"].decode(encode(["bool", "bool"], [True, False])) == (True, False)
    assert functions(ARTIFACT)["act"].decode(b"") is None


def test_revert_reason__of_a_string_and_of_an_arithmetic_revert():
    error = keccak(text="Error(string)")[:4] + encode(["string"], ["pricer: no strike"])
    assert revert_reason(error) == "pricer: no strike"
    assert revert_reason(b"") == ""


def test_functions__with_default_arguments__is_the_one_that_takes_them_all():
    short = {"type": "function", "name": "act", "inputs": [{"name": "x", "type": "uint256"}], "outputs": []}
    full = {**short, "inputs": [*short["inputs"], {"name": "y", "type": "bool"}]}
    for abi in ((short, full), (full, short)):
        entry = functions(replace(ARTIFACT, abi=abi))["act"]
        assert entry.signature == "act(uint256,bool)"
        assert entry.arguments == ("x", "y")


def test_functions__that_share_a_name__are_all_there_the_shorter_by_signature():
    types = ([], ["uint256"], ["uint256", "bool"], ["address"])
    abi = tuple(
        {
            "type": "function",
            "name": "act",
            "inputs": [{"name": "", "type": kind} for kind in kinds],
            "outputs": [],
        }
        for kinds in types
    )
    found = functions(replace(ARTIFACT, abi=abi))
    assert set(found) == {"act()", "act(uint256)", "act", "act(address)"}
    selectors = {entry.selector for entry in found.values()}
    assert selectors == {keccak(text=f"act({','.join(kinds)})")[:4] for kinds in types}
    assert found["act(address)"].encode([DEPLOYER])[:4] == keccak(text="act(address)")[:4]


def test_event__with_indexed_text_and_structs__decodes_to_named_fields():
    inputs = [
        {"name": "who", "type": "address", "indexed": True},
        {"name": "title", "type": "string", "indexed": True},
        {"name": "legs", "indexed": False, **{k: STRUCT[k] for k in ("components",)}, "type": "tuple[]"},
        {"name": "note", "type": "string", "indexed": False},
    ]
    artifact = replace(ARTIFACT, abi=({"type": "event", "name": "Acted", "inputs": inputs},))
    ((topic, event),) = events(artifact).items()
    assert topic == keccak(text="Acted(address,string,(uint256,int256)[],string)")
    log = Log(
        address="0x" + "11" * 20,
        topics=(topic, bytes(12) + bytes(range(20)), keccak(text="a title")),
        data=encode(["(uint256,int256)[]", "string"], [[(7, -2), (8, -3)], "a note"]),
    )
    fields = event.decode(log).fields
    assert fields.who == to_checksum_address(bytes(range(20)))
    assert fields.title == keccak(text="a title")
    assert [(leg.bid, leg.skew) for leg in fields.legs] == [(7, -2), (8, -3)]
    assert fields.note == "a note"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "0x" + "ab" * 20),
        ("bool", True),
        ("bool", False),
        ("uint256", 2**256 - 1),
        ("int256", -(2**255)),
        ("uint8", 255),
        ("bytes32", b"\x01" * 32),
    ],
)
def test_encode__of_one_word__is_the_general_encoding(kind, value):
    entry = {"type": "function", "name": "act", "inputs": [{"name": "x", "type": kind}], "outputs": []}
    calldata = functions(replace(ARTIFACT, abi=(entry,)))["act"].encode([value])
    assert calldata[4:] == encode([kind], [value])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("address", "0x" + "zz" * 20),
        ("address", "0x12"),
        ("address", "0x" + "ab" * 19 + "  "),
        ("address", "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266"),  # one letter in the wrong case
        ("bool", 2),
        ("uint256", 2**256),
        ("uint256", -1),
        ("int256", 2**255),
        ("uint8", 256),
        ("uint256", 1.5),
    ],
)
def test_encode__of_what_does_not_fit__is_an_input_error(kind, value):
    entry = {"type": "function", "name": "act", "inputs": [{"name": "x", "type": kind}], "outputs": []}
    with pytest.raises(InputError):
        functions(replace(ARTIFACT, abi=(entry,)))["act"].encode([value])


@pytest.mark.parametrize("tail", [b"", b"\x00" * 31, b"\xff" * 64, encode(["string"], ["x"])[:-20]])
def test_revert_reason__of_data_that_only_looks_like_a_reason__is_empty(tail):
    assert revert_reason(keccak(text="Error(string)")[:4] + tail) == ""


def test_contract_error__of_a_reason__has_its_module_and_rule():
    error = ContractError("oracle: stale spot: twice", "SpotOracle.refresh")
    assert (error.module, error.rule) == ("oracle", "stale spot: twice")
    assert (ContractError("bare").module, ContractError("bare").rule) == ("", "bare")
    assert (ContractError("").module, ContractError("").rule) == ("", "")
