"""OpenSearch, through its official client: query strings, Query DSL and PPL."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import EngineFailure, EngineTimeout, Server
from harness.engines._http import Limited
from harness.engines.servers import _elastic
from harness.engines.servers._elastic import (
    Client,
    Cluster,
    Index,
    Login,
    client_options,
    missing,
    user_and_password,
)
from harness.errors import Diagnostic, InvalidInput

Json = Any
_PACKAGE = "opensearch-py"
_SOURCE = re.compile(
    r"(?P<before>\bsource\s*=\s*)(?P<index>`[^`]*`|[^\s|,]+(?:\s*,\s*[^\s|,]+)*)", re.IGNORECASE
)


class _Client(Client):
    """The official client of OpenSearch."""

    def __init__(self, address: Address) -> None:
        try:
            import opensearchpy  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise missing(_PACKAGE) from error
        super().__init__("OpenSearch", address)
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        self._errors = opensearchpy.exceptions
        self._client = opensearchpy.OpenSearch(
            [address.url], timeout=address.timeout, **client_options(address, **_LOGINS)
        )
        (connection,) = self._client.transport.connection_pool.connections
        self.limited = Limited(connection.pool, self.title, self.timeout)
        connection.pool = self.limited

    def perform(self, method: str, path: str, body: bytes | None) -> tuple[int, Json]:
        errors = self._errors
        kind = "application/x-ndjson" if path.endswith("/_bulk") else "application/json"
        try:
            answer = self._client.transport.perform_request(
                method, path, body=body, headers={"content-type": kind}
            )
        except errors.ConnectionTimeout as error:
            message = f"{self.title} does not answer within {self.timeout:g} seconds"
            raise EngineTimeout(message) from error
        except errors.TransportError as error:
            if not isinstance(error.status_code, int):
                message = f"{self.title} cannot be reached: {self.shown(str(error.error))}"
                raise EngineFailure(message) from error
            return error.status_code, error.error if error.info is None else error.info
        except (errors.OpenSearchException, AttributeError, ValueError, RecursionError) as error:
            message = f"{self.title} answers with something that is no JSON"
            raise EngineFailure(message) from error
        return _OK, answer

    def close(self) -> None:
        self._client.close()


def _no_api_key(address: Address) -> dict[str, Any]:
    message = f"OpenSearch at {address.url} takes no API key"
    hint = "give user and password, or a token"
    raise InvalidInput([Diagnostic(code="bad-engine", message=message, hint=hint)])


_LOGINS: dict[str, Login] = {
    "api_key": _no_api_key,
    "user": lambda address: {"http_auth": user_and_password(address)},
    "token": lambda address: {"headers": {"Authorization": f"Bearer {address.token.read()}"}},
}
_OK = 200


def _ppl(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    """Answer a PPL query: its index is ours, and it keeps the names of the documents."""
    del language, options
    text = _SOURCE.sub(lambda found: f"{found['before']}`{index.name}`", query, count=1)
    body = json.dumps({"query": f"{text} | fields _id"})
    answer = index.answer("POST", "/_plugins/_ppl", body, query)
    with _elastic.expecting(index.cluster.client.title):
        return frozenset(str(row[0]) for row in answer["datarows"])


ANSWERING = {
    "opensearch": _elastic.query_string,
    "lucene": _elastic.query_string,
    "querydsl": _elastic.query_object,
    "graylog": _elastic.graylog,
    "ppl": _ppl,
}


def connect(address: Address) -> Cluster:
    """Return a cluster that answers."""
    return Cluster(_Client(address), ANSWERING)


SERVER = Server(
    name="opensearch",
    title="OpenSearch",
    languages=tuple(ANSWERING),
    connect=connect,
    clock=True,
    credentials="user and password, or token",
)
