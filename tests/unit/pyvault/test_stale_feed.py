"""Informed takers on a feed that lags: what the rule on rebates keeps from them."""

from functools import cache

import numpy as np
from support.tree import ROOT

from pyvault.exact.spread_parts import spread_parts
from pyvault.sim.stale_feed import StaleFeed, edges_on
from pyvault.units import WAD

UNSEEN = (
    "delta, age of the spot",
    "gamma, age of the spot",
    "vega, gap of the surface",
    "vega, age of the surface",
)


@cache
def edges():
    return edges_on(StaleFeed(), seed=1, days=3)


def rows(found):
    """Name, with the rule, without: the lines of the table in the documentation."""
    both = (found.with_rule, found.without_rule)
    counter = found.counter_flow
    figures = [
        ("edge of a purchase, all", [edge.mean() for edge in both]),
        ("edge of a purchase, counter-flow", [edge[counter].mean() for edge in both]),
        ("edge of a purchase, others", [edge[~counter].mean() for edge in both]),
        ("counter-flow that gains, of 100", [100.0 * (edge[counter] > 0.0).mean() for edge in both]),
        ("gain a day of who buys only what gains", [edge[edge > 0.0].sum() / found.days for edge in both]),
    ]
    return [f"| {name} | {one:,.1f} | {other:,.1f} |" for name, (one, other) in figures]


def test_rebate__on_a_lagging_feed__never_returns_age_gap_or_gamma():
    for moment in edges().moments[::7]:
        parts = spread_parts(moment.conditions, moment.book, moment.leg)
        charged = moment.priced.inventory_charge + moment.priced.half_spread
        assert charged >= sum(parts[name] for name in UNSEEN)
        assert moment.priced.total >= moment.priced.mid + charged


def test_rebate__of_all_of_the_half_spread__would_return_them():
    returned = 0
    for moment in edges().moments[::7]:
        parts = spread_parts(moment.conditions, moment.book, moment.leg)
        charged = moment.worth - moment.edge_without_rule - moment.priced.mid / WAD
        returned += charged < sum(parts[name] for name in UNSEEN) / WAD
    assert returned > len(edges().moments[::7]) / 10


def test_rule__against_informed_takers__takes_their_edge_on_counter_flow_and_leaves_the_rest():
    found = edges()
    counter = found.counter_flow
    assert 0.3 < counter.mean() < 0.7
    np.testing.assert_allclose(found.with_rule[~counter], found.without_rule[~counter], atol=1e-9)
    assert (found.with_rule <= found.without_rule + 1e-9).all()
    assert found.with_rule[counter].mean() < found.without_rule[counter].mean() - 5.0
    gains = [edge[edge > 0.0].sum() for edge in (found.with_rule, found.without_rule)]
    assert 3.0 * gains[0] < gains[1]


def test_documentation__of_the_experiment__shows_these_figures():
    page = (ROOT / "docs" / "market-mathematics.md").read_text(encoding="utf-8")
    missing = [row for row in rows(edges()) if row not in page]
    assert missing == []
