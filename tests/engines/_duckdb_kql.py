"""``duckdb-kql`` of PyPI, Kusto translated to DuckDB's SQL, in the manner of a server.

It is somebody else's reading of the manual, written apart from ours; no oracle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from harness.engines._base import Declined, Leftover
from harness.engines.servers.kusto import FIRST_ROW, ROW
from harness.errors import HarnessError
from harness.ir import Event, FieldType
from harness.languages.kusto._columns import kusto_type
from harness.languages.kusto._sources import Sources, sources
from harness.languages.kusto._values import Dynamic, json_text, row, text
from harness.source import QuerySyntaxError, Source, Span

COLUMNS = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "int": "INTEGER",
    "real": "DOUBLE",
    "decimal": "DECIMAL(38, 18)",
    "bool": "BOOLEAN",
    "datetime": "TIMESTAMP",
    "timespan": "INTERVAL",
    "guid": "UUID",
    "dynamic": "JSON",
}
"""The types of DuckDB that it reads as Kusto's."""
_CLOCK = re.compile(r"\b(?:now|ago)\s*\(")
TABLE, EVERY = "Events", "harness_rows"


def available() -> str | None:
    """Return the version of the package, where it and DuckDB are installed."""
    try:
        version("duckdb")
        return version("duckdb-kql")
    except PackageNotFoundError:
        return None


@dataclass(slots=True)
class _Table:
    """Documents in a table of their own."""

    kql: Any
    database: Any
    columns: Mapping[str, str]
    taken: list[bool]
    runtime: tuple[type[Exception], ...]
    """What says of a query that it fails on a row."""
    shown: str = "nothing yet"

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language, options
        types = {name: FieldType(name=kind) for name, kind in self.columns.items()}
        try:
            named = sources(Source(query, "<engine>"), types)
        except HarnessError:
            named = Sources(tables=(), is_table="|" in query)
        if set(named.tables) - {TABLE} or _CLOCK.search(query):
            message = "it looks at the clock, or at other tables"
            raise Declined(message)
        whole = query if named.is_table else f"{TABLE} | where\n{query}"
        try:
            self._show("")
            return self._verdicts(whole, range(len(self.taken)))
        except self.runtime:
            return [self._alone(whole, number) for number in range(len(self.taken))]

    def _alone(self, query: str, number: int) -> bool | None:
        """Return the verdict on a row that nothing else is beside; none where it fails on it."""
        self._show(f"WHERE {ROW} = {FIRST_ROW + number}")
        try:
            return self._verdicts(query, [number])[0]
        except self.runtime:
            return None

    def _show(self, condition: str) -> None:
        """Have some of the rows in the table that queries read."""
        if condition != self.shown:
            chosen = f"SELECT * FROM {EVERY} {condition}"  # noqa: S608 - our own table
            self.database.execute(f"CREATE OR REPLACE TABLE {TABLE} AS {chosen}")
            self.shown = condition

    def _verdicts(self, query: str, numbers: Sequence[int]) -> list[bool | None]:
        columns, rows = self._run(query)
        if ROW not in columns:
            message = "its rows hold no column of ours"
            raise Declined(message)
        at = columns.index(ROW)
        found = {one[at] - FIRST_ROW for one in rows}
        return [number in found for number in numbers]

    def _run(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        try:
            found = self.kql.kql(self.database, query, allow_write=False)
            return list(found.columns), found.fetchall()
        except self.kql.KqlUnsupportedError as error:
            raise Declined(str(error)) from error
        except self.runtime:
            raise
        except Exception as error:  # its own kinds, and DuckDB's of what no row makes valid
            message = f"{type(error).__name__}: {str(error)[:300]}"
            raise QuerySyntaxError(
                message, Source(query, "<engine>"), Span(0, len(query))
            ) from error


class DuckdbKql:
    """The package, on a database in memory for every set of documents."""

    def __init__(self) -> None:
        import duckdb  # noqa: PLC0415 - where they are installed
        import duckdb_kql  # noqa: PLC0415

        self._kql = duckdb_kql
        self._runtime = (duckdb.ConversionException, duckdb.OutOfRangeException)
        self.version = available() or ""

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are."""
        return types

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[_Table]:
        """Make a table of documents."""
        columns = {name: kusto_type(kind.name) or "string" for name, kind in types.items()}
        database = self._kql.connect()
        try:
            declared = [f'"{name}" {COLUMNS[kind]}' for name, kind in columns.items()]
            database.execute(f"CREATE TABLE {EVERY} ({', '.join([*declared, f'{ROW} BIGINT'])})")
            marks = ", ".join("?" * (len(columns) + 1))
            rows = [
                [
                    *(_cell(row(one).get(name), kind) for name, kind in columns.items()),
                    FIRST_ROW + at,
                ]
                for at, one in enumerate(documents)
            ]
            if rows:
                database.executemany(f"INSERT INTO {EVERY} VALUES ({marks})", rows)  # noqa: S608
            yield _Table(self._kql, database, columns, [True] * len(documents), self._runtime)
        finally:
            database.close()

    def leftovers(self) -> list[Leftover]:
        """Return nothing."""
        return []

    def remove(self, name: str) -> None:
        """Do nothing: there is nothing of ours."""

    def close(self) -> None:
        """Do nothing."""


def _cell(value: Any, kind: str) -> Any:
    """Return a value as its column holds it; a missing string is the empty one."""
    if kind == "string":
        return text(str(value) if isinstance(value, Dynamic) else value)
    if kind == "dynamic":
        return (
            None
            if value is None
            else str(value)
            if isinstance(value, Dynamic)
            else json_text(value)
        )
    return value.removesuffix("Z") if kind == "datetime" and isinstance(value, str) else value
