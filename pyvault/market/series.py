"""What is traded: one European option series."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pyvault.errors import InputError

__all__ = ["OptionKind", "Series"]


class OptionKind(StrEnum):
    """Right of an option: to buy or to sell the underlying."""

    CALL = "call"
    PUT = "put"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One listed option.

    Parameters
    ----------
    expiry
        Unix seconds.
    strike
        Quote currency per unit of underlying.
    kind
        Call or put.

    Raises
    ------
    InputError
        If expiry or strike is not positive and finite.
    """

    expiry: int
    strike: float
    kind: OptionKind

    def __post_init__(self) -> None:
        for name, value in (("expiry", self.expiry), ("strike", self.strike)):
            if not 0 < value < float("inf"):
                raise InputError(name, value, "must be positive and finite")

    def time_to_expiry(self, timestamp: float) -> float:
        """Seconds from `timestamp` (unix seconds) to expiry, 0 once it has passed."""
        return max(0.0, self.expiry - timestamp)
