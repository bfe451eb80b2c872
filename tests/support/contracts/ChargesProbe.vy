# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   The internals of the charges, callable
@author  The pyvault authors
@license AGPL-3.0-only
"""

from contracts.interfaces import IOptionPricer
from contracts.libs.math import flow
from contracts.libs.math import half_spread
from contracts.libs.math import inventory_charge
from contracts.libs.math import rounding


@external
@pure
def risk_charge(conditions: IOptionPricer.Conditions, exposure: inventory_charge.Exposure) -> uint256:
    return inventory_charge._charge(inventory_charge._weights(conditions), exposure)


@external
@pure
def weights(conditions: IOptionPricer.Conditions) -> inventory_charge.Weights:
    return inventory_charge._weights(conditions)


@external
@pure
def flow_charge(flow_: int256, standard_vega: uint256, impact: uint256) -> uint256:
    return flow._charge(flow_, standard_vega, impact)


@external
@pure
def flow_now(book: IOptionPricer.Book, atm_vol: uint256, conditions: IOptionPricer.Conditions) -> int256:
    return flow._now(book, atm_vol, conditions)


@external
@pure
def rates(conditions: IOptionPricer.Conditions) -> half_spread.Rates:
    return half_spread._rates(conditions)


@external
@pure
def vega_rates(
    rates: half_spread.Rates, time_s: uint256, surface_age_s: uint256, gap: uint256
) -> half_spread.VegaRates:
    return half_spread._vega_rates(rates, time_s, surface_age_s, gap)


@external
@pure
def leg_charge(rates: half_spread.Rates, mid: uint256) -> uint256:
    return half_spread._leg_charge(rates, mid)


@external
@pure
def vega_charge(rates: half_spread.VegaRates, vega: uint256, volatility: uint256) -> uint256:
    return half_spread._vega_charge(rates, vega, volatility)


@external
@pure
def of_load(rates: half_spread.Rates, step: uint256, load: half_spread.Load) -> half_spread.Spread:
    return half_spread._of_load(rates, step, load)


@external
@pure
def of_legs(rates: half_spread.Rates, charges: uint256, errors: uint256) -> half_spread.Spread:
    return half_spread._of_legs(rates, charges, errors)


@external
@pure
def up(numerator: uint256, denominator: uint256) -> uint256:
    return rounding._up(numerator, denominator)


@external
@pure
def signed_up(numerator: int256, denominator: int256) -> int256:
    return rounding._signed_up(numerator, denominator)
