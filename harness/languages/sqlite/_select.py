"""SELECT statements round an expression. https://www.sqlite.org/lang_select.html."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from harness.errors import Fault
from harness.ir import (
    TRUE,
    Event,
    Predicate,
    Query,
    Scalar,
    Truth,
)
from harness.ir.cells import Lookup, raw
from harness.languages._lexing import END, Token
from harness.languages.sqlite._columns import Table, folded
from harness.languages.sqlite._comparisons import known_collation
from harness.languages.sqlite._cursor import SqlCursor
from harness.languages.sqlite._expressions import Expressions, Scope
from harness.languages.sqlite._operands import AGGREGATED, Operand
from harness.languages.sqlite._tokens import is_name, is_word, name_of
from harness.languages.sqlite._values import Declared, Value, collate, stored, to_number

_STATEMENTS = (
    *("ALTER", "ANALYZE", "ATTACH", "BEGIN", "COMMIT", "CREATE", "DELETE", "DETACH", "DROP"),
    *("END", "EXPLAIN", "INSERT", "PRAGMA", "REINDEX", "RELEASE", "REPLACE", "ROLLBACK"),
    *("SAVEPOINT", "UPDATE", "VACUUM", "VALUES", "WITH"),
)
_ENDS = ("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW")
_JOINS = ("JOIN", "NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "INDEXED", "NOT")
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Count:
    """``count(*)``, ``count(column)`` or ``count(DISTINCT column)``."""

    column: str = ""
    declared: Declared = field(default_factory=Declared)
    distinct: bool = False

    def of(self, rows: Sequence[Event]) -> int:
        """Return the count over the rows of a group."""
        if not self.column:
            return len(rows)
        found = [_key(row, self.column, self.declared) for row in rows]
        there = [value for value in found if value is not None]
        return len(set(there)) if self.distinct else len(there)


@dataclass(frozen=True, slots=True)
class Limit:
    """LIMIT and OFFSET over the rows in the order in which they were inserted."""

    count: int
    offset: int

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Keep ``count`` of the rows that were returned, after the first ``offset``."""
        place, result = 0, []
        for _, outcome in zip(events, outcomes, strict=True):
            kept = outcome
            if outcome is Truth.TRUE:
                inside = place >= self.offset and not 0 <= self.count <= place - self.offset
                kept = Truth.of(inside)
                place += 1
            result.append(kept)
        return result


@dataclass(frozen=True, slots=True)
class Groups:
    """GROUP BY columns with HAVING tests of counts."""

    keys: tuple[tuple[str, Declared], ...]
    tests: tuple[tuple[Count, str, float], ...]

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Keep the rows of the groups that pass."""
        places: dict[tuple[object, ...], list[int]] = {}
        for place, (event, outcome) in enumerate(zip(events, outcomes, strict=True)):
            if outcome is Truth.TRUE:
                key = tuple(_key(event, name, declared) for name, declared in self.keys)
                places.setdefault(key, []).append(place)
        result = list(outcomes)
        for found in places.values():
            rows = [events[place] for place in found]
            if not all(_COMPARE[sign](count.of(rows), bound) for count, sign, bound in self.tests):
                for place in found:
                    result[place] = Truth.FALSE
        return result


def _key(event: Event, name: str, declared: Declared) -> object:
    """Return a column's value such that equal values are equal keys; ``None`` for NULL."""
    value: Scalar = raw(event, name, Lookup.FLAT_CASELESS)
    if value is None:
        return None
    found: Value = stored(value, declared)
    return collate(found, declared.collation) if isinstance(found, str) else found


