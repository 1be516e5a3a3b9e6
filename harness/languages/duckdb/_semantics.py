"""The operators of DuckDB, as documented flags, and the options."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

_NULL = Truth.UNKNOWN

OPERATORS = {
    "=": Operator(
        summary="Equal, text in its letter case; a VARCHAR is cast to what it meets, and a text"
        " that cannot be is an error. == is the same, != and <> the opposite.",
        missing=_NULL,
    ),
    "<": Operator(
        summary="Less, and <=, >, >= likewise; a VARCHAR and a number are not compared.",
        missing=_NULL,
    ),
    "IS DISTINCT FROM": Operator(summary="Like !=, but NULL is a value like others."),
    "IN": Operator(summary="Equal to one of the list, all cast to one type.", missing=_NULL),
    "LIKE": Operator(
        summary="The whole text matches, in its letter case; without ESCAPE nothing is escaped.",
        wildcards="%_",
        missing=_NULL,
    ),
    "ILIKE": Operator(
        summary="LIKE with letters in any case.",
        case=Case.UNICODE,
        wildcards="%_",
        missing=_NULL,
    ),
    "GLOB": Operator(
        summary="The whole text matches, in its letter case; ? is one byte, \\ escapes.",
        wildcards="*?[]",
        missing=_NULL,
    ),
    "SIMILAR TO": Operator(
        summary="The whole text matches the regular expression.", missing=_NULL, dialect="re2"
    ),
    "~": Operator(
        summary="The regular expression is found; before version 2 it matches the whole text.",
        missing=_NULL,
        dialect="re2",
    ),
    "regexp_matches": Operator(
        summary="The regular expression is found; options c i l m n p s g may follow.",
        missing=_NULL,
        dialect="re2",
    ),
    "contains": Operator(
        summary="The text is found, in its letter case; starts_with and ends_with likewise.",
        missing=_NULL,
    ),
    "list_contains": Operator(
        summary="The list has the value; also value = ANY(list) and value IN list.",
        missing=_NULL,
    ),
}
"""The operators of the language; ``missing`` is the outcome for NULL."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT_CASELESS,
    operators=OPERATORS,
    typed=True,
    unknown=Truth.FALSE,
    notes=(
        "A column of the table is a key of some event; where an event lacks it the value is NULL.",
        "A condition is true, false or NULL, and NOT of NULL is NULL; only true returns the row.",
        "Text is compared in its letter case everywhere but in ILIKE and with (?i).",
        "A cast that fails ends the whole query; here the events that cause it are undefined.",
        "Objects are STRUCT columns, read as process.command_line.",
    ),
)

OPTIONS = (
    Option(
        name="columns",
        default="{}",
        summary="Types by column, such as BIGINT or VARCHAR[]; * is for the others. Default: by"
        " the index type, keyword is VARCHAR, long BIGINT, double DOUBLE, date TIMESTAMP.",
    ),
    Option(
        name="version",
        default="2.0",
        summary="DuckDB's version: before 2.0 the operator ~ matches the whole text.",
    ),
)
