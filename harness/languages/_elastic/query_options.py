"""The parameters of a ``query_string`` query as options of a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.languages._base import Option
from harness.languages._elastic.query_string import Settings
from harness.languages._lexing import syntax_error
from harness.source import Source, Span

OPTIONS = (
    Option(
        name="default_field",
        default="*",
        summary="The field of terms that name none; * searches every field.",
    ),
    Option(
        name="fields",
        default="",
        summary="A list of fields, in place of default_field.",
    ),
    Option(
        name="default_operator",
        default="OR",
        summary="What stands between clauses without an operator: OR or AND.",
    ),
    Option(
        name="lenient",
        default="true if default_field is *",
        summary="Whether a value that does not fit a field's type is no match, not an error.",
    ),
    Option(
        name="allow_leading_wildcard",
        default="true",
        summary="Whether a term may begin with * or ?.",
    ),
    Option(
        name="analyze_wildcard",
        default="false",
        summary="Whether prefix terms on text fields are cut into tokens first.",
    ),
    Option(
        name="phrase_slop",
        default="0",
        summary="Position moves that a phrase without ~n allows.",
    ),
    Option(
        name="fuzziness",
        default="AUTO",
        summary="The edit distance of a term with a bare ~.",
    ),
    Option(
        name="time_zone",
        default="UTC",
        summary="The zone of dates without an offset, and of rounding.",
    ),
    Option(
        name="quote_field_suffix",
        default="",
        summary="A suffix to the field name of quoted terms, such as .exact.",
    ),
)


def settings(options: Mapping[str, Any], source: Source) -> Settings:
    """Return the settings of a query from a user's options."""
    fields = options.get("fields") or ()
    listed = (fields,) if isinstance(fields, str) else tuple(str(item) for item in fields)
    if listed and options.get("default_field"):
        message = "the query names both 'fields' and 'default_field'"
        raise syntax_error(source, Span(0, 0), message, "give one of them")
    operator = str(options.get("default_operator", "OR")).upper()
    if operator not in {"AND", "OR"}:
        raise _bad_option(operator, "default_operator", "give AND or OR")
    lenient = options.get("lenient")
    return Settings(
        default_field=options.get("default_field"),
        fields=listed,
        default_operator=operator,
        lenient=None if lenient is None else _flag(lenient),
        allow_leading_wildcard=_flag(options.get("allow_leading_wildcard", True)),
        analyze_wildcard=_flag(options.get("analyze_wildcard", False)),
        fuzziness=str(options.get("fuzziness", "AUTO")),
        phrase_slop=_count(options, "phrase_slop"),
        fuzzy_prefix_length=_count(options, "fuzzy_prefix_length"),
        fuzzy_transpositions=_flag(options.get("fuzzy_transpositions", True)),
        time_zone=options.get("time_zone"),
        quote_field_suffix=str(options.get("quote_field_suffix") or ""),
    )


def _flag(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _count(options: Mapping[str, Any], name: str) -> int:
    value = options.get(name, 0)
    if not str(value).isdecimal() or len(str(value)) > len("10000"):
        raise _bad_option(value, name, "give a whole number")
    return int(value)


def _bad_option(value: Any, name: str, hint: str) -> InvalidInput:
    message = f"option {name!r} does not take {value!r}"
    return InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
