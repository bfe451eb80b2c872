"""Our own exp over an array in the first-level cache: the unit, "exp", in which kernels are weighed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from harness import cpu_model
from sample import FloatArray

from pyvault.kernels.elementary import exp
from pyvault.kernels.jit import loop

__all__ = ["SMALL", "exp_pass", "vector_goal"]

SMALL = 2_000  # elements; a few arrays of them fit the first-level cache


@loop
def exp_loop(exponent: FloatArray, result: FloatArray) -> None:
    """Our exp over an array."""
    for i in range(exponent.size):
        result[i] = exp(exponent[i])


def exp_pass() -> Callable[[], None]:
    """One pass of exp over `SMALL` elements, prepared to be timed."""
    exponent = -np.random.default_rng(1).uniform(0.0, 30.0, SMALL)
    result = np.empty(SMALL)
    return lambda: exp_loop(exponent, result)


def vector_goal(goal: float) -> float:
    """The goal for a ratio on this processor: half of it without AVX-512."""
    return goal if "AVX-512" in cpu_model() else goal / 2
