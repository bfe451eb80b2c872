"""Verbs of market data: feeds, the spot oracle, its fixings, and the volatility surface."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, fields
from decimal import Decimal

from pyvault.chain.backend import Receipt
from pyvault.chain.system.parts import Parts
from pyvault.chain.system.rounds import round_at
from pyvault.chain.system.values import (
    FixingSource,
    Round,
    SlicePost,
    SpotStatus,
    SurfaceStatus,
    feed_answer,
)
from pyvault.errors import ContractError
from pyvault.exact.fixing import WINDOW_S
from pyvault.units import WAD, to_wad

__all__ = ["Market"]

_ROUNDS_AT_ONCE = 128  # the feed takes no more in one call
_WALK_AT_ONCE = 512  # nor does the oracle walk further
_FEEDS = {FixingSource.PRIMARY: "feed", FixingSource.SECOND: "second_feed"}


class Market(Parts):
    """Spot, fixings and surface."""

    __slots__ = ()

    def set_spot(self, price: float | Decimal) -> Receipt:
        """Publish a round on the second feed where there is one, then on the primary: its receipt."""
        answer = feed_answer(price, self.config.feed_decimals)
        for name in ("second_feed", "feed"):
            if name in self.contracts:
                receipt = self.part(name).send("push_answer", answer, sender=self.config.deployer)
        return receipt

    def set_feed(self, rounds: Iterable[Round], feed: str = "feed") -> None:
        """Write rounds as they are, past ones included."""
        items = [astuple(each) for each in rounds]
        for first in range(0, len(items), _ROUNDS_AT_ONCE):
            batch = items[first : first + _ROUNDS_AT_ONCE]
            self.part(feed).send("set_rounds", batch, sender=self.config.deployer)

    def refresh_spot(self, caller: str | None = None) -> Receipt:
        """Store this block's reading; anyone's, the keeper without a caller."""
        return self.act("spot_oracle", "refresh", caller=caller, role="keeper")

    def spot(self) -> tuple[int, SpotStatus]:
        """Price of this block (WAD, 0 unless accepted) and the first rule that the reading breaks."""
        reading = self.part("spot_oracle").call("spot")
        return reading.price, SpotStatus(reading.status)

    def list_expiry(self, expiry: int, caller: str | None = None) -> None:
        """Freeze the fixing rule of an expiry (the keeper's) and let it be posted (the owner's)."""
        self.act("spot_oracle", "list_expiry", expiry, caller=caller, role="keeper")
        self.act("vol_surface", "list_expiry", expiry, caller=caller, role="owner")

    def post_surface(
        self,
        slices: Sequence[SlicePost],
        caller: str | None = None,
        *,
        timestamp: int | None = None,
        sequence: int | None = None,
    ) -> Receipt:
        """Post slices, ascending by expiry; the keeper's.

        Without them the timestamp is the newest block's and the sequence follows the latest post.
        """
        number = self.part("vol_surface").call("sequence") + 1 if sequence is None else sequence
        return self.act(
            "vol_surface",
            "post",
            number,
            self.now if timestamp is None else timestamp,
            [each.as_tuple() for each in slices],
            caller=caller,
            role="keeper",
        )

    def post_again(self, expiries: Sequence[int], caller: str | None = None) -> tuple[int, ...]:
        """Post slices in effect again, as they stand, so that none grows old; returns the expiries posted.

        The grid of the check shrinks with the time that is left: a slice may no longer be one that is taken.
        The nearest are left out until the others are.

        Raises
        ------
        ContractError
            The contract's first reason, if it takes none.
        """
        live, refusal = sorted(expiries), None
        while live:
            try:
                self.post_surface([self.slice_in_effect(each) for each in live], caller)
            except ContractError as error:
                live, refusal = live[1:], refusal or error
            else:
                return tuple(live)
        if refusal is not None:
            raise refusal
        return ()

    def implied_vol(self, expiry: int, log_moneyness: float = 0.0) -> float:
        """Volatility in effect at ``ln(K/F)``."""
        moneyness = to_wad(log_moneyness, name="log_moneyness")
        return float(self.part("vol_surface").call("implied_vol", expiry, moneyness) / WAD)

    def slice_in_effect(self, expiry: int) -> SlicePost:
        """Slice of an expiry as it would be posted again."""
        found = self.part("vol_surface").call("slice_of", expiry)
        names = (each.name for each in fields(SlicePost) if each.name != "expiry")
        return SlicePost(expiry=expiry, **{name: getattr(found, name) for name in names})

    def surface_status(self, expiry: int) -> SurfaceStatus:
        """What the slice in effect is good for."""
        return SurfaceStatus(self.part("vol_surface").call("status", expiry))

    def fix_expiry(
        self,
        caller: str | None,
        expiry: int,
        *,
        source: FixingSource = FixingSource.PRIMARY,
        first_round: int | None = None,
        max_rounds: int = _WALK_AT_ONCE,
    ) -> int:
        """Walk the window until the expiry is fixed or its source has failed; anyone's.

        Returns
        -------
        int
            Settlement price in WAD; 0 if the source was proven unable to fix it.
        """
        oracle = self.part("spot_oracle")
        first = self.first_round(expiry, source) if first_round is None else first_round
        while not oracle.call("has_failed", expiry, int(source)):
            if self.walk_fixing(caller, expiry, source=source, first_round=first, max_rounds=max_rounds):
                return int(oracle.call("settlement_price", expiry))
        return 0

    def walk_fixing(
        self,
        caller: str | None,
        expiry: int,
        *,
        source: FixingSource = FixingSource.PRIMARY,
        first_round: int | None = None,
        max_rounds: int = _WALK_AT_ONCE,
    ) -> bool:
        """Walk on by one call, inside the window too; anyone's. Whether the expiry is fixed now."""
        first = self.first_round(expiry, source) if first_round is None else first_round
        arguments = (expiry, int(source), first, max_rounds)
        self.act("spot_oracle", "fix_expiry", *arguments, caller=caller, role="keeper")
        return bool(self.part("spot_oracle").call("settlement_price", expiry))

    def follow_window(self, caller: str | None, expiry: int) -> None:
        """Make the mean of an open window known: one call of the walk, where it is not; anyone's."""
        if not self.part("spot_oracle").call("elapsed_average", expiry).is_known:
            self.walk_fixing(caller, expiry)

    def first_round(self, expiry: int, source: FixingSource = FixingSource.PRIMARY) -> int:
        """Round that fixes an expiry must name: the last valid one at or before the window's start."""
        feed = self.part(_FEEDS[source])
        rule = self.part("spot_oracle").call("fixing_rule", expiry, int(source))
        unit = 10 ** (18 - feed.call("decimals"))

        def is_valid(found: tuple[int, int, int, int, int]) -> bool:
            return bool(rule.lowest <= found[1] * unit <= rule.highest) and found[4] >= found[0]

        latest = feed.call("latestRoundData")[0]
        return round_at(
            lambda round_id: feed.call("getRoundData", round_id),
            latest,
            expiry - WINDOW_S,
            is_valid,
            last_phase=rule.last_phase,
        )
