"""Whether what the contracts say that they hold is what they hold, to the base unit."""

from __future__ import annotations

from collections.abc import Iterable

from pyvault.chain.system import System, series_of

__all__ = ["conservation"]


def conservation(system: System, holders: Iterable[str] = ()) -> dict[str, int]:
    """What does not add up, by name, in base units; all zero where nothing is created, lost or donated.

    Parameters
    ----------
    system
        Suite whose tokens nobody minted past its verbs.
    holders
        Addresses that may hold quote beside the vault, the engine, the keeper and the LP owner.
    """
    engine, vault, quote = (system.part(name) for name in ("engine", "vault", "quote_token"))
    accounts = range(1, engine.call("account_count") + 1)
    buckets = system.buckets()
    held = buckets.lp_cash + buckets.insurance + buckets.protocol_fees + buckets.settlement_owed
    cash = sum(system.cash(account) for account in accounts)
    everyone = {vault.address, engine.address, system.role("keeper"), system.config.lp_owner, *holders}
    outside = sum(system.balance(each, "quote_token") for each in everyone)
    return {
        "vault's buckets less its quote": held - system.balance(vault.address, "quote_token"),
        "underlying on the books less what is held": buckets.underlying
        - system.balance(vault.address, "underlying_token"),
        "accounts' cash less the engine's total": cash - engine.call("total_cash"),
        "accounts' cash less the engine's quote": cash - system.balance(engine.address, "quote_token"),
        "quote minted less quote held": quote.call("totalSupply") - outside,
        "traders' options less the vault's shorts": _open_options(system, accounts),
    }


def _open_options(system: System, accounts: Iterable[int]) -> int:
    """Sum over series of |accounts' net + the vault's net|, WAD; what a booked expiry still owes is cash."""
    market, net = system.part("market"), dict[int, int]()
    live = market.call("expiries")
    for account in accounts:
        for each in system.positions(account):
            if series_of(each.series_id).expiry in live:
                net[each.series_id] = net.get(each.series_id, 0) + each.quantity
    for expiry in live:
        for strike in market.call("strikes_of", expiry):
            for is_call in (True, False):
                series = market.call("series_id", expiry, strike, is_call)
                net[series] = net.get(series, 0) + market.call("position_of", series)[0]
    return sum(abs(each) for each in net.values())
