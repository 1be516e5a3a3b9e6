"""How grep takes the text of an event apart into lines, and what makes it text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import Scalar, View, as_text
from harness.languages.grep._command import Binary, Grep

FIELD = "_raw"
_LINE_ENDS = re.compile("[\n\0]")


class Unit(Enum):
    """What one grep selects."""

    LINE = "line"
    """A line; a NUL makes the input binary and is taken for a line end."""
    TEXT_LINE = "line with its NULs"
    """A line under ``-a``, where a NUL is a character."""
    RECORD = "NUL-ended record"
    """What ``-z`` reads; the newline at the end of the input is part of the last one."""


def unit_of(grep: Grep) -> Unit:
    """Return what a grep selects."""
    if grep.null_data:
        return Unit.RECORD
    return Unit.TEXT_LINE if grep.binary is Binary.TEXT else Unit.LINE


def split(text: str, unit: Unit) -> list[str]:
    """Return the units of a text that has no newline at its end."""
    if unit is Unit.RECORD:
        return f"{text}\n".split("\0")
    return text.split("\n") if unit is Unit.TEXT_LINE else _LINE_ENDS.split(text)


def text_of(value: Scalar) -> str:
    """Return an event's text without the newline that ends its last line."""
    return as_text(value).removesuffix("\n")


WHOLE = View("the text", lambda value: (text_of(value),))


@lru_cache(maxsize=256)
def unit_view(unit: Unit, prefix: str, *, single: bool) -> View:
    """Return the view of a grep on an event; ``single`` refuses more than one unit.

    ``prefix`` is what an earlier grep of a pipeline put in front of the line.
    """

    def convert(value: Scalar) -> list[str]:
        found = split(text_of(value), unit)
        if single and len(found) > 1:
            message = "the event is more than one line, and a pipeline takes them apart"
            raise Fault(message)
        return [f"{prefix}{item}" for item in found]

    name = f"{'the' if single else 'each'} {unit.value}"
    return View(f"{name} after {prefix!r}" if prefix else name, convert)


@dataclass(frozen=True, slots=True)
class IsText:
    """The input is text to grep: no NUL, and valid UTF-8 where ``utf8`` asks for it.

    Of other input grep prints no lines.
    """

    utf8: bool

    def accepts(self, value: Any) -> bool:
        text = as_text(value)
        if "\0" in text:
            return False
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return not self.utf8
        return True

    def describe(self) -> str:
        return "is text" if self.utf8 else "has no NUL"
