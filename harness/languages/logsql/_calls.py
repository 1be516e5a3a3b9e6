"""Filters written as calls or comparisons: ``in(…)``, ``i(…)``, ``>5``, ``{…}``.

``CALLS`` is filled here. https://docs.victoriametrics.com/victorialogs/logsql/#filters
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import (
    Call,
    Condition,
    Constant,
    Expression,
    FieldValue,
    Function,
    Literal,
    Predicate,
    Truth,
)
from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql import _tests as tests
from harness.languages.logsql._columns import Test, stored
from harness.languages.logsql._contents import Addresses, HasElement, ipv6, network
from harness.languages.logsql._filters import CALLS, NOOP, Reader
from harness.languages.logsql._patterns import Pattern
from harness.languages.logsql._regex import validated
from harness.languages.logsql._streams import stream
from harness.languages.logsql._words import lowered, uppered
from harness.source import Span

MOST_VARIANTS = 20_000
"""Spellings of the common-case filters that are looked for."""
_MOST_CAPITALS = 10


# Arguments -------------------------------------------------------------------------------------


def _call(reader: Reader, field: str, read: Callable[[int], Predicate]) -> Predicate:
    """Read what follows a word as its arguments where a parenthesis does; else it is a word."""
    tokens = reader.tokens
    start = tokens.at
    tokens.compound()
    if not tokens.said("("):
        tokens.at = start
        return reader.phrase(field)
    return read(start)


def _arguments(reader: Reader, *, star: bool = False) -> tuple[list[str], bool]:
    """``arguments := "(" [text ("," text)* [","]] ")"``; the flag tells a ``*`` among them."""
    tokens = reader.tokens
    tokens.expect("(")
    found: list[str] = []
    starred = False
    while not tokens.said(")"):
        if star and tokens.take("*"):
            starred = True
        else:
            found.append(tokens.compound())
        if not tokens.said(")"):
            tokens.expect(",")
    tokens.next()
    return found, starred


def _texts(make: Callable[[tuple[str, ...]], Test | Truth]) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with any number of texts."""

    def read(reader: Reader, field: str) -> Predicate:
        def call(start: int) -> Predicate:
            given, _ = _arguments(reader)
            return _made(reader, field, make(tuple(given)), reader.tokens.since(start))

        return _call(reader, field, call)

    return read


def _values(make: Callable[[tuple[str, ...]], Test | Truth]) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with texts, ``*``, or the fields of a query."""

    def read(reader: Reader, field: str) -> Predicate:
        def call(start: int) -> Predicate:
            if _is_subquery(reader):
                reason = "its values are those of other entries"
                reader.tokens.unsupported("a query inside a filter", reason)
            given, starred = _arguments(reader, star=True)
            if starred:
                return NOOP
            return _made(reader, field, make(tuple(given)), reader.tokens.since(start))

        return _call(reader, field, call)

    return read


def _is_subquery(reader: Reader) -> bool:
    """Return whether a query with pipes stands in the parentheses that begin here."""
    tokens = reader.tokens
    start, depth, found = tokens.at, 0, False
    while tokens.token.raw:
        if tokens.said("("):
            depth += 1
        elif tokens.said(")"):
            depth -= 1
        found = found or (depth > 0 and tokens.said("|"))
        tokens.next()
        if depth == 0:
            break
    tokens.at = start
    return found and depth == 0


def _made(reader: Reader, field: str, test: Test | Truth, span: Span) -> Predicate:
    if isinstance(test, Truth):
        return Constant(test, span)
    return reader.test(field, test, span)


def _one(make: Callable[[Reader, str, str, Span], Predicate]) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with one text."""

    def read(reader: Reader, field: str) -> Predicate:
        def call(start: int) -> Predicate:
            given, _ = _arguments(reader)
            span = reader.tokens.since(start)
            if len(given) != 1:
                _count(reader, given, "one", span)
            return make(reader, field, given[0], span)

        return _call(reader, field, call)

    return read


def _two(make: Callable[[Reader, str, str, Span], Test]) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with two texts."""

    def read(reader: Reader, field: str) -> Predicate:
        def call(start: int) -> Predicate:
            given, _ = _arguments(reader)
            span = reader.tokens.since(start)
            if len(given) != 2:  # noqa: PLR2004 - as its name says
                _count(reader, given, "two", span)
            return reader.test(field, make(reader, given[0], given[1], span), span)

        return _call(reader, field, call)

    return read


def _count(reader: Reader, given: list[str], wanted: str, span: Span) -> NoReturn:
    reader.tokens.fail(f"the filter takes {wanted} of texts, not {len(given)}", span=span)


def _maybe_prefix(
    whole: Callable[[str], Test], begin: Callable[[str], Test]
) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with a text or a prefix: ``i(text)``, ``exact(text*)``."""

    def read(reader: Reader, field: str) -> Predicate:
        def call(start: int) -> Predicate:
            tokens = reader.tokens
            tokens.next()
            text = "" if tokens.said("*") else tokens.compound()
            prefix = tokens.said("*") and (not text or not tokens.token.spaced)
            if prefix:
                tokens.next()
            tokens.expect(")")
            made = begin(text) if prefix else whole(text)
            return reader.test(field, made, tokens.since(start))

        return _call(reader, field, call)

    return read


