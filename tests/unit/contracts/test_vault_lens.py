"""The page of the whole market and those of its accounts: what the owners of each number say, always."""

from __future__ import annotations

import re
from dataclasses import asdict

import pytest
from support.market_stand import DAY, FUNDER, market_stand, stand_market

from pyvault.chain.artifacts import load
from pyvault.chain.contract import deploy
from pyvault.chain.parameters import Pause
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import SpotStatus, SurfaceStatus, System, SystemConfig
from pyvault.errors import ContractError, InputError
from pyvault.units import WAD


@pytest.fixture
def stand():
    found = market_stand()
    with found.kept():
        yield found


@pytest.fixture
def traded(stand):
    """One taker is long calls of the second expiry, refreshed at another spot, and puts of the first."""
    system = stand.system
    system.fund(FUNDER, "quote_token", 10**12)
    system.add_collateral(FUNDER, "quote_token", 10**12)
    system.buy(FUNDER, stand.series[14], 20.0)
    system.buy(FUNDER, stand.series[5], 7.0)
    system.set_spot(3_040)
    system.refresh(None, stand.expiries[1])
    system.set_multiplier(1.5)
    return stand


def refused(reason):
    return pytest.raises(ContractError, match=f": {re.escape(reason)}$")


def test_page__of_a_traded_market__holds_what_each_contract_says(traded):
    system = traded.system
    page = system.snapshot_market()
    assert page.timestamp == system.now
    assert page.version == system.part("parameters").call("version")
    assert (page.spot.price, page.spot.status) == (3_040 * WAD, SpotStatus.ACCEPTED) == system.spot()
    last = system.part("spot_oracle").call("last_accepted")
    assert (page.spot.last_price, page.spot.last_updated_at, page.spot.last_seen_at) == last
    surface = system.part("vol_surface")
    assert [page.reference_vol, page.sequence, page.posted_at] == [
        surface.call(name) for name in ("reference_vol", "sequence", "timestamp")
    ]
    engine = system.part("engine")
    assert (page.accounts, page.trader_cash) == (engine.call("account_count"), engine.call("total_cash"))


def test_page__of_a_traded_market__holds_the_risk_of_the_book(traded):
    system = traded.system
    risk = system.snapshot_market().risk
    assert asdict(risk.exposure) == system.exposures()._asdict()
    assert risk.exposure.value < 0 < risk.worst_loss
    assert risk.stress == system.stress()
    assert (risk.worst_loss, risk.loss_limit) == system.part("market").call("worst_loss")
    assert risk.worst_loss == max(risk.stress)
    assert risk.utilisation == system.part("risk").call("utilisation")
    assert risk.multiplier == 15 * WAD // 10


def test_page__of_a_traded_market__holds_the_vault(traded):
    system, vault = traded.system, traded.system.part("vault")
    row = asdict(system.snapshot_market().vault)
    for struct in (system.buckets(), system.nav(), vault.call("trading_state")):
        assert struct._asdict().items() <= row.items()
    assert row["equity"] == row["net_assets"] - row["exit_cost"] - row["provision"]
    assert (row["unfunded"], row["open_debts"]) == (0, 0)
    assert row["exit_cost"] > 0


def test_page__of_a_traded_market__holds_every_expiry_and_strike(traded):
    system, page = traded.system, traded.system.snapshot_market()
    assert tuple(row.expiry for row in page.expiries) == traded.expiries
    for row in page.expiries:
        assert row.status is system.surface_status(row.expiry) is SurfaceStatus.OPEN
        assert tuple(asdict(row.slice).values()) == system.part("vol_surface").call("slice_of", row.expiry)
        assert page.surface_age_s(row.expiry) == page.timestamp - row.slice.timestamp > 0
        assert asdict(row.exposure) == system.exposures(row.expiry)._asdict()
        assert len(row.strikes) == 5
    sold = {(row.expiry, each.strike): each for row in page.expiries for each in row.strikes}
    call, put = sold[traded.expiries[1], 3_000 * WAD], sold[traded.expiries[0], 3_000 * WAD]
    assert (call.call, call.call_longs, call.put, call.put_longs) == (-20 * WAD, 20 * WAD, 0, 0)
    assert (put.call, put.call_longs, put.put, put.put_longs) == (0, 0, -7 * WAD, 7 * WAD)
    others = [each for each in sold.values() if each not in (call, put)]
    assert {(each.call, each.call_longs, each.put, each.put_longs) for each in others} == {(0, 0, 0, 0)}


def test_page__when_things_are_paused__says_which(stand):
    assert stand.system.snapshot_market().paused == 0
    stand.system.pause(None, Pause.OPENING | Pause.POSTS)
    assert stand.system.snapshot_market().paused == Pause.OPENING | Pause.POSTS


