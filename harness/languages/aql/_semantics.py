"""The operators of AQL, as documented flags, and the options."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option
from harness.languages._raw import RAW_OPTION

_OPEN = Truth.UNKNOWN

OPERATORS = {
    "=": Operator(
        summary="Equal, text in its letter case, numbers with or without quotes; == is the same.",
        missing=_OPEN,
    ),
    "!=": Operator(summary="Not equal.", missing=_OPEN),
    "<": Operator(
        summary="Less, and <=, >, >= likewise, for numbers; undefined for text.", missing=_OPEN
    ),
    "BETWEEN": Operator(summary="Between two numbers, both included.", missing=_OPEN),
    "IN": Operator(summary="Equal to one of the list.", missing=_OPEN),
    "LIKE": Operator(
        summary="The whole text matches, in its letter case; there is no escape character.",
        wildcards="%_",
        missing=_OPEN,
    ),
    "ILIKE": Operator(
        summary="The whole text matches, in any letter case; there is no escape character.",
        case=Case.UNICODE,
        wildcards="%_",
        missing=_OPEN,
    ),
    "MATCHES": Operator(
        summary="The expression matches; undefined where it matches only a part of the text.",
        missing=_OPEN,
        dialect="java",
    ),
    "IMATCHES": Operator(
        summary="MATCHES in any letter case.", case=Case.ASCII, missing=_OPEN, dialect="java"
    ),
    "INCIDR": Operator(summary="The address lies in the network.", missing=_OPEN),
    "TEXT SEARCH": Operator(
        summary="The payload holds the words; undefined where they stand inside longer words.",
        case=Case.UNICODE,
    ),
}
"""The operators of the language; ``missing`` UNKNOWN is settled by the option of that name."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT_CASELESS,
    operators=OPERATORS,
    unknown=Truth.FALSE,
    notes=(
        "A missing property does not match; what NOT or != makes of it is not documented.",
        "Names are not case-sensitive; a name in single quotes is a text.",
        "QIDNAME(qid) and its like are read from a field of the function's name.",
        "Time clauses, LIMIT, GROUP BY and ORDER BY do not change which event matches.",
    ),
)

OPTIONS = (
    Option(
        name="missing",
        default="undefined",
        summary="What a missing property is to NOT and !=: undefined; null, which returns no"
        " row; or false, which returns it.",
    ),
    Option(
        name="matches",
        default="undefined",
        summary="Where MATCHES matches a part of the text only: undefined, search (true) or"
        " whole (false).",
    ),
    Option(
        name="log_source",
        default="recorded",
        summary="The log source of events that tell none in devicetype and logsourceid: recorded,"
        " those columns are missing; any, it is the one that a test asks for.",
    ),
    RAW_OPTION,
)
