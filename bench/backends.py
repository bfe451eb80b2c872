"""Calls and transactions a second on each backend, encoded and decoded, beside what others offer.

In process: titanoboa in its fast mode, which spares checkpoints and checks. On a node: web3.py's contract
object in a loop on the same node and over the same way, at its quickest: no middleware, gas and fee given so
that it asks for neither, looking for each receipt every 2 ms. A call reads a token's balance, a transaction
transfers one unit. A node works in a process of its own, so these figures are wall-clock time, every
candidate taking its turn in every round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from harness import Figure, write_figures

from pyvault.chain.anvil import running_anvil
from pyvault.chain.artifacts import CONTRACTS, load
from pyvault.chain.backend import CHAIN_ID, DEPLOYER, TRANSACTION_GAS_LIMIT, Backend
from pyvault.chain.contract import Contract, deploy
from pyvault.chain.revm import RevmBackend
from pyvault.chain.rpc import RpcBackend

OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
TOKEN = ("Devnet dollar", "USDC", 6)
SUPPLY = 10**30
ROUNDS = 7
PROCESS_REPEATS, NODE_REPEATS = 300, 200

Act = Callable[[], object]


def main() -> list[Figure]:
    """Measure, write ``results/backends.json``."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "node.ipc"
        with running_anvil(socket_file=path) as url:
            figures = [*in_process(folder), *on_a_node(url, str(path))]
    write_figures("backends", figures)
    return figures


def in_process(folder: str) -> list[Figure]:
    """RevmBackend beside titanoboa."""
    token = our_token(RevmBackend())
    ours = {"calls": reads(token), "transactions": writes(token)}
    peer, name = "titanoboa", "titanoboa 0.2.8"
    try:
        theirs = boa_token(folder)
    except ImportError as error:
        rates = {kind: measure({"ours": act}, PROCESS_REPEATS)["ours"] for kind, act in ours.items()}
        note = f"peer missing: {error}"
        return [figure(f"RevmBackend, {kind}", rate, name, None, note) for kind, rate in rates.items()]
    figures = []
    for kind, act in ours.items():
        rates = measure({"ours": act, peer: theirs[kind]}, PROCESS_REPEATS)
        figures.append(figure(f"RevmBackend, {kind}", rates["ours"], name, rates[peer]))
    return figures


def on_a_node(url: str, path: str) -> list[Figure]:
    """RpcBackend over HTTP and over the socket file, each beside web3.py over the same."""
    http = our_token(RpcBackend(url))
    socket = Contract(
        artifact=http.artifact,
        address=http.address,
        backend=RpcBackend(path),
        functions=http.functions,
        events=http.events,
    )
    web3: Any = import_module("web3")
    providers = {"http": web3.HTTPProvider(url), "socket": web3.IPCProvider(path)}
    theirs = {way: web3_token(web3.Web3(provider), http) for way, provider in providers.items()}
    figures = []
    for kind, ours in (("calls", reads), ("transactions", writes)):
        acts = {"http": ours(http), "socket": ours(socket)}
        acts |= {f"web3.py over {way}": theirs[way][kind] for way in providers}
        rates = measure(acts, NODE_REPEATS)
        for way in providers:
            title, peer = f"RpcBackend over {way}, {kind}", f"web3.py over {way}"
            figures.append(figure(title, rates[way], f"web3.py 7.16.0 loop over {way}", rates[peer]))
    return figures


def figure(title: str, rate: float, peer: str, peer_rate: float | None, note: str = "") -> Figure:
    """Rate of ours, and how many times the peer's it is."""
    return Figure(
        name=title,
        value=rate,
        unit="per second",
        peer=peer,
        ratio=None if peer_rate is None else rate / peer_rate,
        note=note or f"peer {peer_rate:,.0f} per second; wall clock",
    )


def measure(acts: Mapping[str, Act], repeats: int) -> dict[str, float]:
    """Acts a second of each candidate: the median over rounds in which they take turns."""
    samples: dict[str, list[float]] = {name: [] for name in acts}
    for act in acts.values():
        act()
    for _ in range(ROUNDS):
        for name, act in acts.items():
            start = time.perf_counter()
            for _ in range(repeats):
                act()
            samples[name].append(repeats / (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in samples.items()}


def our_token(backend: Backend) -> Contract:
    """A devnet token with a supply."""
    token = deploy(backend, load("DevnetToken"), TOKEN)
    token.send("mint", DEPLOYER, SUPPLY, sender=DEPLOYER)
    return token


def reads(token: Contract) -> Act:
    """Read a balance."""
    return lambda: token.call("balanceOf", DEPLOYER)


def writes(token: Contract) -> Act:
    """Transfer one unit."""
    return lambda: token.send("transfer", OTHER, 1, sender=DEPLOYER)


def boa_token(folder: str) -> dict[str, Act]:
    """The same token in titanoboa; with a cache of its own, since it calls nothing that it did not cache."""
    boa: Any = import_module("boa")
    boa.interpret.set_cache_dir(folder)
    boa.interpret.set_search_paths([str(CONTRACTS)])
    boa.env.enable_fast_mode()
    with boa.env.prank(DEPLOYER):
        token = boa.load(str(CONTRACTS / "devnet" / "DevnetToken.vy"), *TOKEN)
        token.mint(DEPLOYER, SUPPLY)
    return {
        "calls": lambda: token.balanceOf(DEPLOYER),
        "transactions": lambda: token.transfer(OTHER, 1, sender=DEPLOYER),
    }


def web3_token(client: Any, ours: Contract) -> dict[str, Act]:  # noqa: ANN401 - a web3.Web3
    """The same contract on the same node through web3.py, asking the node for nothing that it is told."""
    client.middleware_onion.clear()
    told = {"from": DEPLOYER, "gas": TRANSACTION_GAS_LIMIT, "gasPrice": 0, "chainId": CHAIN_ID}
    token = client.eth.contract(address=ours.address, abi=list(ours.artifact.abi))

    def transfer() -> object:
        sent = token.functions.transfer(OTHER, 1).transact(told)
        return client.eth.wait_for_transaction_receipt(sent, poll_latency=0.002)

    return {"calls": lambda: token.functions.balanceOf(DEPLOYER).call(), "transactions": transfer}


if __name__ == "__main__":
    main()
