"""Arrays and Maps. https://clickhouse.com/docs/sql-reference/functions/array-functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.ir import (
    AS_IS,
    TEXT,
    Atom,
    Constant,
    Equals,
    Has,
    Or,
    Predicate,
    Presence,
    Truth,
)
from harness.languages._sql import operands, tree
from harness.languages._sql.elements import Body
from harness.languages._sql.operands import Operand, computed, constant
from harness.languages.clickhouse._columns import loader, view_of
from harness.languages.clickhouse._comparisons import is_text, numbered
from harness.languages.clickhouse._kinds import NULL, STRING, UINT8, UINT64, Kind
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.clickhouse._binder import Binder

PARAMETER = "\0element"
"""The field as which the parameter of a lambda stands in its body."""
_UINT32 = Kind("UInt32")


def column(path: str, kind: Kind, span: Span) -> Operand:
    """Return a column of arrays."""
    found = operands.column(path, kind, loader(kind), span, raw=True)
    subject = found.subject
    assert subject is not None
    view = view_of(item_of(kind)) or AS_IS
    return replace(found, subject=replace(subject, plain=False, view=view))


def item_of(kind: Kind) -> Kind:
    """Return the type of an array's elements."""
    return NULL if kind.item is None else kind.item


def _is_column(operand: Operand) -> bool:
    subject = operand.subject
    return subject is not None and subject.view is not None and operand.kind.name == "Array"


def an_array(binder: Binder, operand: Operand, name: str) -> None:
    """Refuse what is no array."""
    if operand.kind.name != "Array":
        if operand.kind == NULL:
            binder.unsupported(f"{name}() of NULL", "an array is read", operand.span)
        binder.fail(f"no function {name}() takes a {operand.kind}", "", operand.span)
    if item_of(operand.kind).is_time or item_of(operand.kind).name in ("Bool", "Array"):
        binder.unsupported(f"{name}() of such an array", "texts and numbers are read", operand.span)


def listing(binder: Binder, node: tree.Listing) -> Operand:
    """``"[" constant ("," constant)* "]"``."""
    items = [binder.bind(item) for item in node.items]
    if not all(item.constant and item.value is not None for item in items):
        binder.unsupported("an array of columns", "constants are read", node.span)
    if not items:
        return constant((), Kind("Array", item=NULL), node.span)
    if all(is_text(item.kind) for item in items):
        kind = STRING
    elif all(item.kind.is_integer for item in items):
        kind = Kind("Int64")
    else:
        binder.unsupported("an array of such values", "texts or whole numbers are read", node.span)
    values = tuple(item.value for item in items)
    return constant(values, Kind("Array", item=kind), node.span)


def element(binder: Binder, node: tree.Element) -> Operand:
    """``array "[" place "]"`` from 1 or from the end, ``map "[" key "]"``."""
    if isinstance(node.item, tree.Name):
        path = ".".join(one.text for one in node.item.words)
        known = binder.scope.table.columns.declared.get(path)
        if known is not None and known.name == "Map":
            return _of_key(binder, path, known, node)
    item, index = binder.bind(node.item), binder.bind(node.index)
    an_array(binder, item, "arrayElement")
    if not index.constant or not index.kind.is_integer:
        binder.unsupported("such an index", "whole numbers are read", node.span)
    place = index.value
    if place == 0:
        binder.fail("Array indices are 1-based", "", index.span)
    kind = item_of(item.kind)
    default = kind.default

    def pick(values: tuple[Any, ...]) -> Any:
        at = place - 1 if place > 0 else len(values) + place
        return values[at] if 0 <= at < len(values) else default

    return computed(f"element {place}", pick, [item], kind, node.span)


def _of_key(binder: Binder, path: str, kind: Kind, node: tree.Element) -> Operand:
    index = binder.bind(node.index)
    if not index.constant or not isinstance(index.value, str):
        binder.unsupported("such a key", "a text is read", node.span)
    return binder.column(f"{path}.{index.value}", item_of(kind), node.span)


def has_key(binder: Binder, node: tree.Invocation) -> Operand:
    """``mapContains(map, key)``."""
    span = node.span
    if len(node.items) == 2 and isinstance(node.items[0], tree.Name):  # noqa: PLR2004
        path = ".".join(one.text for one in node.items[0].words)
        known = binder.scope.table.columns.declared.get(path)
        key = binder.bind(node.items[1])
        if known is not None and known.name == "Map" and isinstance(key.value, str):
            field = f"{path}.{key.value}"
            return binder.made(Presence(field=field, has=Has.KEY, span=span), span)
    return binder.unsupported("mapContains()", "a Map column and a text are read", span)


def _alike(binder: Binder, listed: Operand, kind: Kind, span: Span) -> None:
    one = item_of(listed.kind)
    if NULL in (one, kind) or is_text(one) == is_text(kind):
        return
    message = f"there is no supertype for types {one} and {kind}"
    binder.fail(message, "write toString(x) on one side", span)


