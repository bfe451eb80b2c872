"""Price and Greeks by other libraries, in our units and conventions, each in its authors' batched form.

Each factory prepares what may be prepared once (flags, objects). `run` is what is timed; `columns` turns its
result into (price, delta, gamma, vega, theta) in our units, None for what the library does not give.
A factory raises ImportError when its library is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from sample import RATE, FloatArray, Options

__all__ = ["PEERS", "Columns", "Peer"]

Columns = tuple[FloatArray | None, ...]
Result = Any  # each library has its own
DAYS = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A prepared library: `run` is timed, `columns` reads its result."""

    run: Callable[[], Result]
    columns: Callable[[Result], Columns] = tuple


def numpy_scipy(options: Options) -> Peer:
    """NumPy with SciPy's normal distribution, few temporaries, the same arguments as ours."""
    ndtr: Any = import_module("scipy.special").ndtr

    scale = 1.0 / np.sqrt(2.0 * np.pi)

    def run() -> Result:
        forward, strike, vol, time = (
            options.forward,
            options.strike,
            options.implied_vol,
            options.time_to_expiry,
        )
        discount = options.discount_factor
        root = np.sqrt(time)
        total = vol * root
        d1 = np.log(forward / strike)
        d1 /= total
        d1 += 0.5 * total
        sign = np.where(options.is_call, 1.0, -1.0)
        first = ndtr(sign * d1)
        second = ndtr(sign * (d1 - total))
        density = d1 * d1
        density *= -0.5
        np.exp(density, out=density)
        density *= discount
        density *= scale
        delta = sign * discount
        second *= delta
        second *= strike
        delta *= first
        price: FloatArray = forward * delta
        price -= second
        gamma = density / (forward * total)
        vega = forward * density
        vega *= root
        rate = np.log(discount)
        rate /= -time
        theta = rate * price
        decay = vega * vol
        decay /= 2.0 * time
        theta -= decay
        return price, delta, gamma, vega, theta

    return Peer(run=run)


def py_vollib_vectorized(options: Options) -> Peer:
    """py_vollib_vectorized: price and ``get_all_greeks`` (finite differences).

    Its model "black" returns undiscounted prices; it prices on the spot S = D F, model "black_scholes".
    """
    library: Any = import_module("py_vollib_vectorized")

    flags = options.flags
    spot = options.forward * options.discount_factor
    arguments = spot, options.strike, options.time_to_expiry, RATE, options.implied_vol

    def run() -> Result:
        price = library.vectorized_black_scholes(flags, *arguments, return_as="numpy")
        return price, library.get_all_greeks(flags, *arguments, model="black_scholes", return_as="dict")

    def columns(result: Result) -> Columns:
        price, delta, gamma, vega, theta = _from_vollib(result)
        discount = options.discount_factor
        delta_forward = delta * discount
        return price, delta_forward, gamma * discount**2, vega, theta + RATE * options.forward * delta_forward

    return Peer(run=run, columns=columns)


def fast_vollib_numba(options: Options) -> Peer:
    """fast-vollib with its numba backend: price and ``get_all_greeks``."""
    library: Any = import_module("fast_vollib")

    flags = options.flags
    arguments = options.forward, options.strike, options.time_to_expiry, RATE, options.implied_vol

    def run() -> Result:
        price = library.fast_black(flags, *arguments, return_as="numpy", backend="numba")
        greeks = library.get_all_greeks(flags, *arguments, model="black", return_as="dict", backend="numba")
        return price, greeks

    return Peer(run=run, columns=_from_vollib)


def _from_vollib(result: tuple[FloatArray, Mapping[str, FloatArray]]) -> tuple[FloatArray, ...]:
    """Py_vollib's units, per volatility point and per day, turned into ours."""
    price, greeks = result
    delta, gamma, vega, theta = (np.asarray(greeks[name]) for name in ("delta", "gamma", "vega", "theta"))
    return np.asarray(price), delta, gamma, vega * 100.0, theta * DAYS


def pyfeng_bsm(options: Options) -> Peer:
    """Pyfeng's ``Bsm`` on the forward."""
    model = import_module("pyfeng").Bsm(options.implied_vol, intr=RATE, is_fwd=True)
    sign = np.where(options.is_call, 1, -1)
    arguments = options.strike, options.forward, options.time_to_expiry

    def run() -> Result:
        price, delta = model.price(*arguments, cp=sign), model.delta(*arguments, cp=sign)
        return price, delta, model.gamma(*arguments), model.vega(*arguments), model.theta(*arguments, cp=sign)

    return Peer(run=run)


def iv_engine(options: Options) -> Peer:
    """iv-engine's Rust batches, serial; calls and puts apart, as it wants them; no theta, undiscounted."""
    library: Any = import_module("iv_engine")

    calls = np.flatnonzero(options.is_call)
    puts = np.flatnonzero(~options.is_call)

    def part(chosen: npt.NDArray[np.intp]) -> tuple[FloatArray, ...]:
        return tuple(
            np.ascontiguousarray(values[chosen])
            for values in (options.forward, options.strike, options.time_to_expiry, options.implied_vol)
        )

    halves = (True, part(calls)), (False, part(puts))

    def run() -> Result:
        return [
            (
                library.black_prices(*half, is_call=is_call, parallel=False),
                library.deltas(*half, is_call=is_call, parallel=False),
                library.gammas(*half, parallel=False),
                library.vegas(*half, parallel=False),
            )
            for is_call, half in halves
        ]

    def columns(result: Result) -> Columns:
        merged = np.empty((4, options.strike.size))
        merged[:, calls], merged[:, puts] = result
        return (*(merged * options.discount_factor), None)

    return Peer(run=run, columns=columns)


def quantlib(options: Options) -> Peer:
    """QuantLib's ``BlackCalculator`` in a Python loop: its binding has no batched form."""
    library: Any = import_module("QuantLib")

    kinds = [library.Option.Call if flag else library.Option.Put for flag in options.is_call]
    deviations = options.implied_vol * np.sqrt(options.time_to_expiry)
    columns = options.strike, options.forward, deviations, options.discount_factor, options.time_to_expiry
    rows = list(zip(kinds, *(values.tolist() for values in columns), strict=True))

    def run() -> Result:
        values = np.empty((4, len(rows)))
        for i, (kind, strike, forward, deviation, discount, time) in enumerate(rows):
            option = library.BlackCalculator(
                library.PlainVanillaPayoff(kind, strike), forward, deviation, discount
            )
            values[:, i] = option.value(), option.deltaForward(), option.gammaForward(), option.vega(time)
        return (*values, None)

    return Peer(run=run)


PEERS: dict[str, Callable[[Options], Peer]] = {
    "py_vollib_vectorized 0.1.1": py_vollib_vectorized,
    "fast-vollib 0.2.4 numba": fast_vollib_numba,
    "NumPy+SciPy ndtr": numpy_scipy,
    "iv-engine 0.1.1": iv_engine,
    "pyfeng 0.5.0": pyfeng_bsm,
    "QuantLib 1.44 loop": quantlib,
}
