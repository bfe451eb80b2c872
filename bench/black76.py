"""Black-76 Greeks: ours through the public function, beside other libraries; 100,000 options, one core."""

from __future__ import annotations

import numpy as np
from harness import Figure, pin_to_one_core, time_paired, write_figures
from peers_black76 import PEERS, Columns, Peer
from sample import FloatArray, Options, random_options
from yardstick import SMALL, exp_pass, vector_goal

from pyvault.kernels import black76 as kernels
from pyvault.kernels.jit import loop
from pyvault.pricing import black76

SIZE = 100_000
GOALS = {"py_vollib_vectorized 0.1.1": 200.0, "fast-vollib 0.2.4 numba": 20.0, "NumPy+SciPy ndtr": 6.5,
         "iv-engine 0.1.1": 18.0}  # fmt: skip
SUBSETS = {"QuantLib 1.44 loop": 1_000}  # loops are timed on fewer
EXP_GOAL = 15.0
NAMES = ("price", "delta", "gamma", "vega", "theta")


def main() -> list[Figure]:
    """Measure, write ``results/black76.json``."""
    pin_to_one_core()
    options = random_options(SIZE)
    figures = [compare(name, options) for name in PEERS]
    figures.append(exponentials())
    write_figures("black76", figures)
    return figures


def compare(name: str, options: Options) -> Figure:
    """Time one peer and ours in turn, on the same options; errors of the peer stand in the note."""
    size = SUBSETS.get(name, SIZE)
    goal = vector_goal(GOALS[name]) if name in GOALS else None
    sample = random_options(size) if size != SIZE else options
    title = f"greeks, {size:,} options"

    def ours() -> object:
        return black76.greeks(**sample.arguments())

    try:
        peer = PEERS[name](sample)
    except ImportError as error:
        value = time_paired({"ours": ours})["ours"] / size * 1e9
        note = f"peer missing: {error}"
        return Figure(name=title, value=value, unit="ns/option", peer=name, goal=goal, note=note)
    differences = disagreement(sample, peer)
    seconds = time_paired({"ours": ours, "peer": peer.run})
    ratio = seconds["peer"] / seconds["ours"]
    return Figure(
        name=title,
        value=seconds["ours"] / size * 1e9,
        unit="ns/option",
        peer=name,
        ratio=ratio,
        goal=goal,
        ok=None if goal is None else ratio >= goal,
        note=f"peer {seconds['peer'] / size * 1e9:.0f} ns; differs by {differences}",
    )


def disagreement(options: Options, peer: Peer) -> str:
    """Greatest difference of each column from ours, relative to the column's natural scale."""
    ours = black76.greeks(**options.arguments())
    theirs: Columns = peer.columns(peer.run())
    forward = options.forward
    scales = (forward, 1.0, np.abs(ours.gamma).max(), forward, np.abs(ours.theta).max())
    parts = []
    for name, mine, other, scale in zip(NAMES, ours, theirs, scales, strict=True):
        worst = "none" if other is None else f"{np.abs((mine - other) / scale).max():.0e}"
        parts.append(f"{name} {worst}")
    return ", ".join(parts)


def exponentials() -> Figure:
    """Cost of price and four Greeks in units of our own exp, kernel level, in the first-level cache."""
    options = random_options(SMALL)
    sign = np.where(options.is_call, 1.0, -1.0)
    rows = np.empty((5, SMALL + 40))  # a stride that is no power of two: rows share no cache lines
    forward, strike, vol = options.forward, options.strike, options.implied_vol
    time, discount = options.time_to_expiry, options.discount_factor

    def greeks() -> None:
        greeks_loop(forward, strike, vol, time, discount, sign, rows)

    seconds = time_paired({"exp": exp_pass(), "greeks": greeks})
    multiple = seconds["greeks"] / seconds["exp"]
    name = "greeks in units of exp, L1"
    return Figure(name=name, value=multiple, unit="exp", goal=EXP_GOAL, ok=multiple <= EXP_GOAL)


@loop
def greeks_loop(  # noqa: PLR0917 - compiled code is called by position
    forward: FloatArray,
    strike: FloatArray,
    implied_vol: FloatArray,
    time_to_expiry: FloatArray,
    discount_factor: FloatArray,
    sign: FloatArray,
    rows: FloatArray,
) -> None:
    """Five Greeks over arrays, without checks."""
    price, delta, gamma, vega, theta = rows[0], rows[1], rows[2], rows[3], rows[4]
    for i in range(forward.size):
        f, k, v, t, d = forward[i], strike[i], implied_vol[i], time_to_expiry[i], discount_factor[i]
        price[i], delta[i], gamma[i], vega[i], theta[i] = kernels.greeks(f, k, v, t, d, sign[i])


if __name__ == "__main__":
    main()
