"""Calldata and return data from an ABI."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from pyvault.chain.artifacts import Artifact
from pyvault.chain.codec import functions, revert_reason
from pyvault.errors import InputError

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
ARTIFACT = Artifact(name="Double", abi=ABI, initcode=b"", runtime=b"", source_hash="", compiler="")


def test_functions__of_an_abi__have_the_canonical_selector():
    assert functions(ARTIFACT)["quote"].selector == keccak(text="quote((uint256,int256),uint8[])")[:4]


def test_functions__leave_events_out():
    assert set(functions(ARTIFACT)) == {"quote", "pair", "act"}


def test_encode__of_structs_and_arrays__is_the_abi_encoding():
    calldata = functions(ARTIFACT)["quote"].encode([(7, -2), [1, 2]])
    assert calldata[4:] == encode(["(uint256,int256)", "uint8[]"], [(7, -2), [1, 2]])


@pytest.mark.parametrize("arguments", [[(-7, -2), [1, 2]], [(7, -2), [256]], [(7, -2), ["a"]], [(7, -2)]])
def test_encode__of_what_does_not_fit__names_the_function_and_its_types(arguments):
    with pytest.raises(InputError, match=r"^quote = .*must fit \(\(uint256,int256\), uint8\[\]\)"):
        functions(ARTIFACT)["quote"].encode(arguments)


def test_decode__of_a_struct__has_named_fields():
    result = functions(ARTIFACT)["quote"].decode(encode(["(uint256,int256)"], [(7, -2)]))
    assert (result.bid, result.skew) == (7, -2)


def test_decode__of_several_and_of_no_values():
    assert functions(ARTIFACT)["pair"].decode(encode(["bool", "bool"], [True, False])) == (True, False)
    assert functions(ARTIFACT)["act"].decode(b"") is None


def test_revert_reason__of_a_string_and_of_an_arithmetic_revert():
    error = keccak(text="Error(string)")[:4] + encode(["string"], ["pricer: no strike"])
    assert revert_reason(error) == "pricer: no strike"
    assert revert_reason(b"") == ""
