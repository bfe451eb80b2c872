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
from . import black76
from . import book
from . import power
from . import rounding
from . import surface_pace

SCENARIOS: constant(uint256) = 16
STRIKES: constant(uint256) = 20
SPOTS: constant(uint256) = 9
BOTH_WAYS: constant(uint256) = 7  # spots that meet volatility up and down; the others are the tails
TAILS: constant(uint256) = 2 * BOTH_WAYS  # lanes from here on are halved: i/TAILS is 1 there, 0 before
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


struct Scenarios:  # of an expiry
    forwards: uint256[SPOTS]
    moves: int256[SPOTS]  # ln of each over the forward, Q96
    up: uint256  # sqrt(T) with volatility up, Q96
    down: uint256


struct Option:  # the call of a strike, which keeps its volatility
    quantity: int256
    strike: uint256
    k: int256  # ln(K/F), Q96
    up: uint256  # sigma sqrt(T) with volatility up, Q96
    down: uint256
    now: uint256  # value, undiscounted


@internal
@pure
def _scenarios(terms: book.Terms) -> Scenarios:
    """
    @dev    What the scenarios of all strikes share; forwards and roots are rounded down, in favour of nobody.
    """
    scenarios: Scenarios = empty(Scenarios)
    exponent: int256 = NEAR_POWER if terms.time_s <= surface_pace.MONTH_S else FAR_POWER
    scale: uint256 = power._power(surface_pace.MONTH_S, max(terms.time_s, DAY_S), exponent)
    scenarios.up = terms.root_time * (constants.WAD + scale // 2) // constants.WAD
    scenarios.down = terms.root_time * (constants.WAD - scale * 3 // 10) // constants.WAD
    fixed: uint256 = terms.forward - terms.floating_forward
    for i: uint256 in range(SPOTS):
        # unsafe: forwards are below 2^99, factors below 2^61.
        forward: uint256 = unsafe_add(
            fixed, unsafe_div(unsafe_mul(terms.floating_forward, FACTORS[i]), constants.WAD)
        )
        scenarios.forwards[i] = forward
        scenarios.moves[i] = book._log_moneyness(terms.forward, forward)
    return scenarios


@internal
@pure
def _losses(
    scenarios: Scenarios, terms: book.Terms, options: DynArray[Option, STRIKES], puts: int256
) -> int256[SCENARIOS]:
    """
    @dev    The vault's loss in each scenario, quote; every quotient rounded up, against the vault.
    @param  puts All puts of the book, which count as calls in the options.
    """
    losses: int256[SCENARIOS] = self._gains(scenarios, terms.forward, options, puts)
    discount: int256 = convert(terms.discount, int256)
    for i: uint256 in range(SCENARIOS):
        # unsafe: gains are below 2^204; the quotient is below 2^145, times 2^60.
        loss: int256 = rounding._signed_up(
            unsafe_sub(0, losses[i]), constants.SIGNED_WAD << unsafe_div(i, TAILS)
        )
        if discount < constants.SIGNED_WAD:
            loss = rounding._signed_up(unsafe_mul(loss, discount), constants.SIGNED_WAD)
        losses[i] = loss
    return losses


@internal
@pure
def _with_leg(
    losses: int256[SCENARIOS],
    scenarios: Scenarios,
    terms: book.Terms,
    unit: book.Unit,
    is_call: bool,
    quantity: int256,
) -> int256[SCENARIOS]:
    """
    @dev    Losses with what a leg adds: a contract bought is a contract that the vault owes. The change of a contract
            is rounded to nearest, and that of the leg towards zero: reversed, it restores the losses.
    @param  quantity The taker's; WAD.
    """
    options: DynArray[Option, STRIKES] = [self._option(scenarios, unit, 1)]
    changes: int256[SCENARIOS] = self._gains(scenarios, terms.forward, options, 0 if is_call else 1)
    discount: int256 = convert(terms.discount, int256)
    for i: uint256 in range(SCENARIOS):
        # unsafe: prices below 2^101 times 2^60; |q| < 2^95 times changes below 2^100; the divisors are constants.
        change: int256 = unsafe_mul(changes[i], discount)
        divisor: int256 = constants.SIGNED_WAD << unsafe_div(i, TAILS)
        change = unsafe_div(unsafe_add(change, unsafe_mul(change >> 255 | 1, divisor >> 1)), divisor)
        changes[i] = unsafe_add(losses[i], unsafe_div(unsafe_mul(quantity, change), constants.SIGNED_WAD))
    return changes


@internal
@pure
def _option(scenarios: Scenarios, unit: book.Unit, quantity: int256) -> Option:
    """
    @dev    What the scenarios of a strike share.
    """
    # unsafe: volatility < 2^72, roots below 2^102.
    return Option(
        quantity=quantity,
        strike=unit.strike,
        k=unit.k,
        up=unsafe_div(unsafe_mul(unit.volatility, scenarios.up), constants.WAD),
        down=unsafe_div(unsafe_mul(unit.volatility, scenarios.down), constants.WAD),
        now=unit.now,
    )


@internal
@pure
def _gains(
    scenarios: Scenarios, forward_now: uint256, options: DynArray[Option, STRIKES], puts: int256
) -> int256[SCENARIOS]:
    """
    @dev    Sum of quantity times the change of the undiscounted call, less `puts` times that of the forward: by
            parity what `puts` of the calls gain as puts.
    """
    gains: int256[SCENARIOS] = empty(int256[SCENARIOS])
    for lane: uint256 in range(SPOTS):
        forward: uint256 = scenarios.forwards[lane]
        moved: int256 = scenarios.moves[lane]
        # unsafe: forwards are below 2^99; |puts| <= 2^100.
        up: int256 = unsafe_mul(puts, convert(convert(unsafe_sub(forward_now, forward), bytes32), int256))
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
    return gains
