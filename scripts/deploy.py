"""Deploy the suite on ape's network: ``ape run deploy --network ethereum:local:foundry``.

The node must hold the roles' accounts unlocked, as local nodes do. Writes ``deployments/<chain-id>.json``.
"""

from __future__ import annotations

from pathlib import Path

import ape

from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System

__all__ = ["main"]


def main() -> None:
    """Deploy, write the addresses, print them."""
    provider = ape.networks.provider
    system = System.deploy(RpcBackend(str(provider.http_uri)))
    path = system.save_addresses(int(provider.chain_id), Path("deployments"))
    for duty, contract in system.contracts.items():
        print(f"{duty:<17} {contract.artifact.name:<15} {contract.address}")
    print(f"written to {path}")
