"""Traders' accounts by verbs."""

from __future__ import annotations

from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import System

TRADER = "0x976EA74026E726554dB657fA54763abd0C3a0aa9"


def test_account__of_an_address_in_any_case__is_one_and_the_same():
    system = System.deploy(RevmBackend())
    first = system.account_of(TRADER.lower())
    assert {system.account_of(each) for each in (TRADER, TRADER.lower())} == {first}
    assert system.accounts(TRADER.lower()) == (first,)
    second = system.open_account(TRADER.lower())
    assert system.accounts(TRADER) == (first, second)
