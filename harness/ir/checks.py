"""Tests on one scalar value, and the views through which a value is tested.

A view turns the value that an event holds into what the engine compares (its text, a number,
an address, lower-cased tokens, ...); a check then accepts or refuses it. Both are plain
immutable values: a language builds them, the evaluator only applies them.
"""

from __future__ import annotations

import ipaddress
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol

from harness.ir.cells import Scalar
from harness.ir.regexes import compile_regex
from harness.ir.values import Case, as_number, as_text, fold


class Check(Protocol):
    """A yes/no test on one viewed value."""

    def accepts(self, value: Any) -> bool:
        """Return whether the value passes; raise :class:`~harness.errors.Fault` if undecidable."""
        ...

    def describe(self) -> str:
        """Return the test in a few words, for explanations."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """A named conversion of an event's scalar into the values that an engine compares.

    ``convert`` gives any number of values for one scalar: none where the engine would not
    index or compare it. ``origin`` gives the plainest scalar that is converted to a value,
    where that is not the value itself. A ``plain`` view sees every text as it is. Views are
    compared and printed by ``name`` alone.
    """

    name: str
    convert: Callable[[Scalar], Iterable[Any]]
    origin: Callable[[Any], Scalar] | None = None
    plain: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"View({self.name!r})"


def _numbers(value: Scalar) -> Iterable[int | float]:
    number = as_number(value)
    return () if number is None else (number,)


_Addresses = tuple[()] | tuple[ipaddress.IPv4Address | ipaddress.IPv6Address]


def _addresses(value: Scalar) -> _Addresses:
    return _spelled(as_text(value))


@lru_cache(maxsize=4096)
def _spelled(text: str) -> _Addresses:
    try:
        return (ipaddress.ip_address(text),)
    except ValueError:
        return ()


TEXT = View("text", lambda value: (as_text(value),), plain=True)
"""The value's text: numbers in decimal, booleans as true and false."""
NUMBER = View("number", _numbers)
"""The number that the value is or spells; nothing for other text."""
ADDRESS = View("address", _addresses)
"""The IP address that the value spells; nothing for other text."""
AS_IS = View("as is", lambda value: (value,), plain=True)
"""The JSON scalar itself."""


@dataclass(frozen=True, slots=True)
class Equals:
    """The value is this one; text under the given case rule."""

    value: Any
    case: Case = Case.SENSITIVE

    def accepts(self, value: Any) -> bool:
        if isinstance(self.value, str) and isinstance(value, str):
            return fold(value, self.case) == fold(self.value, self.case)
        if isinstance(self.value, bool) or isinstance(value, bool):
            return value is self.value
        return bool(value == self.value)

    def on_folded(self) -> Callable[[str], bool]:
        """Return the test of a text that is folded already; only for a text to compare with."""
        return fold(self.value, self.case).__eq__

    def runs(self) -> tuple[str, ...]:
        """Return the whole text, folded; only for a text to compare with."""
        return (fold(self.value, self.case),)

    def describe(self) -> str:
        return f"= {self.value!r}{_suffix(self.case)}"


class Wild(Enum):
    """A wildcard inside a glob."""

    ANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class OneOfChars:
    """One character out of singles and ranges, as PowerShell's ``[a-c]``."""

    ranges: tuple[tuple[str, str], ...]

    def holds(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges)


Piece = str | Wild | OneOfChars


@dataclass(frozen=True, slots=True)
class Glob:
    """The whole value matches a sequence of literal texts and wildcards."""

    pieces: tuple[Piece, ...]
    case: Case = Case.SENSITIVE
    _test: Callable[[str], bool] | None = field(default=None, init=False, repr=False, compare=False)

    def accepts(self, value: Any) -> bool:
        test = self._test or self.on_folded()
        return test(fold(value if isinstance(value, str) else as_text(value), self.case))

    def on_folded(self) -> Callable[[str], bool]:
        """Return the test of a text that is folded already."""
        test = self._test
        if test is None:  # built on first use: most patterns of a large rule set see no value
            test = _glob_test(self)
            object.__setattr__(self, "_test", test)
        return test

    def runs(self) -> tuple[str, ...] | None:
        """Return the folded texts between wildcards for any text; ``None`` with other wildcards.

        One run is the whole text; of several the first stands at the begin and the last at the
        end.
        """
        runs = [""]
        for piece in self.pieces:
            if isinstance(piece, str):
                runs[-1] += fold(piece, self.case)
            elif piece is not Wild.ANY:
                return None
            elif len(runs) == 1 or runs[-1]:  # two wildcards in a row are one
                runs.append("")
        return tuple(runs)

    def units(self) -> tuple[Piece, ...]:
        """Return the pieces with texts as single characters, folded."""
        return _units(self.pieces, self.case)

    def __reduce__(self) -> tuple[type[Glob], tuple[Any, ...]]:
        return (Glob, (self.pieces, self.case))

    def describe(self) -> str:
        text = "".join(
            piece if isinstance(piece, str) else piece.value if isinstance(piece, Wild) else "[…]"
            for piece in self.pieces
        )
        return f"like {text!r}{_suffix(self.case)}"


