"""A regular expression as an automaton that can be run beside others, one character at a time.

The syntax tree comes from the standard library; what it reads otherwise than the dialect does,
and what no automaton can do (looking around, references to groups), cannot be run this way.
The ends of the text are characters of their own, so that an anchor may stand anywhere.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from re import _constants as code  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from harness.ir import Case, Matches, fold

MAX_PLACES = 600
"""Single characters that a pattern may come to, repetitions written out."""
BEGIN, END = "begin", "end"
"""What is read before the first and after the last character; no character is equal to them."""
_DIALECTS = frozenset({"pcre", "python", "re2", "rust", "java", "dotnet"})
_ASCII_CLASSES = frozenset({"pcre", "re2", "java"})
r"""Dialects in which ``\d``, ``\s`` and ``\w`` are of ASCII."""
_END_MAY_BE_NEWLINE = {
    code.AT_END: frozenset({"pcre", "python", "dotnet"}),
    code.AT_END_STRING: frozenset({"pcre", "dotnet"}),
}
"""Dialects in which an anchor also stands before a line feed that ends the text."""
_MANY_LINE_ENDS = "java"
"""A dialect in which other characters than the line feed end a line too."""
_SPACES = " \t\n\r\f\v"
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    code.CATEGORY_DIGIT: lambda char: char.isascii() and char.isdigit(),
    code.CATEGORY_SPACE: lambda char: char in _SPACES,
    code.CATEGORY_WORD: lambda char: char.isascii() and (char.isalnum() or char == "_"),
    code.CATEGORY_NOT_DIGIT: lambda char: not (char.isascii() and char.isdigit()),
    code.CATEGORY_NOT_SPACE: lambda char: char not in _SPACES,
    code.CATEGORY_NOT_WORD: lambda char: not (char.isascii() and (char.isalnum() or char == "_")),
}
_BEGINS = (code.AT_BEGINNING, code.AT_BEGINNING_STRING)

Passes = Callable[[str], bool]


class NotRun(Exception):
    """The pattern cannot be run as an automaton."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a pattern: can it be empty, and the places where it can begin and end."""

    empty: bool
    first: int
    last: int


NOTHING = Part(empty=True, first=0, last=0)


@dataclass(slots=True)
class Automaton:
    """The places of a pattern: which characters pass, and the places that may come next.

    A state is a set of places that were just passed, one bit each; the lowest bit is the start.
    """

    passes: list[Passes]
    follow: list[int]
    last: int
    _known: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """The state before any character."""
        return self.step(1, BEGIN)

    def accepts(self, state: int) -> bool:
        """Return whether the text may end here."""
        return bool(self.step(state, END) & self.last)

    def step(self, state: int, char: str) -> int:
        """Return the state after one more character."""
        found = self._known.get((state, char))
        if found is None:
            reach = reduce(or_, (self.follow[at] for at in _bits(state)), 0)
            found = sum(1 << at for at in _bits(reach) if self.passes[at](char))
            self._known[state, char] = found
        return found

    def signature(self, char: str) -> tuple[bool, ...]:
        """Return what tells the classes of characters apart."""
        return tuple(passes(char) for passes in self.passes)


