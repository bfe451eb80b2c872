# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Equity mark
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Net assets N when they were last marked, and what was held against them: E = N - exit cost - P. Constant between
         marks, but for what LPs pay in or take out and the residues of settlements. WAD quote.
"""

from ...interfaces import ILiquidityVault

PROVISION: constant(uint256) = 0  # P: no account can owe the vault before anybody may be short

_mark: ILiquidityVault.Mark


@external
@view
def last_mark() -> ILiquidityVault.Mark:
    """
    @notice Net assets when they were last marked, with later deposits, withdrawals and residues of settlements, and
            what was held against them.
    @return WAD quote; the time zero: never marked.
    """
    return self._mark


@internal
def _set(net_assets: int256, exit_cost: uint256):
    """
    @dev    Mark anew.
    """
    self._mark = ILiquidityVault.Mark(
        net_assets=net_assets, exit_cost=exit_cost, provision=PROVISION, marked_at=block.timestamp
    )
    log ILiquidityVault.Marked(
        net_assets=net_assets, exit_cost=exit_cost, provision=PROVISION, equity=self._equity()
    )


@internal
def _move(change: int256):
    """
    @dev    Follow what LPs pay in or take out, or gain by what is owed no more.
    """
    self._mark.net_assets += change


@internal
@view
def _equity() -> int256:
    """
    @dev    E.
    """
    held_against: uint256 = self._mark.exit_cost + self._mark.provision
    return self._mark.net_assets - convert(held_against, int256)


@internal
@view
def _net_assets() -> uint256:
    """
    @dev    N, at least zero.
    """
    return convert(max(self._mark.net_assets, 0), uint256)
