"""The operators of S1QL version 1 and their spellings, as documented flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from harness.ir import Case, Lookup, Operator, Order, Semantics, Truth
from harness.languages._base import Option


class Kind(Enum):
    """What an operator tests."""

    EQUAL = "the whole value"
    CONTAINS = "a part of the value"
    STARTS = "the beginning of the value"
    ENDS = "the end of the value"
    REGEX = "a regular expression"
    ORDER = "an order of numbers"
    BETWEEN = "a range of numbers"
    FILLED = "that there is a value"
    FLAG = "a Boolean"


_ANY = Case.UNICODE
_OPEN = Truth.UNDEFINED
_OPEN_CASE = "undefined where only letter case differs, unless the option plain_case says"

OPERATORS = {
    "=": Operator(summary="The whole value is this, in its letter case."),
    "!=": Operator(summary="The opposite of =.", missing=_OPEN),
    "In": Operator(summary="The whole value is in the list, in its letter case."),
    "In AnyCase": Operator(summary="The whole value is in the list, in any case.", case=_ANY),
    "Not In": Operator(summary="The opposite of In.", missing=_OPEN),
    "Not In AnyCase": Operator(summary="The opposite of In AnyCase.", case=_ANY, missing=_OPEN),
    "Contains": Operator(summary=f"The text stands in the value; {_OPEN_CASE}."),
    "ContainsCIS": Operator(summary="The text stands in the value, in any case.", case=_ANY),
    "Does Not Contain": Operator(summary="The opposite of Contains.", missing=_OPEN),
    "Does Not ContainCIS": Operator(
        summary="The opposite of ContainsCIS.", case=_ANY, missing=_OPEN
    ),
    "In Contains": Operator(summary=f"One text of the list stands in the value; {_OPEN_CASE}."),
    "In Contains AnyCase": Operator(
        summary="One text of the list stands in the value, in any case.", case=_ANY
    ),
    "StartsWith": Operator(summary=f"The value begins with the text; {_OPEN_CASE}."),
    "StartsWithCIS": Operator(summary="The value begins with the text, in any case.", case=_ANY),
    "EndsWith": Operator(summary=f"The value ends with the text; {_OPEN_CASE}."),
    "EndsWithCIS": Operator(summary="The value ends with the text, in any case.", case=_ANY),
    "RegExp": Operator(
        summary="The expression matches somewhere in the value, in its letter case unless (?i).",
        dialect="java",
    ),
    "<": Operator(summary="The number is less; undefined for text."),
    "<=": Operator(summary="The number is at most; undefined for text."),
    ">": Operator(summary="The number is greater; undefined for text."),
    ">=": Operator(summary="The number is at least; undefined for text."),
    "Between": Operator(summary="The number lies between two, both included."),
    "Exists": Operator(summary="The field has a value."),
    "Is Not Empty": Operator(summary="The field has a value; undefined for an empty text."),
    "Is Empty": Operator(
        summary="The field has no value; undefined for an empty text.", missing=Truth.TRUE
    ),
    "Is True": Operator(summary="The flag is set; undefined for text and numbers."),
    "Is False": Operator(summary="The flag is there and not set; undefined for text and numbers."),
}
"""The operators, by the spelling that SentinelOne's own queries use."""

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of an operator: which it is, and whether its opposite is meant.

    ``plain`` marks the operators whose letter case no page states.
    """

    name: str
    kind: Kind
    listed: bool = False
    negated: bool = False
    plain: bool = False


def _forms() -> dict[str, Form]:
    forms = {
        "=": Form("=", Kind.EQUAL),
        "!=": Form("!=", Kind.EQUAL, negated=True),
        "in": Form("In", Kind.EQUAL, listed=True),
        "not in": Form("Not In", Kind.EQUAL, listed=True, negated=True),
        "notin": Form("Not In", Kind.EQUAL, listed=True, negated=True),
        "in anycase": Form("In AnyCase", Kind.EQUAL, listed=True),
        "not in anycase": Form("Not In AnyCase", Kind.EQUAL, listed=True, negated=True),
        "in contains": Form("In Contains", Kind.CONTAINS, listed=True, plain=True),
        "in contains anycase": Form("In Contains AnyCase", Kind.CONTAINS, listed=True),
        "does not contain": Form("Does Not Contain", Kind.CONTAINS, negated=True, plain=True),
        "does not containcis": Form("Does Not ContainCIS", Kind.CONTAINS, negated=True),
        "regexp": Form("RegExp", Kind.REGEX),
        "between": Form("Between", Kind.BETWEEN),
        "exists": Form("Exists", Kind.FILLED),
        "is not empty": Form("Is Not Empty", Kind.FILLED),
        "is empty": Form("Is Empty", Kind.FILLED, negated=True),
        "is true": Form("Is True", Kind.FLAG),
        "is false": Form("Is False", Kind.FLAG),
    }
    for sign in ORDERS:
        forms[sign] = Form(sign, Kind.ORDER)
    kinds = {"Contains": Kind.CONTAINS, "StartsWith": Kind.STARTS, "EndsWith": Kind.ENDS}
    for name, kind in kinds.items():
        word = name.lower()
        forms[word] = Form(name, kind, plain=True)
        forms[f"{word}cis"] = forms[f"{word} anycase"] = Form(f"{name}CIS", kind)
    return forms


FORMS: Mapping[str, Form] = MappingProxyType(_forms())
"""Every spelling, in lower case with single blanks."""
LONGEST = max(len(one.split()) for one in FORMS)
"""Words of the longest spelling."""

OPTIONS = (
    Option(
        name="plain_case",
        default="undecided",
        summary="Letter case in Contains, StartsWith, EndsWith: undecided, sensitive or any.",
    ),
    Option(
        name="missing",
        default="undecided",
        summary="A field that is not there under NOT, != and so on: undecided, matches or drops.",
    ),
)
MISSING = {
    "undecided": OPERATORS["!="].missing,
    "matches": Truth.FALSE,
    "drops": Truth.UNKNOWN,
}
"""What a test on a missing field gives below a negation, by the option's value."""
PLAIN_CASE = {
    "undecided": (Case.SENSITIVE, _ANY),
    "sensitive": (Case.SENSITIVE,),
    "any": (_ANY,),
}
"""The readings of an operator without CIS or AnyCase, by the option's value."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT_CASELESS,
    operators=OPERATORS,
    notes=(
        "Operators, keywords and field names are read in any letter case.",
        "NOT binds tightest; AND beside OR needs parentheses.",
        'A backslash is an ordinary character, and \\" stands for a double quote.',
        "Values hold no wildcards.",
        "A missing field fails every test; below a negation the outcome is undefined.",
    ),
)
