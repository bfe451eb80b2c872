"""exp, logarithm of a ratio and Mills ratio against mpmath; and that loops over them use whole vectors."""

import subprocess
import sys
from pathlib import Path

import mpmath
import numba
import numpy as np
import pytest
from llvmlite.binding import get_host_cpu_name
from mpmath import mp, mpf
from numba.core import config

from pyvault.kernels import elementary
from pyvault.kernels.jit import loop

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _forty_digits():
    with mp.workdps(40):
        yield


def worst_relative_error(function, reference, points):
    return max(abs(float(mpf(function(x)) / reference(mpf(x)) - 1)) for x in points)


def exact_mills(x):
    return mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(x * x / 2) * mpmath.erfc(x / mpmath.sqrt(2))


def test_exp__whole_range__is_within_three_units(count):
    points = np.random.default_rng(1).uniform(-690.0, 709.0, count(2_000, 100_000)).tolist()
    assert worst_relative_error(elementary.exp, mpmath.exp, [*points, -690.0, 0.0, 1e-300, 709.0]) < 6.7e-16


def test_exp__below_range_or_nan__is_zero_or_nan():
    assert elementary.exp(0.0) == 1.0
    assert elementary.exp(-690.0001) == 0.0
    assert elementary.exp(-np.inf) == 0.0
    assert np.isnan(elementary.exp(np.nan))


def test_log_ratio__any_magnitudes__is_within_three_units(count):
    random = np.random.default_rng(2)
    exponents = random.uniform(-230.0, 230.0, (count(2_000, 100_000), 2))
    for a, b in np.exp(exponents).tolist():
        exact = mpmath.log(mpf(a) / mpf(b))
        assert abs(float(mpf(elementary.log_ratio(a, b)) / exact - 1)) < 6.7e-16


def test_log_ratio__ratio_close_to_one__keeps_its_digits(count):
    random = np.random.default_rng(3)
    for gap in np.exp(random.uniform(np.log(1e-15), np.log(0.7), count(2_000, 100_000))).tolist():
        for a, b in ((1.0 + gap, 1.0), (3000.0, 3000.0 * (1.0 + gap))):
            if a != b:
                exact = mpmath.log(mpf(a) / mpf(b))
                assert abs(float(mpf(elementary.log_ratio(a, b)) / exact - 1)) < 6.7e-16


def test_log__powers_of_two_and_one__are_exact():
    assert elementary.log(1.0) == 0.0
    for power in range(-1022, 1024, 31):
        assert elementary.log(2.0**power) == pytest.approx(float(power * mpmath.log(2)), rel=2.3e-16)


def test_mills__up_to_underflow_of_the_density__is_within_four_units(count):
    points = np.random.default_rng(4).uniform(0.0, 45.0, count(2_000, 100_000)).tolist()
    assert worst_relative_error(elementary.mills, exact_mills, [*points, 0.0, 1e-300, 1e-8, 45.0]) < 8.9e-16


def test_mills__beyond_underflow_of_the_density__stays_close_to_its_limit():
    for x in np.geomspace(45.0, 1e150, 500).tolist():
        z = mpf(x) ** -2
        series = 1 - z * (1 - 3 * z * (1 - 5 * z * (1 - 7 * z)))  # next term below 1e-13
        assert elementary.mills(x) * x == pytest.approx(float(series), rel=1e-9)


@loop
def exp_loop(x, result):
    for i in range(x.size):
        result[i] = elementary.exp(x[i])


@loop
def log_loop(x, result):
    for i in range(x.size):
        result[i] = elementary.log(x[i])


@loop
def mills_loop(x, result):
    for i in range(x.size):
        result[i] = elementary.mills(x[i])


@pytest.mark.parametrize("evaluate", [exp_loop, log_loop, mills_loop])
def test_loop__over_a_kernel__uses_the_widest_vectors(evaluate):
    points = np.linspace(0.5, 5.0, 64)
    result = np.empty_like(points)
    options = {name: evaluate.targetoptions[name] for name in ("error_model", "fastmath")}
    fresh = numba.njit(**options)(evaluate.py_func)  # cached code cannot be inspected
    fresh(points, result)
    code = fresh.inspect_asm(fresh.signatures[0])
    processor = config.CPU_NAME or get_host_cpu_name()
    # elsewhere LLVM may prefer half of an AVX-512 register
    widths = ("%zmm",) if processor in {"znver4", "znver5"} else ("%zmm", "%ymm")
    packed = [line for line in code.splitlines() if "vfmadd" in line and "pd" in line]
    assert any(width in line for line in packed for width in widths)


def test_coefficients__derived_again__are_the_committed_ones():
    script = ROOT / "scripts" / "derive_kernel_coefficients.py"
    outcome = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
