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
from .. import strike_word
from . import black76
from . import ln
from . import normal
from . import root
from . import surface_guard
from . import surface_pace

MAX_FORWARD: constant(uint256) = 2**98  # 3e11 quote; every price that the oracle can read is below 2^97.3
TOO_LARGE: constant(uint256) = 2**65  # a rate that is refused
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


struct Unit:  # a strike
    strike: uint256
    k: int256  # ln(K/F), Q96
    volatility: uint256
    now: uint256  # the call, undiscounted
    near: uint256  # N(d1), Q96: the size of an undiscounted call's delta
    call: uint256
    put: uint256
    delta: uint256  # dollar delta of the call, S dV/dS; the put's is this less the discounted floating forward
    gamma: uint256  # dollar gamma, S^2 d2V/dS2, of either
    vega: uint256  # per 1.00 of volatility, of either


struct Sums:  # WAD^2
    value: int256
    delta: int256
    gamma: int256
    vega: int256


@internal
@pure
def _terms(spot: uint256, book: IOptionPricer.Book) -> Terms:
    """
    @dev    What the strikes of an expiry share; D = e^(-r T) <= 1. Refuses curves and rates outside the ranges of the
            arithmetic.
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
    discount: uint256 = black76._discount_factor(convert(min(book.rate, TOO_LARGE), int256), book.time_s)
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
    low: uint256 = terms.forward
    high: uint256 = strike
    if low > high:
        low = strike
        high = terms.forward
    size: int256 = ln._ratio(high, low)
    # unsafe: ln < 23; in `_variance` 2^101 * 2^60.
    k: int256 = size if low == terms.forward else unsafe_sub(0, size)
    variance: uint256 = surface_guard._variance(unsafe_mul(k, constants.SIGNED_WAD) >> 96, terms.curve)
    volatility: uint256 = surface_guard._volatility(variance)
    # unsafe: volatility < 2^65 and root_time < 2^100.
    v: uint256 = unsafe_div(unsafe_mul(volatility, terms.root_time), constants.WAD)
    near: uint256 = 0
    far: uint256 = 0
    density: uint256 = 0
    if v >= black76.MIN_DEVIATION:
        near, far, density = black76._tails(black76._distance(size, v), v)
    elif low == high:  # the limit at the money: delta is one half
        near = normal.CERTAIN >> 1
        far = near
    # unsafe: forward, strike < 2^99; near, far <= 2^96; density < 2^127; discount <= WAD; density/v <= 2^185 as in
    # black76.vy, so that gamma_f < 2^137.
    call: uint256 = unsafe_mul(low, unsafe_sub(near, far)) >> 96
    put: uint256 = call
    if terms.forward > strike:
        call = unsafe_add(put, unsafe_sub(high, low))
        density = unsafe_div(unsafe_mul(density, low), high)  # n(d1)
        near = unsafe_sub(normal.CERTAIN, unsafe_div(unsafe_mul(far, low), high))  # N(d1)
    else:
        put = unsafe_add(call, unsafe_sub(high, low))
    amplitude: uint256 = unsafe_mul(terms.forward, density) >> 128
    gamma_f: uint256 = unsafe_mul(unsafe_div(density << 96, v) >> 48, terms.discount) >> 80
    return Unit(
        strike=strike,
        k=k,
        volatility=volatility,
        now=call,
        near=near,
        call=unsafe_div(unsafe_mul(call, terms.discount), constants.WAD),
        put=unsafe_div(unsafe_mul(put, terms.discount), constants.WAD),
        delta=unsafe_mul(near, terms.discounted_floating) >> 96,
        gamma=unsafe_div(unsafe_mul(gamma_f, terms.gamma_scale), constants.WAD),
        vega=unsafe_div(
            unsafe_mul(unsafe_mul(amplitude, terms.root_time) >> 96, terms.discount), constants.WAD
        ),
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
def _sums(terms: Terms, positions: DynArray[uint256, 20], left_out: uint256) -> Sums:
    """
    @dev    Sum q unit over the positions.
    @param  left_out A bit for each position that the caller adds, who has its unit: 1 << index.
    """
    sums: Sums = empty(Sums)
    out: uint256 = left_out
    for word: uint256 in positions:
        if word >> 64 != 0 and out & 1 == 0:
            unit: Unit = self._unit(terms, strike_word._strike(word))
            sums = self._plus(sums, terms.discounted_floating, unit, word)
        out >>= 1
    return sums


@internal
@pure
def _plus(sums: Sums, discounted_floating: uint256, unit: Unit, word: uint256) -> Sums:
    """
    @dev    Sums with the position in one more strike.
    """
    call: int256 = strike_word._position(word, True)
    put: int256 = strike_word._position(word, False)
    # unsafe: |q| <= 2^95; units are below 2^100 but for gamma, which is below 2^123, since no curve has a
    # volatility below 1e-4 and variance runs for a second at least; 40 terms.
    both: int256 = unsafe_add(call, put)
    return Sums(
        value=unsafe_add(
            sums.value,
            unsafe_add(
                unsafe_mul(call, convert(convert(unit.call, bytes32), int256)),
                unsafe_mul(put, convert(convert(unit.put, bytes32), int256)),
            ),
        ),
        delta=unsafe_add(
            sums.delta,
            unsafe_sub(
                unsafe_mul(both, convert(convert(unit.delta, bytes32), int256)),
                unsafe_mul(put, convert(convert(discounted_floating, bytes32), int256)),
            ),
        ),
        gamma=unsafe_add(sums.gamma, unsafe_mul(both, convert(convert(unit.gamma, bytes32), int256))),
        vega=unsafe_add(sums.vega, unsafe_mul(both, convert(convert(unit.vega, bytes32), int256))),
    )


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
