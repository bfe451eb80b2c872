"""The vault's buckets, its equity mark, and what LPs may take.

Rewards need a base fee, and so a node: tests/e2e/test_vault_rewards.py.
"""

from __future__ import annotations

import re

import pytest
from support.evm import Reverted
from support.oracle import GUARDIAN, NOBODY, STRANGER, WAD
from support.vault import LP_OWNER, SPOT, Treasury

from pyvault.chain.parameters import Pause, parameter

ACCOUNT = 7
MILLION = 10**12  # of a token with 6 decimals
CENT = 10**4
EMPTY = {"lp_cash": 0, "insurance": 0, "protocol_fees": 0, "settlement_owed": 0, "underlying": 0}
INSURED, EARNED = parameter("INSURANCE_SHARE").start, parameter("PROTOCOL_SHARE").start


@pytest.fixture
def treasury():
    return Treasury()


@pytest.fixture
def funded(treasury):
    treasury.deposit(MILLION)
    return treasury


def refused(reason):
    return pytest.raises(Reverted, match=f"^{re.escape(reason)}$")


# LPs


def test_deposit__of_the_lp_owner__is_lp_cash_and_equity(treasury):
    treasury.deposit(MILLION)
    assert treasury.logs() == [("Deposited", {"provider": LP_OWNER, "amount": MILLION})]
    assert treasury.buckets() == EMPTY | {"lp_cash": MILLION}
    assert treasury.held() == MILLION
    assert treasury.vault.trading_state() == (10**6 * WAD, 10**6 * WAD, 10**6 * WAD, 0)
    assert treasury.vault.last_mark() == (10**6 * WAD, 0, 0, 0)


def test_withdrawal__with_nothing_at_risk__may_take_everything(funded):
    funded.withdraw(MILLION)
    assert funded.logs() == [("Withdrawn", {"provider": LP_OWNER, "amount": MILLION})]
    assert funded.buckets() == EMPTY
    assert (funded.held(), funded.quote.balanceOf(LP_OWNER)) == (0, MILLION)
    assert funded.equity() == 0


def test_withdrawal__of_more_than_lp_cash__is_refused(funded):
    funded.trade(ACCOUNT, 100 * CENT, 100 * CENT)
    cash = funded.buckets()["lp_cash"]
    with refused("vault: not enough cash"):
        funded.withdraw(cash + 1)
    with refused("vault: more than equity"):  # gains count once they are marked
        funded.withdraw(cash)
    funded.by_market("mark", 0, 0, SPOT)
    funded.withdraw(cash)
    assert funded.buckets()["insurance"] + funded.buckets()["protocol_fees"] == funded.held() > 0


def test_withdrawal__leaves_the_cash_buffer_to_the_unit(funded):
    # Half of the assets are options: E = 2 million, cash one million; 5 % of what remains must be cash.
    funded.by_market("mark", 10**6 * WAD, 0, SPOT)
    most = (MILLION * 100 - 10 * MILLION) // 95  # cash - x = 5 % (E - x)
    with refused("vault: below the cash buffer"):
        funded.withdraw(most + 1)
    funded.withdraw(most)


