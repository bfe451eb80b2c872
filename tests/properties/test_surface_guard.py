"""The guards of the surface: compiled = twin on every bit, g against mpmath, and what the laws promise."""

from __future__ import annotations

import math
from itertools import pairwise
from random import Random

import mpmath
import pytest
from support.vol_surface import DAY, WAD, YEAR, draw_slice, guard_probe_artifact, shifted, smile

from pyvault.chain.contract import deploy
from pyvault.chain.revm import RevmBackend
from pyvault.errors import ContractError
from pyvault.exact import surface_guard as guard
from pyvault.exact import surface_neighbours, surface_pace
from pyvault.exact.surface_guard import Slice
from pyvault.exact.svi import svi_variance


@pytest.fixture(scope="module")
def probe():
    return deploy(RevmBackend(), guard_probe_artifact())


def outcome(function, *arguments):
    """A value, or the reason of the refusal."""
    try:
        return function(*arguments)
    except ContractError as error:
        return error.reason


def draw_time(random):
    return round(math.exp(random.uniform(math.log(60), math.log(400 * DAY))))


def in_twin(function, *slices_and_more):
    """Outcome of a twin after the shape of its slices was checked, as the probe does."""

    def checked():
        for each in slices_and_more:
            if isinstance(each, Slice):
                guard.check_shape(each)
        return function(*slices_and_more)

    return outcome(checked)


def check_curve(curve, time_s):
    deviation = guard.width(curve, time_s)
    guard.check_curve(curve, time_s, deviation, guard.nodes(curve, deviation))
    return True


def check_order(near, near_s, far, far_s):
    guard.check_order(near, near_s, far, far_s)
    return True


def distance_between(curve, time_s, near, near_s, far, far_s):
    grid = guard.nodes(curve, guard.width(curve, time_s))
    between = surface_neighbours.volatilities_between(near, near_s, far, far_s, time_s, grid)
    return guard.distance(guard.volatilities(curve, grid), between)


