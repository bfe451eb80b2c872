# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   SVI slice
@author  The pyvault authors
@license AGPL-3.0-only
@notice  Annualised variance of one expiry as a function of log-moneyness.
@dev     v(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)), J. Gatheral's raw parametrisation (2004).
         Absence of arbitrage is the writer's duty; here only overflow and negative variance are excluded.
         Stateless.
"""

from .. import constants

REACH: constant(int256) = 2**68  # 295 in WAD: the reach of log-moneyness and of m
DIVISOR: constant(int256) = constants.SIGNED_WAD * constants.SIGNED_WAD * 2**20


@external
@pure
def svi_variance(
    log_moneyness: int256, a: int256, b: uint256, rho: int256, m: int256, sigma: uint256
) -> uint256:
    """
    @notice Annualised variance v(k) of an SVI slice.
    @dev    The root starts from (128 (x^2 + s^2) + 106 |x| s)/(127 (|x| + s)), within 0.8 %, and takes
            three steps of Heron's iteration, which leave it high by at most 1.2e-19 of itself. 20 extra bits
            keep its last place out of the result. The sum is rounded down, in favour of nobody: the result is
            low by at most 1.01 wei and high by at most 1.2e-19 b sqrt(...), which is a wei where that term
            is 8, and hundreds where it is thousands and rho = -1 cancels it.
    @param  log_moneyness k = ln(K/F); WAD; -2^68 <= k < 2^68.
    @param  a Level; WAD; below 2^254.
    @param  b Slope of the wings; WAD; below 2^69.
    @param  rho Skew; WAD; from -1 to 1.
    @param  m Centre; WAD; -2^68 <= m < 2^68.
    @param  sigma Curvature; WAD; below 2^69.
    @return Variance per year; WAD.
    """
    # Each term has no bit above the 69th exactly when its parameter is in range: k, m in [-2^68, 2^68), b and
    # sigma in [0, 2^69), |rho| <= 1 (else 1 - rho or 1 + rho is negative). unsafe: wraps where it is refused.
    assert (
        convert(
            convert(
                unsafe_add(log_moneyness, REACH)
                | unsafe_add(m, REACH)
                | unsafe_sub(constants.SIGNED_WAD, rho)
                | unsafe_add(constants.SIGNED_WAD, rho),
                bytes32,
            ),
            uint256,
        )
        | b
        | sigma
    ) >> 69 == 0, "svi: parameter out of range"
    # unsafe: |x| and s are at most 2^89, their squares 2^178; where both are 0, division by zero yields 0.
    x: int256 = unsafe_sub(log_moneyness, m) << 20
    s: int256 = convert(convert(sigma << 20, bytes32), int256)
    square: int256 = unsafe_add(unsafe_mul(x, x), unsafe_mul(s, s))
    side: int256 = unsafe_mul(x, x >> 255 | 1)  # |x|: the shift leaves -1 or 0
    root: int256 = unsafe_div(
        unsafe_add(square << 7, unsafe_mul(unsafe_mul(side, s), 106)), unsafe_mul(unsafe_add(side, s), 127)
    )
    root = unsafe_add(root, unsafe_div(square, root)) >> 1
    # Two steps with one halving: twice = 2 r, and the next is (r + square/r)/2 = twice/4 + square/twice.
    twice: int256 = unsafe_add(root, unsafe_div(square, root))
    # unsafe: |rho x| + root < 2^60 (2^89 + 2^90) < 2^151, times b < 2^220; the quotient is below 2^81. A
    # level so large that the sum wraps makes it negative.
    variance: int256 = unsafe_add(
        a,
        unsafe_div(
            unsafe_mul(
                convert(convert(b, bytes32), int256),
                unsafe_add(
                    unsafe_mul(rho, x),
                    unsafe_mul(constants.SIGNED_WAD, unsafe_add(twice >> 2, unsafe_div(square, twice))),
                ),
            ),
            DIVISOR,
        ),
    )
    assert variance >= 0, "svi: negative variance"
    return convert(convert(variance, bytes32), uint256)
