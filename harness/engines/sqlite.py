"""SQLite itself, from Python's standard library, as a referee for our reading of it.

The statement runs in memory, with an authorizer that lets it read and nothing else, with limits
on lengths, and with a handler that interrupts it when its time is over. Only the function behind
REGEXP is ours, because SQLite has none.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from harness.engines._base import Engine, EngineTimeout
from harness.errors import Fault
from harness.ir import Context, Event, FieldType
from harness.ir.regexes import RegexError, compile_regex
from harness.languages.sqlite import row, zircolite_row
from harness.languages.sqlite._columns import Table, table_of
from harness.languages.sqlite._values import Affinity, Declared
from harness.source import QuerySyntaxError, Source, Span

TIMEOUT = 10.0
"""Seconds that one query may take."""
_STEPS = 2000
"""Instructions of SQLite's virtual machine between two looks at the clock."""
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "zeroblob", "randomblob"})
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 10_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(.+)")
_ENDING = re.compile(r";(?:\s|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)
_MANY_COLUMNS = 1900


def available() -> str | None:
    """Return the version of SQLite."""
    return sqlite3.sqlite_version


def run(query: str, lines: Sequence[str | bytes], *, timeout: float = TIMEOUT) -> list[bool | None]:
    """Return SQLite's verdict on each line, which is a JSON object or else the column _raw."""
    if not lines:
        return []
    return judge(query, [_event(line) for line in lines], timeout=timeout)


def judge(
    query: str,
    events: Sequence[Event],
    *,
    options: Mapping[str, Any] | None = None,
    types: Mapping[str, FieldType] | None = None,
    timeout: float = TIMEOUT,
) -> list[bool | None]:
    """Return SQLite's verdict on each event, each alone in the table.

    ``None`` means that a bare WHERE expression is NULL, or that the statement fails on that
    event. ``options`` are ``columns`` and ``regexp`` of the language. The table has a column
    for every key of an event and of ``types``.

    Raises:
        QuerySyntaxError: SQLite refuses the statement, in its own words.
        EngineTimeout: It takes too long.
    """
    referee = Referee(events, dict(options or {}), timeout, types or {})
    try:
        return referee.verdicts(query)
    finally:
        referee.close()


class Referee:
    """A database in memory with one table, whose rows are the events."""

    def __init__(
        self,
        events: Sequence[Event],
        options: Mapping[str, Any],
        timeout: float,
        types: Mapping[str, FieldType],
    ) -> None:
        stored = zircolite_row if options.get("columns") == "zircolite" else row
        self._rows = [stored(event) for event in events]
        table = table_of(Context(types=types, options=options))
        self._columns = _columns((dict.fromkeys(types), *self._rows), table)
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._open = False
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        for limit, value in _LIMITS.items():
            self._database.setlimit(limit, value)
        _register(self._database, str(options.get("regexp") or "python"))
        self._create("logs")
        self._keys = [_folded(name) for name in self._columns]
        self._database.set_authorizer(self._authorize)
        self._database.set_progress_handler(self._late, _STEPS)

    def close(self) -> None:
        """Forget the database."""
        self._database.close()

    def _authorize(self, action: int, first: str | None, second: str | None, *_: Any) -> int:
        if self._open:
            return sqlite3.SQLITE_OK
        refused = action == sqlite3.SQLITE_FUNCTION and str(second).lower() in _REFUSED_FUNCTIONS
        internal = action == sqlite3.SQLITE_READ and str(first).lower().startswith("sqlite_")
        if action in _ALLOWED and not refused and not internal:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    def _late(self) -> int:
        return int(time.monotonic() > self._deadline)

    def _create(self, name: str) -> None:
        self._table = _quoted(name)
        declared = ", ".join(f"{_quoted(key)} {text}" for key, text in self._columns.items())
        self._database.execute(f"CREATE TABLE {self._table} ({declared or 'no_column'})")
        places = ", ".join("?" * (len(self._columns) or 1))
        self._emptying = f"DELETE FROM {self._table}"  # noqa: S608 - quoted
        self._inserting = f"INSERT INTO {self._table} VALUES ({places})"  # noqa: S608 - quoted

    def _insert(self, item: Event) -> None:
        self._open = True
        folded = {_folded(key): value for key, value in item.items()}
        values = [folded.get(key) for key in self._keys] or [None]
        self._database.execute(self._emptying)
        self._database.execute(self._inserting, values)
        self._open = False

    def verdicts(self, query: str) -> list[bool | None]:
        """Return one verdict per event."""
        statement = self._prepared(query)
        return [self._verdict(statement, item) for item in self._rows]

    def _prepared(self, query: str) -> str:
        """Return the statement to run; raise where SQLite refuses it."""
        select = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*SELECT\b", query, re.IGNORECASE | re.DOTALL)
        statement = query if select else f"SELECT 1 FROM {self._table} WHERE {query}\n"  # noqa: S608 - the user's own, read-only
        try:
            self._explain(statement)
        except sqlite3.Error as error:
            missing = _NO_TABLE.fullmatch(str(error))
            if missing is None:
                raise _refusal(query, error) from error
            self._open = True
            self._create(missing.group(1))
            self._open = False
            try:
                self._explain(statement)
            except sqlite3.Error as again:
                raise _refusal(query, again) from again
        if select:
            return statement
        value = _ENDING.sub("", query)
        return f"SELECT CASE WHEN ({value}\n) THEN 1 WHEN NOT ({value}\n) THEN 0 END FROM logs"  # noqa: S608 - the user's own statement, read-only

    def _explain(self, statement: str) -> None:
        """Prepare a statement, which shows whether SQLite accepts it, and run it on no row."""
        self._database.execute(statement).fetchall()

    def _verdict(self, statement: str, item: Event) -> bool | None:
        self._insert(item)
        try:
            found = self._database.execute(statement).fetchall()
        except sqlite3.Error as error:
            if self._late():
                message = f"SQLite does not end within {self._timeout:g} seconds"
                raise EngineTimeout(message) from error
            return None
        if not statement.startswith("SELECT CASE WHEN ("):
            return bool(found)
        return None if found[0][0] is None else bool(found[0][0])


def _refusal(query: str, error: sqlite3.Error) -> QuerySyntaxError:
    return QuerySyntaxError(str(error), Source(query, "<sqlite>"), Span(0, len(query)))


def _columns(rows: Sequence[Event], table: Table) -> dict[str, str]:
    """Return the declarations of all columns, by name."""
    seen = {_folded(key): key for item in rows for key in item}
    names = {**{name: name for name in table.declared if name != "*"}, **seen}
    return {
        name: _declaration(table.declaration(name)) for name in list(names.values())[:_MANY_COLUMNS]
    }


def _declaration(declared: Declared) -> str:
    affinity = "" if declared.affinity is Affinity.BLOB else declared.affinity.name
    return f"{affinity} COLLATE {declared.collation}"


@lru_cache(maxsize=10_000)
def _folded(name: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _event(line: str | bytes) -> Event:
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else line
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {"_raw": text}


def _register(database: sqlite3.Connection, regexp: str) -> None:
    """Register REGEXP as an application does, with Python's expressions under a time limit."""
    if regexp == "none":
        return

    def search(pattern: Any, value: Any) -> int | None:
        if value is None or pattern is None:
            return None if regexp == "python" else 0
        if regexp == "zircolite" and not isinstance(value, str):
            message = "re.search() takes no number"
            raise Fault(message)
        text = value if isinstance(value, str) else _number_text(database, value)
        try:
            return int(compile_regex(str(pattern), "python").matches(text))
        except RegexError as error:
            raise Fault(str(error)) from error

    database.create_function("regexp", 2, search, deterministic=True)


def _number_text(database: sqlite3.Connection, value: Any) -> str:
    found = database.execute("SELECT CAST(? AS TEXT)", (value,)).fetchone()[0]
    return str(found)


ENGINE = Engine(
    name="sqlite", title="SQLite", language="sqlite", available=available, run=run, judge=judge
)
