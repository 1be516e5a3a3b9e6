"""What ES|QL means, once columns and functions are looked up and types are checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.ir import Context, Function
from harness.languages._elastic.fields import Field
from harness.source import Span, Unsupported

TEXTS = frozenset({"keyword", "text"})
NUMBERS = frozenset({"integer", "long", "double", "unsigned_long"})
DATES = frozenset({"datetime", "date_nanos"})
SPANS = frozenset({"time_duration", "date_period"})
ANYTHING = frozenset({"null", "unknown"})
"""Types that fit everywhere."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is known before any event is seen; several values are a tuple.

    ``literal`` tells that it stands in the query as text, which other types may read.
    """

    value: Any
    type: str
    span: Span
    literal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field of the index; ``context`` is the mapping that it is looked up in.

    The type is ``unknown`` where the field is taken as mapped without being so. ``always``
    tells that Elasticsearch itself sets it in every document.
    """

    path: str
    field: Field
    type: str
    context: Context
    span: Span
    always: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """The result of a function. ``name`` is that of the function reference, in lower case."""

    name: str
    function: Function
    arguments: tuple[Node, ...]
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Chosen:
    """``then`` where the condition is true, else ``otherwise``."""

    condition: Node
    then: Node
    otherwise: Node
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Defined:
    """A column that an earlier command defines; ``depth`` and ``size`` are its expression's."""

    item: Node
    depth: int
    size: int
    type: str
    span: Span


@dataclass(frozen=True, slots=True)
class Opaque:
    """A value that the harness does not evaluate; ``error`` says why."""

    error: Unsupported
    span: Span
    type: str = "unknown"


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
    """``left operator right``; ``!=`` is the negation of ``==``.

    ``spelled`` is the operator as the query has it, which is ``IN`` for one of its values.
    """

    operator: str
    left: Node
    right: Node
    span: Span
    spelled: str = ""
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class Like:
    """The subject is like one of several texts; ``operator`` is ``LIKE`` or ``RLIKE``."""

    operator: str
    subject: Node
    patterns: tuple[str, ...]
    span: Span
    type: str = "boolean"


@dataclass(frozen=True, slots=True)
class Found:
    """The index finds a text in a column: ``:``, ``MATCH`` and ``MATCH_PHRASE``.

    ``every`` wants all of the words of the text.
    """

    operator: str
    column: Column
    wanted: Any
    every: bool
    span: Span
    type: str = "boolean"


Node = (
    Constant
    | Column
    | Computed
    | Chosen
    | Defined
    | Opaque
    | Not
    | Joined
    | IsNull
    | Compared
    | Like
    | Found
)


def plain(node: Node) -> Node:
    """Return what a column stands for, through the commands that defined it."""
    while isinstance(node, Defined):
        node = node.item
    return node


def below(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node of its own expression."""
    match node:
        case Computed(arguments=arguments):
            return arguments
        case Chosen(condition, then, otherwise):
            return (condition, then, otherwise)
        case Joined(_, items):
            return items
        case Not(item) | IsNull(item):
            return (item,)
        case Compared(_, left, right):
            return (left, right)
        case Like(_, subject):
            return (subject,)
        case _:
            return ()
