"""The search command: where the events come from, and the conditions beside it.

Since 3.3 the conditions become one ``query_string`` query
(https://github.com/opensearch-project/sql/pull/4152); before they are those of ``where``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC

from harness.ir import Predicate, all_of
from harness.languages._elastic import types
from harness.languages._lexing import END, Token
from harness.languages.ppl import _relevance, _times
from harness.languages.ppl._expressions import Expressions
from harness.languages.ppl._tokens import is_name, is_word, number_value, show
from harness.source import Span

_INDEX = re.compile(r"`[^`]*`|[@*A-Za-z0-9_.\-:]+", re.ASCII)
_SPECIAL = frozenset('+-&|!(){}[]^"~:/')
_UNESCAPED_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
_SIGNS = ("=", "!=", "<", "<=", ">", ">=")
_MAX_TERMS = 20_000


def read_search(parser: Expressions) -> Predicate | None:
    """``search := "SEARCH"? condition* source condition*``; the conditions hold together."""
    cursor = parser.cursor
    if is_word(cursor.token, "search") and cursor.peek().text != "=":
        cursor.next()
    elif is_word(cursor.token, "describe", "show", "explain"):
        cursor.unsupported(f"command {cursor.token.text.lower()}", "it filters nothing")
    found: list[Predicate] = []
    texts = _Texts(parser)
    seen = False
    while not cursor.at(END) and not cursor.at_text("|", ";"):
        if is_word(cursor.token, "source", "index") and cursor.peek().text == "=":
            if seen:
                cursor.fail("the query names its source twice", "separate indices by commas")
            seen = True
            _source(parser)
        elif parser.tests.engine.calcite:
            texts.read()
        else:
            found.append(parser.condition())
    if not seen:
        if not texts.parts and not texts.times:
            cursor.fail("the query names no source", "begin with source=<index>")
        cursor.unsupported("search without a source", "what it searches was not read")
    found.extend(texts.predicates())
    return all_of(*found) if found else None


def _source(parser: Expressions) -> None:
    """``source := ("SOURCE" | "INDEX") "=" index ("," index)*``."""
    cursor = parser.cursor
    cursor.next()
    cursor.next()
    while True:
        start = cursor.token.span.start
        if cursor.at_text("["):
            cursor.unsupported("subsearch as source", "it searches other events")
        match = _INDEX.match(cursor.source.text, start)
        if cursor.at(END) or match is None:
            cursor.fail(f"expected the name of an index, found {show(cursor.token)}")
        while not cursor.at(END) and cursor.token.span.end <= match.end():
            cursor.next()
        if cursor.at_text("(") and cursor.token.span.start == match.end():
            cursor.unsupported("table function", "its rows are not events")
        if is_word(cursor.token, "as"):
            cursor.unsupported("alias of a source", "names of fields may begin with it")
        if not cursor.at_text(","):
            return
        cursor.next()


@dataclass(frozen=True, slots=True)
class _Literal:
    """A value of the search command, and whether it stood in quotes."""

    text: str
    quoted: bool
    is_number: bool = False


class _Texts:
    """Writes conditions of the search command as text of a ``query_string`` query."""

    def __init__(self, parser: Expressions) -> None:
        self.parser = parser
        self.cursor = parser.cursor
        self.parts: list[str] = []
        self.times: list[Predicate] = []
        self.span: Span | None = None

    def read(self) -> None:
        """Read one condition."""
        start = self.cursor.token.span
        if self._time():
            return
        self.parts.append(self._and())
        if len(self.parts) > _MAX_TERMS:
            self.cursor.unsupported("a very long search", f"more than {_MAX_TERMS} words")
        end = self.cursor.previous.span
        self.span = (self.span or start).to(end)

    def predicates(self) -> list[Predicate]:
        """Return the tests of everything that was read."""
        found = list(self.times)
        if self.parts and self.span is not None:
            text = " AND ".join(self.parts)
            if len(self.parts) > 1:
                text = f"({text})"
            found.append(_relevance.query_string(self.parser.tests, text, {}, self.span))
        return found

    def _and(self) -> str:
        """``and := or ("AND" or)*``."""
        return self._joined("and", self._or)

    def _or(self) -> str:
        """``or := not ("OR" not)*``."""
        return self._joined("or", self._not)

    def _joined(self, word: str, part: object) -> str:
        read = self._or if word == "and" else self._not
        del part
        found = read()
        while is_word(self.cursor.token, word):
            self.cursor.next()
            found = f"({found} {word.upper()} {read()})"
            if len(found) > 500_000:  # noqa: PLR2004 - as long as a query
                self.cursor.unsupported("a very long search", "its text grows too long")
        return found

    def _not(self) -> str:
        """``not := "NOT" not | "(" and ")" | term``."""
        token = self.cursor.token
        if is_word(token, "not"):
            self.cursor.next()
            with self.cursor:
                return f"NOT({self._not()})"
        if token.text == "(" and token.kind == "OPERATOR":
            self.cursor.next()
            with self.cursor:
                inner = self._and()
            self.parser.operator(")")
            return f"({inner})"
        return self._term()

    def _term(self) -> str:
        """``term := name sign literal | name "IN" "(" literal ("," literal)* ")" | literal``."""
        if not self._at_field():
            return self._written(self._literal(), None)
        path, span = self.parser.name()
        if is_word(self.cursor.token, "in"):
            self.cursor.next()
            self.parser.operator("(")
            listed = [self._literal()]
            while self.parser.take(","):
                listed.append(self._literal())
            self.parser.operator(")")
            values = " OR ".join(self._written(item, path) for item in listed)
            return f"{self._name(path, span)}:( {values} )"
        sign = self.cursor.next().text
        value = self._written(self._literal(), path)
        name = self._name(path, span)
        if sign == "!=":
            return f"( _exists_:{name} AND NOT {name}:{value} )"
        return f"{name}:{'' if sign == '=' else sign}{value}"

    def _at_field(self) -> bool:
        if not is_name(self.cursor.token):
            return False
        ahead = 1
        while self.cursor.peek(ahead).text == "." and is_name(self.cursor.peek(ahead + 1)):
            ahead += 2
        after = self.cursor.peek(ahead)
        if is_word(after, "in"):
            return self.cursor.peek(ahead + 1).text == "("
        return after.kind == "OPERATOR" and after.text in _SIGNS

    def _name(self, path: str, span: Span) -> str:
        """Return a field's name as the plugin writes it: blanks alone are escaped."""
        self.parser.resolve(path, span)
        return path.replace(" ", "\\ ")

    def _literal(self) -> _Literal:
        """``literal := STRING | ("+" | "-")? NUMBER | WORD``."""
        token = self.cursor.token
        if token.kind == "STRING":
            return _Literal(self.parser.text(self.cursor.next()), quoted=True)
        sign = ""
        if self.cursor.at_text("+", "-") and self.cursor.peek().kind == "NUMBER":
            sign = self.cursor.next().text.replace("+", "")
            token = self.cursor.token
        if token.kind == "NUMBER":
            number = number_value(self.cursor.next(), self.cursor.source)
            return _Literal(f"{sign}{number}", quoted=False, is_number=True)
        if token.kind in {"WORD", "NUMERIC_NAME"} and not is_word(token, "and", "or", "not"):
            text = self.cursor.next().text
            return _Literal(_truth(text, token), quoted=False)
        if token.text == "*":
            self.cursor.next()
            return _Literal("*", quoted=False)
        return self._no_literal(token)

    def _no_literal(self, token: Token) -> _Literal:
        hint = "put other characters than letters, digits, -, _, * and ? in double quotes"
        self.cursor.fail(f"expected a word or value, found {show(token)}", hint)

    def _written(self, literal: _Literal, path: str | None) -> str:
        """Return a value as the plugin writes it for a field's type."""
        if literal.is_number:
            return literal.text
        text = "".join(f"\\{char}" if char in _SPECIAL else char for char in literal.text)
        wild = _UNESCAPED_WILDCARD.search(literal.text) is not None
        kind = self._type(path) if self.parser.tests.engine.typed_search else ""
        if kind in types.TOKENISED and literal.quoted:
            phrase = not wild or any(char.isspace() for char in literal.text)
        elif kind in {"keyword", "constant_keyword"} and wild:
            return text.replace(" ", "\\ ")
        else:
            phrase = literal.quoted and " " in literal.text
        return f'"{text}"' if phrase else text

    def _type(self, path: str | None) -> str:
        found = None if path is None else self.parser.tests.context.types.get(path)
        return "" if found is None else found.name

    # Time ----------------------------------------------------------------------------------

    def _time(self) -> bool:
        """``time := ("EARLIEST" | "LATEST") "=" (STRING | now | ("+" | "-")? NUMBER unit ...)``."""
        token = self.cursor.token
        if not is_word(token, "earliest", "latest") or self.cursor.peek().text != "=":
            return False
        self.cursor.next()
        equal = self.cursor.next()
        if self.cursor.at(END):
            self.cursor.fail("expected a time")
        text = self._time_text(equal)
        tests = self.parser.tests
        when = _times.modifier(text, tests.context.now.astimezone(UTC), tests.engine)
        span = self.parser.span_from(token.span)
        if when is None:
            self.cursor.unsupported(f"time modifier {text[:40]!r}", "it is not evaluated", span)
        bound = _times.written(when)
        sign = ">=" if token.text.lower() == "earliest" else "<="
        query = f'\\@timestamp:{sign}"{bound}"'.replace('"', "").replace(bound, _escaped(bound))
        self.times.append(_relevance.query_string(tests, query, {}, span))
        return True

    def _time_text(self, equal: Token) -> str:
        if self.cursor.token.kind == "STRING":
            return self.parser.text(self.cursor.next())
        end = equal.span.end
        match = re.compile(r"\s*([^\s|]+)").match(self.cursor.source.text, end)
        assert match is not None
        while not self.cursor.at(END) and self.cursor.token.span.start < match.end():
            self.cursor.next()
        return match[1]


def _escaped(text: str) -> str:
    return re.sub(r"([:+\-])", r"\\\1", text)


def _truth(text: str, token: Token) -> str:
    """Return a word; booleans are printed in lower case."""
    return text.lower() if is_word(token, "true", "false") else text