# Texts -----------------------------------------------------------------------------------------


def _one_of(values: tuple[str, ...]) -> Test | Truth:
    return tests.OneOf(frozenset(values)) if values else Truth.FALSE


def _has_any(phrases: tuple[str, ...]) -> Test | Truth:
    if not phrases or "" in phrases:
        return Truth.of(bool(phrases))
    return tests.HasAny(phrases)


def _has_all(phrases: tuple[str, ...]) -> Test | Truth:
    kept = tuple(one for one in phrases if one)
    return tests.HasAll(kept) if kept else Truth.TRUE


def _sequence(phrases: tuple[str, ...]) -> Test | Truth:
    kept = tuple(one for one in phrases if one)
    return tests.Sequence(kept) if kept else Truth.TRUE


def _common_case(
    make: Callable[[tuple[str, ...]], Test | Truth],
) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a call with texts that stand for their common spellings."""

    def read(reader: Reader, field: str) -> Predicate:
        tokens = reader.tokens
        start = tokens.at
        tokens.next()
        given, _ = _arguments(reader)
        span = tokens.since(start)
        found: dict[str, None] = {}
        for text in given:
            capitals = sum(_is_capital(char) for char in text)
            if capitals > _MOST_CAPITALS:
                message = f"{text!r} has more than {_MOST_CAPITALS} capital letters"
                tokens.fail(message, span=span)
            found |= dict.fromkeys(_spellings(text))
            if len(found) > MOST_VARIANTS:
                reason = f"more than {MOST_VARIANTS} spellings are not looked for"
                tokens.unsupported("so many spellings", reason, span)
        return _made(reader, field, make(tuple(found)), span)

    return read


def _is_capital(char: str) -> bool:
    return char.isupper() and (char.isascii() or char.lower() != char)


def _spellings(text: str) -> Iterator[str]:
    """Yield a text, with any of its capitals in lower case, and all in capitals."""
    places = [at for at, char in enumerate(text) if _is_capital(char)]
    yield uppered(text)
    for count in range(len(places) + 1):
        for chosen in combinations(places, count):
            yield "".join(lowered(char) if at in chosen else char for at, char in enumerate(text))


# Numbers and addresses -------------------------------------------------------------------------


def _compare(reader: Reader, field: str) -> Predicate:
    """``(">" | "<") ["="] (number | text)``."""
    tokens = reader.tokens
    start = tokens.at
    sign = tokens.next().text
    equal = tokens.touches("=")
    if equal:
        tokens.next()
    if tokens.token.spaced and not field:
        tokens.fail(f"':' is missing in front of {sign!r}", f"write field:{sign}5")
    text = tokens.compound()
    bound = _number(text)
    test: Test
    if bound is None:
        edge = text if equal is (sign == ">") else f"{text}\0"
        test = tests.Texts(edge, None) if sign == ">" else tests.Texts("", edge)
    elif sign == ">":
        test = tests.Numbers(bound if equal else _next(bound, math.inf), math.inf)
    else:
        test = tests.Numbers(-math.inf, bound if equal else _next(bound, -math.inf))
    return reader.test(field, test, tokens.since(start))


def _next(number: float, towards: float) -> float:
    """Return the next number; for none the one NaN, which alone is equal to itself."""
    return math.nan if math.isnan(number) else math.nextafter(number, towards)


def _number(text: str) -> float | None:
    found = numbers.number(text)
    if found is not None and math.isnan(found):
        return math.nan if text.lower() == "nan" else None  # one object, equal to itself
    return math.nan if found is None and text.lower() == "nan" else found


def _range(reader: Reader, field: str) -> Predicate:
    """``"range" ("(" | "[") number "," number (")" | "]")``."""
    tokens = reader.tokens
    start = tokens.at
    tokens.compound()
    if not tokens.said("(", "["):
        tokens.at = start
        return reader.phrase(field)
    first = tokens.next().text == "["
    low = _bound(reader)
    tokens.expect(",")
    high = _bound(reader)
    last = tokens.expect(")", "]").text == "]"
    low = low if first or math.isinf(low) else _next(low, math.inf)
    high = high if last or math.isinf(high) else _next(high, -math.inf)
    return reader.test(field, tests.Numbers(low, high), tokens.since(start))


def _bound(reader: Reader) -> float:
    tokens = reader.tokens
    start = tokens.at
    text = tokens.compound()
    found = _number(text)
    if found is None:
        tokens.fail(f"{text!r} is no number", span=tokens.since(start))
    return found


def _length(reader: Reader, low: str, high: str, span: Span) -> Test:
    bounds = [numbers.count(one) for one in (low, high)]
    for text, bound in zip((low, high), bounds, strict=True):
        if bound is None:
            reader.tokens.fail(f"{text!r} is no length", span=span)
    return tests.Length(bounds[0] or 0, bounds[1] or 0)


def _strings(reader: Reader, low: str, high: str, span: Span) -> Test:
    del reader, span
    return tests.Texts(low, high)


def _addresses(read: Callable[[str], int | None], bits: int) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a range of addresses: two of them, one, or a network."""
    version = "IPv4" if read is numbers.ipv4 else "IPv6"

    def call(reader: Reader, field: str, start: int) -> Predicate:
        given, _ = _arguments(reader)
        span = reader.tokens.since(start)
        if len(given) not in {1, 2}:
            _count(reader, given, "one or two", span)
        bounds = [network(text, read, bits, alone=len(given) == 1) for text in given]
        for text, bound in zip(given, bounds, strict=True):
            if bound is None:
                reader.tokens.fail(f"{text!r} is no {version} address or network", span=span)
        found = [one for one in bounds if one is not None]
        return reader.test(field, Addresses(found[0][0], found[-1][1], read), span)

    return lambda reader, field: _call(reader, field, lambda start: call(reader, field, start))


