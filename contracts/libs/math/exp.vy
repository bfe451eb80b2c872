# pragma version 0.4.3
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title   Exponential function
@author  The pyvault authors
@license AGPL-3.0-only
@notice  e^x for the discount factor, the normal density and the forward price.
@dev     e^-y = 2^-m e^-r with m = round(y / ln 2), r = y - m ln 2, |r| <= ln(2)/2 (Cody and Waite, 1980).
         e^-r = (g - r)/(g + r), g = r coth(r/2) a rational function of r^2: no squarings, one division
         beyond the J-fraction. Relative error of the fit 1.7e-27. Stateless.
         Casts through bytes32 are free; a plain `convert` would test again what is known.
"""

from .. import constants
from . import coefficients as c

HALF_Q192: constant(int256) = 2**191
MAX_EXPONENT: constant(int256) = 33 * constants.SIGNED_WAD
NEGLIGIBLE_EXPONENT: constant(int256) = -42 * constants.SIGNED_WAD  # e^-42 is below one wei
HEADROOM: constant(int256) = 48  # halvings held back, since e^33 < 2^48: no result in WAD needs a left shift
TWO_WITH_HEADROOM: constant(int256) = constants.SIGNED_WAD << 49  # twice: half a unit to round by


@external
@pure
def exp(x: int256) -> uint256:
    """
    @notice e^x.
    @param  x Exponent; WAD; at most 33.
    @return WAD, rounded to nearest; error below 1 wei and 1e-24 relative; 0 below -42.
    """
    assert x <= MAX_EXPONENT, "exp: exponent too large"
    if x < NEGLIGIBLE_EXPONENT:
        return 0
    # unsafe: |x| < 2^66.
    exponent: int256 = unsafe_div(unsafe_sub(0, x) << 96, constants.SIGNED_WAD)
    return unsafe_add(self._scaled(exponent, TWO_WITH_HEADROOM, HEADROOM), 1) >> 1


@internal
@pure
def _scaled(exponent: int256, scale: int256, headroom: int256) -> uint256:
    """
    @notice scale e^-exponent / 2^headroom, rounded down.
    @param  exponent Q96, from -headroom ln 2 up to 72.
    @param  scale Any fixed point, positive, below 2^156.
    @param  headroom Halvings beside those of the exponent; keeps the shift count positive.
    """
    # unsafe: |exponent| < 2^103 and LOG2_E < 2^97, so the product is below 2^200.
    m: int256 = unsafe_add(unsafe_mul(exponent, c.LOG2_E), HALF_Q192) >> 192
    # unsafe: |m| < 2^7 and LN2 < 2^96; then |r| < 2^95 and u < 2^93.
    r: int256 = unsafe_sub(exponent, unsafe_mul(m, c.LN2))
    u: int256 = unsafe_mul(r, r) >> 96
    # unsafe: all denominators are positive on the domain (proven at derivation); 2^96.9 < g < 2^97.1.
    g: int256 = unsafe_add(
        c.COTH_A0,
        unsafe_div(
            c.COTH_C1,
            unsafe_add(
                unsafe_add(u, c.COTH_B1),
                unsafe_div(
                    c.COTH_C2,
                    unsafe_add(unsafe_add(u, c.COTH_B2), unsafe_div(c.COTH_C3, unsafe_add(u, c.COTH_B3))),
                ),
            ),
        ),
    )
    # unsafe: 0 < g - r < 2^98, so the product is below 2^254; headroom + m lies in [0, 200].
    return convert(
        convert(unsafe_div(unsafe_mul(scale, unsafe_sub(g, r)), unsafe_add(g, r)), bytes32), uint256
    ) >> convert(convert(unsafe_add(headroom, m), bytes32), uint256)
