# pragma version 0.4.3
# pragma evm-version cancun
# pragma optimize gas
# pragma nonreentrancy on
"""
@title   Pricer without mathematics
@author  The pyvault authors
@license AGPL-3.0-only
@notice  The same functions, arguments and results as OptionPricer, returning its inputs: what a call costs before
         any mathematics. Gas figures are differences to it.
"""

struct Valuation:
    call: uint256
    put: uint256
    delta_call: int256
    gamma_f: uint256
    vega: uint256
    theta_call: int256
    theta_put: int256


@external
@pure
def black76(
    forward: uint256, strike: uint256, implied_vol: uint256, time_to_expiry_s: uint256, rate: int256
) -> Valuation:
    return Valuation(
        call=forward,
        put=strike,
        delta_call=rate,
        gamma_f=implied_vol,
        vega=time_to_expiry_s,
        theta_call=rate,
        theta_put=rate,
    )


@external
@pure
def option_price(
    forward: uint256,
    strike: uint256,
    implied_vol: uint256,
    time_to_expiry_s: uint256,
    discount_factor: uint256,
    is_call: bool,
) -> uint256:
    return forward


@external
@pure
def discount_factor(rate: int256, time_to_expiry_s: uint256) -> uint256:
    return time_to_expiry_s


@external
@pure
def error_bound(forward: uint256, strike: uint256) -> uint256:
    return forward


@external
@pure
def svi_variance(
    log_moneyness: int256, a: int256, b: uint256, rho: int256, m: int256, sigma: uint256
) -> uint256:
    return sigma


@external
@pure
def exp(x: int256) -> uint256:
    return 0


@external
@pure
def ln(x: uint256) -> int256:
    return 0


@external
@pure
def normal_cdf(x: int256) -> uint256:
    return 0
