# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Half-spread
@author  The pyvault authors
@license AGPL-3.0-only
@notice  H, what a package pays over mid and inventory, and H_c, the part of it that a rebate may give back.
@dev     One standard deviation of what an informed taker could know: age of the reading, age and gap of the
         surface, gamma; and what every quote costs: tick, share of the mid, a step of forward and volatility.
             H   = { sum |q| (tick + s m) + sum_e |sum q D| (kappa_0 + a) + sum_e |sum q G| sigma^2 (age + latency)/2
                   + sum_e max over bought, sold of sum |q| nu (eps + gap + xi sigma_i sqrt(surface age)) } f
                   + sum |q| e_p,          f = m (1 + k_u u^2),   a = min(sigma sqrt(age + latency),
                                                                          threshold + sigma sqrt(latency))
             H_c = sum |q| (tick + s m) + kappa_0 sum_e |sum q D| + sum_e [one sign of vega] eps/2 sum |q| nu
         Rates are rounded up once a state, charges of a contract up to a wei; the sums are then exact integers,
         linear in the quantity of a single leg: H is that integer rounded up, H_c another rounded down, so
         that no slicing lowers H - theta H_c. Sums of absolute values and of maxima are subadditive: a package
         costs at most its legs. Each rate of H is at least that of H_c, so H >= H_c. Stateless.
"""

from ...interfaces import IOptionPricer
from .. import constants
from .. import lanes
from .. import parameters as p
from . import root
from . import rounding
from . import surface_pace as pace

WAD: constant(uint256) = constants.WAD
SQUARE: constant(uint256) = WAD * WAD
YEAR_S: constant(uint256) = constants.SECONDS_PER_YEAR

struct Rates:  # of a market state
    tick: uint256  # quote per contract
    share: uint256  # s, of the mid
    forward_step: uint256  # kappa_0, of dollar delta
    vol_step: uint256  # eps_0
    vol_of_vol: uint256  # xi
    delta: uint256  # (kappa_0 + a) f, of dollar delta
    gamma: uint256  # sigma^2 (age + latency)/2 f, of dollar gamma
    factor: uint256  # f


struct VegaRates:  # of an expiry
    step: uint256  # eps
    sure: uint256  # eps + gap
    drift: uint256  # xi sqrt(surface age), of a volatility


struct Load:  # what a package puts on an expiry; sums of quantity times unit, WAD^2
    delta: int256
    gamma: int256
    bought_vega: uint256
    sold_vega: uint256
    bought_charge: uint256
    sold_charge: uint256


struct Spread:
    full: uint256  # H, WAD^3
    rebatable: uint256  # 2 H_c, WAD^3


@internal
@pure
def _rates(conditions: IOptionPricer.Conditions) -> Rates:
    """
    @dev    Rates of a state, each rounded up.
    @param  conditions Reads spot, reading_age_s, below 2^31, reference_vol, utilisation, at most one half,
            multiplier, at least 1, and words 2, 3, 6, 8 and 9.
    """
    words: DynArray[uint256, lanes.WORDS] = conditions.words
    assert conditions.multiplier >= WAD, "pricer: multiplier below one"
    assert conditions.utilisation <= WAD // 2, "pricer: utilisation too large"
    assert conditions.reading_age_s >> 31 == 0, "pricer: reading too old"
    sigma: uint256 = conditions.reference_vol
    latency: uint256 = lanes._lane(words, p.LATENCY_S)
    exposed_s: uint256 = conditions.reading_age_s + latency
    forward_step: uint256 = lanes._lane(words, p.FORWARD_STEP)
    utilised: uint256 = conditions.utilisation * conditions.utilisation  # WAD^2
    factor: uint256 = rounding._up(
        conditions.multiplier * (SQUARE * WAD + lanes._lane(words, p.UTILISATION_SPREAD) * utilised),
        SQUARE * WAD,
    )
    move: uint256 = min(
        self._deviation(sigma, exposed_s),
        lanes._lane(words, p.FEED_THRESHOLD) + self._deviation(sigma, latency),
    )
    return Rates(
        tick=rounding._up(lanes._lane(words, p.TICK) * conditions.spot, WAD),
        share=lanes._lane(words, p.MID_SPREAD),
        forward_step=forward_step,
        vol_step=lanes._lane(words, p.SURFACE_STEP),
        vol_of_vol=lanes._lane(words, p.VOL_OF_VOL),
        delta=rounding._up((forward_step + move) * factor, WAD),
        gamma=rounding._up(sigma * sigma * exposed_s * factor, 2 * YEAR_S * SQUARE),
        factor=factor,
    )


@internal
@pure
def _deviation(sigma: uint256, time_s: uint256) -> uint256:
    """
    @dev    sigma sqrt(time), WAD, rounded up.
    @param  time_s Below 2^32.
    """
    # The root may be low by a unit.
    return (sigma * (root._years(time_s) + 1) >> 96) + 1


@internal
@pure
def _vega_rates(rates: Rates, time_s: uint256, surface_age_s: uint256, gap: uint256) -> VegaRates:
    """
    @dev    Rates of an expiry, rounded up but for the step, which the surface rounds down against its poster.
    @param  surface_age_s Below 2^32.
    """
    assert surface_age_s >> 32 == 0, "pricer: surface too old"
    step: uint256 = pace._step(rates.vol_step, time_s)
    return VegaRates(
        step=step,
        sure=step + gap,
        drift=0 if surface_age_s == 0 else self._deviation(rates.vol_of_vol, surface_age_s),
    )


@internal
@pure
def _leg_charge(rates: Rates, mid: uint256) -> uint256:
    """
    @dev    tick + s m of a contract, rounded up.
    """
    return rates.tick + rounding._up(rates.share * mid, WAD)


@internal
@pure
def _vega_charge(rates: VegaRates, vega: uint256, volatility: uint256) -> uint256:
    """
    @dev    nu (eps + gap + xi sigma_i sqrt(surface age)) of a contract, rounded up.
    """
    return rounding._up(vega * (rates.sure + rounding._up(rates.drift * volatility, WAD)), WAD)


@internal
@pure
def _of_load(rates: Rates, step: uint256, load: Load) -> Spread:
    """
    @dev    Part of an expiry in H and 2 H_c, exact.
    @param  step eps of the expiry.
    """
    delta: uint256 = convert(abs(load.delta), uint256)
    rebatable: uint256 = 2 * rates.forward_step * delta
    if load.bought_vega == 0 or load.sold_vega == 0:
        rebatable += step * (load.bought_vega + load.sold_vega)
    return Spread(
        full=delta * rates.delta
        + convert(abs(load.gamma), uint256) * rates.gamma
        + max(load.bought_charge, load.sold_charge) * rates.factor,
        rebatable=rebatable,
    )


@internal
@pure
def _of_legs(rates: Rates, charges: uint256, errors: uint256) -> Spread:
    """
    @dev    Part of the legs themselves in H and 2 H_c, exact.
    @param  charges Sum of |q| (tick + s m), WAD^2.
    @param  errors Sum of |q| e_p, WAD^2: never multiplied, never rebated.
    """
    return Spread(full=charges * rates.factor + errors * WAD, rebatable=2 * charges * WAD)
