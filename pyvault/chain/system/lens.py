"""Verbs of reading: the whole market on one page of one block, and the accounts page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyvault.chain.backend import Receipt
from pyvault.chain.codec import Occurrence
from pyvault.chain.system.parts import Parts
from pyvault.chain.system.values import SpotStatus, SurfaceStatus
from pyvault.errors import InputError

__all__ = [
    "AccountRow",
    "BookRisk",
    "ExpiryRow",
    "Exposure",
    "Lens",
    "MarketPage",
    "SliceRow",
    "SpotRow",
    "StrikeRow",
    "VaultRow",
]

ACCOUNTS_A_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotRow:
    """Reading of a block (price 0 unless accepted), and the last accepted one that was stored; WAD."""

    price: int
    updated_at: int
    status: SpotStatus
    last_price: int
    last_updated_at: int
    last_seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """A slice in effect, as `SlicePost` has it, and the time of the market that it describes."""

    a: int
    b: int
    rho: int
    m: int
    sigma: int
    carry: int
    gap: int
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Value and exposures of options as cached, rolled to the present spot; WAD quote."""

    value: int
    dollar_delta: int
    dollar_gamma: int
    scaled_vega: int
    flow: int
    refreshed_at: int
    refreshed_spot: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeRow:
    """The vault's positions in a strike (negative: short) and what traders are long; WAD contracts."""

    strike: int
    call: int
    put: int
    call_longs: int
    put_longs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRow:
    """A live expiry; without a slice where the surface is absent."""

    expiry: int
    status: SurfaceStatus
    slice: SliceRow | None
    exposure: Exposure
    strikes: tuple[StrikeRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRisk:
    """Exposures of all options, the 16 losses of the stress grid, and what they decide; WAD."""

    exposure: Exposure
    stress: tuple[int, ...]
    worst_loss: int
    loss_limit: int
    utilisation: int
    multiplier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultRow:
    """Buckets and debts in token units; equity, cover, free cash, delta and the mark in WAD."""

    equity: int
    cover: int
    free_cash: int
    delta: int
    lp_cash: int
    insurance: int
    protocol_fees: int
    settlement_owed: int
    underlying: int
    net_assets: int
    exit_cost: int
    provision: int
    marked_at: int
    unfunded: int
    open_debts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """A trader's account: cash in token units, positions as series id to WAD contracts."""

    account: int
    owner: str
    cash: int
    positions: dict[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPage:
    """The whole market in one block; ``has_spot`` is false before the first accepted reading."""

    block_number: int
    timestamp: int
    version: int
    paused: int
    spot: SpotRow
    reference_vol: int
    sequence: int
    posted_at: int
    has_spot: bool
    risk: BookRisk
    vault: VaultRow
    accounts: int
    trader_cash: int
    expiries: tuple[ExpiryRow, ...]

    def expiry(self, expiry: int) -> ExpiryRow:
        """Row of a live expiry; InputError if it is none."""
        for row in self.expiries:
            if row.expiry == expiry:
                return row
        raise InputError("expiry", expiry, "must be listed and not yet booked")

    def surface_age_s(self, expiry: int) -> int | None:
        """Age of the market that the slice of an expiry describes; None without a slice."""
        described = self.expiry(expiry).slice
        return None if described is None else self.timestamp - described.timestamp


class Lens(Parts):
    """`VaultLens`, and what the suite logs."""

    __slots__ = ()

    def snapshot_market(self) -> MarketPage:
        """Everything that a decision about the market needs, read in one call."""
        raw = self.part("lens").call("page")._asdict()
        reading, last = raw.pop("spot"), raw.pop("last_spot")
        spot = SpotRow(
            price=reading.price,
            updated_at=reading.updated_at,
            status=SpotStatus(reading.status),
            last_price=last.price,
            last_updated_at=last.updated_at,
            last_seen_at=last.seen_at,
        )
        risk = raw.pop("risk")._asdict()
        return MarketPage(
            spot=spot,
            risk=BookRisk(exposure=Exposure(**risk.pop("exposure")._asdict()), **risk),
            vault=_vault_row(raw.pop("vault")),
            expiries=tuple(map(_expiry_row, raw.pop("expiries"))),
            **raw,
        )

    def account_rows(self, first: int = 1) -> Iterator[AccountRow]:
        """Every account from `first` on, oldest first, in pages of 100."""
        while rows := self.part("lens").call("accounts", first, ACCOUNTS_A_PAGE):
            for row in rows:
                positions = {each.series_id: each.quantity for each in row.positions}
                yield AccountRow(account=row.account, owner=row.owner, cash=row.cash, positions=positions)
            first += len(rows)

    def happenings(self, receipt: Receipt) -> tuple[Occurrence, ...]:
        """Events of the whole suite in a transaction, decoded, in the order of the chain."""
        parts = {each.address: each for each in self.contracts.values()}
        return tuple(
            part.events[log.topics[0]].decode(log)
            for log in receipt.logs
            if (part := parts.get(log.address)) and log.topics and log.topics[0] in part.events
        )


def _expiry_row(raw: Any) -> ExpiryRow:  # noqa: ANN401 - a struct of the contract
    status = SurfaceStatus(raw.status)
    return ExpiryRow(
        expiry=raw.expiry,
        status=status,
        slice=None if status is SurfaceStatus.ABSENT else SliceRow(**raw.slice._asdict()),
        exposure=Exposure(**raw.exposure._asdict()),
        strikes=tuple(StrikeRow(**each._asdict()) for each in raw.strikes),
    )


def _vault_row(raw: Any) -> VaultRow:  # noqa: ANN401 - a struct of the contract
    fields = raw.state._asdict() | raw.buckets._asdict() | raw.mark._asdict()
    return VaultRow(unfunded=raw.unfunded, open_debts=raw.open_debts, **fields)
