"""A small lexer and token cursor for hand-written parsers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn, Self

from harness.source import QuerySyntaxError, Source, Span, Unsupported

END = "END"
MAX_DEPTH = 200
"""Nesting that a parser accepts; deeper text is an error, never a stack overflow."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: the name of its rule, its text, and where it stands."""

    kind: str
    text: str
    span: Span

    def __str__(self) -> str:
        return "end of query" if self.kind == END else repr(self.text)


def syntax_error(source: Source, span: Span, message: str, hint: str = "") -> QuerySyntaxError:
    """Return the error to raise where the real language rejects the query."""
    return QuerySyntaxError(message, source, span, hint)


def unsupported(source: Source, span: Span, feature: str, reason: str) -> Unsupported:
    """Return the error to raise for a construct that the harness cannot evaluate."""
    return Unsupported(feature, source, span, reason)


class Lexer:
    """Splits text by a table of named regular expressions, tried in order at each position.

    Rules whose name begins with ``_`` (blanks, comments) are matched and dropped.
    """

    def __init__(self, rules: Mapping[str, str], flags: int = 0) -> None:
        self._pattern = re.compile(
            "|".join(f"(?P<{name}>{rule})" for name, rule in rules.items()), flags
        )

    def tokens(self, source: Source) -> list[Token]:
        """Return all tokens of a source, an ``END`` token last."""
        found: list[Token] = []
        at, text = 0, source.text
        while at < len(text):
            match = self._pattern.match(text, at)
            if match is None or match.end() == at:
                span = Span(at, at + 1)
                raise syntax_error(source, span, f"unexpected character {text[at]!r}")
            kind = match.lastgroup or ""
            if not kind.startswith("_"):
                found.append(Token(kind, match.group(), Span(at, match.end())))
            at = match.end()
        found.append(Token(END, "", Span(at, at)))
        return found


class Cursor:
    """A position in a list of tokens."""

    def __init__(self, source: Source, tokens: list[Token]) -> None:
        self.source = source
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def peek(self, ahead: int = 1) -> Token:
        """Return a token further on; the end token past the end."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)]

    @property
    def previous(self) -> Token:
        """The token that was read last."""
        return self._tokens[max(0, self._at - 1)]

    def at(self, *kinds: str) -> bool:
        """Return whether the next token is one of these kinds."""
        return self.token.kind in kinds

    def at_text(self, *texts: str) -> bool:
        """Return whether the next token has exactly one of these texts."""
        return self.token.kind != END and self.token.text in texts

    def next(self) -> Token:
        """Read and return the next token; the end token is never passed."""
        token = self.token
        if token.kind != END:
            self._at += 1
        return token

    def take(self, *kinds: str) -> Token | None:
        """Read the next token if it is one of these kinds."""
        return self.next() if self.at(*kinds) else None

    def expect(self, kinds: str | Iterable[str], what: str) -> Token:
        """Read a token of one of these kinds, or fail saying ``what`` was expected."""
        wanted = (kinds,) if isinstance(kinds, str) else tuple(kinds)
        if self.token.kind not in wanted:
            self.fail(f"expected {what}, found {self.token}")
        return self.next()

    def fail(self, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Raise a syntax error at the next token, or at ``span``."""
        raise syntax_error(self.source, span or self.token.span, message, hint)

    def unsupported(self, feature: str, reason: str, span: Span | None = None) -> NoReturn:
        """Raise Unsupported at the next token, or at ``span``."""
        raise unsupported(self.source, span or self.token.span, feature, reason)

    def __enter__(self) -> Self:
        """Count one level of nesting; use ``with cursor:`` round every recursive rule."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self.fail(f"the query is nested deeper than {MAX_DEPTH} levels")
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
