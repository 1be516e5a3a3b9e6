"""Why a predicate came out as it did on one event, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.evaluate import oracle
from harness.ir.cells import Event
from harness.ir.nodes import (
    Atom,
    Condition,
    Constant,
    Nested,
    Predicate,
    Presence,
    children,
    expression_fields,
)
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth
from harness.source import Source, Span

MAX_VALUE = 120
"""Characters of a value that an explanation shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafOutcome:
    """A leaf, where it stands in the query, what it saw and what it gave."""

    leaf: Predicate
    outcome: Truth
    text: str
    fields: tuple[str, ...]
    seen: str


def explain(
    node: Predicate, event: Event, semantics: Semantics, source: Source | None = None
) -> list[LeafOutcome]:
    """Return every leaf of a predicate with its outcome on an event, in order."""
    return [_outcome(leaf, event, semantics, source) for leaf in leaves_of(node)]


def leaves_of(node: Predicate) -> Iterator[Predicate]:
    """Yield the leaves of a predicate, left to right."""
    below = children(node)
    if not below or isinstance(node, Condition | Nested):
        yield node
        return
    for child in below:
        yield from leaves_of(child)


def _outcome(
    leaf: Predicate, event: Event, semantics: Semantics, source: Source | None
) -> LeafOutcome:
    fields = _fields(leaf)
    seen = "; ".join(f"{field} {_seen(event, field, semantics)}" for field in fields)
    return LeafOutcome(
        leaf=leaf,
        outcome=oracle.evaluate(leaf, event, semantics),
        text=_text(leaf, source),
        fields=fields,
        seen=seen,
    )


def _fields(leaf: Predicate) -> tuple[str, ...]:
    match leaf:
        case Atom(field=str() as name) | Presence(field=name):
            return (name,)
        case Condition(expression=expression):
            return tuple(sorted(expression_fields(expression)))
        case Nested(path, _):
            return (path,)
        case _:
            return ()


def _seen(event: Event, field: str, semantics: Semantics) -> str:
    found = oracle.cell_of(event, field, semantics)
    if not found.present:
        return "is absent"
    if not found.values:
        return "is null or empty"
    shown = ", ".join(repr(value) for value in found.values)
    return f"is {shown}" if len(shown) <= MAX_VALUE else f"is {shown[:MAX_VALUE]}…"


def _text(leaf: Predicate, source: Source | None) -> str:
    span: Span | None = getattr(leaf, "span", None)
    if source is not None and span is not None and span.end > span.start:
        return " ".join(source.text[span.start : span.end].split())
    match leaf:
        case Atom(field=field, check=check):
            return f"{field} {check.describe()}"
        case Presence(field=field, has=has):
            return f"{field}: {has.value}"
        case Constant(truth):
            return "matches everything" if truth is Truth.TRUE else "matches nothing"
        case _:
            return "an expression"
