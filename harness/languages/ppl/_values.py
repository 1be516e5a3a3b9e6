"""What an expression of PPL is: its kind, and how it is computed from an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from harness.errors import Fault
from harness.ir import (
    Call,
    Condition,
    Constant,
    Expression,
    FieldType,
    FieldValue,
    Function,
    Literal,
    Predicate,
    Truth,
    Verdict,
    as_text,
)
from harness.languages._elastic import types
from harness.source import Span


class Kind(Enum):
    """A data type, as far as comparisons tell them apart."""

    TEXT = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "timestamp"
    ADDRESS = "ip"
    STRUCT = "object"
    ANY = "unknown"
    """A field that no type is known of."""


_NAMES = {
    **dict.fromkeys(types.NUMBERS, Kind.NUMBER),
    **dict.fromkeys(types.DATES, Kind.TIME),
    **dict.fromkeys(("keyword", "text", "constant_keyword"), Kind.TEXT),
    **dict.fromkeys(("object", "nested"), Kind.STRUCT),
    "boolean": Kind.BOOLEAN,
    "ip": Kind.ADDRESS,
}


class _Nothing(Enum):
    NOTHING = "no constant"


NOTHING: Final = _Nothing.NOTHING
_TRUTHS = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """An expression: a constant, a field of the event, or a computation.

    ``field`` is the path of a plain field, ``source`` where its values stand in the document.
    """

    kind: Kind
    span: Span
    expression: Expression
    constant: Any = NOTHING
    field: str | None = None
    source: str | None = None
    type: FieldType | None = None
    condition: Predicate | None = None

    @property
    def is_constant(self) -> bool:
        """Whether its value is known without an event."""
        return self.constant is not NOTHING


def kind_of(name: str) -> Kind | None:
    """Return the kind of an index type; ``None`` for one that PPL has no data type for."""
    return _NAMES.get(name)


def constant(value: Any, kind: Kind, span: Span) -> Value:
    """Return a constant; a boolean one is a condition too."""
    condition = Constant(_TRUTHS[value], span) if kind is Kind.BOOLEAN else None
    return Value(
        kind=kind, span=span, expression=Literal(value), constant=value, condition=condition
    )


def computed(kind: Kind, expression: Expression, span: Span) -> Value:
    """Return a computation."""
    return Value(kind=kind, span=span, expression=expression)


def truth_value(condition: Predicate, span: Span) -> Value:
    """Return a condition as a value."""
    return Value(kind=Kind.BOOLEAN, span=span, expression=Verdict(condition), condition=condition)


def field_value(path: str, source: str, kind: Kind, type_: FieldType | None, span: Span) -> Value:
    """Return a field of the event; ``source`` is where its values stand in the document."""
    name = "unknown" if type_ is None else type_.name
    read = Function(f"ppl.read {name} {kind.value}", _reader(kind, type_))
    expression = Call(read, (FieldValue(source, span=span),), span)
    return Value(kind=kind, span=span, expression=expression, field=path, source=source, type=type_)


def _reader(kind: Kind, type_: FieldType | None) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if isinstance(value, list):
            if len(value) > 1:
                message = "an expression on several values of a field fails, or takes the first"
                raise Fault(message)
            return read(value[0]) if value else None
        if kind is Kind.TEXT:
            return as_text(value)
        if type_ is None or kind not in {Kind.NUMBER, Kind.BOOLEAN}:
            return value
        return next(iter(types.view(type_).convert(value)), None)

    return read


def as_condition(value: Value) -> Predicate:
    """Return a boolean value as a predicate."""
    if value.condition is not None:
        return value.condition
    return Condition(
        expression=value.expression, truth=lambda found: _TRUTHS[found], span=value.span
    )
