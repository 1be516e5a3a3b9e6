"""``harness generate``: the labelled documents of a rule's corpus."""

from __future__ import annotations

import json
from pathlib import Path

import click

from harness import api
from harness.cli._common import KEPT, write
from harness.documents import store
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.load import load
from harness.ruleset.model import Rule


@click.command()
@click.argument("rule", type=click.Path(path_type=Path))
@click.option(
    "--schema",
    "names",
    multiple=True,
    help="A schema; default: every one that the rule declares. Repeatable.",
)
@click.option("--mutations/--no-mutations", default=True, help="Mutated documents as well.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--output",
    "-o",
    "folder",
    type=click.Path(path_type=Path),
    help="A folder for one file a schema and a manifest; default: print JSON lines.",
)
def command(
    rule: Path, names: tuple[str, ...], mutations: bool, seed: int, folder: Path | None
) -> int:
    """Print the labelled documents of RULE, one JSON object a line."""
    loaded = load([rule])
    if loaded.problems:
        raise InvalidInput(loaded.problems)
    if folder is not None and len(loaded.rules) > 1:
        hint = "name one rule's folder"
        problem = Diagnostic(
            code="several-rules", message="several rules share one folder", hint=hint
        )
        raise InvalidInput([problem])
    for one in loaded.rules:
        files = corpus_files(one, names, mutations=mutations, seed=seed)
        if folder is None:
            for text in files.values():
                click.echo(text, nl=False)
        else:
            _save(one, files, folder, seed)
    return KEPT


def corpus_files(
    rule: Rule, names: tuple[str, ...] = (), *, mutations: bool, seed: int
) -> dict[str, str]:
    """Return the corpus of a rule: file names and their JSON lines, one file a schema."""
    wanted = names or tuple(dict.fromkeys(n for one in rule.translations for n in one.schemas))
    files = {}
    for name in wanted:
        documents = api.corpus(rule, name, seed=seed)
        kept = [one for one in documents if mutations or one.mutation is None]
        files[f"{name.replace(':', '-').replace('@', '-')}.jsonl"] = store.to_jsonl(kept)
    return files


def _save(rule: Rule, files: dict[str, str], folder: Path, seed: int) -> None:
    for name, text in files.items():
        write(folder / name, text)
    manifest = store.manifest(files, rule=rule.key, seed=seed)
    write(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
