"""The tree of a POSIX expression."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from harness.ir.regexes._posix.charset import CharSet


class Place(Enum):
    """A condition on a position in the line."""

    LINE_START = "^"
    LINE_END = "$"
    WORD_START = "\\<"
    WORD_END = "\\>"
    WORD_EDGE = "\\b"
    NO_WORD_EDGE = "\\B"
    NO_WORD_BEFORE = "-w, left"
    NO_WORD_AFTER = "-w, right"


@dataclass(frozen=True, slots=True)
class Char:
    """One literal character."""

    char: str


@dataclass(frozen=True, slots=True)
class AnyChar:
    """Any character, which a byte outside valid UTF-8 is not."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One character of a set."""

    charset: CharSet


@dataclass(frozen=True, slots=True)
class At:
    """A position; nothing is consumed."""

    place: Place


@dataclass(frozen=True, slots=True)
class Back:
    """The text that a group captured, once more."""

    group: int


@dataclass(frozen=True, slots=True)
class Seq:
    """The items one after the other; empty for the empty expression."""

    items: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Alt:
    """One of the items."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A numbered group."""

    number: int
    item: Node


@dataclass(frozen=True, slots=True)
class Repeat:
    """The item ``low`` to ``high`` times; without bound where ``high`` is ``None``."""

    item: Node
    low: int
    high: int | None


Node = Char | AnyChar | OneOf | At | Back | Seq | Alt | Group | Repeat

_WORD_PLACES = {Place.WORD_START, Place.WORD_END, Place.WORD_EDGE, Place.NO_WORD_EDGE}


def parts(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below a node."""
    match node:
        case Seq(items) | Alt(items):
            return items
        case Group(item=item) | Repeat(item=item):
            return (item,)
        case _:
            return ()


def leaves(node: Node) -> list[Node]:
    """Return the nodes that have nothing below them, from left to right."""
    below = parts(node)
    return [leaf for item in below for leaf in leaves(item)] if below else [node]


def has_back_reference(node: Node) -> bool:
    """Return whether a back-reference occurs."""
    return any(isinstance(leaf, Back) for leaf in leaves(node))


def needs_glibc(node: Node) -> bool:
    """Return whether grep's automaton leaves the decision to glibc in a UTF-8 locale.

    That is so for back-references, word assertions and bracket expressions with anything but
    single characters and ranges of digits (``dfa.c`` of gnulib, ``parse_bracket_exp`` and
    ``dfasupported``).
    """
    return any(_needs_glibc(leaf) for leaf in leaves(node))


def _needs_glibc(leaf: Node) -> bool:
    match leaf:
        case Back():
            return True
        case At(place):
            return place in _WORD_PLACES
        case OneOf(charset):
            plain = all(low.isdigit() and high.isdigit() for low, high in charset.ranges)
            return not plain or bool(charset.classes) or charset.negated
        case _:
            return False


def superset(node: Node) -> Node:
    """Return the weaker expression with which grep's automaton screens lines for glibc."""
    match node:
        case Seq(items):
            return Seq(tuple(superset(item) for item in items))
        case Alt(items):
            return Alt(tuple(superset(item) for item in items))
        case Group(item=item) | Repeat(item=item):
            return replace(node, item=superset(item))
        case At(place) if place not in {Place.LINE_START, Place.LINE_END}:
            return Seq()
        case _ if _needs_glibc(node):
            return Repeat(AnyChar(), 0, None)
        case _:
            return node
