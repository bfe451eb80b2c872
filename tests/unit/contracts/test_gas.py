"""Gas and size of the pricer: goals on the grid, ceilings anywhere, a snapshot that may move by 2 %."""

import json
from itertools import product
from pathlib import Path

import pytest
from support.evm import ROOT, Contract, pack
from support.gas import measure
from support.grid import WAD
from support.pricer import FUNCTIONS, NOOP, PRICER
from vyper.cli.vyper_compile import compile_files

SNAPSHOT = json.loads((Path(__file__).parents[3] / "bench/gas_snapshot.json").read_text("utf-8"))
GOALS = {"option_price": 2_300, "black76": 3_000, "svi_variance": 520}
CEILINGS = {"option_price": (3_100, (WAD, 0)), "black76": (4_300, (-WAD // 100,))}  # and the last arguments


@pytest.fixture(scope="module")
def table():
    return measure()


@pytest.mark.parametrize("name", GOALS)
def test_average_gas__on_the_grid__meets_its_goal(table, name):
    assert table[name]["average"] <= GOALS[name]


def test_gas_and_size__against_the_committed_snapshot__differ_by_at_most_two_percent(table):
    assert table.keys() == SNAPSHOT.keys(), "run bench/gas.py --update"
    for name, row in SNAPSHOT.items():
        assert table[name] == pytest.approx(row, rel=0.02), f"{name}: run bench/gas.py --update and say why"


def test_noop__whose_gas_is_subtracted__has_the_pricers_abi():
    pricer, noop = (compile_files([str(ROOT / path)], ["abi"])[ROOT / path]["abi"] for path in (PRICER, NOOP))
    assert sorted(map(repr, pricer)) == sorted(map(repr, noop))


@pytest.mark.parametrize("name", CEILINGS)
def test_gas__on_every_path_through_the_domain__stays_below_its_ceiling(name):
    ceiling, last = CEILINGS[name]
    pricer, noop, low = Contract(PRICER), Contract(NOOP), 10**24
    highest = 0
    # Every number of doublings, every range of the root, volatilities from all of the tails to none.
    paths = product(range(32), (5, 6, 7), (1, 2**9, 2**18, 2**25, 2**32 - 1), range(55, 64))
    for doublings, quarters, time, volatility in paths:
        near, far = low, (low << doublings) * quarters // 4
        for forward, strike in ((near, far), (far, near)):
            data = FUNCTIONS[name].selector + pack((forward, strike, 1 << volatility, time, *last))
            highest = max(highest, pricer.gas(data) - noop.gas(data))
    assert ceiling - 150 <= highest <= ceiling
