"""ClickHouse (chdb) behind standard input and output; run by the file ``clickhouse.py`` beside it.

Nothing but this file and the library is loaded. The session is read-only once its table is
filled, which also takes table functions and settings from a query.
"""

from __future__ import annotations

import json
import sys
from typing import Any

SETTINGS = {
    "max_threads": "1",
    "max_execution_time": "20",
    "max_memory_usage": "536870912",
    "max_result_rows": "1000000",
    "max_ast_depth": "1000",
    "date_time_input_format": "'best_effort'",
    "session_timezone": "'UTC'",
    "readonly": "1",
}
TABLE = "logs"
NUMBER = "harness_row"


class Engine:
    """A table in memory, and queries on its rows."""

    def __init__(self, session: Any, columns: list[Any], rows: list[Any]) -> None:
        self.session = session
        self.count = len(rows)
        declared = ", ".join(f"{name} {kind}" for name, kind in [*columns, [NUMBER, "UInt32"]])
        session.query(f"CREATE TABLE {TABLE} ({declared}) ENGINE = Memory")
        if rows:
            lines = "\n".join(
                json.dumps({**row, NUMBER: number}) for number, row in enumerate(rows)
            )
            settings = "date_time_input_format = 'best_effort'"
            session.query(f"INSERT INTO {TABLE} SETTINGS {settings} FORMAT JSONEachRow {lines}")
        for name, value in SETTINGS.items():
            session.query(f"SET {name} = {value}")

    def rows(self, statement: str) -> list[int]:
        """Return the numbers of the rows that a statement returns."""
        text = str(self.session.query(statement, "JSONCompactEachRow"))
        return [json.loads(line)[0] for line in text.splitlines() if line]

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the verdicts, or why the query is refused."""
        if "syntax" in request:
            known = self.session.query(request["syntax"], "TSV")
            return {"invalid": str(known).strip() == "1"}
        every, one = request["every"], request["one"]
        try:
            self.session.query(f"EXPLAIN {every}", "TSV")
        except Exception as error:  # noqa: BLE001 - the library has no errors of its own
            return {"refused": str(error)}
        try:
            hits = set(self.rows(every))
        except Exception:  # noqa: BLE001
            return {"verdicts": [self._one(one, number) for number in range(self.count)]}
        return {"verdicts": [number in hits for number in range(self.count)]}

    def _one(self, statement: str, number: int) -> bool | None:
        chosen = f"(SELECT * FROM {TABLE} ORDER BY {NUMBER} LIMIT 1 OFFSET {number})"  # noqa: S608
        try:
            return bool(self.rows(statement.replace("{table}", chosen)))
        except Exception as error:
            if "MEMORY_LIMIT_EXCEEDED" in str(error):
                raise
            return None


def main() -> None:
    """Answer requests until there is none."""
    sys.path[:] = json.loads(sys.argv[1])
    from chdb.session import Session  # noqa: PLC0415 - found only now

    start: Any = Session

    engine, known = None, ""
    session: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        wanted = json.dumps([request["columns"], request["rows"]])
        try:
            if engine is None or wanted != known:
                if session is not None:
                    session.close()
                session, engine = start(), None
                engine, known = Engine(session, request["columns"], request["rows"]), wanted
            answer = engine.answer(request)
        except Exception as error:  # noqa: BLE001 - told where it was asked
            answer = {"failed": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
