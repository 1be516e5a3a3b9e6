"""From the commands of a query to the tests and limits that its rows pass."""

from __future__ import annotations

from harness.ir import TRUE, Context, Predicate, Query, all_of
from harness.languages._lexing import unsupported
from harness.languages.esql.analysis import Analysis
from harness.languages.esql.columns import Scope
from harness.languages.esql.commands import parse_statement
from harness.languages.esql.stages import First, Key
from harness.languages.esql.syntax import (
    Adding,
    Command,
    Eval,
    Limit,
    Other,
    Project,
    Rename,
    Sort,
    SortKey,
    Where,
)
from harness.languages.esql.translate import Translator
from harness.languages.esql.typed import Column, Node, Opaque, plain
from harness.source import Source, Unsupported

_ROWS = "it makes other rows of the rows before, and only one event at a time is evaluated"
_SETS = "the columns that it sets are not evaluated"
_OTHERS = {
    "FROM WITH A QUERY INSIDE": "only one query is evaluated",
    "STATS": _ROWS,
}


def parse(source: Source, context: Context) -> Query:
    """Read an ES|QL query against a mapping."""
    return _Pipeline(source, context).query()


class _Pipeline:
    """The commands of one query, taken one by one."""

    def __init__(self, source: Source, context: Context) -> None:
        self._source = source
        statement = parse_statement(source)
        self._commands = statement.commands
        self._scope = Scope(source, context, metadata=statement.metadata, nullify=statement.nullify)
        self._analysis = Analysis(source, self._scope)
        self._steps: list[Node | First | Unsupported] = []
        self._order: tuple[SortKey, ...] = ()
        self._keys: tuple[Node, ...] = ()
        self._refused: Unsupported | None = None

    def query(self) -> Query:
        """Return the query: tests, and behind each limit the tests that follow it."""
        for command in self._commands:
            self._take(command)
        if self._refused is not None:
            raise self._refused
        translator = Translator(self._source)
        upstream: Query | None = None
        tests: list[Predicate] = []
        stages: list[First] = []
        for step in self._steps:
            if isinstance(step, Unsupported):
                raise step
            if isinstance(step, First):
                stages.append(step)
                continue
            if stages:
                upstream = Query(predicate=_all(tests), stages=tuple(stages), upstream=upstream)
                stages = []
                tests = []
            tests.append(translator.predicate(step))
        return Query(predicate=_all(tests), stages=tuple(stages), upstream=upstream)

    def _take(self, command: Command) -> None:
        match command:
            case Where(condition):
                node = self._analysis.condition(condition)
                if self._refused is None:
                    self._steps.append(node)
            case Eval():
                for name, expression in command.columns:
                    node = self._analysis.expression(expression)
                    self._scope.define(name, node, command.span)
            case Project():
                self._scope.project(command)
            case Rename():
                self._scope.rename(command)
            case Sort(keys):
                self._keys = tuple(self._analysis.expression(key.expression) for key in keys)
                self._order = keys
            case Limit():
                self._limit(command)
            case Adding():
                self._add(command)
            case Other():
                self._refuse(command)

    def _limit(self, command: Limit) -> None:
        self._analysis.search_ends = self._analysis.search_ends or "LIMIT"
        keys = []
        for key, node in zip(self._order, map(plain, self._keys), strict=True):
            if isinstance(node, Opaque):
                self._steps.append(node.error)
                return
            if not isinstance(node, Column) or node.type in {"unknown", "version"}:
                reason = "rows are ordered by plain columns only"
                error = unsupported(
                    self._source, node.span, "LIMIT after SORT by an expression", reason
                )
                self._steps.append(error)
                return
            keys.append(Key(node, key.descending, key.nulls_first))
        self._steps.append(First(command.count, tuple(keys)))

    def _add(self, command: Adding) -> None:
        for name in command.uses:
            self._scope.column(name)
        error = unsupported(self._source, command.span, command.command, _SETS)
        if command.columns is None:
            self._scope.defined = {}
            self._scope.opaque = error
            return
        for column in command.columns:
            self._scope.define(column, Opaque(error, command.span), command.span)

    def _refuse(self, command: Other) -> None:
        if command.command == "STATS":
            self._analysis.search_ends = self._analysis.search_ends or "STATS"
        reason = _OTHERS.get(command.command.upper(), _ROWS)
        error = unsupported(self._source, command.span, command.command, reason)
        self._refused = self._refused or error
        self._scope.defined = {}
        self._scope.opaque = error


def _all(tests: list[Predicate]) -> Predicate:
    return all_of(*tests) if tests else TRUE
