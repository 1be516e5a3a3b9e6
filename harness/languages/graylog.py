"""Graylog searches: Elasticsearch's ``query_string`` with Graylog's settings and mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import TRUE, Context, FieldType, Query, Semantics
from harness.ir.cells import Event, Lookup
from harness.languages._base import Language, Option
from harness.languages._elastic.query_string import OPERATORS, Settings, parse_query_string
from harness.source import Source

_DATE = FieldType(name="date", settings={"format": "uuuu-MM-dd HH:mm:ss.SSS"})
MAPPING: Mapping[str, FieldType] = {
    "message": FieldType(name="text"),
    "full_message": FieldType(name="text"),
    "source": FieldType(name="text", settings={"analyzer": "analyzer_keyword"}),
    "timestamp": _DATE,
    "gl2_receive_timestamp": _DATE,
    "gl2_processing_timestamp": _DATE,
}
"""What Graylog's index template says of its own fields; a plain keyword there, as a guess from
the data would give, is replaced. Every other string is a keyword.
https://github.com/Graylog2/graylog2-server/blob/master/graylog2-server/src/main/java/org/graylog2/indexer/template/IndexMapping.java
"""
_KEY = re.compile(r"[\w.@\-]+", re.ASCII)
_BACKENDS = ("opensearch", "elasticsearch")
_MAX_DEPTH = 50

OPTIONS = (
    Option(
        name="backend",
        default="opensearch",
        summary="The search engine below: opensearch or elasticsearch (7.10).",
    ),
    Option(
        name="ingest",
        default="false",
        summary="Whether the events are messages before Graylog stores them.",
    ),
    Option(
        name="prefix",
        default="",
        summary="With ingest: what the Beats input puts before every name, such as winlogbeat.",
    ),
    Option(
        name="allow_leading_wildcard",
        default="false",
        summary="Graylog's setting allow_leading_wildcard_searches.",
    ),
)

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    operators=OPERATORS,
    typed=True,
    notes=(
        "Clauses without an operator are joined by OR; AND, OR and NOT have no precedence.",
        "An empty query matches everything.",
        (
            "message and full_message are text; source is one lower-case value; other strings are"
            " keywords, compared whole and with their letter case."
        ),
        "A value that does not fit a field's type matches nothing, without an error.",
        (
            "With ingest, names get underscores for dots and nesting, strings are trimmed, and "
            "empty ones are dropped."
        ),
    ),
)


def _parse(source: Source, context: Context) -> Query:
    ingest = _flag(context.options.get("ingest", False))
    prefix = str(context.options.get("prefix") or "")
    prepare = partial(stored, prefix=prefix) if ingest else None
    if source.text.strip() in {"", "*"}:
        return Query(predicate=TRUE, prepare=prepare)
    backend = str(context.options.get("backend", _BACKENDS[0])).lower()
    if backend not in _BACKENDS:
        message = f"there is no backend {backend!r}"
        hint = f"give one of {', '.join(_BACKENDS)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    settings = Settings(
        allow_leading_wildcard=_flag(context.options.get("allow_leading_wildcard", False)),
        check_leading_wildcards=True,
        is_opensearch=backend == "opensearch",
    )
    engine = {"version": "" if backend == "opensearch" else "7.10"}
    typed = replace(
        context, types=_types(context.types, prefix if ingest else None), options=engine
    )
    return Query(predicate=parse_query_string(source, typed, settings), prepare=prepare)


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _types(given: Mapping[str, FieldType], prefix: str | None) -> dict[str, FieldType]:
    """Return the index types, Graylog's own fields among them; a prefix means ingest."""
    found = dict(given)
    if prefix is not None:
        for path, kind in given.items():
            found.setdefault(_name(path, prefix), kind)
    for path, kind in MAPPING.items():
        if found.get(path) in {None, FieldType(name="keyword")}:
            found[path] = kind
    return found


def _name(path: str, prefix: str) -> str:
    own = f"{prefix}_{path}" if prefix and path not in MAPPING else path
    return own.replace(".", "_")


def stored(event: Event, prefix: str = "") -> dict[str, Any]:
    """Return the message that Graylog stores for an event.

    Nested names are joined with underscores, as the Beats input does, and dots in names become
    underscores; strings are trimmed and empty ones left out; a name with other characters than
    letters, digits and ``. @ - _`` is left out.
    https://github.com/Graylog2/graylog2-server/blob/master/graylog2-server/src/main/java/org/graylog2/plugin/Message.java
    """
    return {
        _name(key, prefix): value
        for key, value in _flat(event, "", 0)
        if _KEY.fullmatch(key) and value is not None and value != ""
    }


def _flat(event: Event, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{name}_", depth + 1)
        else:
            yield name, value.strip() if isinstance(value, str) else value


LANGUAGE = Language(
    name="graylog",
    title="Graylog search",
    reference="https://go2docs.graylog.org/current/making_sense_of_your_log_data/writing_search_queries.html",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".graylog",),
    options=OPTIONS,
)
