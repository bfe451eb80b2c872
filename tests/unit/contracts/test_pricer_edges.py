"""The last argument that a rule of the pricer lets pass, and the first that it does not."""

from __future__ import annotations

import pytest
from support.evm import Contract
from support.grid import WAD
from support.pricer import FUNCTIONS, PRICER

YEAR = 365 * 86_400
SVI = {"k": 0, "a": WAD // 25, "b": WAD // 10, "rho": -WAD // 2, "m": 0, "sigma": WAD // 10}
OPTION = {"forward": WAD, "strike": WAD, "vol": WAD, "time": YEAR, "last": 0}


@pytest.fixture(scope="module")
def told():
    """Reason of a call's revert, empty if it goes through; arguments that are not named are ordinary."""
    contract = Contract(PRICER)

    def call(name, **changes):
        arguments = tuple(((SVI if name == "svi_variance" else OPTION) | changes).values())
        if name == "option_price":
            arguments += (0,)
        elif name == "error_bound":
            arguments = arguments[:2]
        elif name == "discount_factor":
            arguments = (arguments[4], arguments[3])
        elif name in {"exp", "ln"}:
            arguments = (changes["x"],)
        found = FUNCTIONS[name].on_chain(contract, arguments)
        return (found or "silent") if isinstance(found, str) else ""

    return call


@pytest.mark.parametrize(
    ("name", "inside", "outside", "reason"),
    [
        ("exp", {"x": 33 * WAD}, {"x": 33 * WAD + 1}, "exp: exponent too large"),
        ("ln", {"x": WAD << 32}, {"x": (WAD << 32) + 1}, "ln: ratio too large"),
        ("ln", {"x": (WAD >> 32) + 1}, {"x": WAD >> 32}, "ln: ratio too large"),
        ("ln", {"x": (WAD >> 32) + 1}, {"x": 0}, "ln: argument out of range"),
        ("ln", {"x": WAD << 32}, {"x": 2**128 + 1}, "ln: argument out of range"),
        ("svi_variance", {"k": 2**68 - 1}, {"k": 2**68}, "svi: parameter out of range"),
        ("svi_variance", {"k": -(2**68)}, {"k": -(2**68) - 1}, "svi: parameter out of range"),
        ("svi_variance", {"m": 2**68 - 1}, {"m": 2**68}, "svi: parameter out of range"),
        ("svi_variance", {"m": -(2**68)}, {"m": -(2**68) - 1}, "svi: parameter out of range"),
        ("svi_variance", {"b": 2**69 - 1}, {"b": 2**69}, "svi: parameter out of range"),
        ("svi_variance", {"sigma": 2**69 - 1}, {"sigma": 2**69}, "svi: parameter out of range"),
        ("svi_variance", {"rho": WAD}, {"rho": WAD + 1}, "svi: parameter out of range"),
        ("svi_variance", {"rho": -WAD}, {"rho": -WAD - 1}, "svi: parameter out of range"),
        (
            "svi_variance",
            {"a": 0, "b": 0},
            {"a": -1, "b": 0},
            "svi: negative variance",
        ),
    ],
)
def test_primitive__one_unit_outside_its_range__is_refused(told, name, inside, outside, reason):
    assert told(name, **inside) == ""
    assert told(name, **outside) == reason


@pytest.mark.parametrize("name", ["black76", "option_price", "error_bound"])
@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ({"forward": 1, "strike": 1}, {"forward": 0, "strike": 1}),
        ({"forward": 1, "strike": 1}, {"forward": 1, "strike": 0}),
        ({"forward": 2**128, "strike": 2**128}, {"forward": 2**128 + 1, "strike": 2**128}),
        ({"forward": 2**128, "strike": 2**128}, {"forward": 2**128, "strike": 2**128 + 1}),
    ],
)
def test_price__of_zero_or_beyond_2_to_the_128__is_refused(told, name, inside, outside):
    assert told(name, **inside) == ""
    assert told(name, **outside) == "pricer: price out of range"


@pytest.mark.parametrize(
    ("name", "inside", "outside", "reason"),
    [
        ("black76", {"vol": 2**64 - 1}, {"vol": 2**64}, "pricer: volatility too large"),
        ("option_price", {"vol": 2**64 - 1}, {"vol": 2**64}, "pricer: volatility too large"),
        ("black76", {"time": 2**32 - 1}, {"time": 2**32}, "pricer: expiry too far"),
        ("option_price", {"time": 2**32 - 1}, {"time": 2**32}, "pricer: expiry too far"),
        ("discount_factor", {"time": 2**32 - 1}, {"time": 2**32}, "pricer: expiry too far"),
        ("option_price", {"last": 2**108 - 1}, {"last": 2**108}, "pricer: discount too large"),
        (
            "discount_factor",
            {"last": 2**64, "time": 1},
            {"last": 2**64 + 1, "time": 1},
            "pricer: rate too large",
        ),
        (
            "discount_factor",
            {"last": -(2**64), "time": 1},
            {"last": -(2**64) - 1, "time": 1},
            "pricer: rate too large",
        ),
        (
            "discount_factor",
            {"last": 11 * WAD, "time": 3 * YEAR},
            {"last": 11 * WAD + 1, "time": 3 * YEAR},
            "pricer: rate too large",
        ),
        (
            "black76",
            {"last": -11 * WAD, "time": 3 * YEAR},
            {"last": -11 * WAD - 1, "time": 3 * YEAR},
            "pricer: rate too large",
        ),
    ],
)
def test_market__one_unit_outside_its_range__is_refused(told, name, inside, outside, reason):
    assert told(name, **inside) == ""
    assert told(name, **outside) == reason


@pytest.mark.parametrize("name", ["black76", "option_price"])
@pytest.mark.parametrize("low", [1, WAD])
def test_strike__beyond_2_to_the_32_forwards__is_refused(told, name, low):
    assert told(name, forward=low, strike=low << 32) == ""
    assert told(name, forward=low, strike=(low << 32) + 1) == "ln: ratio too large"
