"""An Elasticsearch in memory: as much of its interface as the harness uses, on loopback.

Documents are kept as they come; a search returns the documents that ``chosen`` accepts, whatever
it asks. The answers have the form of those of version 8.19.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Json = Any
VERSION = "8.19.21"
_SHARDS = {"total": 1, "successful": 1, "failed": 0}


class Server(ThreadingHTTPServer):
    """A server on loopback that says nothing when who asked is gone."""

    daemon_threads = True

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", port), handler)

    def start(self) -> None:
        """Serve from now on, in a thread of its own."""
        Thread(target=self.serve_forever, args=(0.005,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class StubElastic:
    """A server with indices in memory; a context manager."""

    def __init__(self, chosen: Callable[[Mapping[str, Any]], bool] = bool) -> None:
        self.chosen = chosen
        self.indices: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.created: list[str] = []
        self.credentials: set[str] = set()
        """What was sent to log in."""
        self._lock = Lock()
        self._server = Server(0, handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        parts = urlsplit(target)
        first, _, action = parts.path.strip("/").partition("/")
        with self._lock:
            match method, first, action:
                case "GET", "", "":
                    return 200, {"version": {"number": VERSION}}
                case "GET", "_cat", found if found.startswith("indices/"):
                    prefix = found.removeprefix("indices/").rstrip("*")
                    assert parse_qs(parts.query)["format"] == ["json"]
                    return 200, [{"index": one} for one in self.indices if one.startswith(prefix)]
                case "PUT", name, "":
                    return self._create(name)
                case _, name, _ if name not in self.indices:
                    return 404, _error("index_not_found_exception", f"no such index [{name}]")
                case "DELETE", name, "":
                    del self.indices[name]
                    return 200, {"acknowledged": True}
                case "POST", name, "_bulk":
                    return self._bulk(name, body)
                case "POST", _, "_refresh":
                    return 200, {"_shards": _SHARDS}
                case "POST", name, "_search":
                    return self._search(name)
                case _:
                    return 400, _error(
                        "illegal_argument_exception", f"no handler found for uri [{target}]"
                    )

    def _create(self, name: str) -> tuple[int, Json]:
        if name in self.indices:
            return 400, _error("resource_already_exists_exception", f"index [{name}] exists")
        self.indices[name] = {}
        self.created.append(name)
        return 200, {"acknowledged": True, "index": name}

    def _bulk(self, name: str, body: bytes) -> tuple[int, Json]:
        lines = [json.loads(line) for line in body.splitlines()]
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            identity = action["index"]["_id"]
            self.indices[name][identity] = source
            items.append({"index": {"_index": name, "_id": identity, "status": 201}})
        return 200, {"errors": False, "items": items}

    def _search(self, name: str) -> tuple[int, Json]:
        found = [one for one, source in self.indices[name].items() if self.chosen(source)]
        hits = {"total": {"value": len(found)}, "hits": [{"_id": one} for one in found]}
        return 200, {"timed_out": False, "_shards": _SHARDS, "hits": hits}


def _error(kind: str, reason: str) -> Json:
    return {"error": {"type": kind, "reason": reason}}


def handler(stub: Any) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _reply(self) -> None:
            stub.credentials.add(self.headers.get("Authorization", ""))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer = stub.answer(self.command, self.path, body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("X-Elastic-Product", "Elasticsearch")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()

        do_GET = do_PUT = do_POST = do_DELETE = _reply  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
