"""Derive every constant of the on-chain mathematics and write the two generated modules.

``python scripts/derive_constants.py`` rewrites ``contracts/libs/math/coefficients.vy`` and
``pyvault/exact/coefficients.py``; ``--check`` derives afresh and fails when a committed file differs.

Three rational functions carry the mathematics. Each is a minimax fit of our own, written as a J-fraction with
its argument and its ``b`` in Q96 and its ``c`` in Q192, so that a level costs two additions and one division:

``COTH``   ``g(u) = r·coth(r/2)``, ``u = r²``: then ``e^(−r) = (g − r)/(g + r)``         [3/3]
``ATANH``  ``R(u) = 2·atanh(z)/z``, ``u = z²``: then ``ln((1+z)/(1−z)) = z·R``            [3/3]
``MILLS``  ``M(x) = N(−x)/n(x)``, the Mills ratio of the normal distribution              [8/8]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mpmath import atanh, coth, e, erfc, exp, log, mpf, nint, nstr, pi, sqrt
from rational_fit import Real, inner_denominators, minimax, roots_between, to_j_fraction

ROOT = Path(__file__).resolve().parents[1]
SECONDS_PER_YEAR = 365 * 86_400
Constants = dict[str, tuple[int, str]]  # name -> (integer, what it is)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What to approximate, where, in which norm, and the interval on which no denominator may vanish."""

    name: str
    about: str
    target: Real
    weight: Real
    upper: mpf
    degree: int
    centre: mpf | None
    proven_to: Fraction
    limit: mpf  # largest weighted error that is accepted


# e^(−r) changes by r/2 per unit of g, so this weight makes the error that of e^(−r), relative.
COTH = Fit(
    name="COTH",
    about="g(u) = r coth(r/2), u = r^2, |r| <= ln(2)/2",
    target=lambda u: sqrt(u) * coth(sqrt(u) / 2) if u else mpf(2),
    weight=lambda u: sqrt(u) / 2,
    upper=(log(2) / 2) ** 2,
    degree=3,
    centre=None,
    proven_to=Fraction(1, 8),
    limit=mpf("1e-25"),
)
# 17/12 is the largest ratio that is not halved: z <= 5/29. The weight makes the error that of the logarithm,
# relative: what counts is the error of ln(K/F)/v, and v shrinks with ln(K/F).
ATANH = Fit(
    name="ATANH",
    about="R(u) = 2 atanh(z)/z, u = z^2, |z| <= 5/29",
    target=lambda u: 2 * atanh(sqrt(u)) / sqrt(u) if u else mpf(2),
    weight=lambda _: mpf(1) / 2,
    upper=mpf(25) / 841,
    degree=3,
    centre=None,
    proven_to=Fraction(1, 32),
    limit=mpf("2.6e-19"),
)
# e^(−α·x²): α = 1/2 would minimise the error of N(x), α = 0 that of M. 7/40 is near the largest that keeps
# every denominator away from zero on [0, 11], by 0.2, with N within 1.0e-18; at 0.185 one changes its sign.
MILLS = Fit(
    name="MILLS",
    about="M(x) = N(-x)/n(x), 0 <= x <= 11",
    target=lambda x: sqrt(pi / 2) * exp(x * x / 2) * erfc(x / sqrt(2)),
    weight=lambda x: exp(-mpf(7) / 40 * x * x),
    upper=mpf("11.5"),
    degree=8,
    centre=mpf("2.5"),
    proven_to=Fraction(11),
    limit=mpf("2.6e-18"),
)


def fixed(value: mpf, bits: int) -> int:
    """Nearest integer to ``value·2^bits``."""
    return int(nint(value * mpf(2) ** bits))


def scalars() -> Constants:
    """Return the constants that are no rational function's."""
    seed_scale = mpf(1) / sqrt(136 * SECONDS_PER_YEAR)
    return {
        "LN2": (fixed(log(2), 96), "ln 2, Q96"),
        "LOG2_E": (fixed(log(e, 2), 96), "log2 e, Q96"),
        "INVERSE_SQRT_2PI": (fixed(1 / sqrt(2 * pi), 128), "1/sqrt(2 pi), Q128"),
        "INVERSE_YEAR": (fixed(mpf(1) / SECONDS_PER_YEAR, 192), "1 s in years, Q192"),
        # On a range [X, 256 X] of seconds the line (16 sqrt(X) + T/sqrt(X))/sqrt(136) is within a factor
        # 17/sqrt(136) = 1.458 of sqrt(T), above and below alike.
        "ROOT_SEED": (fixed(seed_scale, 96), "1/sqrt(136 years), Q96 per root second"),
    }


