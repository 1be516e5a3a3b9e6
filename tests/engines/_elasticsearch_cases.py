"""One query on both sides: the harness and an Elasticsearch, as comparable answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import harness
from harness.ir import FieldType
from harness.ir.query import field_types, infer_types
from harness.languages import graylog
from tests.engines._elasticsearch import Engine, Index, Rejected

Answer = list[bool | None] | str
"""One outcome per document, or why there is none: invalid, unsupported."""

_QUERY_STRING = (
    "default_field",
    "fields",
    "default_operator",
    "lenient",
    "allow_leading_wildcard",
    "analyze_wildcard",
    "phrase_slop",
    "fuzziness",
    "fuzzy_prefix_length",
    "fuzzy_transpositions",
    "time_zone",
    "quote_field_suffix",
)
_NOW = re.compile(r"\bnow\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A query with documents, as ``harness.match`` takes them."""

    language: str
    query: str
    events: Sequence[Mapping[str, Any]]
    types: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    now: str | None = None

    def why_not(self, engine: Engine) -> str:
        """Return why the engine cannot judge this case; empty where it can."""
        if _NOW.search(self.query) and (self.now or "ts" in self.types):
            return "the engine's clock cannot be set"
        if self.language == "graylog":
            if self.options.get("backend") == "opensearch":
                return "it is about OpenSearch"
            if not self.events:
                return "Graylog itself refuses leading wildcards"
            return "" if engine.release == (7, 10) else "Graylog runs on Elasticsearch 7.10"
        wanted = re.findall(r"\d+(?:\.\d+)?", str(self.options.get("version") or ""))
        if wanted and not any(_same_version(one, engine) for one in wanted):
            return f"it is about version {self.options['version']}"
        return ""

    def on(self, engine: Engine) -> dict[str, Any]:
        """Return the options with which the harness means this engine."""
        if self.language == "graylog":
            return {**self.options, "backend": "elasticsearch"}
        return {**self.options, "version": ".".join(map(str, engine.release))}

    @property
    def documents(self) -> list[Mapping[str, Any]]:
        """The events as they are stored."""
        if self.language == "graylog" and self.options.get("ingest"):
            prefix = str(self.options.get("prefix") or "")
            return [graylog.stored(event, prefix) for event in self.events]
        return list(self.events)

    @property
    def mapping(self) -> dict[str, FieldType]:
        """The index types that the harness assumes."""
        found = {**infer_types(self.documents), **field_types(self.types)}
        found = {path: kind for path, kind in found.items() if path != "_id"}
        if self.language == "graylog":
            for path, kind in graylog.MAPPING.items():
                if found.get(path) in {None, FieldType(name="keyword")}:
                    found[path] = kind
        return found

    @property
    def body(self) -> str:
        """The search body."""
        if self.language == "querydsl":
            return self.query if _is_body(self.query) else f'{{"query": {self.query}}}'
        given = {"query": self.query}
        if self.language == "graylog":
            if self.query.strip() in {"", "*"}:
                return "{}"
            given["allow_leading_wildcard"] = self.options.get("allow_leading_wildcard", False)
        else:
            given.update({key: self.options[key] for key in _QUERY_STRING if key in self.options})
        return json.dumps({"query": {"query_string": given}})

    @property
    def settings(self) -> dict[str, Any]:
        """The index settings that the options of the Query DSL stand for."""
        if self.language != "querydsl":
            return {}
        names = {
            "default_field": "index.query.default_field",
            "lenient": "index.query_string.lenient",
        }
        return {names[key]: value for key, value in self.options.items() if key in names}


def _is_body(text: str) -> bool:
    try:
        node = json.loads(text)
    except ValueError:
        return False
    return isinstance(node, dict) and node.get("query") is not None


def _same_version(wanted: str, engine: Engine) -> bool:
    numbers = tuple(map(int, wanted.split(".")))
    return engine.release[: len(numbers)] == numbers


def ours(case: Case, engine: Engine) -> Answer:
    """Return the harness's answer."""
    try:
        return harness.match(
            case.query,
            language=case.language,
            events=list(case.events),
            types=case.types,
            now=case.now,
            options=case.on(engine),
        )
    except harness.QuerySyntaxError:
        return "invalid"
    except harness.Unsupported:
        return "unsupported"


def theirs(case: Case, index: Index) -> tuple[Answer, str]:
    """Return the engine's answer, and its words if it refuses the query."""
    found = index.search(case.body)
    if isinstance(found, Rejected):
        return "invalid", found.reason
    names = [str(event.get("_id", place)) for place, event in enumerate(case.events)]
    return [name in found for name in names], ""


def agree(case: Case, left: Answer, right: Answer, stored: Sequence[bool]) -> bool:
    """Return whether our answer and theirs are the same on the documents that the engine took.

    An outcome that the harness leaves undefined, or a query it does not evaluate, is no claim.
    A compound query may be answered before all of its clauses are read: a clause that can never
    match, such as a term of an unmapped field, makes the engine drop the others unread.
    """
    if left == "invalid" and isinstance(right, list) and _COMPOUND.search(case.query):
        return case.language == "querydsl"
    if isinstance(left, str) or isinstance(right, str):
        return left in (right, "unsupported")
    rows = zip(left, right, stored, strict=True)
    return all(one is None or one == two or not kept for one, two, kept in rows)


_COMPOUND = re.compile(r'"(bool|boosting|dis_max|constant_score|nested)"')
