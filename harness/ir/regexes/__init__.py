"""Regular expressions in the dialects of the engines, always bounded in time.

One file a dialect, each with ``DIALECT = Dialect(name, compile)``; listing this folder is the
registry. A dialect compiles a pattern to something with ``matches``, or raises
:class:`RegexError` where its engine rejects the pattern.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from harness.errors import HarnessError
from harness.ir.regexes._required import rarity, required_texts
from harness.ir.values import Case

__all__ = [
    "Dialect",
    "Finder",
    "Found",
    "Options",
    "Regex",
    "RegexError",
    "TooComplex",
    "compile_regex",
    "dialects",
    "rarity",
    "required_texts",
]


class RegexError(HarnessError):
    """The engine of this dialect rejects the pattern; ``position`` is an offset into it."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


class TooComplex(RegexError):
    """The engine of this dialect may accept the pattern, and the harness does not evaluate it."""


class Regex(Protocol):
    """A compiled pattern."""

    def matches(self, text: str | bytes) -> bool:
        """Return whether the text matches; raise ``Fault`` where a work limit is hit."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """One match: where it stands and what its groups captured (``None``: took no part)."""

    start: int
    end: int
    groups: tuple[str | None, ...]
    named: Mapping[str, str | None]


class Finder(Regex, Protocol):
    """A compiled pattern of a dialect that also extracts."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the capture groups."""
        ...

    def finds(self, text: str) -> Iterator[Found]:
        """Yield the matches from left to right; raise ``Fault`` where a work limit is hit."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a pattern is to be applied.

    ``flags`` are single letters in the dialect's own meaning (``i`` is expressed by ``case``);
    ``whole`` asks for a match of the whole text even where the dialect searches.
    """

    case: Case = Case.SENSITIVE
    flags: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Dialect:
    """A regular expression dialect. ``summary`` is one sentence for the documentation."""

    name: str
    summary: str
    compile: Callable[[str, Options], Regex]


@lru_cache(maxsize=1)
def dialects() -> dict[str, Dialect]:
    """Return every dialect by name."""
    found = {}
    for info in iter_modules(__path__):
        if not info.name.startswith("_"):
            dialect: Dialect = import_module(f"{__name__}.{info.name}").DIALECT
            found[dialect.name] = dialect
    return found


def compile_regex(
    pattern: str, dialect: str, *, case: Case = Case.SENSITIVE, flags: str = "", whole: bool = False
) -> Regex:
    """Return the compiled pattern; raises :class:`RegexError` for one that the engine rejects."""
    return _compiled(pattern, dialect, case, flags, whole)


@lru_cache(maxsize=16384)
def _compiled(pattern: str, dialect: str, case: Case, flags: str, whole: bool) -> Regex:  # noqa: FBT001 - passed on
    """Compile once, however the options are written in the call."""
    return dialects()[dialect].compile(pattern, Options(case=case, flags=flags, whole=whole))
