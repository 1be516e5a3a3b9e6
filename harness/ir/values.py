"""Scalars as text and numbers, and the ways engines fold letter case."""

from __future__ import annotations

import math
import re
from enum import Enum

from harness.ir.cells import Scalar


class Case(Enum):
    """Which letters count as equal."""

    SENSITIVE = "sensitive"
    ASCII = "ASCII letters fold"
    UNICODE = "letters fold one to one"


_ASCII_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(text: str, case: Case) -> str:
    """Return ``text`` with the letter case removed that ``case`` ignores; the length is kept."""
    if case is Case.SENSITIVE:
        return text
    if text.isascii():
        return text.lower()
    if case is Case.ASCII:
        return text.translate(_ASCII_FOLD)
    return "".join(_fold_one(char) for char in text)


def _fold_one(char: str) -> str:
    lower = char.lower()
    return lower if len(lower) == 1 else char


def as_text(value: Scalar) -> str:
    """Return a scalar as JSON would print it, strings without quotes."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


_LONGEST_NUMBER = 400
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def as_number(value: Scalar) -> int | float | None:
    """Return the number that a scalar is or spells in decimal; ``None`` where it is none.

    Booleans are no numbers here; languages that count them convert first.
    """
    if isinstance(value, bool) or value is None or isinstance(value, bytes):
        return None
    if isinstance(value, int | float):
        return value
    if not _NUMBER.fullmatch(value) or len(value) > _LONGEST_NUMBER:
        return None
    try:
        return int(value)
    except ValueError:
        number = float(value)
        return number if math.isfinite(number) else None
