"""Lists and their elements. https://duckdb.org/docs/stable/sql/functions/list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.ir import (
    AS_IS,
    TEXT,
    Atom,
    Condition,
    Constant,
    Equals,
    FieldValue,
    Or,
    Predicate,
    Truth,
)
from harness.languages._sql import operands, tree
from harness.languages._sql.elements import Body
from harness.languages._sql.operands import Operand, Subject, computed, condition, constant
from harness.languages._sql.patterns import containing, ending, starting
from harness.languages.duckdb._casts import text_of
from harness.languages.duckdb._columns import loader, view_of
from harness.languages.duckdb._comparisons import as_kind
from harness.languages.duckdb._kinds import (
    BIGINT,
    BOOLEAN,
    INTEGER,
    NULL,
    VARCHAR,
    Kind,
    fitting,
)
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.duckdb._binder import Binder

PARAMETER = "\0element"
"""The field as which the parameter of a lambda stands in its body."""


def column(path: str, kind: Kind, span: Span) -> Operand:
    """Return a column of lists."""
    found = operands.column(path, kind, loader(kind), span, raw=True)
    subject = found.subject
    assert subject is not None
    return replace(found, subject=replace(subject, plain=False, view=view_of(_item(kind))))


def _item(kind: Kind) -> Kind:
    return NULL if kind.item is None else kind.item


def _is_column(operand: Operand) -> bool:
    subject = operand.subject
    return subject is not None and subject.view is not None and operand.kind.name == "LIST"


def listing(binder: Binder, node: tree.Listing) -> Operand:
    """``"[" value ("," value)* "]"``."""
    items = [binder.bind(item) for item in node.items]
    kind = fitting([item.kind for item in items] or [NULL], forced=True)
    if kind is None:
        binder.fail("a list has values of one type", "", node.span)
    kind = replace(kind, literal=False)
    cast = [as_kind(item, kind) for item in items]
    whole = Kind("LIST", item=kind)
    if all(item.constant for item in cast):
        return constant(tuple(item.value for item in cast), whole, node.span)
    return computed("list", lambda *values: values, cast, whole, node.span, strict=False)


def element(binder: Binder, node: tree.Element) -> Operand:
    """``list "[" place "]"``, from 1 or from the end; ``text "[" place "]"``."""
    return element_of(binder, [binder.bind(node.item), binder.bind(node.index)], node.span)


def element_of(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """Return an element of a list, or a letter of a text."""
    item, index = items
    if not index.kind.is_integer:
        binder.unsupported("such an index", "whole numbers are read", span)
    if item.kind.name == "VARCHAR":

        def letter(text: str, place: int) -> str:
            at = place - 1 if place > 0 else len(text) + place
            return text[at] if place and 0 <= at < len(text) else ""

        return computed("letter", letter, [item, index], VARCHAR, span)
    if item.kind.name != "LIST":
        binder.fail(f"a {item.kind} has no elements", "", span)

    def pick(values: tuple[Any, ...], place: int) -> Any:
        at = place - 1 if place > 0 else len(values) + place
        return values[at] if place and 0 <= at < len(values) else None

    return computed("element", pick, [item, index], _item(item.kind), span, total=False)


def affix(binder: Binder, name: str, items: list[Operand], span: Span) -> Operand:
    """Return ``contains``, ``starts_with`` or ``ends_with`` of texts."""
    binder.texts(items, name)
    text, part = items
    if any(item.constant and item.value is None for item in items):
        return condition(Constant(Truth.UNKNOWN, span), BOOLEAN, span)
    make = {"contains": containing, "starts_with": starting, "ends_with": ending}[name]
    if part.constant:
        wanted = part.value
        found = operands.text_test(text, wanted, lambda case: make(wanted, case), name, span)
        return condition(found, BOOLEAN, span)
    return computed(name, lambda one, other: make(other).accepts(one), items, BOOLEAN, span)


def contains(
    binder: Binder, listed: Operand, value: Operand, span: Span, *, careful: bool = False
) -> Operand:
    """``list_contains(list, value)``: NULL where one of them is.

    ``careful`` is for ``value IN list`` and ``contains``: whether an empty text or a zero is in a
    list without it is left undefined, as version 2.0.0 says at times that it is.
    """
    if NULL in (listed.kind, value.kind):
        return condition(Constant(Truth.UNKNOWN, span), BOOLEAN, span)
    kind = _common(binder, listed, value.kind, span)
    value = as_kind(value, kind)
    sure = bool(value.value) or not careful
    if _is_column(listed) and listed.kind.item == kind and value.constant and sure:
        return condition(_has(listed, [value.value], span), BOOLEAN, span)
    listed = as_kind(listed, Kind("LIST", item=kind))

    def has(one: tuple[Any, ...], other: Any) -> bool:
        if careful and not other and other not in one:
            message = "whether an empty value is in a list depends on the version"
            raise Fault(message)
        return other in one

    return computed(f"list_contains {careful}", has, [listed, value], BOOLEAN, span)


def _common(binder: Binder, listed: Operand, kind: Kind, span: Span) -> Kind:
    """Return the type as which a list's elements and a value are compared."""
    if listed.kind.item is None:
        binder.fail(f"a {listed.kind} is no list", "", span)
    found = fitting([listed.kind.item, kind], forced=False)
    if found is None:
        binder.fail(f"a {listed.kind} has no {kind}", "write CAST(x AS VARCHAR)", span)
    return replace(found, literal=False)


