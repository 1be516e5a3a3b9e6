"""``harness report``: the release report of a rule set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import click
from jsonschema.exceptions import ValidationError, best_match

from harness.cli._common import write
from harness.cli._running import exit_code, format_of, run_plan
from harness.errors import Diagnostic, InvalidInput
from harness.jsonsource import MAX_LENGTH, Json, JsonArray, JsonObject, read_json
from harness.report import formats
from harness.report._jsonschema import validator
from harness.report.results import Collector
from harness.ruleset.files import read_text
from harness.ruleset.load import load
from harness.run.plan import Plan
from harness.source import QuerySyntaxError, Source, Span

MAX_BYTES = 256_000_000
"""Results of an earlier run that are larger are refused."""
HINT = "make it with: harness test --format json"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--from",
    "earlier",
    type=click.Path(path_type=Path),
    help="Report an earlier run instead: what harness test --format json printed.",
)
@click.option(
    "--format",
    "form",
    default="markdown",
    show_default=True,
    type=click.Choice(sorted(formats())),
    help="What is printed on standard output where no --output is given.",
)
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write a report; the file ending selects the format. Repeatable.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--measure/--no-measure",
    default=False,
    help="Measure costs and the time; the report then differs from run to run.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress bar.")
def command(
    paths: tuple[Path, ...],
    earlier: Path | None,
    form: str,
    outputs: tuple[Path, ...],
    seed: int,
    measure: bool,
    quiet: bool,
) -> int:
    """Report on the rules at PATHS (default: rules/), or on an earlier run.

    The same rules, seed and version give the same report, byte for byte.
    """
    if earlier is not None and paths:
        message = "--from reports an earlier run; leave PATHS out"
        raise click.UsageError(message)
    writers = [(path, format_of(path)) for path in outputs]
    if earlier is not None:
        document = read_results(earlier)
    else:
        document = report_on(paths or (Path("rules"),), seed, measure=measure, quiet=quiet)
    for path, one in writers:
        write(path, one.render(document))
    if not writers:
        click.echo(formats()[form].render(document), nl=False)
    return exit_code(document["summary"])


def report_on(
    paths: Iterable[Path], seed: int = 0, *, measure: bool = False, quiet: bool = True
) -> dict[str, Any]:
    """Run rules and return the ``harness/test/1`` document that their report is made of."""
    loaded = load(tuple(paths))
    collector = Collector(seed)
    collector.add_problems(loaded.problems)
    run_plan(Plan(rules=tuple(loaded.rules), seed=seed, measure=measure), collector, quiet=quiet)
    return collector.document(times=measure)


def read_results(path: Path) -> dict[str, Any]:
    """Return a ``harness/test/1`` document from a file; raises ``InvalidInput`` with a place."""
    source = Source(read_text(path, limit=MAX_BYTES), str(path))
    try:
        document = json.loads(source.text, parse_constant=_no_constant)
    except RecursionError:
        _refuse("too-deep", "the JSON is nested too deeply", str(path))
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        _refuse("not-json", f"this is no JSON: {error.msg}", place)
    except ValueError as error:
        _refuse("not-json", f"this is no JSON: {error}", str(path))
    wrong = best_match(validator("test").iter_errors(document))
    if wrong is not None:
        place, excerpt = _where(source, wrong)
        _refuse("not-results", _words(wrong), place, excerpt)
    found: dict[str, Any] = document
    return found


def _no_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON number"
    raise ValueError(message)


def _refuse(code: str, message: str, place: str, excerpt: str = "") -> NoReturn:
    problem = Diagnostic(code=code, message=message, place=place, hint=HINT, excerpt=excerpt)
    raise InvalidInput([problem])


def _words(error: ValidationError) -> str:
    """Return what is wrong, short, also where the value is long."""
    where = error.json_path.removeprefix("$").lstrip(".") or "the document"
    text = error.message if len(error.message) <= 200 else f"…{error.message[-160:]}"  # noqa: PLR2004 - a line
    return f"{where} is not as harness/test/1 has it: {text}"


def _where(source: Source, error: ValidationError) -> tuple[str, str]:
    """Return the place and excerpt of the value that is wrong, as far as it can be found."""
    if len(source.text) > MAX_LENGTH:
        return source.name, ""
    try:
        value = read_json(source)
    except QuerySyntaxError as stricter:
        return stricter.place, source.excerpt(stricter.span)
    for key in error.absolute_path:
        value = _inside(value, key)
    span = Span(value.span.start, min(value.span.end, value.span.start + 1))
    return source.place(span), source.excerpt(span)


def _inside(value: Json, key: str | int) -> Json:
    if isinstance(value, JsonArray) and isinstance(key, int):
        return value.items[key]
    found = value.get(key) if isinstance(value, JsonObject) and isinstance(key, str) else None
    return found or value
