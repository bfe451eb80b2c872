# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Valuer
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Has the positions of a market and asks another InventoryRisk for their value: what the market keeps to
         itself of the answer can be read.
"""

from contracts.interfaces import IInventoryRisk
from contracts.interfaces import IOptionMarket
from contracts.interfaces import ISpotOracle

MARKET: immutable(IOptionMarket)


@deploy
def __init__(market: address):
    MARKET = IOptionMarket(market)


@external
def revalue(
    inventory_risk: address, expiry: uint256, oracle: ISpotOracle, live: DynArray[uint256, 10]
) -> IInventoryRisk.Mark:
    return extcall IInventoryRisk(inventory_risk).revalue(expiry, oracle, live)


@external
@view
def positions(expiry: uint256) -> DynArray[uint256, 20]:
    return staticcall MARKET.positions(expiry)


@external
@view
def interest_rate(expiry: uint256) -> uint256:
    return staticcall MARKET.interest_rate(expiry)
