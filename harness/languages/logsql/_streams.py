"""Stream filters: ``{app="nginx", host!~"db.*" or app in (a, b)}``.

https://docs.victoriametrics.com/victorialogs/logsql/#stream-filter
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import TEXT, TRUE, And, Atom, Check, Constant, Equals, Not, Or, Predicate, Truth
from harness.ir.regexes import compile_regex
from harness.languages.logsql._filters import Reader
from harness.languages.logsql._regex import DIALECT, validated
from harness.source import Span

STREAM = "_stream"
UNKNOWN = Truth.UNKNOWN
"""What a stream filter gives where the fields of the stream are not told."""


@dataclass(frozen=True, slots=True)
class Covers:
    """An expression covers the whole value."""

    pattern: str

    def accepts(self, value: Any) -> bool:
        if "\n" in value:
            message = "VictoriaLogs reads a dot and a line feed otherwise in some expressions"
            raise Fault(message)
        return compile_regex(self.pattern, DIALECT, whole=True).matches(value)

    def describe(self) -> str:
        return f"is /{self.pattern}/ ({DIALECT})"


@dataclass(frozen=True, slots=True)
class OneOfTexts:
    """The value is one of several texts."""

    values: frozenset[str]

    def accepts(self, value: Any) -> bool:
        return value in self.values

    def describe(self) -> str:
        return f"is one of {sorted(self.values)!r}"


def stream(reader: Reader, field: str) -> Predicate:
    """``stream := "{" all ("or" all)* "}"``."""
    tokens = reader.tokens
    start = tokens.at
    if field not in {"", STREAM}:
        tokens.fail(f"a stream filter is no filter of {field!r}", "write it alone: {…}")
    tokens.expect("{")
    alternatives = [_all(reader)]
    while tokens.take("or"):
        if tokens.said("}"):
            tokens.fail("a test is missing behind 'or'")
        alternatives.append(_all(reader))
    tokens.expect("}")
    span = tokens.since(start)
    if not any(alternatives):
        return TRUE
    source = reader.fields.resolve(STREAM)
    if source != STREAM:
        if source is not None:
            tokens.unsupported(f"{source} renamed to _stream", "it is read as a stream", span)
        return Constant(Truth.FALSE, span)
    if reader.streams is None:
        return Constant(UNKNOWN, span)
    found = [_joined(one) for one in alternatives]
    return found[0] if len(found) == 1 else Or(tuple(found))


def _joined(items: list[Predicate]) -> Predicate:
    return items[0] if len(items) == 1 else And(tuple(items)) if items else TRUE


def _all(reader: Reader) -> list[Predicate]:
    """``all := [test ("," test)* [","]]``."""
    found: list[Predicate] = []
    while not reader.tokens.said("}"):
        found.append(_test(reader))
        if reader.tokens.said("or", "}"):
            break
        reader.tokens.expect(",")
    return found


def _test(reader: Reader) -> Predicate:
    """``test := name ("=" | "!=" | "=~" | "!~") text | name ("in" | "not_in") "(" texts ")"``."""
    tokens = reader.tokens
    start = tokens.at
    name = tokens.compound()
    sign = tokens.expect("=", "!=", "=~", "!~", "in", "not_in").text
    if sign in {"in", "not_in"}:
        check, all_ = _listed(reader)
    elif sign.lower() != sign:
        tokens.unsupported(f"the operator {sign}", "the server fails on it", tokens.since(start))
    else:
        check, all_ = _valued(reader, sign), False
    span = tokens.since(start)
    found = TRUE if all_ else _of_field(reader, name, check, span)
    return Not(found) if sign in {"!=", "!~", "not_in"} else found


def _listed(reader: Reader) -> tuple[Check, bool]:
    """``"(" [text ("," text)* [","]] ")"``; the flag tells a ``*`` among them."""
    tokens = reader.tokens
    tokens.expect("(")
    found, starred = [], False
    while not tokens.said(")"):
        if tokens.take("*"):
            starred = True
        else:
            found.append(tokens.compound())
        if not tokens.said(")"):
            tokens.expect(",")
    tokens.next()
    return OneOfTexts(frozenset(found or ("",))), starred


def _valued(reader: Reader, sign: str) -> Check:
    start = reader.tokens.at
    text = reader.tokens.compound()
    if sign in {"=", "!="}:
        return Equals(text)
    return Covers(validated(reader.tokens.source, text, reader.tokens.since(start)))


def _of_field(reader: Reader, name: str, check: Check, span: Span) -> Predicate:
    """Return the test of a stream's field, which is the entry's; others are empty."""
    empty = Truth.of(check.accepts(""))
    if name not in (reader.streams or ()):
        return Constant(empty, span)
    return Atom(field=name, check=check, view=TEXT, missing=empty, span=span)
