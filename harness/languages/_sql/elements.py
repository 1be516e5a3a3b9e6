"""What a function of elements, a lambda, gives for one element of a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import (
    And,
    Atom,
    Call,
    Choice,
    Condition,
    Constant,
    Definite,
    Expression,
    FieldValue,
    Has,
    Literal,
    Not,
    Or,
    Predicate,
    Presence,
    Truth,
    Verdict,
    fields_of,
    walk_predicate,
)
from harness.ir.truth import conjunction, disjunction, negate


@dataclass(frozen=True, slots=True)
class Body:
    """The condition of a lambda with one parameter, which stands in it as a field."""

    predicate: Predicate
    parameter: str

    def of(self, value: Any) -> Truth:
        """Return what the condition gives for an element; raise ``Fault`` where it fails."""
        found = _truth(self.predicate, value)
        if found is Truth.UNDEFINED or Constant(Truth.UNDEFINED) in walk_predicate(self.predicate):
            message = "the function of elements fails on one of them"
            raise Fault(message)
        return found

    @property
    def is_alone(self) -> bool:
        """Whether the condition looks at nothing but the element."""
        return fields_of(self.predicate) <= {self.parameter}


def _truth(node: Predicate, value: Any) -> Truth:
    match node:
        case And(items):
            return conjunction(_truth(item, value) for item in items)
        case Or(items):
            return disjunction(_truth(item, value) for item in items)
        case Not(item):
            return negate(_truth(item, value))
        case Constant(truth):
            return truth
        case Definite(item):
            found = _truth(item, value)
            return Truth.FALSE if found is Truth.UNKNOWN else found
        case Presence(has=has):
            return Truth.of((value is None) == (has is Has.NULL))
        case Atom():
            return _atom(node, value)
        case Condition(expression=expression, truth=truth):
            try:
                return truth(value_of(expression, value))
            except Fault:
                return Truth.UNDEFINED
        case _:
            return Truth.UNDEFINED


def _atom(atom: Atom, value: Any) -> Truth:
    if value is None:
        return atom.missing
    try:
        return Truth.of(any(atom.check.accepts(one) for one in atom.view.convert(value)))
    except Fault:
        return Truth.UNDEFINED


def value_of(node: Expression, value: Any) -> Any:
    """Return the value of an expression over one element."""
    match node:
        case Literal(found):
            return found
        case FieldValue():
            return value
        case Call(function, arguments):
            values = [value_of(item, value) for item in arguments]
            if function.strict and any(one is None for one in values):
                return None
            return function.apply(*values)
        case Choice(condition, then, otherwise):
            holds = _verdict(_truth(condition, value))
            return value_of(then if holds else otherwise, value)
        case Verdict(predicate):
            return _verdict(_truth(predicate, value))


def _verdict(outcome: Truth) -> bool | None:
    if outcome is Truth.UNDEFINED:
        message = "the condition fails at run time"
        raise Fault(message)
    return None if outcome is Truth.UNKNOWN else outcome is Truth.TRUE


def fields_in(node: Expression) -> Iterator[str]:
    """Yield the fields of an expression, those of its conditions too."""
    match node:
        case FieldValue(path):
            yield path
        case Call(_, arguments):
            for item in arguments:
                yield from fields_in(item)
        case Choice(condition, then, otherwise):
            yield from fields_of(condition)
            yield from fields_in(then)
            yield from fields_in(otherwise)
        case Verdict(predicate):
            yield from fields_of(predicate)
        case _:
            return
