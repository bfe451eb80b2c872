"""Derive the polynomials of the float kernels with mpmath and write ``pyvault/kernels/coefficients.py``.

Each is a Chebyshev interpolation at 60 digits, which comes within a small factor of the best polynomial; its
error, printed and checked here before the coefficients are rounded, stays below half a unit of float64.

    python scripts/derive_kernel_coefficients.py           # write the file
    python scripts/derive_kernel_coefficients.py --check   # fail if the file differs
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mpmath
from mpmath import mp, mpf

TARGET = Path(__file__).resolve().parents[1] / "pyvault" / "kernels" / "coefficients.py"
HALF_ULP = mpf(2) ** -53
MILLS_CENTRE = mpf("5.5")  # Möbius variable t = (x − c)/(x + c): 5…6 needs the fewest terms
MILLS_END = 45  # the density underflows before

Real = Any  # mpmath has no stubs

HEADER = '''"""Coefficients of the float kernels, highest power first: derived, not to be edited by hand.

Written by ``scripts/derive_kernel_coefficients.py``, which says what each approximates and how closely.
"""

import numpy as np

'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A polynomial to derive: `function` on `interval` by `terms` coefficients; `weight` scales its error."""

    name: str
    comment: str
    function: Callable[[Real], Real]
    interval: tuple[Real, Real]
    terms: int
    weight: Real = 1


def exp_remainder(r: Real) -> Real:
    """(e^r − 1 − r)/r², by its series where the quotient would cancel."""
    if abs(r) > mpf("1e-8"):
        return (mp.exp(r) - 1 - r) / r**2
    return mpf(1) / 2 + r / 6 + r**2 / 24


def atanh_remainder(z: Real) -> Real:
    """(atanh(s)/s − 1)/z for z = s²."""
    if abs(z) < mpf("1e-8"):
        return mpf(1) / 3 + z / 5 + z**2 / 7
    s = mp.sqrt(z) if z > 0 else mp.mpc(0, mp.sqrt(-z))
    return mp.re(mp.atanh(s) / s - 1) / z


def mills(x: Real) -> Real:
    """Mills ratio N(−x)/φ(x)."""
    return mp.sqrt(mp.pi / 2) * mp.exp(x * x / 2) * mp.erfc(x / mp.sqrt(2))


def mills_scaled(t: Real) -> Real:
    """(x + c)·mills(x) at x = c(1 + t)/(1 − t): smooth, and 1 at t = 1."""
    x = MILLS_CENTRE * (1 + t) / (1 - t)
    return (x + MILLS_CENTRE) * mills(x)


def fits() -> list[Fit]:
    """Every polynomial of the kernels."""
    half_ln2 = mp.log(2) / 2
    widest = ((mpf(2) ** mpf("0.59") - 1) / (mpf(2) ** mpf("0.59") + 1)) ** 2
    return [
        Fit(
            name="EXP",
            comment="(e^r − 1 − r)/r² on |r| ≤ ln 2 / 2",
            function=exp_remainder,
            interval=(-half_ln2, half_ln2),
            terms=10,
            weight=half_ln2**2 * mp.exp(half_ln2),
        ),
        Fit(
            name="ATANH",
            comment="(atanh(s)/s − 1)/s² in s², for ratios within 2^±0.59",
            function=atanh_remainder,
            interval=(mpf(0), widest),
            terms=7,
            weight=widest,
        ),
        Fit(
            name="MILLS",
            comment="(x + c)·N(−x)/φ(x) in (x − c)/(x + c), for 0 ≤ x ≤ 45",
            function=mills_scaled,
            interval=(mpf(-1), (MILLS_END - MILLS_CENTRE) / (MILLS_END + MILLS_CENTRE)),
            terms=22,
        ),
    ]


def derive(fit: Fit) -> str:
    """Source lines of one polynomial; SystemExit when its error reaches half a unit of float64."""
    coefficients, error = mpmath.chebyfit(fit.function, fit.interval, fit.terms, error=True)
    relative = error * fit.weight
    print(f"{fit.name}: {fit.terms} terms, relative error of the result {mp.nstr(relative, 3)}")
    if relative >= HALF_ULP:
        raise SystemExit(f"{fit.name}: {fit.terms} terms are too few")
    values = "".join(f"        {float(c)!r},\n" for c in coefficients)
    return f"# {fit.comment}; error {mp.nstr(relative, 2)}\n{fit.name} = np.array(\n    [\n{values}    ]\n)\n"


def constants() -> str:
    """Split logarithm: the high part has 32 bits, so that its product with an exponent is exact."""
    ln2 = mp.log(2)
    high = mp.floor(ln2 * 2**32) / 2**32
    named = {
        "LN2_HIGH": high,
        "LN2_LOW": ln2 - high,
        "LOG2_E": 1 / ln2,
        "INVERSE_SQRT_2PI": 1 / mp.sqrt(2 * mp.pi),
        "LN_SQRT_2PI": mp.log(2 * mp.pi) / 2,
        "HALF_PI": mp.pi / 2,
        "MILLS_CENTRE": MILLS_CENTRE,
    }
    return "".join(f"{name} = {float(value)!r}\n" for name, value in named.items())


def low_guess() -> str:
    """Fit h ≈ y(1 + a√y)/(1 + b√y + c y), exact at three h; y = ln(1 + h(1 + √(π/2) h + h²) e^(h²/2))."""

    def root(h: Real) -> Real:
        return mp.sqrt(mp.log(1 + h * (1 + mp.sqrt(mp.pi / 2) * h + h * h) * mp.exp(h * h / 2)))

    points = [mpf("0.02"), mpf("0.5"), mpf(20)]
    matrix = mp.matrix([[root(h) ** 3, -h * root(h), -h * root(h) ** 2] for h in points])
    a, b, c = mp.lu_solve(matrix, mp.matrix([h - root(h) ** 2 for h in points]))

    def error(h: Real) -> Real:
        u = root(h)
        return abs(u * u * (1 + a * u) / (1 + b * u + c * u * u) / h - 1)

    worst = max(error(mpf(10) ** (mpf(i) / 50)) for i in range(-300, 80))
    values = "".join(
        f"LOW_GUESS_{name} = {float(value)!r}\n" for name, value in zip("ABC", (a, b, c), strict=True)
    )
    return f"# h from y, see the script: within {mp.nstr(worst, 2)} for 1e-6 ≤ h ≤ 40\n{values}"


def high_guess() -> str:
    """Fit x² ≈ y(π/2 + 2cy)/(1 + cy), exact at x = 0, 3, ∞; y = −ln 4z(1 − z), z = N(−x); after Pólya."""

    def log_product(x: Real) -> Real:
        return -mp.log(4 * mp.ncdf(-x) * mp.ncdf(x))

    y = log_product(mpf(3))
    ratio = 9 / y
    c = (ratio - mp.pi / 2) / (y * (2 - ratio))

    def error(x: Real) -> Real:
        y = log_product(x)
        return abs(mp.sqrt(y * (mp.pi / 2 + 2 * c * y) / (1 + c * y)) / x - 1)

    worst = max(error(mpf(i) / 20) for i in range(1, 400))
    return (
        f"# x from y, see the script: within {mp.nstr(worst, 2)} for 0 < x < 20\nHIGH_GUESS = {float(c)!r}\n"
    )


def main() -> None:
    """Write the file, or compare it with ``--check``."""
    mp.dps = 60
    parts = [constants(), low_guess(), high_guess(), *(derive(fit) for fit in fits())]
    text = HEADER + "\n".join(parts)
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{TARGET.name} is not what this script derives")
        return
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
