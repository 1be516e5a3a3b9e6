"""Tests that the event log service applies to a recorded event: the leaves of its queries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from harness.ir import (
    NUMBER,
    TEXT,
    TRUE,
    Atom,
    Condition,
    Constant,
    Equals,
    FieldValue,
    Has,
    Not,
    Order,
    Ordered,
    Predicate,
    Presence,
    Truth,
    View,
    as_number,
    as_text,
    fold,
)
from harness.ir.cells import leaves
from harness.ir.nodes import Call, Function, Quantifier
from harness.ir.values import Case
from harness.languages.powershell.values import read_date
from harness.languages.powershell.wildcards import glob, has_wildcards
from harness.source import Span

CHILDREN: dict[str, str] = {
    "Provider": "",
    "EventID": "Id",
    "Version": "Version",
    "Level": "Level",
    "Task": "Task",
    "Opcode": "Opcode",
    "Keywords": "Keywords",
    "TimeCreated": "",
    "EventRecordID": "RecordId",
    "Correlation": "",
    "Execution": "",
    "Channel": "LogName",
    "Computer": "MachineName",
    "Security": "",
}
"""Elements below System, and the property that holds their text (System event schema)."""
ATTRIBUTES: dict[tuple[str, str], str] = {
    ("Provider", "Name"): "ProviderName",
    ("Provider", "Guid"): "ProviderId",
    ("EventID", "Qualifiers"): "Qualifiers",
    ("TimeCreated", "SystemTime"): "TimeCreated",
    ("Correlation", "ActivityID"): "ActivityId",
    ("Correlation", "RelatedActivityID"): "RelatedActivityId",
    ("Execution", "ProcessID"): "ProcessId",
    ("Execution", "ThreadID"): "ThreadId",
    ("Security", "UserID"): "UserId",
}
"""Attributes below System, and the property that holds them."""
_NUMERIC = frozenset(
    {"Id", "Version", "Level", "Task", "Opcode", "RecordId", "Qualifiers", "ProcessId", "ThreadId"}
)
_NUMBER_TEXT = re.compile(r"-?(?:0[xX][0-9A-Fa-f]{1,16}|\d{1,20}(?:\.\d{1,20})?)")
_BITS = 2**64


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to: a field; ``=name`` for a known text; ``*`` for all event data."""

    field: str
    numeric: bool


ANY_DATA = Target("*", numeric=False)


def target(name: str) -> Target:
    """Return the target that a property is."""
    return Target(name, numeric=name in _NUMERIC)


def number_of(text: str) -> float | None:
    """Return the number that a literal spells, decimal or hexadecimal."""
    if not _NUMBER_TEXT.fullmatch(text):
        return None
    return float(int(text, 16)) if "x" in text.lower() else float(text)


def unsigned(text: str) -> int:
    """Return an integer literal as 64 bits without sign."""
    return (
        int(text, 0 if "x" in text.lower() else 10) % _BITS if "." not in text else int(float(text))
    )


def _bits(value: Any) -> Iterable[int]:
    text = as_text(value)
    found = number_of(text)
    return () if found is None else (unsigned(text),)


def _times(value: Any) -> Iterable[datetime]:
    moment = value if isinstance(value, datetime) else read_date(as_text(value))
    return () if moment is None else (moment,)


BITS = View("64 bits", _bits)
TIME = View("time", _times)


def _view(where: Target, *, numeric: bool) -> View:
    if where.field == "TimeCreated":
        return TIME
    if where.field == "Keywords":
        return BITS
    return NUMBER if numeric else TEXT


def present(where: Target, span: Span) -> Predicate:
    """Return whether the node is there."""
    if where.field.startswith("="):
        return TRUE
    if where.field == "*":
        return Condition(
            expression=Call(
                Function("event data", _data_texts), (FieldValue("EventData", raw=True),)
            ),
            truth=lambda value: Truth.of(bool(value)),
            span=span,
        )
    if where.field == "LogName":
        return Constant(Truth.TRUE, span)
    has = Has.KEY if where.field.startswith(("EventData", "UserData")) else Has.VALUE
    return Presence(field=where.field, has=has, span=span)


