"""The commands after a pipe, and a query as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from harness.errors import Diagnostic, Fault, InvalidInput
from harness.ir import (
    TRUE,
    Atom,
    Call,
    Case,
    Context,
    Event,
    Expression,
    Function,
    Literal,
    Matches,
    Predicate,
    Query,
    all_of,
    as_text,
)
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._lexing import END, Token
from harness.languages._nested import NestedCursor
from harness.languages._on_scope import on, undecided
from harness.languages._raw import with_raw
from harness.languages._scope import (
    EVENT,
    Scope,
    opaque,
    opaque_origin,
    too_large,
)
from harness.languages.logpoint._eval import read_eval
from harness.languages.logpoint._search import MESSAGE, Search, is_word, read_tokens, unquote
from harness.languages.logpoint._semantics import OPERATORS, PLACEHOLDERS
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


@dataclass(frozen=True, slots=True)
class _Reader:
    cursor: NestedCursor

    def query(self) -> Predicate:
        """``query := conjunction? ("|" command)* END``."""
        state = State()
        if not self.cursor.at("PIPE", END):
            state = self._filter(Search(self.cursor, EVENT), state)
        elif self.cursor.at(END):
            self.cursor.fail("the query is empty")
        count = 0
        while self.cursor.take("PIPE"):
            count += 1
            if count > MAX_COMMANDS:
                reason = f"more than {MAX_COMMANDS} commands are not read"
                self.cursor.unsupported("a very long pipeline", reason)
            state = self._command(state)
        if not self.cursor.at(END):
            self.cursor.fail(f"unexpected {self.cursor.token}", "close or remove the parenthesis")
        return all_of(*state.tests) if state.tests else TRUE

    def _command(self, state: State) -> State:  # noqa: RET503 - unsupported does not return
        """``command := WORD arguments``."""
        token = self.cursor.expect("WORD", "a command")
        name = token.text.lower()
        if name == "process":
            return self._process(state)
        if name in ("search", "filter"):
            words = name == "search"
            return self._filter(Search(self.cursor, state.scope, words), state)
        if name in _ONE_TO_ONE:
            return _ONE_TO_ONE[name](self, state)
        reason = _SETS.get(name, "it is no command that is known here")
        self.cursor.unsupported(f"command {name}", reason, token.span)

    def _filter(self, search: Search, state: State) -> State:
        start = self.cursor.token.span
        found = search.conjunction()
        return self._keep(found, state, start.to(self.cursor.previous.span))

    def _keep(self, test: Predicate, state: State, span: Span) -> State:
        if too_large(test, MAX_PREDICATE):
            self.cursor.unsupported("test on computed fields", "its expression is too large", span)
        origin = opaque_origin(test)
        if origin is not None:
            reason = "it cannot be known from one log"
            self.cursor.unsupported(f"test on {origin}", reason, span)
        return replace(state, tests=(*state.tests, test))

    def _assign(self, values: Mapping[str, Expression], state: State, span: Span) -> State:
        for value in values.values():
            if too_large(value):
                self.cursor.unsupported("computed field", "its expression is too large", span)
        return replace(state, scope=state.scope.assign(values))

    def _process(self, state: State) -> State:
        """``process := "process" WORD "(" arguments ")" ("as" name)?``."""
        name = self.cursor.expect("WORD", "a process command")
        opening = self.cursor.expect("OPEN", "(")
        arguments = self._arguments(opening)
        if name.text.lower() == "regex":
            return self._regex(arguments, name, state)
        if name.text.lower() == "eval":
            return self._eval(arguments, name, state)
        if not is_word(self.cursor.token, "as"):
            return self._taint(f"process {name.text}", state)
        values: dict[str, Expression] = {}
        while is_word(self.cursor.token, "as") or self.cursor.at("COMMA"):
            self.cursor.next()
            made = unquote(self.cursor.expect(("WORD", "STRING"), "a field name"))
            values[made] = opaque(f"field {made} of process {name.text}")
        return self._assign(values, state, name.span)

    def _arguments(self, opening: Token) -> list[Token]:
        """``arguments := (token ","?)* ")"``; nested parentheses are part of an argument."""
        found: list[Token] = []
        depth = 0
        while depth or not self.cursor.at("CLOSE"):
            if self.cursor.at(END):
                self.cursor.fail("this parenthesis is not closed", "add )", opening.span)
            token = self.cursor.next()
            depth += {"OPEN": 1, "CLOSE": -1}.get(token.kind, 0)
            if token.kind != "COMMA":
                found.append(token)
        self.cursor.next()
        return found

    def _regex(self, arguments: list[Token], name: Token, state: State) -> State:
        """``regex(STRING, field?, "filter=true"?)``: extracts named groups, or filters."""
        if not arguments or arguments[0].kind != "STRING":
            self.cursor.fail("regex takes an expression in quotes first", "", name.span)
        pattern, field, filters = unquote(arguments[0]), MESSAGE, False
        for token in arguments[1:]:
            text = unquote(token)
            if token.kind == "STRING" and "=" in text:
                if text.replace(" ", "").lower() not in ("filter=true", "filter=false"):
                    reason = "the vendor's examples show filter=true only"
                    self.cursor.unsupported(f"option {text!r}", reason, token.span)
                filters = text.lower().endswith("true")
            else:
                field = text
        dialect = OPERATORS["process regex"].dialect
        try:
            finder: Any = compile_regex(pattern, dialect)
        except RegexError as error:
            message = f"the regular expression is invalid: {error}"
            self.cursor.fail(message, "", arguments[0].span)
        target = state.scope.resolve(field)
        span = name.span.to(self.cursor.previous.span)
        if filters:
            checks = [Matches(pattern, dialect, case) for case in (Case.SENSITIVE, Case.UNICODE)]
            tests = [on(target, Atom(field="", check=check, span=span)) for check in checks]
            state = self._keep(undecided(tests[0], tests[1]), state, span)
        values: dict[str, Expression] = {}
        for group in finder.names:
            function = Function(f"logpoint.regex {pattern} {group}", _Group(pattern, group))
            values[group] = Call(function, (target or Literal(None),), span)
        return self._assign(values, state, span)

    def _eval(self, arguments: list[Token], name: Token, state: State) -> State:
        """``eval("identifier = expression")``; a field of that name keeps its value."""
        if len(arguments) != 1 or arguments[0].kind != "STRING":
            hint = 'write process eval("name=expression")'
            self.cursor.fail("eval takes one expression in quotes", hint, name.span)
        made, value = read_eval(self.cursor.source, arguments[0], state.scope)
        old = state.scope.resolve(made) or Literal(None)
        function = Function("logpoint.eval", _first, strict=False)
        return self._assign({made: Call(function, (old, value), name.span)}, state, name.span)

    def _skip(self) -> list[Token]:
        """Read the arguments of a command up to the next pipe outside brackets."""
        found: list[Token] = []
        depth = 0
        while not self.cursor.at(END) and (depth > 0 or not self.cursor.at("PIPE")):
            token = self.cursor.next()
            opens = {"OPEN": 1, "BEGIN": 1, "CLOSE": -1, "END_LIST": -1}
            depth += opens.get(token.kind, 0)
            found.append(token)
        return found

    def _taint(self, command: str, state: State) -> State:
        def change(name: str, value: Expression | None) -> Expression | None:
            return value if name == MESSAGE else opaque(f"fields after {command}")

        return replace(state, scope=state.scope.change(change))

    def keep(self, state: State) -> State:
        """A command that orders or limits logs: each log on its own passes."""
        self._skip()
        return state

    def rows(self, state: State) -> State:
        """A command that turns logs into rows: what stands before it decides about a log."""
        self._skip()
        return replace(state, scope=Scope(lambda name: opaque(f"aggregate {name}")))

    def extract(self, state: State) -> State:
        """A command that adds fields whose names are not read."""
        self._skip()
        return self._taint("rex or norm", state)

    def fields(self, state: State) -> State:
        """``fields name ("," name)*``."""
        names = [unquote(token) for token in self._skip() if token.kind in ("WORD", "STRING")]
        if not names:
            self.cursor.fail("fields names no field")
        if any("*" in name for name in names):
            self.cursor.unsupported("wildcard in fields", "its meaning is not documented")
        return replace(state, scope=state.scope.keep(tuple(names), internal=False))

    def rename(self, state: State) -> State:
        """``rename old "as" new ("," old "as" new)*``."""
        scope = state.scope
        while not self.cursor.at(END, "PIPE"):
            old = self.cursor.expect(("WORD", "STRING"), "a field name")
            if not is_word(self.cursor.token, "as"):
                self.cursor.fail(f"expected as, found {self.cursor.token}", "write old as new")
            self.cursor.next()
            new = self.cursor.expect(("WORD", "STRING"), "a new field name")
            if "*" in old.text + new.text:
                reason = "its meaning is not documented"
                self.cursor.unsupported("wildcard in rename", reason, old.span)
            scope = scope.rename(unquote(old), unquote(new))
            self.cursor.take("COMMA")
        if scope is state.scope:
            self.cursor.fail("rename names no field", "write rename old as new")
        return replace(state, scope=scope)


@dataclass(frozen=True, slots=True)
class _Group:
    """The text of a named group; undecided where only another letter case matches."""

    pattern: str
    group: str

    def __call__(self, value: Any) -> Any:
        """Return what the group captured, null where nothing matches."""
        if isinstance(value, list):
            message = "how process regex treats several values is not documented"
            raise Fault(message)
        text = as_text(value)
        finder: Any = compile_regex(self.pattern, OPERATORS["process regex"].dialect)
        for found in finder.finds(text):
            return found.named[self.group]
        loose = compile_regex(self.pattern, OPERATORS["process regex"].dialect, case=Case.UNICODE)
        if loose.matches(text):
            message = "whether process regex ignores letter case is not documented"
            raise Fault(message)
        return None


def _first(old: Any, new: Any) -> Any:
    return new if old is None or old == [] else old


_ONE_TO_ONE: Mapping[str, Callable[[_Reader, State], State]] = MappingProxyType(
    {
        "fields": _Reader.fields,
        "rename": _Reader.rename,
        "rex": _Reader.extract,
        "norm": _Reader.extract,
        "order": _Reader.keep,
        "limit": _Reader.keep,
        "latest": _Reader.keep,
        "chart": _Reader.rows,
        "timechart": _Reader.rows,
    }
)
_SETS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(
        ("join", "followed", "switch", "union", "having", "extend"),
        "its result depends on several logs",
    )
)


def parse(source: Source, context: Context) -> Query:
    """Read a query."""
    placeholders = str(context.options.get("placeholders", PLACEHOLDERS[0]))
    if placeholders not in PLACEHOLDERS:
        message = f"placeholders is {placeholders!r}"
        hint = f"give one of {', '.join(PLACEHOLDERS)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    cursor = NestedCursor(source, read_tokens(source))
    if len(source.text) > MAX_LENGTH:
        cursor.unsupported("a very long query", f"it has more than {MAX_LENGTH} characters")
    prepare = _without_placeholders if placeholders == "dropped" else None
    query = Query(predicate=_Reader(cursor).query(), prepare=prepare)
    return with_raw(query, MESSAGE, context)


def _without_placeholders(event: Event) -> Event:
    """Return what normalisers store of an event: a field that is a dash is left out.

    https://github.com/logpoint/pySigma-backend-logpoint/issues/36
    """
    return {name: value for name, value in event.items() if value != "-"}
