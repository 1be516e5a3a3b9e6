"""What an expression means, once names are looked up: its value, its type, and what it tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import (
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
    Literal,
    Predicate,
    Truth,
    Verdict,
    View,
    all_of,
    any_of,
)
from harness.languages.kusto import _values
from harness.source import Span

_NOWHERE = Span(0, 0)
UNDEFINED = Constant(Truth.UNDEFINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A value of a type; the empty type is one that is not known.

    ``column`` names the only column of the event that it depends on, and ``convert`` computes it
    from what the event holds there. ``predicate`` is set where the value is a test.
    """

    expression: Expression
    type: str
    span: Span
    column: str | None = None
    convert: Callable[[Any], Any] = _values.plain
    label: str = ""
    direct: bool = False
    predicate: Predicate | None = None

    @property
    def constant(self) -> bool:
        """Whether the value is the same for every event."""
        return isinstance(self.expression, Literal)

    @property
    def value(self) -> Any:
        """The value of a constant."""
        assert isinstance(self.expression, Literal)
        return self.expression.value

    @property
    def numeric(self) -> bool:
        """Whether the type is one of numbers."""
        return self.type in _values.NUMBERS

    def at(self, span: Span) -> Typed:
        """Return the same value at another place."""
        return Typed(
            expression=self.expression,
            type=self.type,
            span=span,
            column=self.column,
            convert=self.convert,
            label=self.label,
            direct=self.direct,
            predicate=self.predicate,
        )


def constant(value: Any, kind: str, span: Span) -> Typed:
    """Return a value that is the same for every event."""
    return Typed(expression=Literal(value), type=kind, span=span, label=repr(value))


def column(name: str, kind: str, span: Span) -> Typed:
    """Return a column of the table."""
    return _column(name, kind).at(span)


@lru_cache(maxsize=4096)
def _column(name: str, kind: str) -> Typed:
    convert = _values.COLUMN[kind]
    function = Function(f"kusto.column.{kind}", convert, strict=kind != "string")
    return Typed(
        expression=Call(function, (FieldValue(name, raw=True),)),
        type=kind,
        span=_NOWHERE,
        column=name,
        convert=convert,
        label=kind or "column",
        direct=True,
    )


def test(predicate: Predicate, span: Span) -> Typed:
    """Return a test as a value."""
    return Typed(expression=Verdict(predicate), type="bool", span=span, predicate=predicate)


def applied(function: Function, arguments: tuple[Typed, ...], kind: str, span: Span) -> Typed:
    """Return a function of some values, computed at once where all of them are constant."""
    expression = Call(function, tuple(item.expression for item in arguments), span)
    if all(item.constant for item in arguments):
        try:
            return constant(_run(function, [item.value for item in arguments]), kind, span)
        except Fault:
            return Typed(expression=expression, type=kind, span=span)
    result = Typed(expression=expression, type=kind, span=span)
    open_ones = [item for item in arguments if not item.constant]
    if len(open_ones) != 1 or open_ones[0].column is None:
        return result
    inner = open_ones[0]

    def convert(raw: Any) -> Any:
        values = [inner.convert(raw) if item is inner else item.value for item in arguments]
        return _run(function, values)

    labels = ", ".join(item.label for item in arguments)
    name = f"{function.name.removeprefix('kusto.')}({labels})"
    return replace(result, column=inner.column, convert=convert, label=name)


def _run(function: Function, values: list[Any]) -> Any:
    if function.strict and any(value is None for value in values):
        return None
    return function.apply(*values)


_TEXTS: dict[str, Callable[[Any], Any]] = {
    "string": _values.text,
    "dynamic": _values.as_dynamic_text,
    "": _values.as_column_text,
}


def as_text(item: Typed) -> Typed:
    """Return a string, a dynamic value or a column without a type as text."""
    if item.type == "string":
        return item
    if item.direct and item.column is not None:
        return _column_text(item.column, item.type).at(item.span)
    function = Function(f"kusto.text.{item.type}", _TEXTS[item.type], strict=False)
    return applied(function, (item,), "string", item.span)


@lru_cache(maxsize=4096)
def _column_text(name: str, kind: str) -> Typed:
    convert = _TEXTS[kind]
    function = Function(f"kusto.text.{kind}", convert, strict=False)
    inner = _column(name, kind)
    return replace(
        inner,
        expression=Call(function, (inner.expression,)),
        type="string",
        convert=convert,
        label=f"text({inner.label})",
    )


def predicate(item: Typed) -> Predicate:
    """Return a value of type bool as a test."""
    if item.predicate is not None:
        return item.predicate
    if item.constant:
        truth = Truth.UNKNOWN if item.value is None else Truth.of(bool(item.value))
        return Constant(truth, item.span)
    if item.direct and item.column is not None and item.type == "bool":
        return atom(item, Equals(True), missing=Truth.UNKNOWN)
    return Condition(expression=item.expression, truth=truth_of, span=item.span)


def truth_of(value: Any) -> Truth:
    """Return the outcome that a value of type bool stands for."""
    if value is None:
        return Truth.UNKNOWN
    if not isinstance(value, bool):
        _values.fails("a value that is no bool stands where a test is")
    return Truth.of(value)


def atom(
    item: Typed, check: Check, *, missing: Truth | None = None, span: Span | None = None
) -> Predicate:
    """Return a test of what one column gives; a null does not pass it."""
    assert item.column is not None
    convert = item.convert

    def values(raw: Any) -> tuple[Any, ...]:
        found = convert(raw)
        return () if found is None else (found,)

    if missing is None:
        missing = _outcome(check, values)
    return Atom(
        field=item.column,
        check=check,
        view=View(f"kusto {item.label}", values),
        missing=missing,
        span=span or item.span,
    )


def _outcome(check: Check, values: Callable[[Any], tuple[Any, ...]]) -> Truth:
    """Return the outcome of a test on an event without the column."""
    try:
        return Truth.of(any(check.accepts(value) for value in values(None)))
    except Fault:
        return Truth.UNDEFINED


def ignoring_case(literal: str, case: Case, build: Callable[[Case], Predicate]) -> Predicate:
    """Return a test of text in the letter case of its operator.

    Where letters beyond ASCII decide, the outcome is undefined: editions of the vendor's pages
    differ on whether they fold (https://learn.microsoft.com/en-us/kusto/query/in-operator).
    """
    if case is Case.SENSITIVE or literal.isascii():
        return build(case)
    if literal.lower() == literal.upper():
        return build(case)
    return any_of(build(Case.ASCII), all_of(build(Case.UNICODE), UNDEFINED))
