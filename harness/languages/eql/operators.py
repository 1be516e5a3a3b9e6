"""The operators of EQL and the functions that the index answers, as a documented table."""

from __future__ import annotations

from harness.ir import Case, Operator

_PATTERN = "*?"

OPERATORS = {
    "==": Operator(
        summary="Some value equals the constant, letter case and wildcards taken literally."
    ),
    "!=": Operator(
        summary="The negation of '==': true where no value equals, so also without the field."
    ),
    "<": Operator(summary="Some value is less; text in the order of code points."),
    "<=": Operator(summary="Some value is at most this."),
    ">": Operator(summary="Some value is greater."),
    ">=": Operator(summary="Some value is at least this."),
    "in": Operator(summary="Some value equals one of the constants of the list."),
    "in~": Operator(
        summary="Some value equals one of the texts of the list in any letter case.",
        case=Case.ASCII,
    ),
    ":": Operator(
        summary="Some value equals one of the texts in any letter case; with '*' or '?' in a "
        "text, the whole value fits it as a pattern.",
        case=Case.ASCII,
        wildcards=_PATTERN,
    ),
    "like": Operator(
        summary="The whole of some value fits one of the patterns.", wildcards=_PATTERN
    ),
    "like~": Operator(
        summary="The whole of some value fits one of the patterns in any letter case.",
        case=Case.ASCII,
        wildcards=_PATTERN,
    ),
    "regex": Operator(
        summary="A Lucene regular expression covers the whole of some value.", dialect="lucene"
    ),
    "regex~": Operator(
        summary="As 'regex', literal characters in any letter case.",
        case=Case.ASCII,
        dialect="lucene",
    ),
    "startsWith": Operator(summary="Some value begins with the text."),
    "startsWith~": Operator(
        summary="Some value begins with the text in any letter case.", case=Case.ASCII
    ),
    "endsWith": Operator(summary="Some value ends with the text."),
    "endsWith~": Operator(
        summary="Some value ends with the text in any letter case.", case=Case.ASCII
    ),
    "stringContains": Operator(summary="Some value contains the text; every value contains ''."),
    "stringContains~": Operator(
        summary="Some value contains the text in any letter case.", case=Case.ASCII
    ),
    "wildcard": Operator(
        summary="The whole of some value fits one of the patterns.", wildcards=_PATTERN
    ),
    "wildcard~": Operator(
        summary="The whole of some value fits one of the patterns in any letter case.",
        case=Case.ASCII,
        wildcards=_PATTERN,
    ),
    "cidrMatch": Operator(summary="Some address lies in one of the blocks."),
}
"""Operators, and functions of one field against constants, by spelling."""
