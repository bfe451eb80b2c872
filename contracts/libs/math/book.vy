# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   The book of an expiry
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Value and exposures of the vault's positions in one expiry: unit values per strike, and their exact sums.
@dev     F = fixed + floating S e^(c T): inside the fixing window a part of the average is known. Carry and discount
         run to the expiry; variance runs to one third of the window before it, the variance of its average.
         Unit values are WAD per contract, rounded towards zero, in favour of nobody: one mid serves both sides. Sums
         are Sum q unit in WAD^2, undivided and so linear in q to the last unit. Stateless.
"""

from ...interfaces import IOptionPricer
from ...interfaces import IVolSurface
from .. import constants
from .. import lanes
from .. import strike_word
from . import black76
from . import ln
from . import normal
from . import root
from . import rounding
from . import surface_guard
from . import surface_pace

MAX_FORWARD: constant(uint256) = 2**98  # 3e11 quote; every price that the oracle can read is below 2^97.3
WINDOW_S: constant(uint256) = 1_800  # of the fixing average
AVERAGED_S: constant(uint256) = 1_200  # two thirds of it: what the average takes off the time of variance


struct Terms:
    time_s: uint256  # to expiry
    forward: uint256  # F
    floating_forward: uint256  # F less the fixed part: what a move of spot moves
    discount: uint256  # D
    discounted_floating: uint256  # the dollar delta of a forward
    gamma_scale: uint256  # floating_forward^2 / F
    root_time: uint256  # root of the time of variance in years, Q96
    vega_scale: uint256  # u = sqrt(30 d / max(T, 7 d))
    atm_vol: uint256
    curve: IVolSurface.Slice


struct Unit:
    call: uint256
    put: uint256
    delta_call: int256  # dollar delta, S dV/dS
    delta_put: int256
    gamma: uint256  # dollar gamma, S^2 d2V/dS2, of either
    vega: uint256  # per 1.00 of volatility, of either
    volatility: uint256
    probability: uint256  # N(d1), the size of an undiscounted call's delta
    intrinsic_call: uint256  # discounted
    intrinsic_put: uint256
    error: uint256  # e_p, of the price of either


struct Sums:
    value: int256  # all but the contracts in WAD^2
    delta: int256
    gamma: int256
    vega: int256
    contracts: uint256  # Sum |q| over series, and so below
    gross_value: uint256
    gross_delta: uint256
    gross_vega: uint256


@internal
@pure
def _terms(spot: uint256, book: IOptionPricer.Book, rate: uint256) -> Terms:
    """
    @dev    What the strikes of an expiry share. Refuses curves outside the ranges of the arithmetic.
    @param  rate r; WAD per year; D = e^(-r T) <= 1.
    """
    assert book.time_s >> 32 == 0, "pricer: expiry too far"
    curve: IVolSurface.Slice = IVolSurface.Slice(
        a=book.curve.a,
        b=book.curve.b,
        rho=book.curve.rho,
        m=book.curve.m,
        sigma=book.curve.sigma,
        carry=book.curve.carry,
        gap=0,
        timestamp=0,
    )
    surface_guard._check_shape(curve)
    growth: uint256 = black76._discount_factor(-book.curve.carry, book.time_s)
    # Three quotients rounded down, in favour of nobody.
    floating: uint256 = spot * book.floating // constants.WAD * growth // constants.WAD
    forward: uint256 = book.fixed_part + floating
    assert forward > 0 and forward <= MAX_FORWARD, "book: forward out of range"
    discount: uint256 = black76._discount_factor(convert(rate, int256), book.time_s)
    return Terms(
        time_s=book.time_s,
        forward=forward,
        floating_forward=floating,
        discount=discount,
        discounted_floating=discount * floating // constants.WAD,
        gamma_scale=floating * floating // forward,
        root_time=root._years(self._variance_time(book.time_s)),
        vega_scale=surface_pace._step(constants.WAD, book.time_s),
        atm_vol=surface_guard._volatility(surface_guard._variance(0, curve)),
        curve=curve,
    )


@internal
@pure
def _variance_time(time_s: uint256) -> uint256:
    """
    @dev    Seconds over which variance accrues: T less 1,200 s, and T/3 inside the window. The third is rounded down:
            who sells an option in the window gives away at most two thirds of a second of variance.
    """
    if time_s > WINDOW_S:
        return time_s - AVERAGED_S
    return time_s // 3


@internal
@pure
def _unit(terms: Terms, strike: uint256) -> Unit:
    """
    @dev    Values of one contract, call and put of a strike.
    @param  strike K; WAD; within a factor 2^32 of the forward.
    """
    k: int256 = self._log_moneyness(terms.forward, strike)
    volatility: uint256 = self._volatility(k, terms.curve)
    # unsafe: volatility < 2^65 and root_time < 2^100; |k| < 2^101.
    v: uint256 = unsafe_div(unsafe_mul(volatility, terms.root_time), constants.WAD)
    near: uint256 = 0
    far: uint256 = 0
    density: uint256 = 0
    if v >= black76.MIN_DEVIATION:
        near, far, density = black76._tails(black76._distance(unsafe_mul(k, k >> 255 | 1), v), v)
    elif terms.forward == strike:  # the limit at the money: delta is one half
        near = normal.CERTAIN >> 1
        far = near
    # unsafe: forward, strike < 2^99; near, far <= 2^96; density < 2^127; discount <= WAD; density/v <= 2^185 as in
    # black76.vy, so that gamma_f < 2^137.
    call: uint256 = 0
    put: uint256 = 0
    above: uint256 = 0
    below: uint256 = 0
    if terms.forward > strike:
        above = unsafe_sub(terms.forward, strike)
        put = unsafe_mul(strike, unsafe_sub(near, far)) >> 96
        call = unsafe_add(put, above)
        density = unsafe_div(unsafe_mul(density, strike), terms.forward)  # n(d1)
        near = unsafe_sub(normal.CERTAIN, unsafe_div(unsafe_mul(far, strike), terms.forward))  # N(d1)
    else:
        below = unsafe_sub(strike, terms.forward)
        call = unsafe_mul(terms.forward, unsafe_sub(near, far)) >> 96
        put = unsafe_add(call, below)
    amplitude: uint256 = unsafe_mul(terms.forward, density) >> 128
    gamma_f: uint256 = unsafe_mul(unsafe_div(density << 96, v) >> 48, terms.discount) >> 80
    delta: uint256 = unsafe_mul(near, terms.discounted_floating) >> 96
    return Unit(
        call=unsafe_div(unsafe_mul(call, terms.discount), constants.WAD),
        put=unsafe_div(unsafe_mul(put, terms.discount), constants.WAD),
        delta_call=convert(convert(delta, bytes32), int256),
        delta_put=convert(convert(unsafe_sub(delta, terms.discounted_floating), bytes32), int256),
        gamma=unsafe_div(unsafe_mul(gamma_f, terms.gamma_scale), constants.WAD),
        vega=unsafe_div(
            unsafe_mul(unsafe_mul(amplitude, terms.root_time) >> 96, terms.discount), constants.WAD
        ),
        volatility=volatility,
        probability=unsafe_mul(near, constants.WAD) >> 96,
        intrinsic_call=unsafe_div(unsafe_mul(above, terms.discount), constants.WAD),
        intrinsic_put=unsafe_div(unsafe_mul(below, terms.discount), constants.WAD),
        error=black76._error_bound(terms.forward, strike),
    )


@internal
@pure
def _log_moneyness(forward: uint256, strike: uint256) -> int256:
    """
    @dev    k = ln(K/F) in Q96, rounded towards zero.
    """
    if strike < forward:
        return unsafe_sub(0, ln._ratio(forward, strike))  # unsafe: ln < 23
    return ln._ratio(strike, forward)


@internal
@pure
def _volatility(k: int256, curve: IVolSurface.Slice) -> uint256:
    """
    @dev    sqrt(v(k)), rounded down.
    @param  k Q96; |k| <= 23.
    """
    # unsafe: 2^101 * 2^60.
    variance: uint256 = surface_guard._variance(unsafe_mul(k, constants.SIGNED_WAD) >> 96, curve)
    return surface_guard._volatility(variance)


@internal
@pure
def _sums(terms: Terms, positions: DynArray[uint256, 20]) -> Sums:
    """
    @dev    Sum q unit over the positions.
    """
    sums: Sums = empty(Sums)
    for word: uint256 in positions:
        if word >> 64 == 0:
            continue
        unit: Unit = self._unit(terms, strike_word._strike(word))
        call: int256 = strike_word._position(word, True)
        put: int256 = strike_word._position(word, False)
        # unsafe: |q| <= 2^95; units are below 2^100 but for gamma, which is below 2^123, since no curve has a
        # volatility below 1e-4 and variance runs for a second at least; 40 terms.
        both: int256 = unsafe_add(call, put)
        calls: uint256 = convert(convert(unsafe_mul(call, call >> 255 | 1), bytes32), uint256)
        puts: uint256 = convert(convert(unsafe_mul(put, put >> 255 | 1), bytes32), uint256)
        sums.value = unsafe_add(
            sums.value,
            unsafe_add(
                unsafe_mul(call, convert(convert(unit.call, bytes32), int256)),
                unsafe_mul(put, convert(convert(unit.put, bytes32), int256)),
            ),
        )
        sums.delta = unsafe_add(
            sums.delta, unsafe_add(unsafe_mul(call, unit.delta_call), unsafe_mul(put, unit.delta_put))
        )
        sums.gamma = unsafe_add(sums.gamma, unsafe_mul(both, convert(convert(unit.gamma, bytes32), int256)))
        sums.vega = unsafe_add(sums.vega, unsafe_mul(both, convert(convert(unit.vega, bytes32), int256)))
        sums.contracts = unsafe_add(sums.contracts, unsafe_add(calls, puts))
        sums.gross_value = unsafe_add(
            sums.gross_value, unsafe_add(unsafe_mul(calls, unit.call), unsafe_mul(puts, unit.put))
        )
        sums.gross_delta = unsafe_add(
            sums.gross_delta,
            unsafe_sub(
                unsafe_mul(calls, convert(convert(unit.delta_call, bytes32), uint256)),
                unsafe_mul(puts, convert(convert(unit.delta_put, bytes32), uint256)),
            ),
        )
        sums.gross_vega = unsafe_add(sums.gross_vega, unsafe_mul(unsafe_add(calls, puts), unit.vega))
    return sums


@internal
@pure
def _risk(terms: Terms, sums: Sums, flow: int256) -> IOptionPricer.BookRisk:
    """
    @dev    Sums divided once: the value rounded down, against the vault that holds it; exposures towards zero, in
            favour of nobody.
    """
    vega: int256 = sums.vega // constants.SIGNED_WAD
    scaled: int256 = vega * convert(terms.atm_vol, int256) // constants.SIGNED_WAD
    value: int256 = sums.value
    if value < 0:
        value -= constants.SIGNED_WAD - 1
    return IOptionPricer.BookRisk(
        value=value // constants.SIGNED_WAD,
        dollar_delta=sums.delta // constants.SIGNED_WAD,
        dollar_gamma=sums.gamma // constants.SIGNED_WAD,
        vega=vega,
        scaled_vega=scaled * convert(terms.vega_scale, int256) // constants.SIGNED_WAD,
        flow=flow,
        atm_vol=terms.atm_vol,
    )


@internal
@pure
def _exit_cost(
    rates: lanes.Parameters,
    terms: Terms,
    sums: Sums,
    spot: uint256,
    mean_vol: uint256,
) -> uint256:
    """
    @dev    Sum |q| (s_tick S + s_rel mid + kappa_0 |delta| + eps(T) vega/2) + |vega| |sigma_atm - its mean|: what it
            would cost to close the book. Every quotient rounded up, against the vault.
    """
    tick: uint256 = rounding._up(rates.tick * spot, constants.WAD)
    # A step is rounded down where posts are measured; one more is above it.
    step: uint256 = surface_pace._step(rates.vol_step, terms.time_s) + 1
    vol_move: uint256 = max(terms.atm_vol, mean_vol) - min(terms.atm_vol, mean_vol)
    vega: uint256 = rounding._up(convert(abs(sums.vega), uint256), constants.WAD)
    gross_vega: uint256 = rounding._up(sums.gross_vega, constants.WAD)
    return rounding._up(
        sums.contracts * tick
        + rounding._up(sums.gross_value, constants.WAD) * rates.mid_spread
        + rounding._up(sums.gross_delta, constants.WAD) * rates.forward_step
        + rounding._up(gross_vega * step, 2)
        + vega * vol_move,
        constants.WAD,
    )
