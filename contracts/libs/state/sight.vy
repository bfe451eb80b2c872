# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Sight
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What a trade sees of the world: spot and its band, equity, limits, the worst loss, utilisation. All of one market
         state: one reading, surface, equity mark and timestamp.
"""

from ...interfaces import IInventoryRisk
from ...interfaces import ILiquidityVault
from ...interfaces import IOptionPricer
from ...interfaces import IRiskParameters
from ...interfaces import ISpotOracle
from ...interfaces import IVolSurface
from .. import admission as rules
from .. import constants
from .. import lanes
from .. import packing
from .. import parameters as risk
from .. import require
from ..math import root
from . import cache_age
from . import stress_lanes

uses: cache_age
uses: stress_lanes


interface QuoteWords:  # RiskParameters.words, for a caller who never asks for more than a quote needs
    def words(first: uint256, count: uint256) -> DynArray[uint256, lanes.WORDS]: view


HALF: constant(uint256) = constants.WAD // 2
LEAST_BAND: constant(uint256) = 5 * 10**16  # about the last accepted spot, after a rejected reading
BLOCK_MASK: constant(uint256) = 2**48 - 1
MULTIPLIER_AT: constant(uint256) = 112
BUDGET_AT: constant(uint256) = 176
BUDGET_UNIT: constant(uint256) = 10**10  # WAD in 1e-8 quote
MOST_BUDGET: constant(uint256) = 2**80 - 1


struct Sight:
    surface: IVolSurface
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
    held: int256  # the same, quote
    loss: int256  # L, before the trade
    limits: rules.Limits


PARAMETERS: immutable(IRiskParameters)
VAULT: immutable(ILiquidityVault)

_state: uint256  # utilisation 64 | its moment 48 | multiplier 64 | risk budget of that block 80


@deploy
def __init__(parameters: address, vault: address):
    """
    @param  parameters RiskParameters.
    @param  vault LiquidityVault.
    """
    PARAMETERS = IRiskParameters(parameters)
    VAULT = ILiquidityVault(vault)
    self._state = constants.WAD << MULTIPLIER_AT


@external
def set_multiplier(multiplier: uint256):
    """
    @notice Set the keeper's factor on the half-spread.
    @param  multiplier WAD; from 1 to its parameter.
    """
    require._that(msg.sender == staticcall PARAMETERS.keeper(), "risk: not the keeper")
    largest: uint256 = staticcall PARAMETERS.value(risk.MAX_MULTIPLIER)
    require._that(constants.WAD <= multiplier and multiplier <= largest, "risk: multiplier out of range")
    state: uint256 = self._state
    previous: uint256 = state >> MULTIPLIER_AT & packing.MASK_64
    log IInventoryRisk.MultiplierSet(previous=previous, current=multiplier)
    self._state = state ^ (previous ^ multiplier) << MULTIPLIER_AT


# Reading


@external
@view
def stress() -> int256[stress_lanes.SCENARIOS]:
    """
    @notice The vault's loss in each scenario: spot at 0.82 to 1.18 with volatility up, then with it down, then 0.60
            and 1.60 with it up, halved; quote.
    """
    return stress_lanes._losses(stress_lanes._total, self._viewed().held)


@external
@view
def worst_loss() -> (int256, int256):
    """
    @notice L, the loss in the worst scenario, and L_max, its limit for opening trades; quote.
    """
    sight: Sight = self._viewed()
    return sight.loss, sight.limits.loss


@external
@view
def utilisation() -> uint256:
    """
    @notice u, frozen by the first trade of a block.
    """
    return self._viewed().utilisation


@external
@view
def multiplier() -> uint256:
    """
    @notice m, the keeper's factor on the half-spread: what he set, at most its parameter.
    """
    return min(
        self._state >> MULTIPLIER_AT & packing.MASK_64, staticcall PARAMETERS.value(risk.MAX_MULTIPLIER)
    )


@external
@view
def risk_budget() -> uint256:
    """
    @notice R, frozen by the first trade of a block; quote.
    """
    return self._viewed().limits.risk_budget


# Inside


@internal
@view
def _words() -> DynArray[uint256, lanes.WORDS]:
    """
    @dev    The parameters that a quote needs.
    """
    return staticcall QuoteWords(PARAMETERS.address).words(lanes.FIRST_WORD, lanes.WORDS)


@internal
@view
def _oracle() -> ISpotOracle:
    return ISpotOracle(staticcall PARAMETERS.oracle(risk.SPOT_ORACLE))


@internal
def _fresh(words: DynArray[uint256, lanes.WORDS]) -> Sight:
    """
    @dev    Of this block's reading, stored.
    """
    return self._sight(extcall self._oracle().observe(), words)


@internal
@view
def _viewed() -> Sight:
    """
    @dev    The same, of a reading that is not stored.
    """
    return self._seen(self._words())


@internal
@view
def _seen(words: DynArray[uint256, lanes.WORDS]) -> Sight:
    """
    @dev    The same, with the parameters at hand.
    """
    return self._sight(staticcall self._oracle().observation(), words)


@internal
@view
def _sight(observation: ISpotOracle.Observation, words: DynArray[uint256, lanes.WORDS]) -> Sight:
    """
    @dev    Prices, equity and limits.
    """
    sight: Sight = empty(Sight)
    sight.surface = IVolSurface(staticcall PARAMETERS.oracle(risk.VOL_SURFACE))
    sight.reference_vol = staticcall sight.surface.reference_vol()
    sight.spot = observation.last.price
    sight.age_s = block.timestamp - observation.last.updated_at
    sight.is_rejected = observation.reading.status != ISpotOracle.Status.ACCEPTED
    require._that(sight.spot > 0, "market: no spot")
    band: uint256 = 0
    if sight.is_rejected:
        # h = min(50 %, max(5 %, 4 sigma_ref sqrt(age))); rounded down by a unit.
        spread: uint256 = 4 * sight.reference_vol * root._years(min(sight.age_s, 2**32 - 1)) >> 96
        band = min(HALF, max(LEAST_BAND, spread))
    sight.low = sight.spot * (constants.WAD - band) // constants.WAD
    sight.high = sight.spot * (constants.WAD + band) // constants.WAD

    vault: ILiquidityVault.TradingState = staticcall VAULT.trading_state()
    sight.equity = vault.equity
    sight.free_cash = vault.free_cash
    sight.delta = vault.delta
    sight.held = vault.delta * convert(sight.spot, int256) // constants.SIGNED_WAD
    sight.limits = rules._limits(words, vault.equity, vault.cover)
    sight.is_stale = cache_age._is_stale(sight.spot, sight.limits.max_move, sight.limits.max_age_s)
    sight.limits.risk_budget = self._budget(sight.limits.risk_budget, sight.is_stale)
    sight.loss = stress_lanes._worst(stress_lanes._total, sight.held)
    sight.utilisation = self._utilisation(sight.loss, sight.limits.loss, sight.is_stale)
    return sight


@internal
@view
def _conditions(sight: Sight, words: DynArray[uint256, lanes.WORDS]) -> IOptionPricer.Conditions:
    """
    @dev    The market state as the pricer takes it.
    """
    spread: uint256 = words[risk.MAX_MULTIPLIER // lanes.LANES - lanes.FIRST_WORD]
    return IOptionPricer.Conditions(
        spot=sight.spot,
        spot_low=sight.low,
        spot_high=sight.high,
        reading_age_s=sight.age_s,
        reference_vol=sight.reference_vol,
        risk_budget=sight.limits.risk_budget,
        utilisation=sight.utilisation,
        # What was set under a larger bound is not charged beyond the present one.
        multiplier=min(
            self._state >> MULTIPLIER_AT & packing.MASK_64, rules._lane(spread, risk.MAX_MULTIPLIER)
        ),
        has_rebate=not (sight.is_rejected or sight.is_stale),
        words=words,
    )


@internal
@view
def _utilisation(loss: int256, limit: int256, is_stale: bool) -> uint256:
    """
    @dev    u = min(1/2, max(0, L/L_max - 1/2)), that of the block's first trade to its end.
    """
    state: uint256 = self._state
    if self._is_frozen(state, is_stale):
        return state & packing.MASK_64
    if limit <= 0:
        return HALF
    share: int256 = loss * constants.SIGNED_WAD // limit
    return convert(min(max(share - convert(HALF, int256), 0), convert(HALF, int256)), uint256)


@internal
@view
def _budget(present: uint256, is_stale: bool) -> uint256:
    """
    @dev    R, that of the block's first trade to its end: a refresh between slices counts what the first of them paid.
            Rounded down, for LPs: a smaller budget charges more.
    """
    state: uint256 = self._state
    if self._is_frozen(state, is_stale):
        return (state >> BUDGET_AT) * BUDGET_UNIT
    return min(present // BUDGET_UNIT, MOST_BUDGET) * BUDGET_UNIT


@internal
def _freeze(utilisation: uint256, budget: uint256, is_stale: bool):
    """
    @dev    Keeps both to the end of the block.
    """
    multiplier: uint256 = self._state >> MULTIPLIER_AT & packing.MASK_64
    self._state = (
        utilisation | self._moment(is_stale) << 64 | multiplier << MULTIPLIER_AT | budget // BUDGET_UNIT << BUDGET_AT
    )


@internal
@view
def _is_frozen(state: uint256, is_stale: bool) -> bool:
    return state >> 64 & BLOCK_MASK == self._moment(is_stale)


@internal
@view
def _moment(is_stale: bool) -> uint256:
    """
    @dev    A block, before or after its caches are fresh: what closes in stale ones fixes nothing for what opens.
    """
    return block.number << 1 | convert(is_stale, uint256)
