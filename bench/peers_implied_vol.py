"""Implied volatility by other libraries, each in its authors' batched form where it has one.

Each factory prepares what may be prepared once and returns a function without arguments, which is timed and
gives volatilities. All options are out of the money. A factory raises ImportError when its library is absent.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from sample import RATE, FloatArray, Options

__all__ = ["PEERS"]

Solver = Callable[[], FloatArray]


def iv_engine(options: Options, prices: FloatArray) -> Solver:
    """iv-engine's Rust batch, serial; calls and puts apart, as it wants them, on undiscounted prices."""
    library: Any = import_module("iv_engine")
    undiscounted = prices / options.discount_factor
    columns = undiscounted, options.forward, options.strike, options.time_to_expiry
    parts = [
        (is_call, chosen, [np.ascontiguousarray(values[chosen]) for values in columns])
        for is_call, chosen in ((True, options.is_call), (False, ~options.is_call))
    ]
    vols = np.empty(prices.size)

    def run() -> FloatArray:
        for is_call, chosen, part in parts:
            vols[chosen] = library.implied_volatilities(*part, is_call=is_call, parallel=False)
        return vols

    return run


def pyfeng_bsm(options: Options, prices: FloatArray) -> Solver:
    """Pyfeng's ``Bsm.impvol`` on the forward."""
    model = import_module("pyfeng").Bsm(1.0, intr=RATE, is_fwd=True)
    sign = np.where(options.is_call, 1, -1)
    return lambda: model.impvol(prices, options.strike, options.forward, options.time_to_expiry, cp=sign)


def py_vollib_vectorized(options: Options, prices: FloatArray) -> Solver:
    """py_vollib_vectorized: Jäckel's solver, compiled; its model "black" takes discounted prices."""
    library: Any = import_module("py_vollib_vectorized")
    arguments = prices, options.forward, options.strike, RATE, options.time_to_expiry, options.flags

    def run() -> FloatArray:
        vols: FloatArray = library.vectorized_implied_volatility_black(
            *arguments, on_error="ignore", return_as="numpy"
        )
        return vols

    return run


def fast_vollib_numba(options: Options, prices: FloatArray) -> Solver:
    """fast-vollib's default solver with its numba backend."""
    library: Any = import_module("fast_vollib")
    arguments = prices, options.forward, options.strike, RATE, options.time_to_expiry, options.flags

    def run() -> FloatArray:
        vols: FloatArray = library.fast_implied_volatility_black(
            *arguments, on_error="ignore", return_as="numpy", backend="numba"
        )
        return vols

    return run


def lets_be_rational(options: Options, prices: FloatArray) -> Solver:
    """Jäckel's own algorithm in its Python port, in a loop: it has no batched form."""
    library: Any = import_module("py_lets_be_rational")
    undiscounted = (prices / options.discount_factor).tolist()
    columns = options.forward.tolist(), options.strike.tolist(), options.time_to_expiry.tolist()
    sign = np.where(options.is_call, 1.0, -1.0).tolist()
    rows = list(zip(undiscounted, *columns, sign, strict=True))
    solve = library.implied_volatility_from_a_transformed_rational_guess
    return lambda: np.array([solve(*row) for row in rows])


def quantlib(options: Options, prices: FloatArray) -> Solver:
    """QuantLib's ``blackFormulaImpliedStdDev`` at accuracy 1e-12, in a loop: it has no batched form."""
    library: Any = import_module("QuantLib")
    kinds = [library.Option.Call if flag else library.Option.Put for flag in options.is_call]
    columns = options.strike, options.forward, prices, options.discount_factor
    rows = list(zip(kinds, *(values.tolist() for values in columns), strict=True))
    root_time = np.sqrt(options.time_to_expiry)
    solve, no_guess, displacement, accuracy = library.blackFormulaImpliedStdDev, 0.5, 0.0, 1e-12
    return lambda: np.array([solve(*row, displacement, no_guess, accuracy) for row in rows]) / root_time


PEERS: dict[str, Callable[[Options, FloatArray], Solver]] = {
    "iv-engine 0.1.1": iv_engine,
    "pyfeng 0.5.0": pyfeng_bsm,
    "py_vollib_vectorized 0.1.1": py_vollib_vectorized,
    "fast-vollib 0.2.4 numba": fast_vollib_numba,
    "py_lets_be_rational 1.0.1 loop": lets_be_rational,
    "QuantLib 1.44 loop": quantlib,
}
