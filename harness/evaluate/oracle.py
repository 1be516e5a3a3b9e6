"""The specification: a predicate on one event, step by step, with no cleverness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from typing import Any

from harness.errors import Fault
from harness.evaluate.leaf import Leaf, atom_truth, combined, presence_truth
from harness.ir.cells import Cell, Event, Lookup, all_at, cell, leaves, raw, walk
from harness.ir.nodes import (
    AnyField,
    Atom,
    Call,
    Choice,
    Condition,
    Expression,
    FieldValue,
    Literal,
    Nested,
    Predicate,
    Presence,
    Verdict,
    expression_fields,
)
from harness.ir.regexes import RegexError
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth, disjunction

MAX_COMBINATIONS = 10_000
"""Combinations of list values that one condition tries on one event."""


def evaluate(node: Predicate, event: Event, semantics: Semantics) -> Truth:
    """Return the outcome of a predicate on one event."""
    return combined(
        node, lambda leaf: leaf_truth(leaf, event, semantics), ordered=semantics.ordered
    )


def leaf_truth(leaf: Leaf, event: Event, semantics: Semantics) -> Truth:
    """Return what one leaf of a predicate gives on an event."""
    match leaf:
        case Atom(field=subject):
            return atom_truth(leaf, cell_of(event, subject, semantics))
        case Presence(field=path):
            return presence_truth(leaf, cell(event, path, semantics.lookup))
        case Nested(path, item):
            return disjunction(
                evaluate(item, {path: one}, semantics) for one in objects_at(event, path, semantics)
            )
        case Condition():
            return condition_truth(leaf, event, semantics)


def cell_of(event: Event, subject: str | AnyField, semantics: Semantics) -> Cell:
    """Return what an event holds at a field, or all its leaf values for any field."""
    if isinstance(subject, str):
        return cell(event, subject, semantics.lookup)
    return any_value(event, subject)


def any_value(event: Event, subject: AnyField) -> Cell:
    """Return all leaf values that an event holds at any field."""
    values = tuple(
        value for path, value in walk(event) if value is not None and subject.covers(path)
    )
    return Cell(present=bool(values), values=values)


def objects_at(event: Event, path: str, semantics: Semantics) -> list[Any]:
    """Return the objects at a nested path, one by one."""
    found = raw(event, path, semantics.lookup)
    items = found if isinstance(found, list) else [found]
    return [item for item in items if isinstance(item, dict)]


def condition_truth(node: Condition, event: Event, semantics: Semantics) -> Truth:
    """Return the outcome of a condition; a run-time error makes it undefined."""
    outcomes = []
    for bound in _combinations(node, event, semantics):
        try:
            outcomes.append(node.truth(value_of(node.expression, event, semantics, bound)))
        except (Fault, RegexError):
            outcomes.append(Truth.UNDEFINED)
    return disjunction(outcomes)


def _combinations(node: Condition, event: Event, semantics: Semantics) -> Iterator[dict[str, Any]]:
    """Yield one assignment of single values to fields per evaluation of the expression."""
    if not node.each:
        yield {}
        return
    paths = sorted(expression_fields(node.expression))
    choices = [cell(event, path, semantics.lookup).values or (None,) for path in paths]
    for values in islice(product(*choices), MAX_COMBINATIONS):
        yield dict(zip(paths, values, strict=True))


def value_of(
    node: Expression, event: Event, semantics: Semantics, bound: dict[str, Any] | None = None
) -> Any:
    """Return the value of an expression; ``bound`` fixes fields to single values."""
    match node:
        case Literal(value):
            return value
        case FieldValue():
            return _field_value(event, node, semantics, bound)
        case Call(function, arguments):
            values = [value_of(item, event, semantics, bound) for item in arguments]
            if function.strict and any(value is None for value in values):
                return None
            return function.apply(*values)
        case Choice(condition, then, otherwise):
            holds = _verdict(evaluate(condition, event, semantics))
            return value_of(then if holds else otherwise, event, semantics, bound)
        case Verdict(predicate):
            return _verdict(evaluate(predicate, event, semantics))


def _verdict(outcome: Truth) -> bool | None:
    if outcome is Truth.UNDEFINED:
        message = "the condition fails at run time"
        raise Fault(message)
    return None if outcome is Truth.UNKNOWN else outcome is Truth.TRUE


def _field_value(
    event: Event, node: FieldValue, semantics: Semantics, bound: dict[str, Any] | None
) -> Any:
    if bound is not None and node.path in bound:
        return bound[node.path]
    if node.path == "*":
        return event
    places = all_at(event, node.path, semantics.lookup)
    if semantics.lookup is Lookup.PATH and len(places) > 1 and not node.raw:
        return [value for value in leaves(places) if value is not None]
    found = places[0] if places else None
    if node.raw or not isinstance(found, dict | list):
        return found
    values = [value for value in leaves(found) if value is not None]
    return values if isinstance(found, list) else None
