"""The check grid leaves little room between its nodes: a linear programme per slice, to first order."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import linprog
from support.surface import durrleman_of

from pyvault.exact.surface_guard import CORE_DEVIATIONS, HALVES

WITHIN_THREE, WITHIN_FIVE, NEAR = 1.5, 6.0, 3.0
GRID = np.array(sorted(HALVES)) / 2.0
UNKNOWNS = 5


def slopes(k, a, b, rho, m, s):
    """Partials of volatility in (a, b, ρ, m, s)."""
    x, span = k - m, np.hypot(k - m, s)
    v = a + b * (rho * x + span)
    partials = (np.ones_like(k), rho * x + span, b * x, b * (-rho - x / span), b * s / span)
    return np.stack(partials, axis=1) / (2.0 * np.sqrt(v))[:, None]


def is_admissible(w, a, b, rho, m, s):
    """Shape, Lee and butterfly as the guard checks them, total variance w² at the money."""
    k = np.append(GRID * w, (m, max(m - s, -CORE_DEVIATIONS * w), min(m + s, CORE_DEVIATIONS * w)))
    x, span = k - m, np.hypot(k - m, s)
    v = a + b * (rho * x + span)
    if v.min() <= 1e-6 or b * (1 + abs(rho)) > 2:
        return False
    return durrleman_of(k, v, b * (rho + x / span), b * s * s / span**3).min() >= 0


def draw(rng):
    """A slice with a sharp vertex anywhere on the grid."""
    while True:
        w = math.exp(rng.uniform(math.log(0.02), 0.0))
        s, m = w * math.exp(rng.uniform(math.log(1 / 16), math.log(0.6))), w * rng.uniform(-5.0, 5.0)
        b, rho = w * math.exp(rng.uniform(math.log(0.02), math.log(2.0))), rng.uniform(-1.0, 1.0)
        a = w * w - b * (rho * -m + math.hypot(m, s))
        if is_admissible(w, a, b, rho, m, s):
            return w, a, b, rho, m, s


def largest_between(rng, places):
    """Largest change of volatility within three and within five deviations, nodes moving by at most 1."""
    w, *curve = draw(rng)
    m, s, edge = curve[3], curve[4], CORE_DEVIATIONS * w
    core = GRID[np.abs(GRID) <= CORE_DEVIATIONS] * w
    nodes = slopes(np.append(core, (m, max(m - s, -edge), min(m + s, edge))), *curve)
    scale = np.abs(nodes).max(axis=0)
    limit = np.vstack((nodes, -nodes)) / scale
    within = {NEAR: 0.0, float(CORE_DEVIATIONS): 0.0}
    dense = np.concatenate((np.linspace(-5, 5, places) * w, m + s * np.sinh(np.linspace(-3, 3, places // 2))))
    for k in dense[np.abs(dense) <= edge]:
        row = slopes(np.array([k]), *curve)[0] / scale
        found = linprog(-row, A_ub=limit, b_ub=np.ones(len(limit)), bounds=[(None, None)] * UNKNOWNS)
        for reach, value in within.items():
            if abs(k) <= reach * w:
                within[reach] = max(value, -found.fun)
    return within


def test_grid__between_its_nodes__hides_less_than_half_as_much_again(count):
    rng = np.random.default_rng(71)
    worst = [largest_between(rng, 40) for _ in range(count(12, 60))]
    assert max(each[NEAR] for each in worst) <= WITHIN_THREE
    assert max(each[float(CORE_DEVIATIONS)] for each in worst) <= WITHIN_FIVE
    assert min(each[NEAR] for each in worst) >= 0.99
