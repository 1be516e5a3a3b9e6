"""``harness languages``: what is supported, in words."""

from __future__ import annotations

import json
from typing import Any

import click

from harness import conversion, languages
from harness.conversion import Target
from harness.languages import Language


@click.command()
@click.argument("name", required=False)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(name: str | None, form: str) -> int:
    """List the query languages, or describe the one called NAME."""
    chosen = [languages.get(name)] if name else [languages.get(one) for one in languages.names()]
    if form == "json":
        document = {"schema": "harness/languages/1", "languages": [_json(one) for one in chosen]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif name:
        _describe(chosen[0])
    else:
        for one in chosen:
            click.echo(f"{one.name:<12} {one.title}")
        click.echo("\nWhat Sigma rules can be converted to (harness test --translate NAME):")
        for target in conversion.built_in():
            click.echo(f"  {_in_words(target)}")
    return 0


def _in_words(target: Target) -> str:
    pipelines = f" with {', '.join(target.pipelines)}" if target.pipelines else ""
    made_by = f"{conversion.get(target.converter).title} {target.backend}{pipelines}"
    return f"{target.name:<34} {target.language:<12} {made_by}"


def _json(language: Language) -> dict[str, Any]:
    semantics = language.semantics
    return {
        "name": language.name,
        "title": language.title,
        "reference": language.reference,
        "extensions": list(language.extensions),
        "fields": semantics.lookup.value,
        "typed": semantics.typed,
        "operators": [
            {
                "operator": spelling,
                "summary": one.summary,
                "case": one.case.value,
                "wildcards": one.wildcards,
                "missing": one.missing.name.lower(),
                "dialect": one.dialect,
            }
            for spelling, one in semantics.operators.items()
        ],
        "options": [
            {"name": one.name, "default": one.default, "summary": one.summary}
            for one in language.options
        ],
        "notes": list(semantics.notes),
        "targets": [
            {
                "name": one.name,
                "schema": one.schema,
                "converter": one.converter,
                "backend": one.backend,
                "pipelines": list(one.pipelines),
            }
            for one in conversion.built_in()
            if one.language == language.name
        ],
    }


def _describe(language: Language) -> None:
    facts = _json(language)
    click.echo(f"{facts['title']}\n{facts['reference']}\n")
    click.echo(f"fields     {facts['fields']}")
    click.echo(f"types      {'the index type of a field matters' if facts['typed'] else 'none'}")
    click.echo("\noperators")
    for one in facts["operators"]:
        wildcards = f"; wildcards {one['wildcards']}" if one["wildcards"] else ""
        click.echo(f"  {one['operator']:<16} {one['summary']}")
        click.echo(f"  {'':<16} case: {one['case']}; missing field: {one['missing']}{wildcards}")
    if facts["options"]:
        click.echo("\noptions")
    for one in facts["options"]:
        click.echo(f"  {one['name']:<24} {one['summary']} (default: {one['default']})")
    if facts["targets"]:
        click.echo("\nconverted from Sigma as")
    for target in conversion.built_in():
        if target.language == language.name:
            click.echo(f"  {_in_words(target)}")
    for note in facts["notes"]:
        click.echo(f"\n{note}")
