"""Characters that show nothing or change how the rest is shown, made visible."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 60
"""Nesting of a document that a report shows."""
MAX_TEXT = 4_000
"""Characters of one sentence that a report shows."""
MAX_DOCUMENT = 12_000
"""Characters of one document that a report shows."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but for tab and line feed
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    # no width, line ends that are none, and marks that turn the reading direction around
    "\ud800-\udfff\ufffe\uffff"  # halves of pairs and noncharacters: not valid in UTF-8 or XML
    "\U000e0000-\U000e007f]"  # tags: invisible copies of ASCII
)


def visible(text: str) -> str:
    r"""Return a text in which hidden characters stand as JSON escapes, such as ``\u202e``."""
    return _HIDDEN.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def in_columns(text: str) -> str:
    """Return a text with one visible character for each hidden one, so that carets still fit."""
    return _HIDDEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text, shortened where it is longer than anybody reads."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


def as_json(value: Any) -> str:
    """Return a document as indented JSON that is safe to show."""
    return cut(visible(json.dumps(bounded(value), indent=2, ensure_ascii=False)), MAX_DOCUMENT)


def json_line(value: Any) -> str:
    """Return a value as JSON on one line that is safe to show."""
    return cut(visible(json.dumps(bounded(value), ensure_ascii=False)))


def bounded(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON has it, with what is nested too deeply left out."""
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): bounded(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [bounded(item, depth + 1) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
