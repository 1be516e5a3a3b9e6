"""The grammar of Lucene's classic query parser: text in, clauses out, nothing decided yet.

The token rules and the grammar are those of ``QueryParser.jj``
(https://github.com/apache/lucene/blob/releases/lucene-solr/8.7.0/lucene/queryparser/src/java/org/apache/lucene/queryparser/classic/QueryParser.jj);
blanks do not split: neighbouring bare words are one text, as Elasticsearch has it since 6.0.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

from harness.ir import Wild
from harness.ir.checks import Piece
from harness.languages._lexing import END, Cursor, Token, syntax_error
from harness.source import Source, Span

_BLANK = " \t\n\r\u3000"
_START = rf"(?:\\.|[^{_BLANK}+\-!():^\[\]\"{{}}~*?\\/])"
_WORD = re.compile(rf"(?:{_START}|[*?])(?:{_START}|[*?+\-])*", re.DOTALL)
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_REGEXP = re.compile(r"/(?:\\/|[^/])*/", re.DOTALL)
_FUZZY = re.compile(rf"~(?:{_START}|[+\-])*", re.DOTALL)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_BOUND = re.compile(r"[^ \]}]+")
_QUOTED_BOUND = re.compile(r'"(?:\\"|[^"])+"', re.DOTALL)
_WILDCARD = re.compile(r"\\.|([*?])", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_KEYWORDS = {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR", "NOT": "NOT"}
_SINGLE = {"(": "(", ")": ")", ":": ":", "+": "+", "-": "-", "!": "NOT"}
_TERMS = ("TERM", "STAR", "PREFIX", "WILD", "REGEXP", "BAREOPER")
_NOT_AFTER_TEXT = (":", "STAR", "FUZZY", "^", "AND", "OR")
_MAX_LENGTH = 100_000


class Kind(Enum):
    """What a leaf asks of its field."""

    TEXT = "text"
    QUOTED = "phrase"
    PREFIX = "prefix"
    WILDCARD = "wildcard"
    REGEXP = "regular expression"
    FUZZY = "fuzzy"
    RANGE = "range"


class Modifier(Enum):
    """The sign in front of a clause."""

    NONE = ""
    REQUIRED = "+"
    PROHIBITED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One condition; ``field`` is ``None`` where the default fields are meant.

    ``text`` is unescaped except for wildcard terms, which keep their escapes, and regular
    expressions. ``fuzzy`` is what stands behind ``~``, ``None`` without one.
    """

    field: str | None
    kind: Kind
    text: str = ""
    fuzzy: str | None = None
    low: str | None = None
    high: str | None = None
    include_low: bool = True
    include_high: bool = True
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A clause of a group: the operator before it, its sign, and what it says.

    ``plain`` marks several bare words read as one text.
    """

    conjunction: str
    modifier: Modifier
    node: Leaf | Group
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses side by side."""

    items: tuple[Item, ...]


def parse_syntax(source: Source, span: Span | None = None, text: str | None = None) -> Group:
    """Return the clauses of a query; with ``text`` every place in it is ``span``."""
    written = source.text if text is None else text
    lexer = _Lexer(source, written, None if text is None else span or Span(0, len(source.text)))
    cursor = Cursor(source, lexer.tokens())
    group = _group(cursor, None)
    if not cursor.at(END):
        cursor.fail(f"expected the end of the query, found {cursor.token}")
    return group


def unescape(text: str) -> str | None:
    r"""Return a text without its backslashes, ``\uXXXX`` decoded; ``None`` if one is broken."""
    if "\\" not in text:
        return text
    broken = False

    def one(match: re.Match[str]) -> str:
        nonlocal broken
        if match[1]:
            return chr(int(match[1], 16))
        broken = broken or match[2] == "u"
        return match[2]

    plain = _ESCAPE.sub(one, text)
    odd = (len(text) - len(text.rstrip("\\"))) % 2
    return None if broken or odd else _join_surrogates(plain)