@dataclass(frozen=True, slots=True)
class Statement:
    """A parser of one statement."""

    cursor: SqlCursor
    table: Table

    def query(self) -> Query:
        """``query := select | expression``, with one semicolon at most."""
        token = self.cursor.token
        if token.kind in (END, "SEMICOLON"):
            self.cursor.fail("the query is empty", "write SELECT * FROM logs WHERE ...")
        if is_word(token, *_STATEMENTS) and not self._names_column():
            reason = "only SELECT and WHERE expressions are evaluated"
            self.cursor.unsupported(f"the statement {token.text.upper()}", reason)
        scope = Scope(self.table)
        if is_word(token, "SELECT"):
            found = self._select(scope)
            unknown = None
        else:
            expression = Expressions(self.cursor, scope).expression()
            found = Query(predicate=expression.test)
            unknown = Truth.UNDEFINED
        self.cursor.take("SEMICOLON")
        if not self.cursor.at(END):
            self.cursor.fail(f"near {self.cursor.token}: syntax error", "end the query before it")
        return Query(
            predicate=found.predicate,
            stages=found.stages,
            unknown=unknown,
            warnings=tuple(scope.warnings),
        )

    def _names_column(self) -> bool:
        """Return whether the first word is used as the name of a column or function."""
        return self.cursor.peek().kind not in ("NAME", "QUOTED", "TICKED", END)

    def _select(self, scope: Scope) -> Query:
        """``select := "SELECT" results "FROM" table where? group? order? limit?``."""
        self.cursor.next()
        if is_word(self.cursor.token, "DISTINCT", "ALL"):
            self.cursor.next()
        start = self.cursor.mark()
        self._skip_results()
        if is_word(self.cursor.token, "FROM"):
            scope.tables = self._from()
        end = self.cursor.mark()
        self.cursor.reset(start)
        results = _Results(self.cursor, scope)
        results.read()
        self.cursor.reset(end)
        predicate: Predicate = TRUE
        if self._word("WHERE"):
            scope.aggregates = False
            predicate = Expressions(self.cursor, scope).expression().test
        stages = [stage for stage in (self._group(scope, results),) if stage is not None]
        self._compound()
        limit = self._limit(self._order(scope), grouped=results.grouped)
        return Query(
            predicate=predicate,
            stages=(*stages, *(() if limit is None else (limit,))),
        )

    def _skip_results(self) -> None:
        """Read up to FROM, whose names the result columns need."""
        depth = 0
        while not self.cursor.at(END, "SEMICOLON"):
            token = self.cursor.token
            if depth == 0 and is_word(token, "FROM"):
                if not is_word(self.cursor.previous, "DISTINCT"):
                    return
            elif depth == 0 and is_word(token, *_ENDS):
                break
            depth += (token.kind == "OPEN") - (token.kind == "CLOSE")
            self.cursor.next()

    def _from(self) -> frozenset[str]:
        """``from := "FROM" (schema ".")? table ("AS"? alias)?``."""
        self.cursor.next()
        token = self.cursor.token
        if token.kind == "OPEN":
            reason = "statements inside each other are not evaluated"
            self.cursor.unsupported("a SELECT in FROM", reason)
        name = self._table_name()
        names = {folded(name), folded(f"main.{name}")}
        if self.cursor.take("DOT"):
            schema, name = name, self._table_name()
            if folded(schema) != "main":
                self.cursor.fail(f"no such table: {schema}.{name}", "", token.span)
            names = {folded(name), folded(f"main.{name}")}
        if self.cursor.at("COMMA", "OPEN") or is_word(self.cursor.token, *_JOINS):
            self._join()
        alias = self._word("AS")
        if alias or (is_name(self.cursor.token) and not is_word(self.cursor.token, *_ENDS)):
            names = {folded(self._table_name())}
        if self.cursor.at("COMMA") or is_word(self.cursor.token, *_JOINS):
            self._join()
        return frozenset(names)

    def _join(self) -> None:
        reason = "rows are judged one by one, without those of other tables or indexes"
        self.cursor.unsupported("a join or table clause", reason)

    def _table_name(self) -> str:
        token = self.cursor.token
        if not is_name(token) and token.kind != "STRING":
            self.cursor.fail(f"expected a table, found {token}", "write FROM logs")
        self.cursor.next()
        return name_of(token)

    def _word(self, word: str) -> bool:
        if is_word(self.cursor.token, word):
            self.cursor.next()
            return True
        return False

    def _by(self, word: str) -> bool:
        if not self._word(word):
            return False
        if not self._word("BY"):
            self.cursor.fail(f"expected BY, found {self.cursor.token}")
        return True

    def _group(self, scope: Scope, results: _Results) -> Groups | None:
        """``group := "GROUP" "BY" expression ("," expression)* ("HAVING" having)?``."""
        if not self._by("GROUP"):
            if is_word(self.cursor.token, "HAVING"):
                reason = "a condition on all rows at once is not evaluated"
                self.cursor.unsupported("HAVING without GROUP BY", reason)
            return None
        keys = [self._key(scope)]
        while self.cursor.take("COMMA"):
            keys.append(self._key(scope))
        results.grouped = True
        if not self._word("HAVING"):
            return None
        first = self.cursor.previous.span
        tests = [self._having(scope, results)]
        while self._word("AND"):
            tests.append(self._having(scope, results))
        if None in keys:
            reason = "groups are evaluated by plain columns"
            self.cursor.unsupported("HAVING with such a GROUP BY", reason, first)
        return Groups(tuple(key for key in keys if key is not None), tuple(tests))

    def _key(self, scope: Scope) -> tuple[str, Declared] | None:
        found = Expressions(self.cursor, scope).expression()
        self._sorted(found)
        if isinstance(found.value, int) and found.constant:
            return None
        subject = found.subject
        if subject is None or found.height > 1 or not subject.plain:
            return None
        return subject.field, self.table.declaration(subject.field)

    def _having(self, scope: Scope, results: _Results) -> tuple[Count, str, float]:
        """``having := count sign number | number sign count``."""
        start = self.cursor.token
        count = self._count(scope, results)
        bound = None if count is not None else self._number(scope)
        sign = self.cursor.token
        if sign.kind != "OP" or sign.text not in _COMPARE:
            self._no_having(start)
        self.cursor.next()
        text = sign.text
        if count is None:
            count, text = self._count(scope, results), _MIRRORED.get(text, text)
        else:
            bound = self._number(scope)
        following = self.cursor.token
        ends = self.cursor.at(END, "SEMICOLON") or is_word(following, "AND", *_ENDS)
        if count is None or bound is None or not ends:
            self._no_having(start)
        return count, text, bound

    def _no_having(self, start: Token) -> NoReturn:
        reason = "tests of counts against numbers, joined by AND, are evaluated"
        self.cursor.unsupported("this HAVING", reason, start.span)

    def _number(self, scope: Scope) -> float | None:
        found = Expressions(self.cursor, scope).operand(NUMBER_LEVEL)
        if not found.constant or not isinstance(found.value, int | float):
            return None
        return float(to_number(found.value))

    def _count(self, scope: Scope, results: _Results) -> Count | None:
        token = self.cursor.token
        if is_name(token) and self.cursor.peek().kind != "OPEN":
            found = results.counts.get(folded(name_of(token)))
            if found is not None:
                self.cursor.next()
            return found
        return count(self.cursor, scope)

    def _order(self, scope: Scope) -> bool:
        """``order := "ORDER" "BY" expression ("ASC" | "DESC")? ("NULLS" ("FIRST" | "LAST"))?``."""
        if not self._by("ORDER"):
            return False
        scope.aggregates = True
        while True:
            self._sorted(Expressions(self.cursor, scope).expression())
            if is_word(self.cursor.token, "ASC", "DESC"):
                self.cursor.next()
            if self._word("NULLS") and not (self._word("FIRST") or self._word("LAST")):
                self.cursor.fail(f"expected FIRST or LAST, found {self.cursor.token}")
            if not self.cursor.take("COMMA"):
                return True

    def _sorted(self, operand: Operand) -> None:
        """Refuse a collation that SQLite does not have."""
        try:
            known_collation(operand.collation)
        except Fault as error:
            self.cursor.fail(str(error), "", operand.span)

    def _compound(self) -> None:
        if is_word(self.cursor.token, "UNION", "EXCEPT", "INTERSECT", "WINDOW"):
            reason = "one SELECT over single rows is evaluated"
            self.cursor.unsupported(self.cursor.token.text.upper(), reason)

    def _limit(self, ordered: bool, *, grouped: bool) -> Limit | None:  # noqa: FBT001 - one fact
        """``limit := "LIMIT" expression (("OFFSET" | ",") expression)?``."""
        if not is_word(self.cursor.token, "LIMIT"):
            return None
        token = self.cursor.next()
        numbers = [self._whole(token)]
        comma = self.cursor.at("COMMA")
        if comma or is_word(self.cursor.token, "OFFSET"):
            self.cursor.next()
            numbers.append(self._whole(token))
        if ordered or grouped:
            reason = "which rows are first depends on all of them"
            self.cursor.unsupported("LIMIT after ORDER BY or GROUP BY", reason, token.span)
        first, second = numbers[0], numbers[1] if len(numbers) > 1 else 0
        return Limit(second, max(0, first)) if comma else Limit(first, max(0, second))

    def _whole(self, token: Token) -> int:
        found = Expressions(self.cursor, Scope(self.table)).expression()
        if not found.constant:
            self.cursor.fail("LIMIT takes no column", "give a number", token.span)
        number = to_number(found.value)
        if found.value is None or not math.isfinite(number) or number != int(number):
            self.cursor.fail("datatype mismatch", "give a whole number", token.span)
        return int(number)


