"""Every recorded snapshot's surface posted from that of the snapshot before, in the time between the two."""

from __future__ import annotations

import pytest
from support.posting import has_arrived
from support.recorded_surfaces import Walk
from support.vol_surface import CLOSING_ONLY, POINT

from pyvault.market.chain import read_chains
from pyvault.pricing.surface.posting import blend

pytestmark = pytest.mark.shared
FAR_TO_GO = {  # by file the pair of which the default profile is content, among the farthest to go
    "options_btc_2026-01.parquet": 37,
    "options_btc_2026-03.parquet": 6,
    "options_btc_2026-04.parquet": 12,
    "options_btc_2026-06.parquet": 7,
    "options_eth_2026-01.parquet": 37,
    "options_eth_2026-03.parquet": 24,
    "options_eth_2026-04.parquet": 4,
    "options_eth_2026-06.parquet": 11,
}
HEARTBEAT_S = 900  # SURFACE_MAX_AGE_S: a slice that is not posted again only closes
DAYTIME_H = 12.0  # a gap above it leaves the hourly limit time for all that was ever recorded
LITTLE = POINT // 10  # what leaks out of a bucket in 144 s


def assert_stands_where_the_limits_leave_it(walk, leg):
    """At the target; or held by a rule of the contract, behind it by no more than the stated gap."""
    surface, most = walk.surface, walk.surface.value("MAX_GAP")
    for expiry in leg.asked:
        current = surface.read(expiry)
        assert has_arrived(current, leg.target[expiry]) == (expiry not in leg.left)
    for expiry, left in leg.left.items():
        assert leg.hours < DAYTIME_H
        current = surface.read(expiry)
        nearer = blend(current, leg.target[expiry], min(LITTLE / left, 1.0))
        assert surface.refusal({expiry: nearer}) in {"surface: hourly limit", "surface: calendar"}
        assert current.gap >= left
        assert left <= most or surface.status(expiry) == CLOSING_ONLY


@pytest.mark.parametrize("name", FAR_TO_GO)
def test_recorded_surface__from_that_of_the_snapshot_before__is_reached_in_the_time_between(
    shared_data, count, name
):
    chains = list(read_chains(shared_data / "options" / name))
    pairs = len(chains) - 1
    legs = count(1, pairs)
    first = FAR_TO_GO[name] if legs < pairs else 0
    before = chains[first - 1] if first else None  # what the keeper who has come this far leans on
    walk = Walk(chains[first], every=HEARTBEAT_S, before=before)
    for i, chain in enumerate(chains[first + 1 : first + 1 + legs], first):
        leg = walk.go(chain)
        assert_stands_where_the_limits_leave_it(walk, leg)
        assert len(leg.asked) >= 8  # of ten; the others have expired, or less than an hour to live
        assert set(leg.new) | set(leg.asked) <= set(walk.surface.contract.call("expiries"))
        print(f"{name} {i} of {pairs}: {leg.summary()}")  # noqa: T201 - shown with -s