def test_withdrawal__leaves_what_carries_the_worst_loss(funded):
    # The market's limit is a quarter of the equity that remains: a loss of 100,000 needs 400,000.
    funded.market.set_loss(100_000 * WAD, WAD // 4)
    with refused("vault: worst loss too large"):
        funded.withdraw(600_000 * 10**6 + 1)
    funded.withdraw(600_000 * 10**6)
    assert funded.equity() == 400_000 * WAD


def test_withdrawal__while_a_debt_is_unfunded__waits(funded):
    funded.settle(1, MILLION + 1)
    with refused("vault: debts come first"):
        funded.withdraw(0)
    funded.deposit(2 * MILLION)
    funded.withdraw(MILLION)


def test_deposit__while_deposits_are_paused__is_refused_and_withdrawals_are_not(funded):
    for bit in Pause:
        if bit is not Pause.DEPOSITS:
            funded.parameters.pause(bit, caller=GUARDIAN)
    funded.deposit(1)
    funded.parameters.pause(Pause.DEPOSITS, caller=GUARDIAN)
    with refused("vault: deposits are paused"):
        funded.deposit(1)
    funded.withdraw(1)


@pytest.mark.parametrize("function", ["deposit", "withdraw"])
def test_lp_cash__is_moved_by_the_lp_owner_alone(funded, function):
    for caller in (STRANGER, GUARDIAN, funded.market.address.lower()[:-1] + "0"):
        with refused("vault: not the lp owner"):
            getattr(funded.vault, function)(1, caller=caller)


# Trades


def test_trade__that_pays_the_vault__shares_the_charge_and_keeps_the_rest(funded):
    charge = 10 * 10**6 + 7  # shares of odd units round down, for LPs
    funded.trade(ACCOUNT, 500 * 10**6, charge)
    insured, earned = charge * INSURED // WAD, charge * EARNED // WAD
    assert funded.logs() == [
        (
            "TradeBooked",
            {
                "cash_change": 500 * 10**6,
                "charge": charge,
                "to_insurance": insured,
                "to_protocol": earned,
            },
        )
    ]
    assert funded.buckets() == EMPTY | {
        "lp_cash": MILLION + 500 * 10**6 - insured - earned,
        "insurance": insured,
        "protocol_fees": earned,
    }
    assert funded.counted() == funded.held()
    assert funded.equity() == 10**6 * WAD  # the mark stands until it is renewed


def test_trade__that_pays_the_account__reaches_it_through_the_engine(funded):
    funded.trade(ACCOUNT, -300 * 10**6, 10**6)
    assert funded.engine.cash_of(ACCOUNT) == 300 * 10**6
    assert funded.quote.balanceOf(funded.engine.address) == 300 * 10**6
    assert funded.buckets()["insurance"] == 10**6 * INSURED // WAD
    assert funded.counted() == funded.held() == MILLION - 300 * 10**6


def test_trade__announced_but_not_paid_in__is_refused(funded):
    with refused("vault: not paid in"):
        funded.by_market("book_trade", ACCOUNT, 1, 0)


def test_insurance_fund__fills_up_to_its_target_and_no_further(funded):
    target = MILLION * parameter("INSURANCE_TARGET").start // WAD
    charge = target * WAD // INSURED
    funded.trade(ACCOUNT, charge, charge - 20)  # short of it by two units
    assert funded.buckets()["insurance"] == target - 2
    funded.trade(ACCOUNT, charge, charge)
    assert funded.buckets()["insurance"] == target
    funded.trade(ACCOUNT, charge, charge)
    assert funded.buckets()["insurance"] == target
    funded.by_market("mark", 0, 0, SPOT)  # gains raise the target
    funded.trade(ACCOUNT, 10**6, 10**6)
    assert funded.buckets()["insurance"] == target + 10**6 * INSURED // WAD


def test_charge__when_cash_is_short__is_shared_after_the_account_is_paid():
    treasury = Treasury()
    treasury.deposit(1_000)
    treasury.trade(ACCOUNT, -997, 100)  # shares of 10 and 5, of which 3 units are left
    assert treasury.engine.cash_of(ACCOUNT) == 997
    assert treasury.buckets() == EMPTY | {"insurance": 3}
    treasury.trade(ACCOUNT, 0, 100)
    assert treasury.buckets() == EMPTY | {"insurance": 3}


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("book_trade", (ACCOUNT, 0, 0)),
        ("mark", (0, 0, SPOT)),
        ("book_settlement", (1, 0, 0)),
        ("pay_settlement", (1, ACCOUNT, 0, True)),
        ("reward", (STRANGER, 0, SPOT)),
    ],
)
def test_verbs_of_the_market__by_anybody_else__are_refused(funded, function, arguments):
    for caller in (STRANGER, LP_OWNER, GUARDIAN):
        with refused("vault: not the market"):
            getattr(funded.vault, function)(*arguments, caller=caller)
    funded.by_market(function, *arguments)


# Equity


