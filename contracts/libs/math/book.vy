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
from .. import parameters
from . import black76
from . import ln
from . import normal
from . import root
from . import surface_guard
from . import surface_pace

MAX_FORWARD: constant(uint256) = 2**98  # 3e11 quote; every price that the oracle can read is below 2^97.3
PRICE_UNIT: constant(uint256) = 10**10  # a strike counts 1e-8 quote
WINDOW_S: constant(uint256) = 1_800  # of the fixing average
AVERAGED_S: constant(uint256) = 1_200  # two thirds of it: what the average takes off the time of variance
FIRST_WORD: constant(uint256) = 2  # of RiskParameters.words, as conditions hold them


struct Terms:
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
    # unsafe: volatility < 2^65 and root_time < 2^100.
    v: uint256 = unsafe_div(unsafe_mul(volatility, terms.root_time), constants.WAD)
    call: uint256 = self._undiscounted_call(terms.forward, strike, k, v)
    probability: uint256 = 0
    density: uint256 = 0
    probability, density = self._normal(k, v)
    above: uint256 = 0
    below: uint256 = 0
    # unsafe: forward, strike < 2^99; call < 2^100 and no less than the intrinsic value; discount <= WAD; density <
    # 2^127; probability <= 2^96; density/v as in black76.vy, there by v >= 2^38, so that gamma_f < 2^137.
    if terms.forward > strike:
        above = unsafe_sub(terms.forward, strike)
    else:
        below = unsafe_sub(strike, terms.forward)
    put: uint256 = unsafe_sub(unsafe_add(call, below), above)
    amplitude: uint256 = unsafe_mul(terms.forward, density) >> 128
    gamma_f: uint256 = unsafe_mul(unsafe_div(density << 96, v) >> 48, terms.discount) >> 80
    delta: int256 = convert(unsafe_mul(probability, terms.discounted_floating) >> 96, int256)
    return Unit(
        call=unsafe_div(unsafe_mul(call, terms.discount), constants.WAD),
        put=unsafe_div(unsafe_mul(put, terms.discount), constants.WAD),
        delta_call=delta,
        delta_put=unsafe_sub(delta, convert(terms.discounted_floating, int256)),
        gamma=unsafe_div(unsafe_mul(gamma_f, terms.gamma_scale), constants.WAD),
        vega=unsafe_div(
            unsafe_mul(unsafe_mul(amplitude, terms.root_time) >> 96, terms.discount), constants.WAD
        ),
        volatility=volatility,
        probability=unsafe_mul(probability, constants.WAD) >> 96,
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
    return surface_guard._volatility(
        surface_guard._variance(unsafe_mul(k, constants.SIGNED_WAD) >> 96, curve)
    )


@internal
@pure
def _undiscounted_call(forward: uint256, strike: uint256, k: int256, v: uint256) -> uint256:
    """
    @dev    Price of the call before discount, rounded down; the put's is it less F - K, exactly.
    @param  k ln(K/F), Q96.
    @param  v sigma sqrt(T), Q96, below 2^104.
    """
    # unsafe: |k| < 23, prices below 2^128.
    if strike < forward:
        return unsafe_add(
            black76._time_value(strike, unsafe_sub(0, k), v), unsafe_sub(forward, strike)
        )
    return black76._time_value(forward, k, v)


@internal
@pure
def _normal(k: int256, v: uint256) -> (uint256, uint256):
    """
    @dev    N(d1) in Q96 and n(d1) in Q128 at d1 = v/2 - k/v. In the limit of no deviation N(d1) is 1, 1/2 or 0 (in,
            at, out of the money) and the density 0, as in black76.vy.
    """
    if v < black76.MIN_DEVIATION:
        if k == 0:
            return normal.CERTAIN >> 1, 0
        return normal.CERTAIN if k < 0 else 0, 0
    # unsafe: |k| < 2^101, so the quotient is below 2^159; v < 2^104.
    deviation: int256 = convert(convert(v, bytes32), int256)
    d1: int256 = unsafe_sub(deviation >> 1, unsafe_div(k << 96, deviation))
    if d1 >= normal.LIMIT:
        return normal.CERTAIN, 0
    if d1 <= -normal.LIMIT:
        return 0, 0
    density: uint256 = normal._density(d1)
    return normal._tail(unsafe_sub(0, d1), density), density


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
        unit: Unit = self._unit(terms, self._strike(word))
        call: int256 = self._position(word, True)
        put: int256 = self._position(word, False)
        calls: uint256 = convert(abs(call), uint256)
        puts: uint256 = convert(abs(put), uint256)
        # unsafe: |q| <= 2^95; units are below 2^100 but for gamma, which is below 2^123, since no curve has a
        # volatility below 1e-4 and variance runs for a second at least; 40 terms.
        both: int256 = unsafe_add(call, put)
        sums.value = unsafe_add(
            sums.value,
            unsafe_add(
                unsafe_mul(call, convert(unit.call, int256)), unsafe_mul(put, convert(unit.put, int256))
            ),
        )
        sums.delta = unsafe_add(
            sums.delta, unsafe_add(unsafe_mul(call, unit.delta_call), unsafe_mul(put, unit.delta_put))
        )
        sums.gamma = unsafe_add(sums.gamma, unsafe_mul(both, convert(unit.gamma, int256)))
        sums.vega = unsafe_add(sums.vega, unsafe_mul(both, convert(unit.vega, int256)))
        sums.contracts = unsafe_add(sums.contracts, unsafe_add(calls, puts))
        sums.gross_value = unsafe_add(
            sums.gross_value, unsafe_add(unsafe_mul(calls, unit.call), unsafe_mul(puts, unit.put))
        )
        sums.gross_delta = unsafe_add(
            sums.gross_delta,
            unsafe_add(
                unsafe_mul(calls, convert(unit.delta_call, uint256)),
                unsafe_mul(puts, convert(-unit.delta_put, uint256)),
            ),
        )
        sums.gross_vega = unsafe_add(sums.gross_vega, unsafe_mul(unsafe_add(calls, puts), unit.vega))
    return sums


@internal
@pure
def _strike(word: uint256) -> uint256:
    """
    @dev    Strike of a position word, WAD.
    """
    return unsafe_mul(word & (2**64 - 1), PRICE_UNIT)  # unsafe: below 2^98


@internal
@pure
def _position(word: uint256, is_call: bool) -> int256:
    """
    @dev    The vault's contracts in a position word, WAD; in [-2^95, 2^95).
    """
    if is_call:
        return convert(convert(word << 96, bytes32), int256) >> 160
    return convert(convert(word, bytes32), int256) >> 160


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
    words: DynArray[uint256, 10], terms: Terms, sums: Sums, spot: uint256, mean_vol: uint256
) -> uint256:
    """
    @dev    Sum |q| (s_tick S + s_rel mid + kappa_0 |delta| + eps(T) vega/2) + |vega| |sigma_atm - its mean|: what it
            would cost to close the book. Every quotient rounded up, against the vault.
    """
    tick: uint256 = self._over_wad(self._parameter(words, parameters.TICK) * spot)
    vol_move: uint256 = max(terms.atm_vol, mean_vol) - min(terms.atm_vol, mean_vol)
    net_vega: uint256 = self._over_wad(convert(abs(sums.vega), uint256))
    # A step is rounded down where posts are measured; one more is above it.
    step: uint256 = self._parameter(words, parameters.SURFACE_STEP) * terms.vega_scale // constants.WAD + 1
    return self._over_wad(
        sums.contracts * tick
        + self._over_wad(sums.gross_value) * self._parameter(words, parameters.MID_SPREAD)
        + self._over_wad(sums.gross_delta) * self._parameter(words, parameters.FORWARD_STEP)
        + (self._over_wad(sums.gross_vega) * step + 1) // 2
        + net_vega * vol_move
    )


@internal
@pure
def _over_wad(number: uint256) -> uint256:
    """
    @dev    A quotient by WAD, rounded up, against the vault.
    """
    return (number + constants.WAD - 1) // constants.WAD


@internal
@pure
def _parameter(words: DynArray[uint256, 10], parameter_id: uint256) -> uint256:
    """
    @dev    A lane of the words that conditions carry.
    """
    word: uint256 = words[parameter_id // parameters.LANES - FIRST_WORD]
    return word >> (parameters.LANE_BITS * (parameter_id % parameters.LANES)) & parameters.LANE_MASK
