"""Answers that a node should not give, answers that never come, and answers to somebody else."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pyvault.chain.anvil import anvil_command, await_url
from pyvault.chain.rpc import RpcBackend
from pyvault.chain.system import System
from pyvault.chain.transport import Client
from pyvault.errors import ChainError, ContractError

PENDING = "0x" + "ab" * 32


@contextmanager
def serving(answer):
    """A client of a server whose answer to each request is what `answer` makes of it: a status and bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            status, body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Keep silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield Client(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def listening(folder, answer):
    """A client of a socket file; each connection brings one request and takes what `answer` makes of it."""
    path, listener = folder / "node.ipc", socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()

    def serve():
        with suppress(OSError):  # until the listener closes
            while True:
                connection, _ = listener.accept()
                with connection, suppress(BrokenPipeError):
                    connection.sendall(answer(json.loads(connection.recv(1 << 16))))
                    connection.recv(1)  # until the client closes

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    client = Client(str(path))
    try:
        yield client
    finally:
        client.close()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


def saying(**parts):
    """The same answer to every request, under its number."""
    return lambda body: (200, json.dumps({"jsonrpc": "2.0", "id": body["id"], **parts}).encode())


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution stopped", "data": "0x"},
        {"code": -32_000, "message": "execution reverted"},
        {"code": -32_015, "message": "VM execution error: revert", "data": "Reverted 0x"},
        {"code": -32_603, "message": "EVM error OutOfGas"},
        {"code": -32_000, "message": "out of gas"},
        {"code": -32_000, "message": "invalid opcode: INVALID"},
    ],
)
def test_error__of_code_that_ran_and_ended__is_the_contract_s_refusal(error):
    with serving(saying(error=error)) as client, pytest.raises(ContractError) as caught:
        client.request("eth_call")
    assert caught.value.reason == ""


@pytest.mark.parametrize(
    "error",
    [
        {"code": 4, "message": "not mined within the timeout", "data": PENDING},  # it may yet be mined
        {"code": -32_005, "message": "rate limit", "data": "0x"},
        "no object",
    ],
)
def test_error__of_the_node__is_no_refusal_even_with_data(error):
    with serving(saying(error=error)) as client, pytest.raises(ChainError) as caught:
        client.request("eth_sendTransactionSync")
    assert not isinstance(caught.value, ContractError)


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"[]"),
        (200, b"null"),
        (200, b'{"jsonrpc": "2.0", "id": 1}'),
        (200, b'{"jsonrpc": "2.0", "id": 99, "result": "0x1"}'),
        (200, b'{"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "batch too large"}}'),
        (502, b"<html>bad gateway</html>"),
        (200, b"<html>a page</html>"),
    ],
)
def test_answer__that_is_none_to_the_request__is_a_chain_error(answer):
    with serving(lambda _: answer) as client:
        for attempt in (lambda: client.request("eth_chainId"), lambda: client.batch("eth_chainId", [(), ()])):
            with pytest.raises(ChainError, match="eth_chainId"):
                attempt()


def test_status__of_a_proxy_without_a_node__is_named():
    with (
        serving(lambda _: (502, b"<html>bad gateway</html>")) as client,
        pytest.raises(ChainError, match="502"),
    ):
        client.request("eth_chainId")


def test_batch__answered_in_another_order__is_put_in_its_own():
    def answer(bodies):
        return 200, json.dumps(
            [{"id": each["id"], "result": each["params"]} for each in bodies[::-1]]
        ).encode()

    with serving(answer) as client:
        assert client.batch("echo", [(1,), (2,), (3,)]) == [[1], [2], [3]]


def test_interrupt__while_an_answer_is_on_its_way__does_not_hand_it_to_the_next_request(tmp_path):
    held, results = threading.Event(), iter(("first", "second"))

    def answer(body):
        if (result := next(results)) == "first":
            held.wait(10)
        return json.dumps({"id": body["id"], "result": result}).encode()

    with listening(tmp_path, answer) as client:
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                client.request("eth_call")
        finally:
            signal.signal(signal.SIGALRM, before)
        held.set()
        assert client.request("eth_call") == "second"


@pytest.mark.parametrize("size", [10_000, 5_000_000])
def test_answer__of_any_size__comes_whole_over_a_socket(tmp_path, size):
    text = "]}" * (size // 2)
    with listening(
        tmp_path, lambda body: json.dumps({"id": body["id"], "result": text}).encode() + b"\n"
    ) as client:
        assert client.request("anything") == text


@pytest.mark.parametrize("way", ["http", "socket"])
def test_node__that_dies_in_the_midst_of_a_transaction__says_what_to_do(tmp_path, way):
    path, log = tmp_path / "node.ipc", tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(anvil_command(socket_file=path), stdout=output, stderr=output)
    url = await_url(log.read_text, lambda: process.poll() is None)
    system = System.deploy(RpcBackend(url if way == "http" else str(path)))
    os.kill(process.pid, signal.SIGSTOP)  # it takes the transaction, and never answers
    killer = threading.Timer(0.3, process.kill)
    killer.start()
    with pytest.raises(ChainError, match=r"does not answer eth_send.*may have been mined: look before"):
        system.set_spot(3_000)
    process.wait()
    killer.join()
    start = time.monotonic()
    with pytest.raises(ChainError, match="still running"):
        system.spot()
    assert time.monotonic() - start < 5.0
