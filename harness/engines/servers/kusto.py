"""Azure Data Explorer or its emulator, over the REST API.

https://learn.microsoft.com/en-us/kusto/api/rest/request and .../response. Written after these
pages; it was never run on the real service.

The documents go into a table of their own, ``harness_tmp_...``, with the columns that our reading
of Kusto gives the index types, and a column that tells its rows apart. The query stands as it is
written behind a prefix of the kind that https://learn.microsoft.com/en-us/kusto/query/restrict-statement
shows for applications that pass on their users' queries::

    let SecurityEvent = view () { ['harness_tmp_...'] }; restrict access to (SecurityEvent);

so that the names of its tables mean our table, also in ``search`` and ``union *``, which see views,
and nothing else of the database can be read. A condition alone stands after ``where``. Where the
rows of an answer do not hold our column any more (``project``, ``summarize``), the query is asked
about each document alone. A query that looks at the clock, at another database or into a function
with arguments is declined, as is one with tables that we cannot find in it.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from harness.engines._addresses import Address
from harness.engines._base import Declined, EngineFailure, EngineTimeout, Leftover, Server
from harness.engines._http import Answer, Http, printable
from harness.engines._places import leftover, new_place
from harness.errors import HarnessError
from harness.ir import Event, FieldType
from harness.languages.kusto._columns import kusto_type
from harness.languages.kusto._sources import Sources, sources
from harness.languages.kusto._values import Dynamic, json_text, row, text
from harness.source import QuerySyntaxError, Source, Span

Json = Any
ROW = "harness_row"
"""Our column, whose values no term of a search is like."""
FIRST_ROW = 6_174_000_000_000_000
BATCH, BATCH_BYTES = 500, 1 << 19
"""Rows and characters of one command that ingests."""
MOST_ALONE = 200
"""Documents that are asked about one by one."""
DATABASE = "NetDefaultDB"
"""The database of the emulator, and the default of a cluster."""
_OK, _BAD, _CLIENT_ERROR = 200, 400, 400
_NO_LOGIN = frozenset({401, 403})
_SHOWN = 500
_ABOUT_THE_QUERY = re.compile(r"\b(?:Syntax error|Semantic error|SYN\d{4}|SEM\d{4})\b")
"""https://learn.microsoft.com/en-us/kusto/api/rest/response-http shows one; the code is inside."""
_NO_TABLE = re.compile(r"Failed to resolve (?:table|tabular|entity)\b(?! or column)")
_CLOCK = re.compile(r"\b(?:now|ago)\s*\(")


class Table:
    """Documents in a table of their own."""

    def __init__(self, kusto: Kusto, name: str, columns: Mapping[str, str]) -> None:
        self.kusto = kusto
        self.name = name
        self.columns = columns
        self.taken: list[bool] = []

    def add(self, documents: Sequence[Event]) -> None:
        """Store documents; one that is no Unicode text is left out."""
        lines = [_line(number, one, self.columns) for number, one in enumerate(documents)]
        self.taken = [line is not None for line in lines]
        for batch in _batches([line for line in lines if line is not None]):
            self.kusto.manage(f".ingest inline into table {_quoted(self.name)} <|\n{batch}")
        self._wait()

    def _wait(self) -> None:
        """Wait until the rows are found."""
        deadline = time.monotonic() + self.kusto.timeout
        while True:
            columns, rows = self.kusto.query(f"{_quoted(self.name)} | project {ROW}")
            if columns == [ROW] and len(rows) == self.taken.count(True):
                return
            if time.monotonic() > deadline:
                message = f"{self.kusto.title} does not show what it took"
                raise EngineTimeout(message)
            time.sleep(0.1)

    def ask(self, language: str, query: str, *, options: Mapping[str, Any]) -> list[bool | None]:
        """Return one verdict per document."""
        del language
        if _CLOCK.search(query):
            message = "the query looks at the clock of the service"
            raise Declined(message)
        types = {name: FieldType(name=kind) for name, kind in self.columns.items()}
        try:
            named = sources(Source(query, "<engine>"), types)
        except HarnessError:  # what we cannot read, Kusto may
            named = Sources(tables=(), is_table=True)
        if named.foreign:
            message = f"the query looks at more than tables of its own: {named.foreign}"
            raise Declined(message)
        ours = _quoted(self.name)
        columns, rows = self._run(query, named, options, ours)
        numbers = [number for number, is_taken in enumerate(self.taken) if is_taken]
        if ROW in columns:
            at = columns.index(ROW)
            found = self._numbers([one[at] for one in rows])
        elif len(numbers) > MOST_ALONE:
            message = f"the query keeps no column of ours, and more than {MOST_ALONE} documents"
            raise Declined(message)
        else:
            found = {
                number
                for number in numbers
                if self._run(query, named, options, f"{ours} | where {_is(number)}")[1]
            }
        return [number in found for number in range(len(self.taken))]

    def _numbers(self, values: Sequence[Json]) -> set[int]:
        found = {one - FIRST_ROW for one in values if isinstance(one, int)}
        if not found <= set(range(len(self.taken))) or len(values) != len(
            [one for one in values if isinstance(one, int)]
        ):
            message = f"{self.kusto.title} returns rows of other tables"
            raise EngineFailure(message)
        return found

    def _run(
        self, query: str, named: Sources, options: Mapping[str, Any], ours: str
    ) -> tuple[list[str], list[list[Json]]]:
        """Return the columns and rows of a query whose tables are ours."""
        wanted = str(options.get("table") or "")
        tables = named.tables or (wanted or "Events",)
        empty = f"{ours} | take 0"
        rows = {name: ours if wanted in {"", name} else empty for name in tables}
        views = [f"let {_quoted(name)} = view () {{ {one} }};" for name, one in rows.items()]
        allowed = ", ".join(_quoted(name) for name in tables)
        prefix = f"{' '.join(views)} restrict access to ({allowed});\n"
        where = "" if named.is_table else f"{_quoted(tables[0])} | where\n"
        return self.kusto.query(f"{prefix}{where}{query}", query)


