"""Gas of the book of an expiry: its exposures and its stress losses stay below their ceilings."""

from __future__ import annotations

import math

import pytest
from support.evm import Contract
from support.probe import probe_artifact
from support.trades import SCALES, book, position
from support.vol_surface import wad

from pyvault.chain.codec import functions

PROBE = "tests/support/contracts/BookProbe.vy"
STRIKES = 16
CEILINGS = {
    "sums": 84_000,
    "stress": 475_000,
}  # of 16 strikes; the second with their values, as a refresh takes it
LEG = 55_000  # values and stress of a new strike alone


@pytest.fixture(scope="module")
def net_gas():
    contract, calls = Contract(PROBE), functions(probe_artifact("BookProbe"))

    def measure(name, spot, held):
        arguments = (wad(spot), held)
        spent, nothing = (contract.gas(calls[each].encode(arguments)) for each in (name, f"no_{name}"))
        return spent - nothing

    return measure


def ladder(spot, days, strikes):
    """Strikes even in the logarithm within two and a half deviations, long and short."""
    deviation = 0.7 * math.sqrt(days / 365)
    steps = [-2.5 + 5 * i / max(1, strikes - 1) for i in range(strikes)]
    return [position(spot * math.exp(deviation * step), wad(5), -wad(3)) for step in steps]


@pytest.mark.parametrize("spot", SCALES)
@pytest.mark.parametrize("days", [0.01, 1, 30, 365])
@pytest.mark.parametrize("name", CEILINGS)
def test_gas__of_sixteen_strikes__stays_below_its_ceiling(net_gas, name, days, spot):
    held = book(ladder(spot, days, STRIKES), days=days, vol=0.7)
    assert net_gas(name, spot, held) <= CEILINGS[name]


@pytest.mark.parametrize("spot", SCALES)
def test_gas__of_the_stress_of_one_strike__stays_below_what_a_trade_can_bear(net_gas, spot):
    assert net_gas("stress", spot, book(ladder(spot, 30, 1), days=30, vol=0.7)) <= LEG
