"""What EQL text says, before fields and functions are looked up."""

from __future__ import annotations

from dataclasses import dataclass

from harness.source import Span

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A field; ``optional`` where a question mark stands before it."""

    path: str
    optional: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function with its arguments; ``tilde`` where it folds letter case."""

    name: str
    tilde: bool
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negation:
    """``not item``."""

    item: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Junction:
    """Two or more items joined by ``and`` or by ``or``."""

    operator: str
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right`` with one of ``== != < <= > >=``."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Membership:
    """``subject in (items)`` or ``in~``."""

    operator: str
    subject: Expression
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Likeness:
    """``subject operator constants`` with one of ``: like like~ regex regex~``."""

    operator: str
    subject: Expression
    patterns: tuple[Literal, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Sum:
    """``left operator right`` with one of ``+ - * / %``."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Minus:
    """``-item``."""

    item: Expression
    span: Span


Expression = (
    Literal
    | Name
    | Invocation
    | Negation
    | Junction
    | Comparison
    | Membership
    | Likeness
    | Sum
    | Minus
)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """``category where condition``; no category for ``any``."""

    category: str | None
    condition: Expression
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One bracketed filter of a sequence or sample, with its join keys."""

    filter: EventFilter
    keys: tuple[Name, ...]
    missing: bool
    runs: int
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """``sequence`` or ``sample``: several filters over one stream of events.

    ``max_span`` is in milliseconds. ``steps`` carry the shared keys first.
    """

    kind: str
    steps: tuple[Step, ...]
    max_span: int | None
    until: Step | None
    span: Span


@dataclass(frozen=True, slots=True)
class Pipe:
    """``| head n`` or ``| tail n``."""

    name: str
    argument: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole query."""

    body: EventFilter | Sequence
    pipes: tuple[Pipe, ...]
