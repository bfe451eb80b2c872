"""What anybody may carry out in the middle of a block pays nobody."""

import pytest
from support.desk import heard, stand_desk
from support.market_stand import FUNDER

from pyvault.units import WAD

SIX_TIMES = 18_000.0  # a put so deep in the money is worth its discounted strike


@pytest.mark.parametrize(("rate", "new"), [("0.1", "0.08"), ("0", "0.01")])
def test_interest_rate__carried_out_between_two_trades__pays_nobody(rate, new):
    desk = stand_desk(strikes=(1.0, 4.0, 6.0), days=(360,), skew=0.0, parameters=(("INTEREST_RATE", rate),))
    system, leg = desk.system, (desk.put(SIX_TIMES, expiry=0), 600 * WAD)
    if rate < new:  # a rise pays who holds puts already
        desk.fill(leg)
    system.schedule(None, "INTEREST_RATE", new)
    system.warp(48 * 3_600 + 1)
    desk.move_spot(3_000)
    desk.post(0)
    if rate < new:
        system.refresh(None, desk.expiries[0])
    before, mid = system.cash(desk.account), system.quote(*leg).mid
    first, second = (leg, (leg[0], -leg[1])) if rate > new else ((leg[0], -leg[1]), leg)
    assert heard(desk.trade(first)) is None
    system.execute(FUNDER, "INTEREST_RATE")  # anyone
    assert heard(desk.trade(second)) is None
    assert system.cash(desk.account) <= before
    assert abs(system.quote(*leg).mid - mid) < WAD // 1_000


def test_rate_of_an_expiry__is_that_of_its_listing_and_discounts_its_premiums():
    desk = stand_desk(strikes=(1.0, 6.0), days=(360,), skew=0.0, parameters=(("INTEREST_RATE", "0.1"),))
    assert desk.system.part("market").call("interest_rate", desk.expiries[0]) == WAD // 10
    intrinsic = SIX_TIMES - 3_000.0
    assert (
        0.89 * intrinsic < desk.system.quote(desk.put(SIX_TIMES, expiry=0), WAD).mid / WAD < 0.92 * intrinsic
    )