NUMBER_LEVEL = 7
"""The precedence of sums, which bind tighter than comparisons."""


@dataclass(slots=True)
class _Results:
    """The result columns: their aliases, and which of them count."""

    cursor: SqlCursor
    scope: Scope
    counts: dict[str, Count] = field(default_factory=dict)
    grouped: bool = False

    def read(self) -> None:
        """``results := ("*" | table ".*" | expression ("AS"? name)?) ("," ...)*``."""
        self.scope.aggregates = True
        while True:
            self._result()
            if not self.cursor.take("COMMA"):
                break
        if self.cursor.at(END, "SEMICOLON") or is_word(self.cursor.token, *_ENDS):
            self.cursor.unsupported("a SELECT without FROM", "it looks at no event")
        if not is_word(self.cursor.token, "FROM"):
            self.cursor.fail(f"near {self.cursor.token}: syntax error")

    def _result(self) -> None:
        if self._star():
            return
        start = self.cursor.mark()
        counted = count(self.cursor, self.scope)
        if counted is not None and not self._at_end():
            counted = None
        self.cursor.reset(start)
        found = Expressions(self.cursor, self.scope).expression()
        named = is_word(self.cursor.token, "AS")
        if named:
            self.cursor.next()
        token = self.cursor.token
        if named or not (
            self.cursor.at("COMMA", "SEMICOLON", END) or is_word(token, "FROM", *_ENDS)
        ):
            if not is_name(token) and token.kind != "STRING":
                self.cursor.fail(f"expected a name, found {token}")
            self._alias(folded(name_of(self.cursor.next())), found, counted)

    def _alias(self, name: str, found: Operand, counted: Count | None) -> None:
        if counted is not None:
            self.counts[name] = counted
        elif not _is_aggregate(found):
            self.scope.aliases.setdefault(name, found)

    def _at_end(self) -> bool:
        return (
            self.cursor.at("COMMA")
            or is_name(self.cursor.token)
            or is_word(self.cursor.token, "AS", "FROM")
        )

    def _star(self) -> bool:
        star = self.cursor.at("OP") and self.cursor.token.text == "*"
        if star:
            self.cursor.next()
            return True
        dotted = self.cursor.peek().kind == "DOT" and self.cursor.peek(2).text == "*"
        if dotted and is_name(self.cursor.token):
            token = self.cursor.next()
            if folded(name_of(token)) not in self.scope.tables:
                self.cursor.fail(f"no such table: {name_of(token)}", "", token.span)
            self.cursor.next()
            self.cursor.next()
            return True
        return False


def _is_aggregate(operand: Operand) -> bool:
    return not operand.constant and operand.expression is AGGREGATED


def count(cursor: SqlCursor, scope: Scope) -> Count | None:
    """``count := "count" "(" ("*" | "DISTINCT"? column)? ")"``; nothing is read otherwise."""
    if not is_word(cursor.token, "COUNT") or cursor.peek().kind != "OPEN":
        return None
    start = cursor.mark()
    cursor.next()
    cursor.next()
    distinct = is_word(cursor.token, "DISTINCT")
    if distinct:
        cursor.next()
    if cursor.take("CLOSE") and not distinct:
        return Count()
    if cursor.at("OP") and cursor.token.text == "*" and cursor.peek().kind == "CLOSE":
        cursor.next()
        cursor.next()
        return Count()
    if is_name(cursor.token) and cursor.peek().kind == "CLOSE":
        found = Expressions(cursor, scope).operand(NUMBER_LEVEL)
        cursor.next()
        if found.subject is not None and found.subject.plain:
            name = found.subject.field
            return Count(name, scope.table.declaration(name), distinct)
    cursor.reset(start)
    return None
