"""The whole suite on one backend, stood up and driven by verbs.

>>> from pyvault.chain.revm import RevmBackend
>>> system = System.deploy(RevmBackend())
>>> system.set_spot(3_100).status
True
>>> system.spot()
(3100000000000000000000, <SpotStatus.ACCEPTED: 1>)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pyvault.chain.backend import Backend
from pyvault.chain.system.admin import Admin
from pyvault.chain.system.deploy import deploy_contracts
from pyvault.chain.system.deployment import attach_contracts, read_deployment, write_deployment
from pyvault.chain.system.lens import Lens
from pyvault.chain.system.lp import Lp
from pyvault.chain.system.market import Market
from pyvault.chain.system.time import Time
from pyvault.chain.system.tokens import Tokens
from pyvault.chain.system.trading import Trading, series_id, series_of
from pyvault.chain.system.values import (
    FixingSource,
    Round,
    Selector,
    SlicePost,
    SpotStatus,
    SurfaceStatus,
    SystemConfig,
)

__all__ = [
    "FixingSource",
    "Round",
    "Selector",
    "SlicePost",
    "SpotStatus",
    "SurfaceStatus",
    "System",
    "SystemConfig",
    "series_id",
    "series_of",
]


@dataclass(slots=True, kw_only=True)
class System(Market, Trading, Lens, Lp, Tokens, Admin, Time):
    """The suite and its verbs: market data, trading, margin, reading, LPs, tokens, governance, time.

    A verb packs its arguments, sends, and returns the receipt or the decoded value; a refusal is a
    `ContractError` with the contract's reason. ``caller=None`` means the rightful role.
    """

    @classmethod
    def deploy(cls, backend: Backend, config: SystemConfig | None = None) -> System:
        """Deploy everything and wire it."""
        chosen = config or SystemConfig()
        return cls(backend=backend, config=chosen, contracts=deploy_contracts(backend, chosen))

    @classmethod
    def attach(cls, backend: Backend, path: Path) -> System:
        """Take up a suite that stands already, from the record that `save_addresses` wrote."""
        contracts, config = attach_contracts(backend, read_deployment(path))
        return cls(backend=backend, config=config, contracts=contracts)

    def save_addresses(self, chain_id: int, folder: Path) -> Path:
        """Write ``<folder>/<chain-id>.json``."""
        return write_deployment(self.contracts, self.config, chain_id, folder)
