"""Minimax rational approximation, its J-fraction, and the proof that no denominator vanishes.

Three tools that know nothing of options: Remez' exchange for a rational function of type [n/n]; the
conversion of ``P/Q`` into ``a0 + c1/(x + b1 + c2/(x + b2 + ...))``; Sturm's theorem on its denominators.

References
----------
E. Ya. Remez (1934); A. Ralston, "Rational Chebyshev approximation by Remes' algorithms", Numer. Math. 7
(1965); H. S. Wall, "Analytic Theory of Continued Fractions" (1948), ch. IX (J-fractions); C. Sturm (1829).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from mpmath import cos, lu_solve, matrix, mp, mpf, pi

__all__ = ["JFraction", "Rational", "inner_denominators", "minimax", "roots_between", "to_j_fraction"]

mp.dps = 60
Real = Callable[[mpf], mpf]
Polynomial = Sequence[Fraction]  # coefficients, constant term first


@dataclass(frozen=True, slots=True, kw_only=True)
class Rational:
    """``P(x)/Q(x)``, coefficients constant term first, and the largest weighted error that was met."""

    numerator: tuple[mpf, ...]
    denominator: tuple[mpf, ...]
    error: mpf


@dataclass(frozen=True, slots=True, kw_only=True)
class JFraction:
    """``a0 + c1/(x + b1 + c2/(x + b2 + ...))`` with ``levels = ((c1, b1), (c2, b2), ...)``."""

    a0: mpf
    levels: tuple[tuple[mpf, mpf], ...]


def minimax(
    target: Real, weight: Real, upper: mpf, degree: int, *, centre: mpf | None = None, points: int = 400
) -> Rational:
    """Best ``[degree/degree]`` approximation of `target` on ``[0, upper]`` in ``max |weight·error|``.

    Works on a grid of `points` Chebyshev nodes in ``t = (x − centre)/(x + centre)`` (in ``x`` itself without
    `centre`), where rational functions keep their type and the equations their condition.

    Raises
    ------
    ArithmeticError
        If the error does not alternate ``2·degree + 2`` times or the exchange does not settle.
    """
    low, high = (mpf(-1), (upper - centre) / (upper + centre)) if centre else (mpf(0), upper)
    nodes = [(low + high) / 2 - (high - low) / 2 * cos(pi * i / points) for i in range(points + 1)]
    xs = [centre * (1 + t) / (1 - t) for t in nodes] if centre else nodes
    kept = [(t, target(x), weight(x)) for t, x in zip(nodes, xs, strict=True) if weight(x) > 0]
    count = 2 * degree + 2
    reference = [round((len(kept) - 1) * i / (count - 1)) for i in range(count)]
    denominator: list[mpf] = [mpf(1)]
    for _ in range(50):
        numerator, denominator, level = _levelled([kept[i] for i in reference], degree, denominator)
        errors = [w * (_value(numerator, t) / _value(denominator, t) - f) for t, f, w in kept]
        worst = max(abs(e) for e in errors)
        if worst <= abs(level) * (1 + mpf(10) ** -4):
            return Rational(
                numerator=_in_x(numerator, centre, degree),
                denominator=_in_x(denominator, centre, degree),
                error=worst,
            )
        reference = _exchange(errors, count)
    raise ArithmeticError(f"the exchange of degree {degree} did not settle")


def _levelled(
    reference: list[tuple[mpf, mpf, mpf]], degree: int, denominator: list[mpf]
) -> tuple[list[mpf], list[mpf], mpf]:
    """Solve ``P − Q·(f ± level/w) = 0`` at the reference; the previous ``Q`` makes ``Q·level`` linear."""
    size = len(reference)
    level = mpf(0)
    for _ in range(12):
        system, right = matrix(size, size), matrix(size, 1)
        for row, (t, value, weight) in enumerate(reference):
            for power in range(degree + 1):
                system[row, power] = t**power
                if power:
                    system[row, degree + power] = -value * t**power
            system[row, size - 1] = -((-1) ** row) * _value(denominator, t) / weight
            right[row] = value
        solution = lu_solve(system, right)
        numerator = [solution[i] for i in range(degree + 1)]
        denominator = [mpf(1), *(solution[degree + i] for i in range(1, degree + 1))]
        previous, level = level, solution[size - 1]
        if abs(level - previous) < abs(level) * mpf(10) ** -6:
            break
    return numerator, denominator, level


def _exchange(errors: list[mpf], count: int) -> list[int]:
    """Indices of `count` alternating extrema that hold the largest error."""
    extrema: list[int] = []
    for index, error in enumerate(errors):
        if extrema and (errors[extrema[-1]] > 0) == (error > 0):
            if abs(error) > abs(errors[extrema[-1]]):
                extrema[-1] = index
        else:
            extrema.append(index)
    while len(extrema) > count:
        if len(extrema) == count + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        else:
            pairs = [max(abs(errors[i]), abs(errors[j])) for i, j in pairwise(extrema)]
            weakest = pairs.index(min(pairs))
            del extrema[weakest : weakest + 2]
    if len(extrema) < count:
        raise ArithmeticError(f"the error alternates {len(extrema)} times, {count} are needed")
    return extrema


def _value(coefficients: Sequence[mpf], t: mpf) -> mpf:
    total = mpf(0)
    for coefficient in reversed(coefficients):
        total = total * t + coefficient
    return total


def _times(left: Sequence[mpf], right: Sequence[mpf]) -> list[mpf]:
    product = [mpf(0)] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            product[i + j] += a * b
    return product


def _in_x(coefficients: Sequence[mpf], centre: mpf | None, degree: int) -> tuple[mpf, ...]:
    """Polynomial in t times ``(x + centre)^degree``, as a polynomial in x."""
    if centre is None:
        return tuple(coefficients)
    total = [mpf(0)] * (degree + 1)
    for power, coefficient in enumerate(coefficients):
        term = [coefficient]
        for factor in [-centre] * power + [centre] * (degree - power):
            term = _times(term, [factor, mpf(1)])
        total = [a + b for a, b in zip(total, term, strict=True)]
    return tuple(total)


def to_j_fraction(rational: Rational) -> JFraction:
    """Divide P by Q, then each remainder by the next, until nothing is left."""
    above, below = list(rational.numerator), list(rational.denominator)
    a0 = above[-1] / below[-1]
    above = [p - a0 * q for p, q in zip(above, below, strict=True)][:-1]
    levels = []
    while above:
        c = above[-1] / below[-1]
        above = [p / c for p in above]  # now below = (x + b)·above + rest
        below = [q / below[-1] for q in below]
        lead = above[-1]
        above = [p / lead for p in above]
        shifted = [q - p for q, p in zip(below, [mpf(0), *above], strict=True)][:-1]
        b = shifted[-1]
        rest = [s - b * p for s, p in zip(shifted, above, strict=True)][:-1]
        levels.append((c, b))
        above, below = rest, above
    return JFraction(a0=a0, levels=tuple(levels))


def inner_denominators(levels: Sequence[tuple[Fraction, Fraction]]) -> list[Polynomial]:
    """Polynomials ``N_i``, the last 1; ``N_i/N_{i+1}`` is the i-th denominator ``x + b_i + c_{i+1}/...``."""
    polynomials: list[Polynomial] = [[Fraction(1)]]
    after: Polynomial = []
    c_next = Fraction(0)
    for c, b in reversed(levels):
        inner = polynomials[0]
        current = [Fraction(0), *inner]
        for power, value in enumerate(inner):
            current[power] += b * value
        for power, value in enumerate(after):
            current[power] += c_next * value
        after, c_next = inner, c
        polynomials.insert(0, current)
    return polynomials


def roots_between(polynomial: Polynomial, low: Fraction, high: Fraction) -> int:
    """Count the distinct real roots in ``(low, high]`` by Sturm's theorem, in exact arithmetic."""
    chain = [list(polynomial), [power * c for power, c in enumerate(polynomial)][1:]]
    while len(chain[-1]) > 1:
        rest = list(chain[-2])
        while len(rest) >= len(chain[-1]):
            factor = rest[-1] / chain[-1][-1]
            offset = len(rest) - len(chain[-1])
            for power, value in enumerate(chain[-1]):
                rest[offset + power] -= factor * value
            rest.pop()
        while rest and rest[-1] == 0:
            rest.pop()
        if not rest:
            break
        chain.append([-value for value in rest])

    def sign_changes(x: Fraction) -> int:
        values = [sum((c * x**power for power, c in enumerate(p)), Fraction(0)) for p in chain]
        signs = [value > 0 for value in values if value]
        return sum(a != b for a, b in pairwise(signs))

    return sign_changes(low) - sign_changes(high)
