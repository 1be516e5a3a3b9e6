"""JSON that a user wrote, read with the place of every key and value.

The reader takes what Elasticsearch's own reader takes
(https://github.com/elastic/elasticsearch/blob/main/libs/x-content/impl/src/main/java/org/elasticsearch/xcontent/provider/json/JsonXContentImpl.java):
strict JSON plus ``/* */`` and ``//`` comments; a key that occurs twice in an object is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from harness.source import QuerySyntaxError, Source, Span

MAX_DEPTH = 200
"""Nesting of objects and lists that is read."""
MAX_LENGTH = 4_000_000
"""Characters of one text that are read."""
MAX_DIGITS = 400
"""Characters of one number that are read."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class JsonScalar:
    """A string, number, boolean or null.

    ``offsets`` holds the place of each character of a string where the text was not read as it
    stands in the source (see :class:`Excerpt`).
    """

    value: Scalar
    span: Span
    offsets: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The JSON name of the type."""
        if self.value is None:
            return "null"
        if isinstance(self.value, bool):
            return "a boolean"
        return "a string" if isinstance(self.value, str) else "a number"

    def plain(self) -> Scalar:
        """Return the value without its place."""
        return self.value


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A list of values."""

    items: tuple[Json, ...]
    span: Span
    kind = "an array"

    def plain(self) -> list[Any]:
        """Return the list without places."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True)
class Member:
    """One key of an object with its value."""

    key: str
    key_span: Span
    value: Json


@dataclass(frozen=True, slots=True)
class JsonObject:
    """An object; its members keep their order."""

    members: tuple[Member, ...]
    span: Span
    kind = "an object"

    def plain(self) -> dict[str, Any]:
        """Return the object without places."""
        return {member.key: member.value.plain() for member in self.members}

    def get(self, *keys: str) -> Json | None:
        """Return the value of the first of these keys that the object has."""
        for key in keys:
            for member in self.members:
                if member.key == key:
                    return member.value
        return None

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


Json = JsonScalar | JsonArray | JsonObject

_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/)*+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_WORD = re.compile(r"\w+")
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}
_HIGH = range(0xD800, 0xDC00)
"""The first halves of characters that UTF-16 writes as two units."""
_LOW = range(0xDC00, 0xE000)
"""The second halves."""
_HEX = re.compile(r"[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a source as its carrier hands it on, a shell's here-document for one.

    ``offsets`` holds the place in the source of each character of ``text`` and of its end.
    """

    text: str
    offsets: tuple[int, ...]


def read_json(source: Source, part: Span | Excerpt | None = None) -> Json:
    """Return the one JSON value in a source, or in a part of it."""
    reader = _Reader(source, part if part is not None else Span(0, len(source.text)))
    if reader.end - reader.at > MAX_LENGTH:
        reader.fail(f"the text is longer than {MAX_LENGTH} characters")
    value = reader.value()
    reader.blank()
    if reader.at < reader.end:
        reader.fail("text follows after the end of the JSON value")
    return value


class StringPlaces:
    """Where each character of a JSON string's value stands in the source."""

    def __init__(self, source: Source, text: JsonScalar) -> None:
        inside = text.span.start + 1, max(text.span.start, text.span.end - 1)
        self._offsets = list(text.offsets) or _offsets(source.text, *inside)

    def __call__(self, inner: Span) -> Span:
        """Return the place in the source of a range of characters of the value."""
        last = len(self._offsets) - 1
        return Span(self._offsets[min(inner.start, last)], self._offsets[min(inner.end, last)])


def _offsets(raw: str, at: int, end: int) -> list[int]:
    """Return where each character of a string's value begins, and where the string ends."""
    found: list[int] = []
    while at < end:
        found.append(at)
        at += _written_length(raw, at)
    return [*found, end]


def _written_length(raw: str, at: int) -> int:
    """Return how many characters of the source spell the one character at ``at``."""
    if raw[at] != "\\":
        return 1
    if raw[at + 1] != "u":
        return 2
    return 12 if int(raw[at + 2 : at + 6], 16) in _HIGH else 6


