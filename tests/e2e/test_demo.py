"""The demonstration, end to end on Anvil."""

import json
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest

from pyvault.chain.revm import RevmBackend
from pyvault.cli.demo_day import day_payload, day_tables, market_payload
from pyvault.demo.market_day import live_one_day
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import fit_surface


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


def test_demo__of_a_day__accepts_honest_posts_and_refuses_the_rest_with_reasons(payload):
    posts = payload["day"]["posts"]
    honest = [each for each in posts if each["post"].startswith(("first", "variance"))]
    assert len(honest) == 4
    assert all(each["accepted"] for each in honest)
    refused = {each["post"]: each["reason"] for each in posts if not each["accepted"]}
    assert refused == {
        "ten points at once": "surface: step too large",
        "skew turned over": "surface: step too large",
        "carry pumped by a quarter": "surface: forward step too large",
        "expiries out of order": "surface: expiries not ascending",
        "an expiry nobody listed": "surface: not listed",
        "an expiry that has passed": "surface: expired",
    }


def test_demo__of_a_day__fixes_the_expiry_that_passed(payload):
    (settled,) = payload["day"]["settlements"].values()
    assert 2_000.0 < settled < 4_500.0
    assert payload["day"]["rounds"] >= 24


def test_demo__of_the_market__trades_settles_and_conserves_every_unit(payload):
    assert payload["trades"] > 50
    assert payload["expiries_settled"] == 1
    assert len(payload["conservation"]) == 6
    assert set(payload["conservation"].values()) == {0}
    assert payload["nav"] == pytest.approx(10_000_000.0, rel=0.01)
    assert payload["nav"] != 10_000_000.0


def test_demo__after_a_purchase__asks_and_bids_more_for_calls_and_never_crosses_the_mid(payload):
    opening = payload["opening"]
    rows = list(zip(opening["before"], opening["after"], strict=True))
    assert len(rows) == 10
    for before, after in rows:
        assert before["bid"] < before["mid"] < before["ask"]
        assert after["bid"] < after["mid"] < after["ask"]
        if before["is_call"]:
            assert after["bid"] > before["bid"]
            assert after["ask"] > before["ask"]


def test_demo__of_a_quote__takes_the_half_spread_apart_without_a_rest(payload):
    reason = payload["opening"]["reason"]
    assert sum(reason["parts"].values()) == pytest.approx(reason["half_spread"], rel=1e-12)
    assert reason["inventory_charge"] > 0.0
    whole = reason["mid"] * reason["quantity"] + reason["inventory_charge"] + reason["half_spread"]
    assert reason["total"] == pytest.approx(whole, abs=2e-6)
    assert reason["refusal"] == "PASSES"


@pytest.mark.parametrize("days", [2, 8])
def test_day__whose_first_expiry_lies_beyond_it__tells_of_every_post_that_was_made(days):
    market = synthetic_chain()
    late = market.expiry > market.timestamp + days * 86_400
    arrays = {
        each.name: getattr(market, each.name)[late]
        for each in fields(market)
        if isinstance(getattr(market, each.name), np.ndarray)
    }
    chain = replace(market, **arrays)
    backend = RevmBackend(timestamp=int(chain.timestamp) - 3_600)
    day = live_one_day(backend, chain, fit_surface(chain), seed=1)
    told = day_payload(day)
    assert [each["post"] for each in told["posts"]][-1] == "variance up by 0.2 %"
    assert len(told["posts"]) == 9
    assert told["settlements"] == {}
    assert market_payload(day)["expiries_settled"] == 0
    assert set(day.residuals.values()) == {0}
    assert len(list(day_tables(day))) > 5
