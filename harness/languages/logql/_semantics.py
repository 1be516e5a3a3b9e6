"""The operators of LogQL's log queries, as documented flags."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics
from harness.languages._base import Option

_EMPTY = "a label that is not there counts as the empty text"
_ABSENT = "false where the label is not there, and true where its value is none"

OPERATORS = {
    "=": Operator(summary=f"The label's value is exactly this; {_EMPTY}."),
    "!=": Operator(summary=f"The opposite of =; {_EMPTY}."),
    "=~": Operator(
        summary=f"The expression matches the label's whole value; {_EMPTY}.", dialect="re2"
    ),
    "!~": Operator(summary=f"The opposite of =~; {_EMPTY}.", dialect="re2"),
    "|=": Operator(summary="The line contains the text, in its letter case."),
    "|~": Operator(summary="The expression matches somewhere in the line.", dialect="re2"),
    "|>": Operator(summary="The line has the pattern's texts in order, <_> is some text."),
    "line !=": Operator(summary="The line does not contain the text."),
    "line !~": Operator(summary="The expression matches nowhere in the line.", dialect="re2"),
    "!>": Operator(summary="The line does not have the pattern."),
    "== > >= < <=": Operator(
        summary=f"Compares a number, a duration or a size, = and != too; {_ABSENT}."
    ),
    "ip()": Operator(
        summary="An address in the text equals, or lies in, an address, a range or a network."
    ),
    "(?i) text": Operator(
        summary="A plain text in an expression that ignores letter case.", case=Case.UNICODE
    ),
}
"""The operators, by their spelling."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators=OPERATORS,
    notes=(
        (
            "An event is a log line with stream labels (line, labels, metadata), a text line "
            "(_raw), or a document, whose line is its JSON."
        ),
        "An event without stream labels passes every matcher of the stream selector.",
        "and binds tighter than or; a comma or a blank is an and that takes all that follows.",
        (
            "Where Loki shortens an expression so that it says something else than documented, "
            "the outcome is undefined."
        ),
    ),
)

LINES = ("json", "logfmt", "parsed")
"""How a document that is no line is recorded."""

OPTIONS = (
    Option(
        name="labels",
        default="none",
        summary="Stream labels of the events that carry none, as a table of name to value.",
    ),
    Option(
        name="line",
        default="json",
        summary="How a document that is no line is recorded: json, logfmt, or parsed, which is"
        " what the query reads, and the plain values, one a line, where it reads neither.",
    ),
    Option(
        name="reading",
        default="agreed",
        summary="Which reading of a shortened expression holds: agreed, documented or engine.",
    ),
    Option(
        name="version",
        default="none",
        summary="The version of Loki that runs the query; with one, reading is engine unless it"
        " is given. The code that was read and run is that of 3.7.8.",
    ),
)