class _Reader:
    """A position in a JSON text."""

    def __init__(self, source: Source, part: Span | Excerpt) -> None:
        self.source = source
        self._places: tuple[int, ...] = ()
        if isinstance(part, Span):
            self.text, self.at, self.end = source.text, part.start, part.end
        else:
            self.text, self.at, self.end = part.text, 0, len(part.text)
            self._places = part.offsets
        self._depth = 0

    def place(self, start: int, end: int) -> Span:
        """Return the place in the source of a part of the text."""
        if not self._places:
            return Span(start, end)
        last = len(self._places) - 1
        return Span(self._places[min(start, last)], self._places[min(end, last)])

    def fail(self, message: str, span: Span | None = None, hint: str = "") -> NoReturn:
        where = span or self.place(self.at, self.at + 1)
        raise QuerySyntaxError(message, self.source, where, hint)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at, self.end)
        assert match is not None, "the pattern matches the empty text"
        self.at = match.end()

    def peek(self) -> str:
        self.blank()
        return self.text[self.at] if self.at < self.end else ""

    def value(self) -> Json:
        """Value = object | array | string | number | 'true' | 'false' | 'null'."""
        first = self.peek()
        match first:
            case "{" | "[":
                self._depth += 1
                if self._depth > MAX_DEPTH:
                    self.fail(f"the JSON is nested deeper than {MAX_DEPTH} levels")
                found: Json = self._object() if first == "{" else self._array()
                self._depth -= 1
                return found
            case '"':
                return self._string_value()
            case "":
                self.fail("a JSON value is missing at the end of the text")
            case _:
                return self._number() or self._word()
        return None

    def _object(self) -> JsonObject:
        """Object = '{' [ string ':' value { ',' string ':' value } ] '}'."""
        start = self.at
        self.at += 1
        members: list[Member] = []
        seen: set[str] = set()
        while self._more("}", first=not members):
            if self.peek() != '"':
                self.fail("an object needs a key in double quotes here")
            key_start = self.at
            key = self._string()
            key_span = self.place(key_start, self.at)
            if key in seen:
                self.fail(f"the key {key!r} occurs twice in one object", key_span)
            seen.add(key)
            if self.peek() != ":":
                self.fail("':' is missing after the key")
            self.at += 1
            members.append(Member(key, key_span, self.value()))
        return JsonObject(tuple(members), self.place(start, self.at))

    def _array(self) -> JsonArray:
        """Array = '[' [ value { ',' value } ] ']'."""
        start = self.at
        self.at += 1
        items: list[Json] = []
        while self._more("]", first=not items):
            items.append(self.value())
        return JsonArray(tuple(items), self.place(start, self.at))

    def _more(self, closing: str, *, first: bool) -> bool:
        """Step over the comma before a further item, or over the closing bracket."""
        char = self.peek()
        if char == closing:
            self.at += 1
            return False
        if first:
            return True
        if char != ",":
            self.fail(f"',' or '{closing}' is missing here")
        self.at += 1
        if self.peek() == closing:
            self.fail(f"a value is missing between ',' and '{closing}'")
        return True

    def _string_value(self) -> JsonScalar:
        start = self.at
        value = self._string()
        offsets: tuple[int, ...] = ()
        if self._places:
            inside = _offsets(self.text, start + 1, self.at - 1)
            offsets = tuple(self._places[at] for at in inside)
        return JsonScalar(value, self.place(start, self.at), offsets)

    def _string(self) -> str:
        """String = '"' { character | escape } '"'."""
        start = self.at
        self.at += 1
        parts: list[str] = []
        while True:
            match = _PLAIN.match(self.text, self.at, self.end)
            assert match is not None, "the pattern matches the empty text"
            parts.append(match.group())
            self.at = match.end()
            char = self.text[self.at] if self.at < self.end else ""
            if char == '"':
                self.at += 1
                return "".join(parts)
            if char == "":
                self.fail("the string is not closed", self.place(start, start + 1))
            if char != "\\":
                self.fail("a control character stands in a string", hint="write it as an escape")
            parts.append(self._escape())

    def _escape(self) -> str:
        r"""Escape = '\' ( '"' | '\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u' hex hex hex hex )."""
        start = self.at
        letter = self.text[start + 1] if start + 1 < self.end else ""
        if letter in _ESCAPES:
            self.at += 2
            return _ESCAPES[letter]
        if letter != "u":
            hint = "write a backslash as \\\\" if letter else ""
            self.fail("this is no JSON escape", self.place(start, start + 2), hint)
        code = self._hex(start)
        if code in _LOW:
            self.fail("a low surrogate stands alone", self.place(start, self.at))
        if code not in _HIGH:
            return chr(code)
        low = self._hex(self.at) if self.text.startswith("\\u", self.at) else 0
        if low not in _LOW:
            self.fail("a high surrogate stands alone", self.place(start, self.at))
        return chr(0x10000 + ((code - _HIGH[0]) << 10) + (low - _LOW[0]))

    def _hex(self, start: int) -> int:
        match = _HEX.match(self.text, start + 2, self.end)
        if match is None:
            self.fail("'\\u' needs four hexadecimal digits", self.place(start, start + 2))
        self.at = match.end()
        return int(match.group(), 16)

    def _number(self) -> JsonScalar | None:
        """Number = [ '-' ] int [ '.' digits ] [ ( 'e' | 'E' ) [ '+' | '-' ] digits ]."""
        match = _NUMBER.match(self.text, self.at, self.end)
        if match is None:
            return None
        span = self.place(*match.span())
        if match.end() - match.start() > MAX_DIGITS:
            self.fail(f"the number is longer than {MAX_DIGITS} characters", span)
        if re.match(r"[\w.]", self.text[match.end() : match.end() + 1]):
            self.fail("this is no JSON number", self.place(match.start(), match.end() + 1))
        self.at = match.end()
        if match.group(1) is None and match.group(2) is None:
            return JsonScalar(int(match.group()), span)
        number = float(match.group())
        if not math.isfinite(number):
            self.fail("the number is too large", span)
        return JsonScalar(number, span)

    def _word(self) -> JsonScalar:
        """Word = 'true' | 'false' | 'null'."""
        match = _WORD.match(self.text, self.at, self.end)
        if match is None or match.group() not in _WORDS:
            end = match.end() if match else self.at + 1
            self.fail(
                f"{self.text[self.at : min(end, self.at + 20)]!r} is no JSON value",
                self.place(self.at, end),
                "put text in double quotes",
            )
        self.at = match.end()
        return JsonScalar(_WORDS[match.group()], self.place(*match.span()))
