"""Where Python's numbers differ from the EVM's: signed division, a zero divisor, types beside integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from inspect import signature
from operator import index
from typing import ParamSpec, TypeVar, cast

from pyvault.errors import InputError

__all__ = ["j_fraction", "of_integers", "tdiv", "up"]

P = ParamSpec("P")
R = TypeVar("R")


def of_integers(function: Callable[P, R]) -> Callable[P, R]:
    """Give the twin of an external function what its ABI gives: integers, of Python and so without overflow.

    Raises
    ------
    InputError
        For a float or anything else that is no integer; NumPy's integers are converted.
    """
    names = tuple(signature(function).parameters)

    @wraps(function)
    def checked(*args: object, **kwargs: object) -> R:
        positional = (*map(_integer, names, args), *args[len(names) :])
        keywords = {name: _integer(name, value) for name, value in kwargs.items()}
        return cast("Callable[..., R]", function)(*positional, **keywords)

    return cast("Callable[P, R]", checked)


def _integer(name: str, value: object) -> int:
    try:
        return index(value)  # type: ignore[arg-type]  # which is what is being tried
    except TypeError:
        raise InputError(name, value, "must be an integer") from None


def tdiv(numerator: int, denominator: int) -> int:
    """Quotient truncated towards zero, and 0 for a zero denominator: the EVM's SDIV.

    Python's ``//`` rounds down; its ``>>`` does too, and so agrees with SAR.
    """
    if denominator == 0:
        return 0
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def up(numerator: int, denominator: int) -> int:
    """Quotient rounded towards plus infinity, for a positive denominator; the twin of ``rounding.vy``."""
    return -(-numerator // denominator)


def j_fraction(x: int, a0: int, levels: Sequence[tuple[int, int]]) -> int:
    """``a0 + c1/(x + b1 + c2/(x + b2 + ...))``, each quotient truncated; x, a0, b in Q96 and c in Q192."""
    quotient = 0
    for c, b in reversed(levels):
        quotient = tdiv(c, x + b + quotient)
    return a0 + quotient
