"""The operators and options of PPL, as documented flags."""

from __future__ import annotations

from collections.abc import Mapping

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

OPERATORS: Mapping[str, Operator] = {
    "=": Operator(
        summary="Equal, also ==: text in its letter case, numbers by value, addresses as such.",
        missing=Truth.UNKNOWN,
    ),
    "!=": Operator(summary="Not equal; not true without the field.", missing=Truth.UNKNOWN),
    "<": Operator(summary="Less, also <= > >=: text by code point.", missing=Truth.UNKNOWN),
    "IN": Operator(
        summary="One of the values, each compared as with =; all are of one type.",
        missing=Truth.UNKNOWN,
    ),
    "BETWEEN": Operator(summary="Between two bounds, both included.", missing=Truth.UNKNOWN),
    "LIKE": Operator(
        summary=(
            "The whole text fits a pattern, in any letter case unless the third argument of like()"
            " is true, or plugins.ppl.syntax.legacy.preferred is false."
        ),
        case=Case.ASCII,
        wildcards="%_",
        missing=Truth.UNKNOWN,
    ),
    "contains": Operator(
        summary="The text holds another one, in any letter case.",
        case=Case.ASCII,
        missing=Truth.UNKNOWN,
    ),
    "REGEXP": Operator(
        summary="An expression matches the text; the whole of it before 3.3.",
        missing=Truth.UNKNOWN,
        dialect="java",
    ),
    "regexp_match": Operator(
        summary="An expression matches somewhere in the text; also the regex command.",
        missing=Truth.UNKNOWN,
        dialect="java",
    ),
    "cidrmatch": Operator(
        summary="The address lies in a network; text that is no address is an error.",
        missing=Truth.UNKNOWN,
    ),
    "match": Operator(
        summary="A full-text query on the field: the whole value of a keyword, tokens of text.",
        missing=Truth.UNKNOWN,
    ),
    "isnull": Operator(summary="The field has no value.", missing=Truth.TRUE),
}
"""The operators and tests of conditions; those of the search command are query_string's."""

OPTIONS = (
    Option(
        name="version",
        default="newest",
        summary="The OpenSearch version, such as 2.19 or 3.3, which brought a new engine.",
    ),
    Option(
        name="legacy",
        default="true",
        summary="plugins.ppl.syntax.legacy.preferred: LIKE without regard to letter case.",
    ),
    Option(
        name="dynamic",
        default="false",
        summary=(
            "Whether strings are mapped as without a template: text, with a sub-field keyword of"
            " at most 256 characters."
        ),
    ),
    Option(
        name="default_field",
        default="*",
        summary="index.query.default_field: what words of the search command look at.",
    ),
)

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    operators=OPERATORS,
    typed=True,
    unknown=Truth.FALSE,
    notes=(
        (
            "where binds NOT, AND, XOR, OR in this order and knows three outcomes: a comparison "
            "with a missing field is unknown, and so is its negation."
        ),
        (
            "The search command binds NOT, OR, AND in this order and becomes a query_string "
            "query: NOT keeps events without the field, != does not (3.3 and later)."
        ),
        "Before 3.3 NOT in where keeps events without the field.",
        "One value of a list is enough; a negation needs all values to differ.",
        "Events are judged one by one: head, sort and reverse keep every event.",
        "A name that neither types nor events know counts as a keyword without values.",
    ),
)
