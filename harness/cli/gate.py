"""``harness gate``: what a change does, for CI."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness import batch
from harness.cli._common import FINDINGS, KEPT, UNUSABLE, write
from harness.cli._drift import Asked, compared
from harness.cli._running import request_of
from harness.errors import Diagnostic
from harness.gate import drift, git
from harness.gate.compare import Outcome, compare
from harness.report._characters import visible
from harness.report._markdown import code, sentence, table, text
from harness.report.results import Collector
from harness.ruleset.load import load
from harness.ruleset.model import Rule
from harness.run.plan import Plan

SCHEMA = "harness/gate/1"


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--base", help="The branch, tag or commit that the change goes into.")
@click.option(
    "--converter",
    "converters",
    multiple=True,
    metavar="ENVIRONMENT",
    help="Instead of --base, given twice, the old one first: a requirements file (.txt, .in), a "
    "virtual environment or its Python, with the converter for --translate.",
)
@click.option(
    "--translate",
    "wanted",
    multiple=True,
    metavar="NAMES",
    help="With --converter: what rules are converted to, as for harness test; comma-separated.",
)
@click.option(
    "--targets",
    "targets_file",
    type=click.Path(path_type=Path),
    help="With --converter: a TOML file with further targets for --translate.",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1, max=256),
    help="With --converter: worker processes; default: one a processor, if the rules are many.",
)
@click.option(
    "--cache/--no-cache",
    "remember",
    default=True,
    help="With --converter: keep environments and results for the next run.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Also write the result: .md for a summary, .json for everything. Repeatable.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("-q", "--quiet", is_flag=True, help="No progress on standard error.")
def command(
    paths: tuple[Path, ...],
    base: str | None,
    converters: tuple[str, ...],
    wanted: tuple[str, ...],
    targets_file: Path | None,
    jobs: int | None,
    remember: bool,
    form: str,
    outputs: tuple[Path, ...],
    seed: int,
    quiet: bool,
) -> int:
    """Test the rules at PATHS (default: rules/) that differ from --base, before and after.

    New, fixed and unchanged findings are told apart. Exit code 1 only for new findings.

    With --converter OLD --converter NEW --translate NAMES: the rules whose verdicts another
    version of a converter changes. Exit code 1 only for changes for the worse.
    """
    rules = paths or (Path("rules"),)
    if base is None:
        pair = _pair(converters, wanted)
        asked = Asked(
            request=request_of(wanted, targets_file),
            seed=seed,
            jobs=jobs,
            remember=remember,
            quiet=quiet,
        )
        found = compared(rules, pair, asked)
        _show(found, form, outputs, drift.markdown)
        if found["problems"] or found["summary"]["interrupted"]:
            return UNUSABLE
        return KEPT if found["passes"] else FINDINGS
    if converters or wanted or targets_file is not None:
        message = "--base compares rules, --converter converters: give one of them"
        raise click.UsageError(message)
    outcome = _gate(rules, base, seed)
    document = {
        "schema": SCHEMA,
        "base": base,
        "seed": seed,
        "passes": outcome.passes,
        "rules": list(outcome.rules),
        "new": list(outcome.new),
        "fixed": list(outcome.fixed),
        "unchanged": list(outcome.unchanged),
        "problems": list(outcome.problems),
    }
    _show(document, form, outputs, markdown)
    if outcome.problems:
        return UNUSABLE
    return KEPT if outcome.passes else FINDINGS


def _pair(converters: Sequence[str], wanted: Sequence[str]) -> tuple[str, str]:
    """Return the two converters to compare; anything else is a wrong use of the command."""
    if not converters:
        message = "give --base REF, or --converter twice"
        raise click.UsageError(message)
    if len(converters) != len(("old", "new")):
        message = "--converter is given twice: the old version first, then the new one"
        raise click.UsageError(message)
    if not wanted:
        message = "--converter needs --translate: what the rules are converted to"
        raise click.UsageError(message)
    return converters[0], converters[1]


def _show(
    document: Mapping[str, Any],
    form: str,
    outputs: Sequence[Path],
    summary: Callable[[Mapping[str, Any]], str],
) -> None:
    as_json = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    click.echo(as_json if form == "json" else summary(document), nl=form == "json")
    for path in outputs:
        write(path, as_json + "\n" if path.suffix == ".json" else summary(document))


def _gate(paths: Sequence[Path], base: str, seed: int) -> Outcome:
    """Run the rules that differ, before and after, whatever they are put together from.

    A rule is compared as it is read: its translations, macros and filters are part of it.
    """
    root = git.root_of(paths[0] if paths[0].is_dir() else paths[0].parent)
    commit = git.commit_of(root, base)
    changed = {str(one) for one in git.changed_files(root, commit)}
    asked = [path.resolve() for path in paths]
    with tempfile.TemporaryDirectory(prefix="harness-gate-") as scratch:
        place = Path(scratch).resolve()
        old, new = load(git.extract(root, commit, asked, place)), load(asked)
        old.rules[:] = _as_saved(old.rules, new.rules)
        before = {repr(one).replace(str(place), str(root)): one for one in old.rules}
        after = {repr(one): one for one in new.rules}
        gone = [one for key, one in before.items() if key not in after]
        come = [one for key, one in after.items() if key not in before]
        known = {repr(one).replace(str(place), str(root)) for one in old.problems}
        problems = [
            one for one in new.problems if repr(one) not in known or _file(one.place) in changed
        ]
        return compare(_run(gone, (), seed), _run(come, problems, seed))


def _as_saved(old: Sequence[Rule], new: Sequence[Rule]) -> list[Rule]:
    """Return rules with the saved activities of today: both states are run on the same."""
    saved = {one.key: (one.regressions, one.recorded) for one in new}
    found = [(one, *saved.get(one.key, ((), ()))) for one in old]
    return [replace(one, regressions=kept, recorded=events) for one, kept, events in found]


_POSITION = re.compile(r"(:\d+)+\Z")


def _file(place: str) -> str:
    return _POSITION.sub("", place)


def _run(rules: Sequence[Rule], problems: Sequence[Diagnostic], seed: int) -> dict[str, Any]:
    collector = Collector(seed)
    collector.add_problems(problems)
    batch.run(Plan(rules=tuple(rules), seed=seed, measure=False), collector)
    return collector.document(times=False)


def markdown(document: Mapping[str, Any]) -> str:
    """Return the summary that a pull request shows; what it quotes may come from anybody."""
    verdict = "passes" if document["passes"] else "fails"
    lines = [f"## Rule gate {verdict}", "", _counts(document)]
    for title, key in (("New", "new"), ("Fixed", "fixed"), ("Unchanged", "unchanged")):
        if document[key]:
            heads = ("rule", "translation", "on", "finding")
            lines += ["", f"### {title}", "", *table(heads, map(_row, document[key]))]
    for problem in document["problems"]:
        place, message = visible(problem["place"]), visible(problem["message"])
        lines += ["", f"- cannot be used: {code(place)} {sentence(message)}"]
    return "\n".join(lines) + "\n"


def _counts(document: Mapping[str, Any]) -> str:
    count = len(document["rules"])
    rules = "1 changed rule" if count == 1 else f"{count} changed rules"
    parts = (f"{len(document[key])} {key}" for key in ("new", "fixed", "unchanged"))
    return f"{rules} against {code(document['base'])}: {', '.join(parts)} findings."


def _row(one: Mapping[str, Any]) -> list[str]:
    where = f"{one['translation']} {one['version']}".strip()
    found = f"**{text(one['code'])}**: {sentence(visible(one['message']))}"
    return [text(visible(one["rule"])), text(where), text(one["schema"]), found]