def test_page__after_a_rejected_reading__values_the_book_at_the_last_accepted_spot(traded):
    before = traded.system.snapshot_market()
    traded.system.warp(2 * DAY)
    page = traded.system.snapshot_market()
    assert (page.spot.price, page.spot.status) == (0, SpotStatus.STALE)
    assert page.spot.last_price == 3_040 * WAD
    assert page.risk == before.risk
    assert {row.status for row in page.expiries} == {SurfaceStatus.CLOSING_ONLY}
    assert [row.exposure for row in page.expiries] == [row.exposure for row in before.expiries]


def test_page__of_an_expiry_that_waits_for_its_fixing__has_no_slice_but_the_positions(traded):
    first = traded.expiries[0]
    traded.system.warp_to(first)
    row = traded.system.snapshot_market().expiry(first)
    assert (row.status, row.slice) == (SurfaceStatus.ABSENT, None)
    assert traded.system.snapshot_market().surface_age_s(first) is None
    assert [each.put for each in row.strikes] == [0, 0, -7 * WAD, 0, 0]


def test_page__before_the_first_spot_and_surface__is_there_with_nothing_on_it():
    page = System.deploy(RevmBackend(), SystemConfig(spot=None)).snapshot_market()
    assert not page.has_spot
    assert (page.spot.price, page.spot.last_price, page.reference_vol, page.sequence) == (0, 0, 0, 0)
    assert set(asdict(page.risk.exposure).values()) == {0}
    assert (page.risk.stress, page.risk.worst_loss, page.risk.loss_limit) == ((0,) * 16, 0, 0)
    assert (page.expiries, page.accounts, page.vault.equity) == ((), 0, 0)


def test_page__with_an_accepted_reading_that_nobody_stored__has_a_spot():
    page = System.deploy(RevmBackend()).snapshot_market()
    assert (page.has_spot, page.spot.price, page.spot.last_price) == (True, 3_000 * WAD, 0)


def test_page__of_the_largest_market__fits_a_node_s_call():
    """Ten expiries of twenty strikes; nodes give a call 25 to 50 million gas."""
    strikes = tuple(0.9 + 0.01 * each for each in range(20))
    system = stand_market(days=tuple(range(8, 58, 5)), strikes=strikes).system
    receipt = system.part("lens").transact("page", sender=FUNDER)
    assert receipt.status
    assert receipt.gas_used < 12_000_000
    page = system.snapshot_market()
    assert [len(row.strikes) for row in page.expiries] == [20] * 10


def test_expiry__that_is_not_live__is_refused_by_name(stand):
    with pytest.raises(InputError, match="expiry"):
        stand.system.snapshot_market().expiry(stand.expiries[0] + 1)


# Accounts


def test_accounts__of_a_traded_market__are_as_the_engine_holds_them(traded):
    system = traded.system
    rows = list(system.account_rows())
    engine = system.part("engine")
    ids = range(1, engine.call("account_count") + 1)
    assert [row.account for row in rows] == list(ids)
    assert [row.owner for row in rows] == [engine.call("owner_of", each) for each in ids]
    assert [row.cash for row in rows] == [system.cash(each) for each in ids]
    held = {row.account: row.positions for row in rows if row.positions}
    assert held == {system.account_of(FUNDER): {traded.series[14]: 20 * WAD, traded.series[5]: 7 * WAD}}


def test_accounts__of_more_than_a_page__follow_one_another(stand):
    system = stand.system
    for _ in range(101 - system.part("engine").call("account_count")):
        system.open_account(FUNDER)
    assert [row.account for row in system.account_rows()] == list(range(1, 102))
    lens = system.part("lens")
    assert len(lens.call("accounts", 1, 100)) == 100
    assert [row.account for row in lens.call("accounts", 2, 100)] == list(range(2, 102))
    assert [row.account for row in lens.call("accounts", 100, 100)] == [100, 101]
    assert [row.account for row in lens.call("accounts", 7, 2)] == [7, 8]
    assert lens.call("accounts", 1, 0) == lens.call("accounts", 102, 100) == ()
    assert lens.call("accounts", 2**256 - 1, 100) == ()


def test_accounts__of_more_than_a_hundred_or_from_zero__are_refused(stand):
    lens = stand.system.part("lens")
    with refused("lens: too many accounts"):
        lens.call("accounts", 1, 101)
    with refused("lens: ids count from 1"):
        lens.call("accounts", 0, 100)


def test_constructor__without_a_market__reverts():
    with refused("lens: no market"):
        deploy(RevmBackend(), load("VaultLens"), ("0x" + "11" * 20,))


def test_lens__of_the_suite__reads_its_market(stand):
    assert stand.system.part("lens").call("market") == stand.system.part("market").address
