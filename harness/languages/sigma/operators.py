"""What Sigma's value modifiers and value types do, as a table that parser and docs share."""

from __future__ import annotations

from harness.ir import Case, Lookup, Operator, Order, Semantics


def _text(summary: str) -> Operator:
    return Operator(summary=summary, case=Case.UNICODE, wildcards="*?")


def _plain(summary: str) -> Operator:
    return Operator(summary=summary)


OPERATORS: dict[str, Operator] = {
    "value": _text("The field's whole text equals the value; '*' and '?' are wildcards."),
    "number": _plain("The value's decimal text equals the field's text; 1.0 is 1."),
    "null": _plain("The field is missing or holds an explicit null, and nothing else."),
    "keyword": _text("The value occurs inside some value of the event, whatever its field."),
    "contains": _text("The value occurs somewhere in the field."),
    "startswith": _text("The field begins with the value."),
    "endswith": _text("The field ends with the value."),
    "all": _plain("Every value of the list matches, not just one."),
    "neq": _plain("None of the values matches (with 'all': not all of them); missing fields too."),
    "exists": _plain("The key is there (true) or not (false), even with null in it."),
    "cased": Operator(summary="Letter case counts.", case=Case.SENSITIVE, wildcards="*?"),
    "windash": _plain("A dash or slash before a word stands for any of - / en dash em dash bar."),
    "wide": _plain("The value as UTF-16LE bytes."),
    "utf16le": _plain("The value as UTF-16LE bytes."),
    "utf16be": _plain("The value as UTF-16BE bytes."),
    "utf16": _plain("The value as UTF-16LE bytes after the byte order mark FF FE."),
    "base64": _plain("The value's Base64 form; text that is not wide is encoded as UTF-8 first."),
    "base64offset": _plain("The stable middle of the Base64 form, at each of the three offsets."),
    "expand": _plain("%name% stands for each value of the option 'placeholders'."),
    "re": Operator(summary="The regular expression matches somewhere.", dialect="pcre"),
    "i": Operator(summary="After 're': letter case does not count.", case=Case.UNICODE),
    "ignorecase": Operator(summary="The same as 'i'.", case=Case.UNICODE),
    "m": _plain("After 're': '^' and '$' match at line breaks."),
    "multiline": _plain("The same as 'm'."),
    "s": _plain("After 're': '.' matches line breaks."),
    "dotall": _plain("The same as 's'."),
    "cidr": _plain("The field is an IP address inside the network."),
    "fieldref": Operator(summary="The field equals another field's text.", case=Case.UNICODE),
    "gt": _plain("The field is a number, or text that spells one, greater than the value."),
    "gte": _plain("The field is a number greater than or equal to the value."),
    "lt": _plain("The field is a number less than the value."),
    "lte": _plain("The field is a number less than or equal to the value."),
    "minute": _plain("The minute of the field's time equals the value."),
    "hour": _plain("The hour of the field's time, in UTC, equals the value."),
    "day": _plain("The day of the month of the field's time, in UTC, equals the value."),
    "week": _plain("The ISO week of the field's time, in UTC, equals the value."),
    "month": _plain("The month of the field's time, in UTC, equals the value."),
    "year": _plain("The year of the field's time, in UTC, equals the value."),
}

ORDERS = {
    "gt": Order.GREATER,
    "gte": Order.AT_LEAST,
    "lt": Order.LESS,
    "lte": Order.AT_MOST,
}

SEMANTICS = Semantics(
    lookup=Lookup.LITERAL_FIRST,
    operators=OPERATORS,
    notes=(
        "Two-valued: a test on a missing field is false, so its 'not' is true.",
        "Field names count exactly; a dotted name is tried as one key first, then as a path.",
        "One matching element of a list is enough; 'not' and 'neq' ask for none.",
        "Regular expressions search anywhere; Base64 text is compared in any letter case.",
        "Log sources are not evaluated: every event is taken to come from the rule's source.",
    ),
)