def test_mark__sums_cash_inventory_options_and_receivables_less_debts(funded):
    funded.hold_underlying(3 * WAD + 1)
    funded.settle(1, MILLION + 5, 40 * 10**6)
    funded.by_market("mark", -250 * WAD - 1, 30 * WAD, SPOT)
    net = 3 * SPOT + SPOT // WAD + 40 * WAD - 5 * 10**12 - 250 * WAD - 1
    assert funded.logs() == [
        ("Marked", {"net_assets": net, "exit_cost": 30 * WAD, "provision": 0, "equity": net - 30 * WAD})
    ]
    assert funded.vault.last_mark() == (net, 30 * WAD, 0, funded.clock.now)
    assert funded.vault.trading_state() == (net - 30 * WAD, net, 0, 3 * WAD + 1)


def test_mark__below_zero__leaves_no_cover_and_pays_no_insurance(funded):
    funded.by_market("mark", -(10**6 + 1) * WAD, 0, SPOT)
    assert funded.vault.trading_state()[:2] == (-WAD, 0)
    funded.trade(ACCOUNT, 10**6, 10**6)
    assert funded.buckets()["insurance"] == 0
    with refused("vault: more than equity"):
        funded.withdraw(0)


def test_insurance_fees_and_what_is_owed__are_no_part_of_net_assets(funded):
    funded.trade(ACCOUNT, 1_000 * 10**6, 1_000 * 10**6)
    funded.settle(1, 500 * 10**6)
    funded.by_market("mark", 0, 0, SPOT)
    assert funded.vault.last_mark()[0] == funded.buckets()["lp_cash"] * 10**12
    assert funded.counted() > funded.buckets()["lp_cash"]


@pytest.mark.parametrize("decimals", [(6, 18), (8, 6), (18, 8), (18, 18)])
def test_amounts__of_tokens_of_any_decimals__are_marked_at_the_same_value(decimals):
    treasury = Treasury(decimals)
    treasury.deposit(1_000 * treasury.unit)
    treasury.hold_underlying(2 * 10 ** decimals[1])
    treasury.by_market("mark", 5 * WAD, 0, SPOT)
    assert treasury.vault.last_mark()[0] == 1_005 * WAD + 2 * SPOT
    assert treasury.vault.trading_state() == (1_005 * WAD + 2 * SPOT,) * 2 + (1_000 * WAD, 2 * WAD)


def test_reward__on_a_chain_without_base_fee__is_nothing(funded):
    funded.trade(ACCOUNT, 10**6, 10**6)
    assert funded.by_market("reward", STRANGER, 10**9, SPOT) == 0
    assert funded.logs() == []


# Construction


def test_vault__names_all_whom_it_deals_with(treasury):
    vault = treasury.vault
    named = [vault.quote_token(), vault.underlying_token(), vault.risk_parameters(), vault.margin_engine()]
    expected = [treasury.quote, treasury.underlying, treasury.parameters, treasury.engine]
    assert [each.lower() for each in named] == [each.address.lower() for each in expected]
    assert (vault.market(), vault.lp_owner()) == (treasury.market.address.lower(), LP_OWNER)


@pytest.mark.parametrize("decimals", [(5, 18), (19, 18), (6, 5), (6, 19)])
def test_token__of_less_than_6_or_more_than_18_decimals__is_refused(decimals):
    with refused("vault: unsupported decimals"):
        Treasury(decimals)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quote_token": STRANGER}, "vault: no token"),
        ({"underlying_token": STRANGER}, "vault: no token"),
        ({"risk_parameters": STRANGER}, "vault: no parameters"),
        ({"margin_engine": NOBODY}, "vault: no engine or market"),
        ({"option_market": NOBODY}, "vault: no engine or market"),
        ({"lp_owner": NOBODY}, "vault: no lp owner"),
    ],
)
def test_vault__that_would_deal_with_nobody__is_refused(treasury, changes, reason):
    with refused(reason):
        treasury.another_vault(**changes)
    same = treasury.quote.address
    with refused("vault: one token for both"):
        treasury.another_vault(quote_token=same, underlying_token=same)
