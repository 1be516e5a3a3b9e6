"""OpenSearch, through its official client: query strings, Query DSL and PPL."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from harness.engines import _elastic
from harness.engines._addresses import Address
from harness.engines._base import EngineFailure, EngineTimeout, Server
from harness.engines._elastic import Client, Cluster, Index
from harness.engines.elasticsearch import missing

Json = Any
_SOURCE = re.compile(
    r"(?P<before>\bsource\s*=\s*)(?P<index>`[^`]*`|[^\s|,]+(?:\s*,\s*[^\s|,]+)*)", re.IGNORECASE
)


class _Client:
    """The official client, whose own retries are off: ours wait longer and at random."""

    def __init__(self, address: Address) -> None:
        try:
            import opensearchpy  # noqa: PLC0415 - an extra
        except ImportError as error:
            message = "opensearch-py"
            raise missing(message) from error
        logging.getLogger("opensearch").setLevel(logging.CRITICAL)
        self._errors = opensearchpy.exceptions
        self.title = f"OpenSearch at {address.url}"
        self.timeout = address.timeout
        more: dict[str, Any] = {}
        if address.user:
            more["http_auth"] = (address.user.read(), address.password.read())
        elif address.token:
            more["headers"] = {"Authorization": f"Bearer {address.token.read()}"}
        if address.ca:
            more["ca_certs"] = address.ca
        self._client = opensearchpy.OpenSearch(
            [address.url],
            timeout=address.timeout,
            max_retries=0,
            retry_on_timeout=False,
            verify_certs=True,
            **more,
        )
        self.version = _elastic.version_of(self)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        errors = self._errors
        kind = "application/x-ndjson" if path.endswith("/_bulk") else "application/json"
        try:
            answer = self._client.transport.perform_request(
                method,
                path,
                body=None if body is None else body.encode("utf-8", "surrogatepass"),
                headers={"content-type": kind},
            )
        except errors.ConnectionTimeout as error:
            message = f"{self.title} does not answer within {self.timeout:g} seconds"
            raise EngineTimeout(message) from error
        except errors.ConnectionError as error:
            message = f"{self.title} cannot be reached: {error.error}"
            raise EngineFailure(message) from error
        except errors.TransportError as error:
            if not isinstance(error.status_code, int):
                message = f"{self.title} cannot be reached: {error.error}"
                raise EngineFailure(message) from error
            return error.status_code, error.info
        except (errors.OpenSearchException, ValueError) as error:
            message = f"{self.title} answers with something that is no JSON"
            raise EngineFailure(message) from error
        return _OK, answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


_OK = 200


def _ppl(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    """Answer a PPL query: its index is ours, and it keeps the names of the documents."""
    del language, options
    text = _SOURCE.sub(lambda found: f"{found['before']}`{index.name}`", query, count=1)
    body = json.dumps({"query": f"{text} | fields _id"})
    answer = index.answer("POST", "/_plugins/_ppl", body, query)
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
    client: Client = _Client(address)
    return Cluster(client, ANSWERING)


SERVER = Server(
    name="opensearch",
    title="OpenSearch",
    languages=tuple(ANSWERING),
    connect=connect,
    credentials="user and password, or token",
)
