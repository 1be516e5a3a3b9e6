"""Grafana Loki's LogQL: log queries, read as one predicate over a line and its labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Deviation, Language
from harness.languages.logql._build import Builder
from harness.languages.logql._parser import parse_query
from harness.languages.logql._recorded import writer_of
from harness.languages.logql._regex import READINGS
from harness.languages.logql._semantics import LINES, OPTIONS, SEMANTICS
from harness.source import Source


def _parse(source: Source, context: Context) -> Query:
    reading, line = _reading(context), _one_of(context, "line", LINES)
    builder = Builder(source, _labels(context), reading)
    query = parse_query(source)
    builder.plan.writer = writer_of(query, line)
    predicate = builder.query(query)
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
    """Return the reading that is asked for; that of the code where a version of it is named."""
    if context.options.get("version") and "reading" not in context.options:
        return "engine"
    return _one_of(context, "reading", READINGS)


def _one_of(context: Context, name: str, known: Sequence[str]) -> str:
    given = str(context.options.get(name, known[0]))
    if given not in known:
        message, hint = f"there is no {name} {given!r}", f"give one of {', '.join(known)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return given


_PATH = re.compile(r"\|\s*json\s+(?!and\b|or\b)\w", re.IGNORECASE)

LANGUAGE = Language(
    name="logql",
    title="Grafana Loki LogQL",
    reference="https://grafana.com/docs/loki/latest/query/log_queries/",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".logql",),
    options=OPTIONS,
    deviations=(
        Deviation(
            name="paths into broken JSON",
            reason="how far Loki gets into a line that begins as JSON and is none depends on "
            "where a path leads, which is not modelled",
            covers=lambda query: _PATH.search(query) is not None,
            when="verdicts",
        ),
    ),
)