def coefficients(fit: Fit) -> Constants:
    """Fit, convert and prove one rational function.

    Raises
    ------
    ArithmeticError
        If the fit is worse than its limit, or an inner denominator has a root on the interval.
    """
    rational = minimax(fit.target, fit.weight, fit.upper, fit.degree, centre=fit.centre)
    if rational.error > fit.limit:
        raise ArithmeticError(f"{fit.name}: weighted error {nstr(rational.error, 4)} above {fit.limit}")
    fraction = to_j_fraction(rational)
    constants = {
        f"{fit.name}_A0": (fixed(fraction.a0, 96), f"{fit.about}; weighted error {nstr(rational.error, 3)}")
    }
    for index, (c, b) in enumerate(fraction.levels, start=1):
        constants[f"{fit.name}_C{index}"] = (fixed(c, 192), nstr(c, 10))
        constants[f"{fit.name}_B{index}"] = (fixed(b, 96), nstr(b, 10))
    prove_sign_constancy(fit, constants)
    return constants


def prove_sign_constancy(fit: Fit, constants: Constants) -> None:
    """Show by Sturm's theorem, on the rounded constants, that no inner denominator has a root."""
    levels = [
        (
            Fraction(constants[f"{fit.name}_C{i}"][0], 2**192),
            Fraction(constants[f"{fit.name}_B{i}"][0], 2**96),
        )
        for i in range(1, fit.degree + 1)
    ]
    for index, polynomial in enumerate(inner_denominators(levels)[:-1], start=1):
        if polynomial[0] == 0 or roots_between(polynomial, Fraction(0), fit.proven_to):
            raise ArithmeticError(f"{fit.name}: denominator {index} changes its sign on [0, {fit.proven_to}]")


def derive() -> Constants:
    """Return every constant, in the order of the generated files."""
    constants = scalars()
    for fit in (COTH, ATANH, MILLS):
        constants |= coefficients(fit)
    return constants


def declarations(constants: Constants, head: str) -> Iterator[str]:
    """Lines ``NAME<head> = value  # about``, the remark above where the line would be too long."""
    for name, (value, about) in constants.items():
        unsigned = name in {"INVERSE_YEAR", "ROOT_SEED"}
        line = f"{name}{head.format(kind='uint256' if unsigned else 'int256')} = {value}"
        if name.endswith("_A0"):
            yield f"# {about}"
            yield line
        else:
            yield f"{line}  # {about}"


def as_vyper(constants: Constants) -> str:
    """Text of the generated Vyper module."""
    header = (
        "# pragma version 0.4.3\n# pragma evm-version cancun\n"
        '"""\n'
        "@title   Constants of the option mathematics\n"
        "@author  The pyvault authors\n"
        "@license AGPL-3.0-only\n"
        "@dev     Generated by scripts/derive_constants.py: do not edit. A J-fraction reads\n"
        "         A0 + C1/(x + B1 + C2/(x + B2 + ...)), with x and B in Q96 and C in Q192.\n"
        '"""\n'
    )
    return header + "\n" + "\n".join(declarations(constants, ": constant({kind})")) + "\n"


def as_python(constants: Constants) -> str:
    """Text of the generated Python module."""
    about = "Constants of the option mathematics.\n\nGenerated by scripts/derive_constants.py: do not edit.\n"
    header = f'"""{about}"""'
    return header + "\n\n" + "\n".join(declarations(constants, "")) + "\n"


def main() -> int:
    """Write the generated modules, or compare them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="fail when a committed file differs")
    arguments = parser.parse_args()
    constants = derive()
    texts = {
        ROOT / "contracts/libs/math/coefficients.vy": as_vyper(constants),
        ROOT / "pyvault/exact/coefficients.py": as_python(constants),
    }
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text("utf-8") != text]
    if arguments.check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} differs from a fresh derivation", file=sys.stderr)
        return 1 if stale else 0
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    print(f"derived and proved {len(constants)} constants; {len(stale)} files changed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
