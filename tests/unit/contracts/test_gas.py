"""Gas and size of the pricer: the issue's goals, and a committed snapshot that may move by 2 %."""

import json
from pathlib import Path

import pytest
from support.gas import measure

SNAPSHOT = json.loads((Path(__file__).parents[3] / "bench/gas_snapshot.json").read_text("utf-8"))
GOALS = {"option_price": 2_300, "black76": 3_000, "svi_variance": 520}


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
