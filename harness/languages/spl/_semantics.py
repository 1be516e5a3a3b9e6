"""The operators of Splunk's search and eval expressions, as documented flags."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth

SEARCH = {
    "=": Operator(
        summary="The value's text is this, in any letter case; a network matches its addresses.",
        case=Case.UNICODE,
        wildcards="*",
    ),
    "!=": Operator(
        summary="The field is there and one of its values differs.",
        case=Case.UNICODE,
        wildcards="*",
    ),
    "IN": Operator(
        summary="One of the values of the list, each compared as with =.",
        case=Case.UNICODE,
        wildcards="*",
    ),
    "<": Operator(summary="Less: as numbers if both are, else as text by code point."),
    "<=": Operator(summary="At most: as numbers if both are, else as text by code point."),
    ">": Operator(summary="Greater: as numbers if both are, else as text by code point."),
    ">=": Operator(summary="At least: as numbers if both are, else as text by code point."),
    "word": Operator(
        summary="A bare word or phrase stands in _raw, bounded by segment breakers.",
        case=Case.UNICODE,
        wildcards="*",
    ),
    "TERM()": Operator(
        summary="The text stands in _raw, bounded by major breakers.",
        case=Case.UNICODE,
        wildcards="*",
    ),
    "CASE()": Operator(summary="A word or value in exactly this letter case.", wildcards="*"),
}
"""The operators of the search command."""

EVAL = {
    "where =": Operator(
        summary="Equality in where and eval: numbers as numbers, text in its letter case.",
        missing=Truth.UNKNOWN,
    ),
    "where <": Operator(
        summary="Order in where and eval: as numbers if one side is a number and both look so.",
        missing=Truth.UNKNOWN,
    ),
    "like()": Operator(
        summary="The whole value matches a pattern of % (any text) and _ (one character).",
        wildcards="%_",
        missing=Truth.UNKNOWN,
    ),
    "match()": Operator(
        summary="The expression matches somewhere in the value.",
        missing=Truth.UNKNOWN,
        dialect="pcre",
    ),
    "in()": Operator(summary="One of the values, each compared as with =.", missing=Truth.UNKNOWN),
    "cidrmatch()": Operator(
        summary="The address lies in the network, IPv4 or IPv6.", missing=Truth.UNKNOWN
    ),
    "regex =": Operator(
        summary="Keeps events where the expression matches somewhere in the field.", dialect="pcre"
    ),
    "regex !=": Operator(
        summary="Keeps events where the expression matches nowhere in the field.",
        missing=Truth.UNDEFINED,
        dialect="pcre",
    ),
}
"""The operators of where, eval and regex."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators={**SEARCH, **EVAL},
    notes=(
        "In search, OR binds tighter than AND; in where and eval, AND binds tighter than OR.",
        "Field names are case-sensitive; fields are those that search-time extraction found.",
        (
            "A list is a multivalue field; in where and eval an answer on which its values "
            "disagree is undefined."
        ),
        "Events are judged one by one: head, tail, sort and dedup do not count other events.",
        "NOT on a comparison with a missing field is undefined in where and eval.",
    ),
)