def test_guard__of_random_slices__equals_its_twin_on_every_bit(probe, count):
    random = Random(31)
    seen = set()
    for _ in range(count(150, 10_000)):
        near_s = draw_time(random)
        far_s = near_s + draw_time(random)
        near, far = draw_slice(random, near_s), draw_slice(random, far_s)
        other = shifted(near, random.uniform(-2, 2), sigma=round(near.sigma * random.uniform(0.8, 1.2)))
        k = round(random.uniform(-6, 6) * near.sigma)
        offset = round(random.uniform(-0.01, 0.01) * WAD)
        assert outcome(probe.call, "variance", k, near) == in_twin(guard.variance, k, near)
        assert outcome(probe.call, "durrleman", k, near, near_s) == in_twin(guard.durrleman, k, near, near_s)
        deviation = in_twin(guard.width, near, near_s)
        assert outcome(probe.call, "width", near, near_s) == deviation
        if isinstance(deviation, int):
            assert probe.call("nodes", near, deviation) == guard.nodes(near, deviation)
        verdict = in_twin(check_curve, near, near_s)
        assert outcome(probe.call, "check_curve", near, near_s) == verdict
        move = in_twin(guard.move, near, other, offset, near_s)
        assert outcome(probe.call, "move", near, other, offset, near_s) == move
        order = in_twin(check_order, near, near_s, far, far_s)
        assert outcome(probe.call, "check_order", near, near_s, far, far_s) == order
        between = in_twin(distance_between, near, near_s, near, near_s // 2, far, far_s)
        assert outcome(probe.call, "distance_between", near, near_s, near, near_s // 2, far, far_s) == between
        seen |= {verdict, order}
    assert seen >= {True, "surface: butterfly", "surface: calendar"}


@pytest.mark.parametrize(
    "change",
    [
        {"a": 2**68 + 1},
        {"a": -(2**68) - 1},
        {"m": 2**68},
        {"m": -(2**68)},
        {"rho": WAD + 1},
        {"rho": -WAD - 1},
        {"b": 2**69},
        {"sigma": 2**69},
    ],
)
def test_check_shape__one_beyond_its_range__is_refused_and_one_inside_is_not(probe, change):
    curve = smile()._replace(**change)
    reason = "surface: parameter out of range"
    assert outcome(probe.call, "check_curve", curve, 30 * DAY) == reason
    inside = {name: value - 1 if value > 0 else value + 1 for name, value in change.items()}
    assert outcome(probe.call, "check_curve", smile()._replace(**inside), 30 * DAY) != reason
    assert in_twin(check_curve, smile()._replace(**inside), 30 * DAY) != reason


def test_variance__of_random_slices__is_svi_variance_to_the_last_bit(count):
    random = Random(32)
    for _ in range(count(2_000, 200_000)):
        curve = draw_slice(random, draw_time(random))
        k = round(random.uniform(-20, 20) * min(curve.sigma, 10 * WAD))
        if outcome(guard.check_shape, curve) is None:
            assert guard.variance(k, curve) == svi_variance(k, *curve[:5])


def test_durrleman__against_mpmath__is_within_its_stated_error(count):
    random = Random(33)
    with mpmath.workdps(50):
        for _ in range(count(500, 20_000)):
            time_s = draw_time(random)
            curve = draw_slice(random, time_s)
            k = round(random.uniform(-6, 6) * guard.width(curve, time_s))
            a, b, rho, m, s = (mpmath.mpf(x) / WAD for x in curve[:5])
            x, t = mpmath.mpf(k) / WAD - m, mpmath.mpf(time_s) / YEAR
            span = mpmath.sqrt(x * x + s * s)
            v = a + b * (rho * x + span)
            if v < 1e-4:
                continue
            v1, v2 = b * (rho + x / span), b * s * s / span**3
            scale = 1 + abs((mpmath.mpf(k) / WAD) * v1 / v)
            exact = (1 - (x + m) * v1 / (2 * v)) ** 2 - v1**2 * t / 4 * (1 / v + t / 4) + v2 * t / 2
            error = abs(mpmath.mpf(guard.durrleman(k, curve, time_s)) / WAD - exact)
            assert error <= 1e-13 * scale**2 * (1 + v1**2 * t + v2 * t)


def test_slices_left_alone__as_time_passes__stay_free_of_arbitrage(count):
    random = Random(34)
    kept = 0
    while kept < count(30, 2_000):
        near_s = draw_time(random)
        far_s = near_s + draw_time(random)
        near, far = draw_slice(random, near_s), draw_slice(random, far_s)
        verdicts = {in_twin(check_curve, near, near_s), in_twin(check_order, near, near_s, far, far_s)}
        if verdicts != {True}:
            continue
        kept += 1
        grid = guard.nodes(near, guard.width(near, near_s))
        for share in (0.9, 0.5, 0.01):
            passed = near_s - max(1, round(near_s * share))
            for node in grid:
                tolerance = 10 * far_s  # of v T in WAD seconds: both variances are rounded down
                early, late = (guard.variance(node, curve) for curve in (near, far))
                assert early * (near_s - passed) <= late * (far_s - passed) + tolerance
                assert guard.durrleman(node, near, near_s - passed) >= -(10**6)


def test_step__over_time_to_expiry__is_epsilon_of_the_half_spread(probe):
    eps = WAD // 200
    for time_s in (1, 6 * DAY, 7 * DAY, 7 * DAY + 1, 30 * DAY, 90 * DAY, 365 * DAY):
        found = surface_pace.step(eps, time_s)
        assert found == probe.call("step", eps, time_s)
        assert found <= eps * math.sqrt(30 * DAY / max(time_s, 7 * DAY)) * (1 + 1e-12)
        assert found == pytest.approx(eps * math.sqrt(30 * DAY / max(time_s, 7 * DAY)), rel=1e-12)
    assert surface_pace.step(eps, 30 * DAY) == eps


def test_leaked__in_any_split_of_an_hour__never_admits_more_than_the_rate(probe, count):
    random = Random(35)
    rate = 5 * WAD // 100
    for _ in range(count(200, 5_000)):
        level, moved = 0, 0
        moments = sorted(random.randrange(3_601) for _ in range(random.randrange(1, 40)))
        for before, now in pairwise((0, *moments)):
            left = surface_pace.leaked(level, rate, now - before)
            assert left == probe.call("leaked", level, rate, now - before)
            move = rate // 2 - left  # as greedy as can be
            level, moved = left + move, moved + move
        assert rate // 2 <= moved <= rate
