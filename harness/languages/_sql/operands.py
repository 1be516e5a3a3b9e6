"""Operands with a type: constants, columns, computed values and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import Fault
from harness.ir import (
    AS_IS,
    Atom,
    Call,
    Case,
    Check,
    Condition,
    Constant,
    Equals,
    Expression,
    FieldValue,
    Function,
    Has,
    Literal,
    Not,
    Predicate,
    Presence,
    Truth,
    Verdict,
    View,
    fold,
)
from harness.source import Span


@dataclass(frozen=True, slots=True)
class Subject:
    """A value that depends on one column alone.

    ``of`` takes what the row holds, ``None`` for NULL. ``view`` shows the column's own value
    to a check. With ``case`` the value is the column's text with its letters folded so.
    """

    field: str
    name: str
    of: Callable[[Any], Any]
    plain: bool = False
    """It is NULL exactly where the event has no value, or then has a default."""
    view: View | None = None
    case: Case | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operand:
    """A part of an expression; ``kind`` is its type, in the dialect's own terms."""

    span: Span
    kind: Any
    expression: Expression
    predicate: Predicate | None = None
    subject: Subject | None = None
    constant: bool = False
    value: Any = None

    @property
    def test(self) -> Predicate:
        """The operand as a condition: only for one whose values are True, False and None."""
        if self.predicate is not None:
            return self.predicate
        if self.constant:
            return Constant(truth(self.value), self.span)
        subject = self.subject
        if subject is None:
            return Condition(expression=self.expression, truth=truth, span=self.span)
        return test_of(subject, Equals(True), "truth", self.span)


def truth(value: Any) -> Truth:
    """Return a truth value as an outcome."""
    return Truth.UNKNOWN if value is None else Truth.of(bool(value))


def constant(value: Any, kind: Any, span: Span) -> Operand:
    """Return a literal, or what a computation on literals gives."""
    return Operand(span=span, kind=kind, expression=Literal(value), constant=True, value=value)


def condition(predicate: Predicate, kind: Any, span: Span) -> Operand:
    """Return a condition as an operand."""
    if isinstance(predicate, Constant) and predicate.truth is not Truth.UNDEFINED:
        value = {Truth.TRUE: True, Truth.FALSE: False}.get(predicate.truth)
        return replace(constant(value, kind, span), predicate=predicate)
    return Operand(span=span, kind=kind, expression=Verdict(predicate), predicate=predicate)


def column(
    field: str,
    kind: Any,
    load: Callable[[Any], Any],
    span: Span,
    view: View | None = AS_IS,
    *,
    raw: bool = False,
) -> Operand:
    """Return a column; ``load`` gives the typed value of what the row holds."""
    read = FieldValue(field, raw=raw, span=span)
    return Operand(
        span=span,
        kind=kind,
        expression=Call(Function(f"sql.load {kind}", load, strict=False), (read,), span),
        subject=Subject(field, f"{field} {kind}", load, plain=True, view=view),
    )


def failing(message: str, kind: Any, span: Span) -> Operand:
    """Return what fails at run time on every row that gets there."""

    def fail() -> Any:
        raise Fault(message)

    return Operand(
        span=span, kind=kind, expression=Call(Function(f"sql.fails {message}", fail), ())
    )


def computed(
    name: str,
    apply: Callable[..., Any],
    parts: Sequence[Operand],
    kind: Any,
    span: Span,
    *,
    strict: bool = True,
    total: bool = True,
) -> Operand:
    """Return a function of operands, computed at once where they are constants.

    A ``total`` function is NULL only where it is ``strict`` and an argument is.
    """
    if all(part.constant for part in parts):
        values = [part.value for part in parts]
        try:
            result = None if strict and None in values else apply(*values)
        except Fault as error:
            return failing(str(error), kind, span)
        return constant(result, kind, span)
    expressions = tuple(part.expression for part in parts)
    call = Call(Function(f"sql.{name}", apply, strict), expressions, span)
    composed = _composed(name, apply, parts, strict=strict, total=total)
    return Operand(span=span, kind=kind, expression=call, subject=composed)


def _composed(
    name: str, apply: Callable[..., Any], parts: Sequence[Operand], *, strict: bool, total: bool
) -> Subject | None:
    """Return the function as one of a single column, where it is."""
    unknown = [part for part in parts if not part.constant]
    inner = unknown[0].subject
    if len(unknown) > 1 or inner is None:
        return None
    if strict and any(part.constant and part.value is None for part in parts):
        return None

    def of(value: Any) -> Any:
        argument = inner.of(value)
        if strict and argument is None:
            return None
        return apply(*(part.value if part.constant else argument for part in parts))

    texts = ", ".join(repr(part.value) if part.constant else inner.name for part in parts)
    plain = inner.plain and strict and total
    return Subject(inner.field, f"{name}({texts})", of, plain=plain)


