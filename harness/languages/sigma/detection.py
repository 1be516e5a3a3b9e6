"""Search identifiers: the maps, lists and keywords of a rule as predicates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn

from harness.errors import Diagnostic
from harness.ir import Case, Not, Predicate, all_of, any_of
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.sigma.modifiers import (
    WHOLE_LIST,
    Modifier,
    Step,
    apply,
    check_names,
    split_key,
)
from harness.languages.sigma.operators import OPERATORS, ORDERS
from harness.languages.sigma.text import Text, parse_text, whole
from harness.languages.sigma.values import (
    Expansion,
    Flag,
    Null,
    Number,
    Value,
    predicate_of,
)
from harness.languages.sigma.views import TIME_PARTS
from harness.source import Source, Span
from harness.yamlsource import Entry, YamlMapping, YamlNode, YamlScalar, YamlSequence

MAX_TESTS = 100_000
"""Tests on a field that one rule may come to, placeholders and selectors spelled out."""


@dataclass(kw_only=True)
class Reader:
    """What reading one rule shares: the text, the settings, and what it has found so far."""

    source: Source
    fold: Case = OPERATORS["value"].case
    placeholders: Mapping[str, Sequence[str]] = field(default_factory=dict)
    warnings: list[Diagnostic] = field(default_factory=list)
    tests: int = 0

    def warn(self, message: str, span: Span, hint: str = "") -> None:
        """Note something that is allowed and probably not meant."""
        self.warnings.append(
            Diagnostic(
                code="sigma",
                message=message,
                place=self.source.place(span),
                hint=hint,
                excerpt=self.source.excerpt(span),
                severity="warning",
            )
        )

    def count(self, tests: int, span: Span) -> None:
        """Keep the rule's size within bounds."""
        self.tests += tests
        if self.tests > MAX_TESTS:
            reason = f"it comes to more than {MAX_TESTS} tests"
            raise unsupported(self.source, span, "a rule of this size", reason)


@dataclass(frozen=True, slots=True)
class Search:
    """A search identifier: what it asks for, and how many tests that takes."""

    predicate: Predicate
    tests: int
    span: Span


def read_search(entry: Entry, reader: Reader) -> Search:
    """search: name ':' detection."""
    before = reader.tests
    predicate = _detection(entry.value, entry.key, reader)
    return Search(predicate, reader.tests - before, entry.key.span)


def _detection(node: YamlNode, key: YamlScalar, reader: Reader) -> Predicate:
    """detection: map | keyword | list of (keyword | map), any of which is enough."""
    match node:
        case YamlMapping():
            return _map(node, reader)
        case YamlScalar():
            return _keywords([node], reader)
        case YamlSequence(items):
            if not items:
                _fail(reader, node.span, f"the list of {key.value!r} is empty", "give it a value")
            if any(isinstance(item, YamlSequence) for item in items):
                reason = "the specification knows lists of values and of maps"
                raise unsupported(reader.source, node.span, "a list inside a list", reason)
            parts = [
                _map(item, reader) if isinstance(item, YamlMapping) else _keywords([item], reader)
                for item in items
                if not isinstance(item, YamlSequence)
            ]
            return any_of(*parts)


def _map(node: YamlMapping, reader: Reader) -> Predicate:
    """map: (key ':' values)+, all of which must hold."""
    if not node.entries:
        _fail(reader, node.span, "the map is empty", "name a field and a value")
    return all_of(*(_item(entry, reader) for entry in node.entries))


def _keywords(nodes: Sequence[YamlScalar], reader: Reader) -> Predicate:
    """keywords: value+, any of which occurs somewhere in the event."""
    values = [(_value(node, reader), node.span) for node in nodes]
    return _linked(values, None, (), nodes[0].span, reader)


def _item(entry: Entry, reader: Reader) -> Predicate:
    """item: field? ('|' modifier)* ':' (value | list of value)."""
    key = entry.key
    if not isinstance(key.value, str):
        _fail(reader, key.span, f"the field name {key.value!r} is no text", "quote it")
    name, modifiers = split_key(key.value, key.part)
    check_names(modifiers, reader.source)
    if isinstance(entry.value, YamlSequence):
        values = [
            (_modified(node, modifiers, reader), node.span)
            for node in _scalars(entry.value, entry.key, reader)
        ]
    else:
        whole = key.span.to(entry.value.span)
        values = [(_modified(entry.value, modifiers, reader), whole)]
    if not name:
        _check_keyword(modifiers, reader)
    return _linked(values, name or None, modifiers, key.span, reader)


