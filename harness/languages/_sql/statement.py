"""Statements round a condition: ``SELECT results FROM table WHERE condition``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.ir import Event, Truth
from harness.languages._lexing import END, Token
from harness.languages._sql.cursor import SqlCursor
from harness.languages._sql.grammar import Grammar
from harness.languages._sql.parser import Expressions
from harness.languages._sql.tree import Constant, Name, Node, Word
from harness.source import Span

_OTHERS = (
    *("ALTER", "ANALYZE", "ATTACH", "BEGIN", "CALL", "CHECKPOINT", "COMMIT", "COPY", "CREATE"),
    *("DELETE", "DESC", "DESCRIBE", "DETACH", "DROP", "EXECUTE", "EXPLAIN", "EXPORT", "GRANT"),
    *("IMPORT", "INSERT", "INSTALL", "KILL", "LOAD", "MERGE", "OPTIMIZE", "PIVOT", "PRAGMA"),
    *("PREPARE", "RENAME", "RESET", "REVOKE", "ROLLBACK", "SET", "SHOW", "SUMMARIZE", "SYSTEM"),
    *("TRUNCATE", "UNPIVOT", "UPDATE", "USE", "VACUUM", "VALUES", "WATCH", "WITH"),
)
_ENDS = (
    *("WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT"),
    *("WINDOW", "QUALIFY", "PREWHERE", "SETTINGS", "FORMAT", "SELECT", "FETCH"),
)
_MORE_TABLES = (
    *("JOIN", "NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS", "ASOF", "POSITIONAL"),
    *("SEMI", "ANTI", "ARRAY", "GLOBAL", "ANY", "ALL", "LATERAL", "PASTE"),
)
_FOLLOW = ("NAME", "QUOTED", "STRING", "NUMBER", END)
_BEFORE_TABLE = frozenset({"FINAL", "SAMPLE", "TABLESAMPLE"})


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
class Result:
    """A result column: what it is, and its alias."""

    node: Node
    alias: str = ""


@dataclass(slots=True)
class Statement:
    """What a statement says. ``tables`` are the names by which columns may be qualified."""

    conditions: list[Node] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    sorted_by: list[Node] = field(default_factory=list)
    tables: frozenset[tuple[str, ...]] = frozenset()
    limit: Limit | None = None
    bare: bool = False
    table: Span | None = None
    """Where the table stands in the text."""
    aliased: bool = False
    """Whether the table has another name here."""
    first: int | None = None
    """Where the first result column stands in the text."""


@dataclass(frozen=True, slots=True)
class Statements:
    """A parser of one statement. ``from_first`` where SELECT may follow FROM, or be left out."""

    cursor: SqlCursor
    grammar: Grammar
    from_first: bool = False

    def statement(self) -> Statement:
        """``statement := (select | expression) ";"?``."""
        cursor, token = self.cursor, self.cursor.token
        if token.kind in (END, "SEMICOLON"):
            cursor.fail("the query is empty", "write SELECT * FROM logs WHERE ...")
        if cursor.at_word(*_OTHERS) and cursor.peek().kind in _FOLLOW:
            reason = "only SELECT and WHERE expressions are evaluated"
            cursor.unsupported(f"the statement {token.text.upper()}", reason)
        if cursor.at_word("SELECT") or (self.from_first and cursor.at_word("FROM")):
            found = self._select()
        else:
            found = Statement(conditions=[Expressions(cursor, self.grammar).whole()], bare=True)
        if self.grammar.ternary and cursor.at_word("INTO", "FORMAT", "SETTINGS"):
            cursor.unsupported(cursor.token.text.upper(), "rows are judged, not written")
        while cursor.take("SEMICOLON"):
            pass
        if not cursor.at(END):
            cursor.fail(f"syntax error at {cursor.token}", "end the query before it")
        return found

    def _select(self) -> Statement:
        """``select := "SELECT" results "FROM" table clauses``, or FROM before SELECT."""
        found = Statement()
        if self.cursor.word("FROM"):
            self._table(found)
            if self.cursor.word("SELECT"):
                self._results(found)
        else:
            self.cursor.next()
            self._results(found)
            if not self.cursor.word("FROM"):
                if not self.cursor.at(END, "SEMICOLON") and not self.cursor.at_word(*_ENDS):
                    self.cursor.fail(f"syntax error at {self.cursor.token}")
                self.cursor.unsupported("a SELECT without FROM", "it looks at no event")
            self._table(found)
        self._clauses(found)
        return found

    def _results(self, found: Statement) -> None:
        """``results := "DISTINCT"? ("*" | expression ("AS"? name)?) ("," ...)*``."""
        if self.cursor.word("DISTINCT") and self.cursor.at_word("ON"):
            self.cursor.unsupported("DISTINCT ON", "which row is kept depends on all of them")
        found.first = self.cursor.token.span.start
        while True:
            self._result(found)
            if not self.cursor.take("COMMA") or self.cursor.at_word("FROM"):
                return

    def _result(self, found: Statement) -> None:
        cursor = self.cursor
        if cursor.at_sign("*") or (cursor.peek().kind == "DOT" and cursor.peek(2).text == "*"):
            while not cursor.at_sign("*"):
                cursor.next()
            cursor.next()
            if cursor.at_word("EXCLUDE", "EXCEPT", "REPLACE", "RENAME", "APPLY", "LIKE", "ILIKE"):
                cursor.unsupported("a changed *", "only whole rows and expressions are read")
            return
        node = Expressions(cursor, self.grammar).whole()
        if cursor.at_word("OVER", "FILTER"):
            cursor.unsupported("a window function", "it needs several rows")
        alias = ""
        named = cursor.word("AS")
        if named or (self.grammar.is_name(cursor.token) and not cursor.at_word("FROM", *_ENDS)):
            if cursor.token.kind not in ("NAME", "QUOTED", "STRING"):
                cursor.fail(f"expected a name, found {cursor.token}")
            alias = self.grammar.unescape(cursor.next())
        found.results.append(Result(node, alias))

    def _table(self, found: Statement) -> None:
        """``table := name ("." name)* ("(" arguments ")")? ("AS"? alias)?``."""
        cursor, start = self.cursor, self.cursor.token
        if start.kind == "OPEN":
            cursor.unsupported("a SELECT in FROM", "statements inside each other are not evaluated")
        if not self.grammar.is_name(start) and start.kind != "STRING":
            cursor.fail(f"expected a table, found {start}", "write FROM logs")
        words = [self._folded(cursor.next())]
        while cursor.take("DOT"):
            token = cursor.token
            if token.kind not in ("NAME", "QUOTED"):
                cursor.fail(f"expected a name, found {token}")
            words.append(self._folded(cursor.next()))
        if cursor.at("OPEN"):
            Expressions(cursor, self.grammar).items(cursor.next())
        found.table = start.span.to(cursor.previous.span)
        names = {tuple(words[at:]) for at in range(len(words))}
        if cursor.at_word(*_BEFORE_TABLE) and not cursor.word("FINAL"):
            cursor.unsupported("a sample of the rows", "which rows are read is left to chance")
        alias = cursor.word("AS")
        if alias or (self.grammar.is_name(cursor.token) and not self._at_clause()):
            if not self.grammar.is_name(cursor.token):
                cursor.fail(f"expected a name, found {cursor.token}")
            names = {(self._folded(cursor.next()),)}
            found.aliased = True
        if cursor.at("COMMA") or cursor.at_word(*_MORE_TABLES):
            cursor.unsupported("a join", "rows are judged one by one, without other tables")
        found.tables = frozenset(names)

    def _at_clause(self) -> bool:
        return self.cursor.at_word(*_ENDS, *_MORE_TABLES, *_BEFORE_TABLE)

    def _folded(self, token: Token) -> str:
        return self.grammar.unescape(token).lower()

    def _clauses(self, found: Statement) -> None:
        """``clauses := "WHERE" expression ("ORDER" "BY" ...)? ("LIMIT" number)?``."""
        cursor = self.cursor
        if self.grammar.ternary and cursor.word("PREWHERE"):
            found.conditions.append(Expressions(cursor, self.grammar).whole())
        if cursor.word("WHERE"):
            found.conditions.append(Expressions(cursor, self.grammar).whole())
        if cursor.at_word("GROUP", "HAVING"):
            cursor.unsupported("GROUP BY", "rows are judged one by one, not in groups")
        if cursor.at_word("UNION", "EXCEPT", "INTERSECT", "WINDOW", "QUALIFY", "SETTINGS"):
            reason = "one SELECT over single rows is evaluated"
            cursor.unsupported(cursor.token.text.upper(), reason)
        ordered = self._order(found)
        found.limit = self._limit(ordered=ordered)

    def _order(self, found: Statement) -> bool:
        """``"ORDER" "BY" expression ("ASC" | "DESC")? ("NULLS" ("FIRST" | "LAST"))?``."""
        if not self.cursor.word("ORDER", "BY"):
            return False
        while True:
            found.sorted_by.append(Expressions(self.cursor, self.grammar).whole())
            if self.cursor.at_word("ASC", "DESC", "ASCENDING", "DESCENDING"):
                self.cursor.next()
            if self.cursor.word("NULLS") and not (
                self.cursor.word("FIRST") or self.cursor.word("LAST")
            ):
                self.cursor.fail(f"expected FIRST or LAST, found {self.cursor.token}")
            if not self.cursor.take("COMMA"):
                return True

    def _limit(self, *, ordered: bool) -> Limit | None:
        """``"LIMIT" number (("OFFSET" | ",") number)?``."""
        token = self.cursor.token
        if not self.cursor.word("LIMIT"):
            if self.cursor.at_word("OFFSET", "FETCH"):
                self.cursor.unsupported("OFFSET without LIMIT", "LIMIT with numbers is read")
            return None
        numbers = [self._whole()]
        comma = self.cursor.take("COMMA") is not None
        if comma or self.cursor.word("OFFSET"):
            numbers.append(self._whole())
        if ordered:
            reason = "which rows are first depends on all of them"
            self.cursor.unsupported("LIMIT after ORDER BY", reason, token.span)
        if self.cursor.at_word("BY", "WITH"):
            self.cursor.unsupported("LIMIT BY", "it depends on several rows")
        first, second = numbers[0], numbers[1] if len(numbers) > 1 else 0
        return Limit(second, first) if comma else Limit(first, second)

    def _whole(self) -> int:
        token = self.cursor.token
        if token.kind != "NUMBER" or not token.text.isdigit():
            reason = "only whole numbers are read here"
            self.cursor.unsupported(f"LIMIT {token}", reason)
        self.cursor.next()
        return int(token.text[:20])


def column_named(node: Node) -> tuple[Word, ...]:
    """Return the words of a plain name; nothing for other expressions."""
    return node.words if isinstance(node, Name) else ()


def is_position(node: Node) -> bool:
    """Return whether ORDER BY names a result column by its number."""
    return isinstance(node, Constant) and node.kind == "number"
