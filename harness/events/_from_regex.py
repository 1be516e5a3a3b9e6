"""A text that a regular expression matches, drawn from the pattern as Python reads it."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

MAX_STEPS = 2000
"""Parts of a pattern that are written out, repetitions included; beyond, nothing is built."""
MORE_TIMES = 3
"""Repetitions beyond the least number."""
_ALPHABET = "x7 _-.X\\/:," + "".join(map(chr, range(33, 127)))
_MEMBERS: dict[Any, Callable[[str], bool]] = {
    code.CATEGORY_DIGIT: str.isdigit,
    code.CATEGORY_NOT_DIGIT: lambda char: not char.isdigit(),
    code.CATEGORY_SPACE: str.isspace,
    code.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    code.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    code.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}


def draw(pattern: str, chance: random.Random) -> str | None:
    """Return a text that a pattern should match; ``None`` where none can be built.

    The text is likely, not certain: look-around and anchors are not solved.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parser.parse(pattern)
        return _Writer(chance).sequence(parsed)
    except (re.error, OverflowError, RecursionError, _CannotBuild):
        return None


class _CannotBuild(Exception):
    """The pattern asks for too much, or for something with no text."""


class _Writer:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._groups: dict[int, str] = {}
        self._steps = 0

    def sequence(self, parts: Iterable[tuple[Any, Any]]) -> str:
        return "".join(self._part(kind, detail) for kind, detail in parts)

    def _part(self, kind: Any, detail: Any) -> str:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _CannotBuild
        match kind:
            case code.LITERAL:
                return chr(detail)
            case code.NOT_LITERAL | code.ANY | code.IN:
                return self._one_of(kind, detail)
            case code.BRANCH:
                return self.sequence(self._chance.choice(detail[1]))
            case code.SUBPATTERN:
                text = self.sequence(detail[-1])
                self._groups[detail[0]] = text
                return text
            case code.ATOMIC_GROUP:
                return self.sequence(detail)
            case code.MAX_REPEAT | code.MIN_REPEAT | code.POSSESSIVE_REPEAT:
                return self._repeated(*detail)
            case code.GROUPREF:
                return self._groups.get(detail, "")
            case code.ASSERT:
                return self._chance.choice(("", self.sequence(detail[1])))
            case code.AT | code.ASSERT_NOT:
                return ""
            case _:
                raise _CannotBuild

    def _repeated(self, least: int, most: int, parts: Any) -> str:
        times = self._chance.randint(int(least), min(int(most), int(least) + MORE_TIMES))
        written = []
        for _ in range(times):
            self._steps += 1
            if self._steps > MAX_STEPS:
                raise _CannotBuild
            written.append(self.sequence(parts))
        return "".join(written)

    def _one_of(self, kind: Any, detail: Any) -> str:
        if kind is code.ANY:
            return self._chance.choice("x7_")
        members: Sequence[tuple[Any, Any]] = detail
        if kind is code.NOT_LITERAL:
            members = [(code.NEGATE, None), (code.LITERAL, detail)]
        wanted = members[0][0] is not code.NEGATE
        own = [chr(first) for first in map(_first, members) if first is not None]
        fitting = [
            char
            for char in dict.fromkeys((*own, *_ALPHABET))
            if any(_holds(*member, char) for member in members) is wanted
        ]
        if not fitting:
            raise _CannotBuild
        chosen: str = self._chance.choice(fitting[: max(4, len(own))])
        return chosen


def _first(member: tuple[Any, Any]) -> int | None:
    kind, detail = member
    if kind is code.LITERAL:
        return int(detail)
    return int(detail[0]) if kind is code.RANGE else None


def _holds(kind: Any, detail: Any, char: str) -> bool:
    if kind is code.LITERAL:
        return bool(ord(char) == detail)
    if kind is code.RANGE:
        return bool(detail[0] <= ord(char) <= detail[1])
    return kind is code.CATEGORY and _MEMBERS[detail](char)
