"""The query language of CrowdStrike Falcon LogScale and Next-Gen SIEM, formerly Humio."""

from __future__ import annotations

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query
from harness.languages._base import Language
from harness.languages.logscale._events import flat
from harness.languages.logscale._pipeline import Reader
from harness.languages.logscale._scanner import Scanner
from harness.languages.logscale._semantics import OPTIONS, PRECEDENCE, SEMANTICS
from harness.source import Source


def parse(source: Source, context: Context) -> Query:
    """Read a query."""
    precedence = context.options.get("precedence", PRECEDENCE[0])
    if precedence not in PRECEDENCE:
        message = f"the option 'precedence' is {precedence!r}"
        hint = f"use one of {', '.join(PRECEDENCE)}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint=hint)])
    reader = Reader(Scanner(source), decided=precedence == "grammar")
    predicate = reader.query()
    return Query(predicate=predicate, prepare=flat, warnings=tuple(reader.warnings))


LANGUAGE = Language(
    name="logscale",
    title="CrowdStrike LogScale",
    reference="https://library.humio.com/data-analysis/syntax.html",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".logscale", ".cql", ".humio"),
    options=OPTIONS,
)