def _data_texts(data: Any) -> list[str]:
    found = data.values() if isinstance(data, dict) else leaves(data)
    return [as_text(leaf) for value in found for leaf in leaves(value)]


def equal(
    where: Target,
    text: str,
    number: float | None,
    case: Case,
    span: Span,
    *,
    negative: bool = False,
) -> Predicate:
    """Return ``node = literal``; a negative one needs a node that differs."""
    if where.field.startswith("="):
        return Constant(Truth.of((where.field[1:] == text) is not negative), span)
    if where.field == "*":
        return _any_data(text, number, case, span, negative=negative)
    check = Equals(text, case)
    numeric = number is not None
    if where.field == "TimeCreated":
        check = Equals(read_date(text))
    elif where.field == "Keywords" and numeric:
        check = Equals(unsigned(text))
    elif numeric:
        check = Equals(int(number) if number is not None and number.is_integer() else number)
    quantifier = Quantifier.ALL if negative else Quantifier.ANY
    missing = Truth.of(negative or where.field == "LogName")
    atom = Atom(
        field=where.field,
        check=check,
        view=_view(where, numeric=numeric),
        quantifier=quantifier,
        missing=missing,
        span=span,
    )
    return Not(atom) if negative else atom


def _any_data(
    text: str, number: float | None, case: Case, span: Span, *, negative: bool
) -> Predicate:
    """Return whether one Data element, whatever its name, compares."""

    def passes(data: Any) -> bool:
        return any(
            _data_equal(item, text, number, case) is not negative for item in _data_texts(data)
        )

    operator = "!=" if negative else "="
    name = f"event data {operator} {text!r} {number!r} {case.name}"
    return Condition(
        expression=Call(Function(name, passes), (FieldValue("EventData", raw=True),)),
        truth=lambda value: Truth.of(bool(value)),
        span=span,
    )


def _data_equal(item: str, text: str, number: float | None, case: Case) -> bool:
    if number is not None:
        return as_number(item) == number
    return fold(item, case) == fold(text, case)


def bound_of(where: Target, text: str) -> Any:
    """Return a literal as a bound of an ordering; ``None`` where nothing compares to it."""
    if where.field == "TimeCreated":
        return read_date(text)
    number = number_of(text)
    if number is None:
        return None
    if where.field == "Keywords":
        return unsigned(text)
    return int(number) if number.is_integer() else number


def ordered(where: Target, order: Order, bound: Any, span: Span) -> Predicate:
    """Return ``node < bound`` and the like."""
    if where.field.startswith(("=", "*")):
        return Constant(Truth.FALSE, span)
    return Atom(
        field=where.field,
        check=Ordered(order, bound),
        view=_view(where, numeric=True),
        span=span,
    )


def masked(where: Target, mask: int, operator: str, wanted: int, span: Span) -> Predicate:
    """Return whether the bits under a mask are, or are not, a number."""
    view = View(
        f"64 bits under mask {mask:#x}",
        lambda value: tuple(bits & mask for bits in _bits(value)),
    )
    negative = operator == "!="
    atom = Atom(
        field=where.field,
        check=Equals(wanted % _BITS),
        view=view,
        quantifier=Quantifier.ALL if negative else Quantifier.ANY,
        missing=Truth.of(negative),
        span=span,
    )
    return Not(atom) if negative else atom


def log_named(pattern: str, span: Span) -> Predicate:
    """Return whether the event is in a log; one that does not say belongs to the log asked."""
    return _named("LogName", pattern, span, missing=Truth.TRUE)


def provider_named(pattern: str, span: Span) -> Predicate:
    """Return whether a provider wrote the event."""
    return _named("ProviderName", pattern, span, missing=Truth.FALSE)


def _named(name: str, pattern: str, span: Span, *, missing: Truth) -> Predicate:
    check = glob(pattern, Case.UNICODE) if has_wildcards(pattern) else Equals(pattern, Case.UNICODE)
    return Atom(field=name, check=check, view=TEXT, missing=missing, span=span)
