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
from .interfaces import IOptionMarket
from .interfaces import IOptionPricer
from .interfaces import ISpotOracle

implements: IInventoryRisk

# stateless
from .libs import admission as rules
from .libs import constants
from .libs import lanes
from .libs import require
from .libs import strike_word
from .libs import surface_status as states

# stateful
from .libs.state import book_reading as reader
from .libs.state import cache_age as ages
from .libs.state import exposures as book
from .libs.state import exposure_reading as readings
from .libs.state import outflow
from .libs.state import sight as sights
from .libs.state import stress_lanes as grid

initializes: ages[exposures := book, stress_lanes := grid]
initializes: book
initializes: reader[cache_age := ages, exposures := book]
initializes: outflow
initializes: readings[cache_age := ages, exposures := book, sight := sights]
initializes: sights[cache_age := ages, stress_lanes := grid]
initializes: grid

exports: (
    readings.exposure_of,
    readings.total_exposure,
    sights.multiplier,
    sights.risk_budget,
    sights.set_multiplier,
    sights.stress,
    sights.utilisation,
    sights.worst_loss,
)


MAX_LEGS: constant(uint256) = 4
MAX_EXPIRIES: constant(uint256) = 10
HALF: constant(uint256) = constants.WAD // 2


struct Change:  # of one traded expiry
    after: IOptionPricer.BookRisk
    value_before: int256
    losses: uint256[4]  # in lanes


struct Deal:  # of fixed size: a struct that holds a list is copied field by field
    others: book.Sum  # everything but the traded expiries
    changes: Change[MAX_LEGS]


PRICER: immutable(IOptionPricer)
MARKET: immutable(IOptionMarket)
FILLER: immutable(IOptionPricer)
TOKEN_UNIT: immutable(int256)  # WAD in a unit of the quote token


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
    sights.__init__(parameters, vault)
    PRICER = IOptionPricer(pricer)
    MARKET = IOptionMarket(market)
    FILLER = IOptionPricer(filler)
    TOKEN_UNIT = convert(10 ** (18 - quote_decimals), int256)


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
    words: DynArray[uint256, lanes.WORDS] = sights._words()
    sight: sights.Sight = sights._fresh(words)
    outcome: IInventoryRisk.Outcome = empty(IInventoryRisk.Outcome)
    deal: Deal = empty(Deal)
    outcome, deal = self._deal(sight, words, expiries, legs, is_closing, limit)
    for i: uint256 in range(len(expiries), bound=MAX_LEGS):
        deal.others = self._write(expiries[i], sight.spot, deal.others, deal.changes[i])
    book._store(deal.others)
    sights._freeze(sight.utilisation, sight.limits.risk_budget, sight.is_stale)
    if sight.is_rejected and outcome.total < 0:
        outflow._keep(outflow._level(self._half_cap(sight)) - outcome.total)
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
    words: DynArray[uint256, lanes.WORDS] = sights._words()
    return self._deal(sights._seen(words), words, expiries, legs, is_closing, limit)[0]


# Upkeep


