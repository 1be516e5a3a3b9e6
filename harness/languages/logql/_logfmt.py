"""Reading and writing logfmt lines: keys, each with a value behind ``=``, quoted or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BLANK = re.compile(r"[\x00-\x20]*")
_KEY = re.compile(r'[^\x00-\x20="]*')
_VALUE = re.compile(r'[^\x00-\x20="]*')
_WORD = re.compile(r"[^\x00-\x20]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {**{char: char for char in "\"\\/'"}, **dict(zip("bfnrt", "\b\f\n\r\t", strict=True))}
_HIGH, _LOW, _END = 0xD800, 0xDC00, 0xE000
_NOT_PLAIN = re.compile(r'[\x00-\x20="\x7f\ufffd]')
"""What a key is written without, and what makes a value be quoted.
https://github.com/go-logfmt/logfmt/blob/main/encode.go
"""


def pairs(line: str) -> Iterator[tuple[str | None, str]]:
    """Yield ``(key, value)``; the key is ``None`` for a pair that is broken, and is passed over."""
    at = _end(_BLANK, line, 0)
    while at < len(line):
        key, value, at = _pair(line, at)
        yield key, value
        at = _end(_BLANK, line, at)


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    match = pattern.match(line, at)
    return match.end() if match else at


def _pair(line: str, at: int) -> tuple[str | None, str, int]:
    end = _end(_KEY, line, at)
    key, sign = line[at:end], line[end : end + 1]
    if sign == '"' or (sign == "=" and not key) or "\ufffd" in key:
        return None, "", _end(_WORD, line, end)
    if sign != "=":
        return key, "", end
    at = end + 1
    if line[at : at + 1] == '"':
        return _quoted(line, key, at)
    end = _end(_VALUE, line, at)
    if line[end : end + 1] in ("=", '"'):
        return None, "", _end(_WORD, line, end)
    return key, line[at:end], end


def _quoted(line: str, key: str, at: int) -> tuple[str | None, str, int]:
    match = _QUOTED.match(line, at)
    if match is None:
        return None, "", len(line)
    value = _unquoted(match[1])
    return (None if value is None else key), value or "", match.end()


def _unquoted(raw: str) -> str | None:
    if "\\" not in raw:
        return raw
    pieces, at = [], 0
    while (start := raw.find("\\", at)) >= 0:
        pieces.append(raw[at:start])
        match = _ESCAPE.match(raw, start)
        if match is None or (match[1] is None and match[2] not in _ESCAPES):
            return None
        at = match.end()
        if match[1] is None:
            pieces.append(_ESCAPES[match[2]])
            continue
        code = int(match[1], 16)
        low = _ESCAPE.match(raw, at) if _HIGH <= code < _LOW else None
        if low and low[1] and _LOW <= int(low[1], 16) < _END:
            pieces.append(chr(0x10000 + ((code - _HIGH) << 10) + int(low[1], 16) - _LOW))
            at = low.end()
        else:
            pieces.append("\ufffd" if _HIGH <= code < _END else chr(code))
    return "".join((*pieces, raw[at:]))


def written(document: Mapping[str, Any]) -> str:
    """Return the logfmt line of a document: inner names behind dots, lists as JSON, no nulls."""
    found = ((_NOT_PLAIN.sub("", key), value) for key, value in _leaves(document, ""))
    return " ".join(f"{key}={_written(value)}" for key, value in found if key)


def _leaves(document: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value


def _written(value: Any) -> str:
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return json.dumps(value, ensure_ascii=False) if _NOT_PLAIN.search(value) else value
