"""DuckDB itself, from its Python package, as a referee for our reading of it.

It runs in a process of its own that can open no file and no network connection, with limits on
time and memory. It is asked only where a user names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from harness.engines._base import Engine
from harness.engines._worker import Worker
from harness.ir import Context, Event, FieldType
from harness.languages.duckdb import read_statement
from harness.languages.duckdb._columns import Columns, Table, table_of
from harness.source import QuerySyntaxError, Source, Span, Unsupported

TIMEOUT = 10.0
"""Seconds that one query may take."""
MEMORY = 4 << 30
"""Bytes of address space; its own limit of memory is far below."""
_TABLE = "logs"
_NUMBER = "harness_row"
_NAME = re.compile(r'[A-Za-z_]\w*|"(?:[^"]|"")+"', re.ASCII)
_ENDING = re.compile(r"(?:;(?:\s|--[^\n]*|/\*.*?\*/)*)+\Z", re.DOTALL)
_COMMENTS = re.compile(r"\s|--[^\n]*|/\*.*?\*/", re.DOTALL)
_SELECT = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:SELECT|FROM|WITH)\b", re.IGNORECASE | re.DOTALL
)
_WORKER = Worker("DuckDB", Path(__file__).with_name("_duckdb_worker.py"), MEMORY)
Shape = dict[str, Any]
"""The columns of a table as a tree: a type's name, or the members of a STRUCT."""


@lru_cache(maxsize=1)
def available() -> str | None:
    """Return the version of the package, where it is installed."""
    try:
        return version("duckdb")
    except PackageNotFoundError:
        return None


def judge(
    query: str,
    events: Sequence[Event],
    *,
    options: Mapping[str, Any] | None = None,
    types: Mapping[str, FieldType] | None = None,
    timeout: float = TIMEOUT,
) -> list[bool | None]:
    """Return DuckDB's verdict on each event, each alone in the table.

    ``None`` means that the query fails on that event. ``options`` are those of the language. The
    table has a column for every key of an event and of ``types``; objects are STRUCTs.

    Raises:
        QuerySyntaxError: DuckDB refuses the query, in its own words.
        EngineFailure: There is no answer.
    """
    table = table_of(Context(types=types or {}, options=dict(options or {})))
    rows = [dict(table.columns(event)) for event in events]
    shape = shape_of(rows, events, [*(types or {}), *_declared(table)], table.columns)
    text, name, bare = _statement(query)
    request = {
        "columns": [[quoted(key), _declaration(one)] for key, one in shape.items()],
        "rows": [[_value(one, key, row) for key, one in shape.items()] for row in rows],
        "table": name,
        "statement": text,
        "bare": bare,
    }
    answer = _WORKER.ask(request, timeout=timeout)
    if "refused" in answer:
        message = str(answer["refused"])[:2000]
        raise QuerySyntaxError(message, Source(query, "<duckdb>"), Span(0, len(query)))
    return list(answer["verdicts"])


def _declared(table: Table) -> Iterator[str]:
    return (name for name in table.columns.declared if name != "*")


def _statement(query: str) -> tuple[str, str, bool]:
    """Return the statement to run, the table it reads, and whether it was a condition."""
    if not _SELECT.match(query):
        condition = _ENDING.sub("", query)
        if not _COMMENTS.sub("", condition):
            return f"SELECT 1 FROM {_TABLE} WHERE {condition}\n", _TABLE, True  # noqa: S608 - the user's own
        return f'SELECT "{_NUMBER}" FROM {_TABLE} WHERE ({condition}\n)', _TABLE, True  # noqa: S608 - the user's own
    try:
        place = read_statement(Source(query, "<duckdb>")).table
    except (QuerySyntaxError, Unsupported):
        return query, _TABLE, False
    if place is None:
        return query, _TABLE, False
    name = query[place.start : place.end]
    if _NAME.fullmatch(name):
        return query, name, False
    return f"{query[: place.start]}{_TABLE}{query[place.end :]}", _TABLE, False


def quoted(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def shape_of(
    rows: Iterable[Event], events: Sequence[Event], further: Sequence[str], columns: Columns
) -> Shape:
    """Return the columns of a table that holds some rows, objects as STRUCTs.

    ``further`` are fields that no event need have.
    """
    nested = {key.lower() for event in events for key, one in event.items() if _is_object(one)}
    dotted = {key for event in events for key in event if "." in key}
    found: Shape = {}
    for path in dict.fromkeys([*(key for row in rows for key in row), *further]):
        head = path.partition(".")[0].lower()
        whole = path in dotted or (bool(dotted) and head not in nested)
        parts = [path] if whole else path.split(".")
        _place(found, parts, str(columns.kind(path)))
    return found


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _place(shape: Shape, parts: list[str], kind: str) -> None:
    """Put a column at its place; members come before a value of the same name."""
    *before, last = parts
    for part in before:
        key = _key(shape, part)
        if not isinstance(shape.get(key), dict):
            shape[key] = {}
        shape = shape[key]
    shape.setdefault(_key(shape, last), kind)


def _key(shape: Shape, name: str) -> str:
    """Return the name as it is there already: columns are the same in any letter case."""
    return next((one for one in shape if one.lower() == name.lower()), name)


def _declaration(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    members = ", ".join(f"{quoted(key)} {_declaration(part)}" for key, part in one.items())
    return f"STRUCT({members})"


def _value(one: Any, path: str, row: Event) -> Any:
    if isinstance(one, dict):
        return {key: _value(part, f"{path}.{key}", row) for key, part in one.items()}
    wanted = path.lower()
    return next((value for key, value in row.items() if key.lower() == wanted), None)


ENGINE = Engine(
    name="duckdb",
    title="DuckDB",
    language="duckdb",
    available=available,
    judge=judge,
    trusted=False,
)
