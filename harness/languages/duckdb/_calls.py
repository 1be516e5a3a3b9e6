"""Function calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.ir import Case, Not, Predicate
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._sql import tree
from harness.languages._sql.operands import Operand, computed, constant, failing, is_null
from harness.languages.duckdb import _arithmetic as arithmetic
from harness.languages.duckdb import _lists as lists
from harness.languages.duckdb._comparisons import as_kind, compared
from harness.languages.duckdb._functions import BUILTINS, SYNONYMS, Builtin
from harness.languages.duckdb._kinds import BIGINT, NULL, VARCHAR
from harness.languages.duckdb._names import AGGREGATES, OTHERS, PREFIXES
from harness.languages.duckdb._patterns import LETTERS
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.duckdb._binder import Binder

Make = Callable[["Binder", list[Operand], Span], Operand]


def call(binder: Binder, node: tree.Invocation) -> Operand:
    """Return what a function call gives."""
    name = SYNONYMS.get(node.name.lower(), node.name.lower())
    span = node.span
    if name == "list_filter":
        return lists.filtered(binder, node)
    if any(isinstance(item, tree.Lambda) for item in node.items):
        binder.unsupported(f"{name}() with a lambda", "list_filter() is evaluated", span)
    if name in AGGREGATES or node.distinct:
        binder.unsupported(f"the aggregate {name}()", "rows are judged one by one", span)
    if name not in _OWN and name not in BUILTINS:
        _unknown(binder, name, node.place)
    items = [binder.bind(item) for item in node.items]
    if name in _OWN:
        low, high, make = _OWN[name]
        _count(binder, name, len(items), (low, high), span)
        return make(binder, items, span)
    return _built_in(binder, name, items, span)


def _unknown(binder: Binder, name: str, span: Span) -> None:
    if name in OTHERS or name.startswith(PREFIXES):
        reason = "it is none of the functions that are evaluated"
        binder.unsupported(f"the function {name}()", reason, span)
    binder.fail(f"there is no function {name}()", "use a function that DuckDB has", span)


def _count(binder: Binder, name: str, given: int, takes: tuple[int, int], span: Span) -> None:
    low, high = takes
    if not low <= given <= high:
        hint = f"give {low}" if low == high else f"give {low} to {high}"
        binder.fail(f"no function {name}() takes {given} arguments", hint, span)


def _built_in(binder: Binder, name: str, items: list[Operand], span: Span) -> Operand:
    builtin = BUILTINS[name]
    if name == "regexp_extract" and items[1:] and (reason := _no_regex(items[1])):
        return failing(reason, builtin.kind, span)
    if name in ("length", "strlen") and items and items[0].kind.name == "LIST":
        return lists.length(items[0], span)
    if name in ("lower", "upper", "length") and len(items) == 1 and items[0].kind == NULL:
        return constant(None, builtin.kind, span)
    taken = _taken(binder, name, builtin, items, span)
    found = computed(
        name, builtin.apply, taken, builtin.kind, span, strict=builtin.strict, total=builtin.total
    )
    subject = taken[0].subject if name == "lower" else None
    if found.subject is not None and subject is not None and subject.plain and subject.view:
        return replace(found, subject=replace(found.subject, case=Case.UNICODE, view=LETTERS))
    return found


def _no_regex(item: Operand) -> str:
    """Return why a constant is no regular expression; nothing where it is one."""
    try:
        if item.constant and isinstance(item.value, str):
            compile_regex(item.value, "re2")
    except RegexError as error:
        return str(error)
    return ""


def _taken(
    binder: Binder, name: str, builtin: Builtin, items: list[Operand], span: Span
) -> list[Operand]:
    """Return the arguments as the types that a function takes."""
    needed, _, optional = builtin.parameters.partition("|")
    more = needed.endswith("*")
    letters = needed.rstrip("*") + optional
    least = len(needed.rstrip("*"))
    _count(binder, name, len(items), (least, 1000 if more else len(letters)), span)
    letters += letters[-1] * (len(items) - len(letters))
    return [_argument(binder, name, *pair) for pair in zip(letters, items, strict=False)]


def _argument(binder: Binder, name: str, letter: str, item: Operand) -> Operand:
    if letter == "T":
        binder.texts([item], name)
        return as_kind(item, VARCHAR)
    if letter == "I":
        literal = item.kind.name == "VARCHAR" and item.kind.literal
        if not (item.kind.is_integer or item.kind == NULL or literal):
            binder.fail(f"no function {name}() takes a {item.kind} here", "", item.span)
        return as_kind(item, BIGINT)
    if item.kind.name == "LIST":
        binder.unsupported(f"{name}() of a list", "texts are joined", item.span)
    return item


# Functions that build their own tests ------------------------------------------------------------


def _affix(name: str) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        if name == "contains" and items[0].kind.name == "LIST":
            return lists.contains(binder, items[0], items[1], span, careful=True)
        return lists.affix(binder, name, items, span)

    return make


def _regexp(*, whole: bool) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return binder.regexp(items, span, whole=whole)

    return make


def _coalesce(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``coalesce(value, ...)``: the first value that is not NULL."""
    tests: list[Predicate] = [Not(is_null(item, span)) for item in items[:-1]]
    return binder.choice(tests, items, span)


