"""The operators of LogScale, as documented flags."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

OPERATORS = {
    "=": Operator(
        summary="The whole value is this text, letter case counts; =* asks for the field.",
        wildcards="*",
    ),
    "!=": Operator(
        summary="The opposite of =, so it holds where the field is missing.",
        wildcards="*",
        missing=Truth.TRUE,
    ),
    "like": Operator(summary="The value contains this text, letter case counts.", wildcards="*"),
    "= /regex/": Operator(
        summary="The expression matches somewhere in the value; flag i ignores letter case.",
        dialect="java",
    ),
    "!= /regex/": Operator(
        summary="The opposite of = /regex/.", dialect="java", missing=Truth.TRUE
    ),
    "<": Operator(summary="The number is less; false for text."),
    "<=": Operator(summary="The number is at most; false for text."),
    ">": Operator(summary="The number is greater; false for text."),
    ">=": Operator(summary="The number is at least; false for text."),
    "free text": Operator(
        summary="The text stands in any field but tags and @id, @timestamp, @ingesttimestamp.",
        wildcards="*",
    ),
    "/regex/": Operator(
        summary="The expression matches somewhere in a field that free text is looked up in.",
        dialect="java",
    ),
    "in()": Operator(summary="One of the values, each compared as with =.", wildcards="*"),
    "wildcard()": Operator(summary="The whole value matches the pattern.", wildcards="*"),
    "ignoreCase=true": Operator(
        summary="in() and wildcard() without regard to letter case.",
        case=Case.ASCII,
        wildcards="*",
    ),
    "regex()": Operator(
        summary="The expression matches somewhere in one field, @rawstring by default.",
        dialect="java",
    ),
    "cidr()": Operator(summary="The value is an address in one of the networks."),
    "test()": Operator(summary="The expression is true; false where a field in it is missing."),
}
"""The operators and filter functions of the language."""

PRECEDENCE = ("undecided", "grammar")
OPTIONS = (
    Option(
        name="precedence",
        default=PRECEDENCE[0],
        summary="a or b and c: grammar reads (a or b) and c; undecided gives no answer where "
        "the reading a or (b and c), also found in the manual, gives another one.",
    ),
)

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators=OPERATORS,
    notes=(
        "or binds tighter than and, written or implied; not binds tightest.",
        "Field names and values are case-sensitive; values are text.",
        "Nested keys have names like a.b, items of lists like a[0]; a list itself has no value.",
        "Free text sees the event as it was before the first step.",
        "sort, table and select pass; an aggregate is not evaluated.",
    ),
)
