"""The surface on recorded Deribit chains: no arbitrage, and inside the quotes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from support.market import delta
from support.surface import assert_free_of_arbitrage, assert_no_butterfly_after, durrleman_between

from pyvault.market.chain import read_chain
from pyvault.pricing.surface import fit_surface
from pyvault.pricing.surface.quotes import quoted_volatility

pytestmark = pytest.mark.shared
FILES = [
    f"options_{coin}_2026-{month}.parquet" for coin in ("btc", "eth") for month in ("01", "03", "04", "06")
]


def relative_error(chain, surface):
    """|model − mid| over half-spread of liquid quotes: spread ≤ 20 % of mid, > 12 h, |delta| in 5..95 %."""
    bid, ask = quoted_volatility(chain, "bid"), quoted_volatility(chain, "ask")
    mid, time = 0.5 * (bid + ask), chain.time_to_expiry
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (chain.ask_price - chain.bid_price) / (0.5 * (chain.ask_price + chain.bid_price))
        size = np.abs(delta(chain.log_moneyness, mid, time, chain.is_call))
        liquid = (
            (chain.bid_price > 0) & (spread <= 0.2) & (time * 365 * 24 > 12) & (size >= 0.05) & (size <= 0.95)
        )
        liquid &= (bid > 0) & (ask > bid)
    model = surface.implied_vol(chain.log_moneyness[liquid], time[liquid])
    return np.abs(model - mid[liquid]) / (0.5 * (ask - bid)[liquid])


@pytest.mark.parametrize("name", FILES)
def test_fit_surface__of_recorded_snapshots__is_arbitrage_free_and_inside_the_quotes(
    shared_data, count, name
):
    raw = pd.read_parquet(shared_data / "options" / name)
    moments = raw["timestamp"].drop_duplicates().to_numpy()
    rng = np.random.default_rng(FILES.index(name))
    sizes = []
    for moment in rng.permutation(moments)[: count(6, len(moments))]:
        chain = read_chain(raw[raw["timestamp"] == moment])
        surface = fit_surface(chain)
        assert not surface.arbitrage()
        assert_free_of_arbitrage(surface.slices)
        for earlier, later in pairwise(surface.slices):  # not certified, and yet
            assert durrleman_between(earlier, later, 0.5).min() >= 0.0
        assert_no_butterfly_after(surface.slices[-1])
        error = relative_error(chain, surface)
        assert np.median(error) <= 0.5
        sizes.append(error.size)
        assert len(surface.slices) >= len(chain.expiries) - 2
    assert min(sizes) >= 20  # the thinnest recorded book
    assert np.median(sizes) > 200


def test_inversion__of_recorded_prices__gives_the_recorded_volatilities(shared_data):
    chain = read_chain(shared_data / "options" / "options_btc_2026-03.parquet")
    given = chain.ask_iv
    blank = pd.read_parquet(shared_data / "options" / "options_btc_2026-03.parquet")
    last = blank["timestamp"].max()
    inverted = quoted_volatility(read_chain(blank[blank["timestamp"] == last].assign(ask_iv=np.nan)), "ask")
    both = np.isfinite(given) & (inverted > 0)
    assert both.sum() > 800
    assert np.abs(inverted - given)[both].max() < 1e-4  # recorded to four digits, prices to seven
