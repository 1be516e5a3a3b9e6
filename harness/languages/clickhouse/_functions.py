"""Functions of ClickHouse on values. https://clickhouse.com/docs/sql-reference/functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from harness.errors import Fault
from harness.ir import Case, fold
from harness.ir.regexes import Finder, RegexError, compile_regex
from harness.languages.clickhouse._kinds import STRING, UINT8, UINT64, Kind

MAX_TEXT = 1_000_000
"""Characters that a computed text may have here."""
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
TEXTS = Kind("Array", item=STRING)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function: its parameters, its result, and what it does with values.

    ``parameters`` are letters, optional ones after ``|``: T a text, I a whole number.
    """

    parameters: str
    kind: Kind
    apply: Callable[..., Any]


def bounded(text: str) -> str:
    """Return a text; a fault where it is larger than the harness computes with."""
    if len(text) > MAX_TEXT:
        message = f"a computed text is longer than {MAX_TEXT} characters"
        raise Fault(message)
    return text


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        message = "a text is cut within a character"
        raise Fault(message) from error


def lower(text: str) -> str:
    """``lower(text)`` of ASCII letters."""
    return fold(text, Case.ASCII)


def upper(text: str) -> str:
    """``upper(text)`` of ASCII letters."""
    return text.translate(_ASCII_UPPER)


def _slice(items: Any, start: int, count: int | None) -> Any:
    """Return what ``substring`` takes: places from 1, or from the end."""
    if start == 0:
        message = "Indices in strings are 1-based"
        raise Fault(message)
    size = len(items)
    first = start - 1 if start > 0 else size + start
    if count is None:
        return items[max(first, 0) :]
    end = first + count if count >= 0 else size + count
    return items[max(first, 0) : max(end, 0)]


def substring(text: str, start: int, count: int | None = None) -> str:
    """``substring(text, start, count)`` in bytes."""
    return _text(_slice(_bytes(text), start, count))


def substring_utf8(text: str, start: int, count: int | None = None) -> str:
    """``substringUTF8(text, start, count)`` in characters."""
    return str(_slice(text, start, count))


def position(text: str, part: str) -> int:
    """``position(text, part)``: the place in bytes, 0 for none."""
    return _bytes(text).find(_bytes(part)) + 1


def replace_all(text: str, part: str, other: str) -> str:
    """``replaceAll(text, part, other)``."""
    if not part:
        return text
    if len(text) + text.count(part) * len(other) > MAX_TEXT:
        bounded("x" * (MAX_TEXT + 1))
    return text.replace(part, other)


def extract(text: str, pattern: str) -> str:
    """``extract(text, pattern)``: the first group, or the whole match; empty for none."""
    try:
        finder = cast("Finder", compile_regex(pattern, "re2", flags="s"))
        found = next(finder.finds(text), None)
    except RegexError as error:
        raise Fault(str(error)) from error
    if found is None:
        return ""
    if found.groups:
        return found.groups[0] or ""
    return text[found.start : found.end]


def split(separator: str, text: str) -> tuple[str, ...]:
    """``splitByString(separator, text)``; into characters without a separator."""
    return tuple(text.split(separator)) if separator else tuple(text)


def split_char(separator: str, text: str) -> tuple[str, ...]:
    """``splitByChar(separator, text)``."""
    if len(_bytes(separator)) != 1:
        message = "the separator is one byte"
        raise Fault(message)
    return tuple(text.split(separator))


def trimming(*, left: bool, right: bool) -> Callable[..., str]:
    """Return ``trimBoth``, ``trimLeft`` or ``trimRight``."""

    def trim(text: str, unwanted: str = " ") -> str:
        if not unwanted:
            return text
        text = text.lstrip(unwanted) if left else text
        return text.rstrip(unwanted) if right else text

    return trim


_PLACED = {"positionUTF8": lambda text, part: text.find(part) + 1}
BUILTINS: Mapping[str, Builtin] = {
    "empty": Builtin("T", UINT8, lambda text: int(not text)),
    "extract": Builtin("TT", STRING, extract),
    "length": Builtin("T", UINT64, lambda text: len(_bytes(text))),
    "lengthUTF8": Builtin("T", UINT64, len),
    "lower": Builtin("T", STRING, lower),
    "lowerUTF8": Builtin("T", STRING, lambda text: text.lower()),
    "notEmpty": Builtin("T", UINT8, lambda text: int(bool(text))),
    "position": Builtin("TT", UINT64, position),
    "positionCaseInsensitive": Builtin(
        "TT", UINT64, lambda text, part: position(lower(text), lower(part))
    ),
    "positionUTF8": Builtin("TT", UINT64, _PLACED["positionUTF8"]),
    "replaceAll": Builtin("TTT", STRING, replace_all),
    "replaceOne": Builtin(
        "TTT", STRING, lambda text, part, new: text.replace(part, new, 1) if part else text
    ),
    "splitByChar": Builtin("TT", TEXTS, split_char),
    "splitByString": Builtin("TT", TEXTS, split),
    "substring": Builtin("TI|I", STRING, substring),
    "substringUTF8": Builtin("TI|I", STRING, substring_utf8),
    "trimBoth": Builtin("T|T", STRING, trimming(left=True, right=True)),
    "trimLeft": Builtin("T|T", STRING, trimming(left=True, right=False)),
    "trimRight": Builtin("T|T", STRING, trimming(left=False, right=True)),
    "upper": Builtin("T", STRING, upper),
    "upperUTF8": Builtin("T", STRING, lambda text: text.upper()),
}
"""Functions by name. Those that build their own tests (match, has, if, ...) are elsewhere."""
CASELESS: Mapping[str, str] = {
    **{
        name.lower(): name
        for name in ("length", "lower", "position", "substring", "upper", "extract")
    },
    "byte_slice": "substring",
    "char_length": "lengthUTF8",
    "character_length": "lengthUTF8",
    "coalesce": "coalesce",
    "if": "if",
    "ifnull": "ifNull",
    "instr": "position",
    "isnull": "isNull",
    "lcase": "lower",
    "ltrim": "trimLeft",
    "mid": "substring",
    "nullif": "nullIf",
    "octet_length": "length",
    "position(in)": "position",
    "regexp_matches": "match",
    "replace": "replaceAll",
    "rtrim": "trimRight",
    "substr": "substring",
    "trim": "trimBoth",
    "ucase": "upper",
    "concat": "concat",
    "now": "now",
    "hour": "toHour",
    "minute": "toMinute",
    "second": "toSecond",
    "year": "toYear",
    "month": "toMonth",
    "day": "toDayOfMonth",
    "date": "toDate",
    "abs": "abs",
}
"""Functions that have names in any letter case, and the names that they have here."""
