"""The demonstration, end to end on Anvil."""

import json
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def payload():
    command = [sys.executable, "-c", "from pyvault.cli import main; main()", "demo", "--json"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(run.stdout.splitlines()[-1])


def test_demo__values_a_chain_of_several_expiries(payload):
    assert len(payload["expiries"]) == 4
    assert all(len(expiry["quotes"]) >= 5 for expiry in payload["expiries"])


def test_demo__every_option__keeps_parity_with_its_pair(payload):
    for expiry in payload["expiries"]:
        for quote in expiry["quotes"]:
            difference = quote["value"]["call"] - quote["value"]["put"]
            assert difference == pytest.approx((expiry["forward"] - quote["strike"]) * 1e18, abs=1e4)


def test_demo__the_contract_and_doubles__agree(payload):
    assert payload["float_error"] < 1e-15


def test_demo__gas__is_read_from_receipts(payload):
    assert 1_000 < payload["execution_gas"]["option_price"] < payload["execution_gas"]["black76"] < 10_000
