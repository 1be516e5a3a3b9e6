"""The syntax tree of the part of PowerShell that detections use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from harness.source import Span


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: a number, a verbatim string, ``$true``, ``$false`` or ``$null``.

    ``bare`` marks a word without quotes; ``verbatim`` that the text stands in the source as is.
    """

    value: Any
    span: Span
    bare: bool = False
    verbatim: bool = False


@dataclass(frozen=True, slots=True)
class Expandable:
    """A string with expressions inside."""

    parts: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Variable:
    """``$name``; ``name`` is in lower case and keeps its scope (``env:temp``)."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``target.name`` or ``[type]::name``."""

    target: Node
    name: str
    static: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Invoke:
    """``target.name(arguments)`` or ``[type]::name(arguments)``."""

    target: Node
    name: str
    static: bool
    arguments: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """``target[index]``."""

    target: Node
    index: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """An operator in front of its operand."""

    operator: str
    operand: Node
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between its operands; ``place`` is where the operator stands."""

    operator: str
    left: Node
    right: Node
    place: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Cast:
    """``[type]operand``; ``type`` is in lower case."""

    type: str
    operand: Node
    span: Span


@dataclass(frozen=True, slots=True)
class TypeName:
    """``[type]`` on its own, in lower case."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """Values with commas between."""

    items: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """``( )``, ``$( )`` (kind ``$``) or ``@( )`` (kind ``@``) round statements."""

    kind: str
    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Table:
    """``@{key = value; ...}``."""

    entries: tuple[tuple[Node, Node], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A script block."""

    statements: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """A part of a command: ``-name``, ``-name:value``, or a value."""

    name: str | None
    value: Node | None
    span: Span


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its arguments; ``name`` is in lower case."""

    name: str
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Splat:
    """``@name``: a hash table or list whose entries become arguments."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands with bars between; the first element may be an expression."""

    elements: tuple[Node, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Assignment:
    """``target = value``."""

    target: Node
    operator: str
    value: Statement
    span: Span


@dataclass(frozen=True, slots=True)
class Return:
    """``return value``."""

    value: Statement | None
    span: Span = field(default_factory=lambda: Span(0, 0))


Node = (
    Const
    | Expandable
    | Variable
    | Member
    | Invoke
    | Index
    | Unary
    | Binary
    | Cast
    | TypeName
    | Items
    | Group
    | Table
    | Block
    | Command
    | Splat
    | Pipeline
)
Statement = Pipeline | Assignment | Return
