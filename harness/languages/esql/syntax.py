"""What ES|QL text says, before columns and functions are looked up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.source import Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; several values are a tuple."""

    value: Any
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Interval:
    """A time span such as ``5 minutes``."""

    amount: int
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    """A column."""

    path: str
    span: Span


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function with its arguments; ``options`` are those of the map that may end them."""

    name: str
    arguments: tuple[Expression, ...]
    options: tuple[tuple[str, Any], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Negation:
    """``NOT item``."""

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
    """``subject IN (items)``."""

    subject: Expression
    items: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Likeness:
    """``subject LIKE pattern``, also ``RLIKE`` and lists of patterns."""

    operator: str
    subject: Expression
    patterns: tuple[tuple[str, Span], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class NullTest:
    """``item IS NULL``."""

    item: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Search:
    """``column : constant``."""

    column: Name
    wanted: Literal
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


@dataclass(frozen=True, slots=True)
class Cast:
    """``item::type``."""

    item: Expression
    type: str
    span: Span


Expression = (
    Literal
    | Interval
    | Name
    | Invocation
    | Negation
    | Junction
    | Comparison
    | Membership
    | Likeness
    | NullTest
    | Search
    | Sum
    | Minus
    | Cast
)


@dataclass(frozen=True, slots=True)
class Where:
    """``WHERE condition``."""

    condition: Expression
    span: Span


@dataclass(frozen=True, slots=True)
class Eval:
    """``EVAL column = expression, ...``."""

    columns: tuple[tuple[str, Expression], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Project:
    """``KEEP`` or ``DROP`` with name patterns."""

    command: str
    patterns: tuple[tuple[str, Span], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Rename:
    """``RENAME old AS new, ...``: pairs of an old and a new name."""

    pairs: tuple[tuple[Name, Name], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Limit:
    """``LIMIT count``."""

    count: int
    span: Span


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of ``SORT``."""

    expression: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """``SORT key, ...``."""

    keys: tuple[SortKey, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Adding:
    """A command that keeps every row and sets columns that are not evaluated.

    ``columns`` is ``None`` where any column may be set; ``uses`` are the columns it reads.
    """

    command: str
    columns: tuple[str, ...] | None
    uses: tuple[Name, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Other:
    """A command that makes other rows, or that is not looked into."""

    command: str
    span: Span


Command = Where | Eval | Project | Rename | Limit | Sort | Adding | Other


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole query. ``nullify``: columns that no index maps are null."""

    metadata: frozenset[str]
    commands: tuple[Command, ...]
    nullify: bool
