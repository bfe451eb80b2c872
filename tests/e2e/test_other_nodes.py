"""A node that is not ours: its own clock and fees, fewer methods, and answers that get lost."""

import json
import subprocess
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from support.probe import deploy_probe

from pyvault.chain.anvil import await_url, find_anvil, running_anvil
from pyvault.chain.backend import DEPLOYER, GENESIS_S
from pyvault.chain.rpc import RpcBackend
from pyvault.errors import ChainError, ContractError, SetupError

STRANGER = "0x" + "57" * 20


@pytest.fixture
def plain(tmp_path):
    """Anvil as it starts without any option: fees, wall clock, no impersonation."""
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        subprocess.Popen([find_anvil(), "--port", "0"], stdout=output, stderr=output) as process,
    ):
        yield await_url(log.read_text, lambda: process.poll() is None)
        process.terminate()


def test_plain_node__with_fees__is_paid_and_knows_only_its_accounts(plain):
    backend = RpcBackend(plain)
    probe = deploy_probe(backend)
    wealth = backend.balance(DEPLOYER)
    assert probe.send("keep", 1, 2, sender=DEPLOYER).status
    assert backend.balance(DEPLOYER) < wealth
    assert probe.transact("keep", 1, 7, sender=DEPLOYER).reason == "probe: word is seven"
    with pytest.raises(ChainError):
        probe.send("keep", 1, 2, sender=STRANGER)


@pytest.fixture
def proxy():
    """A node behind a proxy that refuses some methods and can lose an answer after the node has acted."""
    with running_anvil(timestamp=GENESIS_S) as url:
        target = urlsplit(url)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            refused = ()
            losing = ""
            seen: ClassVar = []

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = json.loads(body)
                method = request["method"] if isinstance(request, dict) else request[0]["method"]
                Handler.seen.append(method)
                if method in Handler.refused:
                    error = {"code": -32_601, "message": "Method not found"}
                    answer = json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode()
                else:
                    node = HTTPConnection(target.hostname, target.port, timeout=10)
                    node.request("POST", "/", body, {"Content-Type": "application/json"})
                    answer = node.getresponse().read()
                    node.close()
                if method == Handler.losing:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                """Keep silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Handler, f"http://127.0.0.1:{server.server_port}", url
        server.shutdown()
        server.server_close()


def test_node__without_newer_methods__gives_the_same_receipts_and_reasons(proxy):
    handler, behind, direct = proxy
    handler.refused = ("eth_sendTransactionSync", "ots_getTransactionError")
    slow, fast = RpcBackend(behind), RpcBackend(direct)
    probe = deploy_probe(slow)
    assert probe.send("keep", 1, 2, sender=STRANGER).block == fast.block
    assert probe.transact("keep", 1, 7, sender=STRANGER).reason == "probe: word is seven"
    with pytest.raises(ContractError, match="least is zero"):
        deploy_probe(slow, least=0)
    assert handler.seen.count("eth_sendTransactionSync") == 1
    assert handler.seen.count("eth_sendTransaction") == 4


def test_answer__that_is_lost__is_an_error_and_the_transaction_is_not_sent_again(proxy):
    handler, behind, direct = proxy
    backend, watcher = RpcBackend(behind), RpcBackend(direct)
    probe = deploy_probe(backend)
    block = watcher.block
    handler.losing = "eth_sendTransactionSync"
    with pytest.raises(ChainError, match="does not answer"):
        probe.send("keep", 1, 2, sender=STRANGER)
    assert watcher.block == block + 1  # the node acted, once
    handler.losing = ""
    assert probe.call("total") == 2  # and the connection is opened anew


def test_words__of_many_slots__come_in_their_order_by_one_exchange(proxy):
    handler, behind, _ = proxy
    backend = RpcBackend(behind)
    probe = deploy_probe(backend)
    probe.send("keep", 1, 9, sender=STRANGER)
    handler.seen.clear()
    assert backend.words(probe.address, [2, 1, 7]) == [0, 9, 0]
    assert backend.words(probe.address, []) == []
    assert len(handler.seen) == 1


def test_address__that_is_no_url__is_refused_with_a_remedy():
    with pytest.raises(SetupError, match="http"):
        RpcBackend("ftp://127.0.0.1:1")


def test_socket_file__that_is_not_there__is_a_chain_error(tmp_path):
    with pytest.raises(ChainError, match="does not answer"):
        RpcBackend(str(tmp_path / "nothing.ipc")).request("eth_chainId")
