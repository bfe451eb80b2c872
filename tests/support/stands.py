"""Every contract that deploys, each ready to be called, with an address for each of its roles."""

from __future__ import annotations

from functools import cache

from support.governance import (
    GUARDIAN,
    KEEPER,
    LOOSENING,
    NEW_OWNER,
    NOBODY,
    OWNER,
    STRANGER,
    Governed,
    artifact_of,
)

from pyvault.chain.artifacts import CONTRACTS
from pyvault.chain.backend import DEPLOYER
from pyvault.chain.build import deployables
from pyvault.chain.contract import deploy
from pyvault.chain.parameters import Role
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import System, SystemConfig

PATHS = {path.stem: path.relative_to(CONTRACTS).as_posix() for path in deployables()}
OUTSIDERS = {"stranger": STRANGER}


MARKET = "0x" + "F6" * 20
ENGINE = "0x" + "E7" * 20
LP_OWNER = "0x" + "D8" * 20
VAULT = "0x" + "C9" * 20
ACCOUNT_OWNER = "0x" + "AA" * 20
OPERATOR = "0x" + "BA" * 20


def risk_parameters(backend):
    """With an ownership ripe to be accepted."""
    governed = Governed(backend=backend)
    governed.send("schedule_role", Role.OWNER, NEW_OWNER)
    governed.backend.warp(LOOSENING)
    holders = {"owner": OWNER, "guardian": GUARDIAN, "keeper": KEEPER, "new_owner": NEW_OWNER}
    return governed.contract, holders


def devnet_token(backend):
    """With a second minter beside the deployer."""
    contract = deploy(backend, artifact_of(PATHS["DevnetToken"]), ("USD Coin", "USDC", 6))
    contract.send("set_minter", KEEPER, True, sender=DEPLOYER)  # noqa: FBT003 - the ABI's flag
    return contract, {"owner": DEPLOYER, "minter": KEEPER}


def devnet_feed(backend):
    return deploy(backend, artifact_of(PATHS["DevnetFeed"]), (8, "ETH / USD")), {"owner": DEPLOYER}


def liquidity_vault(backend):
    """With a market and an engine that are mere addresses."""
    governed = Governed(backend=backend)
    tokens = [
        deploy(governed.backend, artifact_of(PATHS["DevnetToken"]), arguments).address
        for arguments in (("USD Coin", "USDC", 6), ("Wrapped Ether", "WETH", 18))
    ]
    arguments = (*tokens, governed.address, ENGINE, MARKET, LP_OWNER)
    contract = deploy(governed.backend, artifact_of(PATHS["LiquidityVault"]), arguments)
    return contract, {"owner": OWNER, "guardian": GUARDIAN, "market": MARKET, "lp_owner": LP_OWNER}


def inventory_risk(backend):
    """With a market and a vault that are mere addresses."""
    governed = Governed(backend=backend)
    pricers = [deploy(backend, artifact_of(PATHS[name])).address for name in ("TradePricer", "PartialFill")]
    arguments = (governed.address, *pricers, VAULT, MARKET, 6)
    contract = deploy(backend, artifact_of(PATHS["InventoryRisk"]), arguments)
    return contract, {"owner": OWNER, "guardian": GUARDIAN, "keeper": KEEPER, "market": MARKET}


def margin_engine(backend):
    """With an account and its operator, and a market and a vault that are mere addresses."""
    token = deploy(backend, artifact_of(PATHS["DevnetToken"]), ("USD Coin", "USDC", 6))
    arguments = (token.address, MARKET, VAULT)
    contract = deploy(backend, artifact_of(PATHS["MarginEngine"]), arguments)
    return contract, {"market": MARKET, "vault": VAULT} | opened_account(contract)


def option_market(backend):
    """The whole suite, with an account and its operator."""
    suite = System.deploy(backend, SystemConfig(owner=OWNER, guardian=GUARDIAN, keeper=KEEPER))
    named = {"owner": OWNER, "guardian": GUARDIAN, "keeper": KEEPER, "lp_owner": suite.config.lp_owner}
    return suite.part("market"), named | opened_account(suite.part("engine"))


def vault_lens(backend):
    """That of a whole suite; nobody acts."""
    return System.deploy(backend, SystemConfig()).part("lens"), {}


def opened_account(engine):
    """Account 1 with an operator; who they are."""
    engine.send("open_account", sender=ACCOUNT_OWNER)
    engine.send("set_operator", 1, OPERATOR, True, sender=ACCOUNT_OWNER)  # noqa: FBT003 - the ABI's flag
    return {"account_owner": ACCOUNT_OWNER, "operator": OPERATOR}


def pure(name):
    """Stand of a contract that takes nothing and lets nobody do anything."""
    return lambda backend: (deploy(backend, artifact_of(PATHS[name])), {})


def spot_oracle(backend):
    """With one feed that has answered."""
    governed = Governed(backend=backend)
    feed = deploy(governed.backend, artifact_of(PATHS["DevnetFeed"]), (8, "ETH / USD"))
    feed.send("push_answer", 3_000 * 10**8, sender=DEPLOYER)
    arguments = (governed.address, feed.address, NOBODY, NOBODY, MARKET)
    contract = deploy(governed.backend, artifact_of(PATHS["SpotOracle"]), arguments)
    return contract, {"owner": OWNER, "guardian": GUARDIAN, "keeper": KEEPER, "market": MARKET}


def vol_surface(backend):
    governed = Governed(backend=backend)
    contract = deploy(governed.backend, artifact_of(PATHS["VolSurface"]), (governed.address,))
    return contract, {"owner": OWNER, "guardian": GUARDIAN, "keeper": KEEPER}


STANDS = {
    "DevnetFeed": devnet_feed,
    "DevnetToken": devnet_token,
    "InventoryRisk": inventory_risk,
    "LiquidityVault": liquidity_vault,
    "MarginEngine": margin_engine,
    "OptionMarket": option_market,
    "OptionPricer": pure("OptionPricer"),
    "PartialFill": pure("PartialFill"),
    "RiskParameters": risk_parameters,
    "SpotOracle": spot_oracle,
    "TradePricer": pure("TradePricer"),
    "VaultLens": vault_lens,
    "VolSurface": vol_surface,
}


@cache
def stand(name):
    """One contract in process, with its roles; tests that change it take a snapshot."""
    return STANDS[name](RevmBackend())
