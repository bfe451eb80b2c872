"""Crossings between floats and WAD integers."""

from fractions import Fraction

import pytest

from pyvault.errors import InputError
from pyvault.units import SECONDS_PER_YEAR, WAD, from_wad, to_wad, years


def test_to_wad__takes_the_float_at_its_exact_binary_value():
    assert to_wad(0.1) == round(Fraction(0.1) * WAD)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("down", 333333333333333333), ("up", 333333333333333334), ("nearest", 333333333333333333)],
)
def test_to_wad__rounds_as_named(rounding, expected):
    assert to_wad(Fraction(1, 3), rounding) == expected


def test_to_wad__rounds_negative_numbers_down_toward_minus_infinity():
    assert to_wad(Fraction(-1, 3), "down") == -333333333333333334
    assert to_wad(Fraction(-1, 3), "up") == -333333333333333333


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_to_wad__of_a_number_without_a_value__names_the_rule(value):
    with pytest.raises(InputError, match="must be finite"):
        to_wad(value)


def test_to_wad__of_a_named_argument__names_it():
    with pytest.raises(InputError, match=r"^strike = nan"):
        to_wad(float("nan"), name="strike")


def test_from_wad__inverts_to_wad__within_a_float():
    assert from_wad(to_wad(1234.5678)) == pytest.approx(1234.5678, rel=1e-15)


def test_years__of_365_days__is_one():
    assert years(SECONDS_PER_YEAR) == 1.0
