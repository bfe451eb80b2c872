"""Open a market on a suite that stands: the built-in surface, three expiries, and money in the vault."""

from __future__ import annotations

from pyvault.chain.system import SlicePost, System
from pyvault.demo.quoted_chain import near_strikes
from pyvault.errors import ContractError, InputError
from pyvault.exact.fixing import WINDOW_S
from pyvault.market.synthetic import synthetic_chain
from pyvault.pricing.surface import fit_surface
from pyvault.units import from_wad

__all__ = ["keep_market", "open_market"]

DAY_S, EIGHT_S = 86_400, 8 * 3_600
STRIKES = 9


def open_market(system: System, cash: float) -> tuple[int, ...]:
    """Post the built-in surface at the feed's last price, list what is a day away, and pay `cash` in.

    Returns
    -------
    tuple[int, ...]
        Expiries that trade; they settle at 08:00 UTC.

    Raises
    ------
    InputError
        If the suite has a market already, or a feed without a price.
    """
    if system.part("market").call("expiries"):
        raise InputError("market", "open", "must not be open yet; `pyvault market list` shows it")
    last = from_wad(system.part("feed").call("latestRoundData")[1] * 10 ** (18 - system.config.feed_decimals))
    if last == 0.0:
        raise InputError("spot", last, "must have been published")
    now = system.now
    system.set_spot(last)
    chain = synthetic_chain(timestamp=(now - EIGHT_S) // DAY_S * DAY_S + EIGHT_S, spot=last)
    far = [each for each in fit_surface(chain).slices if each.expiry > now + DAY_S + 60]
    for each in far:
        system.list_expiry(each.expiry)
    first = [SlicePost.of_slice(each, spot=last, now=now) for each in far]
    system.post_surface(first, caller=system.role("owner"))
    system.mine()
    for each in far:
        system.list_strikes(each.expiry, near_strikes(chain, each, STRIKES))
    system.provide(round(cash * 10**system.config.quote_decimals))
    return tuple(each.expiry for each in far)


def keep_market(system: System, spot: float | None = None) -> None:
    """What a keeper does when time has passed: a round, every slice posted again, every expiry revalued.

    `spot` is what the feed publishes; its last answer without. An expiry that rests is not posted any more,
    nor one whose slice the surface no longer takes, but revalued until it is booked, with what its window has
    fixed so far.
    """
    last = system.part("feed").call("latestRoundData")[1]
    system.set_spot(from_wad(last * 10 ** (18 - system.config.feed_decimals)) if spot is None else spot)
    listed = system.part("market").call("expiries")
    system.post_again([each for each in listed if each > system.now + WINDOW_S])
    for each in listed:
        if each < system.now + WINDOW_S:
            _follow_window(system, each)
        system.refresh(None, each)


def _follow_window(system: System, expiry: int) -> None:
    """A walk that the oracle refuses is no reason not to revalue."""
    try:
        system.follow_window(None, expiry)
    except ContractError as error:
        if not error.reason.startswith("oracle: "):
            raise
