"""A float64 seen as the int64 with the same bits, and back."""

from collections.abc import Callable
from typing import Any, cast

from numba import types
from numba.extending import intrinsic

__all__ = ["bits_of", "float_of"]


def _bit_cast(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ANN401 - numba's own types
    return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))


@intrinsic
def _bits_of(typing_context: Any, value: Any) -> Any:  # noqa: ANN401, ARG001 - the form that numba asks for
    return types.int64(types.float64), _bit_cast


@intrinsic
def _float_of(typing_context: Any, bits: Any) -> Any:  # noqa: ANN401, ARG001 - the form that numba asks for
    return types.float64(types.int64), _bit_cast


bits_of = cast("Callable[[float], int]", _bits_of)
float_of = cast("Callable[[int], float]", _float_of)