@external
def revalue(
    expiry: uint256, oracle: ISpotOracle, live: DynArray[uint256, MAX_EXPIRIES]
) -> IInventoryRisk.Mark:
    """
    @notice Value an expiry anew: exposures, stress and exit cost.
    @dev    From the expiry on its value moves no more. Where another price stands for a mean that nobody knows, the
            losses of the last scenarios stay: what the mean may still turn out to be is a risk.
    @param  expiry One of the live.
    @param  oracle That fixes it.
    @param  live All live expiries.
    @return Value of all options, their exit cost, and whether this was worth paying for.
    """
    self._check_market()
    words: DynArray[uint256, lanes.WORDS] = sights._words()
    sight: sights.Sight = sights._fresh(words)
    require._that(not sight.is_rejected, "market: spot rejected")
    spot: uint256 = sight.spot
    is_due: bool = ages._is_due(expiry, spot, sight.limits.max_move, sight.limits.max_age_s)
    held: IOptionPricer.Book = reader._book(MARKET, sight.surface, expiry)
    is_stand_in: bool = False
    held.fixed_part, held.floating, is_stand_in = reader._fixed_so_far(oracle, expiry, spot)
    found: IOptionPricer.Revaluation = staticcall PRICER.revalue(sights._conditions(sight, words), held)
    others: book.Sum = book._less(book._sum(), book._cached(expiry))
    sum: book.Sum = book._replace(expiry, others, found.risk, spot)
    book._store(sum)
    if not is_stand_in:
        grid._replace(expiry, grid._upwards(found.losses))
    price: uint256 = held.fixed_part if held.floating == 0 else spot
    ages._stamp(expiry, price, ages._mean_vol(expiry, found.risk.atm_vol), found.exit_cost)
    self._report(expiry, spot, found.risk.value, found.risk)
    return IInventoryRisk.Mark(
        value=book._rolled(sum, spot).value, exit_cost=ages._survey(live), spot=spot, is_due=is_due
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
    grid._replace(expiry, [0, 0, 0, 0])
    ages._forget(expiry)
    # After a rejected reading the last accepted one: the mark must follow what the expiry has cost.
    spot: uint256 = (extcall sights._oracle().observe()).last.price
    return IInventoryRisk.Mark(
        value=book._rolled(book._sum(), spot).value,
        exit_cost=ages._survey(live),
        spot=spot,
        is_due=True,
    )


# Reading


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
    sight: sights.Sight,
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
    books: DynArray[IOptionPricer.Book, MAX_LEGS] = []
    for expiry: uint256 in expiries:
        deal.others = book._less(deal.others, book._cached(expiry))
        books.append(reader._book(MARKET, sight.surface, expiry))
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
    conditions: IOptionPricer.Conditions = sights._conditions(sight, words)
    rest: IOptionPricer.Others = self._rest(deal.others, sight.spot, sight.delta)
    if limit < max_value(int256):
        legs[0].quantity = staticcall FILLER.largest_fill(
            conditions, rest, books, legs[0], limit * TOKEN_UNIT
        )
        require._that(legs[0].quantity != 0, "market: limit")
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
    losses: uint256[4] = grid._total
    for i: uint256 in range(len(expiries), bound=MAX_LEGS):
        change: Change = Change(
            after=found.books[i],
            value_before=found.books[i].value,
            losses=grid._to_nearest(found.losses[i]),
        )
        figures.vega += change.after.scaled_vega
        figures.gamma += change.after.dollar_gamma
        figures.delta += change.after.dollar_delta
        losses = grid._sum(losses, change.losses)
        deal.changes[i] = change
    figures.loss = grid._worst(losses, sight.held)
    for i: uint256 in range(len(legs), bound=MAX_LEGS):
        leg: IOptionPricer.Leg = legs[i]
        mid: uint256 = found.legs[i].mid
        outcome.mids[i] = mid
        # What the vault sold was its own before. Truncated: this is a report, not a claim.
        deal.changes[leg.book].value_before += (
            leg.quantity * convert(mid, int256) // constants.SIGNED_WAD
        )
        held: int256 = strike_word._position(books[leg.book].positions[leg.strike], leg.is_call)
        near: uint256 = min(found.legs[i].probability, constants.WAD)
        figures.probability = min(figures.probability, min(near, constants.WAD - near))
        figures.notional = min(figures.notional, self._notional(leg.quantity, sight.spot))
        figures.position = max(figures.position, self._notional(held - leg.quantity, sight.spot))

    outcome.is_risk_reducing = (
        found.psi_after <= found.psi_before and figures.loss <= sight.loss
    )
    outcome.refusal, outcome.excess = self._refusal(
        sight, expiries, figures, outcome.total, is_closing, outcome.is_risk_reducing
    )
    return outcome, deal


@internal
@view
def _refusal(
    sight: sights.Sight,
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
        half_cap: uint256 = self._half_cap(sight)
        excess: int256 = outflow._level(half_cap) - total - convert(half_cap, int256)
        if total < 0 and excess > 0:
            return rules.OUTFLOW, excess
    if is_closing:
        return rules.PASSES, 0
    for expiry: uint256 in expiries:
        if staticcall sight.surface.status(expiry) != states.OPEN:
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
    if ages._is_bare(expiry):
        ages._stamp(expiry, spot, change.after.atm_vol, 0)
        ages._join(spot)
    grid._add(expiry, change.losses)
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
def _half_cap(sight: sights.Sight) -> uint256:
    """
    @dev    Half of what closers may be paid in an hour after a rejected reading; token units, rounded down.
    """
    return sight.limits.outflow // convert(2 * TOKEN_UNIT, uint256)


@internal
@view
def _check_market():
    require._that(msg.sender == MARKET.address, "risk: not the market")
