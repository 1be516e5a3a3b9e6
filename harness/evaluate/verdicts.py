"""From a query and documents to verdicts, with everything that stands round the predicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness import languages
from harness.evaluate import masks
from harness.evaluate.columns import Columns
from harness.ir.cells import Event, Lookup, raw
from harness.ir.query import Context, Query, field_names, field_types, infer_types
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth, both
from harness.source import Source

_TIME_FIELDS = ("@timestamp", "timestamp", "TimeCreated", "event.created", "_time")
_DEFAULT_NOW = datetime(2024, 1, 1, tzinfo=UTC)


def outcomes(query: Query, events: Sequence[Event] | Columns, semantics: Semantics) -> list[Truth]:
    """Return the final outcome per event, UNKNOWN already settled by the language's rule.

    For a query with an outcome of its own (a watch) the list has that one element. Events that
    several queries see are given as columns, so that each is taken apart once.
    """
    given = events.events if isinstance(events, Columns) else events
    documents = [query.prepare(event) for event in given] if query.prepare else list(given)
    columns = Columns(documents)
    if isinstance(events, Columns) and query.prepare is None:
        columns = events
    if query.outcome is not None:
        hits = []
        for search in query.outcome.searches:
            found = masks.evaluate(search, columns, semantics)
            hits.append([documents[i] for i in range(len(documents)) if found[i] == Truth.TRUE])
        return [query.outcome.decide(hits)]
    result = [Truth(int(code)) for code in masks.evaluate(query.predicate, columns, semantics)]
    unknown = semantics.unknown if query.unknown is None else query.unknown
    result = [unknown if item is Truth.UNKNOWN else item for item in result]
    if query.upstream is not None:
        reached = outcomes(query.upstream, documents, semantics)
        result = [both(*pair, ordered=True) for pair in zip(reached, result, strict=True)]
    for stage in query.stages:
        result = stage.select(documents, result)
    return result


def read(
    text: str,
    *,
    language: str,
    events: Sequence[Event] = (),
    types: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
    options: Mapping[str, Any] | None = None,
    name: str = "<query>",
) -> tuple[Query, Semantics]:
    """Parse a query against the index types given, or seen in the events."""
    spoken = languages.get(language)
    given = field_types(types)
    names = None
    if spoken.semantics.typed:
        given = {**infer_types(events), **given}
        names = field_names(events) if events else None
    context = Context(
        types=given, fields=names, now=_moment(now, events), options=dict(options or {})
    )
    return spoken.parse(Source(text, name), context), spoken.semantics


def match(
    query: str,
    *,
    language: str,
    events: Sequence[Event],
    types: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
    options: Mapping[str, Any] | None = None,
) -> list[bool | None]:
    """Run one query over events, in the language's own semantics.

    Args:
        query: The text of the query, as the product takes it.
        language: A name from ``harness languages``.
        events: JSON objects, nested or flat with dotted keys; a text line is
            ``{"_raw": "..."}``. For ``watcher``: the documents of the index.
        types: Index types by path where the language needs them, as a name or as a mapping
            with ``type`` and further parameters. Default: keyword for text, long and double
            for numbers, boolean.
        now: The clock for date math and schedules. Default: the newest timestamp in the events.
        options: Settings of the real product (``harness languages NAME`` lists them).

    Returns:
        One entry per event: ``True``, the event is returned; ``False``, it is not; ``None``,
        the language leaves it undefined or fails at run time. For ``watcher`` one entry: does
        the watch fire.

    Raises:
        QuerySyntaxError: The real language rejects the query.
        Unsupported: The language allows it and the harness does not evaluate it yet.
        InvalidInput: There is no such language.
    """
    parsed, semantics = read(
        query, language=language, events=events, types=types, now=now, options=options
    )
    answer = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: False, Truth.UNDEFINED: None}
    return [answer[item] for item in outcomes(parsed, events, semantics)]


def _moment(now: datetime | str | None, events: Sequence[Event]) -> datetime:
    if isinstance(now, datetime):
        return now if now.tzinfo else now.replace(tzinfo=UTC)
    if now is not None:
        parsed = _timestamp(now)
        if parsed is None:
            message = f"{now!r} is no ISO 8601 time"
            raise ValueError(message)
        return parsed
    seen = (raw(event, field, Lookup.PATH) for event in events for field in _TIME_FIELDS)
    return max((at for at in map(_timestamp, seen) if at is not None), default=_DEFAULT_NOW)


def _timestamp(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
