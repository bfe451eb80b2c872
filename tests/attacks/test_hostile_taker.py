"""Takers who know what comes: the next reading, the next post, and the vault's whole inventory.

`docs/market-mathematics.md`, "What a taker can take from a stale spot", says on paper what one deviation of a
stale spot and one largest post are worth to them. One search over packages, blocks and posts on the whole
market and one over round trips on the pricer, whatever the inventory, look for more.
"""

from __future__ import annotations

from random import Random

import pytest
from support import poster as thief
from support import raid as raids
from support import round_trip
from support.market_stand import COALITION, buy, market_stand
from support.raid import ATTACKS, NOTHING, Leg, Plan, Raid, aimed, draw_plan, quiet, ready, turned
from support.sequences import assert_honest, draw_actions, paid
from support.vol_surface import POINT, Slice, shifted

from pyvault.chain.system import SlicePost
from pyvault.errors import ContractError
from pyvault.units import WAD

AGES = (1, 300, 3_600)  # seconds: fresh, usual, at the heartbeat
CALM = 0.3  # volatility at which paper leaves something to two full rebates
STRIKES = (0.91, 0.96, 1.0, 1.04, 1.09)
TILT = ATTACKS.index(thief.tilt)


CALM_STRIKES = (0.965, 1.0, 1.035)


@pytest.fixture
def stand():
    return market_stand(days=(2, 9, 31), strikes=STRIKES)


@pytest.mark.parametrize("age_s", AGES)
def test_search__over_one_deviation_and_the_largest_posts__finds_no_more_than_paper_allows(
    stand, count, age_s
):
    tried = 0
    for seed in range(count(1, 8)):
        random = Random(f"one deviation {age_s} {seed}")
        with ready(stand, random, age_s):
            raid = Raid(stand)
            starts = [draw_plan(random, raid) for _ in range(count(12, 250))]
            for loot in raids.search(raid, random, starts, count(16, 500)):
                assert loot.profit <= loot.figure
                tried += loot is not NOTHING
    assert tried > 20


@pytest.mark.parametrize("age_s", AGES)
def test_search__from_deep_legs_in_a_vault_all_but_empty__finds_no_more_than_paper_allows(
    stand, count, age_s
):
    """Nothing but the half-spread stands between a taker and what a stale spot is worth."""
    best = -1.0
    for seed in range(count(1, 8)):
        random = Random(f"deep legs {age_s} {seed}")
        with quiet(stand, age_s):
            raid = Raid(stand)
            for loot in raids.search(raid, random, aimed(raid), count(20, 500)):
                assert loot.profit <= loot.figure
                best = max(best, loot.rate)
    assert best > -0.002  # of notional: every plan crosses the spread twice, and none paid for inventory


@pytest.mark.parametrize("vol", [CALM, 0.8])
@pytest.mark.parametrize("age_s", AGES)
def test_round_trip__rebated_in_full_at_both_ends__fetches_no_more_than_paper_allows(count, age_s, vol):
    """Whatever the inventory: from deep legs, straddles and wings to what is covered least."""
    closest = -1.0
    for seed in range(count(1, 8)):
        random = Random(f"round trip {age_s} {vol} {seed}")
        starts = [trip for hours in round_trip.HOURS for trip in round_trip.aimed(vol, age_s, hours)]
        starts += [round_trip.drawn(random, vol, age_s) for _ in range(count(40, 400))]
        for loot in round_trip.search(random, starts, count(60, 600)):
            assert loot.profit <= loot.figure
            closest = max(closest, loot.excess)
    assert closest > -0.0003  # of notional: the search comes near


@pytest.mark.parametrize("age_s", AGES)
def test_round_trip__at_low_volatility_while_others_turn_the_vault__profits_no_more_than_paper_says(age_s):
    """The largest step of the forward is worth more to it than latency costs: see the page."""
    with turned(market_stand(days=(2, 9, 31), strikes=CALM_STRIKES, vol=CALM), age_s) as raid:
        posts = (raids.FOR_CALLS, None, None)
        loot = raid.loot(Plan((leg(0, raid.stand.contracts_worth(12_000)),), 1, posts, 1))
        assert 0 < loot.profit <= loot.figure
        assert loot.rate < 0.0002  # of notional


