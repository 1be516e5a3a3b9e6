"""Function calls and casts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.ir import TEXT, Case, Constant, Not, Predicate, Truth
from harness.languages._sql import operands, tree
from harness.languages._sql.operands import Operand, computed, constant, negated
from harness.languages._sql.patterns import ending, starting
from harness.languages.clickhouse import _arithmetic as arithmetic
from harness.languages.clickhouse import _arrays as arrays
from harness.languages.clickhouse import _patterns as patterns
from harness.languages.clickhouse._casts import in_range, parse, text_of
from harness.languages.clickhouse._comparisons import compared, is_text, numbered
from harness.languages.clickhouse._functions import BUILTINS, CASELESS, Builtin
from harness.languages.clickhouse._kinds import NULL, RANGES, UINT8, UINT64, Kind
from harness.languages.clickhouse._names import AGGREGATES, OTHERS
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.clickhouse._binder import Binder

Make = Callable[["Binder", list[Operand], Span], Operand]
_SIGNS = {
    "equals": "=",
    "notEquals": "!=",
    "less": "<",
    "lessOrEquals": "<=",
    "greater": ">",
    "greaterOrEquals": ">=",
    "plus": "+",
    "minus": "-",
    "multiply": "*",
    "divide": "/",
    "modulo": "%",
    "intDiv": "DIV",
}
_LIKE = {"like": ("LIKE", False), "notLike": ("LIKE", True)}
_ILIKE = {"ilike": ("ILIKE", False), "notILike": ("ILIKE", True)}


def call(binder: Binder, node: tree.Invocation) -> Operand:
    """Return what a function call gives."""
    name, span = node.name, node.span
    name = name if name in _OWN or name in BUILTINS else CASELESS.get(name.lower(), name)
    if name in arrays.HIGHER:
        return arrays.higher(binder, replace(node, name=name))
    if name == "mapContains":
        return arrays.has_key(binder, node)
    if node.parameters or node.distinct or name.lower() in AGGREGATES or name in AGGREGATES:
        binder.unsupported(f"the aggregate {name}()", "rows are judged one by one", span)
    if name in ("and", "or", "not"):
        operation = tree.Operation(name.upper(), node.items, span, node.place)
        return binder.bind(operation)
    if name not in _OWN and name not in BUILTINS and name not in _SIGNS:
        _unknown(binder, name, node.place)
    items = [binder.bind(item) for item in node.items]
    if name in _SIGNS:
        _count(binder, name, len(items), (2, 2), span)
        return binder.operation(_SIGNS[name], items, span)
    if name in _OWN:
        low, high, make = _OWN[name]
        _count(binder, name, len(items), (low, high), span)
        return make(binder, items, span)
    return _built_in(binder, name, items, span)


def _unknown(binder: Binder, name: str, span: Span) -> None:
    if name in OTHERS or name.lower() in OTHERS:
        reason = "it is none of the functions that are evaluated"
        binder.unsupported(f"the function {name}()", reason, span)
    known = {one.lower(): one for one in (*_OWN, *BUILTINS, *OTHERS)}.get(name.lower())
    hint = f"did you mean {known}()?" if known else "use a function that ClickHouse has"
    binder.fail(f"there is no function {name}()", hint, span)


def _count(binder: Binder, name: str, given: int, takes: tuple[int, int], span: Span) -> None:
    low, high = takes
    if not low <= given <= high:
        hint = f"give {low}" if low == high else f"give {low} to {high}"
        binder.fail(f"no function {name}() takes {given} arguments", hint, span)


def _built_in(binder: Binder, name: str, items: list[Operand], span: Span) -> Operand:
    builtin = BUILTINS[name]
    if name in ("length", "empty", "notEmpty") and items and items[0].kind.name == "Array":
        return _of_array(name, items[0], span)
    taken = _taken(binder, name, builtin, items, span)
    if any(item.kind == NULL for item in taken):
        return constant(None, NULL, span)
    if name == "extract" and not taken[1].constant:
        binder.unsupported("an expression from a column", "write it as a text", span)
    nullable = any(item.kind.nullable for item in items)
    if nullable and builtin.kind.item is not None:
        binder.unsupported(f"{name}() of a Nullable text", "no array is NULL", span)
    kind = replace(builtin.kind, nullable=nullable)
    found = computed(name, builtin.apply, taken, kind, span)
    if all(item.constant for item in taken) and not found.constant:
        binder.unsupported(f"{name}() of such constants", "its computation fails here", span)
    subject = taken[0].subject if name == "lower" else None
    if found.subject is not None and subject is not None and subject.plain and subject.view == TEXT:
        return replace(found, subject=replace(found.subject, case=Case.ASCII, view=TEXT))
    return found


def _of_array(name: str, item: Operand, span: Span) -> Operand:
    apply: Callable[[Any], int] = len
    if name != "length":
        wanted = name == "notEmpty"
        apply = lambda values: int(bool(values) is wanted)  # noqa: E731 - a test of two lines
    return computed(f"{name} array", apply, [item], UINT64 if name == "length" else UINT8, span)


def _taken(
    binder: Binder, name: str, builtin: Builtin, items: list[Operand], span: Span
) -> list[Operand]:
    """Return the arguments where they have the types that a function takes."""
    needed, _, optional = builtin.parameters.partition("|")
    letters = needed + optional
    _count(binder, name, len(items), (len(needed), len(letters)), span)
    for letter, item in zip(letters, items, strict=False):
        if letter == "T":
            binder.text(item, name)
        elif not item.kind.is_integer and item.kind != NULL:
            binder.fail(f"no function {name}() takes a {item.kind} here", "", item.span)
    return [numbered(item) for item in items]


# Casts -------------------------------------------------------------------------------------------


def converted(
    binder: Binder,
    item: Operand,
    kind: Kind,
    span: Span,
    *,
    otherwise: str = "",
    exact: bool = False,
) -> Operand:
    """Return a value as another type; ``otherwise`` is ``zero`` or ``null`` where a text fails.

    ``exact`` as for CAST, which takes no NULL where the type is not Nullable.
    """
    if item.kind == NULL:
        if exact and not kind.nullable:
            binder.unsupported(f"NULL as {kind}", "it fails", span)
        return constant(None, NULL, span)
    if kind.item is not None or item.kind.item is not None:
        binder.unsupported(f"a {item.kind} as {kind}", "single values are cast", span)
    if item.kind.is_time != kind.is_time and not is_text(kind) and not is_text(item.kind):
        binder.unsupported(f"a {item.kind} as {kind}", "times are cast from texts", span)
    if kind.is_time and item.kind.is_time and kind != item.kind:
        binder.unsupported(f"a {item.kind} as {kind}", "its time zone counts", span)
    keeps = item.kind.nullable and not exact
    result = replace(kind, nullable=kind.nullable or keeps or otherwise == "null")
    never_null = exact and item.kind.nullable and not kind.nullable
    source, failed = item.kind, None if otherwise == "null" else kind.default

    def apply(value: Any) -> Any:
        if value is None:
            message = "Cannot convert NULL value to non-Nullable type"
            raise Fault(message)
        try:
            return _cast(value, source, kind)
        except Fault:
            if not otherwise:
                raise
            return failed

    named = f"cast {source} {kind} {otherwise} {exact}"
    part = numbered(item) if not is_text(kind) or item.predicate is not None else item
    total = otherwise != "null"
    found = computed(named, apply, [part], result, span, strict=not never_null, total=total)
    if part.constant and not found.constant:
        binder.fail(f"the value cannot be cast to {kind}", "", span)
    return found


def _cast(value: Any, source: Kind, kind: Kind) -> Any:
    if kind.name == "String":
        return text_of(value, source)
    if isinstance(value, str):
        found = parse(value, kind)
        if kind.is_time and not in_range(found):
            message = "a time is out of range"
            raise Fault(message)
        return found
    if kind.is_time:
        return value
    if kind.name == "Bool":
        return bool(value)
    if kind.name == "Float64":
        return float(value)
    low, high = RANGES[kind.name]
    whole = int(value) if math.isfinite(value) else high + 1
    if not low <= whole <= high:
        message = f"a number beyond {kind} is wrapped, or not, as its type says"
        raise Fault(message)
    return whole


def _to(name: str, otherwise: str = "") -> Make:
    kind = Kind(name)

    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        if otherwise and not is_text(items[0].kind):
            binder.fail(f"no such conversion takes a {items[0].kind}", "", span)
        return converted(binder, items[0], kind, span, otherwise=otherwise)

    return make


def _accurate(binder: Binder, items: list[Operand], span: Span) -> Operand:
    item, kind = items
    if not isinstance(kind.value, str) or not is_text(item.kind):
        binder.unsupported("such a cast", "a text is cast to the type that a text names", span)
    return converted(binder, item, binder.kind(kind.value, span), span, otherwise="null")


# Functions that build their own tests ------------------------------------------------------------


def _like(word: str, *, negative: bool) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return binder.like(word, items, span, negative=negative)

    return make


def _match(binder: Binder, items: list[Operand], span: Span) -> Operand:
    return binder.regex(items, span)


def _texts(binder: Binder, items: list[Operand], name: str, span: Span) -> Operand | None:
    """Refuse what is no text; return NULL where one of them is."""
    for item in items:
        binder.text(item, name)
    if any(item.kind == NULL for item in items):
        return binder.made(Constant(Truth.UNKNOWN, span), span, *items)
    return None


def _affix(name: str) -> Make:
    build = starting if name.startswith("starts") else ending

    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        if (null := _texts(binder, items, name, span)) is not None:
            return null
        text, part = items
        if part.constant:
            wanted = part.value
            found = operands.text_test(text, wanted, lambda case: build(wanted, case), name, span)
            return binder.made(found, span, *items)

        def holds(one: str, other: str) -> bool:
            return build(other).accepts(one)

        return binder.made(computed(name, holds, items, UINT8, span).test, span, *items)

    return make


def _token(case: Case) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        if (null := _texts(binder, items, "hasToken", span)) is not None:
            return null
        text, word = items
        if not word.constant or not word.value:
            binder.unsupported("hasToken() of a column", "a word is read", span)
        try:
            found = patterns.token(text, word.value, case, span)
        except Fault as error:
            if text.constant:
                binder.fail(str(error), "", word.span)
            found = Constant(Truth.UNDEFINED, span)  # it fails where there is a row
        return binder.made(found, span, *items)

    return make


def _search(case: Case) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        text, needles = items
        binder.text(text, "multiSearchAny")
        texts = needles.kind.name == "Array" and is_text(arrays.item_of(needles.kind))
        if not needles.constant or not texts:
            if needles.constant:
                binder.fail("multiSearchAny() takes an array of texts", "", needles.span)
            binder.unsupported("multiSearchAny() of columns", "an array of texts is read", span)
        if text.kind == NULL:
            return binder.made(Constant(Truth.UNKNOWN, span), span, text)
        try:
            found = patterns.any_found(text, needles.value, span, case)
        except Fault as error:
            binder.unsupported("a search for such a letter", str(error), needles.span)
        return binder.made(found, span, text)

    return make


def _coalesce(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``coalesce(value, ...)``: the first value that is not NULL."""
    known = [item for item in items if item.kind != NULL]
    for at, item in enumerate(known):
        if not item.kind.nullable:
            known = known[: at + 1]
            break
    if not known:
        return constant(None, NULL, span)
    tests: list[Predicate] = [Not(binder.is_null(item, span)) for item in known[:-1]]
    found = binder.choice(tests, known, span)
    return replace(found, kind=replace(found.kind, nullable=known[-1].kind.nullable))


