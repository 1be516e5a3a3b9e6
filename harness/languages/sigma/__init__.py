"""Sigma: detection rules in YAML, by the rules specification 2.1 with pySigma as the referee.

:func:`~harness.languages.sigma.document.read_documents` gives a rule's metadata,
``LANGUAGE.parse`` a rule's predicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import Diagnostic, InvalidInput
from harness.ir import TEXT, Case, Context, Query
from harness.languages._base import Language, Option
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.sigma.detection import Reader
from harness.languages.sigma.document import (
    LogSource,
    SigmaDocument,
    SigmaFilter,
    predicate_of_document,
    read_documents,
)
from harness.languages.sigma.operators import OPERATORS, SEMANTICS
from harness.languages.sigma.views import DECIMAL, FLAG, NUMERAL
from harness.source import Source, Span

__all__ = [
    "LANGUAGE",
    "LogSource",
    "SigmaDocument",
    "SigmaFilter",
    "parse",
    "predicate_of_document",
    "read_documents",
    "reader_for",
]


def parse(source: Source, context: Context) -> Query:
    """text: rule ('---' filter)*, in any order."""
    documents = read_documents(source)
    rules = [item for item in documents if isinstance(item, SigmaDocument)]
    if not rules:
        hint = "write a rule with 'title', 'logsource' and 'detection'"
        raise syntax_error(source, Span(0, 0), "the text holds no rule", hint)
    if len(rules) > 1:
        reason = "a query is one rule, with its filters; split the text"
        raise unsupported(source, rules[1].span, "several rules in one text", reason)
    rule = rules[0]
    if rule.problems:
        raise rule.problems[0]
    filters = tuple(item for item in documents if isinstance(item, SigmaFilter))
    reader = reader_for(source, context.options)
    predicate = predicate_of_document(rule, reader, filters)
    return Query(predicate=predicate, warnings=(*rule.warnings, *reader.warnings))


def reader_for(source: Source, options: Mapping[str, Any]) -> Reader:
    """Return a reader with the settings of a user."""
    fold = Case.ASCII if options.get("ascii_fold") else OPERATORS["value"].case
    return Reader(source=source, fold=fold, placeholders=_placeholders(options))


def _placeholders(options: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    """Return placeholder values by name; a single value counts as a list of one."""
    given = options.get("placeholders", {})
    values: dict[str, Sequence[str]] = {}
    if not isinstance(given, Mapping):
        fact = "it is no mapping of names to values"
        raise _bad_option(fact)
    for name, value in given.items():
        items = value if isinstance(value, list | tuple) else [value]
        if not all(isinstance(item, str | int | float) for item in items):
            fact = f"the values of {name!r} are neither text nor numbers"
            raise _bad_option(fact)
        values[str(name)] = [str(item) for item in items]
    return values


def _bad_option(fact: str) -> InvalidInput:
    return InvalidInput(
        [
            Diagnostic(
                code="bad-option",
                message=f"the option 'placeholders' cannot be used: {fact}",
                hint='give it as {"Servers": ["srv1", "srv2*"]}',
            )
        ]
    )


LANGUAGE = Language(
    name="sigma",
    title="Sigma",
    reference="https://github.com/SigmaHQ/sigma-specification/tree/main/specification",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".yml", ".yaml"),
    views=(TEXT, DECIMAL, NUMERAL, FLAG),
    options=(
        Option(
            name="placeholders",
            default="{}",
            summary="Values by placeholder name, for the modifier 'expand'; wildcards count.",
        ),
        Option(
            name="ascii_fold",
            default="false",
            summary="Fold the letter case of ASCII only, as engines do that fold less.",
        ),
    ),
)