def test_search__over_three_deviations__finds_a_profit_and_no_more_than_paper_allows(stand, count):
    """What three deviations are worth is not covered: the search must see it, or it sees nothing."""
    best = 0.0
    for seed in range(count(1, 8)):
        random = Random(f"three deviations {seed}")
        with ready(stand, random, 3_600):
            raid = Raid(stand, 3.0)
            starts = [draw_plan(random, raid) for _ in range(count(20, 250))]
            for loot in raids.search(raid, random, starts, count(40, 500)):
                assert loot.profit <= loot.figure
                best = max(best, loot.profit)
    assert best > 0


@pytest.mark.parametrize("sign", [1, -1])
def test_spread__across_strikes_before_the_largest_tilt__takes_no_more_than_paper_allows(stand, count, sign):
    random, best = Random(f"tilt {sign}"), -1.0
    with ready(stand, random, 1):
        raid = Raid(stand, 0.0)
        for _ in range(count(12, 600)):
            expiry = random.choice(stand.expiries)
            mine = [i for i, each in enumerate(raid.held) if each >> 65 == expiry]
            if len(mine) < 2:
                continue
            near, far = random.sample(mine, 2)
            size = stand.contracts_worth(10_000)
            legs = (leg(near, sign * size), leg(far, -sign * size))
            posts = [
                (TILT, float(random.randrange(4))) if each == expiry else None for each in stand.expiries
            ]
            loot = raid.loot(Plan(legs=legs, direction=1, posts=tuple(posts), wait_s=1))
            assert loot.profit <= loot.figure
            best = max(best, loot.rate)
    assert best > -0.01  # of notional: the plans were carried out


def leg(series, quantity):
    return Leg(series=series, quantity=quantity, account=COALITION[0], is_late=False)


def test_two_posts__in_one_block__are_refused_and_the_first_moves_no_mid_before_the_next(stand):
    surface = stand.system.part("vol_surface")
    expiry, series = stand.expiries[1], stand.series[14]
    with stand.kept():
        stand.post(*stand.slices.values())
        before = Slice(*surface.call("slice_of", expiry))
        lifted = shifted(before, 0.9 * 0.5)
        stand.system.post_surface([posted(expiry, lifted)])
        arguments = (surface.call("sequence") + 1, stand.system.now, [posted(expiry, before).as_tuple()])
        with pytest.raises(ContractError, match="surface: posted in this block"):
            surface.call("post", *arguments, sender=stand.system.config.keeper)
        assert Slice(*surface.call("slice_of", expiry)) == before
        random = Random("the block of a post")
        for _ in range(5):  # a call runs in the newest block
            story = stand.try_out(draw_actions(random, stand, 4))
            for deed in story.deeds:
                assert_honest(stand, deed)
            assert paid(story.deeds) > 0 or not any(deed.is_done for deed in story.deeds)
        quoted = stand.system.quote(series, WAD).mid
        stand.system.mine(1)
        assert stand.system.quote(series, WAD).mid > quoted
        assert surface.call("slice_of", expiry).a - before.a > POINT // 10


def posted(expiry, curve):
    a, b, rho, m, sigma, carry, gap = curve[:7]
    return SlicePost(expiry=expiry, a=a, b=b, rho=rho, m=m, sigma=sigma, carry=carry, gap=gap)


def test_counter_flow__that_the_coalition_made_itself__costs_it_more_than_it_gets_back(stand, count):
    """One account loads the vault, the other is rebated for relieving it: together they pay."""
    random, rebated = Random("own counter-flow"), 0
    for _ in range(count(10, 1_000)):
        with_calls = [each for each in stand.series if each & 1]
        series = random.choice(with_calls[2:-2])
        size = stand.contracts_worth(random.uniform(10_000, 2_000_000))
        story = stand.try_out(
            [buy(1, (series, size)), buy(2, (series, size // 3)), buy(2, (series, -size // 3))], package=1
        )
        rebated += sum(deed.is_done and deed.seen.inventory_charge < 0 for deed in story.deeds)
        assert paid(story.deeds) > 0 or not any(deed.is_done for deed in story.deeds)
        assert sum(deed.seen.inventory_charge for deed in story.deeds) >= 0
    assert rebated > 10
