"""The published bound of a dishonest poster: its formula, and the numbers on its page."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from support.poster import bound_of
from support.vol_surface import DAY, Surface

from pyvault.pricing.surface.poster_bound import PosterBound, peak_vega

PAGE = Path(__file__).resolve().parents[3] / "docs" / "vol-surface.md"
START = PosterBound(step=0.005, rate=0.05, forward_step=0.0005, forward_rate=0.01, max_carry=0.5)


def on_page(name):
    return re.search(rf"<!-- {name} -->(.*?)<!-- /{name} -->", PAGE.read_text("utf-8"), re.DOTALL)[1]


def test_bound__at_the_start_values__is_the_rate_an_hour_and_half_of_it_at_once():
    bound = bound_of(Surface(), 30 * DAY)
    assert bound == START
    assert bound.loss(100.0, 0.0) == pytest.approx(5.0, rel=1e-12)
    assert bound.loss(0.0, 100.0) == pytest.approx(1.0, rel=1e-12)
    assert bound.loss(100.0, 100.0, hours=0.0) == pytest.approx(3.0, rel=1e-12)
    assert bound.post_gain(100.0, 100.0) == pytest.approx(0.55, rel=1e-12)
    assert bound.one_way_forward(3.0, 1 / 365) == pytest.approx(1 / 365, rel=1e-12)
    assert bound.one_way_forward(3.0, 1.0) == pytest.approx(0.02, rel=1e-12)


def test_page__of_the_surface__states_the_numbers_of_the_formula():
    assert on_page("hour") == (
        f"{START.loss(100, 0):.2f} points of peak vega and {START.loss(0, 100):.2f} % of the delta's notional"
    )
    assert on_page("peak") == f"{peak_vega(1.0, 0.03):.2f}"


def test_peak_vega__of_a_contract_at_the_least_delta__is_its_vega_at_the_money():
    d1 = 1.2
    delta = 0.5 * math.erfc(d1 / math.sqrt(2))
    assert peak_vega(math.exp(-0.5 * d1 * d1), delta) == pytest.approx(1.0, rel=1e-12)
    assert peak_vega(1.0, 0.5) == pytest.approx(1.0, rel=1e-12)