def _nullif(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``nullif(value, other)``: NULL where both are equal."""
    kind = binder.fit(items, span, forced=True)
    equal = compared("=", items[0], items[1], span, kind)
    null = constant(None, NULL, span)
    return binder.choice([equal], [null, items[0]], span)


def _if(binder: Binder, items: list[Operand], span: Span) -> Operand:
    """``if(condition, value, other)``."""
    test = binder.boolean(items[0]).test
    return binder.choice([test], items[1:], span)


def _contains(binder: Binder, items: list[Operand], span: Span) -> Operand:
    return lists.contains(binder, items[0], items[1], span)


def _overlap(*, every: bool) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return lists.overlap(binder, items, span, every=every)

    return make


def _length(binder: Binder, items: list[Operand], span: Span) -> Operand:
    if items[0].kind.name == "LIST":
        return lists.length(items[0], span)
    return _built_in(binder, "length", items, span)


def _element(binder: Binder, items: list[Operand], span: Span) -> Operand:
    return lists.element_of(binder, items, span)


def _part(name: str) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        return arithmetic.part(binder, name, items[0], span)

    return make


def _date_part(binder: Binder, items: list[Operand], span: Span) -> Operand:
    name = items[0].value if items[0].constant else None
    if not isinstance(name, str):
        binder.unsupported("a part that is no literal", "write its name as a text", span)
    return arithmetic.part(binder, name.lower(), items[1], span)


def _clock(name: str) -> Make:
    def make(binder: Binder, items: list[Operand], span: Span) -> Operand:
        del items
        return arithmetic.clock(binder, name, span)

    return make


def _absolute(binder: Binder, items: list[Operand], span: Span) -> Operand:
    if not items[0].kind.is_number or items[0].kind.name == "DECIMAL":
        binder.unsupported("abs() of other values", "whole numbers and DOUBLEs are read", span)
    kind = replace(items[0].kind, literal=False)
    apply = arithmetic.within(kind, abs) if kind.is_integer else abs
    return computed(f"abs {kind}", apply, items, kind, span)


_OWN: Mapping[str, tuple[int, int, Make]] = {
    "abs": (1, 1, _absolute),
    "array_to_string": (2, 2, lists.text),
    "coalesce": (1, 1000, _coalesce),
    "contains": (2, 2, _affix("contains")),
    "current_timestamp": (0, 0, _clock("current_timestamp")),
    "date_part": (2, 2, _date_part),
    "datepart": (2, 2, _date_part),
    "ends_with": (2, 2, _affix("ends_with")),
    "if": (3, 3, _if),
    "len": (1, 1, _length),
    "list_contains": (2, 2, _contains),
    "list_extract": (2, 2, _element),
    "list_has_all": (2, 2, _overlap(every=True)),
    "list_has_any": (2, 2, _overlap(every=False)),
    "list_position": (2, 2, lists.position),
    "now": (0, 0, _clock("now")),
    "nullif": (2, 2, _nullif),
    "regexp_full_match": (2, 3, _regexp(whole=True)),
    "regexp_matches": (2, 3, _regexp(whole=False)),
    "starts_with": (2, 2, _affix("starts_with")),
    "today": (0, 0, _clock("today")),
    **{name: (1, 1, _part(name)) for name in arithmetic.PARTS},
}
