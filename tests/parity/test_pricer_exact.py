"""The compiled pricer, its Venom build and its integer twin agree on every bit and every revert."""

from random import Random

import pytest
from support.evm import Contract
from support.pricer import FUNCTIONS, PRICER


@pytest.fixture(scope="module")
def legacy():
    return Contract(PRICER)


@pytest.fixture(scope="module")
def venom():
    return Contract(PRICER, venom=True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function__on_random_and_edge_inputs__equals_its_integer_twin_and_its_venom_build(
    name, legacy, venom, count
):
    function = FUNCTIONS[name]
    for arguments in function.inputs(Random(name), count(20_000, 110_000)):
        expected = function.in_python(arguments)
        assert function.on_chain(legacy, arguments) == expected, arguments
        assert function.on_chain(venom, arguments) == expected, arguments


@pytest.mark.parametrize("name", FUNCTIONS)
def test_inputs__of_each_function__reach_results_and_every_revert_reason_of_the_contract(name):
    reasons = {
        "black76": {
            "pricer: price out of range",
            "pricer: volatility too large",
            "pricer: expiry too far",
            "pricer: rate too large",
            "ln: ratio too large",
        },
        "option_price": {
            "pricer: price out of range",
            "pricer: volatility too large",
            "pricer: expiry too far",
            "pricer: discount too large",
            "ln: ratio too large",
        },
        "discount_factor": {"pricer: expiry too far", "pricer: rate too large"},
        "error_bound": {"pricer: price out of range"},
        "svi_variance": {"svi: parameter out of range", "svi: negative variance"},
        "exp": {"exp: exponent too large"},
        "ln": {"ln: argument out of range", "ln: ratio too large"},
        "normal_cdf": set(),
    }
    function = FUNCTIONS[name]
    results = [function.in_python(arguments) for arguments in function.inputs(Random(name), 1_000)]
    assert {result for result in results if isinstance(result, str)} == reasons[name]
    assert sum(isinstance(result, tuple) for result in results) > 400