def _has(listed: Operand, values: list[Any], span: Span) -> Predicate:
    """Return whether a column's list has one of some values; unknown for NULL."""
    subject = listed.subject
    assert subject is not None
    tests: list[Predicate] = [
        Atom(
            field=subject.field,
            check=Equals(value),
            view=subject.view or TEXT,
            missing=Truth.FALSE,
            span=span,
        )
        for value in values
    ]
    return Or((*tests, unless_null(subject, span)))


def unless_null(subject: Subject, span: Span) -> Condition:
    """Return what is unknown where a column is NULL, and false otherwise."""
    return Condition(
        expression=FieldValue(subject.field, raw=True, span=span), truth=_null, span=span
    )


def _null(value: Any) -> Truth:
    return Truth.UNKNOWN if value is None else Truth.FALSE


def overlap(binder: Binder, items: list[Operand], span: Span, *, every: bool) -> Operand:
    """``list_has_any(list, list)`` and ``list_has_all(list, list)``, without NULL elements."""
    if any(item.kind == NULL for item in items):
        return condition(Constant(Truth.UNKNOWN, span), BOOLEAN, span)
    first, second = items
    if second.kind.item is None:
        binder.fail(f"a {second.kind} is no list", "", span)
    kind = _common(binder, first, second.kind.item, span)
    first, second = (as_kind(item, Kind("LIST", item=kind)) for item in items)
    if not every and _is_column(first) and second.constant and second.value:
        known = [value for value in second.value if value is not None]
        if known:
            return condition(_has(first, known, span), BOOLEAN, span)

    def any_of(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        return any(value in one for value in other if value is not None)

    def all_of(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        return all(value in one for value in other if value is not None)

    name = f"list_has_{'all' if every else 'any'}"
    return computed(name, all_of if every else any_of, [first, second], BOOLEAN, span)


def length(item: Operand, span: Span) -> Operand:
    """``len(list)``."""
    return computed("len list", len, [item], BIGINT, span)


def position(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``list_position(list, value)``: NULL where there is none; NULL is found like others."""
    listed, value = items
    if NULL in (listed.kind, value.kind):
        binder.unsupported("list_position() of NULL", "versions differ", span)
    kind = _common(binder, listed, value.kind, span)

    def find(one: tuple[Any, ...] | None, other: Any) -> int | None:
        return one.index(other) + 1 if one is not None and other in one else None

    parts = [as_kind(listed, Kind("LIST", item=kind)), as_kind(value, kind)]
    return computed("list_position", find, parts, INTEGER, span, strict=False, total=False)


def text(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``array_to_string(list, separator)``: without NULL elements; NULL where there is no other."""
    binder.texts(items[1:], "array_to_string")
    if items[0].kind.name != "LIST":
        binder.fail(f"a {items[0].kind} is no list", "", span)

    def join(one: tuple[Any, ...], separator: str) -> str | None:
        texts = [text_of(value) for value in one if value is not None]
        return separator.join(texts) if texts or not one else None

    return computed("array_to_string", join, items, VARCHAR, span, total=False)


def filtered(binder: Binder, node: tree.Invocation) -> Operand:
    """``list_filter(list, lambda x: condition)``."""
    span = node.span
    if len(node.items) != 2 or not isinstance(node.items[1], tree.Lambda):  # noqa: PLR2004
        binder.fail("list_filter() takes a list and a lambda", "write lambda x: condition", span)
    listed, function = binder.bind(node.items[0]), node.items[1]
    if listed.kind.item is None:
        binder.fail(f"a {listed.kind} is no list", "", span)
    if len(function.names) != 1:
        binder.unsupported("a lambda of several parameters", "one is read", function.span)
    body = _body(binder, function, listed.kind.item)

    def keep(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(value for value in values if body.of(value) is Truth.TRUE)

    return computed(f"list_filter {body!r}", keep, [listed], listed.kind, span)


def _body(binder: Binder, function: tree.Lambda, kind: Kind) -> Body:
    view = view_of(kind) or AS_IS
    element_of = operands.column(PARAMETER, kind, _as_it_is, function.span, view)
    with binder.with_parameter(function.names[0], element_of):
        body = Body(binder.condition(function.body), PARAMETER)
    if not body.is_alone:
        reason = "its body looks at nothing but the element"
        binder.unsupported("a lambda over columns", reason, function.span)
    return body


def _as_it_is(value: Any) -> Any:
    return value


def quantified(binder: Binder, node: tree.Test) -> Operand:
    """``value sign "ANY" "(" list ")"``."""
    sign, word = node.word.split()
    value, listed = (binder.bind(item) for item in node.items)
    if listed.kind.item is None:
        binder.fail(f"a {listed.kind} is no list", "", node.span)
    if (sign, word) == ("=", "ANY"):
        return _equals_any(binder, listed, value, node.span)
    return binder.unsupported(f"{sign} {word}", "= ANY (list) is evaluated", node.span)


def _equals_any(binder: Binder, listed: Operand, value: Operand, span: Span) -> Operand:
    """``value = ANY (list)``: false for no list; NULL where only a NULL may be it."""
    kind = _common(binder, listed, value.kind, span)
    value = as_kind(value, kind)
    if value.kind == NULL or (value.constant and value.value is None):
        binder.unsupported("NULL = ANY", "a value is compared", span)
    if _is_column(listed) and listed.kind.item == kind and value.constant:
        subject = listed.subject
        assert subject is not None
        found = _has(listed, [value.value], span)
        assert isinstance(found, Or)
        rest = replace(unless_null(subject, span), truth=_null_inside)
        return condition(Or((*found.items[:-1], rest)), BOOLEAN, span)

    def has(one: Any, other: tuple[Any, ...] | None) -> bool | None:
        if not other:
            return False
        if one is None:
            return None
        return True if one in other else None if None in other else False

    parts = [value, as_kind(listed, Kind("LIST", item=kind))]
    return computed("= ANY", has, parts, BOOLEAN, span, strict=False, total=False)


def _null_inside(value: Any) -> Truth:
    items = value if isinstance(value, list) else [value] if value is not None else []
    return Truth.UNKNOWN if None in items else Truth.FALSE
