"""The operators of LogsQL's filters, as documented flags, and the options."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Semantics, Truth
from harness.languages._base import Option

_EMPTY = "A missing field is the empty text"

OPERATORS = {
    "word": Operator(summary="A word or phrase stands between the ends of words, case counts."),
    "word*": Operator(summary="A word begins so, in its letter case.", wildcards="*"),
    "*text*": Operator(summary="The text stands anywhere, in its letter case.", wildcards="*"),
    "*": Operator(summary="The field has a value; on _msg it holds for every entry."),
    "=": Operator(summary="The value is exactly this; case counts."),
    "=text*": Operator(summary="The value begins so; case counts.", wildcards="*"),
    '""': Operator(summary="The field has no value.", missing=Truth.TRUE),
    "i()": Operator(summary="As a word, phrase or prefix, in any letter case.", case=Case.UNICODE),
    "~": Operator(
        summary=f"The expression matches somewhere in the value. {_EMPTY}.", dialect="re2"
    ),
    "in()": Operator(summary=f"The value is one of these. {_EMPTY}."),
    "contains_any()": Operator(summary="One of the phrases stands in the value."),
    "contains_all()": Operator(summary="All the phrases stand in the value."),
    "contains_common_case()": Operator(
        summary="A phrase stands in the value as written, with capitals lowered, or in capitals."
    ),
    "equals_common_case()": Operator(summary="The same of the whole value."),
    "json_array_contains_any()": Operator(
        summary="The value is a JSON array with one of these texts, numbers or constants in it."
    ),
    "seq()": Operator(summary="The phrases stand in the value in this order."),
    "pattern_match()": Operator(summary="The value has a pattern with placeholders such as <N>."),
    "> >= < <= range()": Operator(
        summary="Compares numbers, durations, sizes, times and addresses as numbers; a bound "
        "that is none of them makes it a comparison of texts."
    ),
    "string_range()": Operator(summary=f"Compares texts, the upper bound excluded. {_EMPTY}."),
    "len_range()": Operator(summary=f"The number of characters. {_EMPTY}."),
    "ipv4_range() ipv6_range()": Operator(summary="The value is an address of the range."),
    "eq_field() le_field() lt_field()": Operator(
        summary=f"Compares two fields: as texts, or by size as numbers where both are. {_EMPTY}."
    ),
    "{}": Operator(
        summary=f"The stream has these fields; =, !=, =~ and !~ cover the whole value. {_EMPTY}.",
        dialect="re2",
    ),
    "_time:": Operator(summary="The time of the entry, relative to the clock or absolute."),
}
"""The operators, by their spelling."""

MISSING_MESSAGE = (
    "missing _msg field; see https://docs.victoriametrics.com/victorialogs/keyconcepts/"
    "#message-field"
)
"""What VictoriaLogs puts into ``_msg`` where an entry has none."""

SEMANTICS = Semantics(
    lookup=Lookup.FLAT,
    operators=OPERATORS,
    unknown=Truth.TRUE,
    notes=(
        (
            "An event is what /insert/jsonline makes of its JSON: inner names behind dots, lists "
            "as JSON text, every value as text; null and the empty text are no value."
        ),
        "A word is a run of letters, digits and underscores; phrases begin and end with words.",
        "not binds tighter than and, and tighter than or; a blank is an and.",
        (
            "Without the option stream_fields a stream filter holds for every event, negated or "
            "not: which fields make the stream is decided where the data is sent from."
        ),
        (
            "Where VictoriaLogs answers otherwise in a block of numbers, addresses or times than "
            "on text, the outcome is undefined."
        ),
    ),
)

OPTIONS = (
    Option(
        name="msg_field",
        default="_msg",
        summary="The fields that may hold the message, as a list or behind commas; the first with "
        "a value becomes _msg (_msg_field of the data's sender).",
    ),
    Option(
        name="time_field",
        default="_time",
        summary="The field with the time of an entry (_time_field of the data's sender).",
    ),
    Option(
        name="stream_fields",
        default="unknown",
        summary="The fields that make the stream, as a list or behind commas; without them, "
        "stream filters hold for every event.",
    ),
)
