# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Inventory risk
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault's options are worth and how that moves; what a trade would do to it, what it is charged for
         that, and whether it is admitted.
@dev     The market's other half: the market holds series and positions and moves money, this holds exposures. Every
         formula is in the pricer. Inside one market state (one reading, surface, equity mark, timestamp) charges
         telescope: docs/market-mathematics.md proves that no sequence of trades profits.
@custom:kill It cannot be stopped; the guardian pauses opening trades in RiskParameters.
@custom:trust The market alone trades and revalues. The keeper sets the multiplier of the half-spread within its
              bound. The oracles are those of RiskParameters.
"""

from .interfaces import IInventoryRisk
from .interfaces import ILiquidityVault
from .interfaces import IOptionMarket
from .interfaces import IOptionPricer
from .interfaces import IRiskParameters
from .interfaces import ISpotOracle
from .interfaces import IVolSurface

implements: IInventoryRisk

# stateless
from .libs import admission as rules
from .libs import constants
from .libs import lanes
from .libs import parameters as risk
from .libs import surface_status as states
from .libs.math import root

# stateful
from .libs.state import exposure_book as book

initializes: book


interface QuoteWords:  # RiskParameters.words, for a caller who never asks for more than a quote needs
    def words(first: uint256, count: uint256) -> DynArray[uint256, lanes.WORDS]: view


interface IPartialFill:
    def largest_fill(
        conditions: IOptionPricer.Conditions,
        others: IOptionPricer.Others,
        books: DynArray[IOptionPricer.Book, MAX_LEGS],
        leg: IOptionPricer.Leg,
        limit: int256,
    ) -> int256: view


MAX_LEGS: constant(uint256) = 4
MAX_EXPIRIES: constant(uint256) = 10
SCENARIOS: constant(uint256) = book.SCENARIOS
HOUR_S: constant(uint256) = 3_600
HALF: constant(uint256) = constants.WAD // 2
LEAST_BAND: constant(uint256) = 5 * 10**16  # about the last accepted spot, after a rejected reading
UTILISATION_MASK: constant(uint256) = 2**64 - 1
BLOCK_MASK: constant(uint256) = 2**48 - 1


struct Sight:  # what a trade sees of the world
    spot: uint256
    low: uint256
    high: uint256
    age_s: uint256
    is_rejected: bool
    is_stale: bool  # caches of exposures
    reference_vol: uint256
    utilisation: uint256
    equity: int256
    free_cash: uint256
    delta: int256  # held and hedged, contracts
    limits: rules.Limits
    losses: int256[SCENARIOS]  # before the trade


struct Change:  # of one traded expiry
    after: IOptionPricer.BookRisk
    value_before: int256
    losses: int256[SCENARIOS]  # in lanes


struct Deal:  # of fixed size: a struct that holds a list is copied field by field
    others: book.Sum  # everything but the traded expiries
    changes: Change[MAX_LEGS]


PARAMETERS: immutable(IRiskParameters)
PRICER: immutable(IOptionPricer)
VAULT: immutable(ILiquidityVault)
MARKET: immutable(IOptionMarket)
FILLER: immutable(IPartialFill)
TOKEN_UNIT: immutable(int256)  # WAD in a unit of the quote token

_state: uint256  # utilisation 64 | its block 48 | multiplier 64
_outflow: uint256  # level 128, token units | time 40: paid to closers after rejected readings


@deploy
def __init__(
    parameters: address,
    pricer: address,
    filler: address,
    vault: address,
    market: address,
    quote_decimals: uint256,
):
    """
    @param  parameters RiskParameters.
    @param  pricer OptionPricer.
    @param  filler PartialFill.
    @param  vault LiquidityVault.
    @param  market The option market; may be deployed after this contract.
    @param  quote_decimals Of the quote token; at most 18.
    """
    assert parameters.is_contract and pricer.is_contract and filler.is_contract, "risk: no parameters or pricer"
    assert quote_decimals <= 18, "risk: too many decimals"
    PARAMETERS = IRiskParameters(parameters)
    PRICER = IOptionPricer(pricer)
    VAULT = ILiquidityVault(vault)
    MARKET = IOptionMarket(market)
    FILLER = IPartialFill(filler)
    TOKEN_UNIT = convert(10 ** (18 - quote_decimals), int256)
    self._state = constants.WAD << 112


# Trading


@external
def trade(
    expiries: DynArray[uint256, MAX_LEGS],
    legs: DynArray[uint256, MAX_LEGS],
    is_closing: bool,
    limit: int256,
) -> IInventoryRisk.Outcome:
    """
    @notice Price a package and enter it into the exposures; the market reverts where it is refused.
    @param  expiries Those of the legs, each once.
    @param  legs Distinct series, each a word: index of its expiry 8 | of its strike 8 | is_call 8 | quantity above.
    @param  is_closing Whether every leg closes.
    @param  limit The largest number, or in token units what the part of the only leg that is traded may cost.
    @return Charges part by part, total, mids, and the first rule that refuses.
    """
    self._check_market()
    words: DynArray[uint256, lanes.WORDS] = self._words()
    sight: Sight = self._sight(self._refreshed(), words)
    outcome: IInventoryRisk.Outcome = empty(IInventoryRisk.Outcome)
    deal: Deal = empty(Deal)
    outcome, deal = self._deal(sight, words, expiries, legs, is_closing, limit)
    for i: uint256 in range(len(expiries), bound=MAX_LEGS):
        deal.others = self._write(expiries[i], sight.spot, deal.others, deal.changes[i])
    book._store(deal.others)
    self._state = self._state >> 112 << 112 | block.number << 64 | sight.utilisation
    if sight.is_rejected and outcome.total < 0:
        level: int256 = self._outflow_level(sight.limits.outflow) - outcome.total
        self._outflow = convert(level, uint256) | block.timestamp << 128
    return outcome


@external
@view
def evaluate(
    expiries: DynArray[uint256, MAX_LEGS],
    legs: DynArray[uint256, MAX_LEGS],
    is_closing: bool,
    limit: int256,
) -> IInventoryRisk.Outcome:
    """
    @notice Price a package: what `trade` would return in this state.
    @param  expiries As of `trade`, like the others.
    """
    words: DynArray[uint256, lanes.WORDS] = self._words()
    sight: Sight = self._sight(self._viewed(), words)
    return self._deal(sight, words, expiries, legs, is_closing, limit)[0]


@external
def set_multiplier(multiplier: uint256):
    """
    @notice Set the keeper's factor on the half-spread.
    @param  multiplier WAD; from 1 to its parameter.
    """
    assert msg.sender == staticcall PARAMETERS.keeper(), "risk: not the keeper"
    largest: uint256 = staticcall PARAMETERS.value(risk.MAX_MULTIPLIER)
    assert constants.WAD <= multiplier and multiplier <= largest, "risk: multiplier out of range"
    state: uint256 = self._state
    log IInventoryRisk.MultiplierSet(previous=state >> 112, current=multiplier)
    self._state = state & (2**112 - 1) | multiplier << 112


# Upkeep


@external
def revalue(expiry: uint256, live: DynArray[uint256, MAX_EXPIRIES]) -> IInventoryRisk.Mark:
    """
    @notice Value an expiry anew: exposures, stress and exit cost.
    @param  expiry One of the live.
    @param  live All live expiries.
    @return Value of all options, their exit cost, and whether this was worth paying for.
    """
    self._check_market()
    words: DynArray[uint256, lanes.WORDS] = self._words()
    sight: Sight = self._sight(self._refreshed(), words)
    assert not sight.is_rejected, "market: spot rejected"
    spot: uint256 = sight.spot
    is_due: bool = book._is_due(expiry, spot, sight.limits.max_move, sight.limits.max_age_s)
    found: IOptionPricer.Revaluation = staticcall PRICER.revalue(
        self._conditions(sight, words), self._book(self._surface(), expiry)
    )
    others: book.Sum = book._less(book._sum(), book._cached(expiry))
    sum: book.Sum = book._replace(expiry, others, found.risk, spot)
    book._store(sum)
    book._replace_losses(expiry, book._up_to_lanes(found.losses))
    book._stamp(expiry, spot, book._mean_vol(expiry, found.risk.atm_vol), found.exit_cost)
    self._report(expiry, spot, found.risk.value, found.risk)
    return IInventoryRisk.Mark(
        value=book._rolled(sum, spot).value, exit_cost=book._survey(live), spot=spot, is_due=is_due
    )


@external
def forget(expiry: uint256, live: DynArray[uint256, MAX_EXPIRIES]) -> IInventoryRisk.Mark:
    """
    @notice Take a settled expiry out of every sum.
    @param  expiry Booked by the market.
    @param  live All live expiries.
    @return Value of all other options and their exit cost.
    """
    self._check_market()
    book._forget(expiry)
    # After a rejected reading the last accepted one: the mark must follow what the expiry has cost.
    oracle: ISpotOracle = ISpotOracle(staticcall PARAMETERS.oracle(risk.SPOT_ORACLE))
    spot: uint256 = (extcall oracle.observe()).last.price
    return IInventoryRisk.Mark(
        value=book._rolled(book._sum(), spot).value,
        exit_cost=book._survey(live),
        spot=spot,
        is_due=True,
    )


# Reading


@external
@view
def exposure_of(expiry: uint256) -> IInventoryRisk.Exposure:
    """
    @notice Cached value and exposures of an expiry at the present spot, or at the last accepted one.
    @param  expiry Any.
    """
    stamp: uint256 = book._caches[expiry].stamp
    found: IInventoryRisk.Exposure = self._exposure(book._cached(expiry))
    found.flow = book._flow(expiry)[0]
    found.refreshed_at = stamp & book.MASK_40
    found.refreshed_spot = (stamp >> 40 & book.MASK_64) * book.PRICE_UNIT
    return found


@external
@view
def total_exposure() -> IInventoryRisk.Exposure:
    """
    @notice Cached value and exposures of all options at the present spot, or at the last accepted one; the oldest
            refresh among them.
    """
    found: IInventoryRisk.Exposure = self._exposure(book._sum())
    found.refreshed_at = book._guard & book.MASK_40
    return found


@external
@view
def stress() -> int256[SCENARIOS]:
    """
    @notice The vault's loss in each scenario: spot at 0.82 to 1.18 with volatility up, then with it down, then 0.60
            and 1.60 with it up, halved; quote.
    """
    return self._viewed_sight().losses


@external
@view
def worst_loss() -> (int256, int256):
    """
    @notice L, the loss in the worst scenario, and L_max, its limit for opening trades; quote.
    """
    sight: Sight = self._viewed_sight()
    return book._worst(sight.losses), sight.limits.loss


@external
@view
def utilisation() -> uint256:
    """
    @notice u, frozen by the first trade of a block.
    """
    return self._viewed_sight().utilisation


@external
@view
def multiplier() -> uint256:
    """
    @notice m, the keeper's factor on the half-spread.
    """
    return self._state >> 112


@external
@view
def market() -> address:
    """
    @notice The only contract that trades and revalues.
    """
    return MARKET.address


# A trade


@internal
@view
def _deal(
    sight: Sight,
    words: DynArray[uint256, lanes.WORDS],
    expiries: DynArray[uint256, MAX_LEGS],
    packed_legs: DynArray[uint256, MAX_LEGS],
    is_closing: bool,
    limit: int256,
) -> (IInventoryRisk.Outcome, Deal):
    """
    @dev    What the pricer says of a package, or of the part of its only leg that respects a limit; the bill; the first
            rule that refuses; and what to store.
    """
    deal: Deal = empty(Deal)
    deal.others = book._sum()
    surface: IVolSurface = self._surface()
    books: DynArray[IOptionPricer.Book, MAX_LEGS] = []
    for expiry: uint256 in expiries:
        deal.others = book._less(deal.others, book._cached(expiry))
        books.append(self._book(surface, expiry))
    legs: DynArray[IOptionPricer.Leg, MAX_LEGS] = []
    for word: uint256 in packed_legs:
        legs.append(
            IOptionPricer.Leg(
                book=word & 255,
                strike=word >> 8 & 255,
                is_call=word >> 16 & 255 != 0,
                quantity=convert(convert(word, bytes32), int256) >> 24,
            )
        )
    conditions: IOptionPricer.Conditions = self._conditions(sight, words)
    rest: IOptionPricer.Others = self._rest(deal.others, sight.spot, sight.delta)
    if limit < max_value(int256):
        legs[0].quantity = staticcall FILLER.largest_fill(
            conditions, rest, books, legs[0], limit * TOKEN_UNIT
        )
        assert legs[0].quantity != 0, "market: limit"
    found: IOptionPricer.Evaluation = staticcall PRICER.evaluate(conditions, rest, books, legs)

    outcome: IInventoryRisk.Outcome = empty(IInventoryRisk.Outcome)
    outcome.quantity = legs[0].quantity
    outcome.mid = found.mid
    outcome.charge = found.charge
    outcome.inventory_charge = found.inventory_charge
    outcome.half_spread = found.half_spread
    outcome.rebatable = found.rebatable
    # Rounded up, in favour of the vault.
    outcome.total = found.total // TOKEN_UNIT
    if found.total > 0:
        outcome.total = (found.total + TOKEN_UNIT - 1) // TOKEN_UNIT
    # max(0, min(H, total - mid)); rounded down, for LPs.
    over: int256 = max(0, min(convert(found.half_spread, int256), found.total - found.mid))
    outcome.collected = convert(over // TOKEN_UNIT, uint256)

    figures: rules.Figures = rules.Figures(
        equity=sight.equity,
        cash=convert(sight.free_cash, int256) + found.total,
        loss=0,
        vega=rest.vega,
        gamma=rest.dollar_gamma,
        delta=rest.dollar_delta,
        position=0,
        notional=max_value(uint256) >> 1,
        probability=HALF,
    )
    losses: int256[SCENARIOS] = sight.losses
    for i: uint256 in range(len(expiries), bound=MAX_LEGS):
        change: Change = Change(
            after=found.books[i],
            value_before=found.books[i].value,
            losses=book._in_lanes(found.losses[i]),
        )
        figures.vega += change.after.scaled_vega
        figures.gamma += change.after.dollar_gamma
        figures.delta += change.after.dollar_delta
        for j: uint256 in range(SCENARIOS):
            losses[j] += change.losses[j] * book.LANE_UNIT
        deal.changes[i] = change
    figures.loss = book._worst(losses)
    for i: uint256 in range(len(legs), bound=MAX_LEGS):
        leg: IOptionPricer.Leg = legs[i]
        mid: uint256 = found.legs[i].mid
        outcome.mids[i] = mid
        # What the vault sold was its own before. Truncated: this is a report, not a claim.
        deal.changes[leg.book].value_before += (
            leg.quantity * convert(mid, int256) // constants.SIGNED_WAD
        )
        held: int256 = book._net(books[leg.book].positions[leg.strike], leg.is_call)
        near: uint256 = min(found.legs[i].probability, constants.WAD)
        figures.probability = min(figures.probability, min(near, constants.WAD - near))
        figures.notional = min(figures.notional, self._notional(leg.quantity, sight.spot))
        figures.position = max(figures.position, self._notional(held - leg.quantity, sight.spot))

    outcome.is_risk_reducing = (
        found.psi_after <= found.psi_before and figures.loss <= book._worst(sight.losses)
    )
    outcome.refusal, outcome.excess = self._refusal(
        sight, expiries, figures, outcome.total, is_closing, outcome.is_risk_reducing
    )
    return outcome, deal


@internal
@view
def _refusal(
    sight: Sight,
    expiries: DynArray[uint256, MAX_LEGS],
    figures: rules.Figures,
    total: int256,
    is_closing: bool,
    is_risk_reducing: bool,
) -> (uint256, int256):
    """
    @dev    The first rule that refuses a trade, and its excess.
    """
    if sight.is_rejected:
        if not is_closing:
            return rules.REJECTED, 0
        cap: int256 = convert(sight.limits.outflow, int256) // (2 * TOKEN_UNIT)
        excess: int256 = self._outflow_level(sight.limits.outflow) - total - cap
        if total < 0 and excess > 0:
            return rules.OUTFLOW, excess
    if is_closing:
        return rules.PASSES, 0
    surface: IVolSurface = self._surface()
    for expiry: uint256 in expiries:
        if staticcall surface.status(expiry) != states.OPEN:
            return rules.SURFACE, 0
    if sight.is_stale:
        return rules.STALE, 0
    return rules._first_refusal(figures, sight.limits, is_risk_reducing)


@internal
@pure
def _notional(quantity: int256, spot: uint256) -> uint256:
    """
    @dev    Size of a quantity at a spot; rounded down.
    """
    return convert(abs(quantity), uint256) * spot // constants.WAD


@internal
def _write(expiry: uint256, spot: uint256, others: book.Sum, change: Change) -> book.Sum:
    """
    @dev    Exposures, stress and flow of a traded expiry.
    @return The sum with it.
    """
    if book._is_bare(expiry):
        book._stamp(expiry, spot, change.after.atm_vol, 0)
        book._join(spot)
    book._add_losses(expiry, change.losses)
    self._report(expiry, spot, change.value_before, change.after)
    return book._replace(expiry, others, change.after, spot)


@internal
def _report(expiry: uint256, spot: uint256, before: int256, now: IOptionPricer.BookRisk):
    log IInventoryRisk.Revalued(
        expiry=expiry,
        spot=spot,
        value_before=before,
        value=now.value,
        dollar_delta=now.dollar_delta,
        dollar_gamma=now.dollar_gamma,
        scaled_vega=now.scaled_vega,
        atm_vol=now.atm_vol,
    )


# What a trade depends on


@internal
@pure
def _rest(sum: book.Sum, spot: uint256, delta: int256) -> IOptionPricer.Others:
    """
    @dev    The rest of the inventory at the present spot, with what the vault holds and hedges.
    """
    rolled: book.Rolled = book._rolled(sum, spot)
    return IOptionPricer.Others(
        dollar_delta=rolled.dollar_delta + delta * convert(spot, int256) // constants.SIGNED_WAD,
        dollar_gamma=rolled.dollar_gamma,
        vega=sum.vega,
        vega_square=sum.vega_square,
    )


@internal
@view
def _book(surface: IVolSurface, expiry: uint256) -> IOptionPricer.Book:
    """
    @dev    All that the value of an expiry depends on.
    """
    curve: IVolSurface.Slice = staticcall surface.slice_of(expiry)
    flow: int256 = 0
    flow_age_s: uint256 = 0
    flow_atm_vol: uint256 = 0
    flow, flow_age_s, flow_atm_vol = book._flow(expiry)
    return IOptionPricer.Book(
        time_s=expiry - block.timestamp,
        surface_age_s=block.timestamp - curve.timestamp,
        gap=curve.gap,
        curve=IOptionPricer.Curve(
            a=curve.a, b=curve.b, rho=curve.rho, m=curve.m, sigma=curve.sigma, carry=curve.carry
        ),
        flow=flow,
        flow_age_s=flow_age_s,
        flow_atm_vol=flow_atm_vol,
        mean_vol=book._caches[expiry].stamp >> 104 & book.MASK_64,
        fixed_part=0,
        floating=constants.WAD,
        positions=staticcall MARKET.positions(expiry),
    )


@internal
def _refreshed() -> ISpotOracle.Reading:
    """
    @dev    This block's reading, stored.
    """
    return extcall ISpotOracle(staticcall PARAMETERS.oracle(risk.SPOT_ORACLE)).refresh()


@internal
@view
def _viewed() -> ISpotOracle.Reading:
    """
    @dev    This block's reading, the same as `_refreshed` gives.
    """
    return staticcall ISpotOracle(staticcall PARAMETERS.oracle(risk.SPOT_ORACLE)).spot()


@internal
@view
def _surface() -> IVolSurface:
    return IVolSurface(staticcall PARAMETERS.oracle(risk.VOL_SURFACE))


@internal
@view
def _words() -> DynArray[uint256, lanes.WORDS]:
    """
    @dev    The parameters that a quote needs.
    """
    return staticcall QuoteWords(PARAMETERS.address).words(lanes.FIRST_WORD, lanes.WORDS)


@internal
@view
def _viewed_sight() -> Sight:
    return self._sight(self._viewed(), self._words())


@internal
@view
def _sight(reading: ISpotOracle.Reading, words: DynArray[uint256, lanes.WORDS]) -> Sight:
    """
    @dev    Prices, equity and limits, all of this market state.
    """
    sight: Sight = empty(Sight)
    sight.reference_vol = staticcall self._surface().reference_vol()
    sight.spot = reading.price
    sight.age_s = block.timestamp - reading.updated_at
    sight.is_rejected = reading.status != ISpotOracle.Status.ACCEPTED
    band: uint256 = 0
    if sight.is_rejected:
        oracle: address = staticcall PARAMETERS.oracle(risk.SPOT_ORACLE)
        seen: ISpotOracle.Seen = staticcall ISpotOracle(oracle).last_accepted()
        assert seen.price > 0, "market: no spot"
        sight.spot = seen.price
        sight.age_s = block.timestamp - seen.updated_at
        # h = min(50 %, max(5 %, 4 sigma_ref sqrt(age))); rounded down by a unit.
        spread: uint256 = 4 * sight.reference_vol * root._years(min(sight.age_s, 2**32 - 1)) >> 96
        band = min(HALF, max(LEAST_BAND, spread))
    sight.low = sight.spot * (constants.WAD - band) // constants.WAD
    sight.high = sight.spot * (constants.WAD + band) // constants.WAD

    vault: ILiquidityVault.TradingState = staticcall VAULT.trading_state()
    sight.equity = vault.equity
    sight.free_cash = vault.free_cash
    sight.delta = vault.delta
    sight.limits = rules._limits(words, vault.equity, vault.cover)
    sight.is_stale = book._is_stale(sight.spot, sight.limits.max_move, sight.limits.max_age_s)
    sight.losses = book._losses(vault.delta, sight.spot)
    sight.utilisation = self._utilisation(sight.losses, sight.limits.loss)
    return sight


@internal
@view
def _conditions(sight: Sight, words: DynArray[uint256, lanes.WORDS]) -> IOptionPricer.Conditions:
    """
    @dev    The market state as the pricer takes it.
    """
    return IOptionPricer.Conditions(
        spot=sight.spot,
        spot_low=sight.low,
        spot_high=sight.high,
        reading_age_s=sight.age_s,
        reference_vol=sight.reference_vol,
        risk_budget=sight.limits.risk_budget,
        utilisation=sight.utilisation,
        multiplier=self._state >> 112,
        has_rebate=not (sight.is_rejected or sight.is_stale),
        words=words,
    )


@internal
@view
def _utilisation(losses: int256[SCENARIOS], limit: int256) -> uint256:
    """
    @dev    u = min(1/2, max(0, L/L_max - 1/2)), that of the block's first trade to its end.
    """
    state: uint256 = self._state
    if state >> 64 & BLOCK_MASK == block.number:
        return state & UTILISATION_MASK
    if limit <= 0:
        return HALF
    share: int256 = book._worst(losses) * constants.SIGNED_WAD // limit
    return convert(min(max(share - convert(HALF, int256), 0), convert(HALF, int256)), uint256)


@internal
@view
def _outflow_level(cap: uint256) -> int256:
    """
    @dev    Level of the bucket of payments to closers; it holds half an hour's cap and leaks the other half in an
            hour, so that no hour pays more than the cap. The leak is rounded down, against the taker. Token units.
    """
    word: uint256 = self._outflow
    half_cap: uint256 = cap // (2 * convert(TOKEN_UNIT, uint256))
    leak: uint256 = half_cap * (block.timestamp - (word >> 128)) // HOUR_S
    level: uint256 = word & (2**128 - 1)
    return convert(level - min(leak, level), int256)


@internal
@view
def _exposure(sum: book.Sum) -> IInventoryRisk.Exposure:
    rolled: book.Rolled = book._rolled(sum, self._viewed_sight().spot)
    return IInventoryRisk.Exposure(
        value=rolled.value,
        dollar_delta=rolled.dollar_delta,
        dollar_gamma=rolled.dollar_gamma,
        scaled_vega=sum.vega,
        flow=0,
        refreshed_at=0,
        refreshed_spot=0,
    )


@internal
@view
def _check_market():
    assert msg.sender == MARKET.address, "risk: not the market"
