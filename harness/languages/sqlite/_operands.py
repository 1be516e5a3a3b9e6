"""Operands of expressions: constants, columns, computed values and conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Atom,
    Call,
    Condition,
    Constant,
    Equals,
    Expression,
    FieldValue,
    Function,
    Literal,
    Predicate,
    Truth,
    Verdict,
    View,
)
from harness.languages.sqlite._semantics import OPERATORS
from harness.languages.sqlite._values import Affinity, Declared, Value, stored, truth
from harness.source import Span

MAX_DEPTH = 100
"""Calls inside each other that are evaluated."""
AGGREGATED = Literal(None)
"""Stands for the value of an aggregate function, which no single row has."""
_FLAG = Function("sqlite.condition", lambda value: None if value is None else int(value), False)


@dataclass(frozen=True, slots=True)
class Subject:
    """A value that depends on one column; NULL for a value that is there is never the case.

    ``of`` takes the JSON scalar of the event, ``None`` where it is missing.
    """

    field: str
    name: str
    of: Callable[[Any], Value]
    plain: bool = False
    """It is NULL exactly where the event has no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A part of an expression.

    ``height`` is that of SQLite's expression tree, ``depth`` that of the calls in ours.
    ``collation`` is the one that a comparison takes over from a column, or with ``explicit``
    from COLLATE.
    """

    span: Span
    expression: Expression
    predicate: Predicate | None = None
    subject: Subject | None = None
    affinity: Affinity = Affinity.NONE
    collation: str | None = None
    explicit: bool = False
    constant: bool = False
    value: Value = None
    height: int = 1
    depth: int = 1

    @property
    def test(self) -> Predicate:
        """The operand as a condition."""
        if self.predicate is not None:
            return self.predicate
        if self.constant:
            return Constant(truth(self.value), self.span)
        subject = self.subject
        if subject is None:
            return Condition(expression=self.expression, truth=truth, span=self.span)
        view = View(f"truth of {subject.name}", lambda value: _truths(subject.of(value)))
        missing = OPERATORS["truth"].missing if subject.plain else _truth_of_null(subject)
        return Atom(
            field=subject.field, check=Equals(1), view=view, missing=missing, span=self.span
        )


def _truths(value: Value) -> tuple[int, ...]:
    return () if value is None else (int(truth(value)),)


def _truth_of_null(subject: Subject) -> Truth:
    try:
        return truth(subject.of(None))
    except Fault:
        return Truth.UNDEFINED


def constant(value: Value, span: Span, **more: Any) -> Operand:
    """Return a literal, or what a computation on literals gives."""
    return Operand(span=span, expression=Literal(value), constant=True, value=value, **more)


def condition(predicate: Predicate, span: Span, parts: Sequence[Operand]) -> Operand:
    """Return a condition as an operand: 1, 0 or NULL."""
    expression = Call(_FLAG, (Verdict(predicate),), span)
    known: dict[str, Any] = {}
    if isinstance(predicate, Constant) and predicate.truth is not Truth.UNDEFINED:
        value = {Truth.TRUE: 1, Truth.FALSE: 0}.get(predicate.truth)
        known = {"constant": True, "value": value}
    made = Operand(span=span, expression=expression, predicate=predicate, **known)
    return over(made, parts)


def over(made: Operand, parts: Sequence[Operand]) -> Operand:
    """Return an operand with the tree sizes and the explicit collation of its parts."""
    explicit = next((part for part in parts if part.explicit), None)
    return replace(
        made,
        height=1 + max((part.height for part in parts), default=0),
        depth=1 + max((part.depth for part in parts), default=0),
        collation=explicit.collation if explicit else made.collation,
        explicit=explicit is not None,
    )


def column(name: str, declared: Declared, span: Span) -> Operand:
    """Return a column."""
    label = f"{name} {declared.affinity.name} {declared.collation}"

    def of(value: Any) -> Value:
        return None if value is None else stored(value, declared)

    load = Function(f"sqlite.column {declared.affinity.name}", of)
    return Operand(
        span=span,
        expression=Call(load, (FieldValue(name, span=span),), span),
        subject=Subject(name, label, of, plain=True),
        affinity=declared.affinity,
        collation=None if declared.collation == "BINARY" else declared.collation,
    )


def computed(
    name: str,
    apply: Callable[..., Value],
    parts: Sequence[Operand],
    span: Span,
    *,
    strict: bool = True,
    total: bool = False,
) -> Operand:
    """Return a function of operands, computed at once where they are constants.

    Raises :class:`Fault` where that computation fails. A ``total`` function is NULL only
    where it is ``strict`` and an argument is.
    """
    if all(part.constant for part in parts):
        values = [part.value for part in parts]
        result = None if strict and None in values else apply(*values)
        return over(constant(result, span), parts)
    call = Call(
        Function(f"sqlite.{name}", apply, strict), tuple(part.expression for part in parts), span
    )
    made = Operand(span=span, expression=call)
    if total:
        made = replace(made, subject=_composed(name, apply, parts, strict=strict))
    return over(made, parts)


def _composed(
    name: str, apply: Callable[..., Value], parts: Sequence[Operand], *, strict: bool
) -> Subject | None:
    """Return the function as one of a single column, where it is."""
    unknown = [part for part in parts if not part.constant]
    inner = unknown[0].subject
    if len(unknown) > 1 or inner is None:
        return None
    if strict and any(part.constant and part.value is None for part in parts):
        return None

    def of(value: Any) -> Value:
        argument = inner.of(value)
        if strict and argument is None:
            return None
        return apply(*(part.value if part.constant else argument for part in parts))

    texts = ", ".join(repr(part.value) if part.constant else inner.name for part in parts)
    return Subject(inner.field, f"{name}({texts})", of, plain=inner.plain and strict)
