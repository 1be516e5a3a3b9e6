"""The operators of SQLite, as documented flags, and the options."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

_NULL = Truth.UNKNOWN

OPERATORS = {
    "=": Operator(
        summary="Equal after affinity is applied; text in its letter case unless a collation"
        " says otherwise; == and, negated, != and <> are the same.",
        missing=_NULL,
    ),
    "<": Operator(
        summary="Less, and <=, >, >= likewise: numbers come before text, text before BLOBs.",
        missing=_NULL,
    ),
    "IS": Operator(summary="Like =, but NULL is a value like others; IS NOT is the opposite."),
    "IN": Operator(
        summary="Equal to one of the list, with the affinity and collation of the left side.",
        missing=_NULL,
    ),
    "LIKE": Operator(
        summary="The whole text matches; ASCII letters in any case, whatever the collation.",
        case=Case.ASCII,
        wildcards="%_",
        missing=_NULL,
    ),
    "GLOB": Operator(
        summary="The whole text matches, in its letter case.",
        wildcards="*?[]",
        missing=_NULL,
    ),
    "REGEXP": Operator(
        summary="The function that the application registers: Python's re.search().",
        missing=_NULL,
        dialect="python",
    ),
    "REGEXP (zircolite)": Operator(
        summary="With regexp = zircolite: re.search(), false for NULL, an error for a number.",
        dialect="python",
    ),
    "truth": Operator(
        summary="A value as a condition: not zero; text counts by the number it begins with.",
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
        "Without a declared type a number never equals a text; columns says otherwise.",
        "A double-quoted name that is no column is a text.",
        "A bare WHERE expression is judged as a value: its NULL is undefined, not false.",
    ),
)

OPTIONS = (
    Option(
        name="columns",
        default="{}",
        summary="Declared types by column, such as TEXT COLLATE NOCASE; * is for the others;"
        " zircolite declares as that tool does.",
    ),
    Option(
        name="regexp",
        default="python",
        summary="The REGEXP function: python (NULL for NULL), zircolite (false for NULL,"
        " an error for numbers), or none, SQLite's own default.",
    ),
    Option(
        name="no_regexp",
        default="false",
        summary="The same as regexp = none.",
    ),
)
