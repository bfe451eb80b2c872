"""Gas of the market's calls on a node: a snapshot that may move by 2 %, and the ceilings that are met."""

from __future__ import annotations

import json

import pytest
from support.market_gas import measure_market
from support.tree import ROOT
from support.world_gas import drifts

SNAPSHOT = json.loads((ROOT / "bench/market_gas_snapshot.json").read_text("utf-8"))
CEILINGS = {  # as docs/gas.md explains them
    "buy to open, a first position": 585_000,
    "buy to open, more of a position": 568_000,
    "sell to close": 552_000,
    "package of four legs, three of them first positions": 817_000,
    "refresh": 821_000,
}


@pytest.fixture(scope="module")
def table():
    return measure_market()


def test_gas__of_the_market_against_the_committed_snapshot__differs_by_at_most_two_percent(table):
    found = {name: figure.gas for name, figure in table.items()}
    known = {name: figure["gas"] for name, figure in SNAPSHOT.items()}
    assert drifts(found, known) == [], "run bench/market_gas.py --update and say why"


@pytest.mark.parametrize("name", CEILINGS)
def test_gas__of_a_call_of_the_market__stays_below_its_ceiling(table, name):
    assert table[name].gas <= CEILINGS[name]


def test_parts__of_every_figure__add_up_to_it(table):
    for figure in table.values():
        assert sum(figure.parts.values()) == figure.gas


def test_figure__of_a_trade__pays_for_the_pricer_and_for_the_books_of_the_risk(table):
    parts = table["buy to open, more of a position"].parts
    assert parts["trade_pricer"] > 100_000
    assert parts["risk"] > 15 * 5_000  # fifteen words, cold and changed
