"""A Kusto in memory: as much of its REST API as the harness uses, on loopback.

Requests and answers have the form of https://learn.microsoft.com/en-us/kusto/api/rest/request,
.../response and, for errors, .../response2 (OneApiErrors). What a query gives, our own reading of
Kusto says: here it is the way there and back that counts.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import harness
from tests.engines._stub_elastic import Server, handler

Json = Any
VERSION = "1.0.9215.23041"
PREFIX = re.compile(
    r"(?:let \['[^']*'\] = view \(\) \{ \['(?P<table>\w+)'\]"
    r"(?: \| where harness_row == (?P<row>\d+) \| project-away harness_row)?(?: \| take 0)? \}; )+"
    r"restrict access to \((?P<names>[^)]*)\);\n(?P<query>.*)",
    re.DOTALL,
)


@dataclass
class Rows:
    columns: dict[str, str]
    rows: list[dict[str, Json]] = field(default_factory=list)


class StubKusto:
    """A service with tables in memory; a context manager."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {"Customers": Rows({"Name": "string"}, [{"Name": "x"}])}
        self.asked: list[str] = []
        self.credentials: set[str] = set()
        self._server = Server(0, handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Json]:
        """Return the status and the JSON of an answer."""
        given = json.loads(body)
        assert (method, given["db"]) == ("POST", "Security")
        if target == "/v1/rest/mgmt":
            return self._manage(given["csl"])
        assert target == "/v1/rest/query"
        assert given["properties"]["Options"]["request_readonly"] is True
        return self._query(given["csl"])

    def _manage(self, text: str) -> tuple[int, Json]:
        command, _, rest = text.partition(" ['")
        name, _, rest = rest.partition("']")
        match command:
            case ".show version":
                return table(["BuildVersion", "ServiceType"], [[VERSION, "Engine"]])
            case ".show tables":
                return table(["TableName", "Folder"], [[one, ""] for one in self.tables])
            case ".create table":
                columns = re.findall(r"(?:\['([^']+)'\]|(\w+)):(\w+)", rest)
                self.tables[name] = Rows({one or two: kind for one, two, kind in columns})
                return table(["TableName"], [[name]])
            case ".ingest inline into table":
                head, _, data = rest.partition("<|\n")
                assert not head.strip()
                made = self.tables[name]
                for cells in csv.reader(data.splitlines(keepends=True)):
                    pairs = zip(made.columns.items(), cells, strict=True)
                    made.rows.append({one: _value(kind, cell) for (one, kind), cell in pairs})
                return table(["ExtentId"], [["7e1c"]])
            case ".drop table":
                self.tables.pop(name, None)
                return table(["TableName"], [[one] for one in self.tables])
            case _:
                return error("General_BadRequest", f"Syntax error: unknown command {command}")

    def _query(self, text: str) -> tuple[int, Json]:
        own = re.fullmatch(r"\['(\w+)'\] \| project harness_row", text)
        if own:
            rows = self.tables[own[1]].rows
            return table(["harness_row"], [[one["harness_row"]] for one in rows])
        found = PREFIX.fullmatch(text)
        assert found is not None, text
        self.asked.append(text)
        made = self.tables[found["table"]]
        query = found["query"]
        if missing := re.search(r"\bjoin \((\w+)", query):
            return error(
                "SEM0100",
                "Semantic error: SEM0100: 'join' operator: Failed to resolve table expression"
                f" named '{missing[1]}'",
            )
        try:
            verdicts = harness.match(
                query,
                language="kusto",
                events=made.rows,
                types={one: kind for one, kind in made.columns.items() if one != "harness_row"},
            )
        except harness.QuerySyntaxError as refused:
            return error("SEM0100", f"Semantic error: SEM0100: {refused.message}")
        wanted = int(found["row"]) if found["row"] else None
        kept = [
            one["harness_row"]
            for one, fires in zip(made.rows, verdicts, strict=True)
            if fires and wanted in {None, one["harness_row"]}
        ]
        if "project " in query:
            return table(["A"], [["x"] for _ in kept])
        return table(["harness_row", "A"], [[one, "x"] for one in kept])


def _value(kind: str, cell: str) -> Json:
    if kind == "string":
        return cell
    if not cell:
        return None
    return json.loads(cell) if kind in {"long", "int", "real", "bool", "dynamic"} else cell


def table(columns: list[str], rows: list[list[Json]]) -> tuple[int, Json]:
    """Return an answer with one result, and the tables that come after it."""
    described = [{"ColumnName": one, "DataType": "String"} for one in columns]
    first = {"TableName": "Table_0", "Columns": described, "Rows": rows}
    return 200, {"Tables": [first, {"TableName": "Table_1", "Columns": [], "Rows": []}]}


def error(code: str, message: str) -> tuple[int, Json]:
    """Return an error that stays one."""
    inner = {"code": code, "@message": message, "@permanent": True}
    said: Mapping[str, Json] = {
        "code": "General_BadRequest",
        "message": "Request is invalid and cannot be executed.",
        "@type": "Kusto.Data.Exceptions.KustoBadRequestException",
        "@message": f"Request is invalid and cannot be processed: {message}",
        "@context": {"serviceAlias": "TEST"},
        "@permanent": True,
        "innererror": inner,
    }
    return 400, {"error": said}
