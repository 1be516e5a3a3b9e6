"""Reading JSON lines as Loki does: member by member, up to the first thing that is wrong.

https://github.com/grafana/jsonparser
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 100
"""Objects inside each other that are looked into."""

_BLANK = re.compile(r"[ \n\r\t]*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_WORD = re.compile(r"[^ \n\r\t,}\]]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.?))", re.DOTALL)
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": "boolean", "false": "boolean", "null": "null"}
_SKIPPED = {side: re.compile(rf'["\{side[0]}\{side[1]}]') for side in ("{}", "[]")}
_HIGH, _LOW, _END = 0xD800, 0xDC00, 0xE000


class Malformed(Exception):
    """The line is no JSON from here on; ``key`` is that of the member whose value is none."""

    def __init__(self, key: str | None = None) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it stands in the line: strings without quotes, still escaped."""

    kind: str
    raw: str

    @property
    def text(self) -> str:
        """The label value of a string, a number or a Boolean; ``text`` is a string unescaped."""
        if self.kind == "string":
            return clean(unescaped(self.raw) or "")
        return clean(self.raw)


def clean(text: str) -> str:
    """Return a text without characters that stand for invalid UTF-8; Loki puts blanks for them."""
    return text.replace("\ufffd", " ")


def unescaped(raw: str) -> str | None:
    """Return a string's text; ``None`` where an escape is wrong."""
    if "\\" not in raw:
        return raw
    pieces, at = [], 0
    while (start := raw.find("\\", at)) >= 0:
        pieces.append(raw[at:start])
        found = _escape(raw, start)
        if found is None:
            return None
        char, at = found
        pieces.append(char)
    return "".join((*pieces, raw[at:]))


def _escape(raw: str, at: int) -> tuple[str, int] | None:
    match = _ESCAPE.match(raw, at)
    if match is None:
        return None
    if match[1] is None:
        char = _ESCAPES.get(match[2])
        return None if char is None else (char, match.end())
    code = int(match[1], 16)
    if not _HIGH <= code < _END:
        return chr(code), match.end()
    low = _ESCAPE.match(raw, match.end())
    if low is None or low[1] is None or int(low[1], 16) < _LOW:
        return None
    joined = 0x10000 + ((code - _HIGH) << 10) + int(low[1], 16) - _LOW
    return (chr(joined) if joined <= 0x10FFFF else "\ufffd"), low.end()  # noqa: PLR2004 - Unicode


def members(text: str, at: int = 0) -> Iterator[tuple[str, Value]]:
    """Yield the members of an object; raise :class:`Malformed` behind the last good one."""
    at = _token(text, at)
    if text[at] != "{":
        raise Malformed
    at = _token(text, at + 1)
    while text[at] != "}":
        key = _STRING.match(text, at)
        name = unescaped(key[1]) if key else None
        if key is None or name is None:
            raise Malformed
        at = _token(text, key.end())
        if text[at] != ":":
            raise Malformed
        try:
            value, at = value_at(text, _token(text, at + 1))
        except Malformed as error:
            raise Malformed(name) from error
        yield name, value
        at = _token(text, at)
        if text[at] == ",":
            at = _token(text, at + 1)
        elif text[at] != "}":
            raise Malformed


def _token(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    if match is None or match.end() >= len(text):
        raise Malformed
    return match.end()


def value_at(text: str, at: int) -> tuple[Value, int]:
    """Return the value that begins here, and where it ends."""
    char = text[at]
    if char == '"':
        string = _STRING.match(text, at)
        if string is None:
            raise Malformed
        return Value("string", string[1]), string.end()
    if char in "{[":
        end = _block_end(text, at, "{}" if char == "{" else "[]")
        return Value("object" if char == "{" else "array", text[at:end]), end
    word = _WORD.match(text, at)
    raw = word.group() if word else ""
    kind = _WORDS.get(raw) or ("number" if char in "-0123456789" else None)
    if kind is None:
        raise Malformed
    return Value(kind, raw), at + len(raw)


def _block_end(text: str, at: int, sides: str) -> int:
    """Return where a bracket closes; only this kind of bracket is counted."""
    depth = 0
    while (match := _SKIPPED[sides].search(text, at)) is not None:
        if match.group() == '"':
            string = _STRING.match(text, match.start())
            if string is None:
                raise Malformed
            at = string.end()
            continue
        depth += 1 if match.group() == sides[0] else -1
        at = match.end()
        if depth == 0:
            return at
    raise Malformed


def parts_of(value: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the members of a mapping as :func:`members` would of its JSON, inner parts left out."""
    for key, item in value.items():
        yield str(key), _as_value(item)


def _as_value(item: Any) -> Value:
    if isinstance(item, str):
        return Value("text", item)
    if isinstance(item, bool):
        return Value("boolean", "true" if item else "false")
    if item is None:
        return Value("null", "null")
    if isinstance(item, int | float):
        return Value("number", json.dumps(item))
    return Value("object" if isinstance(item, Mapping) else "array", "")


def written(item: Any) -> str:
    """Return the JSON line of a document."""
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"), default=str)
