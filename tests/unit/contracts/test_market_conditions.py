"""Conditions of time, freshness and pause, tripped and just inside; closing trades pass all but the rest."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.desk import common_desk, heard

from pyvault.chain.parameters import Pause, parameter
from pyvault.chain.system.trading import Refusal
from pyvault.units import WAD

HOUR = 3_600


# Freshness


def test_cache__of_an_hour__is_fresh_and_of_a_second_more_is_not():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), WAD))
        opened, legs = desk.system.now, [(desk.call(expiry=2), WAD)]
        desk.system.warp_to(opened + HOUR - 60)
        desk.move_spot(3_000)
        desk.post()
        desk.system.warp_to(opened + HOUR)
        assert desk.refusal(*legs) == Refusal.PASSES
        desk.system.warp(1)
        assert desk.refusal(*legs) == Refusal.STALE
        assert heard(desk.trade(*legs)) == "market: refresh first"
        desk.system.refresh(None, desk.expiries[1])
        assert heard(desk.trade(*legs)) is None


@pytest.mark.parametrize(("last", "first"), [("3090", "3090.00000001"), ("2910", "2909.99999999")])
def test_cache__three_percent_away__is_fresh_and_a_tick_further_is_not(last, first):
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), WAD))
        legs = [(desk.call(expiry=2), WAD)]
        desk.move_spot(Decimal(first))
        assert desk.refusal(*legs) == Refusal.STALE
        assert heard(desk.trade(*legs)) == "market: refresh first"
        desk.move_spot(Decimal(last))
        assert heard(desk.trade(*legs)) is None


def test_cache__of_a_book_that_is_flat_again__binds_until_anybody_refreshes():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 1_000 * WAD))
        desk.system.warp(HOUR // 2)  # the stress of the sale is not that of the purchase
        desk.fill((desk.call(), -1_000 * WAD))
        legs = [(desk.call(expiry=2), WAD)]
        desk.move_spot(3_200)
        desk.post()
        assert desk.refusal(*legs) == Refusal.STALE
        desk.system.refresh(None, desk.expiries[0])  # which was never traded
        assert desk.refusal(*legs) == Refusal.STALE
        assert any(desk.system.stress())
        desk.system.refresh(None, desk.expiries[1])
        assert desk.refusal(*legs) == Refusal.PASSES
        assert not any(desk.system.stress())
        assert desk.system.exposures().refreshed_at == 0


def test_surface__as_old_as_allowed__opens_and_a_second_older_only_closes():
    desk = common_desk()
    with desk.kept():
        desk.post()
        posted = desk.system.part("vol_surface").call("slice_of", desk.expiries[1]).timestamp
        last = posted + parameter("SURFACE_MAX_AGE_S").start
        desk.system.warp_to(last - 10)
        desk.move_spot(3_000)
        desk.system.warp_to(last)
        assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES
        desk.system.warp(1)
        assert desk.refusal((desk.call(), WAD)) == Refusal.SURFACE
        assert heard(desk.trade((desk.call(), WAD))) == "market: surface closes only"
        desk.post(1)
        assert heard(desk.trade((desk.call(), WAD))) is None
        # One stale expiry refuses the package.
        assert desk.refusal((desk.call(), WAD), (desk.call(expiry=2), WAD)) == Refusal.SURFACE


def test_surface__with_the_largest_gap__opens_and_beyond_it_only_closes():
    desk = common_desk()
    widest = parameter("MAX_GAP").start
    with desk.kept():
        desk.post(gap=widest)
        assert heard(desk.trade((desk.call(), WAD))) is None
        desk.post(gap=widest + 1)
        assert heard(desk.trade((desk.call(), WAD))) == "market: surface closes only"


def test_gap__that_is_false__only_widens_the_spread():
    desk = common_desk()
    with desk.kept():
        honest = desk.preview((desk.call(), WAD))
        desk.post(gap=WAD // 100)
        false = desk.preview((desk.call(), WAD))
        assert false.half_spread > honest.half_spread
        assert false.rebatable == pytest.approx(honest.rebatable, rel=1e-6)


# Time and pause


def test_pause__of_opening__leaves_closing_open():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), WAD))
        desk.system.pause(None, Pause.DEPOSITS | Pause.HEDGING)
        assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES
        desk.system.pause(None, Pause.OPENING)
        assert desk.refusal((desk.call(), WAD)) == Refusal.PAUSED
        assert heard(desk.trade((desk.call(), WAD))) == "market: opening paused"
        assert heard(desk.trade((desk.call(), -WAD))) is None


def test_expiry__twelve_hours_away__only_closes_and_a_second_earlier_opens():
    desk = common_desk()
    with desk.kept():
        last = desk.expiries[0] - parameter("TRADE_CUTOFF_S").start - 1
        legs = [(desk.call(expiry=0), WAD)]
        desk.system.warp_to(last - 20)
        desk.move_spot(3_000)
        desk.post()
        desk.system.warp_to(last)
        assert desk.refusal(*legs) == Refusal.PASSES
        for late in (1, 2):
            desk.system.warp(1)
            found = desk.preview(*legs)
            assert (Refusal(found.refusal), found.excess) == (Refusal.CUTOFF, late)
        assert heard(desk.trade(*legs)) == "market: too near expiry"
        # The other expiries trade on, but not in one package with it.
        assert desk.refusal((desk.call(), WAD)) == Refusal.PASSES
        assert desk.refusal((desk.call(), WAD), *legs) == Refusal.CUTOFF


def test_expiry__half_an_hour_away__still_closes_and_then_rests():
    desk = common_desk()
    with desk.kept():
        legs = [(desk.call(expiry=0), -WAD)]
        desk.fill((desk.call(expiry=0), 2 * WAD))
        last = desk.expiries[0] - 1_800
        desk.system.warp_to(last - 20)
        desk.move_spot(3_000)
        desk.system.warp_to(last - 1)
        assert heard(desk.trade(*legs)) is None  # at the last second
        found = desk.preview(*legs)
        assert (Refusal(found.refusal), found.excess) == (Refusal.PASSES, 0)
        desk.system.warp(1)
        found = desk.preview(*legs)
        assert (Refusal(found.refusal), found.excess, found.is_closing) == (Refusal.RESTING, 1, True)
        assert heard(desk.trade(*legs)) == "market: expiry rests"


@pytest.mark.parametrize("hurdle", ["paused", "cache", "surface", "cut-off"])
def test_closing_trade__under_any_condition_that_stops_opening__goes_on(hurdle):
    desk = common_desk()
    with desk.kept():
        held = (desk.call(expiry=0), 2 * WAD)
        desk.fill(held)
        if hurdle == "paused":
            desk.system.pause(None, Pause.OPENING)
        elif hurdle == "cache":
            desk.move_spot(3_200)
        elif hurdle == "surface":
            desk.post(gap=parameter("MAX_GAP").start + 1)
        else:
            desk.system.warp_to(desk.expiries[0] - HOUR)
            desk.move_spot(3_000)
        opening, closing = desk.preview((held[0], WAD)), desk.preview((held[0], -WAD))
        assert opening.refusal not in {Refusal.PASSES, Refusal.RESTING}
        assert (Refusal(closing.refusal), closing.is_closing) == (Refusal.PASSES, True)
        # A sale beyond what is held does not close, nor does a package with one leg that opens.
        assert not desk.preview((held[0], -2 * WAD - 1)).is_closing
        assert not desk.preview((held[0], -WAD), (desk.call(2_850.0, expiry=0), WAD)).is_closing
        assert heard(desk.trade((held[0], -2 * WAD))) is None


def test_closing_trade__from_stale_caches__earns_no_rebate():
    desk = common_desk()
    with desk.kept():
        desk.fill((desk.call(), 100 * WAD))
        legs = [(desk.call(), -100 * WAD)]
        fresh = desk.preview(*legs)
        assert fresh.inventory_charge < 0
        desk.move_spot(Decimal("3090.00000001"))
        stale = desk.preview(*legs)
        assert (Refusal(stale.refusal), stale.inventory_charge) == (Refusal.PASSES, 0)
        assert stale.charge < 0
        desk.system.refresh(None, desk.expiries[1])
        assert desk.preview(*legs).inventory_charge < 0


def test_rules__that_refuse_together__are_named_in_their_order():
    desk = common_desk()
    legs = [(desk.call(expiry=0), WAD // 100)]
    with desk.kept():
        assert desk.refusal(*legs) == Refusal.NOTIONAL
        desk.fill((desk.call(expiry=0), WAD))
        desk.move_spot(3_200)
        assert desk.refusal(*legs) == Refusal.STALE
        desk.post(gap=WAD // 10)
        assert desk.refusal(*legs) == Refusal.SURFACE
        desk.system.warp_to(desk.expiries[0] - HOUR)
        desk.move_spot(3_200)
        assert desk.refusal(*legs) == Refusal.CUTOFF
        desk.system.pause(None, Pause.OPENING)
        assert desk.refusal(*legs) == Refusal.PAUSED
        desk.reject_spot()
        assert desk.refusal(*legs) == Refusal.PAUSED  # asked before the reading is
        desk.system.warp_to(desk.expiries[0])
        assert desk.refusal(*legs) == Refusal.RESTING
