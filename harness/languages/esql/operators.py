"""The operators of ES|QL and the functions that test one column, as a documented table."""

from __future__ import annotations

from harness.ir import Case, Operator, Truth

_NULL = Truth.UNKNOWN


def _one(summary: str, *, wildcards: str = "", dialect: str = "") -> Operator:
    """Return an operator on one value: null without a value and for several."""
    return Operator(
        summary=summary,
        case=Case.SENSITIVE,
        wildcards=wildcards,
        missing=_NULL,
        dialect=dialect,
    )


OPERATORS = {
    "==": _one("The value equals the other, letter case and wildcards taken literally."),
    "!=": _one("The negation of '==': null, so no match, without a value."),
    "<": _one("The value is less; text in the order of code points."),
    "<=": _one("The value is at most this."),
    ">": _one("The value is greater."),
    ">=": _one("The value is at least this."),
    "IN": _one("The value equals one of the list; null in the list makes a miss null."),
    "LIKE": _one(
        "The whole value fits the pattern, or one of a list; a backslash escapes a wildcard.",
        wildcards="*?",
    ),
    "RLIKE": _one(
        "A Lucene regular expression, or one of a list, covers the whole value.",
        dialect="lucene",
    ),
    "STARTS_WITH": _one("The value begins with the text."),
    "ENDS_WITH": _one("The value ends with the text."),
    "CONTAINS": _one("The value contains the text."),
    "CIDR_MATCH": _one("The address lies in one of the blocks."),
    ":": Operator(
        summary="The index finds the text in some value: the exact value of a keyword, any "
        "word of a text; false without a value."
    ),
}
"""Operators, and functions of one column against constants, by spelling."""
