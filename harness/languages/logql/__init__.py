"""Grafana Loki's LogQL: log queries, read as one predicate over a line and its labels."""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages.logql._build import Builder
from harness.languages.logql._parser import parse_query
from harness.languages.logql._regex import READINGS
from harness.languages.logql._semantics import OPTIONS, SEMANTICS
from harness.source import Source


def _parse(source: Source, context: Context) -> Query:
    builder = Builder(source, _labels(context), _reading(context))
    predicate = builder.query(parse_query(source))
    return Query(predicate=predicate, prepare=builder.plan.prepare)


def _labels(context: Context) -> dict[str, str] | None:
    given = context.options.get("labels")
    if given is None:
        return None
    if not isinstance(given, Mapping):
        message, hint = "the option labels is no table", 'write labels = {job = "windows"}'
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return {str(name): str(value) for name, value in given.items()}


def _reading(context: Context) -> str:
    reading = str(context.options.get("reading", READINGS[0]))
    if reading not in READINGS:
        message, hint = f"there is no reading {reading!r}", f"give one of {', '.join(READINGS)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return reading


LANGUAGE = Language(
    name="logql",
    title="Grafana Loki LogQL",
    reference="https://grafana.com/docs/loki/latest/query/log_queries/",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".logql",),
    options=OPTIONS,
)
