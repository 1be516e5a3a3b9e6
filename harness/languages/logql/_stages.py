"""A log query as it is written: matchers of streams, then the stages of a pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """``name op text``, in a stream selector, a label filter, or after drop and keep."""

    name: str
    operator: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """``name op quantity``: a number, a duration in nanoseconds or a size in bytes."""

    name: str
    operator: str
    kind: str
    bound: float
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTest:
    """``name = ip("pattern")``, or with ``!=``."""

    name: str
    operator: str
    pattern: str
    span: Span
    place: Span


@dataclass(frozen=True, slots=True)
class Both:
    """Label filters that all have to hold, in order."""

    items: tuple[LabelTest, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Label filters of which one has to hold, in order."""

    items: tuple[LabelTest, ...]


LabelTest = Matcher | Measured | AddressTest | Both | Either


@dataclass(frozen=True, slots=True)
class Wanted:
    """One text of a line filter; ``address`` marks ``ip("text")``."""

    text: str
    address: bool
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFilter:
    """``op "text" or "text"``."""

    operator: str
    items: tuple[Wanted, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """``| test``."""

    test: LabelTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stage that makes labels, or changes labels or the line.

    ``kind`` is its keyword; ``value`` what follows: names with paths, a pattern, a template,
    names to drop or to keep.
    """

    kind: str
    value: Any
    flags: frozenset[str]
    span: Span


Stage = LineFilter | LabelFilter | Change


@dataclass(frozen=True, slots=True)
class LogQuery:
    """A selector and its pipeline."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...]
