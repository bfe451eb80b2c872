"""The feed of a local chain: rounds, phases, who writes."""

from __future__ import annotations

import pytest
from support.evm import Reverted
from support.oracle import OWNER, STRANGER, Clock, Deployed

NOW = 1_700_000_000
ID = 1 << 64


@pytest.fixture
def feed():
    return Deployed(Clock(NOW), "contracts/devnet/DevnetFeed.vy", 8, "WETH / USDC")


def refuses(reason):
    return pytest.raises(Reverted, match=f"^{reason}$")


def test_feed__as_deployed__has_its_decimals_and_no_round(feed):
    assert (feed.decimals(), feed.description(), feed.version()) == (8, "WETH / USDC", 4)
    assert (feed.phase_id(), feed.latest_round(), feed.owner()) == (1, 0, OWNER)
    for read in (feed.latestRoundData, lambda: feed.getRoundData(ID + 1)):
        with refuses("feed: no data present"):
            read()


@pytest.mark.parametrize("decimals", [0, 18])
def test_constructor__within_18_decimals__keeps_them(decimals):
    assert Deployed(Clock(), "contracts/devnet/DevnetFeed.vy", decimals, "").decimals() == decimals


def test_constructor__with_19_decimals__reverts():
    with refuses("feed: too many decimals"):
        Deployed(Clock(), "contracts/devnet/DevnetFeed.vy", 19, "")


def test_push_answer__twice__counts_rounds_and_keeps_the_first(feed):
    assert feed.push_answer(7, caller=OWNER) == ID + 1
    names = [name for name, _ in feed.logs()]
    assert names == ["RoundSet", "AnswerUpdated"]
    feed.clock.at(NOW + 5)
    assert feed.push_answer(-9, caller=OWNER) == ID + 2
    expected = {"previous": 7, "current": -9, "round_id": ID + 2, "updated_at": NOW + 5}
    assert feed.logs()[1] == ("AnswerUpdated", expected)
    assert feed.latestRoundData() == (ID + 2, -9, NOW + 5, NOW + 5, ID + 2)
    assert feed.getRoundData(ID + 1) == (ID + 1, 7, NOW, NOW, ID + 1)
    with refuses("feed: no data present"):
        feed.getRoundData(ID + 3)


def test_open_phase__keeps_the_latest_round_until_the_new_phase_has_one(feed):
    feed.push_answer(7, caller=OWNER)
    assert feed.open_phase(caller=OWNER) == 2
    assert feed.logs() == [("PhaseOpened", {"previous": 1, "current": 2})]
    assert feed.latestRoundData()[0] == ID + 1
    assert feed.push_answer(8, caller=OWNER) == 2 * ID + 1
    assert feed.push_answer(9, caller=OWNER) == 2 * ID + 2
    assert feed.latestRoundData()[:2] == (2 * ID + 2, 9)


def test_set_rounds__writes_past_rounds_as_they_are(feed):
    feed.push_answer(7, caller=OWNER)
    past = (ID + 1, 5, 3, 4, ID)
    gap = (ID + 40, 6, 0, 0, 0)
    feed.set_rounds([past, gap], caller=OWNER)
    expected = {"round_id": ID + 1, "previous": 7, "current": 5, "updated_at": 4}
    assert feed.logs()[0] == ("RoundSet", expected)
    assert feed.getRoundData(ID + 1) == past
    assert feed.latestRoundData() == gap
    assert feed.latest_round() == ID + 40
    assert feed.push_answer(1, caller=OWNER) == ID + 41
    feed.set_rounds([(ID + 2, 1, 1, 1, 1)], caller=OWNER)
    assert feed.latest_round() == ID + 41


@pytest.mark.parametrize(
    ("round_id", "reason"),
    [(1, "unknown phase"), (2 * ID + 1, "unknown phase"), (ID, "rounds count from one")],
)
def test_set_rounds__outside_the_phases__reverts(feed, round_id, reason):
    with refuses(f"feed: {reason}"):
        feed.set_rounds([(round_id, 1, 1, 1, round_id)], caller=OWNER)


def test_feed__written_by_anyone_but_its_owner__reverts(feed):
    reason = "ownable: caller is not the owner"
    for write in (
        lambda: feed.push_answer(1),
        feed.open_phase,
        lambda: feed.set_rounds([(ID + 1, 1, 1, 1, 1)]),
        lambda: feed.transfer_ownership(STRANGER),
    ):
        with refuses(reason):
            write()
    feed.transfer_ownership(STRANGER, caller=OWNER)
    assert feed.push_answer(1) == ID + 1


def test_open_phase__beyond_the_last__reverts(feed):
    evm = feed.clock.evm
    (phase_id,) = (slot for slot in range(8) if evm.storage(feed.address, slot) == feed.phase_id())
    evm.insert_account_storage(feed.address, phase_id, 2**16 - 2)
    assert feed.open_phase(caller=OWNER) == 2**16 - 1
    with refuses("feed: no phase left"):
        feed.open_phase(caller=OWNER)
