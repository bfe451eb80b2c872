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
from . import root
from . import rounding

WAD: constant(uint256) = constants.WAD
SQUARE: constant(uint256) = WAD * WAD
CUBE: constant(uint256) = WAD * SQUARE
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
def _rates(parameters: lanes.Parameters, conditions: IOptionPricer.Conditions) -> Rates:
    """
    @dev    Rates of a state, each rounded up.
    @param  conditions Reads spot, below 2^98, reading_age_s, below 2^31, reference_vol, below 2^64, utilisation, at
            most one half, and multiplier, from 1 to below 2^64.
    """
    sigma: uint256 = conditions.reference_vol
    # unsafe: 2^31 + 2^64; with the latencies that governance may set below 2^32.
    exposed_s: uint256 = unsafe_add(conditions.reading_age_s, parameters.latency_s)
    # unsafe: 2^64 2^60 2^60 and 2^59 2^59 2^64, at most 2^185 together, times 2^64.
    factor: uint256 = rounding._up(
        unsafe_mul(
            conditions.multiplier,
            unsafe_add(
                CUBE,
                unsafe_mul(
                    parameters.utilisation_spread,
                    unsafe_mul(conditions.utilisation, conditions.utilisation),
                ),
            ),
        ),
        CUBE,
    )
    move: uint256 = min(
        self._deviation(sigma, exposed_s),
        unsafe_add(parameters.feed_threshold, self._deviation(sigma, parameters.latency_s)),
    )
    # unsafe: 2^64 2^98; then below 2^69 2^67.
    return Rates(
        tick=rounding._up(unsafe_mul(parameters.tick, conditions.spot), WAD),
        share=parameters.mid_spread,
        forward_step=parameters.forward_step,
        vol_step=parameters.vol_step,
        vol_of_vol=parameters.vol_of_vol,
        delta=rounding._up(unsafe_mul(unsafe_add(parameters.forward_step, move), factor), WAD),
        gamma=rounding._up(sigma * sigma * exposed_s * factor, 2 * YEAR_S * SQUARE),
        factor=factor,
    )


@internal
@pure
def _deviation(sigma: uint256, time_s: uint256) -> uint256:
    """
    @dev    sigma sqrt(time), WAD, rounded up.
    @param  sigma Below 2^64.
    @param  time_s Below 2^32.
    """
    # unsafe: 2^64 2^100. The root may be low by a unit.
    return unsafe_add(unsafe_mul(sigma, unsafe_add(root._years(time_s), 1)) >> 96, 1)


@internal
@pure
def _vega_rates(rates: Rates, vega_scale: uint256, surface_age_s: uint256, gap: uint256) -> VegaRates:
    """
    @dev    Rates of an expiry: the step rounded down, as the surface does against its poster, the others up.
    @param  vega_scale u = sqrt(30 d/max(T, 7 d)), rounded down; below 2^62.
    @param  surface_age_s Below 2^32.
    @param  gap Below 2^64.
    """
    # unsafe: 2^64 2^62; 2^66 + 2^64.
    step: uint256 = unsafe_div(unsafe_mul(rates.vol_step, vega_scale), WAD)
    return VegaRates(
        step=step,
        sure=unsafe_add(unsafe_add(step, 1), gap),
        drift=0 if surface_age_s == 0 else self._deviation(rates.vol_of_vol, surface_age_s),
    )


@internal
@pure
def _leg_charge(rates: Rates, mid: uint256) -> uint256:
    """
    @dev    tick + s m of a contract, rounded up; below 2^104.
    @param  mid Below 2^99.
    """
    # unsafe: 2^64 2^99.
    return unsafe_add(rates.tick, rounding._up(unsafe_mul(rates.share, mid), WAD))


@internal
@pure
def _vega_charge(rates: VegaRates, vega: uint256, volatility: uint256) -> uint256:
    """
    @dev    nu (eps + gap + xi sigma_i sqrt(surface age)) of a contract, rounded up; below 2^114.
    @param  vega Below 2^100.
    @param  volatility Below 2^65.
    """
    # unsafe: 2^68 2^65; then 2^100 2^73.
    return rounding._up(
        unsafe_mul(vega, unsafe_add(rates.sure, rounding._up(unsafe_mul(rates.drift, volatility), WAD))), WAD
    )


@internal
@pure
def _plus(
    spread: Spread, rates: Rates, step: uint256, load: Load, charges: uint256, errors: uint256
) -> Spread:
    """
    @dev    A spread with the part of an expiry, exact. Checked: at the edge of every range products pass 2^256.
    @param  step eps of the expiry.
    @param  charges Sum of |q| (tick + s m), WAD^2.
    @param  errors Sum of |q| e_p, WAD^2: never multiplied, never rebated.
    """
    delta: uint256 = convert(abs(load.delta), uint256)
    rebatable: uint256 = 2 * (rates.forward_step * delta + charges * WAD)
    if load.bought_vega == 0 or load.sold_vega == 0:
        rebatable += step * (load.bought_vega + load.sold_vega)
    return Spread(
        full=spread.full
        + delta * rates.delta
        + convert(abs(load.gamma), uint256) * rates.gamma
        + (max(load.bought_charge, load.sold_charge) + charges) * rates.factor
        + errors * WAD,
        rebatable=spread.rebatable + rebatable,
    )
