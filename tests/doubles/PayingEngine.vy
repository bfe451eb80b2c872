# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   An engine that anyone makes pay
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault asks of a margin engine: cash of accounts, and a payment when a trade says so.
"""

from ethereum.ercs import IERC20

cash_of: public(HashMap[uint256, uint256])
total_cash: public(uint256)
_quote: IERC20
_vault: address


@external
def connect(quote: address, vault: address):
    self._quote = IERC20(quote)
    self._vault = vault


@external
def pay(amount: uint256):
    assert extcall self._quote.transfer(self._vault, amount, default_return_value=True), "engine: unpaid"


@external
def credit(account: uint256, amount: uint256):
    assert msg.sender == self._vault, "engine: not the vault"
    self.cash_of[account] += amount
    self.total_cash += amount
