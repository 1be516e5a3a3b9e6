"""JSON that a user wrote, read with the place of every key and value.

The reader takes what Elasticsearch's own reader takes
(https://github.com/elastic/elasticsearch/blob/main/libs/x-content/impl/src/main/java/org/elasticsearch/xcontent/provider/json/JsonXContentImpl.java):
strict JSON plus ``/* */`` and ``//`` comments; a key that occurs twice in an object is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
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
    """A string, number, boolean or null."""

    value: Scalar
    span: Span

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
_HEX = re.compile(r"[0-9a-fA-F]{4}")


def read_json(source: Source, span: Span | None = None) -> Json:
    """Return the one JSON value in a source, or in the part of it that ``span`` covers."""
    whole = span or Span(0, len(source.text))
    if whole.end - whole.start > MAX_LENGTH:
        raise QuerySyntaxError(
            f"the text is longer than {MAX_LENGTH} characters",
            source,
            Span(whole.start, whole.start),
        )
    reader = _Reader(source, whole)
    value = reader.value()
    reader.blank()
    if reader.at < whole.end:
        reader.fail("text follows after the end of the JSON value")
    return value


class StringPlaces:
    """Where each character of a JSON string's value stands in the source."""

    def __init__(self, source: Source, text: JsonScalar) -> None:
        raw, at, end = source.text, text.span.start + 1, text.span.end - 1
        self._offsets: list[int] = []
        while at < end:
            self._offsets.append(at)
            at += _written_length(raw, at)
        self._offsets.append(end)

    def __call__(self, inner: Span) -> Span:
        """Return the place in the source of a range of characters of the value."""
        last = len(self._offsets) - 1
        return Span(self._offsets[min(inner.start, last)], self._offsets[min(inner.end, last)])


def _written_length(raw: str, at: int) -> int:
    """Return how many characters of the source spell the one character at ``at``."""
    if raw[at] != "\\":
        return 1
    if raw[at + 1] != "u":
        return 2
    return 12 if 0xD800 <= int(raw[at + 2 : at + 6], 16) <= 0xDBFF else 6


class _Reader:
    """A position in a JSON text."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.text = source.text
        self.at = span.start
        self.end = span.end
        self._depth = 0

    def fail(self, message: str, span: Span | None = None, hint: str = "") -> NoReturn:
        raise QuerySyntaxError(message, self.source, span or Span(self.at, self.at + 1), hint)

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
                start = self.at
                return JsonScalar(self._string(), Span(start, self.at))
            case "":
                self.fail("a JSON value is missing at the end of the text")
        return self._number() or self._word()

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
            key_span = Span(key_start, self.at)
            if key in seen:
                self.fail(f"the key {key!r} occurs twice in one object", key_span)
            seen.add(key)
            if self.peek() != ":":
                self.fail("':' is missing after the key")
            self.at += 1
            members.append(Member(key, key_span, self.value()))
        return JsonObject(tuple(members), Span(start, self.at))

    def _array(self) -> JsonArray:
        """Array = '[' [ value { ',' value } ] ']'."""
        start = self.at
        self.at += 1
        items: list[Json] = []
        while self._more("]", first=not items):
            items.append(self.value())
        return JsonArray(tuple(items), Span(start, self.at))

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
                self.fail("the string is not closed", Span(start, start + 1))
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
            self.fail("this is no JSON escape", Span(start, start + 2), hint)
        code = self._hex(start)
        if 0xDC00 <= code <= 0xDFFF:
            self.fail("a low surrogate stands alone", Span(start, self.at))
        if not 0xD800 <= code <= 0xDBFF:
            return chr(code)
        low = self._hex(self.at) if self.text.startswith("\\u", self.at) else 0
        if not 0xDC00 <= low <= 0xDFFF:
            self.fail("a high surrogate stands alone", Span(start, self.at))
        return chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))

    def _hex(self, start: int) -> int:
        match = _HEX.match(self.text, start + 2, self.end)
        if match is None:
            self.fail("'\\u' needs four hexadecimal digits", Span(start, start + 2))
        self.at = match.end()
        return int(match.group(), 16)

    def _number(self) -> JsonScalar | None:
        """Number = [ '-' ] int [ '.' digits ] [ ( 'e' | 'E' ) [ '+' | '-' ] digits ]."""
        match = _NUMBER.match(self.text, self.at, self.end)
        if match is None:
            return None
        span = Span(*match.span())
        if match.end() - match.start() > MAX_DIGITS:
            self.fail(f"the number is longer than {MAX_DIGITS} characters", span)
        if re.match(r"[\w.]", self.text[match.end() : match.end() + 1]):
            self.fail("this is no JSON number", Span(match.start(), match.end() + 1))
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
                Span(self.at, end),
                "put text in double quotes",
            )
        self.at = match.end()
        return JsonScalar(_WORDS[match.group()], Span(*match.span()))
