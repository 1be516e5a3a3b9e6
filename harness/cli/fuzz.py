"""``harness fuzz``: disagreements beyond the generated events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from harness.cache import Cache, folder
from harness.cli._common import FINDINGS, KEPT, UNUSABLE, progress, write
from harness.cli._running import request_of
from harness.errors import Diagnostic, InvalidInput
from harness.fuzz.document import Report, text
from harness.fuzz.rules import fuzz
from harness.fuzz.search import Searched
from harness.report import json as as_json
from harness.ruleset import regressions
from harness.ruleset.load import load
from harness.ruleset.model import Rule
from harness.run.plan import Plan

SECONDS = 60.0
_WRITERS: dict[str, Callable[..., str]] = {".json": as_json.render, ".txt": text}


@click.command()
@click.argument("rule", type=click.Path(path_type=Path))
@click.option("--language", "languages", multiple=True, help="Only translations in this language.")
@click.option(
    "--schema", "schemas", multiple=True, help="Only this schema, as harness.yml names it."
)
@click.option(
    "--translate",
    "wanted",
    multiple=True,
    metavar="NAMES",
    help="Convert Sigma rules first, as harness test does.",
)
@click.option(
    "--targets",
    "targets_file",
    type=click.Path(path_type=Path),
    help="Conversion targets of your own, as for harness test. Their commands are run.",
)
@click.option(
    "--seconds",
    default=SECONDS,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Time for all of RULE; each translation gets an equal share of what is left.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="The same seed draws the same events.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
@click.option(
    "--output",
    "-o",
    "output",
    type=click.Path(path_type=Path),
    help="Also write the result: .json or .txt.",
)
@click.option(
    "--save/--no-save",
    default=True,
    help="Save what is found under corpora/regressions/, where every harness test replays it.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def command(
    rule: Path,
    languages: tuple[str, ...],
    schemas: tuple[str, ...],
    wanted: tuple[str, ...],
    targets_file: Path | None,
    seconds: float,
    seed: int,
    form: str,
    output: Path | None,
    save: bool,
    quiet: bool,
) -> int:
    """Look for events on which translations of RULE disagree with its reference.

    Exit code 1 where one is found; Ctrl-C ends the search and shows what was found.
    """
    writer = _writer(output)
    loaded = load([rule])
    plan = Plan(
        rules=tuple(loaded.rules),
        seed=seed,
        languages=frozenset(languages),
        schemas=frozenset(schemas),
        request=request_of(wanted, targets_file),
        measure=False,
    )
    if loaded.rules and not plan.size:
        message = "no translation of this rule is in that language and for that schema"
        hint = "take --language or --schema away, or add --translate"
        raise InvalidInput([Diagnostic(code="nothing-selected", message=message, hint=hint)])
    report = Report(seed=seed, commands=_commands(rule, plan, wanted, targets_file))
    report.add_problems(loaded.problems)
    _search(plan, report, seconds, save=save, quiet=quiet)
    document = report.document()
    click.echo(as_json.render(document) if form == "json" else text(document), nl=False)
    if output is not None:
        write(output, writer(document))
    if document["problems"] or report.interrupted:
        return UNUSABLE
    return FINDINGS if document["summary"]["disagreements"] else KEPT


def _search(plan: Plan, report: Report, seconds: float, *, save: bool, quiet: bool) -> None:
    """Run the search; what is found is saved at once, so that an interrupt leaves it."""
    try:
        with progress(plan.size, "searching", quiet=quiet) as bar:
            for step in fuzz(plan, seconds=seconds, cache=Cache(folder())):
                files = _save(step, plan.seed) if save and isinstance(step, Searched) else []
                report.add(step, files)
                if bar is not None:
                    bar.update(bar.tasks[0].id, advance=1)
                if report.interrupted:
                    return
    except KeyboardInterrupt:
        report.interrupted = True


def _commands(
    path: Path, plan: Plan, wanted: Sequence[str], targets: Path | None
) -> dict[str, list[str]]:
    """Return, by the key of a rule, the words that name it on the command line."""
    words = [word for name in wanted for word in ("--translate", name)]
    words += ["--targets", str(targets)] if targets else []
    return {one.key: [str(_place(path, one)), *words] for one in plan.rules}


def _place(path: Path, rule: Rule) -> Path:
    return rule.folder if path.is_dir() and (rule.folder / "harness.yml").exists() else path


def _save(step: Searched, seed: int) -> list[str]:
    """Save the activities of disagreements, each in a file that its content names."""
    cell, rule = step.cell, step.cell.rule
    place = regressions.folder_of(rule)
    files = []
    for found in step.found:
        path = place / f"{regressions.name_of(rule, found.values)}{regressions.ENDING}"
        if not path.exists():
            provenance = {
                "harness": _version(),
                "seed": seed,
                "code": found.group.code,
                "mutation": found.mutation,
                "translation": cell.translation.name,
                "language": cell.translation.language,
                "schema": cell.schema.label,
            }
            write(path, regressions.text_of(rule, found.values, provenance))
        files.append(str(_shown(path)))
    return files


def _shown(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _version() -> str:
    from harness import __version__  # noqa: PLC0415

    return __version__


def _writer(output: Path | None) -> Callable[..., str]:
    if output is None:
        return text
    if output.suffix.lower() in _WRITERS:
        return _WRITERS[output.suffix.lower()]
    hint = f"known endings: {', '.join(_WRITERS)}"
    message = "the file ending selects no report format"
    problem = Diagnostic(code="unknown-format", message=message, place=str(output), hint=hint)
    raise InvalidInput([problem])
