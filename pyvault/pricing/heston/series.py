"""Compiled loops of Heston's model: COS prices of a whole chain, and the same with their gradient.

The put on F e^X is summed over the cosine series of the density of X (Fang & Oosterlee 2008). Two choices
differ from that paper. The range [low, high] comes from the Chernoff bound P(X > x) <= exp(K(p) - p x) on the
cumulant function K, minimised over p, so that what it cuts off of any price is below the tolerance times
max(F, K) by proof and not by a rule of thumb on cumulants; and the sum stops where |phi| makes the rest
smaller than the tolerance, not at a fixed number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pyvault.kernels.heston import cumulant_function, log_characteristic, log_gradient
from pyvault.kernels.jit import loop

__all__ = ["MAX_TERMS", "chain_puts", "density_range"]

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

MAX_TERMS = 1 << 16
MAX_WIDENINGS = 400  # of the search for a tail, by a quarter each


@loop
def _tail_edge(parameters: Vector, t: float, level: float, side: float) -> float:
    # min over p of (K(side p) + level) / p: beyond it lies a probability of at most exp(-level). On the right
    # p >= 1, so that a call at the edge x is worth at most exp(K(p) - (p - 1) x) = exp(x - level) as well.
    v0, kappa, theta, sigma, rho = parameters
    variance = theta * t + (v0 - theta) * -np.expm1(-kappa * t) / kappa
    least = 1.0 if side > 0.0 else 0.0
    p = max(np.sqrt(2.0 * level / variance), least)  # the minimiser if X were normal
    best: float = (cumulant_function(side * p, t, v0, kappa, theta, sigma, rho) + level) / p
    for factor in (0.8, 1.25):
        for _ in range(MAX_WIDENINGS):
            trial = max(p * factor, least)
            edge = (cumulant_function(side * trial, t, v0, kappa, theta, sigma, rho) + level) / trial
            if best < np.inf and not edge < best:
                break
            p, best = trial, edge
    return best


@loop
def density_range(parameters: Vector, t: float, tolerance: float) -> tuple[float, float]:
    """Range of X outside which lies a probability of at most `tolerance`, half of it on each side."""
    level = np.log(2.0 / tolerance)
    return -_tail_edge(parameters, t, level, -1.0), _tail_edge(parameters, t, level, 1.0)


@loop
def _rotations(ratio: Vector, low: float, width: float) -> tuple[Vector, Vector, Vector]:
    # The term of frequency zero, and the cosine and sine of one frequency step to each strike.
    size = ratio.size
    first, turn_cos, turn_sin = np.empty(size), np.empty(size), np.empty(size)
    for i in range(size):
        reach = min(max(np.log(ratio[i]) - low, 0.0), width)
        first[i] = (reach - 1.0) / width
        turn_cos[i], turn_sin[i] = np.cos(np.pi * reach / width), np.sin(np.pi * reach / width)
    return first, turn_cos, turn_sin


@loop
def _add_series(
    parameters: Vector,
    t: float,
    low: float,
    width: float,
    tolerance: float,
    turns: tuple[Vector, Vector],
    rows: Matrix,
) -> tuple[Vector, int]:
    # Adds the cosine series to `rows` (the value and, if there are six, the gradient); returns what is common
    # to all strikes, and the number of terms. Per frequency: one characteristic function, then a rotation of
    # every strike.
    v0, kappa, theta, sigma, rho = parameters
    turn_cos, turn_sin = turns
    channels, size = rows.shape
    cosine, sine, payoff = np.ones(size), np.zeros(size), np.empty(size)
    common, weight = np.zeros(channels), np.empty(channels)
    rest, k = np.inf, 0
    while rest > tolerance and k < MAX_TERMS:
        k += 1
        omega = k * np.pi / width
        if channels == 1:
            value = log_characteristic(omega, t, v0, kappa, theta, sigma, rho)
        else:
            value, g0, g1, g2, g3, g4 = log_gradient(omega, t, v0, kappa, theta, sigma, rho)
        over_omega, angle, length = 1.0 / omega, value.imag - omega * low, 2.0 / width * np.exp(value.real)
        phi = length / (1.0 + omega * omega) * complex(np.cos(angle), np.sin(angle))
        weight[0] = phi.real
        if channels > 1:
            weight[1], weight[2], weight[3] = (phi * g0).real, (phi * g1).real, (phi * g2).real
            weight[4], weight[5] = (phi * g3).real, (phi * g4).real
        for i in range(size):
            turned = cosine[i] * turn_cos[i] - sine[i] * turn_sin[i]
            sine[i] = cosine[i] * turn_sin[i] + sine[i] * turn_cos[i]
            cosine[i] = turned
            payoff[i] = sine[i] * over_omega - turned
        for j in range(channels):
            common[j] += weight[j]
            for i in range(size):
                rows[j, i] += weight[j] * payoff[i]
        rest = width * width * length / (np.pi * np.pi * k)
    return common, k


@loop
def chain_puts(
    parameters: Vector, expiries: Vector, starts: Indices, moneyness: Vector, tolerance: float, rows: Matrix
) -> int:
    """Write undiscounted puts over the forward, and perhaps their gradient; returns the most terms used.

    Row 0 of `rows` (1 or 6, quotes) receives the puts, rows 1 to 5 the derivatives by (v0, kappa, theta,
    sigma, rho). Quotes ``starts[e]:starts[e + 1]`` expire at ``expiries[e]`` years; `moneyness` is K / F.
    """
    most = 0
    for e in range(expiries.size):
        ratio, block = moneyness[starts[e] : starts[e + 1]], rows[:, starts[e] : starts[e + 1]]
        low, high = density_range(parameters, expiries[e], tolerance)
        if not (-np.inf < low < high < np.inf):  # no range: said as too rough, not as a price
            rows[:] = np.nan
            return MAX_TERMS
        # The series folds what lies below `low` back above it. That is harmless as long as it stays below
        # ln(tolerance), where every put pays its whole strike: a long left tail needs half its length.
        low = max(low, 0.5 * (low + np.log(tolerance)))
        width = high - low
        first, turn_cos, turn_sin = _rotations(ratio, low, width)
        block[:] = 0.0
        block[0] = first
        common, terms = _add_series(
            parameters, expiries[e], low, width, tolerance, (turn_cos, turn_sin), block
        )
        common[0] += 1.0 / width
        most = max(most, terms)
        for i in range(ratio.size):
            # Outside [low, high] the put is its intrinsic value within the tolerance, and the series is not
            # used.
            is_inside = low < np.log(ratio[i]) < high
            for j in range(rows.shape[0]):
                block[j, i] = ratio[i] * block[j, i] + np.exp(low) * common[j] if is_inside else 0.0
            block[0, i] = max(block[0, i], ratio[i] - 1.0, 0.0)
    return most
