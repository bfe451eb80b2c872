"""The suite by verbs: what each does, who may, and what it says when refused."""

import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from eth_utils import keccak
from support.probe import probe_artifact
from support.tree import ROOT

from pyvault.chain.artifacts import load
from pyvault.chain.parameters import PARAMETERS, Pause
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import (
    FixingSource,
    Round,
    SlicePost,
    SpotStatus,
    SurfaceStatus,
    System,
    SystemConfig,
)
from pyvault.chain.system.rounds import round_at
from pyvault.errors import ContractError, InputError
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import fit_surface
from pyvault.units import WAD

DAY = 86_400
STRANGER = "0x" + "57" * 20


@pytest.fixture
def system():
    return System.deploy(RevmBackend())


@pytest.fixture
def expiry(system):
    """The next 08:00 UTC but one, listed."""
    chosen = (system.now // DAY + 2) * DAY + 8 * 3_600
    system.list_expiry(chosen)
    return chosen


def flat(expiry, **changes):
    return SlicePost.of_numbers(expiry, **{"a": 0.1, "b": 0.3, "rho": -0.2, "m": 0.0, "sigma": 0.3} | changes)


def live_through(system, expiry, *, step=300, price=3_000):
    """Publish from before the window until after it, the price rising by 1 a round."""
    system.warp_to(expiry - 2_700)
    published = 0
    while system.now <= expiry:
        system.set_spot(price + published)
        published += 1
        system.warp(step)
    system.set_spot(price + published)


def test_deploy__twice__gives_the_same_addresses_and_code():
    first, second = (System.deploy(RevmBackend()) for _ in range(2))
    assert {name: each.address for name, each in first.contracts.items()} == {
        name: each.address for name, each in second.contracts.items()
    }
    assert first.backend.dump() == second.backend.dump()


def test_deploy__by_default__wires_oracles_roles_and_feed(system):
    parameters, config = system.part("parameters"), system.config
    assert [parameters.call(role) for role in ("owner", "guardian", "keeper")] == [
        config.owner,
        config.guardian,
        config.keeper,
    ]
    assert [parameters.call("oracle", slot) for slot in (0, 1)] == [
        system.part("spot_oracle").address,
        system.part("vol_surface").address,
    ]
    assert system.spot() == (3_000 * WAD, SpotStatus.ACCEPTED)
    assert {"second_feed", "sequencer_feed"} & set(system.contracts) == set()


@pytest.mark.parametrize(("quote", "feed"), [(6, 8), (18, 8), (8, 18)])
def test_deploy__with_other_decimals__reads_the_same_spot(quote, feed):
    system = System.deploy(RevmBackend(), SystemConfig(quote_decimals=quote, feed_decimals=feed))
    system.set_spot(Decimal("2999.5"))
    assert system.spot() == (29_995 * WAD // 10, SpotStatus.ACCEPTED)
    assert system.part("quote_token").call("decimals") == quote


def test_deploy__with_parameters_and_second_sources__obeys_them():
    config = SystemConfig(
        parameters={"SPOT_MAX_AGE_S": 600}, has_second_feed=True, has_sequencer_feed=True, spot=2_000.0
    )
    system = System.deploy(RevmBackend(), config)
    assert system.parameter("SPOT_MAX_AGE_S") == 600
    assert system.spot()[1] == SpotStatus.SEQUENCER_DOWN  # it must have been up for an hour
    system.warp(4_000)
    assert system.spot()[1] == SpotStatus.STALE
    system.set_spot(2_100)
    assert system.spot() == (2_100 * WAD, SpotStatus.ACCEPTED)
    system.part("feed").send("push_answer", 2_200 * 10**8, sender=system.config.deployer)
    assert system.spot()[1] == SpotStatus.DEVIATION


def test_deploy__with_another_artifact__uses_it_in_place_of_the_devnet_s_own():
    token, feed = (replace(load(name), name="Double") for name in ("DevnetToken", "DevnetFeed"))
    config = SystemConfig(quote_token=token, underlying_token=token, feed=feed, has_second_feed=True)
    system = System.deploy(RevmBackend(), config)
    doubles = {duty for duty, each in system.contracts.items() if each.artifact.name == "Double"}
    assert doubles == {"quote_token", "underlying_token", "feed", "second_feed"}
    with pytest.raises(InputError, match="constructor of Probe"):
        System.deploy(RevmBackend(), SystemConfig(quote_token=probe_artifact()))


def test_config__with_a_parameter_out_of_bounds__is_refused_by_name():
    with pytest.raises(InputError, match="SPOT_MAX_AGE_S"):
        System.deploy(RevmBackend(), SystemConfig(parameters={"SPOT_MAX_AGE_S": 1}))


def test_fund__of_an_actor__shows_in_its_balance_and_knows_its_tokens(system):
    system.fund(STRANGER, "quote_token", 5)
    system.fund(STRANGER, "quote_token", 6)
    assert [system.balance(STRANGER, token) for token in ("quote_token", "underlying_token")] == [11, 0]
    with pytest.raises(InputError, match="token"):
        system.fund(STRANGER, "feed", 1)


def test_set_spot__not_positive__is_refused_and_set_feed_writes_it(system):
    for price in (0, -1, float("nan"), float("inf"), Decimal("NaN"), 1e-9):
        with pytest.raises(InputError, match="price"):
            system.set_spot(price)
    base, now = system.part("feed").call("latest_round"), system.now
    system.set_feed([Round(base + 1, -5, now, now, base + 1)])
    assert system.spot() == (0, SpotStatus.NOT_POSITIVE)


@pytest.mark.parametrize("price", [3_100, 3_100.0, Decimal(3_100), np.float64(3_100), np.int64(3_100)])
def test_set_spot__of_any_number__is_the_same_answer(system, price):
    system.set_spot(price)
    assert system.spot() == (3_100 * WAD, SpotStatus.ACCEPTED)


def test_config__with_a_spot_that_is_no_price__is_refused():
    with pytest.raises(InputError, match="price"):
        System.deploy(RevmBackend(), SystemConfig(spot=-1.0))


def test_number__that_is_none__is_an_input_error_of_every_verb(system, expiry):
    for attempt in (
        lambda: system.implied_vol(expiry, float("nan")),
        lambda: system.schedule(None, "SPOT_MAX_AGE_S", "soon"),
        lambda: system.schedule(None, "SPOT_MAX_AGE_S", "sNaN"),
        lambda: system.warp(2**70),
        lambda: system.fund(STRANGER, "quote_token", -1),
        lambda: system.fund("0x12", "quote_token", 1),
    ):
        with pytest.raises(InputError):
            attempt()


def test_set_feed__of_more_rounds_than_one_call_takes__writes_them_all(system):
    base, now = 1 << 64, system.now
    system.set_feed([Round(base + i, 3_000 + i, now, now, base + i) for i in range(1, 301)])
    feed = system.part("feed")
    assert feed.call("latest_round") == base + 300
    assert [feed.call("getRoundData", base + i)[1] for i in (1, 128, 129, 300)] == [
        3_001,
        3_128,
        3_129,
        3_300,
    ]


def test_spot__after_max_age__is_stale_one_second_later(system):
    updated = system.part("feed").call("latestRoundData")[3]
    system.warp_to(updated + int(system.parameter("SPOT_MAX_AGE_S")))
    assert system.spot()[1] == SpotStatus.ACCEPTED
    system.warp(1)
    assert system.spot()[1] == SpotStatus.STALE


def test_post_surface__first_by_governance_then_by_the_keeper__takes_effect_in_the_next_block(system, expiry):
    system.post_surface([flat(expiry)], caller=system.config.owner)
    system.mine()
    assert system.implied_vol(expiry) == pytest.approx(0.19**0.5, abs=1e-9)
    receipt = system.post_surface([flat(expiry, a=0.1005)])
    names = [each.name for each in system.part("vol_surface").occurrences(receipt)]
    assert sorted(names) == ["SlicePosted", "SurfacePosted"]
    system.mine()
    assert system.implied_vol(expiry) == pytest.approx(0.1905**0.5, abs=1e-9)
    assert system.surface_status(expiry) in SurfaceStatus


def test_post_surface__by_a_stranger_or_with_an_old_sequence__carries_the_reason(system, expiry):
    with pytest.raises(ContractError) as caught:
        system.post_surface([flat(expiry)], caller=STRANGER)
    assert (caught.value.module, caught.value.rule) == ("surface", "not the keeper")
    assert caught.value.call == "VolSurface.post"
    system.post_surface([flat(expiry)], caller=system.config.owner)
    with pytest.raises(ContractError, match="sequence"):
        system.post_surface([flat(expiry)], sequence=1)


def test_post_surface__of_a_fitted_chain__is_what_was_fitted():
    chain = synthetic_chain()
    surface = fit_surface(chain)
    spot = float(surface.slices[0].forward)
    backend = RevmBackend(timestamp=int(chain.timestamp))
    system = System.deploy(backend, SystemConfig(spot=spot))
    slices = [each for each in surface.slices if each.expiry > system.now + 7_200][:4]
    for each in slices:
        system.part("vol_surface").send("list_expiry", each.expiry, sender=system.config.owner)
    posts = [SlicePost.of_slice(each, spot=spot, now=system.now) for each in slices]
    system.post_surface(posts, caller=system.config.owner)
    system.mine()
    for each in slices:
        for k in (-0.2, 0.0, 0.15):
            expected = float(each.implied_vol(k))
            assert system.implied_vol(each.expiry, k) == pytest.approx(expected, abs=1e-9)


def test_fix_expiry__of_a_feed_that_lived__is_the_average_by_any_split(system, expiry):
    live_through(system, expiry)
    name = system.snapshot()
    price = system.fix_expiry(STRANGER, expiry)
    assert 3_000 * WAD < price < 3_010 * WAD
    system.revert(name)
    assert system.fix_expiry(None, expiry, max_rounds=1) == price
    with pytest.raises(ContractError, match="already fixed"):
        system.fix_expiry(None, expiry)


def test_walk_fixing__inside_the_window__goes_on_by_one_call_and_ends_at_the_same_price(system, expiry):
    begin, name, prices = expiry - 2_700, system.snapshot(), []
    for walks in (range(5, 9), ()):  # rounds after which the window is open and the expiry to come
        for i in range(10):
            system.warp_to(begin + 301 * i)
            system.set_spot(3_000 + i)
            if i in walks:
                assert not system.walk_fixing(STRANGER, expiry)
        assert system.walk_fixing(None, expiry)
        prices.append(system.part("spot_oracle").call("settlement_price", expiry))
        if walks:
            system.revert(name)
    assert prices[0] == prices[1] > 3_000 * WAD


def test_fix_expiry__of_a_feed_that_died__says_that_the_source_failed(system, expiry):
    system.warp_to(expiry + 7 * 3_600)
    assert system.fix_expiry(None, expiry) == 0
    assert system.part("spot_oracle").call("has_failed", expiry, int(FixingSource.PRIMARY))


def test_fix_expiry__before_its_window__is_refused(system, expiry):
    with pytest.raises(ContractError, match="oracle: window has not opened"):
        system.fix_expiry(None, expiry)


def test_round_at__over_phases_holes_and_invalid_rounds__is_the_last_valid_one_before():
    times = {1: [100, 200, 300], 2: [], 3: [400, 0, 500, 600]}
    rounds = {
        (phase << 64) + i + 1: ((phase << 64) + i + 1, 1, at, at, 0)
        for phase, ats in times.items()
        for i, at in enumerate(ats)
    }

    def read(round_id):
        return rounds.get(round_id, (round_id, 0, 0, 0, 0))

    def find(time, **rule):
        return round_at(read, (3 << 64) + 4, time, **rule)

    assert [find(at) for at in (99, 100, 299, 300, 399)] == [0] + [(1 << 64) + i for i in (1, 2, 3, 3)]
    assert [find(at) for at in (600, 10_000)] == [(3 << 64) + 4] * 2
    assert [find(at) for at in (400, 499, 500)] == [(3 << 64) + i for i in (1, 1, 3)]
    assert find(10_000, is_valid=lambda found: found[3] < 300) == (1 << 64) + 2


def test_schedule_and_execute__a_tightening__changes_the_value_after_its_delay(system):
    system.schedule(None, "SPOT_MAX_AGE_S", 3_600)
    with pytest.raises(ContractError, match="schedule"):
        system.execute(STRANGER, "SPOT_MAX_AGE_S")
    system.warp(3_600)
    system.execute(STRANGER, "SPOT_MAX_AGE_S")
    assert system.parameter("SPOT_MAX_AGE_S") == 3_600


def test_cancel__what_waits__leaves_nothing_to_execute(system):
    system.schedule(None, "SPOT_MAX_AGE_S", 3_600)
    system.cancel(system.config.guardian, "SPOT_MAX_AGE_S")
    system.warp(3_600)
    with pytest.raises(ContractError, match="nothing scheduled"):
        system.execute(None, "SPOT_MAX_AGE_S")


def test_governance__by_a_stranger__is_refused(system):
    attempts = (
        lambda: system.schedule(STRANGER, "SPOT_MAX_AGE_S", 3_600),
        lambda: system.cancel(STRANGER, "SPOT_MAX_AGE_S"),
        lambda: system.pause(STRANGER, Pause.POSTS),
    )
    for attempt in attempts:
        with pytest.raises(ContractError):
            attempt()


def test_pause__by_the_guardian__stops_posts(system, expiry):
    system.pause(None, Pause.POSTS | Pause.OPENING)
    assert system.paused() == Pause.POSTS | Pause.OPENING
    with pytest.raises(ContractError, match="surface: posts paused"):
        system.post_surface([flat(expiry)], caller=system.config.owner)


def test_role__after_it_changed_hands__is_read_from_the_chain(system, expiry):
    parameters, owner = system.part("parameters"), system.config.owner
    parameters.send("schedule_role", 2, STRANGER, sender=owner)
    system.warp(6 * 3_600)
    parameters.send("execute_role", 2, sender=owner)
    assert system.role("keeper") == STRANGER or system.role("keeper").lower() == STRANGER
    system.post_surface([flat(expiry)], caller=owner)
    system.mine()
    system.post_surface([flat(expiry)])


def test_selectors__of_the_suite__name_each_function_once_with_its_role(system):
    table = system.selectors()
    keys = [(each.contract, each.signature) for each in table]
    assert len(keys) == len(set(keys)) > 100
    assert all(each.selector == keccak(text=each.signature)[:4] for each in table)
    by_key = dict(zip(keys, table, strict=True))
    assert by_key["VolSurface", "list_expiry(uint256)"].roles == ("owner",)
    assert by_key["RiskParameters", "value(uint256)"].roles == ("anyone",)
    assert set(by_key["RiskParameters", "pause(uint256)"].roles) == {"owner", "guardian"}


def test_deploy_contract_and_raw__reach_any_contract(system):
    probe = system.deploy_contract(probe_artifact(), 5)
    assert system.raw(STRANGER, probe, "keep", 1, 2).status
    refused = system.raw(STRANGER, "parameters", "pause", 1)
    assert (refused.status, refused.reason) == (False, "params: only owner or guardian")
    assert system.deploy_contract("DevnetFeed", 8, "another").call("decimals") == 8
    with pytest.raises(InputError, match="contract"):
        system.raw(STRANGER, "nothing", "pause", 1)


@pytest.mark.parametrize(
    ("interface", "flag", "twin"),
    [
        ("ISpotOracle", "Status", SpotStatus),
        ("ISpotOracle", "Source", FixingSource),
    ],
)
def test_flags__in_python__stand_in_the_order_of_the_interface(interface, flag, twin):
    text = (ROOT / f"contracts/interfaces/{interface}.vyi").read_text(encoding="utf-8")
    body = re.search(rf"^flag {flag}:\n((?:    .*\n)+)", text, re.MULTILINE)[1]
    names = re.findall(r"^    ([A-Z_]+)", body, re.MULTILINE)
    assert [(member.name, member.value) for member in twin] == [
        (name, 1 << i) for i, name in enumerate(names)
    ]


def test_surface_status__in_python__holds_the_constants_of_the_contract():
    text = (ROOT / "contracts/libs/surface_status.vy").read_text(encoding="utf-8")
    constants = re.findall(r"^([A-Z_]+): constant\(uint256\) = (\d+)", text, re.MULTILINE)
    assert {(member.name, str(member.value)) for member in SurfaceStatus} <= set(constants)


def test_parameter__of_every_row__is_its_start(system):
    for row in PARAMETERS.values():
        assert system.parameter(row.id) == row.number(row.start)
