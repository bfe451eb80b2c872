"""exp, logarithm of a ratio and Mills ratio: no branches, no library calls, so loops over them vectorise.

Proof: relative error against mpmath over the whole range, in tests/unit/pyvault/test_kernels_elementary.py.
"""

import numpy as np
import numpy.typing as npt

from pyvault.kernels.bits import bits_of, float_of
from pyvault.kernels.coefficients import ATANH, EXP, LN2_HIGH, LN2_LOW, LOG2_E, MILLS, MILLS_CENTRE
from pyvault.kernels.jit import kernel

# Adding 1.5·2^52 rounds a double to an integer and leaves that integer in its low bits.
ROUNDER = 6755399441055744.0
ROUNDER_BITS = 0x4338000000000000
HALF_EXPONENT = 1 << 51
EXPONENT_MASK = ~((1 << 52) - 1)
SMALLEST_EXPONENT = -690.0  # e^x below this would be denormal in products, and slow


@kernel
def polynomial(coefficients: npt.NDArray[np.float64], x: float) -> float:
    # Horner's rule; the coefficients are constants, so the compiler unrolls it.
    total = float(coefficients[0])
    for i in range(1, coefficients.size):
        total = total * x + float(coefficients[i])
    return total


@kernel
def exp(x: float) -> float:
    # e^x for x ≤ 709; zero below −690. x = n ln 2 + r, and n goes into the exponent bits.
    y = max(x, SMALLEST_EXPONENT)
    shifted = y * LOG2_E + ROUNDER
    n = shifted - ROUNDER
    r = y - n * LN2_HIGH - n * LN2_LOW
    mantissa = 1.0 + (r + r * r * polynomial(EXP, r))
    scaled = float_of(bits_of(mantissa) + (bits_of(shifted) << 52))
    return 0.0 if x < SMALLEST_EXPONENT else scaled


@kernel
def log_ratio(numerator: float, denominator: float) -> float:
    # ln(a/b) for normal positive a, b. b is scaled by the power of two 2^n nearest to a/b; then with
    # s = (a − b)/(a + b), whose difference is exact, ln(a/b) = n ln 2 + 2 atanh s: no digits lost near 1.
    exponent = (bits_of(numerator) - bits_of(denominator) + HALF_EXPONENT) & EXPONENT_MASK
    scaled = float_of(bits_of(denominator) + exponent)
    n = float_of(ROUNDER_BITS + (exponent >> 52)) - ROUNDER
    s = (numerator - scaled) / (numerator + scaled)
    z = s * s
    twice = s + s
    return n * LN2_HIGH + (twice + (twice * z * polynomial(ATANH, z) + n * LN2_LOW))


@kernel
def log(x: float) -> float:
    # ln x for normal positive x.
    return log_ratio(x, 1.0)


@kernel
def mills(x: float) -> float:
    # N(−x)/φ(x) for x ≥ 0: to the last digits up to 45, where φ(x) < 1e-440, and within 1e-9 beyond.
    inverse = 1.0 / (x + MILLS_CENTRE)
    return inverse * polynomial(MILLS, (x - MILLS_CENTRE) * inverse)
