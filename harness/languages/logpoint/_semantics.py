"""The operators of Logpoint's search language, as documented flags."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option
from harness.languages._raw import RAW_OPTION

PLACEHOLDERS = ("kept", "dropped")

OPERATORS = {
    "=": Operator(
        summary="The whole value is this, in any letter case; =* asks whether the field is there.",
        case=Case.UNICODE,
        wildcards="*?",
    ),
    "!=": Operator(
        summary="The opposite of =, so it holds where the field is missing.",
        case=Case.UNICODE,
        wildcards="*?",
        missing=Truth.TRUE,
    ),
    "IN": Operator(
        summary="One of the values of the list, each compared as with =.",
        case=Case.UNICODE,
        wildcards="*?",
    ),
    "<": Operator(summary="The number is less; undefined for text."),
    "<=": Operator(summary="The number is at most; undefined for text."),
    ">": Operator(summary="The number is greater; undefined for text."),
    ">=": Operator(summary="The number is at least; undefined for text."),
    "word": Operator(
        summary="A bare word or quoted phrase stands in msg; undefined inside a longer word.",
        case=Case.UNICODE,
        wildcards="*?",
    ),
    "process regex": Operator(
        summary="Extracts groups, or filters; undefined where only the letter case differs.",
        dialect="python",
    ),
    "match()": Operator(
        summary="In process eval: the expression matches somewhere in the field.",
        missing=Truth.UNKNOWN,
        dialect="python",
    ),
    "issubstr()": Operator(
        summary="In process eval: the text stands in the field; undefined in another letter case.",
        missing=Truth.UNKNOWN,
    ),
    "eval =": Operator(
        summary="In process eval: equal, numbers as numbers; undefined in another letter case.",
        missing=Truth.UNKNOWN,
    ),
}
"""The operators and tests of the language."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators=OPERATORS,
    notes=(
        "OR binds tighter than AND, written or implied; NOT and - bind tightest.",
        "Field names are case-sensitive; words are looked up in msg.",
        "There is no escape character: a backslash stands for itself.",
        "Of chart, latest, order and limit only the part before them decides about a log.",
    ),
)

OPTIONS = (
    Option(
        name="placeholders",
        default="kept",
        summary="Fields of an event that are a dash: kept, or dropped as normalisers do.",
    ),
    RAW_OPTION,
)