def _scalars(node: YamlSequence, key: YamlScalar, reader: Reader) -> Sequence[YamlNode]:
    if not node.items:
        hint = "write null for a missing field, or take the key away"
        _fail(reader, node.span, f"the list of {key.value!r} is empty", hint)
    for item in node.items:
        if isinstance(item, YamlScalar) and item.value is None:
            hint = "write a search of its own for null, and join the two with 'or'"
            _fail(reader, item.span, "null stands in a list", hint)
    return node.items


_UNPLACED = frozenset({"startswith", "endswith", "cidr", "fieldref", *ORDERS, *TIME_PARTS})


def _check_keyword(modifiers: Sequence[Modifier], reader: Reader) -> None:
    """Refuse the modifiers that mean nothing, or nothing certain, without a field."""
    for modifier in modifiers:
        if modifier.name == "exists":
            _fail(reader, modifier.span, "'exists' has no field", "write 'FIELD|exists'")
        if modifier.name in _UNPLACED:
            feature = f"'{modifier.name}' without a field"
            reason = "no document says which part of the event it looks at"
            raise unsupported(reader.source, modifier.span, feature, reason)


def _linked(
    values: Sequence[tuple[Value, Span]],
    name: str | None,
    modifiers: Sequence[Modifier],
    span: Span,
    reader: Reader,
) -> Predicate:
    """Join the values of one key: any of them, or what 'all' and 'neq' say."""
    asked = {modifier.name: modifier.span for modifier in modifiers if modifier.name in WHOLE_LIST}
    if "all" in asked and len(values) == 1:
        hint = "take 'all' away, or give it a list of several values"
        _fail(reader, asked["all"], "'all' has a single value", hint)
    tests = []
    for value, place in values:
        if name is None and isinstance(value, Null):
            _fail(reader, place, "null stands where a keyword is expected", "write 'FIELD: null'")
        reader.count(len(value.values) if isinstance(value, Expansion) else 1, span)
        tests.append(predicate_of(_matchable(value, place, reader), name, place, reader.fold))
    linked = all_of(*tests) if "all" in asked else any_of(*tests)
    return Not(linked) if "neq" in asked else linked


def _matchable(value: Value, span: Span, reader: Reader) -> Value:
    """Return a value with its bytes read as UTF-8 text, as a field would hold them."""
    if isinstance(value, Expansion):
        return Expansion(tuple(_matchable(item, span, reader) for item in value.values))
    if not isinstance(value, Text) or not value.binary:
        return value
    try:
        pieces = tuple(
            piece.encode("latin-1").decode() if isinstance(piece, str) else piece
            for piece in value.pieces
        )
    except UnicodeError as error:
        feature = "UTF-16 bytes that are not encoded further"
        reason = "they are no text, so no field's text can hold them; add 'base64offset'"
        raise unsupported(reader.source, span, feature, reason) from error
    return replace(value, pieces=pieces, binary=False)


def _modified(node: YamlNode, modifiers: Sequence[Modifier], reader: Reader) -> Value:
    """Return a value after its modifiers."""
    value = _value(node, reader)
    raw = node.value if isinstance(node, YamlScalar) else None
    before: tuple[str, ...] = ()
    for modifier in modifiers:
        if modifier.name not in WHOLE_LIST:
            value = apply(
                value,
                Step(
                    modifier=modifier,
                    before=before,
                    source=reader.source,
                    raw=raw if isinstance(raw, str) else "",
                    placeholders=reader.placeholders,
                    warn=reader.warn,
                ),
            )
        before = (*before, modifier.name)
    return value


def _value(node: YamlNode, reader: Reader) -> Value:
    """value: text | number | boolean | null."""
    match node:
        case YamlScalar(value=str(text)):
            return parse_text(text)
        case YamlScalar(value=bool(flag)):
            return Flag(flag)
        case YamlScalar(value=int() | float() as number):
            return Number(_finite(number, node.span, reader))
        case YamlScalar(value=None):
            return Null()
        case YamlScalar():
            hint = "quote it to make it text"
            return _fail(reader, node.span, "the value is a date or binary data", hint)
        case _:
            hint = "write 'outer.inner' for a nested field"
            return _fail(reader, node.span, "a value is a map or a list", hint)


def _finite(number: float, span: Span, reader: Reader) -> int | float:
    if number in (math.inf, -math.inf) or number != number:  # noqa: PLR0124 - NaN
        return _fail(reader, span, "the number is not finite", "quote it to make it text")
    return whole(number)


def _fail(reader: Reader, span: Span, message: str, hint: str = "") -> NoReturn:
    raise syntax_error(reader.source, span, message, hint)
