# pragma version 0.4.3
# pragma evm-version cancun
"""
@title   Stress grid
@author  The pyvault authors
@license AGPL-3.0-only
@notice  What the vault loses in sixteen scenarios of spot and volatility.
@dev     Lanes 0 to 6: spot times 0.82 to 1.18, volatility up; 7 to 13: the same spots, volatility down; 14 and 15:
         spot times 0.60 and 1.60, volatility up, the loss halved. Each strike keeps its volatility under a move of
         spot, which moves the floating part of the forward alone. Volatility up is times 1 + (30 d/max(T, 1 d))^p/2,
         down is times 1 - 0.3 (...)^p, p = 0.3 up to 30 days and 0.13 beyond.
         Black's formula is homogeneous: a scenario is a shift of ln(K/F) and a factor on sqrt(T), so that sixteen
         prices share one logarithm and one volatility; the put's change is the call's less that of the forward.
         Stateless.
"""

from .. import constants
from .. import strike_word
from . import black76
from . import book
from . import power
from . import rounding
from . import surface_pace

SCENARIOS: constant(uint256) = 16
STRIKES: constant(uint256) = 20
SPOTS: constant(uint256) = 9
BOTH_WAYS: constant(uint256) = 7  # spots that meet volatility up and down; the others are the tails
FACTORS: constant(uint256[SPOTS]) = [
    82 * 10**16,
    88 * 10**16,
    94 * 10**16,
    10**18,
    106 * 10**16,
    112 * 10**16,
    118 * 10**16,
    60 * 10**16,
    160 * 10**16,
]
DAY_S: constant(uint256) = 86_400
NEAR_POWER: constant(int256) = 3 * 10**17
FAR_POWER: constant(int256) = 13 * 10**16


struct Option:  # the call of a strike, which keeps its volatility
    quantity: int256
    strike: uint256
    k: int256  # ln(K/F), Q96
    up: uint256  # sigma sqrt(T) with volatility up, Q96
    down: uint256
    now: uint256  # value, undiscounted


@internal
@pure
def _stress(terms: book.Terms, positions: DynArray[uint256, STRIKES]) -> int256[SCENARIOS]:
    """
    @dev    The vault's loss in each scenario, quote; every quotient rounded up, against the vault.
    """
    up: uint256 = 0
    down: uint256 = 0
    up, down = self._roots(terms)
    options: DynArray[Option, STRIKES] = []
    puts: int256 = 0
    for word: uint256 in positions:
        put: int256 = strike_word._position(word, False)
        # unsafe: |q| <= 2^95; 20 strikes.
        both: int256 = unsafe_add(strike_word._position(word, True), put)
        puts = unsafe_add(puts, put)
        if both != 0:
            options.append(self._option(terms, strike_word._strike(word), both, up, down))
    losses: int256[SCENARIOS] = self._gains(terms, options, puts)
    for i: uint256 in range(SCENARIOS):
        # unsafe: gains are below 2^204; the quotient is below 2^145, times 2^60.
        loss: int256 = rounding._signed_up(unsafe_sub(0, losses[i]), self._damping(i))
        if terms.discount < constants.WAD:
            discount: int256 = convert(convert(terms.discount, bytes32), int256)
            loss = rounding._signed_up(unsafe_mul(loss, discount), constants.SIGNED_WAD)
        losses[i] = loss
    return losses


@internal
@pure
def _leg_stress(terms: book.Terms, strike: uint256, is_call: bool) -> int256[SCENARIOS]:
    """
    @dev    Value of one contract in each scenario less its value now, halved in the tails; rounded to nearest, so
            that the losses that a trade adds are odd in its quantity.
    """
    up: uint256 = 0
    down: uint256 = 0
    up, down = self._roots(terms)
    options: DynArray[Option, STRIKES] = [self._option(terms, strike, 1, up, down)]
    changes: int256[SCENARIOS] = self._gains(terms, options, 0 if is_call else 1)
    discount: int256 = convert(terms.discount, int256)
    for i: uint256 in range(SCENARIOS):
        # unsafe: prices below 2^101 times 2^60; the divisor is positive.
        change: int256 = unsafe_mul(changes[i], discount)
        unit: int256 = self._damping(i)
        changes[i] = unsafe_div(unsafe_add(change, unsafe_mul(change >> 255 | 1, unit >> 1)), unit)
    return changes


