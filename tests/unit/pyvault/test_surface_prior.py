"""A fit that leans on the surface before it: steady where nothing is quoted, elsewhere on the quotes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.market import DAYS, SLICES, TIMESTAMP, market_frame
from support.vol_surface import OPEN, WAD, Surface

from pyvault.errors import InputError
from pyvault.market.chain import read_chain
from pyvault.pricing.surface import fit_surface, select_quotes
from pyvault.pricing.surface.posting import slice_of
from pyvault.pricing.surface.prior import DEVIATIONS, with_prior

HALF_SPREAD, NOISE = 0.01, 0.005


def at_the_money(frame, deviations=1.0):
    """The frame without strikes farther than so many deviations from the forward."""
    k = np.log(frame["strike"] / frame["underlying_price"])
    time = (frame["expiry"] - frame["timestamp"]).dt.total_seconds() / (365 * 86_400)
    return frame[np.abs(k) <= deviations * frame["mark_iv"] * np.sqrt(time)]


def later(frame, hours):
    return frame.assign(timestamp=frame["timestamp"] + pd.Timedelta(hours=hours))


@pytest.fixture(scope="module")
def before():
    return fit_surface(read_chain(market_frame()))


def wings(surface):
    """Volatility of each slice five deviations from the money."""
    return np.array(
        [
            each.implied_vol(reach * each.implied_vol(0.0) * np.sqrt(each.time_to_expiry))
            for each in surface.slices
            for reach in (-5.0, 5.0)
        ]
    )


def error(surface, chain):
    """Median error over half-spread."""
    k, time = chain.log_moneyness, chain.time_to_expiry
    return np.median(np.abs(surface.implied_vol(k, time) - 0.5 * (chain.bid_iv + chain.ask_iv))) / HALF_SPREAD


def test_fit_surface__with_a_prior__is_steady_in_the_wings_and_as_near_to_the_quotes(before, count):
    moves, errors = [], []
    for seed in range(count(5, 100)):
        frame = at_the_money(market_frame(noise=NOISE, seed=seed, strikes=25))
        chain = read_chain(later(frame, 1))
        free, leaning = fit_surface(chain), fit_surface(chain, prior=before)
        assert not leaning.arbitrage()
        moves.append([np.abs(wings(each) - wings(before)).mean() for each in (free, leaning)])
        errors.append([error(each, chain) for each in (free, leaning)])
    (free, leaning), (error_free, error_leaning) = np.mean(moves, axis=0), np.mean(errors, axis=0)
    assert leaning < 0.5 * free
    assert error_free < error_leaning < 0.6745 * NOISE / HALF_SPREAD  # median error of the truth itself


def test_fit_surface__of_a_market_that_moved__follows_it_past_its_prior(before):
    moved = SLICES + np.array((0.25, 0.0, 0.0, 0.0, 0.0))
    chain = read_chain(later(market_frame(slices=moved), 1))
    assert error(before, chain) > 5.0
    assert error(fit_surface(chain, prior=before), chain) < 0.15


def test_with_prior__hours_later__quotes_the_slices_of_its_own_time(before):
    chain = read_chain(later(market_frame(), 24))
    for quotes, each in zip(select_quotes(chain, 5), before.slices, strict=True):
        leaning = with_prior(quotes, chain.timestamp, before)
        k = leaning.log_moneyness[len(quotes) :]
        np.testing.assert_allclose(k, DEVIATIONS * quotes.deviation)
        np.testing.assert_allclose(leaning.mid[len(quotes) :], each.implied_vol(k), rtol=1e-12)
        np.testing.assert_array_equal(leaning.mid[: len(quotes)], quotes.mid)


def test_fit_surface__of_an_expiry_that_its_prior_lacks__leans_on_its_neighbours():
    frame = at_the_money(market_frame(noise=NOISE, seed=3, strikes=25))
    known = market_frame()
    known = known[known["expiry"] != TIMESTAMP + pd.Timedelta(days=DAYS[2])]
    prior = fit_surface(read_chain(known))
    chain = read_chain(frame)
    free, leaning = fit_surface(chain).slices[2], fit_surface(chain, prior=prior).slices[2]
    k = np.array((-5.0, 5.0)) * free.implied_vol(0.0) * np.sqrt(free.time_to_expiry)
    between = prior.implied_vol(k, free.time_to_expiry)
    assert np.abs(leaning.implied_vol(k) - between).max() < 0.5 * np.abs(free.implied_vol(k) - between).max()


def test_fit_surface__with_a_prior_from_the_future__is_refused(before):
    with pytest.raises(InputError, match="must not be later"):
        fit_surface(read_chain(later(market_frame(), -1)), prior=before)


@pytest.mark.parametrize(
    ("a", "b", "rho", "m", "s"),
    [(0.2, 0.8, 0.0, 0.0, 1e-4), (0.25, 0.3, -0.6, 9.0, 4.0)],
    ids=["kink", "far"],
)
def test_fit_surface__of_a_kink_or_a_far_vertex__has_a_shape_that_the_contract_takes(a, b, rho, m, s):
    deviation = 0.6 * np.sqrt(30 / 365)
    shape = np.array([(a, b, rho, m * deviation, s * deviation)])
    chain = read_chain(market_frame(slices=shape, days=(30,), strikes=31))
    on_chain = Surface(days=(30,))
    on_chain.start({on_chain.expiries[0]: slice_of(fit_surface(chain).slices[0], 3_000.0, WAD // 2)})
    assert on_chain.status(on_chain.expiries[0]) == OPEN
