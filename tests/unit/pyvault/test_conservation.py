"""What the check of conservation notices."""

import pytest
from support.market_days import TRADERS, Days

from pyvault.chain.addresses import address_of
from pyvault.chain.revm import RevmBackend
from pyvault.chain.system import System
from pyvault.sim import conservation

STRANGER = address_of("stranger")


@pytest.fixture
def system():
    suite = System.deploy(RevmBackend())
    suite.provide(10**12)
    return suite


def off(residuals):
    return {name: rest for name, rest in residuals.items() if rest}


def test_conservation__of_a_suite_with_money__leaves_nothing(system):
    assert off(conservation(system)) == {}


@pytest.mark.parametrize(
    ("part", "token", "name"),
    [
        ("vault", "quote_token", "vault's buckets less its quote"),
        ("engine", "quote_token", "accounts' cash less the engine's quote"),
        ("vault", "underlying_token", "underlying on the books less what is held"),
    ],
)
def test_conservation__after_a_donation__shows_it_where_it_lies(system, part, token, name):
    system.fund(system.part(part).address, token, 7)
    assert off(conservation(system)) == {name: -7}


def test_conservation__where_a_holder_is_not_named__misses_what_he_holds(system):
    system.fund(STRANGER, "quote_token", 9)
    assert off(conservation(system)) == {"quote minted less quote held": 9}
    assert off(conservation(system, [STRANGER])) == {}


def test_conservation__between_the_booking_of_an_expiry_and_its_sweep__leaves_nothing():
    """What an account still holds of a booked expiry is cash set aside, no option."""
    days = Days()
    suite, trader, expiry = days.system, TRADERS[0], days.expiries[0]
    suite.provide(10**6 * days.unit)
    days.fund(trader, 10_000)
    account = suite.account_of(trader)
    suite.buy(trader, days.series(0, 2), 10**18)
    days.pass_expiry(expiry)
    suite.settle_expiry(None, expiry)
    assert suite.positions(account)
    assert off(conservation(suite, TRADERS)) == {}
    suite.settle_account(None, account, expiry)
    assert off(conservation(suite, TRADERS)) == {}
