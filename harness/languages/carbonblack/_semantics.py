"""The operators of Carbon Black searches, as documented flags."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics

OPERATORS = {
    "field:term": Operator(
        summary="A token, a subpath or the whole value, by the kind of the field; EDR ignores "
        "letter case, the Cloud does not say.",
        case=Case.ASCII,
        wildcards="*?",
    ),
    'field:"phrase"': Operator(
        summary="The same for a text with blanks, its tokens in this order.",
        case=Case.ASCII,
        wildcards="*?",
    ),
    "field:*": Operator(summary="The field has a value."),
    "field:[a TO b]": Operator(summary="A number between two bounds; * is no bound."),
    "field:a.b.c.d/n": Operator(summary="An address in a network."),
    "term": Operator(
        summary="A term in a default field; never more than undefined, for the list of default "
        "fields is not documented.",
        case=Case.ASCII,
        wildcards="*?",
    ),
}
"""The tests of the language."""

SEMANTICS = Semantics(
    lookup=Lookup.LITERAL_FIRST,
    operators=OPERATORS,
    notes=(
        "A test is undefined where the documentation does not settle it.",
        "Between terms without an operator stands and; a missing field matches nothing.",
        "and mixed with or at one level is undefined where the readings differ.",
        "Of several values of a field one has to match.",
    ),
)
