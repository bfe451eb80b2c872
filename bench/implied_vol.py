"""Implied volatility: ours through the public function beside other libraries, and failures of each.

Speed: 100,000 options out of the money from `sample.random_options` with a value above 1e-14 of the forward.
Failures, off by more than 1e-9 relative or not a number: 10⁶ such options, and 2·10⁶ stress points,
log-uniform in abs(ln K/F) 1e-12…2 and σ√τ 3e-4…5 with values down to 1e-290. Prices are our own; their error
against mpmath is in the tests.
"""

from __future__ import annotations

import numpy as np
from harness import Figure, pin_to_one_core, time_paired, write_figures
from peers_implied_vol import PEERS
from sample import FloatArray, Options, random_options
from yardstick import SMALL, exp_pass, vector_goal

from pyvault.kernels import implied_vol as kernels
from pyvault.kernels.jit import loop
from pyvault.pricing import black76, implied_vol

SIZE = 100_000
TOLERANCE = 1e-9
GOALS = {"iv-engine 0.1.1": 8.0, "pyfeng 0.5.0": 7.0, "py_vollib_vectorized 0.1.1": 14.0}
SUBSETS = {"py_lets_be_rational 1.0.1 loop": 1_000, "QuantLib 1.44 loop": 1_000}
EXP_GOAL = 90.0


def main() -> list[Figure]:
    """Measure, write ``results/implied_vol.json``."""
    pin_to_one_core()
    options, prices = priced(random_options(2 * SIZE), SIZE)
    figures = [compare(name, options, prices) for name in PEERS]
    figures.append(exponentials(options, prices))
    figures.append(failures("failures, 1e6 random", *priced(random_options(2_000_000, seed=1), 1_000_000)))
    figures.append(failures("failures, 2e6 stress", *priced(stress_options(2_200_000), 2_000_000)))
    write_figures("implied_vol", figures)
    return figures


def priced(options: Options, size: int) -> tuple[Options, FloatArray]:
    """The first `size` options, out of the money, whose values carry enough information; and their prices."""
    options = options.out_of_the_money()
    prices = black76.price(**options.arguments())
    least = 1e-14 * options.forward if options.forward[0] > 1.0 else 1e-290
    chosen = np.flatnonzero(prices > least)[:size]
    if chosen.size < size:
        raise ValueError(f"only {chosen.size} of {size} options have a value")
    return options.take(chosen), prices[chosen]


def stress_options(size: int) -> Options:
    """Forward 1 and time 1, so that volatility is σ√τ."""
    random = np.random.default_rng(7)
    log_moneyness = np.exp(random.uniform(np.log(1e-12), np.log(2.0), size)) * random.choice(
        [-1.0, 1.0], size
    )
    return Options(
        forward=np.ones(size),
        strike=np.exp(log_moneyness),
        implied_vol=np.exp(random.uniform(np.log(3e-4), np.log(5.0), size)),
        time_to_expiry=np.ones(size),
        discount_factor=np.ones(size),
        is_call=np.ones(size, dtype=bool),
    )


def invert(options: Options, prices: FloatArray) -> FloatArray:
    """Our volatilities."""
    return implied_vol.implied_vol(
        price=prices,
        forward=options.forward,
        strike=options.strike,
        time_to_expiry=options.time_to_expiry,
        discount_factor=options.discount_factor,
        is_call=options.is_call,
    )


def accuracy(options: Options, vols: FloatArray) -> tuple[int, float]:
    """Count of failures, and the greatest relative error among the rest."""
    error = np.abs(vols / options.implied_vol - 1.0)
    good = error <= TOLERANCE  # False for NaN
    return int(np.count_nonzero(~good)), float(error[good].max(initial=0.0))


def compare(name: str, options: Options, prices: FloatArray) -> Figure:
    """Time one peer and ours in turn, on the same prices; failures of the peer stand in the note."""
    size = SUBSETS.get(name, SIZE)
    goal = vector_goal(GOALS[name]) if name in GOALS else None
    some = options.take(slice(size))
    title = f"implied volatility, {size:,}"
    try:
        run = PEERS[name](some, prices[:size])
    except ImportError as error:
        seconds = time_paired({"ours": lambda: invert(some, prices[:size])})
        value = seconds["ours"] / size * 1e9
        note = f"peer missing: {error}"
        return Figure(name=title, value=value, unit="ns/option", peer=name, goal=goal, note=note)
    failed, worst = accuracy(some, run())
    seconds = time_paired({"ours": lambda: invert(some, prices[:size]), "peer": run})
    ratio = seconds["peer"] / seconds["ours"]
    return Figure(
        name=title,
        value=seconds["ours"] / size * 1e9,
        unit="ns/option",
        peer=name,
        ratio=ratio,
        goal=goal,
        ok=None if goal is None else ratio >= goal,
        note=f"peer {seconds['peer'] / size * 1e9:.0f} ns, {failed} off by > 1e-9, else within {worst:.0e}",
    )


def exponentials(options: Options, prices: FloatArray) -> Figure:
    """Cost of one inversion in units of our own exp, kernel level, in the first-level cache."""
    undiscounted = prices / options.discount_factor
    forward, strike, value = (
        array[:SMALL].copy() for array in (options.forward, options.strike, undiscounted)
    )
    result = np.empty(SMALL)
    seconds = time_paired({"exp": exp_pass(), "ours": lambda: invert_loop(forward, strike, value, result)})
    multiple = seconds["ours"] / seconds["exp"]
    name = "implied volatility in units of exp, L1"
    return Figure(name=name, value=multiple, unit="exp", goal=EXP_GOAL, ok=multiple <= EXP_GOAL)


@loop
def invert_loop(forward: FloatArray, strike: FloatArray, value: FloatArray, result: FloatArray) -> None:
    """σ√τ from undiscounted values out of the money, without checks."""
    for i in range(forward.size):
        result[i] = kernels.total_vol(forward[i], strike[i], value[i])


def failures(name: str, options: Options, prices: FloatArray) -> Figure:
    """Failures among many points; none is the goal."""
    failed, worst = accuracy(options, invert(options, prices))
    note = f"worst of the others {worst:.1e} relative"
    return Figure(name=name, value=float(failed), unit="failures", goal=0.0, ok=failed == 0, note=note)


if __name__ == "__main__":
    main()
