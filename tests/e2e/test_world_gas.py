"""Gas of the world's calls on a node: a snapshot that may move by 2 %, and ceilings that it may not pass."""

from __future__ import annotations

import json

import pytest
from support.tree import ROOT
from support.world_gas import drifts, fresh_node, measure_world, surface_gas

SNAPSHOT = json.loads((ROOT / "bench/world_gas_snapshot.json").read_text("utf-8"))
CEILINGS = {
    "SpotOracle.refresh, one source": 40_000,
    "SpotOracle.refresh, two sources": 60_000,
    "VolSurface.post, one expiry between two": 400_000,
    "VolSurface.post, ten expiries": 2_600_000,
    "VolSurface.slice_of": 10_000,
    "VolSurface.implied_vol": 12_000,
}


@pytest.fixture(scope="module")
def table():
    return measure_world()


def test_gas__against_the_committed_snapshot__differs_by_at_most_two_percent(table):
    found = {name: (SNAPSHOT.get(name), table.get(name)) for name in drifts(table, SNAPSHOT)}
    assert found == {}, "run bench/world_gas.py --update and say why"


@pytest.mark.parametrize("name", CEILINGS)
def test_gas__of_a_call_with_a_ceiling__stays_below_it(table, name):
    assert table[name] <= CEILINGS[name]


def test_gas__measured_again_on_another_node__is_the_same_to_the_unit(table):
    with fresh_node() as backend:
        again = surface_gas(backend)
    assert again == {name: table[name] for name in again}


def test_drifts__planted__are_found():
    snapshot = {"a": 10_000, "b": 500}
    assert drifts({"a": 10_200, "b": 490}, snapshot) == []
    assert drifts({"a": 10_201, "b": 489}, snapshot) == ["a", "b"]
    assert drifts({"a": 10_000, "c": 1}, snapshot) == ["b", "c"]
