"""The raw text of events that come without one, for languages that search it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Event, Query, fields_of
from harness.ir.values import as_text
from harness.languages._base import Option

_CHOICES = ("recorded", "values")

RAW_OPTION = Option(
    name="raw",
    default=_CHOICES[0],
    summary="The raw text of an event that has none: recorded, it is missing; values, it is the"
    " event's values, one a line.",
)


def with_raw(query: Query, field: str, context: Context) -> Query:
    """Return a query that finds the raw text in a field, by the option ``raw``."""
    given = str(context.options.get("raw", _CHOICES[0]))
    if given not in _CHOICES:
        hint = f"give one of {', '.join(_CHOICES)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=f"raw is {given!r}", hint=hint)])
    if given == _CHOICES[0] or field not in fields_of(query.predicate):
        return query
    before = query.prepare

    def prepare(event: Event) -> Event:
        if field not in event:
            event = {**event, field: text_of(event)}
        found: Event = before(event) if before else event
        return found

    return replace(query, prepare=prepare)


def text_of(event: Event) -> str:
    """Return the values of an event, one a line."""
    return "\n".join(_texts(event))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield as_text(value)
