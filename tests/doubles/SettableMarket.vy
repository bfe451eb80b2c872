# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   A market whose worst loss anyone sets
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault asks of a market, and the vault's market for whoever acts through it. Like the true one it asks
         the vault for its equity in turn.
"""

from ...contracts.interfaces import ILiquidityVault

WAD: constant(int256) = 10**18

_vault: ILiquidityVault
_loss: int256
_share: int256


@external
def set_vault(vault: address):
    self._vault = ILiquidityVault(vault)


@external
def set_loss(loss: int256, share: int256):
    self._loss = loss
    self._share = share


@external
@raw_return
def act(target: address, data: Bytes[1024]) -> Bytes[1024]:
    return raw_call(target, data, max_outsize=1024)


@external
@view
def worst_loss() -> (int256, int256):
    state: ILiquidityVault.TradingState = staticcall self._vault.trading_state()
    return self._loss, self._share * state.equity // WAD
