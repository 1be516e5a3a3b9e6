"""Grafana Loki's LogQL: log queries, read as one predicate over a line and its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages._raw import text_of
from harness.languages.logql._build import Builder
from harness.languages.logql._logfmt import written
from harness.languages.logql._parser import parse_query
from harness.languages.logql._regex import READINGS
from harness.languages.logql._semantics import LINES, OPTIONS, SEMANTICS
from harness.languages.logql._stages import Change, LogQuery
from harness.source import Source


def _parse(source: Source, context: Context) -> Query:
    reading, line = _one_of(context, "reading", READINGS), _one_of(context, "line", LINES)
    builder = Builder(source, _labels(context), reading)
    query = parse_query(source)
    builder.plan.writer = _WRITERS[_parsed(query) if line == "parsed" else line]
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


def _one_of(context: Context, name: str, known: Sequence[str]) -> str:
    given = str(context.options.get(name, known[0]))
    if given not in known:
        message, hint = f"there is no {name} {given!r}", f"give one of {', '.join(known)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    return given


def _parsed(query: LogQuery) -> str:
    """Return what the first stage that reads a whole line reads; plain values where none does."""
    kinds = (stage.kind for stage in query.stages if isinstance(stage, Change))
    return next((kind for kind in kinds if kind in {"json", "logfmt"}), "values")


_WRITERS = {"json": None, "logfmt": written, "values": text_of}

LANGUAGE = Language(
    name="logql",
    title="Grafana Loki LogQL",
    reference="https://grafana.com/docs/loki/latest/query/log_queries/",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".logql",),
    options=OPTIONS,
)
