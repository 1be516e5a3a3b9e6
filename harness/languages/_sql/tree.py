"""The syntax of an expression, before a dialect gives it types and meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.source import Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: its kind, and what it spells without quotes."""

    kind: Literal["text", "number", "null", "true", "false", "blob"]
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a name; a quoted one is taken as it is."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A column, with what its path begins with: ``table.column``, ``column.member``."""

    words: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator between operands; ``and``, ``or`` and ``not`` are in upper case."""

    sign: str
    items: tuple[Node, ...]
    span: Span
    place: Span


@dataclass(frozen=True, slots=True)
class Test:
    """``IS NULL``, ``IN``, ``BETWEEN``, ``LIKE`` and their like, ``negative`` with NOT."""

    word: str
    items: tuple[Node, ...]
    negative: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function call; ``subject`` where it was written as a method of its first argument."""

    name: str
    items: tuple[Node, ...]
    span: Span
    place: Span
    parameters: tuple[Node, ...] = ()
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """``CAST(item AS type)``; a ``tolerant`` one gives NULL where the value does not fit."""

    item: Node
    type_text: str
    tolerant: bool
    span: Span
    place: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """``CASE``; with a ``base`` its branches are compared with it."""

    base: Node | None
    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Element:
    """``item[index]``."""

    item: Node
    index: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``item.name`` of something that is no plain name."""

    item: Node
    word: Word
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    """``[a, b]``, or with ``tuple`` what stands in parentheses."""

    kind: Literal["list", "tuple"]
    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function of elements."""

    names: tuple[str, ...]
    body: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Period:
    """``INTERVAL n unit``, the number as an expression or a text."""

    amount: Node
    unit: str
    span: Span


@dataclass(frozen=True, slots=True)
class Star:
    """``*`` as an argument."""

    span: Span


Node = (
    Constant
    | Name
    | Operation
    | Test
    | Invocation
    | Conversion
    | Conditional
    | Element
    | Member
    | Listing
    | Lambda
    | Period
    | Star
)
