"""SELECT statements of AQL.

The order of the clauses is that of
https://www.ibm.com/docs/en/qsip/7.6.0?topic=structure-sample-aql-queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import TRUE, Context, Predicate, Query, Schedule
from harness.languages._lexing import END
from harness.languages._nested import NestedCursor
from harness.languages._raw import with_raw
from harness.languages.aql._expressions import Expressions, Scope
from harness.languages.aql._missing import Missing, settled
from harness.languages.aql._tokens import LEXER, RESERVED, is_word, unquoted
from harness.source import Source

_MODES = {
    "missing": ("undefined", "null", "false"),
    "matches": ("undefined", "search", "whole"),
    "log_source": ("recorded", "any"),
}
_UNITS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400}
_CLAUSES = ("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "LAST", "START", "PARAMETERS")
_MAX_LAST = 10_000_000


def parse(source: Source, context: Context) -> Query:
    """Read a statement."""
    modes = {name: _mode(context.options, name) for name in _MODES}
    cursor = NestedCursor(source, LEXER.tokens(source))
    statement = _Statement(cursor, Scope(matches=modes["matches"]))
    predicate, lookback = statement.read()
    missing = Missing(modes["missing"], any_log_source=modes["log_source"] == "any")
    query = Query(
        predicate=settled(predicate, missing),
        schedule=None if lookback is None else Schedule(lookback=lookback, field="starttime"),
    )
    return with_raw(query, "payload", context)


def _mode(options: Mapping[str, Any], name: str) -> str:
    known = _MODES[name]
    given = str(options.get(name) or known[0]).lower()
    if given not in known:
        message = f"{name} is {given!r}"
        hint = f"give one of {', '.join(known)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return given


@dataclass(frozen=True, slots=True)
class _Statement:
    """A parser of one statement."""

    cursor: NestedCursor
    scope: Scope

    def read(self) -> tuple[Predicate, timedelta | None]:
        """``statement := SELECT results FROM table where? group? order? limit? time? ";"?``."""
        if not self._word("SELECT"):
            hint = "write SELECT * FROM events WHERE ..."
            self.cursor.fail(f"expected SELECT, found {self.cursor.token}", hint)
        self._results()
        self._from()
        predicate: Predicate = TRUE
        if self._word("WHERE"):
            predicate = Expressions(self.cursor, self.scope).condition(top=True)
        self._groups()
        self._limit()
        lookback = self._time()
        self._parameters()
        self.cursor.take("SEMICOLON")
        if not self.cursor.at(END):
            self._unread()
        return predicate, lookback

    def _word(self, word: str) -> bool:
        if is_word(self.cursor.token, word):
            self.cursor.next()
            return True
        return False

    def _unread(self) -> None:
        token = self.cursor.token
        hint = "end the query before it"
        if is_word(token, *_CLAUSES):
            hint = "keep to WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, LAST or START"
        self.cursor.fail(f"{token} cannot stand here", hint)

    def _results(self) -> None:
        """``results := "DISTINCT"? ("*" | expression ("AS" name)?) ("," ...)*``."""
        self.scope.results = True
        if is_word(self.cursor.token, "DISTINCT"):
            self.cursor.next()
        while True:
            if self.cursor.at("SIGN") and self.cursor.token.text == "*":
                self.cursor.next()
            else:
                self._result()
            if not self.cursor.take("COMMA"):
                break
        self.scope.results = False

    def _result(self) -> None:
        token = self.cursor.token
        if is_word(token, "IF", "CASE"):
            reason = "conditions among the result columns are not read"
            self.cursor.unsupported(f"{token.text.upper()} in SELECT", reason)
        found = Expressions(self.cursor, self.scope).expression()
        if self._word("AS"):
            kinds = ("NAME", "QUOTED", "STRING")
            name = self.cursor.expect(kinds, "a name after AS")
            self.scope.aliases.setdefault(unquoted(name).lower(), found)

    def _from(self) -> None:
        """``from := "FROM" ("events" | "flows") ("INTO" name)?``."""
        if not self._word("FROM"):
            self.cursor.fail(f"expected FROM, found {self.cursor.token}", "write FROM events")
        if self.cursor.at("OPEN"):
            reason = "statements inside each other depend on several events"
            self.cursor.unsupported("a SELECT in FROM", reason)
        table = self.cursor.expect("NAME", "a table after FROM")
        if table.text.lower() not in ("events", "flows", "simarc"):
            reason = "events and flows are the tables of the documentation"
            self.cursor.unsupported(f"the table {table.text}", reason, table.span)
        if self._word("INTO"):
            self.cursor.expect("NAME", "a name after INTO")

    def _groups(self) -> None:
        """``groups := ("GROUP" "BY" list)? ("HAVING" ...)? ("ORDER" "BY" list)?``."""
        self._list("GROUP")
        if is_word(self.cursor.token, "HAVING"):
            reason = "it depends on all events of a group"
            self.cursor.unsupported("HAVING", reason)
        self._list("ORDER")

    def _list(self, word: str) -> None:
        if not self._word(word):
            return
        if not self._word("BY"):
            self.cursor.fail(f"expected BY, found {self.cursor.token}")
        self.scope.results = True
        while True:
            token = self.cursor.token
            if token.kind == "STRING":
                self.cursor.next()
            else:
                Expressions(self.cursor, self.scope).expression()
            if is_word(self.cursor.token, "ASC", "DESC"):
                self.cursor.next()
            if not self.cursor.take("COMMA"):
                break
        self.scope.results = False

    def _limit(self) -> None:
        if self._word("LIMIT"):
            self.cursor.expect("NUMBER", "a number after LIMIT")

    def _time(self) -> timedelta | None:
        """``time := "LAST" NUMBER unit | "START" moment ("STOP" moment)?``."""
        if self._word("LAST"):
            count = self.cursor.expect("NUMBER", "a number after LAST")
            unit = self.cursor.expect("NAME", "MINUTES, HOURS or DAYS")
            seconds = _UNITS.get(unit.text.upper().removesuffix("S"))
            if seconds is None or not count.text.isdigit():
                hint = "write LAST 24 HOURS"
                self.cursor.fail("this is no time range", hint, count.span.to(unit.span))
            if len(count.text) > len(str(_MAX_LAST)):
                self.cursor.unsupported("a very long time range", "it is bounded", count.span)
            return timedelta(seconds=int(count.text) * seconds)
        if self._word("START"):
            self._moment()
            if self._word("STOP"):
                self._moment()
        return None

    def _moment(self) -> None:
        """``moment := STRING | NUMBER | call``."""
        if not self.cursor.at("STRING", "NUMBER", "NAME"):
            hint = "write START '2024-05-01 12:00'"
            self.cursor.fail(f"expected a time, found {self.cursor.token}", hint)
        if is_word(self.cursor.token, *RESERVED):
            self.cursor.fail(f"expected a time, found {self.cursor.token}")
        self.scope.results = True
        Expressions(self.cursor, self.scope).expression()
        self.scope.results = False

    def _parameters(self) -> None:
        """``parameters := "PARAMETERS" name "=" value ("," ...)*``, which say how to run."""
        if not self._word("PARAMETERS"):
            return
        while True:
            self.cursor.expect("NAME", "the name of a parameter")
            self.cursor.expect("COMPARE", "=")
            Expressions(self.cursor, self.scope).expression()
            if not self.cursor.take("COMMA"):
                return