def _bits(mask: int) -> Iterable[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def automaton_of(check: Matches) -> Automaton:
    """Return the automaton of a pattern; raises :class:`NotRun` where there is none."""
    if check.dialect not in _DIALECTS or set(check.flags) - {"s"} or check.whole:
        raise NotRun
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = parser.parse(check.pattern)
    except (re.error, RecursionError, OverflowError, Warning, ValueError) as error:
        raise NotRun from error
    flags = tree.state.flags | (re.DOTALL if "s" in check.flags else 0)
    if check.case is not Case.SENSITIVE:
        flags |= re.IGNORECASE
    if flags & (re.MULTILINE | re.VERBOSE):
        raise NotRun
    try:
        return _Maker(check.dialect).whole(tree, flags)
    except RecursionError as error:
        raise NotRun from error


class _Maker:
    """Positions of a pattern (Glushkov, "The abstract theory of automata", 1961)."""

    def __init__(self, dialect: str) -> None:
        self._dialect = dialect
        self._passes: list[Passes] = [lambda _: False]
        self._follow: list[int] = [0]

    def whole(self, tree: Iterable[tuple[Any, Any]], flags: int) -> Automaton:
        """Return the automaton that looks for a pattern anywhere in a text."""
        before = self._either([NOTHING, self._then([self._one(_is(BEGIN)), self._any_text()])])
        after = self._then([self._any_text(), self._either([NOTHING, self._one(_is(END))])])
        # Only what passed the begin or an anchor there is a match, likewise for the end
        part = self._then([before, self.sequence(tree, flags), after])
        self._follow[0] |= part.first
        return Automaton(self._passes, self._follow, part.last | (1 if part.empty else 0))

    def sequence(self, items: Iterable[tuple[Any, Any]], flags: int) -> Part:
        return self._then([self._item(kind, detail, flags) for kind, detail in items])

    def _item(self, kind: Any, detail: Any, flags: int) -> Part:
        match kind:
            case code.LITERAL | code.NOT_LITERAL | code.ANY | code.IN:
                return self._one(self._passing(kind, detail, flags))
            case code.BRANCH:
                return self._either([self.sequence(one, flags) for one in detail[1]])
            case code.SUBPATTERN:
                _, add, remove, items = detail
                return self.sequence(items, (flags | add) & ~remove)
            case code.MAX_REPEAT | code.MIN_REPEAT:
                least, most, items = detail
                return self._repeated(least, most, items, flags)
            case code.AT if detail in _BEGINS:
                return self._one(_is(BEGIN))
            case code.AT if detail in _END_MAY_BE_NEWLINE and self._dialect != _MANY_LINE_ENDS:
                end = self._one(_is(END))
                newline = self._dialect in _END_MAY_BE_NEWLINE[detail]
                return self._line_end(end) if newline else end
            case _:
                raise NotRun

    def _line_end(self, end: Part) -> Part:
        newline = self._one(_is("\n"))
        return self._then([self._either([NOTHING, newline]), end])

    def _repeated(self, least: int, most: Any, items: Any, flags: int) -> Part:
        unlimited = most is code.MAXREPEAT
        parts = [self.sequence(items, flags) for _ in range(int(least))]
        if unlimited:
            parts.append(self._star(self.sequence(items, flags)))
        else:
            more = int(most) - int(least)
            rest = NOTHING
            for _ in range(more):
                rest = self._either([NOTHING, self._then([self.sequence(items, flags), rest])])
            parts.append(rest)
        return self._then(parts)

    def _one(self, passes: Passes) -> Part:
        if len(self._passes) > MAX_PLACES:
            raise NotRun
        self._passes.append(passes)
        self._follow.append(0)
        bit = 1 << (len(self._passes) - 1)
        return Part(empty=False, first=bit, last=bit)

    def _any_text(self) -> Part:
        return self._star(self._one(lambda char: char not in {BEGIN, END}))

    def _star(self, part: Part) -> Part:
        self._link(part.last, part.first)
        return Part(empty=True, first=part.first, last=part.last)

    def _then(self, parts: Sequence[Part]) -> Part:
        result = NOTHING
        for part in parts:
            self._link(result.last, part.first)
            result = Part(
                empty=result.empty and part.empty,
                first=result.first | (part.first if result.empty else 0),
                last=part.last | (result.last if part.empty else 0),
            )
        return result

    def _either(self, parts: Sequence[Part]) -> Part:
        return Part(
            empty=any(part.empty for part in parts),
            first=reduce(or_, (part.first for part in parts), 0),
            last=reduce(or_, (part.last for part in parts), 0),
        )

    def _link(self, last: int, first: int) -> None:
        for at in _bits(last):
            self._follow[at] |= first

    def _passing(self, kind: Any, detail: Any, flags: int) -> Passes:
        """Return the test of one character."""
        if kind is code.ANY:
            if self._dialect == _MANY_LINE_ENDS and not flags & re.DOTALL:
                raise NotRun
            excluded = {BEGIN, END} if flags & re.DOTALL else {BEGIN, END, "\n"}
            return lambda char: char not in excluded
        members: Sequence[tuple[Any, Any]] = detail if kind is code.IN else [(code.LITERAL, detail)]
        negated = kind is code.NOT_LITERAL or members[0][0] is code.NEGATE
        tests = [self._member(*one) for one in members if one[0] is not code.NEGATE]
        caseless = bool(flags & re.IGNORECASE)

        def passes(char: str) -> bool:
            if char in {BEGIN, END}:
                return False
            forms = {char, fold(char, Case.UNICODE), char.upper()} if caseless else {char}
            return any(test(form) for test in tests for form in forms) is not negated

        return passes

    def _member(self, kind: Any, detail: Any) -> Passes:
        if kind is code.LITERAL:
            return _is(chr(detail))
        if kind is code.RANGE:
            return lambda char: detail[0] <= ord(char[0]) <= detail[1]
        if kind is code.CATEGORY and detail in _CATEGORIES and self._dialect in _ASCII_CLASSES:
            return _CATEGORIES[detail]
        raise NotRun


def _is(symbol: str) -> Passes:
    return lambda char: char == symbol
