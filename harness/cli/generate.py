"""``harness generate``: the labelled documents of a rule's corpus, made or made again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli._common import FINDINGS, KEPT, UNUSABLE, fail, write_bytes
from harness.corpora import formats
from harness.corpora.check import AGAIN, Checked, check, manifests
from harness.corpora.make import Corpus, Wanted, make
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.load import load
from harness.ruleset.model import Rule

FOLDER = "corpora"


@click.command()
@click.argument("rules", nargs=-1, metavar="RULE", type=click.Path(path_type=Path))
@click.option(
    "--schema",
    "names",
    multiple=True,
    help="A schema; default: every one that the rule declares. Repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*formats.names(), "json"]),
    help="The format of the events; default: jsonl. With --check, of what is told: text or json.",
)
@click.option("--mutations/--no-mutations", default=True, help="Mutated documents as well.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    help="A folder for one file a schema, a manifest and a data sheet; default: print the events.",
)
@click.option(
    "--check",
    "checked",
    is_flag=False,
    flag_value=FOLDER,
    metavar="[FOLDER]",
    help=f"Make the corpora in a folder again (default: {FOLDER}) and tell what comes out "
    "differently: exit code 1. RULE is needed only where the rules are not where they were.",
)
def command(
    rules: tuple[Path, ...],
    names: tuple[str, ...],
    form: str | None,
    mutations: bool,
    seed: int,
    folder: Path | None,
    checked: str | None,
) -> int:
    """Print the labelled documents of RULE, one JSON object a line, or save them as a corpus."""
    if checked is not None:
        if form not in {None, "text", "json"}:
            message = "with --check, --format is text or json"
            raise click.UsageError(message)
        return _check(Path(checked), rules, form or "text")
    if len(rules) != 1 or form == "json":
        message = "name one RULE" if len(rules) != 1 else "--format json is for --check"
        raise click.UsageError(message)
    wanted = Wanted(schemas=names, format=form or "jsonl", mutations=mutations, seed=seed)
    loaded = _loaded(rules)
    if folder is not None and len(loaded) > 1:
        message = "several rules share one folder"
        raise InvalidInput([_problem("several-rules", message, "name one rule's folder")])
    if folder is None:
        _printable(wanted)
    for one in loaded:
        corpus = make(one, wanted)
        if folder is None:
            _print(corpus)
        else:
            for name, data in corpus.files().items():
                write_bytes(folder / name, data)
    return KEPT


def _loaded(paths: Sequence[Path]) -> list[Rule]:
    loaded = load(list(paths))
    if loaded.problems:
        raise InvalidInput(loaded.problems)
    return loaded.rules


def _printable(wanted: Wanted) -> None:
    """Refuse to print what would come out without its labels, or is no text."""
    format_ = formats.get(wanted.format)
    if format_.sidecar or format_.binary:
        what = "its labels stand in a file of their own" if format_.sidecar else "it is no text"
        message = f"{format_.name} cannot be printed: {what}"
        raise InvalidInput([_problem("not-printable", message, "name a folder with --output")])


def _print(corpus: Corpus) -> None:
    for part in corpus.parts:
        click.echo(part.written.data.decode(), nl=False)


def _problem(code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint)


def _check(folder: Path, rules: Sequence[Path], form: str) -> int:
    known = _loaded(rules) if rules else []
    found = [check(one, known) for one in manifests(folder)]
    problems = [problem for one in found for problem in one.problems]
    if form == "json":
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        _tell(found)
    fail(problems)
    if problems:
        return UNUSABLE
    return FINDINGS if any(one.differences for one in found) else KEPT


def _tell(found: Sequence[Checked]) -> None:
    for one in found:
        if one.problems:
            continue
        words = {"same": "as committed", "differs": "DIFFERS"}[one.status]
        click.echo(f"{one.folder}: {one.files} files, {one.events} events: {words}")
        for difference in one.differences:
            click.echo(f"  {difference}")
        for note in one.notes:
            click.echo(f"  note: {note}")
    if any(one.differences for one in found):
        click.echo(f"  hint: {AGAIN}")


def _document(found: Sequence[Checked]) -> dict[str, Any]:
    return {
        "schema": "harness/generate/1",
        "summary": {
            status: sum(one.status == status for one in found)
            for status in ("same", "differs", "unusable")
        },
        "corpora": [
            {
                "folder": one.folder,
                "rule": one.rule,
                "origin": one.origin,
                "status": one.status,
                "files": one.files,
                "events": one.events,
                "differences": [
                    {
                        "file": difference.file,
                        "place": difference.place,
                        "what": difference.what,
                        "committed": difference.committed,
                        "made": difference.made,
                    }
                    for difference in one.differences
                ],
                "notes": list(one.notes),
                "problems": [
                    {
                        "code": problem.code,
                        "message": problem.message,
                        "place": problem.place,
                        "hint": problem.hint,
                    }
                    for problem in one.problems
                ],
            }
            for one in found
        ],
    }
