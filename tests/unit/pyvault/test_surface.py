"""A surface as its users meet it: reading it, its diagnostics, what it refuses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from support.market import DAYS, SLICES, book_summary_json, market_frame, svi_variance, years
from support.surface import slice_after

from pyvault.errors import FitError, InputError
from pyvault.market.chain import read_chain
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import fit_ssvi, fit_surface, select_quotes
from pyvault.pricing.surface.arbitrage import margins
from pyvault.pricing.surface.quotes import quoted_volatility
from pyvault.pricing.surface.svi import fit_svi


@pytest.fixture(scope="module")
def chain():
    return read_chain(market_frame(noise=0.004))


@pytest.fixture(scope="module")
def surface(chain):
    return fit_surface(chain)


def test_implied_vol__at_an_expiry__is_its_slice(surface):
    k = np.linspace(-0.4, 0.4, 9)
    for each in surface.slices:
        expected = np.sqrt(svi_variance(k, *each.parameters[1:]))
        np.testing.assert_allclose(surface.implied_vol(k, each.time_to_expiry), expected, rtol=1e-14)
        np.testing.assert_allclose(each.implied_vol(k), expected, rtol=1e-14)


def test_implied_vol__between_expiries__is_linear_in_total_variance(surface):
    k = np.linspace(-0.4, 0.4, 9)
    early, late = surface.slices[1], surface.slices[2]
    for share in (0.25, 0.7):
        time = (1 - share) * early.time_to_expiry + share * late.time_to_expiry
        expected = (1 - share) * surface.total_variance(k, early.time_to_expiry)
        expected += share * surface.total_variance(k, late.time_to_expiry)
        np.testing.assert_allclose(surface.total_variance(k, time), expected, rtol=1e-13)


def test_implied_vol__before_the_first_expiry__is_that_of_its_slice(surface):
    k = np.linspace(-0.4, 0.4, 9)
    np.testing.assert_allclose(surface.implied_vol(k, 1e-4), surface.slices[0].implied_vol(k), rtol=1e-14)


def test_implied_vol__after_the_last_expiry__is_the_slice_that_grows_as_at_the_money(surface):
    k = np.linspace(-4.0, 4.0, 81)
    for scale in (1.0 + 1e-9, 1.1, 4.0, 20.0):
        later = slice_after(surface.slices[-1], scale)
        np.testing.assert_allclose(
            surface.implied_vol(k, later.time_to_expiry), later.implied_vol(k), rtol=1e-13
        )
    at_the_money = surface.slices[-1].implied_vol(0.0)
    assert surface.implied_vol(0.0, 9.0) == pytest.approx(at_the_money, rel=1e-14)


def test_total_variance__never_falls_in_time(surface):
    k = np.linspace(-3.0, 3.0, 61)[:, None]
    total = surface.total_variance(k, np.geomspace(1e-4, 2.0, 200))
    assert (np.diff(total, axis=1) >= 0).all()


def test_implied_vol__broadcasts_and_keeps_the_shape(surface):
    assert surface.implied_vol(0.0, 0.1).shape == ()
    assert surface.implied_vol(np.zeros((3, 1)), [0.1, 0.2]).shape == (3, 2)
    assert surface.implied_vol([], 0.1).shape == (0,)


@pytest.mark.parametrize(
    ("k", "time", "name"),
    [
        (np.nan, 0.1, r"log_moneyness\[0\] = nan"),
        ([0.0, np.inf], 0.1, r"log_moneyness\[1\] = inf"),
        (0.0, 0.0, r"time_to_expiry\[0\] = 0\.0"),
        (0.0, [0.1, -1.0], r"time_to_expiry\[1\] = -1\.0"),
        (0.0, np.nan, r"time_to_expiry\[0\] = nan"),
    ],
)
def test_implied_vol__of_bad_input__names_the_element(surface, k, time, name):
    with pytest.raises(InputError, match=name):
        surface.implied_vol(k, time)


def test_slices__carry_expiry_time_and_forward_of_the_chain(surface, chain):
    assert [each.expiry for each in surface.slices] == chain.expiries.tolist()
    for each, day in zip(surface.slices, DAYS, strict=True):
        assert each.time_to_expiry == pytest.approx(years(day), rel=1e-12)
        assert each.forward == pytest.approx(3_000.0 * np.exp(0.03 * years(day)), rel=1e-12)


def test_diagnostics__count_and_measure_what_they_say(surface, chain):
    for each, quality in zip(surface.slices, surface.diagnostics.slices, strict=True):
        rows = chain.expiry == each.expiry
        error = each.implied_vol(chain.log_moneyness[rows]) - chain.mark_iv[rows]
        assert quality.used == rows.sum()
        assert quality.dropped == 0
        assert quality.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
        assert quality.largest == pytest.approx(np.abs(error).max())
        assert quality.median_error == pytest.approx(np.median(np.abs(error)) / 0.01)
        assert quality.inside == pytest.approx(np.mean(np.abs(error) <= 0.01))
        assert min(quality.butterfly_margin, quality.wing_margin, quality.calendar_margin) >= 0.0
        assert quality.anchor_share == 0.0
    everything = surface.diagnostics
    error = surface.implied_vol(chain.log_moneyness, chain.time_to_expiry) - chain.mark_iv
    assert everything.rmse == pytest.approx(np.sqrt(np.mean(error**2)))
    assert everything.median_error == pytest.approx(np.median(np.abs(error)) / 0.01)


def test_diagnostics__of_the_ssvi_rival__are_those_of_the_ssvi_surface(surface, chain):
    rival = fit_surface(chain, method="ssvi").diagnostics
    assert surface.diagnostics.ssvi_rmse == rival.rmse
    assert surface.diagnostics.ssvi_median_error == rival.median_error
    assert not rival.ssvi_is_twice_worse


def test_diagnostics__of_an_exact_fit__do_not_call_rounding_worse():
    assert fit_surface(synthetic_chain()).diagnostics.notes == ()


def test_diagnostics__say_where_ssvi_is_twice_worse():
    bent = SLICES.copy()
    bent[0] = 0.30, 1.2, 0.55, 0.03, 0.05  # a smile that leans the other way than the rest
    surface = fit_surface(read_chain(market_frame(slices=bent, half_spread=0.005)))
    assert surface.diagnostics.slices[0].ssvi_is_twice_worse
    assert any(
        "twice worse" in note and str(surface.slices[0].expiry) in note for note in surface.diagnostics.notes
    )
    assert surface.diagnostics.slices[0].ssvi_rmse > 2 * surface.diagnostics.slices[0].rmse


def test_fit_surface__by_ssvi__has_one_shape_for_all_expiries(chain):
    surface = fit_surface(chain, method="ssvi")
    assert surface.method == "ssvi"
    assert len({each.rho for each in surface.slices}) == 1
    assert not surface.arbitrage()
    parameters = fit_ssvi(select_quotes(chain, 5))
    for each, theta in zip(surface.slices, parameters.theta, strict=True):
        assert float(each.implied_vol(0.0)) ** 2 * each.time_to_expiry == pytest.approx(theta, rel=1e-12)


def test_fit_surface__of_prices_alone__inverts_them(tmp_path):
    frame = market_frame()
    path = tmp_path / "summary.json"
    path.write_text(book_summary_json(frame), encoding="utf-8")
    chain = read_chain(path)
    np.testing.assert_allclose(quoted_volatility(chain, "ask"), read_chain(frame).ask_iv, rtol=1e-6)
    for fitted, truth in zip(fit_surface(chain).slices, SLICES, strict=True):
        k = np.linspace(-2.0, 2.0, 9) * np.sqrt(svi_variance(0.0, *truth) * fitted.time_to_expiry)
        np.testing.assert_allclose(fitted.implied_vol(k), np.sqrt(svi_variance(k, *truth)), rtol=1e-5)


def test_fit_surface__ignores_one_sided_and_absurdly_wide_quotes():
    frame = market_frame()
    frame.loc[0:5, ["bid_iv", "bid_price"]] = np.nan
    wide = frame.index[40]
    frame.loc[wide, ["bid_iv", "ask_iv"]] = 0.1, 4.0
    surface = fit_surface(read_chain(frame))
    assert [each.dropped for each in surface.diagnostics.slices] == [6, 1, 0, 0]
    np.testing.assert_allclose(surface.slices[0].parameters[1:], SLICES[0], rtol=1e-6)


def test_fit_surface__skips_an_expiry_that_has_too_few_quotes_or_minutes_to_live():
    frame = market_frame()
    first, second = sorted(frame["expiry"].unique())[:2]
    few = (frame["expiry"] == second) & (frame.groupby("expiry").cumcount() >= 4)
    near = frame["expiry"].where(frame["expiry"] != first, frame["timestamp"] + pd.Timedelta(minutes=20))
    surface = fit_surface(read_chain(frame.assign(expiry=near)[~few]))
    assert len(surface.slices) == 2
    assert len(surface.diagnostics.skipped) == 2
    assert any("not fitted" in note for note in surface.diagnostics.notes)


def test_fit_surface__of_a_chain_without_two_sided_quotes__is_refused(chain):
    empty = dataclasses.replace(
        chain, bid_iv=np.full(len(chain), np.nan), bid_price=np.full(len(chain), np.nan)
    )
    with pytest.raises(FitError, match="no expiry holds enough two-sided quotes"):
        fit_surface(empty)


def test_fit_surface__of_an_unknown_method__is_refused(chain):
    with pytest.raises(InputError, match="method = 'spline'"):
        fit_surface(chain, method="spline")


def test_fit_surface__is_deterministic(chain, surface):
    assert fit_surface(chain) == surface


def test_fit_surface__does_not_follow_one_mistyped_quote():
    frame = market_frame(noise=0.001)
    clean = fit_surface(read_chain(frame))
    frame.loc[44, ["bid_iv", "ask_iv"]] += 0.25
    robust = fit_surface(read_chain(frame))
    k = np.linspace(-0.15, 0.15, 9)
    # 25 points on one quote of thirty: least squares would move the slice by a point and more
    assert np.abs(robust.slices[1].implied_vol(k) - clean.slices[1].implied_vol(k)).max() < 0.004


@pytest.mark.parametrize("seed", [0, 2, 7])
def test_fit_surface__of_slices_that_cross_when_fitted_alone__fits_them_together_without_repair(seed):
    chain = read_chain(market_frame(noise=0.01, seed=seed))
    quotes = select_quotes(chain, 5)
    rows, share = fit_svi(quotes, fit_ssvi(quotes).rows())
    alone = np.array([fit_svi([each], fit_ssvi([each]).rows())[0][0] for each in quotes])
    assert not margins(alone).is_free.all()
    assert margins(rows).is_free.all()
    assert (share == 0.0).all()
