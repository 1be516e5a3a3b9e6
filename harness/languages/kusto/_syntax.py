"""What a query says, before names are looked up and types are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.source import Span


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; ``type`` is Kusto's name for its type. Neighbouring texts are ``joined``."""

    value: Any
    type: str
    span: Span
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A column, a variable or a table."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Star:
    """``*``, every column."""

    span: Span


@dataclass(frozen=True, slots=True)
class Path:
    """``base.name``."""

    base: Expression
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Element:
    """``base[index]``."""

    base: Expression
    index: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Invocation:
    """``name(arguments)``."""

    name: str
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Sign:
    """``+item`` or ``-item``."""

    operator: str
    item: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``."""

    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Joined:
    """``and`` or ``or`` between any number of items."""

    operator: str
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Among:
    """``left in (items)``, and ``in~``, ``has_any``, ``has_all`` and their negations."""

    operator: str
    left: Expression
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Between:
    """``left between (low .. high)``."""

    operator: str
    left: Expression
    low: Expression
    high: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A source and operators; ``source`` is ``None`` inside a bare ``search``."""

    source: Expression
    operators: tuple[Operator, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """``toscalar(...)``: one value out of a table."""

    span: Span


Expression = (
    Value
    | Name
    | Star
    | Path
    | Element
    | Invocation
    | Sign
    | Binary
    | Joined
    | Among
    | Between
    | Pipeline
    | Scalar
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name = expression``, or an expression without a name."""

    names: tuple[str, ...]
    expression: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Where:
    """``where`` or ``filter``."""

    predicate: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Search:
    """``search``; ``tables`` are those after ``in``."""

    predicate: Expression
    case_sensitive: bool
    tables: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Extend:
    """``extend``; with ``only``, ``project`` and ``distinct``."""

    assignments: tuple[Assignment, ...]
    only: bool
    distinct: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Columns:
    """``project-away``, ``project-keep`` and ``project-reorder``; names may hold ``*``."""

    operator: str
    names: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Rename:
    """``project-rename new = old, ...``."""

    names: tuple[tuple[str, Name], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Ordering:
    """A value that rows are ordered by."""

    expression: Expression
    ascending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Some:
    """``take``, ``limit``, ``sample`` and ``top``; ``by`` orders ``top``."""

    operator: str
    count: Expression
    by: Ordering | None
    span: Span


@dataclass(frozen=True, slots=True)
class Sort:
    """``sort by`` and ``order by``."""

    keys: tuple[Ordering, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Union:
    """``union``."""

    tables: tuple[Expression, ...]
    source_column: str
    span: Span


@dataclass(frozen=True, slots=True)
class ParsePart:
    """One step of a ``parse`` pattern: a text to find, or a column, or ``*``."""

    text: str | None
    column: str | None
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Parse:
    """``parse`` and ``parse-where``."""

    expression: Expression
    kind: str
    parts: tuple[ParsePart, ...]
    must_match: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Pass:
    """An operator that keeps every row and every column."""

    span: Span


@dataclass(frozen=True, slots=True)
class NotRead:
    """An operator that is known and not evaluated."""

    operator: str
    reason: str
    span: Span


Operator = Where | Search | Extend | Columns | Rename | Some | Sort | Union | Parse | Pass | NotRead


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; the type ``table`` for a tabular one."""

    name: str
    type: str
    default: Value | None
    span: Span


@dataclass(frozen=True, slots=True)
class Body:
    """A function's parameters, its own ``let`` statements and its result."""

    parameters: tuple[Parameter, ...]
    lets: tuple[Let, ...]
    result: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Let:
    """``let name = value``."""

    name: str
    value: Expression | Body
    span: Span


@dataclass(frozen=True, slots=True)
class Script:
    """A whole query: its ``let`` statements and what it returns."""

    lets: tuple[Let, ...]
    result: Expression
    span: Span
