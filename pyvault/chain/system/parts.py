"""What every group of verbs stands on: a backend, the deployed contracts, and who holds which role."""

from __future__ import annotations

from dataclasses import dataclass, field

from pyvault.chain.backend import Backend, Receipt
from pyvault.chain.contract import Contract
from pyvault.chain.system.values import SystemConfig
from pyvault.errors import InputError

__all__ = ["Parts"]


@dataclass(slots=True, kw_only=True)
class Parts:
    """The deployed suite, by name of each part's duty.

    ``contracts`` holds ``parameters``, ``spot_oracle``, ``vol_surface``, ``pricer``, ``trade_pricer``,
    ``partial_fill``, ``risk``, ``vault``, ``engine``, ``market``, ``lens``, ``quote_token``,
    ``underlying_token``, ``feed``, and ``second_feed`` and ``sequencer_feed`` where they were asked for.
    """

    backend: Backend
    config: SystemConfig
    contracts: dict[str, Contract] = field(default_factory=dict)

    @property
    def now(self) -> int:
        """Unix seconds of the newest block."""
        return self.backend.now

    def part(self, name: str) -> Contract:
        """Contract by the name of its duty; InputError if there is none."""
        if name not in self.contracts:
            raise InputError("contract", name, f"must be one of {', '.join(sorted(self.contracts))}")
        return self.contracts[name]

    def role(self, name: str) -> str:
        """Who holds ``owner``, ``guardian`` or ``keeper`` at present."""
        return str(self.part("parameters").call(name))

    def act(self, part: str, function: str, *arguments: object, caller: str | None, role: str) -> Receipt:
        """Send as `caller`, or as the holder of `role` if that is None; ContractError if it is refused."""
        sender = self.role(role) if caller is None else caller
        return self.part(part).send(function, *arguments, sender=sender)
