"""DuckDB behind standard input and output; run by the file ``duckdb.py`` beside it.

Nothing but this file and the library is loaded. The database is in memory, without access to
files, networks or extensions, and its configuration cannot be changed by a query.
"""

from __future__ import annotations

import json
import sys
from typing import Any

CONFIG = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
    "temp_directory": "",
}
TABLE = "logs"
NUMBER = "harness_row"
EVERY = "harness_rows"


class Session:
    """A table in memory, and queries on its rows."""

    def __init__(self, duckdb: Any, table: str, columns: list[Any]) -> None:
        self.duckdb = duckdb
        self.database = duckdb.connect(":memory:", config=CONFIG)
        self.table = table
        columns = [*columns, [f'"{NUMBER}"', "INTEGER"]]
        declared = ", ".join(f"{name} {kind}" for name, kind in columns)
        self.database.execute("SET TimeZone = 'UTC'")
        self.database.execute(f"CREATE TABLE {table} ({declared})")
        self.database.execute(f"CREATE TABLE {EVERY} ({declared})")
        # one row's statistics decide parts at once, and fail on parts that no row reaches
        self.database.execute("SET disabled_optimizers = 'statistics_propagation'")
        self.database.execute("SET lock_configuration = true")
        self.rows = ""
        self.insert = f"INSERT INTO {EVERY} VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - quoted by the caller

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the verdicts, or why the query is refused."""
        statement, rows = request["statement"], request["rows"]
        try:
            found = self.database.extract_statements(statement)
            if len(found) != 1 or found[0].type != self.duckdb.StatementType.SELECT:
                return {"refused": "one SELECT is run"}
            self.database.execute(f"EXPLAIN {statement}").fetchall()
        except self.refusals() as error:
            return {"refused": str(error)}
        except self.duckdb.Error:
            pass  # it fails where there is a row
        self._hold(rows)
        if request["bare"] and (found := self._together(statement, len(rows))) is not None:
            return {"verdicts": found}
        return {"verdicts": [self._one(statement, number) for number in range(len(rows))]}

    def refusals(self) -> tuple[type[Exception], ...]:
        """Return the errors that say of a query that no row can make it valid."""
        names = ("ParserException", "BinderException", "CatalogException", "InvalidInputException")
        more = ("NotImplementedException", "PermissionException")
        return tuple(getattr(self.duckdb, name) for name in (*names, *more))

    def _hold(self, rows: list[Any]) -> None:
        """Keep some rows to choose from, and look at all of them."""
        known = json.dumps(rows)
        if known != self.rows:
            self.database.execute(f"DELETE FROM {EVERY}")  # noqa: S608 - our own table
            if rows:
                numbered = [[*row, number] for number, row in enumerate(rows)]
                self.database.executemany(self.insert, numbered)
            self.rows = known
        self._show("")

    def _show(self, condition: str) -> None:
        chosen = f"SELECT * FROM {EVERY} {condition}"  # noqa: S608 - our own table
        self.database.execute(f"CREATE OR REPLACE TABLE {self.table} AS {chosen}")

    def _together(self, statement: str, count: int) -> list[bool] | None:
        """Return the verdicts of a condition on all rows at once; nothing where one fails."""
        try:
            found = self.database.execute(statement).fetchall()
        except self.duckdb.Error:
            return None
        hits = {number for (number,) in found}
        return [number in hits for number in range(count)]

    def _one(self, statement: str, number: int) -> bool | None:
        self._show(f'WHERE "{NUMBER}" = {number}')
        try:
            return bool(self.database.execute(statement).fetchall())
        except self.duckdb.OutOfMemoryException:
            raise
        except self.duckdb.Error:
            return None


def main() -> None:
    """Answer requests until there is none."""
    sys.path[:] = json.loads(sys.argv[1])
    import duckdb  # noqa: PLC0415 - found only now

    session, known = None, ""
    for line in sys.stdin:
        request = json.loads(line)
        wanted = json.dumps([request["table"], request["columns"]])
        try:
            if session is None or wanted != known:
                if session is not None:
                    session.database.close()
                session, known = Session(duckdb, request["table"], request["columns"]), wanted
            answer = session.answer(request)
        except duckdb.Error as error:
            session, answer = None, {"failed": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
