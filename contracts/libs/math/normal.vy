# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Normal distribution
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Density n, distribution N, and the Mills ratio M(x) = N(-x)/n(x) from which both tails follow.
@dev     M is smooth and slowly varying, so one rational function of type [8/8] covers [0, 11]; n(x) times its
         error is below 1.0e-18 everywhere, and the relative error in the tail stays below 1e-13 up to x = 7.
         Stateless.
"""

from .. import constants
from . import coefficients as c
from . import exp

ONE_Q96: constant(int256) = 2**96
HALF_Q96: constant(uint256) = 2**95
CERTAIN: constant(uint256) = 2**96  # probability one, Q96
LIMIT: constant(int256) = 11 * 2**96  # Q96; N(-11) = 1.9e-28
LIMIT_WAD: constant(int256) = 11 * constants.SIGNED_WAD


@external
@pure
def normal_cdf(x: int256) -> uint256:
    """
    @notice Probability that a standard normal variable is at most x.
    @param  x WAD; any.
    @return WAD, rounded to nearest; error below 2 wei; 0 up to -11 and 1 from 11.
    """
    if x <= -LIMIT_WAD:
        return 0
    if x >= LIMIT_WAD:
        return constants.WAD
    # unsafe: |x| < 11 WAD here, and a probability is at most 2^96.
    argument: int256 = unsafe_div(unsafe_mul(unsafe_sub(0, x), ONE_Q96), constants.SIGNED_WAD)
    probability: uint256 = self._tail(argument, self._density(argument))
    return unsafe_add(unsafe_mul(probability, constants.WAD), HALF_Q96) >> 96


@internal
@pure
def _density(x: int256) -> uint256:
    """
    @notice n(x) in Q128, rounded down.
    @param  x Q96, |x| <= 11.
    """
    # unsafe: x^2 < 2^199.
    return exp._scaled(unsafe_mul(x, x) >> 97, c.INVERSE_SQRT_2PI, 0)


@internal
@pure
def _tail(x: int256, density: uint256) -> uint256:
    """
    @notice N(-x) in Q96.
    @param  x Q96, |x| <= 11.
    @param  density n(x) in Q128.
    """
    # unsafe: density < 2^127 and M(x) < 2^97.
    if x >= 0:
        return unsafe_mul(density, self._mills(x)) >> 128
    return unsafe_sub(CERTAIN, unsafe_mul(density, self._mills(unsafe_sub(0, x))) >> 128)


@internal
@pure
def _mills(x: int256) -> uint256:
    """
    @notice M(x) in Q96.
    @param  x Q96, 0 <= x <= 11.
    """
    # unsafe: no denominator changes its sign on [0, 11] and none comes nearer to zero than 0.01, so no
    # quotient exceeds 2^206 / 2^89; proven at derivation (Sturm) and in the tests (intervals, integers).
    return convert(
        convert(
            unsafe_add(
                c.MILLS_A0,
                unsafe_div(
                    c.MILLS_C1,
                    unsafe_add(
                        unsafe_add(x, c.MILLS_B1),
                        unsafe_div(
                            c.MILLS_C2,
                            unsafe_add(
                                unsafe_add(x, c.MILLS_B2),
                                unsafe_div(
                                    c.MILLS_C3,
                                    unsafe_add(
                                        unsafe_add(x, c.MILLS_B3),
                                        unsafe_div(
                                            c.MILLS_C4,
                                            unsafe_add(
                                                unsafe_add(x, c.MILLS_B4),
                                                unsafe_div(
                                                    c.MILLS_C5,
                                                    unsafe_add(
                                                        unsafe_add(x, c.MILLS_B5),
                                                        unsafe_div(
                                                            c.MILLS_C6,
                                                            unsafe_add(
                                                                unsafe_add(x, c.MILLS_B6),
                                                                unsafe_div(
                                                                    c.MILLS_C7,
                                                                    unsafe_add(
                                                                        unsafe_add(x, c.MILLS_B7),
                                                                        unsafe_div(
                                                                            c.MILLS_C8,
                                                                            unsafe_add(x, c.MILLS_B8),
                                                                        ),
                                                                    ),
                                                                ),
                                                            ),
                                                        ),
                                                    ),
                                                ),
                                            ),
                                        ),
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
            bytes32,
        ),
        uint256,
    )