@internal
@pure
def _roots(terms: book.Terms) -> (uint256, uint256):
    """
    @dev    sqrt(T) times the factors of volatility up and down, Q96; rounded down, a wei in favour of nobody.
    """
    exponent: int256 = NEAR_POWER if terms.time_s <= surface_pace.MONTH_S else FAR_POWER
    scale: uint256 = power._power(surface_pace.MONTH_S, max(terms.time_s, DAY_S), exponent)
    return (
        terms.root_time * (constants.WAD + scale // 2) // constants.WAD,
        terms.root_time * (constants.WAD - scale * 3 // 10) // constants.WAD,
    )


@internal
@pure
def _option(terms: book.Terms, strike: uint256, quantity: int256, up: uint256, down: uint256) -> Option:
    """
    @dev    What the scenarios of a strike share.
    """
    k: int256 = book._log_moneyness(terms.forward, strike)
    volatility: uint256 = book._volatility(k, terms.curve)
    # unsafe: volatility < 2^72, roots below 2^102; |k| < 2^101; prices below 2^100.
    v: uint256 = unsafe_div(unsafe_mul(volatility, terms.root_time), constants.WAD)
    now: uint256 = black76._time_value(min(terms.forward, strike), unsafe_mul(k, k >> 255 | 1), v)
    if terms.forward > strike:
        now = unsafe_add(now, unsafe_sub(terms.forward, strike))
    return Option(
        quantity=quantity,
        strike=strike,
        k=k,
        up=unsafe_div(unsafe_mul(volatility, up), constants.WAD),
        down=unsafe_div(unsafe_mul(volatility, down), constants.WAD),
        now=now,
    )


@internal
@pure
def _gains(terms: book.Terms, options: DynArray[Option, STRIKES], puts: int256) -> int256[SCENARIOS]:
    """
    @dev    Sum of quantity times the change of the undiscounted call, less `puts` times that of the forward: by
            parity what `puts` of the calls gain as puts.
    """
    gains: int256[SCENARIOS] = empty(int256[SCENARIOS])
    fixed: uint256 = terms.forward - terms.floating_forward
    lane: uint256 = 0
    for factor: uint256 in FACTORS:
        # unsafe: forwards are below 2^99, factors below 2^61; |puts| <= 2^100.
        forward: uint256 = unsafe_add(
            fixed, unsafe_div(unsafe_mul(terms.floating_forward, factor), constants.WAD)
        )
        moved: int256 = book._log_moneyness(terms.forward, forward)
        up: int256 = unsafe_mul(
            puts, convert(convert(unsafe_sub(terms.forward, forward), bytes32), int256)
        )
        down: int256 = up
        for option: Option in options:
            # unsafe: |k - moved| < 2^102; |quantity| <= 2^96 times prices below 2^100, 20 strikes.
            size: int256 = unsafe_sub(option.k, moved)
            size = unsafe_mul(size, size >> 255 | 1)
            least: uint256 = forward
            base: uint256 = unsafe_sub(0, option.now)  # intrinsic value less the value now
            if forward > option.strike:
                least = option.strike
                base = unsafe_sub(unsafe_sub(forward, option.strike), option.now)
            change: uint256 = unsafe_add(black76._time_value(least, size, option.up), base)
            up = unsafe_add(up, unsafe_mul(option.quantity, convert(convert(change, bytes32), int256)))
            if lane < BOTH_WAYS:
                change = unsafe_add(black76._time_value(least, size, option.down), base)
                down = unsafe_add(
                    down, unsafe_mul(option.quantity, convert(convert(change, bytes32), int256))
                )
        if lane < BOTH_WAYS:
            gains[lane] = up
            gains[lane + BOTH_WAYS] = down
        else:
            gains[lane + BOTH_WAYS] = up
        lane += 1
    return gains


@internal
@pure
def _damping(scenario: uint256) -> int256:
    """
    @dev    WAD, and twice that in the tails, whose losses are halved.
    """
    if scenario < 2 * BOTH_WAYS:
        return constants.SIGNED_WAD
    return 2 * constants.SIGNED_WAD
