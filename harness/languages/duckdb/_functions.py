"""Functions of DuckDB on values. https://duckdb.org/docs/stable/sql/functions/overview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from harness.errors import Fault
from harness.ir import Case, fold
from harness.ir.regexes import Finder, RegexError, compile_regex
from harness.languages.duckdb._casts import text_of
from harness.languages.duckdb._kinds import BIGINT, INTEGER, VARCHAR, Kind

MAX_TEXT = 1_000_000
"""Characters that a computed text may have here."""
_SPACE = " "
_MOST_PLACES = 2**31
LETTERS = Kind("LIST", item=VARCHAR)


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function: its parameters, its result, and what it does with values.

    ``parameters`` are letters, optional ones after ``|``: T a text, I a whole number, N a number,
    A anything as a text, ``*`` more of the last.
    """

    parameters: str
    kind: Kind
    apply: Callable[..., Any]
    strict: bool = True
    total: bool = True


def bounded(text: str) -> str:
    """Return a text; a fault where it is larger than the harness computes with."""
    if len(text) > MAX_TEXT:
        message = f"a computed text is longer than {MAX_TEXT} characters"
        raise Fault(message)
    return text


def lower(text: str) -> str:
    """``lower(text)``, letter by letter."""
    return text.lower() if text.isascii() else fold(text.replace("\u0130", "i"), Case.UNICODE)


def upper(text: str) -> str:
    """``upper(text)``, letter by letter."""
    return text.upper() if text.isascii() else "".join(map(_upper_one, text))


def _upper_one(char: str) -> str:
    found = next((one for one in (char.upper(), char.title()) if len(one) == 1), char)
    return _UPPER.get(char, found)


_UPPER = {"\u00df": "\u1e9e"}


def substring(text: str, start: int, count: int | None = None) -> str:
    """``substring(text, start, count)``: from the end for a negative start, and what stands before it for a negative count."""  # noqa: E501 - one sentence
    if max(abs(start), abs(count or 0)) >= _MOST_PLACES:
        message = "substring() beyond 32 bits"
        raise Fault(message)
    length = len(text)
    if start > 0:
        first = start - 1
    elif start < 0:
        first = max(length + start, 0) if count is None else length + start
    else:
        first = 0 if count is None else -1
    if count is None:
        return text[max(first, 0) :]
    low, high = sorted((first, first + count))
    return text[max(low, 0) : max(high, 0)]


def left(text: str, count: int) -> str:
    """``left(text, count)``; all but the last for a negative count."""
    return text[:count] if count >= 0 else text[: max(len(text) + count, 0)]


def right(text: str, count: int) -> str:
    """``right(text, count)``; all but the first for a negative count."""
    if count >= 0:
        return text[max(len(text) - count, 0) :]
    return text[min(-count, len(text)) :]


def trimming(*, at_left: bool, at_right: bool) -> Callable[..., str]:
    """Return ``trim``, ``ltrim`` or ``rtrim``."""

    def trim(text: str, unwanted: str = _SPACE) -> str:
        if not unwanted:
            return text
        text = text.lstrip(unwanted) if at_left else text
        return text.rstrip(unwanted) if at_right else text

    return trim


def replace(text: str, part: str, other: str) -> str:
    """``replace(text, part, other)``."""
    if not part:
        return text
    if len(text) + text.count(part) * len(other) > MAX_TEXT:
        bounded("x" * (MAX_TEXT + 1))
    return text.replace(part, other)


def concat(*values: Any) -> str:
    """``concat(value, ...)``: NULL counts as the empty text."""
    return bounded("".join(text_of(value) for value in values if value is not None))


def concat_ws(separator: str | None, *values: Any) -> str | None:
    """``concat_ws(separator, value, ...)``: NULLs are left out."""
    if separator is None:
        return None
    return bounded(separator.join(text_of(value) for value in values if value is not None))


def split_part(text: str, separator: str, place: int) -> str:
    """``split_part(text, separator, place)``; from the end for a negative place."""
    parts = split(text, separator)
    if place == 0:
        return parts[0] if parts else ""
    at = place - 1 if place > 0 else len(parts) + place
    return parts[at] if 0 <= at < len(parts) else ""


