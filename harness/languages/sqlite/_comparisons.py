"""Comparisons and pattern tests of two operands, as atoms where one column meets constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Anything,
    Atom,
    Call,
    Case,
    Check,
    Condition,
    Constant,
    Equals,
    Function,
    Has,
    Not,
    Or,
    Order,
    Ordered,
    Predicate,
    Presence,
    Truth,
    View,
)
from harness.languages.sqlite._columns import COLLATIONS
from harness.languages.sqlite._operands import Operand, Subject
from harness.languages.sqlite._semantics import OPERATORS
from harness.languages.sqlite._values import (
    Affinity,
    Value,
    apply_affinity,
    collate,
    compare,
    rank,
    truth,
)
from harness.source import Span

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_HOLDS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def collation_of(left: Operand, right: Operand) -> str:
    """Return the collation of a comparison (datatype3.html, section 7.1)."""
    for operand in (left, right):
        if operand.explicit:
            return known_collation(operand.collation)
    if left.collation or left.affinity > Affinity.NONE:
        return known_collation(left.collation)
    return known_collation(right.collation)


def known_collation(name: str | None) -> str:
    """Return a collation; a fault where SQLite has none of this name."""
    if name is not None and name not in COLLATIONS:
        message = f"no such collation sequence: {name}"
        raise Fault(message)
    return name or "BINARY"


def affinity_between(left: Affinity, right: Affinity) -> Affinity:
    """Return the affinity that a comparison applies to both sides (section 4.2)."""
    if left > Affinity.NONE and right > Affinity.NONE:
        numeric = max(left, right) >= Affinity.NUMERIC
        return Affinity.NUMERIC if numeric else Affinity.NONE
    chosen = max(left, right)
    return min(Affinity.NUMERIC, chosen)


def comparison(sign: str, left: Operand, right: Operand, span: Span) -> Predicate:
    """Return ``left sign right`` for ``=``, ``<``, ``<=``, ``>`` or ``>=``."""
    affinity = affinity_between(left.affinity, right.affinity)
    return compared(sign, left, right, span, affinity, collation_of(left, right))


def compared(
    sign: str, left: Operand, right: Operand, span: Span, affinity: Affinity, collation: str
) -> Predicate:
    """Return a comparison under a given affinity and collation."""
    if (left.constant and left.value is None) or (right.constant and right.value is None):
        return Constant(Truth.UNKNOWN, span)
    if left.constant and right.constant:
        return Constant(_decided(sign, left.value, right.value, affinity, collation), span)
    if right.constant and left.subject is not None:
        return _against(sign, left.subject, right.value, span, affinity, collation)
    if left.constant and right.subject is not None:
        return _against(_MIRRORED[sign], right.subject, left.value, span, affinity, collation)

    def apply(one: Value, other: Value) -> Truth:
        return _decided(sign, one, other, affinity, collation)

    function = Function(f"sqlite.{sign} {affinity.name} {collation}", apply)
    call = Call(function, (left.expression, right.expression), span)
    return Condition(expression=call, truth=_as_is, span=span)


def _as_is(value: Truth | None) -> Truth:
    return Truth.UNKNOWN if value is None else value


def _decided(sign: str, left: Value, right: Value, affinity: Affinity, collation: str) -> Truth:
    one, other = apply_affinity(left, affinity), apply_affinity(right, affinity)
    return Truth.of(_HOLDS[sign](compare(one, other, collation)))


def _against(
    sign: str, subject: Subject, value: Value, span: Span, affinity: Affinity, collation: str
) -> Predicate:
    """Return the test of a column against a constant that is not NULL."""
    bound = apply_affinity(value, affinity)
    missing = OPERATORS["=" if sign == "=" else "<"].missing

    def seen(item: Any) -> Value:
        return apply_affinity(subject.of(item), affinity)

    def atom(check: Check, wanted: Callable[[int], bool], label: str) -> Atom:
        def convert(item: Any) -> Iterable[Any]:
            found = seen(item)
            if found is None or not wanted(rank(found)):
                return ()
            return (collate(found, collation) if isinstance(found, str) else found,)

        view = View(f"{label} of {subject.name} {affinity.name} {collation}", convert)
        outcome = missing if subject.plain else _missing(subject, view, check)
        return Atom(field=subject.field, check=check, view=view, missing=outcome, span=span)

    place = rank(bound)
    if sign == "=":
        if isinstance(bound, str) and collation == "NOCASE":
            return _text_atom(subject, seen, Equals(bound, Case.ASCII), span, missing, affinity)
        key = collate(bound, collation) if isinstance(bound, str) else bound
        return atom(Equals(key), lambda _: True, "value")
    key = collate(bound, collation) if isinstance(bound, str) else bound
    same = atom(Ordered(ORDERS[sign], key), lambda found: found == place, f"class {place}")
    if sign[0] == "<":
        if place == 1:
            return same
        return Or((same, atom(Anything(), lambda found: found < place, f"below class {place}")))
    return Or((same, atom(Anything(), lambda found: found > place, f"above class {place}")))


def _text_atom(
    subject: Subject,
    seen: Callable[[Any], Value],
    check: Equals,
    span: Span,
    missing: Truth,
    affinity: Affinity,
) -> Atom:
    """Return an equality that folds letters itself, so that the value stays as written."""

    def convert(item: Any) -> Iterable[Any]:
        found = seen(item)
        return () if found is None else (found,)

    view = View(f"value of {subject.name} {affinity.name}", convert)
    outcome = missing if subject.plain else _missing(subject, view, check)
    return Atom(field=subject.field, check=check, view=view, missing=outcome, span=span)


def _missing(subject: Subject, view: View, check: Check) -> Truth:
    """Return the outcome for an event without the field, where a function sees the NULL."""
    try:
        if subject.of(None) is None:
            return Truth.UNKNOWN
        return Truth.of(any(check.accepts(item) for item in view.convert(None)))
    except Fault:
        return Truth.UNDEFINED


def identity(left: Operand, right: Operand, span: Span) -> Predicate:
    """Return ``left IS right``: NULL is a value like others."""
    for one, other in ((left, right), (right, left)):
        if other.constant and other.value is None:
            return is_null(one, span)
    affinity = affinity_between(left.affinity, right.affinity)
    collation = collation_of(left, right)
    for one, other in ((left, right), (right, left)):
        if other.constant and one.subject is not None and one.subject.plain:
            found = _against("=", one.subject, other.value, span, affinity, collation)
            assert isinstance(found, Atom)
            return Atom(
                field=found.field,
                check=found.check,
                view=found.view,
                missing=OPERATORS["IS"].missing,
                span=span,
            )

    def apply(one: Value, other: Value) -> Truth:
        if one is None or other is None:
            return Truth.of(one is other)
        return _decided("=", one, other, affinity, collation)

    if left.constant and right.constant:
        return Constant(apply(left.value, right.value), span)
    function = Function(f"sqlite.is {affinity.name} {collation}", apply, strict=False)
    call = Call(function, (left.expression, right.expression), span)
    return Condition(expression=call, truth=_as_is, span=span)


def is_null(operand: Operand, span: Span) -> Predicate:
    """Return ``operand IS NULL``."""
    if operand.constant:
        return Constant(Truth.of(operand.value is None), span)
    if operand.subject is not None and operand.subject.plain:
        return Presence(field=operand.subject.field, has=Has.NULL, span=span)
    return Condition(expression=operand.expression, truth=_null, span=span)


def _null(value: Value) -> Truth:
    return Truth.of(value is None)


def is_truth(operand: Operand, wanted: Truth, span: Span) -> Predicate:
    """Return ``operand IS TRUE`` or ``IS FALSE``, where NULL is neither."""

    def decide(value: Value) -> Truth:
        return Truth.of(truth(value) is wanted)

    if operand.constant:
        return Constant(decide(operand.value), span)
    return Condition(expression=operand.expression, truth=decide, span=span)


def one_of(left: Operand, items: list[Operand], span: Span) -> Predicate:
    """Return ``left IN (items)``: the left side alone says affinity and collation.

    A list of one constant is compared with ``=`` instead, as SQLite's parser does (parse.y).
    """
    if not items:
        return Constant(Truth.FALSE, span)
    if len(items) == 1 and items[0].constant:
        return comparison("=", left, items[0], span)
    affinity = Affinity.NONE if left.affinity <= Affinity.BLOB else left.affinity
    affinity = min(Affinity.NUMERIC, affinity)
    collation = known_collation(left.collation)
    tests = [compared("=", left, item, span, affinity, collation) for item in items]
    return tests[0] if len(tests) == 1 else Or(tuple(tests))


def pattern_test(
    name: str,
    operand: Operand,
    check: Check,
    text: Callable[[Value], Any],
    missing: Truth,
    span: Span,
) -> Predicate:
    """Return a constant pattern's test of an operand; ``text`` gives what is matched."""
    subject = operand.subject
    if operand.constant:
        outcome = missing
        if operand.value is not None:
            outcome = Truth.of(check.accepts(text(operand.value)))
        return Constant(outcome, span)
    if subject is not None:

        def convert(item: Any) -> Iterable[Any]:
            found = subject.of(item)
            return () if found is None else (text(found),)

        view = View(f"{name} text of {subject.name}", convert)
        outcome = missing if subject.plain else _missing(subject, view, check)
        return Atom(field=subject.field, check=check, view=view, missing=outcome, span=span)

    def decide(value: Value) -> Truth:
        return missing if value is None else Truth.of(check.accepts(text(value)))

    return Condition(expression=operand.expression, truth=decide, span=span)


def negated(predicate: Predicate, *, wanted: bool) -> Predicate:
    """Return a predicate, or its negation where ``wanted``."""
    if not wanted:
        return predicate
    if isinstance(predicate, Constant):
        flipped = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE}
        return Constant(flipped.get(predicate.truth, predicate.truth), predicate.span)
    return Not(predicate)
