"""No strike moves by more than the move that is charged: between the nodes, and beyond them by its value."""

from __future__ import annotations

import math
from random import Random

import numpy as np
from scipy.special import ndtr
from support.vol_surface import DAY, WAD, YEAR, draw_slice, guard, shifted

from pyvault.errors import ContractError
from pyvault.exact import surface_between as between
from pyvault.exact.surface_guard import CORE_DEVIATIONS

PEAK = 1 / math.sqrt(2 * math.pi)
DUST = 1e-13


def variance_of(k, curve, offset=0.0):
    a, b, rho, m, s = (x / WAD for x in curve[:5])
    x = k + offset - m
    return a + b * (rho * x + np.hypot(x, s))


def perturbed(random, base, width):
    """A slice near or far from another, in some or all of its parameters."""
    size = math.exp(random.uniform(math.log(1e-3), 0.0))
    lean = [size * random.gauss(0, 1) * random.choice((0, 1)) for _ in range(5)]
    curve = base._replace(
        b=round(base.b * math.exp(lean[0])),
        rho=max(-WAD, min(WAD, base.rho + round(lean[1] * WAD))),
        m=base.m + round(lean[2] * random.choice((base.sigma, width))),
        sigma=round(base.sigma * math.exp(lean[3])),
    )
    at = round(random.choice((0, 1, 3, -3)) * width)  # where volatility stays as it was
    kept = curve._replace(a=curve.a + guard.variance(at, base) - guard.variance(at, curve))
    return shifted(kept, 10 * lean[4])


def pairs(seed, number):
    """Pairs of slices that the guard takes one after the other; time, change of ln F, charged move."""
    random = Random(seed)
    while number:
        time_s = round(math.exp(random.uniform(math.log(DAY), math.log(400 * DAY))))
        base = draw_slice(random, time_s)
        offset = round(random.choice((0, 0.0005, -0.0005)) * WAD)
        try:
            width = guard.width(base, time_s)
            curve = perturbed(random, base, width)
            for each in (base, curve):
                guard.check_shape(each)
                wide = guard.width(each, time_s)
                guard.check_curve(each, time_s, wide, guard.nodes(each, wide))
            move = guard.move(curve, base, offset, time_s) / WAD
        except (ContractError, ValueError):
            continue
        number -= 1
        yield curve, base, offset / WAD, time_s, move


def places(curve, base, edge):
    """Log-moneyness, dense in the core and denser about both vertices."""
    about = [c.m / WAD + c.sigma / WAD * np.sinh(np.linspace(-6, 6, 200)) for c in (curve, base)]
    k = np.concatenate((np.linspace(-edge, edge, 400), *about))
    return k[np.abs(k) <= edge]


def test_move__of_any_two_slices__bounds_the_change_between_all_nodes(count):
    reached = []
    for curve, base, offset, time_s, move in pairs(81, count(150, 10_000)):
        edge = CORE_DEVIATIONS * guard.width(curve, time_s) / WAD
        k = places(curve, base, edge)
        change = np.abs(np.sqrt(variance_of(k, curve)) - np.sqrt(variance_of(k, base, offset)))
        assert change.max() <= move * (1 + 1e-12) + DUST
        reached.append(change.max() / move)
    assert np.median(reached) >= 0.5  # and is no idle bound


def worth(k, deviation):
    """Out-of-the-money value over F."""
    side = np.sign(k)
    d1 = -k / deviation + 0.5 * deviation
    return side * (ndtr(side * d1) - np.exp(k) * ndtr(side * (d1 - deviation)))


def test_move__beyond_the_core__bounds_every_change_of_value_by_the_vega_at_the_money(count):
    most = 0.0
    for curve, base, offset, time_s, move in pairs(82, count(150, 10_000)):
        edge, time = CORE_DEVIATIONS * guard.width(curve, time_s) / WAD, time_s / YEAR
        beyond = edge * np.exp(np.linspace(0, math.log(40), 200))
        k = np.concatenate((-beyond, beyond))
        k = k[np.abs(k) < 300]
        values = [
            worth(k, np.sqrt(variance_of(k, one, by) * time)) for one, by in ((curve, 0.0), (base, offset))
        ]
        share = np.abs(values[0] - values[1]) / (PEAK * math.sqrt(time))
        assert share.max() <= move * (1 + 1e-9) + 1e-12
        most = max(most, share.max() / move)
    assert most >= 0.05


def test_faded_move__of_any_wing__bounds_what_the_steepest_admissible_one_is_worth(count):
    random, tightest = Random(84), 0.0
    for _ in range(count(300, 5_000)):
        time_s = round(math.exp(random.uniform(math.log(DAY), math.log(400 * DAY))))
        time, edge = time_s / YEAR, math.exp(random.uniform(math.log(0.05), math.log(5.0)))
        level = edge / (5 * math.sqrt(time))  # the end of the core is five deviations away
        variance, slope = level**2 * random.uniform(0.3, 8.0), random.uniform(0.0, 1.0) / time
        is_right = random.random() < 0.5
        change = 1e-3 / (8 * level)
        arguments = (round(x * WAD) for x in (change, edge, variance, slope))
        try:
            bound = between.faded(*arguments, time_s, is_right=is_right) / WAD
        except ContractError:
            continue
        k = edge * np.exp(np.linspace(0, 5, 300))[:, None]
        deviation = np.sqrt((variance + slope * (k - edge)) * time) * np.linspace(0.05, 1.0, 60)
        d1 = k / deviation + (-0.5 if is_right else 0.5) * deviation
        worth_there = np.exp(-0.5 * d1**2) * 1e-3 * k / edge * math.sqrt(time) / (2 * deviation)
        assert worth_there.max() <= bound * (1 + 1e-9)
        tightest = max(tightest, worth_there.max() / bound)
    assert tightest >= 0.5


def test_bend_change__of_any_two_slices__bounds_the_ratio_of_their_second_derivatives(count):
    random = Random(83)
    tightest = 0.0
    for _ in range(count(300, 20_000)):
        b, s = random.uniform(0.1, 2), math.exp(random.uniform(-4, 2))
        size = math.exp(random.uniform(-7, 0))
        other_b, other_s = b * math.exp(size * random.gauss(0, 1)), s * math.exp(size * random.gauss(0, 1))
        apart = size * s * random.gauss(0, 1)
        bound = between.bend_change(*(round(x * WAD) for x in (b, s, other_b, other_s, apart))) / WAD
        k = s * np.sinh(np.linspace(-7, 7, 2_000))
        one = b * s**2 / np.hypot(k, s) ** 3
        other = other_b * other_s**2 / np.hypot(k + apart, other_s) ** 3
        share = np.max(np.abs(one - other) / np.maximum(one, other))
        assert share <= bound + 1e-12
        if bound < 1:
            tightest = max(tightest, share / bound)
    assert tightest >= 0.95
