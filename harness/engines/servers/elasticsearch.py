"""Elasticsearch, through its official client: query strings, Query DSL, EQL, ES|QL, watches.

EQL, ES|QL and Watcher are of Elastic's own distribution: a server without them says so in its
answer, which is a failure of the engine and no verdict on the query.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Server
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

Json = Any
_PACKAGE = "elasticsearch"
_EQL = ("event_category_field", "timestamp_field", "tiebreaker_field")
_SOURCES = re.compile(
    r"\s*from\s+(?P<indices>[^|]*?)(?P<metadata>\s+metadata\s+[^|]*)?(?=\||\Z)", re.IGNORECASE
)
_PLAIN = {"accept": "application/json", "content-type": "application/json"}
_LINES = {"accept": "application/json", "content-type": "application/x-ndjson"}


class _Client(Client):
    """The official client of Elastic."""

    def __init__(self, address: Address) -> None:
        try:
            import elastic_transport  # noqa: PLC0415 - an extra
            import elasticsearch  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise missing(_PACKAGE) from error
        super().__init__("Elasticsearch", address)
        logging.getLogger("elastic_transport").setLevel(logging.CRITICAL)
        self._errors = elasticsearch, elastic_transport
        self._client = elasticsearch.Elasticsearch(
            address.url, request_timeout=address.timeout, **client_options(address, **_LOGINS)
        )
        node: Any = self._client.transport.node_pool.all()[0]
        self.limited = Limited(node.pool, self.title, self.timeout)
        node.pool = self.limited

    def perform(self, method: str, path: str, body: bytes | None) -> tuple[int, Json]:
        elasticsearch, transport = self._errors
        headers = _LINES if path.endswith("/_bulk") else _PLAIN
        try:
            answer = self._client.perform_request(method, path, headers=headers, body=body)
        except elasticsearch.UnsupportedProductError as error:
            message = f"{self.title} is no Elasticsearch 7.14 or newer"
            raise EngineFailure(message) from error
        except elasticsearch.ApiError as error:
            return error.meta.status, error.body
        except transport.ConnectionTimeout as error:
            message = f"{self.title} does not answer within {self.timeout:g} seconds"
            raise EngineTimeout(message) from error
        except (transport.SerializationError, ValueError, RecursionError) as error:
            message = f"{self.title} answers with something that is no JSON"
            raise EngineFailure(message) from error
        except transport.TransportError as error:
            message = f"{self.title} cannot be reached: {self.shown(_words(error))}"
            raise EngineFailure(message) from error
        return answer.meta.status, answer.body

    def close(self) -> None:
        self._client.close()


_LOGINS: dict[str, Login] = {
    "api_key": lambda address: {"api_key": address.api_key.read()},
    "token": lambda address: {"bearer_auth": address.token.read()},
    "user": lambda address: {"basic_auth": user_and_password(address)},
}


def _words(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error)
    return re.sub(r"<[^>]*object at 0x[0-9a-f]+>:?\s*", "", text)


def _eql(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    del language
    given = {key: options[key] for key in _EQL if key in options}
    body = json.dumps({"query": query, "size": 10_000, **given})
    answer = index.answer("POST", f"/{index.name}/_eql/search", body, query)
    with _elastic.expecting(index.cluster.client.title):
        hits = answer["hits"]
        found = list(hits.get("events") or ())
        found += [one for sequence in hits.get("sequences") or () for one in sequence["events"]]
        return frozenset(str(one["_id"]) for one in found)


def _esql(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    """Answer an ES|QL query: its index is ours, and the names of the documents come with it."""
    del language, options
    text = _SOURCES.sub(f"from {index.name} metadata _id", query, count=1)
    answer = index.answer("POST", "/_query?format=json", json.dumps({"query": text}), query)
    with _elastic.expecting(index.cluster.client.title):
        names = [one["name"] for one in answer["columns"]]
        if "_id" not in names:
            message = "the query does not keep _id, so its rows cannot be told apart"
            raise Declined(message)
        at = names.index("_id")
        return frozenset(str(row[at]) for row in answer["values"])


def _watch(index: Index, language: str, query: str, options: Mapping[str, Any]) -> frozenset[str]:
    """Run a watch without its actions on each document of our index alone."""
    del language, options
    try:
        watch = json.loads(query)
    except (ValueError, RecursionError) as error:
        raise _elastic.refusal(query, "the watch is no JSON") from error
    watch = watch.get("watch", watch) if isinstance(watch, dict) else watch
    found = set()
    for name in index.names:
        body = {"watch": _on(watch, index.name, name), "action_modes": {"_all": "simulate"}}
        answer = index.answer("POST", "/_watcher/watch/_execute", json.dumps(body), query)
        with _elastic.expecting(index.cluster.client.title):
            if answer["watch_record"]["result"]["condition"]["met"]:
                found.add(name)
    return frozenset(found)


def _on(node: Any, index: str, document: str) -> Any:
    """Return a watch whose searches look at one document of an index."""
    if isinstance(node, list):
        return [_on(one, index, document) for one in node]
    if not isinstance(node, dict):
        return node
    if "indices" in node and isinstance(body := node.get("body", {}), dict):
        only = {"ids": {"values": [document]}}
        asked = [body["query"]] if "query" in body else []
        query = {"bool": {"must": asked, "filter": [only]}}
        return {**node, "indices": [index], "body": {**body, "query": query}}
    return {key: _on(value, index, document) for key, value in node.items()}


ANSWERING = {
    "lucene": _elastic.query_string,
    "querydsl": _elastic.query_object,
    "graylog": _elastic.graylog,
    "eql": _eql,
    "esql": _esql,
    "watcher": _watch,
}


def connect(address: Address) -> Cluster:
    """Return a cluster that answers."""
    return Cluster(_Client(address), ANSWERING)


SERVER = Server(
    name="elasticsearch",
    title="Elasticsearch",
    languages=tuple(ANSWERING),
    connect=connect,
    clock=True,
    credentials="api_key, token, or user and password",
)
