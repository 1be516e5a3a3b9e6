"""``harness referee``: our own semantics under test."""

from __future__ import annotations

from pathlib import Path

import click

from harness import engines, referee
from harness.cli._common import FINDINGS, KEPT
from harness.cli._running import servers_of
from harness.engines import Connection
from harness.engines.servers import servers
from harness.errors import Diagnostic, InvalidInput
from harness.referee import Disagreement, Report
from harness.referee._cases import case_of, file_case, record
from harness.referee._local import Local
from harness.run.opinions import connected

LONGEST = 4000
"""Characters of a disagreement that are shown."""


@click.command()
@click.argument("language")
@click.option(
    "--engine",
    "named",
    required=True,
    metavar="NAME[=URL]",
    help="The engine to ask: sqlite, grep, elasticsearch=http://localhost:9200, or a name in "
    "harness.toml.",
)
@click.option(
    "--examples",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Queries to make up at most.",
)
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=1),
    help="Time after which no query is made up any more.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="The same seed makes up the same queries.",
)
@click.option(
    "--cases",
    type=click.Path(path_type=Path),
    help="A folder of case files: a disagreement is added to LANGUAGE/referee.toml in it.",
)
@click.option(
    "--record",
    "record_file",
    type=click.Path(path_type=Path),
    help="A TOML file to which the numbers of a run without disagreement are added.",
)
def command(
    language: str,
    named: str,
    examples: int,
    seconds: float,
    seed: int,
    cases: Path | None,
    record_file: Path | None,
) -> int:
    """Compare how we read LANGUAGE with a real engine, on queries made up from its grammar.

    Ends at the first disagreement, shrunk to the smallest query and document, with exit code 1.
    """
    grammar = referee.get(language)
    title, connection = _engine(language, named)
    report = referee.search(
        grammar, connection, title, examples=examples, seconds=seconds, seed=seed
    )
    click.echo(_summary(report))
    found = report.disagreement
    if found is None:
        if record_file is not None:
            record(record_file, report)
        return KEPT
    click.echo(_story(report, found))
    if cases is not None:
        click.echo(f"filed in {file_case(cases, report, found)}")
    return FINDINGS


def _engine(language: str, named: str) -> tuple[str, Connection]:
    local = {one.name: one for one in engines.engines_for(language, [named])}
    if named in local:
        return local[named].title, Local(local[named])
    (address,) = servers_of([named])
    server = servers()[address.kind]
    if language not in server.languages:
        message = f"{server.title} does not run {language!r}"
        hint = f"it runs {', '.join(server.languages)}"
        raise InvalidInput([Diagnostic(code="other-language", message=message, hint=hint)])
    return server.title, connected(address)


def _summary(report: Report) -> str:
    parts = [
        f"{report.queries:,} queries",
        f"{report.verdicts:,} verdicts",
        f"{report.rejected:,} queries rejected by both",
        f"{report.unsupported:,} not evaluated",
        f"{report.undecided:,} verdicts left open",
    ]
    parts += [f"{count:,} of the declared kind {name!r}" for name, count in report.declared.items()]
    head = f"{report.language} on {report.engine} {report.version}, seed {report.seed}"
    apart = "a disagreement" if report.disagreement else "no disagreement"
    return f"{head}: {', '.join(parts)}; {apart}"


def _story(report: Report, found: Disagreement) -> str:
    case = case_of(report, found).rstrip()
    lines = ["", case if len(case) < LONGEST else f"{case[:LONGEST]} ... (--cases keeps all of it)"]
    lines.append(f"# we say: {str(found.ours)[:LONGEST]}")
    if found.words:
        lines.append(f"# the engine's words: {' '.join(found.words.split())[:500]}")
    return "\n".join(lines)
