"""JSON-RPC over one kept connection: HTTP, or the socket file of a node on this machine."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from pyvault.chain.codec import revert_reason
from pyvault.errors import ChainError, ContractError, SetupError

__all__ = ["Client"]

_TIMEOUT_S = 60.0
_TAIL = 16  # bytes at the end of an answer that may be white space
_IDLE_S = 5.0  # a connection unused for longer is opened anew, never trusted: a node may have closed it
_HEADERS = {"Content-Type": "application/json"}
_REVERT_CODE = 3  # of a JSON-RPC error: the contract reverted
_REFUSED = re.compile(r"revert|^EVM error \w+$|out of gas|invalid opcode", re.IGNORECASE)


class Client:
    """Requests to one node. A request is never sent twice: it may have had its effect.

    Parameters
    ----------
    url
        ``http://…``, ``https://…``, or the path of a socket file.
    timeout_s
        Longest wait for an answer.
    """

    def __init__(self, url: str, *, timeout_s: float = _TIMEOUT_S) -> None:
        self.url = url
        self._transport: _Transport = _Http(url, timeout_s) if "://" in url else _SocketFile(url, timeout_s)
        self._ids = itertools.count(1)

    def request(self, method: str, *parameters: Any) -> Any:  # noqa: ANN401 - whatever the method returns
        """Result of a method.

        Raises
        ------
        ContractError
            If the node reports a revert, or code that ended in the midst: out of gas, an invalid opcode.
        ChainError
            If it reports anything else, or cannot be reached.
        """
        body = self._body(method, parameters)
        return self._result([self._exchange(body, method)], body["id"], method)

    def batch(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """Results of one method for many sets of parameters, in their order, by one exchange."""
        if not parameters:
            return []
        bodies = [self._body(method, each) for each in parameters]
        answers = self._exchange(bodies, method)
        known = answers if isinstance(answers, list) else [answers]  # one error for all of them
        return [self._result(known, body["id"], method) for body in bodies]

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
                f"{self.url} does not answer {method}: {error or type(error).__name__}. {_advice(method)}"
            ) from error
        except BaseException:  # an interrupt: the answer is still on its way, and nobody's
            self._transport.close()
            raise

    @staticmethod
    def _result(answers: Sequence[Any], number: int, method: str) -> Any:  # noqa: ANN401 - any result
        """Result of the answer that bears the request's number, or that of an error which bears none."""
        known = [answer for answer in answers if isinstance(answer, dict)]
        failed = [answer for answer in known if answer.get("error") is not None and answer.get("id") is None]
        found = [answer for answer in known if answer.get("id") == number] or failed
        if not found or not {"result", "error"} & found[0].keys():
            raise ChainError(f"{method}: the node's answer is none to this request: {answers!r:.200}")
        failure: Any = found[0].get("error")
        if failure is None:
            return found[0]["result"]
        if isinstance(failure, dict) and _is_refusal(failure):
            raise ContractError(_reason(failure.get("data")))
        raise ChainError(f"{method}: {failure}")


def _advice(method: str) -> str:
    """What to do about a lost answer."""
    if not method.startswith("eth_send"):
        return "Is the node still running?"
    return "Is the node still running? The transaction may have been mined: look before you send it again."


def _is_refusal(failure: dict[str, Any]) -> bool:
    """Whether code ran and ended: by the error's number or words, for data may also be a pending hash."""
    return failure.get("code") == _REVERT_CODE or _REFUSED.search(str(failure.get("message"))) is not None


def _reason(data: object) -> str:
    """Reason in the data of a revert; empty where a node tells none."""
    try:
        return revert_reason(bytes.fromhex(str(data).removeprefix("0x")))
    except ValueError:
        return ""


class _Transport(Protocol):
    def exchange(self, body: bytes) -> bytes:
        """Answer to one body."""

    def close(self) -> None:
        """Forget the connection; the next exchange opens another."""


class _Http:
    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname:
            raise SetupError(f"{url!r} is no address of a node", "It reads http://host:port or https://host.")
        self._connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._used = time.monotonic()

    def exchange(self, body: bytes) -> bytes:
        if time.monotonic() - self._used > _IDLE_S:
            self.close()
        self._connection.request("POST", self._path, body, _HEADERS)
        response = self._connection.getresponse()
        answer: bytes = response.read()
        self._used = time.monotonic()
        if response.status != HTTPStatus.OK and not answer.lstrip().startswith((b"{", b"[")):
            raise OSError(f"HTTP status {response.status} {response.reason}")
        return answer

    def close(self) -> None:
        self._connection.close()


class _SocketFile:
    def __init__(self, path: str, timeout_s: float) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._socket: socket.socket | None = None

    def exchange(self, body: bytes) -> bytes:
        if self._socket is None:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.settimeout(self._timeout_s)
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
    if not answer[-_TAIL:].rstrip().endswith((b"}", b"]")):
        return False
    try:
        json.loads(answer)
    except ValueError:
        return False
    return True
