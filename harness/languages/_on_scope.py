"""Tests on what a field name stands for: a field of the event, a computed value, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from harness.errors import Fault
from harness.ir import (
    And,
    Atom,
    Call,
    Condition,
    Constant,
    Definite,
    Expression,
    FieldValue,
    Function,
    Or,
    Predicate,
    Quantifier,
    Scalar,
    Truth,
)

UNDECIDED = Constant(Truth.UNDEFINED)


def undecided(left: Predicate, right: Predicate) -> Predicate:
    """Return what two readings of a query agree on; undefined where they do not."""
    if left == right:
        return left
    one = Definite(Or((left, right)))
    return Or((And((left, right)), And((one, UNDECIDED))))


def doubtful(item: Predicate) -> Predicate:
    """Return a test that the engine may or may not accept as written: never decided as true."""
    return And((item, UNDECIDED))


def on(expression: Expression | None, atom: Atom) -> Predicate:
    """Return an atom on what a field name stands for: a field, a computed value, or nothing."""
    if expression is None:
        return Constant(atom.missing, atom.span)
    if isinstance(expression, FieldValue):
        return replace(atom, field=expression.path)
    missing = atom.missing
    name = f"scope.test {atom.check!r} {atom.view.name} {atom.quantifier.name}"

    def apply(value: Any) -> Truth:
        return _decide(atom, value if isinstance(value, list) else [value])

    return Condition(
        expression=Call(Function(name, apply), (expression,), atom.span),
        truth=lambda value: missing if value is None else value,
        span=atom.span,
    )


def _decide(atom: Atom, values: Iterable[Scalar]) -> Truth:
    """Return what the evaluators give for an atom, on values at hand."""
    outcomes: list[Truth] = []
    for value in values:
        try:
            outcomes += [Truth.of(atom.check.accepts(item)) for item in atom.view.convert(value)]
        except Fault:
            outcomes.append(Truth.UNDEFINED)
    decisive = Truth.of(atom.quantifier is Quantifier.ANY)
    if decisive in outcomes:
        return decisive
    if Truth.UNDEFINED in outcomes:
        return Truth.UNDEFINED
    return Truth.of(decisive is Truth.FALSE and bool(outcomes))


def agreeing(expression: Expression | None, atom: Atom) -> Predicate:
    """Return a test that is undefined where a field's several values disagree on it."""
    tested = on(expression, atom)
    if expression is None:
        return tested
    name = f"scope.agree {atom.check!r} {atom.view.name}"

    def apply(value: Any) -> Truth:
        values = value if isinstance(value, list) else [value]
        answers = {_decide(atom, [item]) for item in values}
        return Truth.UNDEFINED if len(answers) > 1 else Truth.TRUE

    guard = Condition(
        expression=Call(Function(name, apply), (expression,), atom.span),
        truth=lambda value: Truth.TRUE if value is None else value,
        span=atom.span,
    )
    return And((tested, guard))
