"""The clauses of a KQL query, as written."""

from __future__ import annotations

from dataclasses import dataclass

from harness.languages.kuery._words import Word
from harness.source import Span


@dataclass(frozen=True, slots=True)
class All:
    """No clause at all: everything matches."""

    span: Span


@dataclass(frozen=True, slots=True)
class Joined:
    """Clauses joined by ``and`` or by ``or``."""

    word: str
    items: tuple[Clause, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negated:
    """A clause after ``not``."""

    item: Clause
    span: Span


@dataclass(frozen=True, slots=True)
class Is:
    """A field with a value, or a value alone."""

    field: Word | None
    value: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """A field, an ordering operator and a bound."""

    field: Word
    operator: str
    value: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """A nested field with clauses that one of its objects must meet."""

    field: Word
    item: Clause
    span: Span


Clause = All | Joined | Negated | Is | Range | Group
