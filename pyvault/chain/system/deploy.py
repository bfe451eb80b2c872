"""Stand the suite up: every contract, in one order, from one deployer, wired by the owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyvault.chain.addresses import next_addresses
from pyvault.chain.artifacts import Artifact, load
from pyvault.chain.backend import Backend
from pyvault.chain.contract import Contract, deploy
from pyvault.chain.parameters import OracleSlot, parameter
from pyvault.chain.system.values import SystemConfig, feed_answer

__all__ = ["NOBODY", "deploy_contracts"]

NOBODY = "0x" + "00" * 20

Put = Callable[..., Contract]


def deploy_contracts(backend: Backend, config: SystemConfig) -> dict[str, Contract]:
    """Contracts by the name of their duty; addresses depend on the deployer and its nonce alone."""
    made: dict[str, Contract] = {}

    def put(name: str, artifact: Artifact, *arguments: Any) -> Contract:  # noqa: ANN401 - ABI types
        made[name] = deploy(backend, artifact, arguments, config.deployer)
        return made[name]

    _put_devnet(put, config)
    settings = [
        (row.id, row.raw(value))
        for row, value in ((parameter(name), value) for name, value in config.parameters.items())
    ]
    parameters = put(
        "parameters", load("RiskParameters"), config.owner, config.guardian, config.keeper, settings
    )
    feeds = [_address(made.get(name)) for name in ("feed", "second_feed", "sequencer_feed")]
    oracle = put("spot_oracle", load("SpotOracle"), parameters.address, *feeds, config.market or NOBODY)
    surface = put("vol_surface", load("VolSurface"), parameters.address)
    put("pricer", load("OptionPricer"))
    _put_market(put, made, config)
    for slot, contract in ((OracleSlot.SPOT_ORACLE, oracle), (OracleSlot.VOL_SURFACE, surface)):
        parameters.send("schedule_oracle", int(slot), contract.address, sender=config.owner)
        parameters.send("execute_oracle", int(slot), sender=config.owner)
    return made


def _put_market(put: Put, made: dict[str, Contract], config: SystemConfig) -> None:
    """The four contracts that know each other, at addresses foretold; the market refuses any other."""
    parameters, quote = made["parameters"].address, made["quote_token"].address
    decimals = config.quote_decimals
    trade_pricer = put("trade_pricer", load("TradePricer")).address
    filler = put("partial_fill", load("PartialFill")).address
    risk, vault, engine, market = next_addresses(config.deployer, filler, 4)
    put("risk", load("InventoryRisk"), parameters, trade_pricer, filler, vault, market, decimals)
    put(
        "vault",
        load("LiquidityVault"),
        quote,
        made["underlying_token"].address,
        parameters,
        engine,
        market,
        config.lp_owner,
    )
    put("engine", load("MarginEngine"), quote, market, vault)
    pricer = made["pricer"].address
    put("market", load("OptionMarket"), parameters, pricer, risk, engine, vault, decimals)
    put("lens", load("VaultLens"), market)


def _put_devnet(put: Put, config: SystemConfig) -> None:
    """Tokens and feeds, each feed with its first round."""
    token, feed = load("DevnetToken"), load("DevnetFeed")
    put("quote_token", config.quote_token or token, "Devnet dollar", "USDC", config.quote_decimals)
    put(
        "underlying_token",
        config.underlying_token or token,
        "Devnet ether",
        "WETH",
        config.underlying_decimals,
    )
    prices = ["feed", "second_feed"] if config.has_second_feed else ["feed"]
    for name in prices:
        made = put(name, config.feed or feed, config.feed_decimals, "WETH / USDC")
        if config.spot is not None:
            answer = feed_answer(config.spot, config.feed_decimals)
            made.send("push_answer", answer, sender=config.deployer)
    if config.has_sequencer_feed:
        put("sequencer_feed", feed, 0, "sequencer").send("push_answer", 0, sender=config.deployer)


def _address(contract: Contract | None) -> str:
    return contract.address if contract else NOBODY
