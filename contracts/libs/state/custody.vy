# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Buckets of the vault
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What belongs to LPs, to the insurance fund, to the protocol and to those whom the vault owes, in sums that
         never mix. Token units unless a name says WAD.
@dev     Sums are counted, never measured: what somebody sends here unasked belongs to nobody and changes nothing.
         The balance is read only to prove, after an inflow, that the token delivered what it said.
"""

from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from ...interfaces import ILiquidityVault
from .. import constants

LEAST_DECIMALS: constant(uint256) = 6
MOST_DECIMALS: constant(uint256) = 18

QUOTE: immutable(IERC20)
UNDERLYING: immutable(IERC20)
QUOTE_UNIT_WAD: immutable(uint256)  # WAD in a unit of the quote token
UNDERLYING_UNIT_WAD: immutable(uint256)  # the same of the underlying

_lp_cash: uint256
_insurance: uint256
_protocol_fees: uint256
_settlement_owed: uint256  # funded and not yet claimed
_underlying: uint256
_receivable: uint256  # owed to the vault by those who are short; at face


@deploy
def __init__(quote_token: address, underlying_token: address):
    """
    @dev    Fix the tokens and their scales.
    """
    assert quote_token != underlying_token, "vault: one token for both"
    QUOTE = IERC20(quote_token)
    UNDERLYING = IERC20(underlying_token)
    QUOTE_UNIT_WAD = self._unit_wad(quote_token)
    UNDERLYING_UNIT_WAD = self._unit_wad(underlying_token)


@external
@view
def buckets() -> ILiquidityVault.Buckets:
    """
    @notice Every bucket.
    @return Token units: quote, and of the underlying the last.
    """
    return ILiquidityVault.Buckets(
        lp_cash=self._lp_cash,
        insurance=self._insurance,
        protocol_fees=self._protocol_fees,
        settlement_owed=self._settlement_owed,
        underlying=self._underlying,
    )


@external
@view
def quote_token() -> address:
    """
    @notice Token of all cash.
    """
    return QUOTE.address


@external
@view
def underlying_token() -> address:
    """
    @notice Token of the inventory.
    """
    return UNDERLYING.address


@internal
def _receive(amount: uint256):
    """
    @dev    Add to LP cash what has just come in.
    """
    self._lp_cash += amount
    held: uint256 = staticcall QUOTE.balanceOf(self)
    counted: uint256 = self._lp_cash + self._insurance + self._protocol_fees + self._settlement_owed
    assert held >= counted, "vault: not paid in"


@internal
def _spend(amount: uint256):
    """
    @dev    Take from LP cash what is about to leave.
    """
    self._lp_cash -= amount


@internal
def _set_aside(amount: uint256):
    """
    @dev    LP cash becomes settlement owed.
    """
    self._lp_cash -= amount
    self._settlement_owed += amount


@internal
def _give_back(amount: uint256):
    """
    @dev    Settlement owed becomes LP cash.
    """
    self._settlement_owed -= amount
    self._lp_cash += amount


@internal
def _claim(amount: uint256):
    """
    @dev    Take from settlement owed what is about to leave.
    """
    self._settlement_owed -= amount


@internal
def _share_charge(to_insurance: uint256, to_protocol: uint256):
    """
    @dev    Move parts of LP cash to the insurance fund and to the protocol.
    """
    self._lp_cash -= to_insurance + to_protocol
    self._insurance += to_insurance
    self._protocol_fees += to_protocol


@internal
def _reward(receiver: address, amount: uint256) -> bool:
    """
    @dev    Pay out of protocol fees, or leave them as they were if the token refuses the receiver: an upkeep call
            does not fail for its reward.
    @return Whether it was paid.
    """
    self._protocol_fees -= amount
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        QUOTE.address,
        abi_encode(receiver, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        revert_on_failure=False,
    )
    # A token without return value answers nothing; the constructor saw that it has code.
    is_paid: bool = success and (len(answer) == 0 or convert(answer, uint256) == 1)
    if not is_paid:
        self._protocol_fees += amount
    return is_paid


@internal
def _add_receivable(amount: uint256):
    self._receivable += amount


@internal
@view
def _net_wad(spot: uint256) -> uint256:
    """
    @dev    WAD quote of cash, inventory at spot and receivables. The inventory rounds down, against LPs.
    """
    inventory: uint256 = self._underlying * UNDERLYING_UNIT_WAD * spot // constants.WAD
    return (self._lp_cash + self._receivable) * QUOTE_UNIT_WAD + inventory


@internal
@view
def _unit_wad(token: address) -> uint256:
    """
    @dev    WAD in a unit of a token with 6 to 18 decimals.
    """
    assert token.is_contract, "vault: no token"
    decimals: uint256 = convert(staticcall IERC20Detailed(token).decimals(), uint256)
    assert LEAST_DECIMALS <= decimals and decimals <= MOST_DECIMALS, "vault: unsupported decimals"
    return 10 ** (MOST_DECIMALS - decimals)
