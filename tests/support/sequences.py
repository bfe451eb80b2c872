"""Market states and random sequences of trades for a `MarketStand`, and what must be true of each deed."""

from __future__ import annotations

import math
from contextlib import contextmanager
from itertools import pairwise
from random import Random

from support.market_stand import COALITION, OTHER, MarketStand, buy, market_stand, refresh

SCALES = (((6, 8), 3_000.0), ((18, 8), 0.01), ((8, 18), 100_000.0))  # decimals, spot
LEAST_NOTIONAL = 55  # quote: MIN_NOTIONAL with room for a move of spot
MOST_NOTIONAL = 1_000_000
KNEE = 10**17  # of utilisation


def stand_of(scale) -> MarketStand:
    """The stand of one scale, one for the session."""
    decimals, spot = scale
    return market_stand(decimals=decimals, spot=spot)


def draw_quantity(random: Random, stand: MarketStand, most: float) -> int:
    """WAD contracts, odd to the wei."""
    notional = math.exp(random.uniform(math.log(LEAST_NOTIONAL), math.log(most)))
    return stand.contracts_worth(notional) + random.randrange(1_000)


def draw_actions(
    random: Random, stand: MarketStand, longest: int, most: float = MOST_NOTIONAL, accounts=COALITION
):
    """Packages of purchases and sales over several series by several accounts, with refreshes between."""
    series = random.sample(stand.series, random.randint(1, 12))  # an account holds no more
    actions = []
    for _ in range(random.randint(1, longest)):
        if random.random() < 0.15:
            actions.append(refresh(random.choice(stand.expiries)))
            continue
        chosen = random.sample(series, min(len(series), random.choice((1, 1, 2, 3, 4))))
        legs = [(each, random.choice((1, 1, -1)) * draw_quantity(random, stand, most)) for each in chosen]
        actions.append(buy(random.choice(accounts), *legs))
    return actions


@contextmanager
def some_state(random: Random, stand: MarketStand):
    """An ordinary market state: somebody else has traded, time has passed, spot has moved."""
    with stand.kept():
        if random.random() < 0.25:
            load(stand)
        for _ in range(random.randrange(3)):
            stand.run(draw_actions(random, stand, 3, most=1_000_000, accounts=(OTHER,)), curious=False)
        stand.system.backend.warp(random.choice((1, random.randrange(1, 600))))
        stand.system.set_spot(stand.spot * random.uniform(0.985, 1.015))
        if random.random() < 0.3:
            stand.system.set_multiplier(random.uniform(1.0, 5.0))
        stand.system.backend.warp(random.choice((1, random.randrange(1, 200))))
        yield stand


@contextmanager
def busy(stand: MarketStand):
    """Utilisation above its knee: the other account has bought most of what the vault may sell."""
    with stand.kept():
        load(stand)
        assert utilisation(stand) > KNEE
        yield stand


def load(stand: MarketStand) -> None:
    """Let the other account buy calls, ever less at a time, until nothing more is sold."""
    calls = [each for each in stand.series if each & 1]
    notional = 4_000_000
    while notional > 100_000:
        actions = [buy(OTHER, (each, stand.contracts_worth(notional))) for each in calls[:12]]
        if not any(deed.is_done for deed in stand.run(actions, curious=False).deeds):
            notional /= 2
    stand.system.mine(1)


def utilisation(stand: MarketStand) -> int:
    return stand.system.part("risk").call("utilisation")


def holdings(stand: MarketStand, account: int):
    """Series that an account holds."""
    return tuple(each.series_id for each in stand.system.positions(account))


def equity(stand: MarketStand) -> int:
    """E, WAD quote."""
    return stand.system.part("vault").call("trading_state").equity


def set_equity_by_spot(stand: MarketStand, wanted: float) -> None:
    """Raise spot, calls being sold, until the mark of equity is next to `wanted` quote."""
    low, high = stand.spot, 6 * stand.spot
    for _ in range(24):
        spot = (low + high) / 2
        with stand.kept():
            remark(stand, spot)
            low, high = (spot, high) if equity(stand) > wanted * 10**18 else (low, spot)
    remark(stand, high)


def remark(stand: MarketStand, spot: float) -> None:
    """A new reading, and every expiry revalued at it."""
    stand.system.set_spot(spot)
    for expiry in stand.expiries:
        stand.system.refresh(None, expiry)
    stand.system.mine(1)


def assert_honest(stand: MarketStand, deed, *, is_paid_at_once: bool = True) -> None:
    """What holds of every trade: it does what its preview said, and is no better than the mid."""
    seen = deed.seen
    assert deed.is_done == (seen.refusal == 0)
    if not deed.is_done:
        assert deed.cash_change == 0
        return
    assert deed.total == seen.total
    assert deed.cash_change == -deed.total or (not is_paid_at_once and deed.cash_change < -deed.total)
    assert deed.total * stand.unit >= seen.mid
    assert seen.inventory_charge >= max(seen.charge, -(9 * seen.rebatable // 10))
    assert seen.half_spread > seen.rebatable


def paid(deeds) -> int:
    """Sum of totals; token units."""
    return sum(deed.total for deed in deeds)


def slices_of(random: Random, quantity: int, least: int) -> list[int]:
    """A quantity in two to five parts of at least `least` each."""
    parts = random.randint(2, 5)
    free = abs(quantity) - parts * least
    assert free >= 0
    cuts = [0, *sorted(random.randrange(free + 1) for _ in range(parts - 1)), free]
    sign = 1 if quantity > 0 else -1
    return [sign * (b - a + least) for a, b in pairwise(cuts)]
