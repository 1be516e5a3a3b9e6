"""The commands after a pipe, and a query as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from harness.errors import Diagnostic, InvalidInput
from harness.ir import TRUE, Context, Expression, Predicate, Query, all_of
from harness.languages._lexing import END, unsupported
from harness.languages._nested import NestedCursor
from harness.languages._scope import EVENT, Scope, too_large
from harness.languages.s1pq._expressions import Parser, Place
from harness.languages.s1pq._semantics import MISSING
from harness.languages.s1pq._tests import Tests
from harness.languages.s1pq._tokens import LEXER, name_of, text_of
from harness.source import Source, Span

MAX_PREDICATE = 200_000
"""Nodes of the predicate that one query stands for."""
MAX_COMMANDS = 100
"""Commands of one query."""
MAX_LENGTH = 500_000
"""Characters of one query."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known after some commands: the tests passed so far, and the fields."""

    tests: tuple[Predicate, ...] = ()
    scope: Scope = EVENT
    defined: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Reader:
    cursor: NestedCursor
    tests: Tests

    def query(self) -> Predicate:
        """``query := filter? ("|" command)* END``."""
        state = State()
        if self.cursor.at(END):
            self.cursor.fail("the query is empty", "start with | for all events")
        if not self.cursor.at("PIPE"):
            state = self._filter(Place.INITIAL, state)
        count = 0
        while self.cursor.take("PIPE"):
            count += 1
            if count > MAX_COMMANDS:
                reason = f"more than {MAX_COMMANDS} commands are not read"
                self.cursor.unsupported("a very long pipeline", reason)
            state = self._command(state)
        if not self.cursor.at(END):
            hint = "join conditions by and, or; end a command with |"
            self.cursor.fail(f"unexpected {self.cursor.token}", hint)
        return all_of(*state.tests) if state.tests else TRUE

    def _parser(self, place: Place, state: State) -> Parser:
        return Parser(self.cursor, state.scope, self.tests, place, state.defined)

    def _filter(self, place: Place, state: State) -> State:
        """``filter := "filter" expression``."""
        start = self.cursor.token.span
        found = self._parser(place, state).filter()
        if too_large(found, MAX_PREDICATE):
            span = start.to(self.cursor.previous.span)
            self.cursor.unsupported("filter on computed fields", "it is too large", span)
        return replace(state, tests=(*state.tests, found))

    def _command(self, state: State) -> State:  # noqa: RET503 - fail does not return
        """``command := WORD arguments``."""
        token = self.cursor.expect("WORD", "a command")
        if token.text in _COMMANDS:
            return _COMMANDS[token.text](self, state)
        if token.text in _UNREAD:
            self.cursor.unsupported(f"command {token.text}", _UNREAD[token.text], token.span)
        hint = f"known: {', '.join([*_COMMANDS, *_UNREAD])}"
        self.cursor.fail(f"there is no command {token.text!r}", hint, token.span)

    def filter(self, state: State) -> State:
        """``filter expression``."""
        return self._filter(Place.FILTER, state)

    def let(self, state: State) -> State:
        """``let name "=" expression ("," name "=" expression)*``."""
        parser = self._parser(Place.COMPUTED, state)
        made: dict[str, Expression] = {}
        while True:
            token = self.cursor.expect("WORD", "a field name")
            name = name_of(token)
            if name in state.defined or name in made:
                hint = "a command cannot replace a field that a command has made"
                self.cursor.fail(f"the field {name!r} exists already", hint, token.span)
            self._equals()
            made[name] = parser.value().expression
            parser.pending.add(name)
            if not self.cursor.take("COMMA"):
                break
        scope, defined = state.scope.assign(made), state.defined | made.keys()
        return replace(state, scope=scope, defined=defined)

    def _equals(self) -> None:
        if not self.cursor.at_text("="):
            self.cursor.fail(f"expected =, found {self.cursor.token}", "write name = expression")
        self.cursor.next()

    def columns(self, state: State) -> State:
        """``columns column ("," column)*``, ``column := (name "=")? expression``."""
        parser = self._parser(Place.COMPUTED, state)
        made: dict[str, Expression] = {}
        while True:
            name, value = self._column(parser)
            if name:
                made[name] = value
            if not self.cursor.take("COMMA"):
                break
        return replace(state, scope=Scope(made.get), defined=frozenset(made))

    def _column(self, parser: Parser) -> tuple[str, Expression]:
        token = self.cursor.token
        if token.kind in ("WORD", "STRING") and self.cursor.peek().text == "=":
            self.cursor.next()
            self.cursor.next()
            name = text_of(self.cursor, token) if token.kind == "STRING" else name_of(token)
            return name, parser.value().expression
        value = parser.value()
        return name_of(value.word) if value.word else "", value.expression

    def sort(self, state: State) -> State:
        """``sort ("+" | "-")? expression ("," ...)*``: each event on its own passes."""
        parser = self._parser(Place.COMPUTED, state)
        while True:
            if self.cursor.at_text("+"):
                self.cursor.next()
            parser.value()
            word = self.cursor.token
            if word.kind == "WORD" and word.text.lower() in ("asc", "desc"):
                self.cursor.fail(f"{word.text} is no keyword of sort", "write -field or +field")
            if not self.cursor.take("COMMA"):
                return state

    def limit(self, state: State) -> State:
        """``limit NUMBER?``: each event on its own passes."""
        self.cursor.take("NUMBER")
        return state

    def nolimit(self, state: State) -> State:
        """``nolimit``."""
        return state


_COMMANDS: Mapping[str, Callable[[_Reader, State], State]] = MappingProxyType(
    {
        "filter": _Reader.filter,
        "let": _Reader.let,
        "columns": _Reader.columns,
        "sort": _Reader.sort,
        "limit": _Reader.limit,
        "nolimit": _Reader.nolimit,
    }
)
_SEVERAL = "its rows depend on several events"
_ELSEWHERE = "its rows come from outside of the events"
_UNREAD: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("group", "top", "transpose", "compare"), _SEVERAL),
        **dict.fromkeys(("join", "inner", "left", "outer", "sql", "union"), _SEVERAL),
        **dict.fromkeys(("lookup", "dataset", "datasource", "savelookup"), _ELSEWHERE),
        "parse": "its patterns are not evaluated yet",
    }
)


def parse(source: Source, context: Context) -> Query:
    """Read a query."""
    given = str(context.options.get("missing", "undecided")).lower()
    if given not in MISSING:
        message = f"the option missing cannot be {given!r}"
        hint = f"give one of {', '.join(MISSING)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    if len(source.text) > MAX_LENGTH:
        reason = f"it has more than {MAX_LENGTH} characters"
        raise unsupported(source, Span(0, 1), "a very long query", reason)
    cursor = NestedCursor(source, LEXER.tokens(source))
    return Query(predicate=_Reader(cursor, Tests(cursor, MISSING[given])).query())
