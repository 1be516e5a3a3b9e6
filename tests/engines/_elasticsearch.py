"""A small client of a running Elasticsearch: temporary indices, documents, searches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

from harness.ir import FieldType

Json = Any
_TIMEOUT = 60
_CONTAINERS = frozenset({"object", "nested", "flattened"})
_NAMED = {
    "analyzer": {"analyzer_keyword": {"tokenizer": "keyword", "filter": ["lowercase"]}},
    "normalizer": {"loweronly": {"type": "custom", "filter": ["lowercase"]}},
}
"""Analyzers and normalizers of Graylog, which its index templates define."""


class RefusedMapping(Exception):
    """The engine has no such index type, analyzer or mapping parameter."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The engine refuses a query; two of them are equal whatever the reason."""

    reason: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rejected)

    def __hash__(self) -> int:
        return 0


class Engine:
    """One Elasticsearch node."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        nodes = self.ask("GET", "/_nodes")["nodes"]
        self.version = str(next(iter(nodes.values()))["version"])

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    def send(self, method: str, path: str, body: str | None = None) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        data = None if body is None else body.encode("utf-8", "surrogatepass")
        kind = "application/x-ndjson" if path.endswith("_bulk") else "application/json"
        request = Request(  # noqa: S310 - the address comes from the person who runs the test
            self.url + path, data=data, method=method, headers={"Content-Type": kind}
        )
        try:
            with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """Return the JSON of an answer that must succeed."""
        status, answer = self.send(method, path, None if body is None else json.dumps(body))
        assert status < 400, answer
        return answer

    def takes(self, kind: FieldType) -> bool:
        """Return whether the engine has an index type, with its parameters."""
        try:
            with self.index({"field": kind}):
                return True
        except RefusedMapping:
            return False

    @contextmanager
    def index(
        self, types: Mapping[str, FieldType], settings: Mapping[str, Any] | None = None
    ) -> Iterator[Index]:
        """Create an index with these types; it is removed at the end."""
        name = f"harness-referee-{uuid4().hex}"
        status, answer = self.send("PUT", f"/{name}", json.dumps(definition(types, settings)))
        if status >= 400:
            raise RefusedMapping(reason(answer))
        try:
            yield Index(self, name)
        finally:
            self.send("DELETE", f"/{name}")


@dataclass(slots=True)
class Index:
    """A temporary index; documents are named by their place in a list."""

    engine: Engine
    name: str

    def add(self, documents: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Index documents; return which of them the engine takes."""
        lines = []
        for place, document in enumerate(documents):
            source = {key: value for key, value in document.items() if key != "_id"}
            identity = str(document.get("_id", place))
            lines.append(json.dumps({"index": {"_id": identity}}))
            lines.append(json.dumps(source))
        body = "".join(f"{line}\n" for line in lines)
        if not body:
            return []
        status, answer = self.engine.send("POST", f"/{self.name}/_bulk?refresh=true", body)
        assert status < 400, answer
        return [item["index"]["status"] < 400 for item in answer["items"]]

    def search(self, body: str) -> frozenset[str] | Rejected:
        """Return the identities of all hits of a search body."""
        path = f"/{self.name}/_search?size=10000&_source=false"
        status, answer = self.engine.send("POST", path, body)
        if status >= 400:
            return Rejected(reason(answer))
        assert not answer["_shards"]["failed"], answer
        return frozenset(hit["_id"] for hit in answer["hits"]["hits"])


def reason(answer: Json) -> str:
    """Return the innermost reason of an error."""
    error = answer.get("error", answer)
    if not isinstance(error, dict):
        return str(error)
    found = [str(error.get("reason"))]
    for cause in error.get("failed_shards", ()):
        found.append(str(cause["reason"].get("reason")))
        found.append(str((cause["reason"].get("caused_by") or {}).get("reason")))
    found.append(str((error.get("caused_by") or {}).get("reason")))
    return " | ".join(dict.fromkeys(found))[:500]


# From the harness's index types to a mapping ------------------------------------------------


def definition(
    types: Mapping[str, FieldType], settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body that creates an index with these types; other fields stay unmapped."""
    analysis: dict[str, dict[str, Any]] = {}
    root: dict[str, Any] = {}
    for path in sorted(types, key=lambda name: name.count(".")):
        _place(root, path, _parameters(types[path], analysis), types)
    return {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "-1",
            "analysis": analysis,
            **(settings or {}),
        },
        "mappings": {"dynamic": False, "properties": root},
    }


def _place(
    root: dict[str, Any], path: str, own: dict[str, Any], types: Mapping[str, FieldType]
) -> None:
    """Put a field below its parents; one below a field with values is a multi-field."""
    node, at = root, ""
    parts = path.split(".")
    for number, part in enumerate(parts[:-1]):
        at = f"{at}.{part}" if at else part
        kind = types.get(at)
        if kind is not None and kind.name == "flattened":
            return
        if kind is not None and kind.name not in _CONTAINERS:
            rest = ".".join(parts[number + 1 :])
            node[part].setdefault("fields", {}).setdefault(rest, own)
            return
        node = node.setdefault(part, {}).setdefault("properties", {})
    node.setdefault(parts[-1], {}).update(own)


def _parameters(kind: FieldType, analysis: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the mapping of one field; analyzers it defines go to the settings."""
    own: dict[str, Any] = {"type": kind.name}
    for name, value in kind.settings.items():
        if name in {"analyzer", "search_analyzer", "normalizer"}:
            own[name] = _analyzer(name.removeprefix("search_"), value, analysis)
        elif name == "fields" and isinstance(value, Mapping):
            own[name] = {
                sub: _parameters(_field_type(given), analysis) for sub, given in value.items()
            }
        else:
            own[name] = value
    return own


def _field_type(given: Any) -> FieldType:
    if isinstance(given, str):
        return FieldType(name=given)
    settings = {key: value for key, value in given.items() if key != "type"}
    return FieldType(name=given["type"], settings=settings)


def _analyzer(kind: str, value: Any, analysis: dict[str, dict[str, Any]]) -> str:
    if isinstance(value, Mapping):
        name = re.sub(r"\W+", "_", json.dumps(value, sort_keys=True)).strip("_").lower()
        defined = dict(value)
    else:
        name, defined = str(value), dict(_NAMED[kind].get(str(value), {}))
    if defined:
        analysis.setdefault(kind, {})[name] = {"type": "custom", **defined}
    return name
