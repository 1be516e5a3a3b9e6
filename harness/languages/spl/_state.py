"""The state of a pipeline while it is read, and helpers that its commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from harness.ir import (
    FALSE,
    TRUE,
    Call,
    Constant,
    Expression,
    Or,
    Predicate,
    Truth,
    all_of,
)
from harness.languages._lexing import END, Cursor, Token, syntax_error, unsupported
from harness.languages._nested import NestedCursor
from harness.languages._scope import (
    EVENT,
    OPAQUE,
    Scope,
    opaque_origin,
    too_large,
)
from harness.languages.spl._calls import present
from harness.languages.spl._eval import unescape
from harness.languages.spl._script import Part, tokens
from harness.languages.spl._values import Value
from harness.source import Span

MAX_PATTERNS = 20
"""Field names with wildcards in one command."""
MAX_PATTERN = 200
"""Characters of a field name with wildcards."""
MAX_PREDICATE = 200_000
"""Nodes of the predicate that one search stands for."""

_ARGUMENT = re.compile(
    r"""(?P<_blank>\s+)
    | (?P<QUOTED>"(?:\\.|[^"\\])*"|'[^']*')
    | (?P<OPEN>\() | (?P<CLOSE>\)) | (?P<COMMA>,) | (?P<EQUALS>=)
    | (?P<SUBSEARCH>[\[\]])
    | (?P<WORD>(?:\\.|[^\s"(),=\[\]])+)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class State:
    """What is known after some commands: the tests passed so far, and the fields."""

    tests: tuple[Predicate, ...] = ()
    scope: Scope = EVENT

    def test(self, item: Predicate, part: Part) -> State:
        """Add a filter; it must not depend on a value that one event does not tell."""
        if too_large(item, MAX_PREDICATE):
            reason = "its expression is too large"
            raise unsupported(part.script.source, part.span, "test on computed fields", reason)
        origin = opaque_origin(item)
        if origin is not None:
            reason = "it cannot be known from one event"
            raise unsupported(part.script.source, part.span, f"test on {origin}", reason)
        return self if item == TRUE else replace(self, tests=(*self.tests, item))

    def assign(self, values: Mapping[str, Expression], part: Part) -> State:
        """Set fields."""
        for value in values.values():
            check_size(value, part)
        return replace(self, scope=self.scope.assign(values))

    def require(self, names: Iterable[str], part: Part) -> State:
        """Drop events without one of these fields; every event has a time."""
        state = self
        for name in names:
            if name != "_time":
                state = state.test(self.present(name, part.span), part)
        return state

    def present(self, name: str, span: Span) -> Predicate:
        """Return whether a field is there at this point of the pipeline."""
        found = self.scope.resolve(name)
        while isinstance(found, Call) and found.function.name.startswith(OPAQUE):
            if not found.arguments:
                break
            found = found.arguments[0]
        if found is None:
            return FALSE
        return present(Value(found, span), span)

    def maybe_present(self, name: str, span: Span) -> Predicate:
        """Return a test that is undefined for an event without the field."""
        return Or((self.present(name, span), Constant(Truth.UNDEFINED)))

    @property
    def predicate(self) -> Predicate:
        """The whole pipeline as one predicate."""
        return all_of(*self.tests) if self.tests else TRUE


def check_size(value: Expression, part: Part) -> None:
    """Refuse an expression that grew too large."""
    if too_large(value):
        reason = "its expression is too large"
        raise unsupported(part.script.source, part.span, "computed field", reason)


Command = Callable[[Part, State], State]


def argument_cursor(part: Part) -> Cursor:
    """Return a cursor over the arguments of a command; a subsearch is not evaluated."""
    cursor = NestedCursor(part.script.source, tokens(part, _ARGUMENT))
    for ahead in range(len(part.text) + 1):
        token = cursor.peek(ahead)
        if token.kind == "SUBSEARCH":
            reason = "its result depends on a search over other events"
            cursor.unsupported("subsearch", reason, token.span)
        if token.kind == END:
            break
    return cursor


def name_of(token: Token) -> str:
    """Return the field name of a word or of a quoted text."""
    if token.kind == "QUOTED":
        return unescape(token.text[1:-1])
    return token.text


def is_word(token: Token, *texts: str) -> bool:
    """Return whether a token is one of these words, in any letter case."""
    return token.kind == "WORD" and token.text.lower() in texts


def read_options(cursor: Cursor) -> dict[str, str]:
    """``options := (WORD "=" value)*``."""
    found = {}
    while cursor.at("WORD") and cursor.peek().kind == "EQUALS":
        key = cursor.next().text.lower()
        cursor.next()
        found[key] = name_of(cursor.expect(("WORD", "QUOTED"), f"a value for {key}"))
    return found


def read_names(cursor: Cursor, *stops: str) -> tuple[str, ...]:
    """``names := name (","? name)*`` up to a stop word; options between them are skipped."""
    names: list[str] = []
    patterns = 0
    while not cursor.at(END) and not is_word(cursor.token, *stops):
        if cursor.take("COMMA") or read_options(cursor):
            continue
        token = cursor.expect(("WORD", "QUOTED"), "a field name")
        name = name_of(token)
        patterns += "*" in name
        if patterns > MAX_PATTERNS or ("*" in name and len(name) > MAX_PATTERN):
            reason = f"more than {MAX_PATTERNS} patterns, or a longer one, are not evaluated"
            cursor.unsupported("many wildcard field names", reason, token.span)
        names.append(name)
    return tuple(names)


def is_true(text: str | None) -> bool:
    """Return whether an option is switched on."""
    return text is not None and text.lower() in ("t", "true", "1", "yes")


def error(part: Part, message: str, hint: str = "") -> Exception:
    """Return a syntax error at a command."""
    return syntax_error(part.script.source, part.span, message, hint)


def refuse(part: Part, feature: str, reason: str) -> Exception:
    """Return Unsupported at a command."""
    return unsupported(part.script.source, part.span, feature, reason)
