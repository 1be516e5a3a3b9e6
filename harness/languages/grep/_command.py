"""What one ``grep`` of a command line is told: its options and patterns, after all rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.source import Span

C = "C"
UTF8 = "C.UTF-8"
"""The two locales that every system has and that are evaluated."""

LOG = "FILE"
"""The name that stands for the log in a command line."""


class Dialect(Enum):
    """The language of the patterns, named by its option."""

    BASIC = "-G"
    EXTENDED = "-E"
    FIXED = "-F"
    PERL = "-P"


class Binary(Enum):
    """What happens to a file that is not text (``--binary-files``)."""

    ANNOUNCE = "binary"
    TEXT = "text"
    SKIP = "without-match"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern, without newlines, and where it was written."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Grep:
    """One run of grep."""

    span: Span
    dialect: Dialect = Dialect.BASIC
    patterns: tuple[Pattern, ...] = ()
    ignore_case: bool = False
    invert: bool = False
    words: bool = False
    lines: bool = False
    binary: Binary = Binary.ANNOUNCE
    null_data: bool = False
    max_count: int | None = None
    quiet: bool = False
    listing: str = ""
    """``l`` or ``L``."""
    count: bool = False
    only_matching: bool = False
    decorations: frozenset[str] = frozenset()
    """Letters of options that change what is printed: ``n b H T Z color``."""
    operands: tuple[Pattern, ...] = ()
    """The names of the files it is given."""
    locale: str = UTF8

    @property
    def selects_nothing(self) -> bool:
        """No line can be selected, and grep stops before it looks at patterns and files.

        With ``-L`` it goes on all the same (``main`` of grep.c).
        """
        anything = self.joined == "" and bool(self.patterns) and not (self.words or self.lines)
        hopeless = anything if self.invert else not self.patterns
        return (self.max_count == 0 or hopeless) and self.listing != "L"

    @property
    def joined(self) -> str:
        """The patterns as grep compiles them: separated by newlines."""
        return "\n".join(pattern.text for pattern in self.patterns)


@dataclass(frozen=True, slots=True)
class Cat:
    """``cat``: what it reads goes on unchanged."""

    operands: tuple[Pattern, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Stage:
    """A command of a pipeline, with what happens to its input and output."""

    command: Grep | Cat
    input: str | None
    """A file that standard input is read from."""
    discards: bool
    """Standard output goes to ``/dev/null``."""


@dataclass(frozen=True, slots=True)
class Pipe:
    """Stages joined by ``|``."""

    stages: tuple[Stage, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """``&&``, ``||`` and ``;`` between the items, from left to right."""

    items: tuple[Pipe | Steps, ...]
    operators: tuple[str, ...]
    negated: bool = False
