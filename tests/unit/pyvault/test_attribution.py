"""The vault's earnings by what earned them, on runs of the suite, read back from its events."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import support.market_stand
from support.market_stand import FUNDER, VOL, stand_market

from pyvault.chain.revm import RevmBackend
from pyvault.errors import InputError
from pyvault.risk.attribution import PARTS, attribute, by_epoch, joined
from pyvault.units import WAD

HOUR, DAY = 3_600, 86_400
GRAIN = 100  # wei a mark that the contracts' divisions may drop
CALL, PUT = 14, 15  # of the second expiry, at the money


class Recorder(RevmBackend):
    """Keeps what every transaction logged, with its time."""

    def __init__(self):
        super().__init__()
        self.receipts = []

    def transact(self, *arguments, **named):
        receipt = super().transact(*arguments, **named)
        self.receipts.append((self.now, receipt))
        return receipt


class Desk:
    """A recorded market and one taker."""

    def __init__(self, monkeypatch, **choices):
        monkeypatch.setattr(support.market_stand, "RevmBackend", Recorder)
        self.stand = stand_market(**choices)
        self.system = self.stand.system
        self.system.fund(FUNDER, "quote_token", 10**6 * self.system_unit)
        self.system.add_collateral(FUNDER, "quote_token", 10**6 * self.system_unit)

    @property
    def system_unit(self):
        return 10**self.system.config.quote_decimals

    def mark(self, *expiries):
        for expiry in expiries or self.stand.expiries:
            self.system.refresh(None, expiry)

    def periods(self):
        happenings = [
            (time, event)
            for time, receipt in self.system.backend.receipts
            for event in self.system.happenings(receipt)
        ]
        return attribute(happenings, token_unit=self.stand.unit)


@pytest.fixture
def desk(monkeypatch):
    return Desk(monkeypatch)


def checked(desk):
    """The last period, once all of them add up to the wei and leave nothing but grains."""
    periods = desk.periods()
    for each in periods:
        assert each.change == sum(getattr(each, part) for part in PARTS)
        assert abs(each.rounding) <= GRAIN
    assert sum(each.change for each in periods) == desk.system.nav().net_assets
    return periods[-1]


def sized(period, *parts):
    return [getattr(period, part) / WAD for part in parts]


def test_period__of_deposits_alone__is_capital_and_no_profit(desk):
    desk.mark()
    first = desk.periods()[0]
    assert (first.change, first.capital, first.profit) == (10**7 * WAD, 10**7 * WAD, 0)


def test_trade__before_anything_moves__earns_what_was_charged_over_mid(desk):
    desk.mark()
    before = desk.system.buckets()
    with desk.stand.kept():
        desk.system.mine(1)
        quote = desk.system.quote(desk.stand.series[CALL], 20.0)
    desk.system.buy(FUNDER, desk.stand.series[CALL], 20.0)
    desk.mark(desk.stand.expiries[1])
    after, period = desk.system.buckets(), checked(desk)
    shared = after.insurance + after.protocol_fees - before.insurance - before.protocol_fees
    assert shared > 0
    assert period.inventory == quote.inventory_charge > 0
    over = quote.total * desk.stand.unit - 20 * quote.mid - quote.inventory_charge
    assert period.spread == over - shared * desk.stand.unit > 0
    assert sized(period, "delta", "gamma", "settlement", "capital") == [0, 0, 0, 0]
    assert abs(period.profit - period.spread - period.inventory) < WAD // 10


def test_move_of_spot__under_a_level_smile__is_delta_and_gamma_but_for_a_hundredth(monkeypatch):
    desk = Desk(monkeypatch, skew=0.0)
    desk.system.buy(FUNDER, desk.stand.series[CALL], 20.0)
    desk.mark()
    exposure = desk.system.exposures()
    desk.system.set_spot(3_060)
    desk.mark()
    period = joined(desk.periods()[-3:])
    checked(desk)
    assert period.delta / WAD == pytest.approx(exposure.dollar_delta / WAD * 0.02, rel=1e-9)
    assert period.gamma / WAD == pytest.approx(exposure.dollar_gamma / WAD * 0.02**2 / 2, rel=1e-9)
    assert period.delta < 0 > period.gamma
    assert abs(period.other) < abs(period.profit) // 100


def test_another_expiry_s_mark__already_counts_the_move_and_no_part_twice(desk):
    first, second, _ = desk.stand.expiries
    desk.system.buy(FUNDER, desk.stand.series[CALL], 20.0)
    desk.system.buy(FUNDER, desk.stand.series[CALL - 10], 5.0)
    desk.mark()
    dollar_delta = desk.system.exposures().dollar_delta
    desk.system.set_spot(3_060)
    desk.mark(first)
    moved = checked(desk)
    assert moved.delta / WAD == pytest.approx(dollar_delta / WAD * 0.02, rel=1e-9)
    desk.mark(second)
    assert sized(checked(desk), "delta", "gamma") == [0, 0]


def test_time__earns_the_theta_of_what_was_sold(desk):
    desk.system.buy(FUNDER, desk.stand.series[CALL], 20.0)
    desk.system.buy(FUNDER, desk.stand.series[PUT], 20.0)
    desk.mark()
    desk.system.warp(6 * HOUR)
    desk.system.set_spot(3_000)
    desk.mark()
    period = joined(desk.periods()[-3:])
    checked(desk)
    assert period.theta > 0
    assert sized(period, "delta", "gamma", "vega") == [0, 0, 0]
    assert abs(period.other) < abs(period.theta) // 20


def test_post__that_raises_volatility__costs_the_vega_that_was_sold(desk):
    desk.system.buy(FUNDER, desk.stand.series[CALL], 20.0)
    desk.system.buy(FUNDER, desk.stand.series[PUT], 20.0)
    desk.mark()
    second = desk.stand.expiries[1]
    posted = desk.stand.slices[second]
    desk.stand.post(replace(posted, a=posted.a + WAD // 500))  # an eighth of a point
    desk.mark(second)
    period = checked(desk)
    assert period.vega < 0
    assert abs(period.other) < abs(period.vega) // 20


@pytest.mark.parametrize("decimals", [(6, 18), (18, 18), (8, 18)])
def test_expiry__that_settles__is_its_payoff_less_its_last_value(monkeypatch, decimals):
    desk = Desk(monkeypatch, decimals=decimals)
    first, system = desk.stand.expiries[0], desk.system
    system.buy(FUNDER, desk.stand.series[4], 7.0)
    desk.mark()
    value = system.exposures(first).value
    system.warp_to(first - 2_700)
    while system.now <= first:
        system.set_spot(3_100)
        system.warp(300)
    system.set_spot(3_100)
    assert system.fix_expiry(None, first) == 3_100 * WAD
    system.settle_expiry(None, first)
    period = checked(desk)
    assert period.settlement == -7 * 100 * WAD - value - period.delta - period.gamma
    assert period.profit == period.settlement + period.delta + period.gamma + period.rounding
    system.settle_account(None, system.account_of(FUNDER), first)
    desk.mark(desk.stand.expiries[1])
    assert abs(checked(desk).settlement) < desk.stand.unit


def test_busy_hour__under_a_level_smile__adds_up_to_the_wei_and_is_explained(monkeypatch):
    desk = Desk(monkeypatch, skew=0.0)
    system, series = desk.system, desk.stand.series
    for step, spot in enumerate((3_010, 2_980, 3_050, 3_020, 2_990)):
        system.warp(600)
        system.set_spot(spot)
        desk.stand.post(*desk.stand.slices.values())
        system.buy(FUNDER, series[CALL], 10.0)
        system.trade_many(FUNDER, [(series[CALL + 10], 4.0), (series[PUT + 10], 4.0)])
        if step % 2:
            system.sell(FUNDER, series[CALL], 7.0)
            system.provide(10_000 * desk.system_unit)
            system.withdraw(3_000 * desk.system_unit)
        desk.mark()
    checked(desk)
    whole = joined(desk.periods()[1:])
    assert whole.capital == 2 * 7_000 * WAD
    assert whole.spread > 0
    assert abs(whole.other) < whole.spread // 20
    assert by_epoch(desk.periods(), length_s=10**9) == (joined(desk.periods()),)
    hours = by_epoch(desk.periods(), length_s=600)
    assert sum(each.change for each in hours) == system.nav().net_assets
    assert len(hours) > 2


def test_attribute__without_a_unit_or_periods__is_refused():
    with pytest.raises(InputError, match="token_unit"):
        attribute([], token_unit=0)
    with pytest.raises(InputError, match="periods"):
        joined([])


def test_event__of_another_kind__is_passed_over():
    stranger = SimpleNamespace(name="Transfer", fields=())
    assert attribute([(1, stranger)], token_unit=1) == ()


def test_expiry_that_rests__decays_no_further_once_it_has_passed(monkeypatch):
    desk = Desk(monkeypatch, skew=0.0)
    end = desk.stand.expiries[0]
    desk.system.buy(FUNDER, desk.stand.series[CALL - 10], 20.0)
    desk.system.warp_to(end - 2_000)
    desk.system.set_spot(3_000)
    desk.mark(end)
    exposure = desk.system.exposures(end)
    valued_at = exposure.refreshed_at
    desk.system.warp_to(end + 7_200)
    desk.system.set_spot(3_000)
    desk.mark(end)
    variance = VOL**2 * (end - valued_at) / (365 * DAY)
    assert checked(desk).theta / WAD == pytest.approx(-exposure.dollar_gamma / WAD * variance / 2, rel=1e-6)