def _join_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def pieces(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a wildcard term; a backslash makes the next character literal."""
    found: list[Piece] = []
    at = 0
    for match in _WILDCARD.finditer(text):
        found.append(text[at : match.start()])
        found.append(Wild(match[1]) if match[1] else match.group()[1:])
        at = match.end()
    found.append(text[at:])
    return tuple(piece for piece in found if piece != "")


class _Lexer:
    """Tokens of a query; where two rules fit, the longer match wins, as in JavaCC."""

    def __init__(self, source: Source, text: str, whole: Span | None) -> None:
        self.source = source
        self.text = text
        self.whole = whole
        self.found: list[Token] = []

    def span(self, start: int, end: int) -> Span:
        return self.whole or Span(start, end)

    def tokens(self) -> list[Token]:
        """Return all tokens, the end token last."""
        if len(self.text) > _MAX_LENGTH:
            message = f"the query is longer than {_MAX_LENGTH} characters"
            raise syntax_error(self.source, self.span(0, 1), message)
        at = 0
        while at < len(self.text):
            at = at + 1 if self.text[at] in _BLANK else self.token(at)
        self.found.append(Token(END, "", self.span(at, at)))
        return self.found

    def add(self, kind: str, start: int, end: int) -> int:
        self.found.append(Token(kind, self.text[start:end], self.span(start, end)))
        return end

    def fail(self, at: int, message: str, hint: str = "") -> int:
        raise syntax_error(self.source, self.span(at, at + 1), message, hint)

    def token(self, at: int) -> int:
        """Read one token, or a whole range in brackets; return where it ends."""
        char = self.text[at]
        if char in "[{":
            return self.range(self.add(char, at, at + 1))
        if char in "+-!" and self.text[at + 1 : at + 2] in tuple(_BLANK):
            return self.add("BAREOPER", at, at + 1)
        if char in _SINGLE:
            return self.add(_SINGLE[char], at, at + 1)
        if char == "^":
            return self.boost(self.add("^", at, at + 1))
        if char == "~":
            return self.matched("FUZZY", _FUZZY, at, "")
        if char == '"':
            return self.matched("QUOTED", _QUOTED, at, 'close the quote, or escape it as \\"')
        if char == "/":
            hint = "escape a slash that is part of the value as \\/, or quote the value"
            return self.matched("REGEXP", _REGEXP, at, hint)
        return self.word(at)

    def matched(self, kind: str, rule: re.Pattern[str], at: int, hint: str) -> int:
        match = rule.match(self.text, at)
        if match is None:
            return self.fail(at, f"{self.text[at]!r} opens something that never ends", hint)
        return self.add(kind, at, match.end())

    def word(self, at: int) -> int:
        match = _WORD.match(self.text, at)
        if match is None:
            return self.fail(at, f"unexpected character {self.text[at]!r}")
        text = match.group()
        wild = [found.start() for found in _WILDCARD.finditer(text) if found[1]]
        kind = _KEYWORDS.get(text, "TERM")
        if wild:
            last = wild == [len(text) - 1] and text.endswith("*")
            kind = ("STAR" if text == "*" else "PREFIX") if last else "WILD"
        return self.add(kind, at, match.end())

    def boost(self, at: int) -> int:
        match = _NUMBER.match(self.text, at)
        if match is None:
            return self.fail(at - 1, "expected a number after '^'", "escape a literal ^ as \\^")
        return self.add("NUMBER", at, match.end())

    def range(self, at: int) -> int:
        """Read the bounds of a range up to and with its closing bracket."""
        while at < len(self.text):
            char = self.text[at]
            if char in "]}":
                return self.add(char, at, at + 1)
            goop, quoted = _BOUND.match(self.text, at), _QUOTED_BOUND.match(self.text, at)
            if quoted and quoted.end() >= (goop.end() if goop else at):
                at = self.add("QUOTED_BOUND", at, quoted.end())
            elif char in _BLANK and (goop is None or goop.end() == at + 1):
                at += 1
            elif goop:
                at = self.add("TO" if goop.group() == "TO" else "BOUND", at, goop.end())
            else:
                at = self.fail(at, f"unexpected character {char!r}")
        return self.fail(len(self.text) - 1, "the range has no closing bracket")


# The grammar --------------------------------------------------------------------------------


def _group(cursor: Cursor, field: str | None) -> Group:
    """Group = (texts | modifier clause) (texts | [conjunction] modifier clause)*."""
    with cursor:
        items = [_item(cursor, field, first=True)]
        while not cursor.at(END, ")"):
            items.append(_item(cursor, field, first=False))
        return Group(tuple(items))


def _item(cursor: Cursor, field: str | None, *, first: bool) -> Item:
    if _at_texts(cursor):
        return _texts(cursor, field)
    conjunction = "" if first else _conjunction(cursor)
    modifier = _modifier(cursor)
    node = _clause(cursor, field)
    return Item(conjunction=conjunction, modifier=modifier, node=node)


def _conjunction(cursor: Cursor) -> str:
    """Conjunction = ["AND" | "&&" | "OR" | "||"]."""
    token = cursor.take("AND", "OR")
    return token.kind if token else ""


def _modifier(cursor: Cursor) -> Modifier:
    """Modifier = ["+" | "-" | "!" | "NOT"]."""
    token = cursor.take("+", "-", "NOT")
    if token is None:
        return Modifier.NONE
    return Modifier.REQUIRED if token.kind == "+" else Modifier.PROHIBITED


def _at_texts(cursor: Cursor) -> bool:
    """Return whether at least two bare words stand here that belong together."""
    return cursor.at("TERM") and _joins(cursor, 1)


def _joins(cursor: Cursor, ahead: int) -> bool:
    after = cursor.peek(ahead + 1).kind
    return cursor.peek(ahead).kind == "TERM" and after not in _NOT_AFTER_TEXT


def _texts(cursor: Cursor, field: str | None) -> Item:
    """Texts = TERM TERM+."""
    first = cursor.next()
    words = [first]
    while _joins(cursor, 0):
        words.append(cursor.next())
    text = " ".join(_plain(cursor, word) for word in words)
    span = first.span.to(words[-1].span)
    leaf = Leaf(field=field, kind=Kind.TEXT, text=text, span=span)
    return Item(conjunction="", modifier=Modifier.NONE, node=leaf, plain=True)


def _plain(cursor: Cursor, token: Token, text: str | None = None) -> str:
    plain = unescape(token.text if text is None else text)
    if plain is None:
        cursor.fail(
            "a backslash escape is broken",
            "write \\\\ for a backslash; \\u takes four hex digits",
            token.span,
        )
    return plain


def _clause(cursor: Cursor, field: str | None) -> Leaf | Group:
    """Clause = [(TERM | "*") ":"] (term | "(" group ")" ["^" NUMBER])."""
    if cursor.at("TERM", "STAR") and cursor.peek().kind == ":":
        name = cursor.next()
        field = "*" if name.kind == "STAR" else _plain(cursor, name)
        cursor.next()
    if not cursor.at("("):
        return _term(cursor, field)
    cursor.next()
    group = _group(cursor, field)
    cursor.expect(")", "')'")
    _boost(cursor)
    return group


def _boost(cursor: Cursor) -> bool:
    """Boost = ["^" NUMBER]."""
    if cursor.take("^") is None:
        return False
    cursor.expect("NUMBER", "a number after '^'")
    return True


def _term(cursor: Cursor, field: str | None) -> Leaf:
    """Term = word suffix | QUOTED suffix | range."""
    if cursor.at("[", "{"):
        return _range(cursor, field)
    if not cursor.at("QUOTED", *_TERMS):
        cursor.fail(f"expected a term, found {cursor.token}", _hint(cursor.token))
    token = cursor.next()
    fuzzy = _suffix(cursor)
    leaf = _word(cursor, token, field)
    if leaf.kind is Kind.TEXT and fuzzy is not None:
        return replace(leaf, kind=Kind.FUZZY, fuzzy=fuzzy)
    return replace(leaf, fuzzy=fuzzy)


def _hint(token: Token) -> str:
    if token.kind in {"NOT", "+", "-"}:
        return f"an operator stands before the field name; escape a literal as \\{token.text[0]}"
    return "escape special characters with a backslash or quote the value"


def _suffix(cursor: Cursor) -> str | None:
    """Suffix = ["^" NUMBER [FUZZY] | FUZZY ["^" NUMBER]]."""
    boosted = _boost(cursor)
    token = cursor.take("FUZZY")
    if token is None:
        return None
    if not boosted:
        _boost(cursor)
    return token.text[1:]


def _word(cursor: Cursor, token: Token, field: str | None) -> Leaf:
    """Return the leaf of one token; broken escapes count in every kind of term."""
    if token.kind == "QUOTED":
        text = _plain(cursor, token, token.text[1:-1])
        return Leaf(field=field, kind=Kind.QUOTED, text=text, span=token.span)
    plain = _plain(cursor, token)
    match token.kind:
        case "STAR" | "WILD":
            return Leaf(field=field, kind=Kind.WILDCARD, text=token.text, span=token.span)
        case "PREFIX":
            text = _plain(cursor, token, token.text[:-1])
            return Leaf(field=field, kind=Kind.PREFIX, text=text, span=token.span)
        case "REGEXP":
            text = token.text[1:-1]
            return Leaf(field=field, kind=Kind.REGEXP, text=text, span=token.span)
        case _:
            return Leaf(field=field, kind=Kind.TEXT, text=plain, span=token.span)


def _range(cursor: Cursor, field: str | None) -> Leaf:
    """Range = ("[" | "{") bound "TO" bound ("]" | "}") ["^" NUMBER]."""
    start = cursor.next()
    low = _bound(cursor)
    cursor.expect("TO", "'TO' between the bounds")
    high = _bound(cursor)
    end = cursor.expect(("]", "}"), "']' or '}'")
    _boost(cursor)
    return Leaf(
        field=field,
        kind=Kind.RANGE,
        low=low,
        high=high,
        include_low=start.kind == "[",
        include_high=end.kind == "]",
        span=start.span.to(end.span),
    )


def _bound(cursor: Cursor) -> str | None:
    """Bound = BOUND | QUOTED_BOUND | "TO"; ``*`` is an open side, even quoted or escaped."""
    token = cursor.expect(("BOUND", "QUOTED_BOUND", "TO"), "the bound of a range")
    text = token.text[1:-1] if token.kind == "QUOTED_BOUND" else token.text
    plain = _plain(cursor, token, text)
    return None if plain == "*" else plain
