"""Why a predicate came out as it did on one event, part by part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.evaluate import oracle
from harness.ir.cells import Event
from harness.ir.nodes import (
    Atom,
    Condition,
    Constant,
    Nested,
    Not,
    Predicate,
    Presence,
    children,
    expression_fields,
    walk_predicate,
)
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth
from harness.source import Source, Span

MAX_VALUE = 120
"""Characters of a value that an explanation shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafOutcome:
    """A part of a query, its text, what it saw and what it gave."""

    leaf: Predicate
    outcome: Truth
    text: str
    fields: tuple[str, ...]
    seen: str
    span: Span | None


def explain(
    node: Predicate, event: Event, semantics: Semantics, source: Source | None = None
) -> list[LeafOutcome]:
    """Return every part of a predicate with its outcome on an event, in order."""
    return [_outcome(part, event, semantics, source) for part in parts_of(node, source)]


def parts_of(node: Predicate, source: Source | None = None) -> Iterator[Predicate]:
    """Yield the parts of a predicate that stand for one piece of text each, left to right.

    A part is a leaf, or the node above leaves that all come from the same text: a list of
    patterns, or a negation that belongs to the operator (``!=``).
    """
    below = children(node)
    if not below or isinstance(node, Condition | Nested) or _is_one_text(node, source):
        yield node
        return
    for child in below:
        yield from parts_of(child, source)


_NEGATED = re.compile(r"!=|<>|!~|\bnot\b|-c?i?not\w+|-c?i?ne\b", re.IGNORECASE)


def _is_one_text(node: Predicate, source: Source | None) -> bool:
    spans = {_span(leaf) for leaf in walk_predicate(node) if not children(leaf)}
    span = next(iter(spans), None)
    if len(spans) != 1 or span is None:
        return False
    negations = sum(isinstance(one, Not) for one in walk_predicate(node))
    text = source.text[span.start : span.end] if source else ""
    return not negations or _NEGATED.search(text) is not None


def _first_span(node: Predicate) -> Span | None:
    return next((span for one in walk_predicate(node) if (span := _span(one))), None)


def _span(node: Predicate) -> Span | None:
    return getattr(node, "span", None)


def _outcome(
    leaf: Predicate, event: Event, semantics: Semantics, source: Source | None
) -> LeafOutcome:
    fields = tuple(dict.fromkeys(name for one in walk_predicate(leaf) for name in _fields(one)))
    seen = "; ".join(f"{field} {_seen(event, field, semantics)}" for field in fields)
    return LeafOutcome(
        leaf=leaf,
        outcome=oracle.evaluate(leaf, event, semantics),
        text=_text(leaf, source),
        fields=fields,
        seen=seen,
        span=_first_span(leaf),
    )


def _fields(leaf: Predicate) -> tuple[str, ...]:
    match leaf:
        case Atom(field=str() as name) | Presence(field=name):
            return (name,)
        case Condition(expression=expression):
            return tuple(sorted(expression_fields(expression)))
        case Nested(path, _):
            return (path,)
        case Constant(about=about):
            return about
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
    span = _first_span(leaf)
    if source is not None and span is not None and span.end > span.start:
        text = " ".join(source.text[span.start : span.end].split())
        fields = _fields(leaf)
        alone = len(fields) == 1 and fields[0] not in text
        return f"{fields[0]}: {text}" if alone else text
    match leaf:
        case Atom(field=field, check=check):
            return f"{field} {check.describe()}"
        case Presence(field=field, has=has):
            return f"{field}: {has.value}"
        case Constant(truth):
            return "matches everything" if truth is Truth.TRUE else "matches nothing"
        case _:
            return "an expression"