def test_of(
    subject: Subject,
    check: Check,
    label: str,
    span: Span,
    shown: Callable[[Any], Any] | None = None,
) -> Predicate:
    """Return a test of a column's value, unknown for NULL; ``shown`` is what the check sees."""
    if subject.plain and subject.view is not None and subject.case is None and shown is None:
        missing = _missing(subject, check, None)
        return Atom(field=subject.field, check=check, view=subject.view, missing=missing, span=span)
    if not subject.plain:
        return _not_plain(subject, check, label, span, shown)

    def convert(item: Any) -> Iterable[Any]:
        found = subject.of(item)
        return () if found is None else (found if shown is None else shown(found),)

    view = View(f"{label} of {subject.name}", convert)
    missing = _missing(subject, check, shown)
    return Atom(field=subject.field, check=check, view=view, missing=missing, span=span)


def _missing(subject: Subject, check: Check, shown: Callable[[Any], Any] | None) -> Truth:
    """Return the outcome where the event has no value: unknown for NULL, else by its default."""
    try:
        found = subject.of(None)
    except Fault:
        return Truth.UNDEFINED
    return decided(found if found is None or shown is None else shown(found), check)


def _not_plain(
    subject: Subject,
    check: Check,
    label: str,
    span: Span,
    shown: Callable[[Any], Any] | None,
) -> Predicate:
    """Return a test of a value that may be NULL although the column is not, or the reverse."""

    def decide(value: Any) -> Truth:
        found = subject.of(value)
        if found is None:
            return Truth.UNKNOWN
        return Truth.of(check.accepts(found if shown is None else shown(found)))

    name = f"sql.{label} of {subject.name} {check!r}"
    call = Call(Function(name, decide, strict=False), (FieldValue(subject.field, raw=True),), span)
    return Condition(expression=call, truth=_as_it_is, span=span)


def _as_it_is(value: Truth) -> Truth:
    return value


def text_test(
    operand: Operand, literal: str | None, make: Callable[[Case], Check], label: str, span: Span
) -> Predicate:
    """Return a text's test that ``make`` builds for a case rule; unknown for NULL.

    ``literal`` is the text that the check looks for, ``None`` for an expression. A folded column is
    compared in any case where the literal is folded itself, which is the same test.
    """
    if operand.constant:
        return Constant(decided(operand.value, make(Case.SENSITIVE)), span)
    subject = operand.subject
    if subject is None:
        return condition_of(operand, make(Case.SENSITIVE), span)
    case, view = subject.case, subject.view
    if case is not None and view is not None and literal == fold(literal or "", case):
        check = make(case)
        missing = _missing(subject, check, None)
        return Atom(field=subject.field, check=check, view=view, missing=missing, span=span)
    return test_of(subject, make(Case.SENSITIVE), label, span)


def decided(value: Any, check: Check) -> Truth:
    """Return the outcome of a check on a value."""
    if value is None:
        return Truth.UNKNOWN
    try:
        return Truth.of(check.accepts(value))
    except Fault:
        return Truth.UNDEFINED


def condition_of(operand: Operand, check: Check, span: Span) -> Predicate:
    """Return a check of a computed value; unknown for NULL."""

    def decide(value: Any) -> Truth:
        return Truth.UNKNOWN if value is None else Truth.of(check.accepts(value))

    return Condition(expression=operand.expression, truth=decide, span=span)


def is_null(operand: Operand, span: Span) -> Predicate:
    """Return ``operand IS NULL``."""
    if operand.constant:
        return Constant(Truth.of(operand.value is None), span)
    subject = operand.subject
    if subject is not None and subject.plain and subject.view is not None and subject.case is None:
        return Presence(field=subject.field, has=Has.NULL, span=span)
    return Condition(expression=operand.expression, truth=_null, span=span)


def _null(value: Any) -> Truth:
    return Truth.of(value is None)


def negated(predicate: Predicate, *, wanted: bool = True) -> Predicate:
    """Return a predicate, or its negation where ``wanted``."""
    if not wanted:
        return predicate
    if isinstance(predicate, Constant):
        flipped = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}
        return Constant(flipped.get(predicate.truth, predicate.truth), predicate.span)
    return Not(predicate)
