"""The three rational functions as they are committed: no pole, no overflow, the error that was promised.

The derivation proves by Sturm's theorem that no denominator vanishes as a real number. Here the integers
themselves are bounded, truncation included, by interval arithmetic on a subdivision of the whole domain.
"""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from mpmath import atanh, erfc, exp, log, mpf, pi, sqrt, workdps

from pyvault.exact import black76, ln, normal, root
from pyvault.exact import coefficients as c
from pyvault.exact import exp as exponential
from pyvault.exact.arithmetic import j_fraction, tdiv

ROOT = Path(__file__).parents[2]
Q96 = 2**96
FUNCTIONS = {
    # name: (a0, levels, first argument, last argument, bound on the value)
    "coth": (c.COTH_A0, exponential.COTH_LEVELS, 0, int((Q96 * 0.3466) ** 2) >> 96, 2.05),
    "atanh": (c.ATANH_A0, ln.ATANH_LEVELS, 0, -(-Q96 * 25 // 841), 2.03),
    "mills": (c.MILLS_A0, normal.MILLS_LEVELS, 0, normal.LIMIT, 1.26),
}


def enclose(levels, low, high):
    """Denominators' intervals for all integers x in [low, high], innermost first; None if one may be zero."""
    quotient, intervals = (0, 0), []
    for numerator, b in reversed(levels):
        denominator = (low + b + quotient[0], high + b + quotient[1])
        if denominator[0] <= 0 <= denominator[1]:
            return None
        intervals.append(denominator)
        quotient = tuple(sorted(tdiv(numerator, end) for end in denominator))
    return intervals


def subdivision(levels, low, high):
    """Intervals of the denominators on pieces that together cover [low, high]."""
    pieces = [(low, high)]
    while pieces:
        left, right = pieces.pop()
        intervals = enclose(levels, left, right)
        if intervals is not None:
            yield left, right, intervals
        else:
            assert right - left > 2**64, f"a denominator may vanish at {left / Q96}"
            middle = (left + right) // 2
            pieces += [(left, middle), (middle + 1, right)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_denominators__on_every_integer_of_the_domain__keep_sign_and_distance_from_zero(name):
    _, levels, low, high, _ = FUNCTIONS[name]
    signs, nearest, covered = [set() for _ in levels], Q96, 0
    for left, right, intervals in subdivision(levels, low, high):
        covered += right - left + 1
        for seen, (start, end) in zip(signs, intervals, strict=True):
            seen.add(start > 0)
            nearest = min(nearest, abs(start), abs(end))
    assert covered == high - low + 1
    assert all(len(seen) == 1 for seen in signs)
    assert nearest > Q96 // 100


@pytest.mark.parametrize("name", FUNCTIONS)
def test_value__at_the_smallest_denominators_and_elsewhere__stays_in_its_bounds(name, count):
    a0, levels, low, high, bound = FUNCTIONS[name]
    random, adversarial = Random(name), [low, low + 1, high - 1, high]
    pieces = sorted(subdivision(levels, low, high), key=lambda p: min(min(map(abs, i)) for i in p[2]))
    for left, right, _ in pieces[:50]:
        adversarial += [left, right, (left + right) // 2]
    for x in adversarial + [random.randint(low, high) for _ in range(count(2_000, 100_000))]:
        assert 0 < j_fraction(x, a0, levels) <= bound * Q96


def test_coth__on_its_interval__makes_the_exponential_to_2e_27_relative(count):
    with workdps(40):
        for index in range(1, count(200, 5_000)):
            r = log(mpf(2)) / 2 * index / count(200, 5_000)
            g = mpf(j_fraction(int(r * r * Q96), c.COTH_A0, exponential.COTH_LEVELS)) / Q96
            assert abs((g - r) / (g + r) / exp(-r) - 1) < mpf("2e-27") + mpf(2) ** -94


def test_atanh__on_its_interval__makes_the_logarithm_to_2_6e_19_relative(count):
    with workdps(40):
        for index in range(1, count(200, 5_000)):
            z = mpf(5) / 29 * index / count(200, 5_000)
            value = mpf(j_fraction(int(z * z * Q96), c.ATANH_A0, ln.ATANH_LEVELS)) / Q96
            assert abs(z * value / (2 * atanh(z)) - 1) < 2.6e-19


def test_mills__on_its_interval__makes_the_distribution_to_1e_18(count):
    with workdps(40):
        for index in range(count(400, 10_000) + 1):
            x = mpf(11) * index / count(400, 10_000)
            value = mpf(normal.mills(int(x * Q96))) / Q96
            error = value - sqrt(pi / 2) * exp(x * x / 2) * erfc(x / sqrt(2))
            assert abs(error) * exp(-x * x / 2) / sqrt(2 * pi) < 1.0e-18
            assert abs(error) * exp(-mpf(7) / 40 * x * x) < 2.6e-18


def test_mills__over_the_smallest_deviation__falls_so_that_far_never_exceeds_near(count):
    random = Random("falling")
    step = black76.MIN_DEVIATION
    points = [0, normal.LIMIT - step] + [
        random.randint(0, normal.LIMIT - step) for _ in range(count(2_000, 50_000))
    ]
    assert all(normal.mills(x) - normal.mills(x + step) > 2**30 for x in points)


def test_near__at_the_money_with_any_small_deviation__is_not_below_far(count):
    random = Random("crossing")
    for _ in range(count(2_000, 50_000)):
        v = int(2 ** random.uniform(38, 90))
        q = black76.distance(0, v)
        density = normal.density(q)
        assert normal.tail(q, density) > density * normal.mills(q + v) >> 128


def test_root__of_every_kind_of_time__is_high_by_at_most_2e_23_and_never_low_by_two(count):
    random = Random("root")
    with workdps(50):
        ends = [2**k + d for k in range(1, 32) for d in (-1, 0, 1)]
        for time in ends + [random.randrange(1, 2**32) for _ in range(count(1_000, 50_000))]:
            exact = sqrt(mpf(time) * c.INVERSE_YEAR)
            assert -2 <= root.years(time) - exact <= 2e-23 * exact


def test_committed_constants__derived_afresh__are_the_same():
    command = [sys.executable, str(ROOT / "scripts/derive_constants.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr


def test_derivation__at_a_weight_whose_fit_has_an_inner_pole__refuses():
    command = (
        "from dataclasses import replace; from mpmath import exp, mpf; "
        "from derive_constants import MILLS, coefficients; "
        "coefficients(replace(MILLS, weight=lambda x: exp(-mpf('0.185') * x * x)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT / "scripts",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 1
    assert "MILLS: denominator 4 changes its sign on [0, 11]" in result.stderr
