"""What each construct of KQL does, and the settings of Kibana that change it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.ir import Operator, Semantics, Truth
from harness.ir.cells import Lookup
from harness.languages._base import Option

OPERATORS: Mapping[str, Operator] = {
    "field: value": Operator(
        summary=(
            "The exact whole value on keyword fields; any token on text fields; a number, address, "
            "CIDR block, boolean or date as the field's type reads it."
        )
    ),
    'field: "value"': Operator(
        summary="As without quotes; on text fields the tokens in order; no wildcards or keywords."
    ),
    "field: val*": Operator(
        summary=(
            "The whole value of a field of the keyword family; elsewhere a query_string, which "
            "splits at blanks and looks at single tokens of text."
        ),
        wildcards="*",
    ),
    "field: *": Operator(summary="The field has an indexed value; the empty text is one."),
    "field < value": Operator(
        summary="Before a value in the order of the field's type; also <=, > and >=."
    ),
    "field: (a or b)": Operator(
        summary="Each value is a test of its own; and, or, not and brackets join them."
    ),
    "field: { a: x and b: y }": Operator(
        summary="One object of a nested field meets all of the inner clauses."
    ),
    "value": Operator(summary="A value without a field is looked for in all fields, leniently."),
    "not": Operator(
        summary="The opposite; documents without the field pass.",
        missing=Truth.TRUE,
    ),
}
WILDCARD = OPERATORS["field: val*"].wildcards

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    operators=OPERATORS,
    typed=True,
    notes=(
        "not binds tightest, then and, then or; the words may be written in any letter case.",
        "An unquoted value reaches over blanks up to the next and, or, not or special character.",
        "Keyword fields are compared with their letter case; there is no operator to ignore it.",
        "Any value of a list may match; a negation needs every value to differ.",
        "A field that is not mapped matches nothing, so its negation always does.",
        "The question mark is an ordinary character; only * is a wildcard.",
    ),
)

OPTIONS = (
    Option(
        name="version",
        default="newest",
        summary="The version of Kibana and Elasticsearch, such as 7.17, 8.11 or 9.3.",
    ),
    Option(
        name="data_view",
        default="true",
        summary="Whether Kibana knows the fields of the index when it builds the query.",
    ),
    Option(
        name="allow_leading_wildcard",
        default="true",
        summary="Kibana's query:allowLeadingWildcards; detection rules always allow them.",
    ),
    Option(
        name="time_zone",
        default="UTC",
        summary="Kibana's dateFormat:tz, of dates without an offset; detection rules use UTC.",
    ),
    Option(
        name="default_field",
        default="*",
        summary="index.query.default_field: what a value without a field is looked for in.",
    ),
    Option(
        name="lenient",
        default="unset",
        summary="index.query_string.lenient: type errors in query_string are no match.",
    ),
)
