"""``harness test``: the main job."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli._common import console, write
from harness.cli._running import engines_of, exit_code, format_of, request_of, run_plan
from harness.errors import Diagnostic, InvalidInput
from harness.report import formats, text
from harness.report.results import Collector
from harness.ruleset.load import load
from harness.run.plan import Plan

MANY = 20
PATIENCE, PATIENCE_WITH_MANY = 10.0, 1.0
"""Seconds that a real engine may take for one translation; with many rules it has less."""


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    default="text",
    type=click.Choice(["text", "json"]),
    help="What is printed on standard output.",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write a report; the file ending selects the format. Repeatable.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of the generated events; the same seed gives the same bytes.",
)
@click.option("--language", "languages", multiple=True, help="Only translations in this language.")
@click.option(
    "--schema", "schemas", multiple=True, help="Only this schema, as harness.yml names it."
)
@click.option("--measure/--no-measure", default=True, help="Measure what translations cost.")
@click.option(
    "--engines/--no-engines",
    default=True,
    help="Also run translations in the real engines that are installed (GNU grep, SQLite).",
)
@click.option(
    "--engine",
    "named",
    multiple=True,
    metavar="NAME[=URL]",
    help="Also run translations on a server of yours, such as elasticsearch=https://localhost:9200,"
    " one that harness.toml names, or powershell, here. Repeatable.",
)
@click.option(
    "--translate",
    "wanted",
    multiple=True,
    metavar="NAMES",
    help="Convert Sigma rules first: lucene, splunk, kusto@m365_defender, ...; comma-separated. "
    "harness languages lists them.",
)
@click.option(
    "--targets",
    "targets_file",
    type=click.Path(path_type=Path),
    help="A TOML file with further targets for --translate; its commands are run.",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1, max=256),
    help="Worker processes; default: one a processor, as far as the rules are worth it.",
)
@click.option(
    "--cache/--no-cache",
    "remember",
    default=True,
    help="Remember conversions and results; only what has changed is run again.",
)
@click.option(
    "--profile",
    "profiled",
    is_flag=True,
    help="Also show what becomes of each rule's malicious events under every mutation.",
)
@click.option("-q", "--quiet", is_flag=True, help="Only the tables, no witnesses.")
@click.option("-v", "--verbose", is_flag=True, help="Also show notes.")
def command(
    paths: tuple[Path, ...],
    form: str,
    outputs: tuple[Path, ...],
    seed: int,
    languages: tuple[str, ...],
    schemas: tuple[str, ...],
    measure: bool,
    engines: bool,
    named: tuple[str, ...],
    wanted: tuple[str, ...],
    targets_file: Path | None,
    jobs: int | None,
    remember: bool,
    profiled: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Run every translation of the rules at PATHS (default: rules/) on generated events."""
    writers = [(path, format_of(path)) for path in outputs]
    request = request_of(wanted, targets_file)
    own, servers = engines_of(named)
    loaded = load(paths or (Path("rules"),))
    plan = Plan(
        rules=tuple(loaded.rules),
        seed=seed,
        languages=frozenset(languages),
        schemas=frozenset(schemas),
        request=request,
        measure=measure,
        engines=engines,
        named=own,
        patience=PATIENCE if len(loaded.rules) <= MANY else PATIENCE_WITH_MANY,
        servers=servers,
    )
    if loaded.rules and not plan.size:
        raise InvalidInput([_nothing_selected(plan)])
    collector = Collector(seed)
    collector.add_problems(loaded.problems)
    run_plan(plan, collector, quiet=quiet, jobs=jobs, remember=remember and not servers)
    document = collector.document()
    if form == "json":
        click.echo(formats()["json"].render(document), nl=False)
    else:
        text.show(
            document,
            console(),
            details=0 if quiet else 2 if verbose else 1,
            profiled=profiled,
        )
    for path, one in writers:
        write(path, one.render(document))
    return exit_code(document["summary"])


def _nothing_selected(plan: Plan) -> Diagnostic:
    spoken = {one.language for rule in plan.rules for one in rule.translations}
    sources = {name for rule in plan.rules for one in rule.translations for name in one.schemas}
    return Diagnostic(
        code="nothing-selected",
        message="no translation of these rules is in that language and for that schema",
        hint=f"languages: {', '.join(sorted(spoken))}; schemas: {', '.join(sorted(sources))}",
    )
