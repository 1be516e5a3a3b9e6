"""SQLite: SELECT statements and WHERE expressions, as pySigma and Zircolite users write them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.ir import Context, Event, Query
from harness.languages._base import Deviation, Language
from harness.languages.sqlite._columns import table_of
from harness.languages.sqlite._cursor import SqlCursor
from harness.languages.sqlite._select import Statement
from harness.languages.sqlite._semantics import OPTIONS, SEMANTICS
from harness.languages.sqlite._tokens import read_tokens
from harness.source import QuerySyntaxError, Source, Unsupported

__all__ = ["LANGUAGE", "row"]

_INT_MAX = 2**63 - 1
_MAX_DEPTH = 50


def _parse(source: Source, context: Context) -> Query:
    table = table_of(context)
    cursor = SqlCursor(source, read_tokens(source))
    found = Statement(cursor, table).query()
    return Query(
        predicate=found.predicate,
        stages=found.stages,
        prepare=zircolite_row if table.zircolite else row,
        unknown=found.unknown,
        warnings=found.warnings,
    )


def row(event: Event) -> Event:
    """Return the row that an event is stored as.

    Objects become columns with dotted names, lists become JSON text, and integers beyond 64
    bits become text.
    """
    if all(_fits(value) for value in event.values()):
        return event
    return dict(_columns(event, "", 0, _json_text))


def zircolite_row(event: Event) -> Event:
    """Return the row of an event, lists written as Zircolite's Python does."""
    if all(_fits(value) for value in event.values()):
        return event
    return dict(_columns(event, "", 0, str))


def _fits(value: object) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if isinstance(value, int):
        return -_INT_MAX <= value <= _INT_MAX
    return isinstance(value, float) and not math.isnan(value)


def _columns(event: Event, prefix: str, depth: int, listed: Any) -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and depth < _MAX_DEPTH:
            yield from _columns(value, f"{name}.", depth + 1, listed)
        elif isinstance(value, list | Mapping):
            yield name, listed(value)
        elif isinstance(value, float) and math.isnan(value):
            yield name, None
        else:
            yield name, value if _fits(value) else str(value)


def _json_text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


_FAILURES = re.compile("malformed JSON|integer overflow|JSON path|regular expression")


def _fails_on_constants(query: str) -> bool:
    try:
        _parse(Source(query, "<query>"), Context())
    except QuerySyntaxError as error:
        return _FAILURES.search(error.message) is not None
    except Unsupported:
        pass
    return False


LANGUAGE = Language(
    name="sqlite",
    title="SQLite",
    reference="https://www.sqlite.org/lang_expr.html",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".sqlite", ".sql"),
    options=OPTIONS,
    deviations=(
        Deviation(
            name="failing constants",
            reason="an expression over constants that fails is refused before it runs, where "
            "SQLite fails only on the rows for which it gets there",
            covers=_fails_on_constants,
            when="we reject",
        ),
    ),
)
