"""ClickHouse's HTTP interface in front of chdb, which is the same engine in a library.

It answers as https://clickhouse.com/docs/interfaces/http says: the statement is the body of a
POST, errors are ``Code: NN.`` with a status of 4xx or 5xx.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class StubClickHouse:
    """A server on a free port; ``statements`` are those that it was asked."""

    def __init__(self, session: Any, *, user: str = "", key: str = "") -> None:
        self.session = session
        self.user, self.key = user, key
        self.statements: list[str] = []
        self.down = False
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                statement = self.rfile.read(size).decode()
                given = {name: one[0] for name, one in parse_qs(urlsplit(self.path).query).items()}
                status, body = stub.answer(statement, given, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(
        self, statement: str, given: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, bytes]:
        named = {name.lower(): one for name, one in headers.items()}
        login = (named.get("x-clickhouse-user", ""), named.get("x-clickhouse-key", ""))
        if login != (self.user, self.key):
            return 403, b"Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)"
        if self.down:
            return 500, b"Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)"
        self.statements.append(statement)
        reads = statement.lstrip().upper().startswith(("SELECT", "EXPLAIN"))
        if given.get("readonly") == "1" and not reads:
            return 500, b"Code: 164. DB::Exception: Cannot execute query in readonly mode."
        try:
            found = self.session.query(statement, "TSV")
        except Exception as error:  # noqa: BLE001 - the library has no errors of its own
            return 500, str(error).encode()
        return 200, found.bytes() if found is not None else b""

    @contextmanager
    def running(self) -> Iterator[StubClickHouse]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()
