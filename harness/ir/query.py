"""A query as a language file hands it over: a predicate, and what happens around it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from harness.errors import Diagnostic
from harness.ir.cells import Event, walk
from harness.ir.nodes import Predicate
from harness.ir.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldType:
    """How a store indexes a field; ``name`` is Elasticsearch's word for it (``keyword``).

    ``settings`` holds the other mapping parameters as written: ``analyzer``, ``normalizer``,
    ``ignore_above``, ``null_value``, ``format``, ``value``, ...
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.name, json.dumps(self.settings, sort_keys=True, default=str)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a query is read against: index types by path, the clock, and options.

    ``fields`` are the names of all fields of the events, where the events are known: a store
    with columns refuses a query that names another one.
    """

    types: Mapping[str, FieldType] = field(default_factory=dict)
    fields: frozenset[str] | None = None
    now: datetime = datetime(2024, 1, 1, tzinfo=UTC)
    options: Mapping[str, Any] = field(default_factory=dict)


class Stage(Protocol):
    """A step that looks at the whole result rather than at one event (``head``, ``-MaxEvents``)."""

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step, one per event."""
        ...


class Reasons(Protocol):
    """Says why a query with an outcome decides as it does."""

    def __call__(
        self,
        query: Query,
        documents: Sequence[Event],
        *,
        holds: Callable[[Predicate, Event], Truth],
    ) -> tuple[str, ...]:
        """Return sentences; ``holds`` evaluates a predicate on one document."""
        ...


class Outcome(Protocol):
    """A decision taken once over all documents: does the watch fire."""

    @property
    def searches(self) -> tuple[Predicate, ...]:
        """The searches it runs, in order."""
        ...

    def decide(self, hits: Sequence[Sequence[Event]]) -> Truth:
        """Return whether it fires, given the documents that each search found."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a query runs and how far back it looks, in time units; ``None`` where unstated.

    ``field`` is the time field that the look-back is measured on.
    """

    interval: timedelta | None = None
    lookback: timedelta | None = None
    field: str = "@timestamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parsed query. ``predicate`` decides one event; ``stages`` then see the whole result.

    With an ``outcome`` the query is about an index rather than an event, and ``predicate`` is
    the search whose hits it counts. ``options`` are the settings that ingest or evaluation
    must share with the parser. ``prepare`` is applied to every event before evaluation, where
    the product changes events on their way in. With ``upstream`` only what that query returns,
    its stages included, reaches this one; ``predicate`` says its conditions all the same.
    ``reasons`` says in sentences what decides an outcome. ``unknown`` replaces the language's
    own rule for an UNKNOWN at the very top, where that depends on how the query is written.
    """

    predicate: Predicate
    stages: tuple[Stage, ...] = ()
    outcome: Outcome | None = None
    schedule: Schedule | None = None
    prepare: Any = None
    upstream: Query | None = None
    reasons: Reasons | None = None
    unknown: Truth | None = None
    warnings: tuple[Diagnostic, ...] = ()


def field_names(events: Sequence[Event]) -> frozenset[str]:
    """Return the paths of everything that some events hold, nulls and objects included."""
    found: set[str] = set()
    for event in events:
        found.update(event)
        for key, value in event.items():
            if isinstance(value, Mapping):
                found.update(_paths(value, f"{key}."))
    return frozenset(found)


def _paths(node: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in node.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{prefix}{key}.")


def infer_types(
    events: Sequence[Event], known: Mapping[str, FieldType] | None = None
) -> dict[str, FieldType]:
    """Return default index types for the paths of some events, but for those that are known.

    Text is ``keyword``, whole numbers ``long``, fractions ``double``, booleans ``boolean``;
    the first value of a path that is not null decides.
    """
    types: dict[str, FieldType] = {}
    done = set(known or ())
    for event in events:
        for path, value in walk(event):
            if value is not None and path not in done:
                done.add(path)
                types[path] = FieldType(name=_default_type(value))
    return types


def _default_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "long"
    return "double" if isinstance(value, float) else "keyword"


def field_types(types: Mapping[str, Any] | None) -> dict[str, FieldType]:
    """Return index types from their user form: a type name, or a mapping with ``type`` in it."""
    result: dict[str, FieldType] = {}
    for path, given in (types or {}).items():
        if isinstance(given, FieldType):
            result[path] = given
        elif isinstance(given, str):
            result[path] = FieldType(name=given)
        else:
            settings = {key: value for key, value in given.items() if key != "type"}
            result[path] = FieldType(name=str(given.get("type", "object")), settings=settings)
    return result
