"""``harness test``: the main job."""

from __future__ import annotations

import time
from pathlib import Path

import click
from rich.console import Console

from harness.cli._common import FINDINGS, KEPT, UNUSABLE, progress, write
from harness.errors import Diagnostic, InvalidInput
from harness.report import formats, text
from harness.report.results import Collector
from harness.ruleset.load import load
from harness.run.engine import execute
from harness.run.events import CellFinished
from harness.run.plan import Plan

SLOW = 1.0
"""Seconds of work after which a progress bar appears."""


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
    quiet: bool,
    verbose: bool,
) -> int:
    """Run every translation of the rules at PATHS (default: rules/) on generated events."""
    writers = [(path, _format_of(path)) for path in outputs]
    loaded = load(paths or (Path("rules"),))
    plan = Plan(
        rules=tuple(loaded.rules),
        seed=seed,
        languages=frozenset(languages),
        schemas=frozenset(schemas),
        measure=measure,
    )
    collector = Collector()
    collector.add_problems(loaded.problems)
    _run(plan, collector, quiet=quiet)
    document = collector.document()
    if form == "json":
        click.echo(formats()["json"].render(document), nl=False)
    else:
        text.show(
            document,
            Console(highlight=False, soft_wrap=False),
            details=0 if quiet else 2 if verbose else 1,
        )
    for path, name in writers:
        write(path, formats()[name].render(document))
    return exit_code(document["summary"])


def exit_code(summary: dict[str, int]) -> int:
    """Return the exit code that a summary stands for."""
    if summary["problems"] or summary["interrupted"]:
        return UNUSABLE
    return FINDINGS if summary["findings"] else KEPT


def _run(plan: Plan, collector: Collector, *, quiet: bool) -> None:
    started = time.perf_counter()
    with progress(plan.size, "testing", quiet=quiet) as bar:
        if bar is not None:
            bar.tasks[0].visible = False
        for event in execute(plan):
            collector.handle(event)
            if bar is not None and isinstance(event, CellFinished):
                late = time.perf_counter() - started > SLOW
                bar.update(bar.tasks[0].id, advance=1, visible=late)


def _format_of(path: Path) -> str:
    for one in formats().values():
        if path.name.endswith(one.extensions):
            return one.name
    known = ", ".join(ending for one in formats().values() for ending in one.extensions)
    raise InvalidInput(
        [
            Diagnostic(
                code="unknown-format",
                message="the file ending selects no report format",
                place=str(path),
                hint=f"known endings: {known}",
            )
        ]
    )