def has(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``has(array, value)``."""
    listed, value = items
    an_array(binder, listed, "has")
    if value.kind == NULL:
        return binder.made(Constant(Truth.FALSE, span), span)
    if value.kind.nullable or item_of(listed.kind).nullable:
        binder.unsupported("has() of Nullable values", "plain values are read", span)
    _alike(binder, listed, value.kind, span)
    value = numbered(value)
    if _is_column(listed) and value.constant:
        return binder.made(_one_of(listed, [value.value], span), span)
    made = computed("has", lambda one, other: other in one, [listed, value], UINT8, span)
    return binder.made(made.test, span)


def _one_of(listed: Operand, values: list[Any], span: Span) -> Predicate:
    subject = listed.subject
    assert subject is not None
    view = subject.view or TEXT
    tests = [
        Atom(field=subject.field, check=Equals(value), view=view, missing=Truth.FALSE, span=span)
        for value in values
    ]
    return tests[0] if len(tests) == 1 else Or(tuple(tests))


def overlap(binder: Binder, items: list[Operand], span: Span, *, every: bool) -> Operand:
    """``hasAny(array, array)`` and ``hasAll(array, array)``."""
    first, second = items
    for item in items:
        an_array(binder, item, "hasAll" if every else "hasAny")
    _alike(binder, first, item_of(second.kind), span)
    if not every and _is_column(first) and second.constant and second.value:
        return binder.made(_one_of(first, list(second.value), span), span)

    def any_of(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        return any(value in one for value in other)

    def all_of(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        return all(value in one for value in other)

    made = computed(f"has {every}", all_of if every else any_of, items, UINT8, span)
    return binder.made(made.test, span)


def place(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``indexOf(array, value)``: 0 for none."""
    listed, value = items
    an_array(binder, listed, "indexOf")
    _alike(binder, listed, value.kind, span)
    if value.kind.nullable:
        binder.unsupported("indexOf() of a Nullable value", "plain values are read", span)

    def find(one: tuple[Any, ...], other: Any) -> int:
        return one.index(other) + 1 if other in one else 0

    return computed("indexOf", find, [listed, numbered(value)], UINT64, span)


def joined(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``arrayStringConcat(array, separator)``."""
    listed = items[0]
    if listed.kind.name != "Array" or not is_text(item_of(listed.kind)):
        binder.unsupported("arrayStringConcat() of other values", "texts are joined", span)
    if items[1:] and not (items[1].constant and isinstance(items[1].value, str)):
        binder.unsupported("such a separator", "a text is read", span)
    separator = items[1].value if items[1:] else ""
    return computed(f"concat by {separator!r}", separator.join, [listed], STRING, span)


_Keep = Callable[[tuple[Any, ...], Callable[[Any], bool]], Any]
_HIGHER: dict[str, tuple[Kind | None, _Keep]] = {
    "arrayExists": (UINT8, lambda values, holds: any(map(holds, values))),
    "arrayAll": (UINT8, lambda values, holds: all(map(holds, values))),
    "arrayCount": (_UINT32, lambda values, holds: sum(map(holds, values))),
    "arrayFilter": (None, lambda values, holds: tuple(filter(holds, values))),
}
HIGHER = frozenset(_HIGHER)


def higher(binder: Binder, node: tree.Invocation) -> Operand:
    """``arrayExists(x -> condition, array)`` and its like."""
    span = node.span
    if len(node.items) != 2 or not isinstance(node.items[0], tree.Lambda):  # noqa: PLR2004
        reason = "a lambda of one parameter and one array are read"
        binder.unsupported(f"such a {node.name}()", reason, span)
    function, listed = node.items[0], binder.bind(node.items[1])
    an_array(binder, listed, node.name)
    if len(function.names) != 1:
        binder.unsupported("a lambda of several parameters", "one is read", function.span)
    body = _body(binder, function, item_of(listed.kind))
    atom = body.predicate
    subject = listed.subject
    if node.name == "arrayExists" and _is_column(listed) and isinstance(atom, Atom):
        assert subject is not None
        found = replace(atom, field=subject.field, missing=Truth.FALSE, span=span)
        return binder.made(found, span)
    kind, keep = _HIGHER[node.name]

    def apply(values: tuple[Any, ...]) -> Any:
        return keep(values, lambda value: body.of(value) is Truth.TRUE)

    made = computed(f"{node.name} {body!r}", apply, [listed], kind or listed.kind, span)
    return binder.made(made.test, span) if kind == UINT8 else made


def _body(binder: Binder, function: tree.Lambda, kind: Kind) -> Body:
    view = view_of(kind) or AS_IS
    parameter = operands.column(PARAMETER, kind, loader(kind), function.span, view)
    with binder.with_parameter(function.names[0], parameter):
        body = Body(binder.condition(function.body), PARAMETER)
    if not body.is_alone:
        reason = "its body looks at nothing but the element"
        binder.unsupported("a lambda over columns", reason, function.span)
    return body
