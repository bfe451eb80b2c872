# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Liquidity vault
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Custody of what LPs own and of what the vault owes, and the mark of its equity. LP cash pays trades and
         settlements; what it cannot pay is a debt of the first rank, which every later inflow funds before it serves
         anything else, fees included. Amounts in token units unless a name says WAD.
@dev     `custody` counts, `debts` queues, `equity` marks, `upkeep` rewards; this contract checks who calls, joins them and
         moves tokens. Everything it pays goes to the margin engine, where the account can take it out, but for rewards.
@custom:kill A pause of deposits stops deposits. Nothing stops payments to traders.
@custom:trust The market says what a trade costs, what an expiry owes and what the options are worth; the engine books
              what it is paid. Both are named at deployment and for ever. The LP owner takes out LP cash beyond debts,
              buffer and worst loss; nobody takes out the insurance fund.
"""

from ethereum.ercs import IERC20

from .interfaces import ILiquidityVault
from .interfaces import IMarginEngine
from .interfaces import IOptionMarket
from .interfaces import IRiskParameters
from .libs import constants
from .libs import parameters
from .libs.state import custody
from .libs.state import debts
from .libs.state import equity
from .libs.state import upkeep

implements: ILiquidityVault
initializes: custody
initializes: debts[custody := custody]
initializes: equity
initializes: upkeep

exports: (
    # What is here
    custody.buckets,
    custody.quote_token,
    custody.underlying_token,
    # What is owed
    debts.debt,
    debts.entitlement_of,
    debts.open_debts,
    debts.unfunded,
    # What it is worth
    equity.last_mark,
)

PRICE_WAD: constant(uint256) = 10**10  # WAD in a unit of PRICE
FEE_WORD: constant(uint256) = parameters.INSURANCE_SHARE // parameters.LANES

RISK: immutable(IRiskParameters)
ENGINE: immutable(IMarginEngine)
MARKET: immutable(address)
LP_OWNER: immutable(address)


@deploy
def __init__(
    quote_token: address,
    underlying_token: address,
    risk_parameters: address,
    margin_engine: address,
    option_market: address,
    lp_owner: address,
):
    """
    @notice Name everybody whom the vault deals with, for ever.
    @param  quote_token Token of all cash, 6 to 18 decimals.
    @param  underlying_token Token of the inventory, 6 to 18 decimals; the native coin's wrapped form.
    @param  risk_parameters RiskParameters.
    @param  margin_engine MarginEngine; may be deployed after this contract.
    @param  option_market OptionMarket; may be deployed after this contract.
    @param  lp_owner Who pays in and takes out.
    """
    custody.__init__(quote_token, underlying_token)
    assert risk_parameters.is_contract, "vault: no parameters"
    assert margin_engine != empty(address) and option_market != empty(address), "vault: no engine or market"
    assert lp_owner != empty(address), "vault: no lp owner"
    RISK = IRiskParameters(risk_parameters)
    ENGINE = IMarginEngine(margin_engine)
    MARKET = option_market
    LP_OWNER = lp_owner


# LPs


@external
def deposit(amount: uint256):
    """
    @notice Add to LP cash.
    @param  amount Token units, which the LP owner has approved; what arrives must be as much.
    """
    self._check_lp_owner()
    assert staticcall RISK.paused() & parameters.PAUSE_DEPOSITS == 0, "vault: deposits are paused"
    held: uint256 = staticcall custody.QUOTE.balanceOf(self)
    assert extcall custody.QUOTE.transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "vault: transfer failed"
    assert staticcall custody.QUOTE.balanceOf(self) == held + amount, "vault: received another amount"
    custody._receive(amount)
    debts._fund()
    equity._move(self._signed_wad(amount))
    log ILiquidityVault.Deposited(provider=msg.sender, amount=amount)


@external
def withdraw(amount: uint256):
    """
    @notice Take from LP cash what neither debts nor the worst loss of the book need.
    @param  amount Token units.
    """
    self._check_lp_owner()
    assert debts.unfunded == 0, "vault: debts come first"
    assert amount <= custody._lp_cash, "vault: not enough cash"
    custody._spend(amount)
    equity._move(-self._signed_wad(amount))
    self._check_what_remains()
    log ILiquidityVault.Withdrawn(provider=msg.sender, amount=amount)
    assert extcall custody.QUOTE.transfer(
        msg.sender, amount, default_return_value=True
    ), "vault: transfer failed"


# Market


@external
def book_trade(account: uint256, cash_change: int256, charge: uint256):
    """
    @notice Book the cash of a trade.
    @param  account Id of the trader's account.
    @param  cash_change Positive: what the engine has paid in before this call. Negative: what the account receives, now
            as far as free cash goes; the rest is owed to it.
    @param  charge What was collected over mid and inventory, part of `cash_change`; it is shared as free cash allows.
    """
    self._check_market()
    payment: uint256 = 0
    if cash_change > 0:
        custody._receive(convert(cash_change, uint256))
        if debts.unfunded > 0:  # the queue is two cold words
            debts._fund()
    elif cash_change < 0:
        payment = self._spend_or_owe(account, convert(-cash_change, uint256))
    self._share_charge(cash_change, charge)
    self._pay(account, payment)


@external
def mark(option_value: int256, exit_cost: uint256, spot: uint256):
    """
    @notice Set the equity mark.
    @param  option_value WAD quote: the vault's options at mark.
    @param  exit_cost WAD quote: what it would cost to be rid of them.
    @param  spot WAD quote per underlying.
    """
    self._check_market()
    assets: int256 = convert(custody._net_wad(spot), int256) + option_value
    equity._set(assets - self._signed_wad(debts.unfunded), exit_cost)


@external
def book_settlement(expiry: uint256, owed: uint256, receivable: uint256):
    """
    @notice Owe the longs of an expiry their payoff, funded from LP cash as far as it goes; it cannot fail for want of it.
    @param  expiry Unix seconds; once.
    @param  owed Token units, at least the sum of all entitlements.
    @param  receivable Token units that the shorts owe.
    """
    self._check_market()
    debts._book(expiry, owed)
    custody._add_receivable(receivable)


@external
def pay_settlement(expiry: uint256, account: uint256, entitlement: uint256, is_last: bool) -> uint256:
    """
    @notice Pay an account the funded share of its entitlement; `claim` pays the rest as it arrives.
    @param  expiry Unix seconds.
    @param  account Id; once.
    @param  entitlement Token units.
    @param  is_last Whether all others have come: what is owed beyond the entitlements then goes to LP cash.
    @return Token units paid now.
    """
    self._check_market()
    debts._entitle(expiry, account, entitlement)
    if is_last:
        equity._move(self._signed_wad(debts._close(expiry)))
        debts._fund()
    return self._draw(expiry, account)


@external
def reward(caller: address, gas_used: uint256, spot: uint256) -> uint256:
    """
    @notice Pay for an upkeep call from protocol fees. Never fails: a reward that cannot be paid is forgone.
    @param  caller Who made it.
    @param  gas_used Its gas.
    @param  spot WAD quote per underlying.
    @return Token units; zero: no fees, no budget left, or the token refuses the caller.
    """
    self._check_market()
    # Rounds down, in favour of the protocol.
    budget: uint256 = staticcall RISK.value(parameters.REWARD_BUDGET) * PRICE_WAD // custody.QUOTE_UNIT_WAD
    due: uint256 = upkeep._due(gas_used, spot, custody.QUOTE_UNIT_WAD, budget)
    amount: uint256 = min(due, custody._protocol_fees)
    if amount == 0 or not custody._reward(caller, amount):
        return 0
    upkeep._spend(amount)
    log ILiquidityVault.Rewarded(caller=caller, amount=amount)
    return amount


# Anyone


@external
def claim(debt_id: uint256, account: uint256) -> uint256:
    """
    @notice Pay an account what has been funded since.
    @param  debt_id An expiry, or the id of closing sales in `DebtBooked`.
    @param  account Id.
    @return Token units.
    """
    return self._draw(debt_id, account)


@external
def fund_debts():
    """
    @notice Set LP cash aside for the four oldest debts: every inflow does this; more debts than that take more calls.
    """
    debts._fund()


# Reading


@external
@view
@reentrant
def trading_state() -> ILiquidityVault.TradingState:
    """
    @notice What a quote needs to know of the vault.
    @dev    Readable inside a call, for `withdraw` asks the market about what remains: the market asks this. Every sum is
            written before a token leaves, and after it has come.
    @return Equity mark, cover, free cash and delta; WAD.
    """
    return ILiquidityVault.TradingState(
        equity=equity._equity(),
        cover=equity._net_assets(),
        free_cash=debts._free_cash() * custody.QUOTE_UNIT_WAD,
        delta=convert(custody._underlying * custody.UNDERLYING_UNIT_WAD, int256),
    )


@external
@view
def market() -> address:
    """
    @notice The only contract that trades for the vault.
    """
    return MARKET


@external
@view
def margin_engine() -> address:
    """
    @notice The contract that holds the accounts which the vault pays.
    """
    return ENGINE.address


@external
@view
def risk_parameters() -> address:
    """
    @notice Where shares, buffers and budgets are governed.
    """
    return RISK.address


@external
@view
def lp_owner() -> address:
    """
    @notice Who pays in and takes out.
    """
    return LP_OWNER


# Inside


@internal
def _spend_or_owe(account: uint256, amount: uint256) -> uint256:
    """
    @dev    Take what an account receives from free cash, and owe it the rest.
    @return What is to be paid.
    """
    paid: uint256 = min(amount, debts._free_cash())
    custody._spend(paid)
    if paid < amount:
        debts._owe(account, amount - paid)
    return paid


@internal
def _draw(debt_id: uint256, account: uint256) -> uint256:
    """
    @dev    Pay what an account may have of a debt now.
    """
    amount: uint256 = debts._draw(debt_id, account)
    self._pay(account, amount)
    return amount


@internal
def _pay(account: uint256, amount: uint256):
    """
    @dev    Move tokens that have left their bucket to an account of the engine.
    """
    if amount == 0:
        return
    assert extcall custody.QUOTE.transfer(
        ENGINE.address, amount, default_return_value=True
    ), "vault: transfer failed"
    extcall ENGINE.credit(account, amount)


@internal
def _share_charge(cash_change: int256, charge: uint256):
    """
    @dev    Share what was collected between the insurance fund, until it has reached its target, the protocol, and LP
            cash: debts come before either. Shares round down, in favour of LPs.
    """
    words: DynArray[uint256, parameters.WORDS] = staticcall RISK.words(FEE_WORD, 1)
    target: uint256 = (
        equity._net_assets() * self._lane(words[0], parameters.INSURANCE_TARGET) // constants.WAD
    ) // custody.QUOTE_UNIT_WAD
    missing: uint256 = target - min(target, custody._insurance)
    free: uint256 = debts._free_cash()
    insured: uint256 = charge * self._lane(words[0], parameters.INSURANCE_SHARE) // constants.WAD
    to_insurance: uint256 = min(min(insured, missing), free)
    earned: uint256 = charge * self._lane(words[0], parameters.PROTOCOL_SHARE) // constants.WAD
    to_protocol: uint256 = min(earned, free - to_insurance)
    custody._share_charge(to_insurance, to_protocol)
    log ILiquidityVault.TradeBooked(
        cash_change=cash_change, charge=charge, to_insurance=to_insurance, to_protocol=to_protocol
    )


@internal
@view
def _check_what_remains():
    """
    @dev    What is left after a withdrawal must carry the book: the market's limit is that of the equity left.
    """
    remaining: int256 = equity._equity()
    assert remaining >= 0, "vault: more than equity"
    share: uint256 = staticcall RISK.value(parameters.CASH_BUFFER)
    # Rounds down, in favour of the LP owner, by less than a unit of any token.
    buffer: uint256 = convert(remaining, uint256) * share // constants.WAD
    assert custody._lp_cash * custody.QUOTE_UNIT_WAD >= buffer, "vault: below the cash buffer"
    loss: int256 = 0
    limit: int256 = 0
    loss, limit = staticcall IOptionMarket(MARKET).worst_loss()
    assert loss <= limit, "vault: worst loss too large"


@internal
@view
def _signed_wad(amount: uint256) -> int256:
    return convert(amount * custody.QUOTE_UNIT_WAD, int256)


@internal
@pure
def _lane(word: uint256, parameter_id: uint256) -> uint256:
    return (word >> (parameters.LANE_BITS * (parameter_id % parameters.LANES))) & parameters.LANE_MASK


@internal
@view
def _check_market():
    assert msg.sender == MARKET, "vault: not the market"


@internal
@view
def _check_lp_owner():
    assert msg.sender == LP_OWNER, "vault: not the lp owner"
