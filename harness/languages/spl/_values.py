"""The two kinds of eval expressions, values and tests, and how comparisons of them are built."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import (
    NUMBER,
    TEXT,
    And,
    Atom,
    Call,
    Choice,
    Condition,
    Constant,
    Definite,
    Equals,
    Expression,
    FieldValue,
    Function,
    Literal,
    Not,
    Or,
    Ordered,
    Predicate,
    Presence,
    Truth,
    Verdict,
    as_number,
)
from harness.languages._on_scope import agreeing
from harness.languages.spl._leaves import ORDERS, STRICT_NUMBER, text_beside
from harness.languages.spl._operators import comparison
from harness.languages.spl._semantics import EVAL
from harness.source import Span


@dataclass(frozen=True, slots=True)
class Value:
    """An expression that is no Boolean; ``quoted`` marks a string literal."""

    expression: Expression
    span: Span
    quoted: bool = False

    @property
    def text(self) -> str | None:
        """The text of a string literal."""
        return str(self.expression.value) if self.quoted and self.literal else None  # type: ignore[union-attr] # literal says so

    @property
    def literal(self) -> bool:
        """Whether this is a constant, a string or a number, and not null."""
        return isinstance(self.expression, Literal) and self.expression.value is not None


@dataclass(frozen=True, slots=True)
class Test:
    """A Boolean expression."""

    predicate: Predicate
    span: Span


Operand = Value | Test


def truth_of(value: Any) -> Truth:
    """Return the truth of a Boolean result; null is unknown."""
    return Truth.UNKNOWN if value is None else Truth.of(bool(value))


def call(name: str, apply: Callable[..., Any], *arguments: Value, strict: bool = True) -> Call:
    """Return the call of a value function on operands."""
    span = arguments[0].span.to(arguments[-1].span) if arguments else None
    function = Function(f"spl.{name}", apply, strict=strict)
    return Call(function, tuple(item.expression for item in arguments), span)


def condition(name: str, apply: Callable[..., Any], span: Span, *arguments: Value) -> Predicate:
    """Return the test that a Boolean value function makes on operands."""
    return Condition(expression=call(name, apply, *arguments), truth=truth_of, span=span)


def compare(left: Value, sign: str, right: Value) -> Predicate:
    """Return ``left sign right``; an atom where one side is a field and the other a constant."""
    span = left.span.to(right.span)
    if isinstance(right.expression, FieldValue) and left.literal:
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(sign, sign)
        left, sign, right = right, mirrored, left
    atom = _atom(left, sign, right, span)
    if atom is not None:
        tested = agreeing(left.expression, atom)
        return Not(tested) if sign == "!=" else tested
    quoted = left.quoted or right.quoted
    return condition(f"{sign} {quoted}", comparison(sign, quoted=quoted), span, left, right)


def _atom(left: Value, sign: str, right: Value, span: Span) -> Atom | None:
    if not isinstance(left.expression, FieldValue) or not isinstance(right.expression, Literal):
        return None
    bound, missing = right.expression.value, EVAL["where ="].missing
    if isinstance(bound, str) and sign in ("=", "!="):
        view = TEXT if as_number(bound) is None else text_beside(bound)
        check = Equals(bound, EVAL["where ="].case)
        return Atom(field="", check=check, view=view, missing=missing, span=span)
    if isinstance(bound, int | float) and sign in ("=", "!="):
        return Atom(field="", check=Equals(bound), view=NUMBER, missing=missing, span=span)
    if isinstance(bound, int | float):
        order = Ordered(ORDERS[sign], bound)
        return Atom(field="", check=order, view=STRICT_NUMBER, missing=missing, span=span)
    return None


def negation(item: Predicate) -> Predicate:
    """Return ``NOT item``; undefined where a missing field leaves the item unknown.

    The manual does not say what NOT makes of a comparison with null.
    """
    return Not(_settled(item))


def exclusive(left: Predicate, right: Predicate, span: Span) -> Predicate:
    """Return ``left XOR right``, undefined where one of them is unknown."""
    operands = (Verdict(left), Verdict(right))
    return Condition(
        expression=Call(Function("spl.xor", operator.ne), operands, span),
        truth=_Settled(truth_of),
        span=span,
    )


def _settled(node: Predicate) -> Predicate:
    """Return a predicate that is undefined wherever it was unknown."""
    match node:
        case And(items):
            return And(tuple(_settled(item) for item in items))
        case Or(items):
            return Or(tuple(_settled(item) for item in items))
        case Not(item):
            return Not(_settled(item))
        case Atom(missing=Truth.UNKNOWN):
            return replace(node, missing=Truth.UNDEFINED)
        case Constant(Truth.UNKNOWN, span):
            return Constant(Truth.UNDEFINED, span)
        case Condition(truth=truth):
            return replace(node, truth=_Settled(truth))
        case _:
            return node


@dataclass(frozen=True, slots=True)
class _Settled:
    truth: Callable[[Any], Truth]

    def __call__(self, value: Any) -> Truth:
        found = self.truth(value)
        return Truth.UNDEFINED if found is Truth.UNKNOWN else found


def _fail() -> NoReturn:
    message = "the condition of if, case or validate cannot be decided"
    raise Fault(message)


_FAULT = Call(Function("spl.undecided condition", _fail, strict=False), ())


def choose(test: Predicate, then: Expression, otherwise: Expression) -> Expression:
    """Return ``then`` where the test is true, else ``otherwise``; a fault where it is undefined."""
    if isinstance(test, Presence | Constant):
        return Choice(test, then, otherwise)
    return Choice(test, then, Choice(Not(Definite(test)), otherwise, _FAULT))


def validated(test: Predicate, rest: Expression, message: Expression) -> Expression:
    """Return ``message`` where the test is false, ``rest`` where it is true."""
    return Choice(test, rest, Choice(Not(test), message, _FAULT))


def as_value(operand: Operand) -> Value:
    """Return an operand as a value; a test becomes a Boolean."""
    if isinstance(operand, Value):
        return operand
    return Value(Verdict(operand.predicate), operand.span)


def first_value(*values: Any) -> Any:
    """Return the first value that is not null."""
    return next((value for value in values if value is not None and value != []), None)


def any_quoted(values: Iterable[Value]) -> bool:
    """Return whether one of the values is a string literal."""
    return any(value.quoted for value in values)
