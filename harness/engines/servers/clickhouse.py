"""A ClickHouse server over its HTTP interface: https://clickhouse.com/docs/interfaces/http.

Documents become rows of a table of their own in the database that the address names (setting
``database``, default ``default``), one table for each set of column types that a translation
asks for. The query's table is replaced by ours; it runs with ``readonly``, so that it changes
nothing, and with limits on its time and its result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, Leftover, Server
from harness.engines._clickhouse import (
    NUMBER,
    Question,
    Rows,
    is_no_syntax,
    literal,
    question_of,
    quoted,
    refusal,
)
from harness.engines._http import Http
from harness.engines._places import leftover, new_place
from harness.ir import Event, FieldType
from harness.source import QuerySyntaxError, Unsupported

_OK = 200
_CODE = re.compile(rb"Code: (\d+)\.")
_NO_ANSWER = frozenset({60, 81, 159, 202, 241, 252, 279, 394, 497, 516, 598})
"""Error codes that say nothing about the query: no table, no time, no memory, no access."""
_NOT_READ = "only statements over one table that the harness reads are run"


class Failed(EngineFailure):
    """The server answers with an error about the query."""


@dataclass(slots=True)
class Tables:
    """Documents in tables of one run; a table is made when a query first needs its types."""

    server: ClickHouse
    documents: Sequence[Event]
    types: Mapping[str, FieldType]
    made: dict[str, str] = field(default_factory=dict)

    @property
    def taken(self) -> Sequence[bool]:
        """Every document is taken: what does not fit a column is its default."""
        return [True] * len(self.documents)

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        try:
            question = question_of(query)
        except (QuerySyntaxError, Unsupported) as error:
            if self.server.run(f"{is_no_syntax(query)} FORMAT TSV").strip() == b"1":
                message = "syntax error"
                raise refusal(query, message) from error
            message = f"{self.server.title} is not asked ({_NOT_READ}): {error.message}"
            raise Declined(message) from error
        table = self._table(options)
        try:
            self.server.run(f"EXPLAIN {question.text(table)}", read_only=True)
        except Failed as error:
            raise refusal(query, str(error)) from error
        try:
            hits = self._rows(question, table)
        except Failed:
            return [self._one(question, table, number) for number in range(len(self.documents))]
        return [number in hits for number in range(len(self.documents))]

    def _one(self, question: Question, table: str, number: int) -> bool | None:
        chosen = f"(SELECT * FROM {table} ORDER BY {NUMBER} LIMIT 1 OFFSET {number})"  # noqa: S608 - ours
        try:
            return bool(self._rows(question, chosen))
        except Failed:
            return None

    def _rows(self, question: Question, table: str) -> frozenset[int]:
        statement = f"{question.text(table)} FORMAT JSONCompactEachRow"
        lines = self.server.run(statement, read_only=True).splitlines()
        try:
            return frozenset(int(json.loads(line)[0]) for line in lines if line)
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            message = f"{self.server.title} answers in another form than ClickHouse's"
            raise EngineFailure(message) from error

    def _table(self, options: Mapping[str, Any]) -> str:
        """Return the table whose columns are as some options say, with all documents in it."""
        key = json.dumps(options, sort_keys=True, default=str)
        if key not in self.made:
            rows = Rows.of(self.documents, options, self.types)
            name = f"{quoted(self.server.database)}.{new_place('_')}"
            declared = ", ".join(f"{one} {kind}" for one, kind in [*rows.columns, _ROW])
            self.made[key] = name
            self.server.run(
                f"CREATE TABLE {name} ({declared}) ENGINE = MergeTree ORDER BY {NUMBER}"
            )
            lines = (json.dumps({**row, NUMBER: number}) for number, row in enumerate(rows.values))
            body = "\n".join(lines)
            if body:
                self.server.run(f"INSERT INTO {name} FORMAT JSONEachRow\n{body}")
        return self.made[key]


_ROW = (NUMBER, "UInt32")


class ClickHouse:
    """A ClickHouse that answers."""

    def __init__(self, address: Address) -> None:
        self._http = Http("ClickHouse", address, _headers(address))
        self.title = self._http.title
        self.database = address.setting("database", "default")
        self._seconds = max(1, int(address.timeout))
        self.version = self.run("SELECT version() FORMAT TSV").decode("utf-8", "replace").strip()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are."""
        return types

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[Tables]:
        """Hold documents for the queries to come; their tables are removed at the end."""
        tables = Tables(self, documents, types)
        try:
            yield tables
        finally:
            for name in tables.made.values():
                self.run(f"DROP TABLE IF EXISTS {name} SYNC")

    def leftovers(self) -> list[Leftover]:
        """Return our tables in the database."""
        statement = f"SELECT name FROM system.tables WHERE database = {literal(self.database)}"  # noqa: S608 - quoted
        names = self.run(f"{statement} AND name LIKE 'harness%' FORMAT TSV", read_only=True)
        found = [leftover(name) for name in names.decode("utf-8", "replace").split()]
        return [one for one in found if one is not None]

    def remove(self, name: str) -> None:
        """Remove one of our tables."""
        if leftover(name) is None:
            message = f"{name!r} is no place of the harness"
            raise ValueError(message)
        self.run(f"DROP TABLE IF EXISTS {quoted(self.database)}.{name} SYNC")

    def run(self, statement: str, *, read_only: bool = False) -> bytes:
        """Return what the server answers to a statement.

        Raises ``Failed`` for an error about the statement, ``EngineFailure`` for any other.
        """
        fields = {"date_time_input_format": "best_effort", "session_timezone": "UTC"}
        if read_only:
            limits = {"max_execution_time": str(self._seconds), "max_result_rows": "1000000"}
            fields = {"session_timezone": "UTC", **limits, "readonly": "1"}
        answer = self._http.send("POST", "/", statement, fields=fields)
        if answer.status == _OK:
            return answer.body
        found = _CODE.search(answer.body)
        message = answer.excerpt()
        if found is None or int(found[1]) in _NO_ANSWER:
            message = f"{self.title} gives no answer: {answer.status} {message}"
            raise EngineFailure(message)
        raise Failed(message)


def _headers(address: Address) -> dict[str, str]:
    if not address.user:
        return {}
    return {
        "X-ClickHouse-User": address.user.read(),
        "X-ClickHouse-Key": address.password.read(),
    }


def connect(address: Address) -> ClickHouse:
    """Return a ClickHouse that answers."""
    return ClickHouse(address)


SERVER = Server(
    name="clickhouse",
    title="ClickHouse",
    languages=("clickhouse",),
    connect=connect,
    credentials="a user and a password",
    settings=frozenset({"database"}),
    clock=True,
)
