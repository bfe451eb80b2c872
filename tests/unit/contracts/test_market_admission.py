"""Every limit of size tripped and just inside: the last unit that passes, the first that does not, excess."""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.desk import CASH, QUOTE, TRADER, common_desk, heard, stand_desk
from support.vault import storage_of

from pyvault.chain.parameters import parameter
from pyvault.chain.system.trading import Refusal
from pyvault.units import WAD

EQUITY = 10**7 * WAD
CAPS = [  # rule, its parameter, a value at which it is the first that refuses calls, its reason
    (Refusal.STRESS, "STRESS_SHARE", "0.25", "market: stress limit"),
    (Refusal.VEGA, "VEGA_CAP", "0.01", "market: vega cap"),
    (Refusal.GAMMA, "GAMMA_CAP", "1", "market: gamma cap"),
    (Refusal.DELTA, "DELTA_CAP", "0.1", "market: delta cap"),
    (Refusal.POSITION, "SERIES_CAP", "0.1", "market: position cap"),
]
LANE = 10**14  # WAD in a unit of a stress lane


# Caps


@pytest.mark.parametrize(("rule", "name", "share", "_"), CAPS)
def test_cap__as_a_share_of_equity__admits_its_last_unit_and_tells_the_excess_of_the_next(
    rule, name, share, _
):
    desk = common_desk((name, share))

    def legs(quantity):
        return [(desk.call(), quantity)]

    last = desk.last_admitted(legs, 5_000 * WAD)
    first = desk.preview(*legs(last + 1))
    assert Refusal(first.refusal) == rule
    assert 0 < first.excess <= max(LANE, 3_000)  # a lane, or what one wei of a contract adds
    # Exposures are linear in the quantity, so two excesses tell the limit.
    some, more = (desk.preview(*legs(n * last // 100)) for n in (105, 126))
    assert {some.refusal, more.refusal} == {rule}
    limit = Decimal(share) * EQUITY  # 5 (6/5 x - limit) - 6 (x - limit)
    assert abs(5 * more.excess - 6 * some.excess - limit) <= 12 * max(LANE, 3_000)


@pytest.mark.parametrize(("_", "name", "share", "reason"), CAPS)
def test_trade__around_a_cap__is_done_or_refused_with_its_reason(_, name, share, reason):
    desk = common_desk((name, share))
    last = desk.last_admitted(lambda n: [(desk.call(), n)], 5_000 * WAD)
    with desk.kept():  # a second later: the cap has moved by some millionths
        assert heard(desk.trade((desk.call(), last * 100_001 // 100_000))) == reason
        assert heard(desk.trade((desk.call(), last * 99_999 // 100_000))) is None


def test_cap__beyond_which_the_vault_is__leaves_the_side_that_lowers_its_risk_open():
    desk = common_desk()
    with desk.kept():
        last = desk.last_admitted(lambda n: [(desk.call(), n)], 5_000 * WAD)
        desk.fill((desk.call(), last * 999 // 1_000))
        desk.move_spot(3_080)
        desk.system.refresh(None, desk.expiries[1])
        more, less = desk.preview((desk.call(), WAD)), desk.preview((desk.put(3_300.0), WAD))
        assert (Refusal(more.refusal), more.is_risk_reducing) == (Refusal.STRESS, False)
        assert (Refusal(less.refusal), less.is_risk_reducing) == (Refusal.PASSES, True)
        assert not less.is_closing
        assert heard(desk.trade((desk.call(), WAD))) == "market: stress limit"
        assert heard(desk.trade((desk.put(3_300.0), WAD))) is None


# Sizes


def test_equity__of_a_hundred_least_budgets__opens_and_one_unit_less_does_not():
    desk = stand_desk(equity=9_999)
    desk.system.provide(QUOTE - 1)
    legs = [(desk.call(), WAD // 20)]
    poor = desk.preview(*legs)
    assert (Refusal(poor.refusal), poor.excess) == (Refusal.EQUITY, WAD // QUOTE)
    assert heard(desk.trade(*legs)) == "market: too little equity"
    desk.system.provide(1)
    assert heard(desk.trade(*legs)) is None


@pytest.mark.parametrize("sign", [1, -1])
def test_notional__of_fifty__is_the_least_that_opens_in_every_leg(sign):
    desk = common_desk()
    least = -(-50 * WAD // 3_000)
    with desk.kept():
        desk.fill((desk.put(), WAD))
        for beside in ([], [(desk.put(), -WAD // 2)]):
            small = desk.preview((desk.call(), least - 1), *beside)
            assert Refusal(small.refusal) == Refusal.NOTIONAL
            assert small.excess == 50 * WAD - (least - 1) * 3_000
            assert desk.refusal((desk.call(), least), *beside) == Refusal.PASSES
        beside = [(desk.call(), WAD), (desk.put(), sign * (least - 1))]
        assert desk.refusal(*beside) == Refusal.NOTIONAL
        assert heard(desk.trade((desk.call(), least - 1))) == "market: too small"
        assert heard(desk.trade((desk.call(), least))) is None


@pytest.mark.parametrize(("strike", "far", "near"), [(3_300, 1_800, 3_000), (2_700, 6_000, 3_000)])
def test_delta__from_three_to_ninety_seven_hundredths__opens(strike, far, near):
    desk = common_desk()
    least = parameter("MIN_DELTA").start

    def refusal(price):
        with desk.kept():
            desk.move_spot(price)
            return desk.refusal((desk.call(strike), WAD))

    far, near = Decimal(far), Decimal(near)
    while abs(far - near) > Decimal("0.00001"):
        middle = (far + near) / 2
        passes = refusal(middle) == Refusal.PASSES
        far, near = (far, middle) if passes else (middle, near)
    with desk.kept():
        desk.move_spot(far)
        for series in (desk.call(strike), desk.put(strike)):
            outside = desk.preview((series, WAD))
            assert Refusal(outside.refusal) == Refusal.DELTA_RANGE
            assert 0 < outside.excess < 10**11  # a hundred-thousandth of spot moves delta by 1e-8
            expected = desk.unit(desk.system.spot()[0], strike).probability
            assert least - outside.excess == min(expected, WAD - expected)
        assert heard(desk.trade((desk.call(strike), WAD))) == "market: delta out of range"
        desk.move_spot(near + (near - far) * 5_000)  # time has moved it, too
        assert heard(desk.trade((desk.call(strike), WAD))) is None


def test_cash__beyond_the_buffer__is_what_an_opening_trade_must_leave():
    """Half of the vault is underlying, which only hedges will buy: its cash is less than the buffer."""
    desk = stand_desk(equity=2_500_000, parameters=(("CASH_BUFFER", "0.3"),))
    slot = storage_of("contracts/LiquidityVault.vy")["custody"]["_underlying"]["slot"]
    vault = desk.system.part("vault")
    evm = desk.system.backend._evm  # noqa: SLF001 - nothing buys underlying yet
    evm.insert_account_storage(vault.address, slot, 2_500 * WAD)
    desk.system.refresh(None, desk.expiries[1])
    legs = [(desk.call(), WAD)]
    poor = desk.preview(*legs)
    assert Refusal(poor.refusal) == Refusal.CASH
    missing = 500_000 * WAD - poor.excess  # what the trade itself brings
    assert 0 <= poor.total * 10**12 - missing < 10**12
    assert heard(desk.trade(*legs)) == "market: cash buffer"
    # A deposit of x raises cash by x and the buffer by 3 x/10.
    desk.system.provide(poor.excess // 10**12 * 10 // 7 - QUOTE)
    assert desk.refusal(*legs) == Refusal.CASH
    desk.system.provide(QUOTE + 1)
    assert heard(desk.trade(*legs)) is None


def test_account__that_cannot_pay__is_told_what_it_lacks():
    desk = common_desk()
    with desk.kept():
        legs = [(desk.call(), WAD)]
        total = desk.preview(*legs).total
        desk.system.remove_collateral(
            TRADER,
            "quote_token",
            CASH * QUOTE - total + 1,
            account=desk.account,
        )
        found = desk.preview(*legs)
        assert Refusal(found.refusal) == Refusal.PAYMENT
        assert found.excess == -found.cash_after == found.total - found.cash_before > 0
        assert heard(desk.trade(*legs)) == "margin: not enough cash"
