"""A proxy on loopback that passes requests on to a server, or spoils the answers.

``proxy.fault`` decides: it is given each :class:`Exchange` and returns a fault, or ``None`` to
pass it on. A fault is a function that gets the exchange and answers on its connection.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from threading import Lock
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.engines._stub_elastic import Server

JSON = "application/json"
_SAID = re.compile("(?i)content-(length|type)|connection|transfer-encoding|date|server")


@dataclass(slots=True)
class Exchange:
    """A request, and the connection on which to answer it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    handler: BaseHTTPRequestHandler
    target: str

    def forward(self) -> tuple[int, dict[str, str], bytes]:
        """Return what the server behind answers: status, headers, body."""
        connection = HTTPConnection(self.target, timeout=30)
        try:
            headers = {key: one for key, one in self.headers.items() if key.lower() != "host"}
            connection.request(self.method, self.path, self.body, headers)
            found = connection.getresponse()
            return found.status, dict(found.headers.items()), found.read()
        finally:
            connection.close()

    def reply(
        self,
        status: int,
        body: bytes,
        *,
        length: int | None = None,
        kind: str = JSON,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer; ``length`` is what ``Content-Length`` says instead of the truth."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in (headers or {"X-Elastic-Product": "Elasticsearch"}).items():
            if not _SAID.fullmatch(name):
                self.handler.send_header(name, value)
        self.handler.end_headers()
        self.handler.wfile.write(body)
        self.handler.wfile.flush()

    def hang_up(self) -> None:
        """Close the connection."""
        self.handler.close_connection = True


Fault = Callable[[Exchange], None]


class Proxy:
    """A proxy in front of a server; a context manager."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url).netloc
        self.fault: Callable[[Exchange], Fault | None] = lambda _: None
        self.seen: list[tuple[str, str, float]] = []
        """Method, path and time of each request."""
        self._lock = Lock()
        self._server = Server(0, _handler(self, self._target))
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Refuse connections from now on."""
        self._server.stop()

    def open(self) -> None:
        """Take connections again, at the same address."""
        self._server = Server(self._port, _handler(self, self._target))
        self._server.start()

    def count(self, part: str) -> int:
        """Return how many requests had a text in their method and path."""
        return sum(part in f"{method} {path}" for method, path, _ in self.seen)

    def pauses(self, part: str) -> list[float]:
        """Return the seconds between the requests with a text in their method and path."""
        times = [at for method, path, at in self.seen if part in f"{method} {path}"]
        return [two - one for one, two in pairwise(times)]

    def handle(self, exchange: Exchange) -> None:
        """Pass a request on, or do with it what the fault says."""
        with self._lock:
            self.seen.append((exchange.method, exchange.path, time.monotonic()))
            fault = self.fault(exchange)
        (fault or passed)(exchange)


def _handler(proxy: Proxy, target: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            proxy.handle(Exchange(self.command, self.path, headers, body, self, target))

        do_GET = do_PUT = do_POST = do_DELETE = _reply  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


# When ----------------------------------------------------------------------------------------


def on(part: str, fault: Fault, times: int = 1 << 30) -> Callable[[Exchange], Fault | None]:
    """Return a decision: a fault where the method and path hold a text, so many times."""
    left = [times]

    def decide(exchange: Exchange) -> Fault | None:
        if not re.search(part, f"{exchange.method} {exchange.path}") or not left[0]:
            return None
        left[0] -= 1
        return fault

    return decide


# What ----------------------------------------------------------------------------------------


def passed(exchange: Exchange) -> None:
    """Answer as the server behind does."""
    status, headers, body = exchange.forward()
    exchange.reply(status, body, headers=headers)


def dropped(exchange: Exchange) -> None:
    """Reset the connection without an answer."""
    linger = b"\1\0\0\0\0\0\0\0"  # struct linger, on and zero seconds: close() sends a reset
    exchange.handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    exchange.hang_up()


def closed_within(exchange: Exchange) -> None:
    """Do as asked, and close the connection in the middle of the answer."""
    status, headers, body = exchange.forward()
    exchange.reply(status, body[: len(body) // 2], length=len(body), headers=headers)
    exchange.hang_up()


def delayed(seconds: float) -> Fault:
    """Do as asked at once, and answer late."""

    def fault(exchange: Exchange) -> None:
        status, headers, body = exchange.forward()
        time.sleep(seconds)
        exchange.reply(status, body, headers=headers)

    return fault


def status(
    number: int, body: Any = None, *, kind: str = JSON, headers: Mapping[str, str] | None = None
) -> Fault:
    """Answer with a status instead of doing what is asked."""
    text = body if isinstance(body, bytes) else json.dumps(body or _reason(number)).encode()
    given = {"X-Elastic-Product": "Elasticsearch", **(headers or {})}
    return lambda exchange: exchange.reply(number, text, kind=kind, headers=given)


def _reason(number: int) -> dict[str, Any]:
    return {"error": {"type": "some_exception", "reason": f"reason of {number}"}, "status": number}


def echoed(number: int) -> Fault:
    """Answer with an error that repeats the headers of the request."""

    def fault(exchange: Exchange) -> None:
        said = {"error": {"type": "echo", "reason": f"\x1b[2Jheaders: {dict(exchange.headers)}"}}
        exchange.reply(number, json.dumps(said).encode())

    return fault


def changed(change: Callable[[bytes], bytes]) -> Fault:
    """Do as asked, and change the body of the answer."""

    def fault(exchange: Exchange) -> None:
        number, headers, body = exchange.forward()
        exchange.reply(number, change(body), headers=headers)

    return fault


def as_json(change: Callable[[Any], Any]) -> Fault:
    """Do as asked, and change the JSON of the answer."""
    return changed(lambda body: json.dumps(change(json.loads(body))).encode())


def length(add: int) -> Fault:
    """Do as asked, and say another ``Content-Length``."""

    def fault(exchange: Exchange) -> None:
        number, headers, body = exchange.forward()
        exchange.reply(number, body, length=max(0, len(body) + add), headers=headers)
        exchange.hang_up()

    return fault


def noise(exchange: Exchange) -> None:
    """Answer with bytes that are no HTTP."""
    exchange.handler.wfile.write(bytes(range(256)) * 4)
    exchange.handler.wfile.flush()
    exchange.hang_up()


def endless(pause: float) -> Fault:
    """Begin an answer that does not end, with pauses between its pieces."""

    def fault(exchange: Exchange) -> None:
        exchange.reply(200, b'{"hits": [', length=1 << 40)
        while True:
            exchange.handler.wfile.write(b" " if pause else b" " * (1 << 20))
            exchange.handler.wfile.flush()
            time.sleep(pause)

    return fault


def bulk_items(number: int, *, every: int = 1) -> Fault:
    """Refuse every so manieth document of a bulk request with a status."""

    def change(answer: Any) -> Any:
        for item in answer["items"][::every]:
            reason = {"type": "cluster_block_exception", "reason": f"reason of {number}"}
            item["index"] |= {"status": number, "error": reason}
        return answer | {"errors": True}

    return as_json(change)
