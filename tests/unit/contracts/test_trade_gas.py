"""Gas of a trade and of a partial fill, net of an ABI-identical no-op, and the sizes of both contracts."""

from __future__ import annotations

import math

import pytest
from support.evm import Contract
from support.gas import RUNTIME_PADDING
from support.governance import artifact_of
from support.trades import NONE, SCALES, book, call, conditions, position
from support.vol_surface import wad

from pyvault.chain.codec import functions
from pyvault.exact.evaluation import evaluate
from pyvault.units import WAD

STRIKES = 16
ONE_LEG, FOUR_LEGS, PART = 154_000, 263_000, 183_000
LARGEST_CODE = 22_000


@pytest.fixture(scope="module")
def contracts():
    paths = {"evaluate": "contracts/TradePricer.vy", "largest_fill": "contracts/PartialFill.vy"}
    return {name: Contract(path) for name, path in paths.items()}


@pytest.fixture(scope="module")
def net_gas(contracts):
    noop = Contract("tests/support/contracts/NoopTradePricer.vy")
    calls = functions(artifact_of("TradePricer.vy")) | functions(artifact_of("PartialFill.vy"))

    def measure(name, *arguments):
        data = calls[name].encode(arguments)
        return contracts[name].gas(data) - noop.gas(data)

    return measure


def ladder(spot, days=30.0):
    deviation = 0.8 * math.sqrt(days / 365)
    strikes = [spot * math.exp(deviation * (-2.5 + i / 3)) for i in range(STRIKES)]
    held = [position(strike, wad(500 / spot), -wad(300 / spot)) for strike in strikes]
    return book(held, days=days, flow=10**22, flow_age_s=100, flow_atm_vol=8 * 10**17)


@pytest.mark.parametrize("spot", SCALES)
def test_gas__of_a_leg_among_sixteen_strikes__stays_below_its_ceiling(net_gas, spot):
    leg = call(wad(3_000 / spot), strike=8)
    assert net_gas("evaluate", conditions(spot), NONE, [ladder(spot)], [leg]) <= ONE_LEG


def test_gas__of_a_package_of_four_legs__stays_below_its_ceiling(net_gas):
    legs = [call(WAD * (-1) ** i, strike=3 * i) for i in range(4)]
    assert net_gas("evaluate", conditions(), NONE, [ladder(3_000.0)], legs) <= FOUR_LEGS


@pytest.mark.parametrize("size", [WAD // 1_000, WAD, 1_000 * WAD])
@pytest.mark.parametrize("share", [0.1, 0.9])
@pytest.mark.parametrize("sign", [1, -1])
def test_gas__of_a_partial_fill__stays_below_its_ceiling(net_gas, size, share, sign):
    trade = conditions(), NONE, [ladder(3_000.0)]
    leg = call(sign * size, strike=8)
    limit = int(evaluate(*trade, [leg]).total * share)
    assert net_gas("largest_fill", *trade, leg, limit) <= PART


def test_code__of_both__fits(contracts):
    for contract in contracts.values():
        assert len(contract.code) - RUNTIME_PADDING <= LARGEST_CODE