def split(text: str, separator: str) -> tuple[str, ...]:
    """``string_split(text, separator)``; into characters without a separator."""
    return tuple(text.split(separator)) if separator else tuple(text)


def regexp_extract(text: str, pattern: str, group: int = 0) -> str:
    """``regexp_extract(text, pattern, group)``; the empty text where nothing is found."""
    try:
        found = next(cast("Finder", compile_regex(pattern, "re2")).finds(text), None)
    except RegexError as error:
        raise Fault(str(error)) from error
    if found is None:
        return ""
    if group == 0:
        return text[found.start : found.end]
    if not 0 < group <= len(found.groups):
        message = f"the expression has no group {group}"
        raise Fault(message)
    return found.groups[group - 1] or ""


def repeat(text: str, count: int) -> str:
    """``repeat(text, count)``."""
    if len(text) * max(count, 0) > MAX_TEXT:
        bounded("x" * (MAX_TEXT + 1))
    return text * max(count, 0)


def ascii_of(text: str) -> int:
    """``ascii(text)``: the first code point, 0 for the empty text."""
    return ord(text[0]) if text else 0


def char(code: int) -> str:
    """``chr(code)``."""
    try:
        found = chr(code)
        found.encode()
    except (ValueError, OverflowError, UnicodeEncodeError) as error:
        message = f"Invalid UTF8 Codepoint {code}"
        raise Fault(message) from error
    return found


BUILTINS: Mapping[str, Builtin] = {
    "ascii": Builtin("T", INTEGER, ascii_of),
    "chr": Builtin("I", VARCHAR, char),
    "concat": Builtin("A*", VARCHAR, concat, strict=False),
    "concat_ws": Builtin("TA*", VARCHAR, concat_ws, strict=False, total=False),
    "left": Builtin("TI", VARCHAR, left),
    "length": Builtin("T", BIGINT, len),
    "lower": Builtin("T", VARCHAR, lower),
    "ltrim": Builtin("T|T", VARCHAR, trimming(at_left=True, at_right=False)),
    "regexp_extract": Builtin("TT|I", VARCHAR, regexp_extract),
    "repeat": Builtin("TI", VARCHAR, repeat),
    "replace": Builtin("TTT", VARCHAR, replace),
    "right": Builtin("TI", VARCHAR, right),
    "rtrim": Builtin("T|T", VARCHAR, trimming(at_left=False, at_right=True)),
    "split_part": Builtin("TTI", VARCHAR, split_part),
    "string_split": Builtin("TT", LETTERS, split),
    "strlen": Builtin("T", BIGINT, lambda text: len(text.encode("utf-8", "surrogateescape"))),
    "strpos": Builtin("TT", BIGINT, lambda text, part: text.find(part) + 1),
    "substring": Builtin("TI|I", VARCHAR, substring),
    "trim": Builtin("T|T", VARCHAR, trimming(at_left=True, at_right=True)),
    "upper": Builtin("T", VARCHAR, upper),
}
"""Functions by name. Those that build their own tests (contains, coalesce, ...) are elsewhere."""
SYNONYMS: Mapping[str, str] = {
    "array_contains": "list_contains",
    "array_filter": "list_filter",
    "array_has": "list_contains",
    "array_has_all": "list_has_all",
    "array_has_any": "list_has_any",
    "array_indexof": "list_position",
    "array_length": "len",
    "array_position": "list_position",
    "array_to_string": "array_to_string",
    "char_length": "length",
    "character_length": "length",
    "filter": "list_filter",
    "ifnull": "coalesce",
    "instr": "strpos",
    "lcase": "lower",
    "list_element": "list_extract",
    "list_has": "list_contains",
    "list_indexof": "list_position",
    "ord": "ascii",
    "position(in)": "strpos",
    "prefix": "starts_with",
    "split": "string_split",
    "str_split": "string_split",
    "string_to_array": "string_split",
    "substr": "substring",
    "suffix": "ends_with",
    "ucase": "upper",
    "unicode": "ascii",
}
