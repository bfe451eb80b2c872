"""What every array face of pricing needs: broadcasting, padded output, and the name of a bad element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from pyvault.errors import InputError
from pyvault.kernels.ranges import LARGEST_AMOUNT, LARGEST_RATE, SMALLEST_AMOUNT

__all__ = ["AMOUNT", "RATE", "FloatArray", "Inputs", "Rule", "broadcast", "empty_rows", "reject"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

CACHE_LINE = 8  # float64 values
PAGE = 512  # float64 values


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What the elements of an argument satisfy: `test` on an array, `text` for people."""

    test: Callable[[FloatArray], BoolArray]
    text: str


# The bounds of the kernels lie far outside any market; inside them no intermediate result overflows.
AMOUNT = Rule(
    test=lambda values: (values >= SMALLEST_AMOUNT) & (values <= LARGEST_AMOUNT),
    text="must be positive and finite (1e-100 to 1e100)",
)
RATE = Rule(
    test=lambda values: (values >= 0.0) & (values <= LARGEST_RATE),
    text="must be zero or positive, and finite (at most 1e50)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Float arguments and the call flags, all contiguous, one-dimensional and of one length."""

    shape: tuple[int, ...]
    floats: tuple[FloatArray, ...]
    is_call: BoolArray


def broadcast(arguments: Mapping[str, npt.ArrayLike], is_call: npt.ArrayLike) -> Inputs:
    """Broadcast named float arguments and call flags together, and flatten them.

    Raises
    ------
    InputError
        If an argument is not numeric, `is_call` not boolean, or the shapes do not broadcast.
    """
    floats = [_as_floats(name, value) for name, value in arguments.items()]
    flags = np.asarray(is_call)
    if flags.dtype != np.bool_:
        raise InputError("is_call", is_call, "must be True or False, or an array of them")
    arrays = (*floats, flags)
    shape = floats[0].shape
    if any(array.shape != shape for array in arrays):
        shape = _common_shape((*arguments, "is_call"), [array.shape for array in arrays])
    return Inputs(
        shape=shape,
        floats=tuple(_flatten(array, shape) for array in floats),
        is_call=_flatten(flags, shape),
    )


def _common_shape(names: tuple[str, ...], shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape that all broadcast to."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError as error:
        raise InputError(
            "shapes", dict(zip(names, shapes, strict=True)), "must broadcast together"
        ) from error


def _flatten(array: npt.NDArray[Scalar], shape: tuple[int, ...]) -> npt.NDArray[Scalar]:
    """`array` in `shape`, one-dimensional, contiguous, aligned and writable; copied only where it must be.

    Compiled loops are specialised by these properties: a read-only argument, as a chain's arrays and
    broadcast scalars are, would compile the loop anew, seconds for each combination.
    """
    if array.shape != shape:
        array = np.broadcast_to(array, shape)
    flags = array.flags
    if not (flags.c_contiguous and flags.aligned and flags.writeable):
        array = np.array(array, order="C")
    return array.reshape(-1)


def _as_floats(name: str, value: npt.ArrayLike) -> FloatArray:
    """`value` as float64; booleans, text, complex and masked numbers are refused rather than converted."""
    if isinstance(value, np.ma.MaskedArray) and np.any(value.mask):
        raise InputError(name, value, "must hold no masked elements: what lies beneath a mask is no number")
    rule = "must be a real number or an array of them"
    try:
        array = np.asarray(value)
    except ValueError as error:  # rows of unequal length
        raise InputError(name, value, rule) from error
    if array.dtype.kind not in "fiu":
        raise InputError(name, value, rule)
    return array.astype(np.float64, copy=False)


def empty_rows(count: int, size: int) -> FloatArray:
    """Uninitialised block of `count` rows of at least `size`: use the first `size` elements of each.

    Rows a whole number of memory pages apart compete for the same lines of the first-level cache, which at
    sizes that are powers of two costs a factor of four. The stride is an odd number of lines past a page. One
    block also spares the page faults that several large allocations cost in every call.
    """
    stride = -(-size // PAGE) * PAGE + 5 * CACHE_LINE
    return np.empty((count, stride))


def reject(arguments: Mapping[str, npt.ArrayLike], rules: Mapping[str, Rule]) -> None:
    """Raise for the first element that breaks its rule, in the caller's own shape.

    Called after a compiled loop has met a value out of range, which −0.0 is there but not here. Arguments are
    examined in order, elements in C order.

    Raises
    ------
    InputError
        Naming the argument with the index of the element, the value and the rule.
    """
    for name, rule in rules.items():
        array = _as_floats(name, arguments[name])
        broken = ~rule.test(array)
        if broken.any():
            index = tuple(int(i) for i in np.argwhere(broken)[0])
            where = f"{name}[{', '.join(map(str, index))}]" if index else name
            raise InputError(where, float(array[index]), rule.text)