def _is(number: int) -> str:
    return f"{ROW} == {FIRST_ROW + number} | project-away {ROW}"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _line(number: int, document: Event, columns: Mapping[str, str]) -> str | None:
    """Return a document as a line of CSV in the order of the columns."""
    values = row(document)
    out = io.StringIO()
    cells = [str(FIRST_ROW + number)]
    cells += [_cell(values.get(name), kind) for name, kind in columns.items()]
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    line = out.getvalue()
    try:
        line.encode()
    except UnicodeEncodeError:
        return None
    return line


def _cell(value: Any, kind: str) -> str:
    """Return the text of a value; an empty one is null, and of a string itself."""
    if kind == "dynamic" and value is not None and not isinstance(value, Dynamic):
        return json_text(value)
    return text(str(value) if isinstance(value, Dynamic) else value)


def _batches(lines: Sequence[str]) -> Iterator[str]:
    batch: list[str] = []
    size = 0
    for line in lines:
        if batch and (len(batch) >= BATCH or size + len(line) > BATCH_BYTES):
            yield "".join(batch)
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield "".join(batch)


# The service ---------------------------------------------------------------------------------


class Kusto:
    """A service that answers."""

    def __init__(self, address: Address) -> None:
        headers = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"}
        if address.token:
            headers["Authorization"] = f"Bearer {address.token.read()}"
        self._http = Http("Kusto", address, headers)
        self._hidden = address.hidden
        self.title = self._http.title
        self.timeout = address.timeout
        self._database = address.setting("database", DATABASE)
        try:
            self.version = self._version()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def stored_as(self, types: Mapping[str, FieldType]) -> Mapping[str, FieldType]:
        """Return the types as they are: our reading has Kusto's own."""
        return types

    @contextmanager
    def store(self, documents: Sequence[Event], types: Mapping[str, FieldType]) -> Iterator[Table]:
        """Make a table of documents; it is dropped at the end."""
        columns = {name: kusto_type(kind.name) or "string" for name, kind in types.items()}
        columns = columns or _seen(documents)
        name = new_place("_")
        declared = ", ".join(f"{_quoted(one)}:{kind}" for one, kind in columns.items())
        comma = ", " if declared else ""
        try:
            self.manage(f".create table {_quoted(name)} ({ROW}:long{comma}{declared})")
            table = Table(self, name, columns)
            table.add(documents)
            yield table
        finally:
            self.remove(name)

    def leftovers(self) -> list[Leftover]:
        """Return the tables of ours that are there."""
        columns, rows = self.manage(".show tables")
        at = columns.index("TableName") if "TableName" in columns else 0
        found = [leftover(str(one[at])) for one in rows]
        return [one for one in found if one is not None]

    def remove(self, name: str) -> None:
        """Drop a table of ours; one that is not there is no fault."""
        if leftover(name) is None:
            message = f"{name!r} is no table of the harness"
            raise ValueError(message)
        self.manage(f".drop table {_quoted(name)} ifexists")

    def manage(self, command: str) -> tuple[list[str], list[list[Json]]]:
        """Run a management command; return the columns and rows of its answer."""
        return self._table(self._send("mgmt", command, {}))

    def query(self, query: str, written: str = "") -> tuple[list[str], list[list[Json]]]:
        """Run a query; return the columns and rows of its result.

        ``written`` is the query in it that somebody else wrote, and empty for one of our own.
        Raises ``QuerySyntaxError`` where the service refuses that.
        """
        seconds = max(1, int(self.timeout))
        options = {
            "request_readonly": True,
            "servertimeout": time.strftime("%H:%M:%S", time.gmtime(seconds)),
        }
        return self._table(self._send("query", query, options, written))

    def _send(
        self, where: str, text: str, options: Mapping[str, Json], written: str = ""
    ) -> Answer:
        given = {"db": self._database, "csl": text, "properties": {"Options": dict(options)}}
        answer = self._http.send("POST", f"/v1/rest/{where}", json.dumps(given))
        if answer.status == _OK:
            return answer
        words = self._words(answer)
        if answer.status in _NO_LOGIN:
            message = f"{self.title} refuses to log us in, or this: {answer.status} {words}"
            raise EngineFailure(message)
        if written and answer.status == _BAD and _is_permanent(answer):
            if _NO_TABLE.search(words):
                message = f"{self.title} misses a table that we do not find in the query: {words}"
                raise Declined(message)
            if _ABOUT_THE_QUERY.search(words):
                raise QuerySyntaxError(words, Source(written, "<engine>"), Span(0, len(written)))
        message = f"{self.title} fails: {answer.status} {words}"
        raise EngineFailure(message)

    def _words(self, answer: Answer) -> str:
        error = _error(answer)
        inner = error.get("innererror")
        said = [error.get("@message") or error.get("message")]
        said += [inner.get("@message") or inner.get("message")] if isinstance(inner, dict) else []
        text = " | ".join(dict.fromkeys(str(one) for one in said if one))
        return printable(self._hidden(text))[:_SHOWN] or answer.excerpt()

    def _table(self, answer: Answer) -> tuple[list[str], list[list[Json]]]:
        """Return the first table of an answer; raises where the service broke off within it."""
        found = answer.json()
        try:
            first = found["Tables"][0]
            columns = [str(one["ColumnName"]) for one in first["Columns"]]
            rows = first["Rows"]
            broken = [one for one in rows if not isinstance(one, list)]
            is_whole = all(len(one) == len(columns) for one in rows if isinstance(one, list))
        except (LookupError, TypeError, AttributeError) as error:
            message = f"{self.title} answers in another form than Kusto's"
            raise EngineFailure(message) from error
        if broken or not is_whole or "Exceptions" in found:
            words = printable(self._hidden(json.dumps(broken or found.get("Exceptions"))))[:_SHOWN]
            message = f"{self.title} breaks off within its answer: {words}"
            raise EngineFailure(message)
        return columns, rows

    def _version(self) -> str:
        columns, rows = self.manage(".show version")
        with suppress(LookupError, ValueError):
            found = str(rows[0][columns.index("BuildVersion")])
            if re.fullmatch(r"[\w.+-]{1,60}", found):
                return found
        message = f"{self.title} does not say its version"
        raise EngineFailure(message)


def _error(answer: Answer) -> dict[str, Json]:
    with suppress(EngineFailure):
        found = answer.json()
        error = found.get("error") if isinstance(found, dict) else None
        if isinstance(error, dict):
            return error
    return {}


def _is_permanent(answer: Answer) -> bool:
    return _error(answer).get("@permanent") is True


def _seen(documents: Sequence[Event]) -> dict[str, str]:
    """Return columns for what documents without types hold."""
    found: dict[str, str] = {}
    for document in documents:
        for name, value in row(document).items():
            kind = _KINDS.get(type(value), "string")
            found[name] = kind if found.get(name, kind) == kind else "string"
    return found


_KINDS: Mapping[type, str] = {bool: "bool", int: "long", float: "real", Dynamic: "dynamic"}


def connect(address: Address) -> Kusto:
    """Return a service that answers."""
    return Kusto(address)


SERVER = Server(
    name="kusto",
    title="Kusto",
    languages=("kusto",),
    connect=connect,
    credentials="token",
    settings=frozenset({"database"}),
)
