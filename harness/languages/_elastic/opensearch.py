"""OpenSearch as a fork of Elasticsearch 7.10.2: which version it is like, and its own types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, FieldType

NEWEST = (99, 99)
_VERSION = re.compile(r"\s*(\d{1,2})(?:\.(\d{1,2}))?(?:\.\w+)*\s*", re.ASCII)
_LUCENE_9 = (2, 0)
_VALUES_ARE_SEARCHED = (2, 12)
_DYNAMIC_STRING = FieldType(
    name="text", settings={"fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
)
INDEXED = {"wildcard": FieldType(name="keyword", settings={"ignore_above": 1024})}
"""How agents map a type that only Elastic's distribution has: the agents that write to OpenSearch
are those without Elastic's licence (``libbeat/template/processor.go`` of elastic/beats@00cc98b3,
case "wildcard")."""
STAND_INS = {"flat_object": "flattened", "wildcard": "keyword"}
"""Types that hold what another one holds, as far as the clauses go that are not refused."""


def release(options: Mapping[str, Any]) -> tuple[int, int]:
    """Return the OpenSearch version meant; a missing minor is the newest of its major."""
    given = options.get("version")
    if given is None or given in {"", "newest"}:
        return NEWEST
    found = _VERSION.fullmatch(str(given))
    if found is None:
        message = f"option 'version' does not take {given!r}"
        hint = "give a version such as 2.19"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return int(found[1]), int(found[2]) if found[2] else NEWEST[1]


def flag(options: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Return a setting that is on or off."""
    return str(options.get(name, default)).lower() == "true"


def as_elasticsearch(version: tuple[int, int]) -> dict[str, Any]:
    """Return the options of Elasticsearch's languages that mean a version of OpenSearch.

    Lucene 9 came with 2.0, searching the doc_values of a field without an index with 2.12
    (https://github.com/opensearch-project/OpenSearch/pull/10425), milliseconds before 1970 with
    https://github.com/opensearch-project/OpenSearch/pull/2232 (ran on 3.6.0); whether the last 1.x
    have those is not known.
    """
    like = {
        "lucene": "8.0" if version >= _LUCENE_9 else "7.10",
        "values": "8.1" if version >= _VALUES_ARE_SEARCHED else "7.10",
        "negatives": "8.2" if version >= _LUCENE_9 else "7.10",
        "fork": version,
    }
    return {"version": "7.10", "like": like}


def engine_context(context: Context) -> Context:
    """Return the context in which the shared code reads a query as OpenSearch does."""
    dynamic = flag(context.options, "dynamic")
    types = {path: _own_type(kind, dynamic=dynamic) for path, kind in context.types.items()}
    options = {**context.options, **as_elasticsearch(release(context.options))}
    return replace(context, types=types, options=options)


def _own_type(kind: FieldType, *, dynamic: bool) -> FieldType:
    if kind.name in STAND_INS:
        return replace(kind, name=STAND_INS[kind.name])
    return _DYNAMIC_STRING if dynamic and kind == FieldType(name="keyword") else kind
