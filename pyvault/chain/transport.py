"""JSON-RPC over one kept connection: HTTP, or the socket file of a node on this machine."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import time
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

from pyvault.chain.codec import revert_reason
from pyvault.errors import ChainError, ContractError, SetupError

__all__ = ["Client"]

_TIMEOUT_S = 60.0
_IDLE_S = 5.0  # a connection unused for longer is opened anew, never trusted: a node may have closed it
_HEADERS = {"Content-Type": "application/json"}


class Client:
    """Requests to one node. A request is never sent twice: it may have had its effect.

    Parameters
    ----------
    url
        ``http://…``, ``https://…``, or the path of a socket file.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._transport: _Transport = _Http(url) if "://" in url else _SocketFile(url)
        self._ids = itertools.count(1)

    def request(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - whatever the method returns
        """Result of a method.

        Raises
        ------
        ContractError
            If the node reports a revert.
        ChainError
            If it reports anything else, or cannot be reached.
        """
        return self._result(self._exchange(self._body(method, parameters), method), method)

    def batch(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """Results of one method for many sets of parameters, in their order, by one exchange."""
        if not parameters:
            return []
        bodies = [self._body(method, each) for each in parameters]
        answers = {answer["id"]: answer for answer in self._exchange(bodies, method)}
        return [self._result(answers[body["id"]], method) for body in bodies]

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._transport.close()

    def __del__(self) -> None:
        if hasattr(self, "_transport"):
            self.close()

    def _body(self, method: str, parameters: Sequence[Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(parameters)}

    def _exchange(self, body: Any, method: str) -> Any:  # noqa: ANN401 - one request or several
        try:
            return json.loads(self._transport.exchange(json.dumps(body).encode()))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._transport.close()
            raise ChainError(
                f"{self.url} does not answer {method}: {error or type(error).__name__}"
            ) from error

    @staticmethod
    def _result(answer: dict[str, Any], method: str) -> Any:  # noqa: ANN401 - whatever the method returns
        failure: Any = answer.get("error")
        if failure is None:
            return answer["result"]
        data = failure.get("data") if isinstance(failure, dict) else None
        if isinstance(data, str) and data.startswith("0x"):
            raise ContractError(revert_reason(bytes.fromhex(data[2:])))
        raise ChainError(f"{method}: {failure}")


class _Transport(Protocol):
    def exchange(self, body: bytes) -> bytes:
        """Answer to one body."""

    def close(self) -> None:
        """Forget the connection; the next exchange opens another."""


class _Http:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise SetupError(f"{url!r} is no address of a node", "It reads http://host:port or https://host.")
        self._connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=_TIMEOUT_S)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._used = time.monotonic()

    def exchange(self, body: bytes) -> bytes:
        if time.monotonic() - self._used > _IDLE_S:
            self.close()
        self._connection.request("POST", self._path, body, _HEADERS)
        answer: bytes = self._connection.getresponse().read()
        self._used = time.monotonic()
        return answer

    def close(self) -> None:
        self._connection.close()


class _SocketFile:
    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None

    def exchange(self, body: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(_TIMEOUT_S)
            self._socket.connect(self._path)
        self._socket.sendall(body)
        answer = bytearray()
        while not _is_complete(answer):
            part = self._socket.recv(1 << 16)
            if not part:
                raise ConnectionResetError("the node closed its socket")
            answer += part
        return bytes(answer)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None


def _is_complete(answer: bytearray) -> bool:
    """Whether the bytes are one JSON value: the socket carries no lengths."""
    if not answer.rstrip().endswith((b"}", b"]")):
        return False
    try:
        json.loads(answer)
    except ValueError:
        return False
    return True
