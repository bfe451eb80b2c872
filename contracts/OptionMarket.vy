# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Option market
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Anyone buys or sells any listed European option against the vault, at a quote that knows the vault's whole
         inventory.
@dev     Series, positions and money; price, exposures and admission are those of InventoryRisk. `quote`, `preview` and
         the trades ask the same function of it, so that a view equals the execution.
@custom:kill The guardian pauses opening trades in RiskParameters. Closing, settlement and reading never stop.
@custom:trust The keeper lists expiries and strikes. An expiry is fixed by the oracle of its listing. Vault, engine and
              risk are named at deployment and for ever.
"""

from .interfaces import IInventoryRisk
from .interfaces import ILiquidityVault
from .interfaces import IMarginEngine
from .interfaces import IOptionMarket
from .interfaces import IOptionPricer
from .interfaces import IRiskParameters
from .interfaces import ISpotOracle
from .interfaces import IVolSurface

implements: IOptionMarket

# stateless
from .libs import admission as rules
from .libs import constants
from .libs import parameters as risk
from .libs import series as ids

# stateful
from .libs.state import expiry_list
from .libs.state import orders
from .libs.state import series_book as listings

initializes: listings[expiry_list := expiry_list]
initializes: expiry_list
initializes: orders[listings := listings]

exports: (
    # What is listed
    ids.series_id,
    ids.series_of,
    listings.expiries,
    listings.strikes_of,
    listings.interest_rate,
    # Who holds what
    listings.position_of,
    listings.positions,
    listings.settlement_price,
)

MAX_LEGS: constant(uint256) = 4
MAX_STRIKES: constant(uint256) = listings.MAX_STRIKES
DAY_S: constant(uint256) = 86_400
EXPIRY_TIME_S: constant(uint256) = 8 * 3_600  # 08:00 UTC
MAX_TERM_S: constant(uint256) = 366 * DAY_S
REFRESH_GAS: constant(uint256) = 700_000  # rewarded at most
CALL_GAS: constant(uint256) = 100_000  # of a refresh, beside the valuation
SETTLE_GAS: constant(uint256) = 400_000
MOST_CASH: constant(uint256) = 2**96  # token units
WHOLE: constant(int256) = max_value(int256)  # no limit: the whole quantity


PARAMETERS: immutable(IRiskParameters)
PRICER: immutable(IOptionPricer)
RISK: immutable(IInventoryRisk)
ENGINE: immutable(IMarginEngine)
VAULT: immutable(ILiquidityVault)
TOKEN_UNIT: immutable(uint256)  # WAD in a unit of the quote token


@deploy
def __init__(
    parameters: address,
    pricer: address,
    inventory_risk: address,
    engine: address,
    vault: address,
    quote_decimals: uint256,
):
    """
    @param  parameters RiskParameters.
    @param  pricer OptionPricer.
    @param  inventory_risk InventoryRisk that names this market.
    @param  engine MarginEngine that names this market.
    @param  vault LiquidityVault that names this market.
    @param  quote_decimals Of the quote token; at most 18.
    """
    assert parameters.is_contract and pricer.is_contract, "market: no parameters or pricer"
    assert quote_decimals <= 18, "market: too many decimals"
    PARAMETERS = IRiskParameters(parameters)
    PRICER = IOptionPricer(pricer)
    RISK = IInventoryRisk(inventory_risk)
    ENGINE = IMarginEngine(engine)
    VAULT = ILiquidityVault(vault)
    TOKEN_UNIT = 10 ** (18 - quote_decimals)
    assert staticcall RISK.market() == self, "market: risk of another market"
    assert staticcall ENGINE.market() == self, "market: engine of another market"
    assert staticcall VAULT.market() == self, "market: vault of another market"


# Listing


@external
def list_expiry(expiry: uint256, strikes: DynArray[uint256, MAX_STRIKES]):
    """
    @notice Open an expiry for trading, or add strikes to it; keeper.
    @param  expiry 08:00 UTC, from one day to one year away, listed at the oracle and on the surface.
    @param  strikes WAD; multiples of 1e-8, within three standard deviations of spot.
    """
    assert msg.sender == staticcall PARAMETERS.keeper(), "market: not the keeper"
    oracle: address = staticcall PARAMETERS.oracle(risk.SPOT_ORACLE)
    if not listings._is_listed(expiry):
        assert expiry % DAY_S == EXPIRY_TIME_S, "market: not at 08:00"
        assert expiry <= block.timestamp + MAX_TERM_S, "market: expiry too far"
        version: uint256 = staticcall ISpotOracle(oracle).listed_version(expiry)
        assert version != 0, "market: not listed at the oracle"
        listings._open(expiry, PARAMETERS, version, oracle)
        log IOptionMarket.ExpiryListed(expiry=expiry, version=version)
    assert expiry >= block.timestamp + DAY_S, "market: expiry too near"
    surface: IVolSurface = IVolSurface(staticcall PARAMETERS.oracle(risk.VOL_SURFACE))
    volatility: uint256 = staticcall surface.implied_vol(expiry, 0)
    reading: ISpotOracle.Reading = extcall ISpotOracle(oracle).refresh()
    assert reading.status == ISpotOracle.Status.ACCEPTED, "market: spot rejected"
    # 9 sigma^2 T, against the square of ln(K/S).
    reach: uint256 = (
        9 * volatility * volatility * (expiry - block.timestamp) // constants.SECONDS_PER_YEAR
    )
    for strike: uint256 in strikes:
        series_id: uint256 = ids._id(expiry, strike, True)
        distance: int256 = staticcall PRICER.ln(strike * constants.WAD // reading.price)
        assert convert(distance * distance, uint256) <= reach, "market: strike too far"
        index: uint256 = listings._add_strike(expiry, ids._strike_e8(series_id))
        log IOptionMarket.StrikeListed(expiry=expiry, strike=strike, index=index)


# Trading


@external
def trade(account: uint256, series_id: uint256, quantity: int256, limit: uint256, deadline: uint256) -> uint256:
    """
    @notice Buy or sell one series.
    @param  account Of the caller, or one that he operates.
    @param  series_id Listed.
    @param  quantity WAD contracts; positive: the account buys.
    @param  limit Most paid, or least received; token units.
    @param  deadline Last timestamp at which this may happen.
    @return Paid or received; token units.
    """
    signed_limit: int256 = self._signed(limit, quantity)
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = [
        IMarginEngine.Leg(series_id=series_id, quantity=quantity)
    ]
    return convert(abs(self._trade(account, legs, signed_limit, deadline, WHOLE)[1]), uint256)


@external
def trade_many(
    account: uint256, legs: DynArray[IMarginEngine.Leg, MAX_LEGS], limit: int256, deadline: uint256
) -> int256:
    """
    @notice Trade a package: one charge on the sum of its legs' exposures.
    @param  account Of the caller, or one that he operates.
    @param  legs At most four, of different series.
    @param  limit Largest signed total, positive paid; token units.
    @param  deadline Last timestamp at which this may happen.
    @return Signed total; token units.
    """
    return self._trade(account, legs, limit, deadline, WHOLE)[1]


@external
def trade_up_to(
    account: uint256, series_id: uint256, quantity: int256, limit: uint256, deadline: uint256
) -> (int256, uint256):
    """
    @notice Trade the largest part of a quantity whose total respects a limit.
    @param  account Of the caller, or one that he operates.
    @param  series_id Listed.
    @param  quantity WAD contracts; positive: the account buys.
    @param  limit Most paid, or least received; token units.
    @param  deadline Last timestamp at which this may happen.
    @return Traded quantity, which is not zero, and paid or received; token units.
    """
    signed_limit: int256 = self._signed(limit, quantity)
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = [
        IMarginEngine.Leg(series_id=series_id, quantity=quantity)
    ]
    part: int256 = 0
    total: int256 = 0
    part, total = self._trade(account, legs, signed_limit, deadline, signed_limit)
    return part, convert(abs(total), uint256)


@internal
@pure
def _signed(limit: uint256, quantity: int256) -> int256:
    """
    @dev    A limit on what is paid, or on what is received, as one on the signed total. No account holds as much as
            MOST_CASH: what lies beyond binds no more and no less.
    """
    most: int256 = convert(min(limit, MOST_CASH), int256)
    return most if quantity > 0 else -most


@internal
def _trade(
    account: uint256,
    asked: DynArray[IMarginEngine.Leg, MAX_LEGS],
    limit: int256,
    deadline: uint256,
    fill_limit: int256,
) -> (int256, int256):
    """
    @dev    One trade, from its checks to its transfers.
    @return Quantity of the first leg, and signed total in token units.
    """
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = asked
    held: DynArray[int256, MAX_LEGS] = staticcall ENGINE.begin_trade(account, msg.sender, legs)
    assert block.timestamp <= deadline, "market: too late"
    order: orders.Order = orders._order(PARAMETERS, legs, held)
    rules._require(order.refusal)
    outcome: IInventoryRisk.Outcome = extcall RISK.trade(
        order.expiries, order.legs, order.is_closing, fill_limit
    )
    rules._require(outcome.refusal)
    assert outcome.total <= limit, "market: limit"
    legs[0].quantity = outcome.quantity
    for i: uint256 in range(len(legs), bound=MAX_LEGS):
        self._move(account, legs[i], held[i], order.legs[i], outcome.mids[i])
    log IOptionMarket.Traded(
        account=account,
        caller=msg.sender,
        mid=outcome.mid,
        inventory_charge=outcome.inventory_charge,
        half_spread=outcome.half_spread,
        total=outcome.total,
    )
    extcall ENGINE.apply_trade(account, legs, convert(max(outcome.total, 0), uint256))
    extcall VAULT.book_trade(account, outcome.total, outcome.collected)
    return outcome.quantity, outcome.total


@internal
def _move(account: uint256, leg: IMarginEngine.Leg, held: int256, word: uint256, mid: uint256):
    """
    @dev    One leg between the vault and the traders.
    """
    long_change: int256 = max(held + leg.quantity, 0) - max(held, 0)
    position: int256 = listings._move(
        ids._expiry(leg.series_id),
        word >> 8 & 255,
        ids._is_call(leg.series_id),
        leg.quantity,
        long_change,
    )
    log IOptionMarket.LegTraded(
        account=account,
        series_id=leg.series_id,
        quantity=leg.quantity,
        mid=mid,
        position=position,
    )


# Upkeep


@external
def refresh(expiry: uint256):
    """
    @notice Revalue an expiry and the equity mark; anyone, rewarded when it was due.
    @dev    Also while it rests: its age would stop opening trades in every other expiry.
    @param  expiry Listed, not booked.
    """
    assert listings._is_listed(expiry), "market: not listed"
    assert listings._prices[expiry] == 0, "market: booked"
    oracle: ISpotOracle = ISpotOracle(listings._oracles[expiry])
    before: uint256 = msg.gas
    mark: IInventoryRisk.Mark = extcall RISK.revalue(expiry, oracle, expiry_list._all())
    # What it has used: a flat reward would make a living of expiries with a single contract.
    self._mark(mark, min(before - msg.gas + CALL_GAS, REFRESH_GAS))


@internal
def _mark(mark: IInventoryRisk.Mark, gas_used: uint256):
    """
    @dev    Passes a value of the options on to the vault, and rewards the caller if it was due. Before any reading
            was accepted there is no price to mark at.
    """
    if mark.spot > 0:
        extcall VAULT.mark(mark.value, mark.exit_cost, mark.spot)
        if mark.is_due:
            extcall VAULT.reward(msg.sender, gas_used, mark.spot)


@external
def settle_expiry(expiry: uint256):
    """
    @notice Book the vault's side of a fixed expiry: the longs' payoff is set aside, the options leave the book.
    @param  expiry Listed, fixed, not booked.
    """
    assert listings._is_listed(expiry), "market: not listed"
    assert listings._prices[expiry] == 0, "market: booked"
    price: uint256 = staticcall ISpotOracle(listings._oracles[expiry]).settlement_price(expiry)
    assert price > 0, "market: not fixed"
    owed: uint256 = 0  # WAD^2
    receivable: uint256 = 0
    longs: uint256 = 0
    owed, receivable, longs = listings._payoffs(expiry, price)
    # Truncated: what accounts are paid, each truncated too, never adds up to more.
    owed = owed // constants.WAD // TOKEN_UNIT
    receivable = receivable // constants.WAD // TOKEN_UNIT
    listings._book(expiry, price, longs)
    log IOptionMarket.ExpirySettled(expiry=expiry, price=price, owed=owed, receivable=receivable)
    mark: IInventoryRisk.Mark = extcall RISK.forget(expiry, expiry_list._all())
    extcall VAULT.book_settlement(expiry, owed, receivable)
    self._mark(mark, SETTLE_GAS)


@external
def settle_account(account: uint256, expiry: uint256) -> uint256:
    """
    @notice Turn an account's positions of a booked expiry into cash; anyone, in any order, each position once.
    @param  account Id.
    @param  expiry Booked.
    @return Paid now; token units. What the vault could not fund yet is paid by its `claim`.
    """
    price: uint256 = listings._prices[expiry]
    assert price > 0, "market: not booked"
    entitlement: uint256 = 0
    claimed: uint256 = 0
    removed: DynArray[IMarginEngine.Position, 12] = extcall ENGINE.remove_expiry(account, expiry)
    for position: IMarginEngine.Position in removed:
        payoff: uint256 = listings._payoff(
            ids._strike_e8(position.series_id), ids._is_call(position.series_id), price
        )
        size: uint256 = convert(position.quantity, uint256)
        # Truncated, in favour of the vault: less than a unit of the token.
        entitlement += size * payoff // constants.WAD // TOKEN_UNIT
        claimed += size
    if claimed == 0:
        return 0
    is_last: bool = listings._claim(expiry, claimed)
    paid: uint256 = extcall VAULT.pay_settlement(expiry, account, entitlement, is_last)
    log IOptionMarket.AccountSettled(
        account=account, expiry=expiry, entitlement=entitlement, paid=paid
    )
    return paid


# Reading


@external
@view
def quote(series_id: uint256, quantity: int256) -> IOptionMarket.Quote:
    """
    @notice What an opening trade of one series would cost now: the same to the unit when it is executed in this state.
    @param  series_id Listed.
    @param  quantity WAD contracts; positive: the taker buys.
    @return Mid a contract, charges of the whole quantity, total in token units, first rule that refuses.
    """
    legs: DynArray[IMarginEngine.Leg, MAX_LEGS] = [
        IMarginEngine.Leg(series_id=series_id, quantity=quantity)
    ]
    order: orders.Order = orders._order(PARAMETERS, legs, [0])
    if order.refusal == rules.RESTING:  # an expiry that has passed has no mid
        resting: IOptionMarket.Quote = empty(IOptionMarket.Quote)
        resting.refusal = rules.RESTING
        return resting
    # After a rejected reading only closing trades are open: their price is the one to show.
    outcome: IInventoryRisk.Outcome = staticcall RISK.evaluate(
        order.expiries, order.legs, order.is_closing, WHOLE
    )
    return IOptionMarket.Quote(
        mid=outcome.mids[0],
        inventory_charge=outcome.inventory_charge,
        half_spread=outcome.half_spread,
        total=convert(abs(outcome.total), uint256),
        rebatable=outcome.rebatable,
        refusal=order.refusal if order.refusal != rules.PASSES else outcome.refusal,
    )


@external
@view
def preview(account: uint256, legs: DynArray[IMarginEngine.Leg, MAX_LEGS]) -> IOptionMarket.Preview:
    """
    @notice Charges part by part, and the first rule that would refuse the trade and by how much.
    @param  account An existing account.
    @param  legs As of `trade_many`.
    @return WAD, but totals and cash in token units.
    """
    owner: address = staticcall ENGINE.owner_of(account)
    held: DynArray[int256, MAX_LEGS] = staticcall ENGINE.begin_trade(account, owner, legs)
    order: orders.Order = orders._order(PARAMETERS, legs, held)
    outcome: IInventoryRisk.Outcome = empty(IInventoryRisk.Outcome)
    if order.refusal != rules.RESTING:  # an expiry that has passed has no mid
        outcome = staticcall RISK.evaluate(order.expiries, order.legs, order.is_closing, WHOLE)
    cash: uint256 = staticcall ENGINE.cash_of(account)
    cash_after: int256 = convert(cash, int256) - outcome.total
    if order.refusal == rules.PASSES:
        order.refusal = outcome.refusal
        order.excess = outcome.excess
    if order.refusal == rules.PASSES:
        count: uint256 = len(staticcall ENGINE.positions_of(account))
        order.refusal, order.excess = orders._engine_refusal(legs, held, count)
    if order.refusal == rules.PASSES and cash_after < 0:
        order.refusal = rules.PAYMENT
        order.excess = -cash_after
    return IOptionMarket.Preview(
        mid=outcome.mid,
        charge=outcome.charge,
        inventory_charge=outcome.inventory_charge,
        half_spread=outcome.half_spread,
        rebatable=outcome.rebatable,
        total=outcome.total,
        is_closing=order.is_closing,
        is_risk_reducing=outcome.is_risk_reducing,
        refusal=order.refusal,
        excess=order.excess,
        cash_before=cash,
        cash_after=cash_after,
    )


@external
@view
def worst_loss() -> (int256, int256):
    """
    @notice L, the vault's loss in the worst scenario, and L_max, its limit for opening trades; WAD quote.
    """
    return staticcall RISK.worst_loss()


@external
@view
def parts() -> (address, address, address, address):
    """
    @notice RiskParameters, InventoryRisk, MarginEngine, LiquidityVault.
    """
    return PARAMETERS.address, RISK.address, ENGINE.address, VAULT.address