def _glob_test(glob: Glob) -> Callable[[str], bool]:
    """Return the test of folded text; texts between wildcards for any text are simply found."""
    runs = glob.runs()
    if runs is None:
        pattern = _as_regex(glob.units())
        return lambda text: pattern.fullmatch(text) is not None
    if len(runs) == 1:
        return runs[0].__eq__
    first, *inner, last = runs
    if not first and not last and len(inner) == 1:
        run = inner[0]
        return lambda text: run in text
    return lambda text: _stand_in_order(text, first, inner, last)


def _stand_in_order(text: str, first: str, inner: list[str], last: str) -> bool:
    """Return whether a text begins and ends so, with the inner texts between, in order."""
    if len(text) < len(first) + len(last):
        return False
    if not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for run in inner:
        at = text.find(run, at, end)
        if at < 0:
            return False
        at += len(run)
    return True


def _units(pieces: tuple[Piece, ...], case: Case) -> tuple[Piece, ...]:
    """Split literals into single characters, folded."""
    units: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str):
            units.extend(fold(piece, case))
        elif isinstance(piece, OneOfChars) and case is not Case.SENSITIVE:
            units.append(
                OneOfChars(tuple({(fold(a, case), fold(b, case)) for a, b in piece.ranges}))
            )
        elif not (piece is Wild.ANY and units and units[-1] is Wild.ANY):
            units.append(piece)
    return tuple(units)


def glob_match(units: tuple[Piece, ...], text: str) -> bool:
    """Match single-character units against the whole text; time is at most their product."""
    return _as_regex(units).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _as_regex(units: tuple[Piece, ...]) -> re.Pattern[str]:
    """Return a regular expression that takes at most the product of both lengths in time.

    What follows a wildcard for any text is found as early as possible and never looked for
    again: an atomic group gives nothing back. Only the last text must stand at the end.
    """
    parts: list[list[str]] = [[]]
    for unit in units:
        if unit is Wild.ANY:
            parts.append([])
        else:
            parts[-1].append(_unit_regex(unit))
    first, *inner = map("".join, parts)
    if not inner:
        return re.compile(first, re.DOTALL)
    *between, last = inner
    middle = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{first}{middle}.*{last}", re.DOTALL)


def _unit_regex(unit: Piece) -> str:
    if isinstance(unit, str):
        return re.escape(unit)
    if unit is Wild.ONE:
        return "."
    assert isinstance(unit, OneOfChars)
    ranges = "".join(
        f"{re.escape(low)}-{re.escape(high)}" for low, high in unit.ranges if low <= high
    )
    return f"[{ranges}]" if ranges else "(?!)"


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression of the named dialect matches the value.

    Whether it searches or must cover the whole value is the dialect's own rule unless
    ``whole`` says so.
    """

    pattern: str
    dialect: str
    case: Case = Case.SENSITIVE
    flags: str = ""
    whole: bool = False

    def accepts(self, value: Any) -> bool:
        text = value if isinstance(value, str | bytes) else as_text(value)
        regex = compile_regex(
            self.pattern, self.dialect, case=self.case, flags=self.flags, whole=self.whole
        )
        return regex.matches(text)

    def describe(self) -> str:
        return f"matches /{self.pattern}/{self.flags} ({self.dialect}){_suffix(self.case)}"


class Order(Enum):
    """An ordering comparison."""

    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


_ORDER = {
    Order.LESS: operator.lt,
    Order.AT_MOST: operator.le,
    Order.GREATER: operator.gt,
    Order.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """The value compares to a bound of the same type; other types never do."""

    order: Order
    bound: Any

    def accepts(self, value: Any) -> bool:
        try:
            return bool(_ORDER[self.order](value, self.bound))
        except TypeError:
            return False

    def describe(self) -> str:
        return f"{self.order.value} {self.bound!r}"


@dataclass(frozen=True, slots=True)
class Within:
    """The value lies between two bounds, each optional and each inclusive or not."""

    low: Any = None
    high: Any = None
    include_low: bool = True
    include_high: bool = True

    def accepts(self, value: Any) -> bool:
        try:
            above = self.low is None or value > self.low or (self.include_low and value == self.low)
            below = (
                self.high is None or value < self.high or (self.include_high and value == self.high)
            )
        except TypeError:
            return False
        return bool(above and below)

    def describe(self) -> str:
        left, right = "[" if self.include_low else "{", "]" if self.include_high else "}"
        low = "*" if self.low is None else self.low
        high = "*" if self.high is None else self.high
        return f"in {left}{low} TO {high}{right}"


@dataclass(frozen=True, slots=True)
class InNetwork:
    """The address lies in a CIDR block; addresses of the other family never do."""

    network: ipaddress.IPv4Network | ipaddress.IPv6Network

    def accepts(self, value: Any) -> bool:
        return value.version == self.network.version and value in self.network

    def describe(self) -> str:
        return f"in network {self.network}"


@dataclass(frozen=True, slots=True)
class Anything:
    """Every viewed value passes: with the ANY quantifier, "the field has a value"."""

    def accepts(self, value: Any) -> bool:  # noqa: ARG002 - a Check looks at its value
        return True

    def describe(self) -> str:
        return "has a value"


def _suffix(case: Case) -> str:
    return "" if case is Case.SENSITIVE else " (any case)"
