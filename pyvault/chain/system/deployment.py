"""Where a suite stands: ``deployments/<chain-id>.json``, the one place of addresses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyvault.chain.artifacts import load
from pyvault.chain.backend import Backend
from pyvault.chain.contract import Contract, at
from pyvault.chain.system.values import SystemConfig
from pyvault.errors import SetupError

__all__ = ["DEPLOYMENTS", "attach_contracts", "deployment_path", "read_deployment", "write_deployment"]

DEPLOYMENTS = Path("deployments")
_CONFIG = (
    "quote_decimals",
    "underlying_decimals",
    "feed_decimals",
    "owner",
    "guardian",
    "keeper",
    "market",
    "lp_owner",
    "deployer",
)


def deployment_path(chain_id: int, folder: Path = DEPLOYMENTS) -> Path:
    """File of a chain."""
    return folder / f"{chain_id}.json"


def write_deployment(
    contracts: dict[str, Contract], config: SystemConfig, chain_id: int, folder: Path = DEPLOYMENTS
) -> Path:
    """Write addresses by duty, with the artifact that each was made from."""
    record = {
        "chain_id": chain_id,
        "config": {name: getattr(config, name) for name in _CONFIG},
        "contracts": {
            duty: {"artifact": each.artifact.name, "address": each.address}
            for duty, each in contracts.items()
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = deployment_path(chain_id, folder)
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path


def read_deployment(path: Path) -> dict[str, Any]:
    """Record of a deployment.

    Raises
    ------
    SetupError
        If there is none, or it is not one.
    """
    remedy = "Deploy first: `pyvault devnet up`, or `ape run deploy`."
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"No deployment in {path}: {error}", remedy) from error
    if not _is_record(record):
        raise SetupError(f"{path} is no record of a deployment", remedy)
    return record


def _is_record(record: object) -> bool:
    """Whether what a file holds has the shape that `write_deployment` gives."""
    if not isinstance(record, dict) or not {"chain_id", "config", "contracts"} <= record.keys():
        return False
    config, contracts = record["config"], record["contracts"]
    return (
        isinstance(config, dict)
        and config.keys() <= set(_CONFIG)
        and isinstance(contracts, dict)
        and all(
            isinstance(each, dict) and {"artifact", "address"} <= each.keys() for each in contracts.values()
        )
    )


def attach_contracts(backend: Backend, record: dict[str, Any]) -> tuple[dict[str, Contract], SystemConfig]:
    """Contracts that are already there, each checked to run the code of its artifact.

    Raises
    ------
    SetupError
        If an address holds other code: another chain, or contracts compiled anew since.
    """
    found = {}
    for duty, entry in record["contracts"].items():
        artifact = load(entry["artifact"])
        if not backend.code(entry["address"]).startswith(artifact.runtime):
            raise SetupError(
                f"{duty} at {entry['address']} does not run the compiled {artifact.name}",
                "Is it another chain, or was contracts/ compiled anew since? Deploy again.",
            )
        found[duty] = at(backend, artifact, entry["address"])
    return found, SystemConfig(**record["config"])
