"""The operators of PowerQuery, as documented flags."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.ir import Case, Lookup, Operator, Order, Semantics, Truth
from harness.languages._base import Option

_LETTERS = Case.UNICODE
_REGEX = "java"
_OPEN = Truth.UNDEFINED

OPERATORS = {
    "=": Operator(summary="The value is this, in its letter case; undefined across types."),
    "!=": Operator(summary="The opposite of =.", missing=_OPEN),
    "<": Operator(summary="Less: numbers by size, text by characters.", missing=_OPEN),
    "<=": Operator(summary="At most: numbers by size, text by characters.", missing=_OPEN),
    ">": Operator(summary="Greater: numbers by size, text by characters.", missing=_OPEN),
    ">=": Operator(summary="At least: numbers by size, text by characters.", missing=_OPEN),
    "= *": Operator(summary="The field has a value."),
    "in": Operator(summary="The value is in the list, in its letter case."),
    "in:anycase": Operator(summary="The value is in the list, in any letter case.", case=_LETTERS),
    "not in": Operator(summary="Is read, and finds nothing."),
    "contains": Operator(summary="The text stands in the value, in any case.", case=_LETTERS),
    "contains:matchcase": Operator(summary="The text stands in the value, in its letter case."),
    "!contains": Operator(
        summary="The opposite of contains, with the same suffixes.", case=_LETTERS, missing=_OPEN
    ),
    "matches": Operator(
        summary="The expression matches somewhere in the value, in any letter case.",
        case=Case.ASCII,
        dialect=_REGEX,
    ),
    "matches:matchcase": Operator(
        summary="The expression matches somewhere in the value, in its letter case.",
        dialect=_REGEX,
    ),
    "* contains": Operator(summary="The text stands in some field.", case=_LETTERS),
    "* matches": Operator(
        summary="The expression matches in some field.", case=Case.ASCII, dialect=_REGEX
    ),
    "text": Operator(
        summary="A word or text alone stands in message; undefined where only case differs."
    ),
    '$"regex"': Operator(
        summary="The expression, its backslashes written once, matches in message.",
        case=Case.ASCII,
        dialect=_REGEX,
    ),
}
"""The operators, by the spelling that a user knows."""

_SAME = {
    "==": "=",
    "in:matchcase": "in",
    "contains:anycase": "contains",
    "matches:anycase": "matches",
}
TEXT_OPERATORS = frozenset(
    {
        f"{word}{suffix}"
        for word in ("in", "contains", "matches")
        for suffix in ("", ":anycase", ":matchcase")
    }
)
"""The operators that are words, with the suffixes that turn their letter case round."""
ORDERS: Mapping[str, Order] = MappingProxyType(
    {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
)
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""An order with its sides exchanged."""


def operator(spelling: str) -> Operator:
    """Return what a spelling means."""
    return OPERATORS[_SAME.get(spelling, spelling)]


OPTIONS = (
    Option(
        name="missing",
        default="undecided",
        summary="A field that is not there under !=, !contains and <: undecided, matches, drops.",
    ),
)
MISSING: Mapping[str, tuple[Truth, Truth]] = MappingProxyType(
    {
        "undecided": (OPERATORS["!="].missing, OPERATORS["<"].missing),
        "matches": (Truth.TRUE, Truth.FALSE),
        "drops": (Truth.FALSE, Truth.FALSE),
    }
)
"""The outcome on a missing field of a negated operator and of an order, by the option's value."""

SEMANTICS = Semantics(
    lookup=Lookup.LITERAL_FIRST,
    operators=OPERATORS,
    notes=(
        "NOT binds tightest, then AND, written or implied, then OR.",
        "A backslash in a text is written twice, and one in a regular expression four times.",
        "No value holds wildcards; * stands for a value only in field = *.",
        "NOT is two-valued: what is not true on a missing field becomes true.",
        "Of sort, limit and columns only what stands before them decides about an event.",
    ),
)