def _null_if(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``nullIf(value, other)``: NULL where both are equal."""
    equal = compared(binder, "=", items[0], items[1], span)
    return binder.choice([equal], [constant(None, NULL, span), items[0]], span)


def _if(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``if(condition, value, other)``."""
    return binder.choice([binder.chooser(items[0])], items[1:], span)


def _multi_if(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``multiIf(condition, value, ..., other)``."""
    if len(items) % 2 == 0:
        binder.fail("multiIf() takes an odd number of arguments", "end with another value", span)
    tests = [binder.chooser(item) for item in items[:-1:2]]
    return binder.choice(tests, [*items[1:-1:2], items[-1]], span)


def _is_null(*, negative: bool) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        found = binder.is_null(items[0], span)
        return binder.made(negated(found, wanted=negative), span)

    return make


def _concat(binder: Binder, items: list[Operand], span: Span) -> Operand:
    return binder.texts_joined(items, span)


def _overlap(*, every: bool) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return arrays.overlap(binder, items, span, every=every)

    return make


def _now(binder: Binder, items: list[Operand], span: Span) -> Operand:
    del items
    return arithmetic.now(binder, span)


def _part(name: str) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return arithmetic.part(binder, name, items[0], span)

    return make


_NUMBERS = (*RANGES, "Float64")
_OWN: Mapping[str, tuple[int, int, Make]] = {
    "accurateCastOrNull": (2, 2, _accurate),
    "arrayStringConcat": (1, 2, arrays.joined),
    "coalesce": (1, 100, _coalesce),
    "concat": (1, 100, _concat),
    "endsWith": (2, 2, _affix("endsWith")),
    "has": (2, 2, arrays.has),
    "hasAll": (2, 2, _overlap(every=True)),
    "hasAny": (2, 2, _overlap(every=False)),
    "hasToken": (2, 2, _token(Case.SENSITIVE)),
    "hasTokenCaseInsensitive": (2, 2, _token(Case.ASCII)),
    "if": (3, 3, _if),
    "ifNull": (2, 2, _coalesce),
    "indexOf": (2, 2, arrays.place),
    "isNotNull": (1, 1, _is_null(negative=True)),
    "isNull": (1, 1, _is_null(negative=False)),
    "match": (2, 2, _match),
    "multiIf": (3, 99, _multi_if),
    "multiSearchAny": (2, 2, _search(Case.SENSITIVE)),
    "multiSearchAnyCaseInsensitive": (2, 2, _search(Case.ASCII)),
    "multiSearchAnyCaseInsensitiveUTF8": (2, 2, _search(Case.UNICODE)),
    "multiSearchAnyUTF8": (2, 2, _search(Case.SENSITIVE)),
    "now": (0, 0, _now),
    "nullIf": (2, 2, _null_if),
    "startsWith": (2, 2, _affix("startsWith")),
    "toString": (1, 1, _to("String")),
    **{f"to{name}": (1, 1, _to(name)) for name in _NUMBERS},
    **{f"to{name}OrZero": (1, 1, _to(name, "zero")) for name in _NUMBERS},
    **{f"to{name}OrNull": (1, 1, _to(name, "null")) for name in _NUMBERS},
    "toDateTime": (1, 1, _to("DateTime")),
    "toDate": (1, 1, _to("Date")),
    **{name: (1, 1, _part(name)) for name in arithmetic.PARTS},
    **{name: (2, 2, _like(word, negative=no)) for name, (word, no) in {**_LIKE, **_ILIKE}.items()},
}


def is_evaluated(name: str) -> bool:
    """Return whether calls of a function are evaluated."""
    known = name if name in _OWN or name in BUILTINS else CASELESS.get(name.lower(), name)
    more = known in _SIGNS or known in ("and", "or", "not", "mapContains")
    return known in _OWN or known in BUILTINS or more or known in arrays.HIGHER
