"""The operators of ClickHouse, as documented flags, and the options."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

_NULL = Truth.UNKNOWN

OPERATORS = {
    "=": Operator(
        summary="Equal, text in its letter case; a text in quotes is read as the number that it is"
        " compared with, a String column and a number are refused. == is the same, != and <> the"
        " opposite.",
        missing=_NULL,
    ),
    "<": Operator(summary="Less, and <=, >, >= likewise; text by its bytes.", missing=_NULL),
    "IN": Operator(
        summary="Equal to one of the constants; a NULL among them never is.", missing=_NULL
    ),
    "LIKE": Operator(
        summary="The whole text matches, in its letter case; \\ escapes % and _.",
        wildcards="%_",
        missing=_NULL,
    ),
    "ILIKE": Operator(
        summary="LIKE with letters in any case.",
        case=Case.UNICODE,
        wildcards="%_",
        missing=_NULL,
    ),
    "match": Operator(
        summary="The regular expression is found; a dot is any character, line ends too."
        " REGEXP is the same.",
        missing=_NULL,
        dialect="re2",
    ),
    "position": Operator(
        summary="The place of a text in bytes, 0 for none; in its letter case.", missing=_NULL
    ),
    "hasToken": Operator(
        summary="One of the words, between characters that are no ASCII letter or digit.",
        missing=_NULL,
    ),
    "multiSearchAny": Operator(summary="One of the texts is found.", missing=_NULL),
    "has": Operator(summary="The array has the value.", missing=Truth.FALSE),
}
"""The operators of the language; ``missing`` is the outcome for NULL."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators=OPERATORS,
    typed=True,
    unknown=Truth.FALSE,
    notes=(
        "A column that is not Nullable holds its default where an event lacks it, such as '' or 0.",
        "IS NULL is never true of a column that is not Nullable, and columns are so by default.",
        "Where a column is Nullable a condition may be NULL, and NOT of NULL is NULL.",
        "Names of columns and of most functions are in their letter case.",
        "Objects are columns with dotted names, or a Map where its column is declared so.",
        "lower() and upper() know ASCII letters only; lowerUTF8() and ILIKE know others.",
    ),
)

OPTIONS = (
    Option(
        name="columns",
        default="{}",
        summary="Types by column, such as Nullable(String), Array(String) or Map(String, String);"
        " * is for the others. Default: by the index type, keyword is String, long Int64, double"
        " Float64, date DateTime64(3).",
    ),
    Option(
        name="nullable",
        default="false",
        summary="Whether columns without a type of their own are Nullable.",
    ),
)