# Arrays, patterns and types --------------------------------------------------------------------


def _has_element(values: tuple[str, ...]) -> Test | Truth:
    return HasElement(values) if values else Truth.FALSE


def _pattern(where: str) -> Callable[[Reader, str], Predicate]:
    return _one(lambda reader, field, text, span: reader.test(field, Pattern(text, where), span))


def _expression(reader: Reader, field: str, pattern: str, span: Span) -> Predicate:
    validated(reader.tokens.source, pattern, span)
    return reader.expression(field, pattern, span)


def _value_type(reader: Reader, field: str, text: str, span: Span) -> Predicate:
    del field, text
    reason = "how a value is stored depends on the entries beside it"
    return reader.tokens.unsupported("value_type()", reason, span)


# Two fields ------------------------------------------------------------------------------------


def _fields(name: str, compare: Callable[[str, str], bool]) -> Callable[[Reader, str], Predicate]:
    """Return the reading of a comparison with another field."""
    function = Function(
        f"logsql.{name}", lambda one, two: _compared(one, two, compare), strict=False
    )

    def make(reader: Reader, field: str, other: str, span: Span) -> Predicate:
        mine, theirs = (_value(reader, one, span) for one in (field, other))
        if mine == theirs:
            return Constant(Truth.of(name != "lt_field"), span)
        call = Call(function, (mine, theirs), span)
        return Condition(expression=call, truth=Truth.of, span=span)

    return _one(make)


def _value(reader: Reader, field: str, span: Span) -> Expression:
    name = reader.name(field, span)
    return Literal(None) if name is None else FieldValue(name, span=span)


def _compared(one: Any, two: Any, compare: Callable[[str, str], bool]) -> bool:
    left, right = ("" if value is None else str(value) for value in (one, two))
    answer = compare(left, right)
    for text in (left, right):
        if any(value.text != text for value in stored(text)):
            message = "one of the values may be stored in another form"
            raise Fault(message)
    return answer


def _at_most(one: str, two: str) -> bool:
    left, right = numbers.number(one), numbers.number(two)
    if left is None or right is None or math.isnan(left) or math.isnan(right):
        return one <= two
    return left <= right


def _less(one: str, two: str) -> bool:
    left, right = numbers.number(one), numbers.number(two)
    if left is None or right is None or math.isnan(left) or math.isnan(right):
        return one < two
    return left < right


CALLS.update(
    {
        "{": stream,
        ">": _compare,
        "<": _compare,
        "contains_all": _values(_has_all),
        "contains_any": _values(_has_any),
        "contains_common_case": _common_case(_has_any),
        "eq_field": _fields("eq_field", lambda one, two: one == two),
        "equals_common_case": _common_case(_one_of),
        "exact": _maybe_prefix(tests.Exact, tests.ExactPrefix),
        "i": _maybe_prefix(tests.AnyCasePhrase, tests.AnyCasePrefix),
        "in": _values(_one_of),
        "ipv4_range": _addresses(numbers.ipv4, 32),
        "ipv6_range": _addresses(ipv6, 128),
        "json_array_contains_any": _texts(_has_element),
        "le_field": _fields("le_field", _at_most),
        "len_range": _two(_length),
        "lt_field": _fields("lt_field", _less),
        "pattern_match": _pattern(""),
        "pattern_match_full": _pattern("full"),
        "pattern_match_prefix": _pattern("prefix"),
        "pattern_match_suffix": _pattern("suffix"),
        "range": _range,
        "re": _one(_expression),
        "seq": _texts(_sequence),
        "string_range": _two(_strings),
        "value_type": _one(_value_type),
    }
)
