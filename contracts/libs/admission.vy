# pragma version 0.4.3
"""
@title   Admission of trades
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Which rule, if any, refuses a trade, and by how much. The order is fixed: the first that refuses is named.
@dev     Stateless. Closing trades pass all but the first four rules; risk-reducing ones are exempt from the caps, so
         that beyond a cap the vault quotes one side only.
"""

from . import constants
from . import lanes
from . import parameters as p
from . import require

PRICE_UNIT: constant(uint256) = 10**10  # WAD in 1e-8
BUDGETS_OF_EQUITY: constant(int256) = 100  # below 100 least budgets of equity nothing opens

PASSES: constant(uint256) = 0
RESTING: constant(uint256) = 1
REJECTED: constant(uint256) = 2  # spot, and the trade does not close
OUTFLOW: constant(uint256) = 3  # paid to closers this hour
PAUSED: constant(uint256) = 4
CUTOFF: constant(uint256) = 5
SURFACE: constant(uint256) = 6  # too old, gap too large, or absent
STALE: constant(uint256) = 7  # caches of exposures
EQUITY: constant(uint256) = 8
NOTIONAL: constant(uint256) = 9
DELTA_RANGE: constant(uint256) = 10
CASH: constant(uint256) = 11
STRESS: constant(uint256) = 12
VEGA: constant(uint256) = 13
GAMMA: constant(uint256) = 14
DELTA: constant(uint256) = 15
POSITION: constant(uint256) = 16
# In a preview: what a trade hears from the margin engine.
PAYMENT: constant(uint256) = 17  # the account's cash does not suffice
SELLING: constant(uint256) = 18  # more than the account owns
PLACES: constant(uint256) = 19  # no place is left for a position


struct Limits:  # WAD, and quote where an amount
    max_move: uint256
    max_age_s: uint256
    outflow: uint256
    risk_budget: uint256  # R
    equity: int256  # least
    notional: uint256  # least
    delta: uint256  # least
    cash: int256  # least
    loss: int256  # L_max
    vega: int256
    gamma: int256
    delta_cap: int256
    position: int256


struct Figures:  # after the trade
    equity: int256
    cash: int256
    loss: int256
    vega: int256
    gamma: int256
    delta: int256
    position: uint256  # notional of the vault's largest position among the legs
    notional: uint256  # least of the legs
    probability: uint256  # least of |delta| and 1 - |delta| of the legs


@internal
@pure
def _limits(words: DynArray[uint256, lanes.WORDS], equity: int256, cover: uint256) -> Limits:
    """
    @dev    Every limit, from words 2 to 11 of the parameters. Shares of equity are truncated, against the taker
            where equity is positive; R is truncated: a smaller budget charges more.
    """
    sizes: uint256 = words[p.MIN_NOTIONAL // lanes.LANES - lanes.FIRST_WORD]
    budgets: uint256 = words[p.RISK_BUDGET // lanes.LANES - lanes.FIRST_WORD]
    stress: uint256 = words[p.STRESS_SHARE // lanes.LANES - lanes.FIRST_WORD]
    caps: uint256 = words[p.VEGA_CAP // lanes.LANES - lanes.FIRST_WORD]
    caches: uint256 = words[p.MAX_CACHE_MOVE // lanes.LANES - lanes.FIRST_WORD]
    least_budget: uint256 = self._lane(budgets, p.MIN_RISK_BUDGET) * PRICE_UNIT
    solvent: int256 = max(equity, 0)
    return Limits(
        max_move=self._lane(caches, p.MAX_CACHE_MOVE),
        max_age_s=self._lane(caches, p.MAX_CACHE_AGE_S),
        outflow=convert(self._share(sizes, p.CLOSING_OUTFLOW_CAP, solvent), uint256),
        risk_budget=max(convert(self._share(budgets, p.RISK_BUDGET, solvent), uint256), least_budget),
        equity=BUDGETS_OF_EQUITY * convert(least_budget, int256),
        notional=self._lane(sizes, p.MIN_NOTIONAL) * PRICE_UNIT,
        delta=self._lane(caches, p.MIN_DELTA),
        cash=self._share(caches, p.CASH_BUFFER, solvent),
        loss=min(self._share(stress, p.STRESS_SHARE, equity), convert(cover * 2 // 3, int256)),
        vega=self._share(caps, p.VEGA_CAP, equity),
        gamma=self._share(caps, p.GAMMA_CAP, equity),
        delta_cap=self._share(caps, p.DELTA_CAP, equity),
        position=self._share(caps, p.SERIES_CAP, equity),
    )


@internal
@pure
def _lane(word: uint256, parameter_id: uint256) -> uint256:
    return word >> lanes.BITS * (parameter_id % lanes.LANES) & lanes.MASK


@internal
@pure
def _share(word: uint256, parameter_id: uint256, equity: int256) -> int256:
    return convert(self._lane(word, parameter_id), int256) * equity // constants.SIGNED_WAD


@internal
@pure
def _first_refusal(figures: Figures, limits: Limits, is_risk_reducing: bool) -> (uint256, int256):
    """
    @dev    The first limit that an opening trade breaks, and the excess in the unit of the rule.
    """
    excess: int256[9] = [
        limits.equity - figures.equity,
        convert(limits.notional, int256) - convert(figures.notional, int256),
        convert(limits.delta, int256) - convert(figures.probability, int256),
        limits.cash - figures.cash,
        figures.loss - limits.loss,
        abs(figures.vega) - limits.vega,
        abs(figures.gamma) - limits.gamma,
        abs(figures.delta) - limits.delta_cap,
        convert(figures.position, int256) - limits.position,
    ]
    for i: uint256 in range(9):
        if excess[i] > 0 and not (is_risk_reducing and EQUITY + i >= STRESS):
            return EQUITY + i, excess[i]
    return PASSES, 0


@internal
@pure
def _require(refusal: uint256):
    """
    @dev    Reverts with the reason of a rule.
    """
    if refusal == PASSES:
        return
    require._that(refusal != RESTING, "market: expiry rests")
    require._that(refusal != REJECTED, "market: spot rejected")
    require._that(refusal != OUTFLOW, "market: hourly outflow")
    require._that(refusal != PAUSED, "market: opening paused")
    require._that(refusal != CUTOFF, "market: too near expiry")
    require._that(refusal != SURFACE, "market: surface closes only")
    require._that(refusal != STALE, "market: refresh first")
    require._that(refusal != EQUITY, "market: too little equity")
    require._that(refusal != NOTIONAL, "market: too small")
    require._that(refusal != DELTA_RANGE, "market: delta out of range")
    require._that(refusal != CASH, "market: cash buffer")
    require._that(refusal != STRESS, "market: stress limit")
    require._that(refusal != VEGA, "market: vega cap")
    require._that(refusal != GAMMA, "market: gamma cap")
    require._that(refusal != DELTA, "market: delta cap")
    require._that(refusal != POSITION, "market: position cap")
