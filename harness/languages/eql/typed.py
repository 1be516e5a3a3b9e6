"""What EQL means, once fields and functions are looked up and constants are folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.ir import Context, Function
from harness.languages._elastic.fields import Field
from harness.source import Span

NUMBERS = frozenset({"integer", "long", "double"})


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known before any event is seen."""

    value: Any
    span: Span

    @property
    def type(self) -> str:
        """The type of the value."""
        match self.value:
            case None:
                return "null"
            case bool():
                return "boolean"
            case str():
                return "string"
            case float():
                return "double"
            case _:
                return "integer" if -(2**31) <= self.value < 2**31 else "long"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of the index; ``context`` is the mapping that it is looked up in.

    The type is ``unknown`` where the field is taken as mapped without being so.
    """

    path: str
    field: Field
    type: str
    context: Context
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """The result of a function. ``name`` is that of the function reference, in lower case."""

    name: str
    tilde: bool
    function: Function
    arguments: tuple[Node, ...]
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Not:
    """The item is not true."""

    item: Node
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of the items (``and``), or one of them (``or``)."""

    operator: str
    items: tuple[Node, ...]
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class IsNull:
    """The item has no value."""

    item: Node
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class Compared:
    """``left operator right`` with a constant on the right; ``!=`` is the negation of ``==``."""

    operator: str
    left: Node
    right: Constant
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The subject equals one of several constants, in exact letter case."""

    subject: Node
    values: tuple[Any, ...]
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class Like:
    """The subject is like one of several texts.

    ``operator`` is one of ``: in~ like like~ regex regex~``.
    """

    operator: str
    subject: Node
    patterns: tuple[str, ...]
    span: Span
    type: str = "boolean"


Node = Constant | Column | Computed | Not | Joined | IsNull | Compared | OneOf | Like
