# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Margin engine
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The book of traders' accounts: who may act for them, their quote cash, and their option positions.
@dev     Accounts buy, and sell what they own; selling to open waits for margin. Cash is counted, never measured:
         what somebody sends here unasked belongs to nobody. `positions_book` packs a position into one word.
@custom:kill Nothing to stop: collateral can be added and removed, and positions closed, whatever is paused.
@custom:trust The market moves positions and takes payment for them; the vault credits what it has paid in. Both are
              named at deployment and for ever. Nobody else moves an account but its owner and operators.
"""

from ethereum.ercs import IERC20

from .interfaces import IMarginEngine

implements: IMarginEngine

from .libs.state import positions_book as book

initializes: book

CASH_AT: constant(uint256) = 160
OWNER_MASK: constant(uint256) = 2**160 - 1
MAX_CASH: constant(uint256) = 2**96 - 1

QUOTE: immutable(address)
MARKET: immutable(address)
VAULT: immutable(address)

account_count: public(uint256)
total_cash: public(uint256)

_heads: HashMap[uint256, uint256]  # account -> owner 160 | cash 96, token units
_operators: HashMap[uint256, HashMap[address, bool]]


@deploy
def __init__(quote_token: address, market: address, vault: address):
    """
    @param  quote_token Token of all cash.
    @param  market The option market; may be deployed after this contract.
    @param  vault The liquidity vault; may be deployed after this contract.
    """
    assert quote_token.is_contract, "margin: no quote token"
    assert market != empty(address) and vault != empty(address), "margin: no market or vault"
    QUOTE = quote_token
    MARKET = market
    VAULT = vault


# Accounts


@external
def open_account() -> uint256:
    """
    @notice Open an account of the caller.
    @return Its id; ids count from 1.
    """
    account: uint256 = self.account_count + 1
    self.account_count = account
    self._heads[account] = convert(msg.sender, uint256)
    log IMarginEngine.AccountOpened(account=account, owner=msg.sender)
    return account


@external
def set_operator(account: uint256, operator: address, is_operator: bool):
    """
    @notice Let another trade for an account and withdraw to its owner, or no longer.
    @param  account Of the caller.
    @param  operator Who.
    @param  is_operator Whether.
    """
    assert msg.sender == self._owner(self._heads[account]), "margin: not the owner"
    self._operators[account][operator] = is_operator
    log IMarginEngine.OperatorSet(account=account, operator=operator, is_operator=is_operator)


@external
def add_collateral(account: uint256, token: address, amount: uint256):
    """
    @notice Pay into any account; nothing stops this.
    @param  account An existing account.
    @param  token The quote token.
    @param  amount Token units, which the caller has approved; what arrives must be as much.
    """
    assert token == QUOTE, "margin: not a collateral token"
    head: uint256 = self._heads[account]
    assert head != 0, "margin: no such account"
    before: uint256 = staticcall IERC20(token).balanceOf(self)
    assert extcall IERC20(token).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "margin: transfer failed"
    received: uint256 = staticcall IERC20(token).balanceOf(self) - before
    assert received == amount, "margin: received another amount"
    balance: uint256 = self._add_cash(account, head, amount)
    log IMarginEngine.CollateralAdded(
        account=account, sender=msg.sender, token=token, amount=amount, balance=balance
    )


@external
def remove_collateral(account: uint256, token: address, amount: uint256):
    """
    @notice Pay out to the owner of an account.
    @param  account Of the caller, or one that he operates.
    @param  token The quote token.
    @param  amount Token units; at most its cash.
    """
    head: uint256 = self._heads[account]
    self._check_may_act(account, head, msg.sender)
    assert token == QUOTE, "margin: not a collateral token"
    balance: uint256 = self._take_cash(account, head, amount)
    owner: address = self._owner(head)
    log IMarginEngine.CollateralRemoved(
        account=account, receiver=owner, token=token, amount=amount, balance=balance
    )
    assert extcall IERC20(token).transfer(owner, amount, default_return_value=True), "margin: transfer failed"


# Market and vault


@external
@view
def begin_trade(
    account: uint256, caller: address, legs: DynArray[IMarginEngine.Leg, book.MAX_LEGS]
) -> DynArray[int256, book.MAX_LEGS]:
    """
    @notice Positions of an account in the series of the legs.
    @param  account Id.
    @param  caller Who trades; its owner or an operator.
    @param  legs Series that are asked for.
    @return WAD contracts, one a leg.
    """
    self._check_may_act(account, self._heads[account], caller)
    return book._quantities(account, legs)


@external
def apply_trade(account: uint256, legs: DynArray[IMarginEngine.Leg, book.MAX_LEGS], payment: uint256):
    """
    @notice Change positions by a trade and pay the vault; the caller of the trade was checked by `begin_trade`.
    @param  account Id.
    @param  legs Changes of positions; different series.
    @param  payment Token units that the account pays; what it receives comes by `credit`.
    """
    assert msg.sender == MARKET, "margin: not the market"
    book._change(account, legs)
    if payment > 0:
        self._take_cash(account, self._heads[account], payment)
        assert extcall IERC20(QUOTE).transfer(VAULT, payment, default_return_value=True), "margin: transfer failed"


@external
def remove_expiry(account: uint256, expiry: uint256) -> DynArray[IMarginEngine.Position, book.MAX_POSITIONS]:
    """
    @notice Take the positions of an expiry out of an account; the market pays for them.
    @param  account Id.
    @param  expiry Unix seconds.
    @return What was taken out.
    """
    assert msg.sender == MARKET, "margin: not the market"
    return book._remove_expiry(account, expiry)


@external
def credit(account: uint256, amount: uint256):
    """
    @notice Book cash that the vault has paid in before this call.
    @param  account An existing account.
    @param  amount Token units.
    """
    assert msg.sender == VAULT, "margin: not the vault"
    self._add_cash(account, self._heads[account], amount)
    assert staticcall IERC20(QUOTE).balanceOf(self) >= self.total_cash, "margin: not paid in"


# Reading


@external
@view
def owner_of(account: uint256) -> address:
    """
    @notice Owner of an account.
    @param  account Id.
    @return Zero if there is no such account.
    """
    return self._owner(self._heads[account])


@external
@view
def is_operator(account: uint256, operator: address) -> bool:
    """
    @notice Whether somebody may act for an account without owning it.
    @param  account Id.
    @param  operator Who.
    """
    return self._operators[account][operator]


@external
@view
def cash_of(account: uint256) -> uint256:
    """
    @notice Quote cash.
    @param  account Id.
    @return Token units.
    """
    return self._heads[account] >> CASH_AT


@external
@view
def positions_of(account: uint256) -> DynArray[IMarginEngine.Position, book.MAX_POSITIONS]:
    """
    @notice Every position.
    @param  account Id.
    @return Series and WAD contracts, in no order that means anything.
    """
    return book._all(account)


@external
@view
def market() -> address:
    """
    @notice The only contract that trades for accounts.
    """
    return MARKET


@external
@view
def vault() -> address:
    """
    @notice The only contract that pays accounts.
    """
    return VAULT


@external
@view
def quote_token() -> address:
    """
    @notice Token of all cash.
    """
    return QUOTE


# Inside


@internal
@view
def _check_may_act(account: uint256, head: uint256, caller: address):
    """
    @dev    Refuses whoever neither owns nor operates an account.
    """
    assert head != 0, "margin: no such account"
    assert caller == self._owner(head) or self._operators[account][caller], "margin: not owner nor operator"


@internal
@pure
def _owner(head: uint256) -> address:
    return convert(head & OWNER_MASK, address)


@internal
def _add_cash(account: uint256, head: uint256, amount: uint256) -> uint256:
    """
    @return Cash after.
    """
    previous: uint256 = head >> CASH_AT
    current: uint256 = previous + amount
    assert current <= MAX_CASH, "margin: too much cash"
    self.total_cash += amount
    self._write_cash(account, head, previous, current)
    return current


@internal
def _take_cash(account: uint256, head: uint256, amount: uint256) -> uint256:
    """
    @return Cash after.
    """
    previous: uint256 = head >> CASH_AT
    assert amount <= previous, "margin: not enough cash"
    self.total_cash -= amount
    self._write_cash(account, head, previous, previous - amount)
    return previous - amount


@internal
def _write_cash(account: uint256, head: uint256, previous: uint256, current: uint256):
    self._heads[account] = head & OWNER_MASK | current << CASH_AT
    log IMarginEngine.CashChanged(account=account, previous=previous, current=current)
