"""Range checks that cost one integer minimum and one maximum per value inside a compiled loop.

Positive doubles order as their bits: a negative number is a negative integer, infinity and NaN lie above
every number. The least and the greatest bits met in a loop therefore tell whether all were in range.
"""

from pyvault.kernels.bits import bits_of
from pyvault.kernels.jit import kernel

SMALLEST_AMOUNT = 1e-100
LARGEST_AMOUNT = 1e100
LARGEST_RATE = 1e50

Extremes = tuple[int, int, int, int]


@kernel
def no_extremes() -> Extremes:
    # (least amount, greatest amount, least rate, greatest rate) as bits, before any value.
    one = bits_of(1.0)
    return one, one, one, one


@kernel
def widen(extremes: Extremes, a: float, b: float, c: float, rate_1: float, rate_2: float) -> Extremes:
    # Take in three amounts (positive) and two rates (zero or positive).
    least_amount, greatest_amount, least_rate, greatest_rate = extremes
    return (
        min(least_amount, bits_of(a), bits_of(b), bits_of(c)),
        max(greatest_amount, bits_of(a), bits_of(b), bits_of(c)),
        min(least_rate, bits_of(rate_1), bits_of(rate_2)),
        max(greatest_rate, bits_of(rate_1), bits_of(rate_2)),
    )


@kernel
def are_valid(extremes: Extremes) -> bool:
    # True if all were in range. −0.0 reads as out of range; the caller then looks again and finds no fault.
    least_amount, greatest_amount, least_rate, greatest_rate = extremes
    amounts = least_amount >= bits_of(SMALLEST_AMOUNT) and greatest_amount <= bits_of(LARGEST_AMOUNT)
    return amounts and least_rate >= 0 and greatest_rate <= bits_of(LARGEST_RATE)
