# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Black's model of options on a forward
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Prices and Greeks of European calls and puts (F. Black, 1976).
@dev     One exponential prices both options and all Greeks. With a = min(F, K), b = max(F, K),
         v = sigma sqrt(T), k = ln(b/a) >= 0, q = k/v - v/2 and p = q + v, the identity a n(q) = b n(p) gives
         for the out-of-the-money option
             a N(-q) - b N(-p) = a (near - far),   near = N(-q),  far = (b/a) N(-p) = n(q) M(p),
         (M the Mills ratio) without cancellation between large numbers; the other option follows by parity, exactly. An error
         in k cancels in the price to first order. Casts through bytes32 keep it, as the guards show. Stateless.
         Letters below: a and b in the caller's unit; v, q, p, near and far in Q96; densities in Q128.
"""

from ...interfaces import IOptionPricer
from .. import constants
from . import coefficients as c
from . import exp
from . import ln
from . import normal
from . import root

MIN_DEVIATION: constant(uint256) = 2**38  # 3.5e-18 in Q96: time value below 1.4e-18 F, within the bound
HALF_YEAR_S: constant(uint256) = 365 * 86_400 // 2
WAD_YEAR: constant(int256) = constants.SIGNED_WAD * 365 * 86_400
MAX_ACCRUED: constant(int256) = 33 * WAD_YEAR  # |rate| time


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
    """
    @notice Price of one European option on a forward.
    @dev    At zero time or zero volatility the discounted intrinsic value, exactly. Rounded down twice, in
            favour of nobody: callers add or subtract `error_bound`. Parity holds to 1 wei.
    @param  forward F; WAD; 1 to 2^128.
    @param  strike K; WAD; 1 to 2^128, within a factor 2^32 of F.
    @param  implied_vol Annualised; WAD; below 2^64 (1,844 %).
    @param  time_to_expiry_s Seconds; below 2^32.
    @param  discount_factor WAD; below 2^108 (e^33).
    @param  is_call Call or put.
    @return Quote per underlying; WAD.
    """
    # unsafe: wraps at zero, as meant.
    assert (unsafe_sub(forward, 1) | unsafe_sub(strike, 1)) >> 128 == 0, "pricer: price out of range"
    assert implied_vol >> 64 == 0, "pricer: volatility too large"
    assert time_to_expiry_s >> 32 == 0, "pricer: expiry too far"
    assert discount_factor >> 108 == 0, "pricer: discount too large"
    # unsafe: 2^64 times a root below 2^100, so v < 2^104.
    v: uint256 = unsafe_div(unsafe_mul(implied_vol, root._years(time_to_expiry_s)), constants.WAD)
    low: uint256 = forward
    high: uint256 = strike
    if forward > strike:
        low = strike
        high = forward
    log_ratio: int256 = 0
    if v >= MIN_DEVIATION:
        log_ratio = ln._ratio(high, low)
    value: uint256 = self._time_value(low, log_ratio, v)
    # unsafe: time value and intrinsic value are at most 2^128 each.
    if (forward > strike) == is_call:
        value = unsafe_add(value, unsafe_sub(high, low))
    # unsafe: 2^129 * 2^108.
    return unsafe_div(unsafe_mul(value, discount_factor), constants.WAD)


@external
@pure
def black76(
    forward: uint256, strike: uint256, implied_vol: uint256, time_to_expiry_s: uint256, rate: int256
) -> IOptionPricer.Valuation:
    """
    @notice Prices and Greeks of the call and the put of one strike.
    @dev    Prices equal `option_price` at `discount_factor(rate, time)`. At zero time or zero volatility:
            intrinsic values, delta_call D, D/2 or 0 (in, at, out of the money), no gamma, vega or decay.
            Every output is rounded towards zero step by step, in favour of nobody.
    @param  forward F; WAD; 1 to 2^128.
    @param  strike K; WAD; 1 to 2^128, within a factor 2^32 of F.
    @param  implied_vol Annualised; WAD; below 2^64 (1,844 %).
    @param  time_to_expiry_s Seconds; below 2^32.
    @param  rate r of the discount factor D = e^(-rT); WAD per year; |r| <= 2^64 and |r| T <= 33.
    @return Call, put, and their Greeks; WAD.
    """
    # unsafe: wraps at zero, as meant.
    assert (unsafe_sub(forward, 1) | unsafe_sub(strike, 1)) >> 128 == 0, "pricer: price out of range"
    assert implied_vol >> 64 == 0, "pricer: volatility too large"
    assert time_to_expiry_s >> 32 == 0, "pricer: expiry too far"
    discount: uint256 = self._discount_factor(rate, time_to_expiry_s)
    root_time: uint256 = root._years(time_to_expiry_s)
    # unsafe: 2^64 times a root below 2^100, so v < 2^104.
    v: uint256 = unsafe_div(unsafe_mul(implied_vol, root_time), constants.WAD)
    if v < MIN_DEVIATION:
        return self._intrinsic_valuation(forward, strike, time_to_expiry_s, rate, discount)

    a: uint256 = forward
    b: uint256 = strike
    if forward > strike:
        a = strike
        b = forward
    q: int256 = self._distance(ln._ratio(b, a), v)
    near: uint256 = 0
    far: uint256 = 0
    density: uint256 = 0  # n(q)
    near, far, density = self._tails(q, v)
    # unsafe: a, b <= 2^128; density < 2^127; near, far <= 2^96; discount < 2^108.
    amplitude: uint256 = unsafe_mul(a, density) >> 128  # F n(d1) = K n(d2)
    call: uint256 = unsafe_mul(a, unsafe_sub(near, far)) >> 96
    put: uint256 = call
    if forward > strike:
        call = unsafe_add(put, unsafe_sub(forward, strike))
        density = unsafe_div(unsafe_mul(density, a), b)  # n(d1)
        near = unsafe_sub(normal.CERTAIN, unsafe_div(unsafe_mul(far, a), b))  # N(d1)
    else:
        put = unsafe_add(call, unsafe_sub(strike, forward))
    call = unsafe_div(unsafe_mul(call, discount), constants.WAD)
    put = unsafe_div(unsafe_mul(put, discount), constants.WAD)
    # unsafe: amplitude v HALF_YEAR_S < 2^127 2^104 2^24 = 2^255; since v <= 18.5 sqrt(T in years), the
    # quotient by T >= 1 s is below 2^143 after its shift.
    decay_rate: uint256 = unsafe_div(unsafe_mul(unsafe_mul(amplitude, v), HALF_YEAR_S), time_to_expiry_s) >> 96
    decay: int256 = convert(convert(unsafe_div(unsafe_mul(decay_rate, discount), constants.WAD), bytes32), int256)
    # unsafe: density/v <= 2^(127 + 96 - 38) in Q128, 2^137 in Q80; vega <= 2^127 2^100 before its shift and
    # 2^131 2^108 after; |rate| price <= 2^64 2^177.
    return IOptionPricer.Valuation(
        call=call,
        put=put,
        delta_call=convert(convert(unsafe_mul(near, discount) >> 96, bytes32), int256),
        gamma_f=unsafe_mul(unsafe_div(density << 96, v) >> 48, discount) >> 80,
        vega=unsafe_div(unsafe_mul(unsafe_mul(amplitude, root_time) >> 96, discount), constants.WAD),
        theta_call=unsafe_sub(
            unsafe_div(unsafe_mul(rate, convert(convert(call, bytes32), int256)), constants.SIGNED_WAD), decay
        ),
        theta_put=unsafe_sub(
            unsafe_div(unsafe_mul(rate, convert(convert(put, bytes32), int256)), constants.SIGNED_WAD), decay
        ),
    )


@external
@pure
def discount_factor(rate: int256, time_to_expiry_s: uint256) -> uint256:
    """
    @notice D = e^(-rate time).
    @param  rate WAD per year; |rate| <= 2^64 and |rate| time <= 33.
    @param  time_to_expiry_s Seconds; below 2^32.
    @return WAD, rounded to nearest; error below 1 wei and 1e-24 relative.
    """
    assert time_to_expiry_s >> 32 == 0, "pricer: expiry too far"
    return self._discount_factor(rate, time_to_expiry_s)


@external
@pure
def error_bound(forward: uint256, strike: uint256) -> uint256:
    """
    @notice Largest error of a price: 4e-18 max(F, K) + 4 wei, times the discount factor where that exceeds 1.
    @param  forward F; WAD; 1 to 2^128.
    @param  strike K; WAD; 1 to 2^128.
    @return Quote per underlying; WAD, rounded up.
    """
    # unsafe: wraps at zero, as meant.
    assert (unsafe_sub(forward, 1) | unsafe_sub(strike, 1)) >> 128 == 0, "pricer: price out of range"
    return self._error_bound(forward, strike)


@internal
@pure
def _error_bound(forward: uint256, strike: uint256) -> uint256:
    """
    @notice See `error_bound`; for callers that have checked the ranges.
    """
    # unsafe: 4 * 2^128.
    scaled: uint256 = unsafe_mul(max(forward, strike), 4)
    return unsafe_add(unsafe_div(unsafe_add(scaled, constants.WAD - 1), constants.WAD), 4)


@internal
@pure
def _distance(log_ratio: int256, v: uint256) -> int256:
    """
    @notice q = ln(b/a)/v - v/2 in Q96.
    @param  log_ratio ln(b/a), Q96; 0 to 23.
    @param  v At least MIN_DEVIATION.
    """
    # unsafe: ln <= 23 in Q96, 2^197 after the shift.
    deviation: int256 = convert(convert(v, bytes32), int256)
    return unsafe_sub(unsafe_div(log_ratio << 96, deviation), deviation >> 1)


@internal
@pure
def _tails(q: int256, v: uint256) -> (uint256, uint256, uint256):
    """
    @notice near = N(-q) and far = n(q) M(q + v) <= near in Q96, and n(q) in Q128, of which prices and Greeks follow.
    @param  q `_distance`.
    @param  v sigma sqrt(T), Q96, below 2^104.
    """
    # unsafe: |q| <= 2^160 and v < 2^104; density < 2^127 and M(p) < 2^97. Beyond the limit tails are 0 or 1.
    if q >= normal.LIMIT:
        return 0, 0, 0
    if q <= -normal.LIMIT:
        return normal.CERTAIN, 0, 0
    density: uint256 = normal._density(q)
    near: uint256 = normal._tail(q, density)
    p: int256 = unsafe_add(q, convert(convert(v, bytes32), int256))
    if p >= normal.LIMIT:
        return near, 0, density
    # far < near, as docs/mathematics-on-chain.md shows; but no wrap shall hang on an argument.
    far: uint256 = unsafe_mul(density, normal._mills(p)) >> 128
    if far > near:
        far = near
    return near, far, density


@internal
@pure
def _time_value(a: uint256, log_ratio: int256, v: uint256) -> uint256:
    """
    @notice Undiscounted price of the out-of-the-money option, in [0, a], rounded down. The entry for callers
            that keep sqrt(T) of an expiry and ln(K/F) of a strike.
    @param  a The smaller of forward and strike; at most 2^128.
    @param  log_ratio ln(b/a), b the larger of the two, Q96; 0 to 23.
    @param  v sigma sqrt(T), Q96, below 2^104.
    """
    if v < MIN_DEVIATION:
        return 0
    # unsafe: as in `_distance` and `_tails`, whose steps are written out here: a price of the stress grid is taken
    # 256 times. |q| <= 2^160 and v < 2^104; density < 2^127 and M < 2^97.
    deviation: int256 = convert(convert(v, bytes32), int256)
    q: int256 = unsafe_sub(unsafe_div(log_ratio << 96, deviation), deviation >> 1)
    if q >= normal.LIMIT:
        return 0
    if q <= -normal.LIMIT:
        return a
    density: uint256 = exp._scaled(unsafe_mul(q, q) >> 97, c.INVERSE_SQRT_2PI, 0)
    near: uint256 = 0
    if q < 0:
        near = unsafe_sub(normal.CERTAIN, unsafe_mul(density, normal._mills(unsafe_sub(0, q))) >> 128)
    else:
        near = unsafe_mul(density, normal._mills(q)) >> 128
    q = unsafe_add(q, deviation)
    if q >= normal.LIMIT:
        return unsafe_mul(a, near) >> 96
    far: uint256 = unsafe_mul(density, normal._mills(q)) >> 128
    if far > near:  # never, by the same argument as in `_tails`
        return 0
    # unsafe: 2^128 * 2^96.
    return unsafe_mul(a, unsafe_sub(near, far)) >> 96


@internal
@pure
def _discount_factor(rate: int256, time_s: uint256) -> uint256:
    """
    @notice e^(-rate time) in WAD, rounded to nearest.
    @param  rate WAD per year; checked.
    @param  time_s Seconds, below 2^32.
    """
    if rate == 0:
        return constants.WAD
    # unsafe: wraps beyond the range, as meant; then |rate| time <= 2^96, and 2^90 * 2^96 after both checks.
    assert convert(convert(unsafe_add(rate, 2**64), bytes32), uint256) <= 2**65, "pricer: rate too large"
    accrued: int256 = unsafe_mul(rate, convert(convert(time_s, bytes32), int256))
    assert convert(convert(unsafe_add(accrued, MAX_ACCRUED), bytes32), uint256) <= convert(
        2 * MAX_ACCRUED, uint256
    ), "pricer: rate too large"
    exponent: int256 = unsafe_div(accrued << 96, WAD_YEAR)
    return unsafe_add(exp._scaled(exponent, exp.TWO_WITH_HEADROOM, exp.HEADROOM), 1) >> 1


@internal
@pure
def _intrinsic_valuation(
    forward: uint256, strike: uint256, time_s: uint256, rate: int256, discount: uint256
) -> IOptionPricer.Valuation:
    """
    @notice The limit of `black76` at zero time or zero volatility. At the money delta is D/2, the limit of
            vanishing volatility; at expiry theta is 0, since nothing is left to accrue.
    """
    valuation: IOptionPricer.Valuation = empty(IOptionPricer.Valuation)
    if forward > strike:
        valuation.call = (forward - strike) * discount // constants.WAD
        valuation.delta_call = convert(discount, int256)
    elif forward < strike:
        valuation.put = (strike - forward) * discount // constants.WAD
    else:
        valuation.delta_call = convert(discount // 2, int256)
    if time_s > 0:
        valuation.theta_call = rate * convert(valuation.call, int256) // constants.SIGNED_WAD
        valuation.theta_put = rate * convert(valuation.put, int256) // constants.SIGNED_WAD
    return valuation
