"""Market and risk deploy with parts that know them, and refuse all others."""

from __future__ import annotations

import pytest
from support.desk import TRADER, common_desk, refused

from pyvault.chain.addresses import created_address
from pyvault.chain.artifacts import load
from pyvault.chain.contract import deploy


def deploy_market(system, own=(), **changes):
    """A market whose parts name it where they stand in `own`, and are the suite's elsewhere."""
    maker = "0x" + "77" * 20
    at = {name: contract.address for name, contract in system.contracts.items()}
    market = created_address(maker, len(own))
    arguments = {
        "risk": lambda: (at["parameters"], at["trade_pricer"], at["partial_fill"], at["vault"], market, 6),
        "engine": lambda: (at["quote_token"], market, at["vault"]),
        "vault": lambda: (
            at["quote_token"],
            at["underlying_token"],
            at["parameters"],
            at["engine"],
            market,
            TRADER,
        ),
    }
    names = {"risk": "InventoryRisk", "engine": "MarginEngine", "vault": "LiquidityVault"}
    for name in own:
        at[name] = deploy(system.backend, load(names[name]), arguments[name](), maker).address
    at |= changes
    chosen = [at[name] for name in ("parameters", "pricer", "risk", "engine", "vault")]
    return deploy(system.backend, load("OptionMarket"), (*chosen, at.get("decimals", 6)), maker)


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ((), "market: risk of another market"),
        (("risk",), "market: engine of another market"),
        (("risk", "engine"), "market: vault of another market"),
    ],
)
def test_market__whose_parts_name_another__does_not_deploy(own, reason):
    desk = common_desk()
    with desk.kept(), refused(reason):
        deploy_market(desk.system, own)
    with desk.kept():
        deploy_market(desk.system, ("risk", "engine", "vault"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": TRADER}, "market: no parameters or pricer"),
        ({"pricer": TRADER}, "market: no parameters or pricer"),
        ({"decimals": 19}, "market: too many decimals"),
    ],
)
def test_market__of_parts_that_are_none__does_not_deploy(changes, reason):
    desk = common_desk()
    with desk.kept(), refused(reason):
        deploy_market(desk.system, ("risk", "engine", "vault"), **changes)
    with desk.kept():
        deploy_market(desk.system, ("risk", "engine", "vault"), decimals=18)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, TRADER, "risk: no parameters or pricer"),
        (1, TRADER, "risk: no parameters or pricer"),
        (2, TRADER, "risk: no parameters or pricer"),
        (5, 19, "risk: too many decimals"),
    ],
)
def test_risk__of_parts_that_are_none__does_not_deploy(place, value, reason):
    desk = common_desk()
    at = desk.system.part
    parts = [at(name).address for name in ("parameters", "trade_pricer", "partial_fill", "vault", "market")]
    arguments = [*parts, 18]
    with desk.kept():
        deploy(desk.system.backend, load("InventoryRisk"), arguments)
        arguments[place] = value
        with refused(reason):
            deploy(desk.system.backend, load("InventoryRisk"), arguments)
