"""``harness schemas``: the data sources, and whether real documents agree with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness import schemas
from harness.cli._common import FINDINGS, KEPT, fail
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.schemas import Schema


@click.command()
@click.argument("name", required=False)
@click.option("--kind", help="The kind of activity; default: every kind that the schema records.")
@click.option(
    "--samples",
    type=click.Path(path_type=Path),
    help="Compare real documents (JSON or JSONL files, or a folder of them) with NAME.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(name: str | None, kind: str | None, samples: Path | None, form: str) -> int:
    """List the data sources, describe the one called NAME, or check it against documents."""
    if samples is not None:
        if name is None:
            message = "name the schema that the documents belong to"
            raise click.UsageError(message)
        return _compare(schemas.get(name), kind, samples)
    if name and kind:
        schemas.get(name).kind(kind)
    chosen = [schemas.get(name)] if name else [schemas.get(one) for one in schemas.names()]
    if form == "json":
        document = {
            "schema": "harness/schemas/1",
            "schemas": [_json(one) for one in chosen],
            "kinds_without_source": [] if name else _without_source(),
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
    elif name:
        _describe(chosen[0], kind)
    else:
        for one in chosen:
            all_of_them = len(one.kinds) == len(schemas.kinds())
            kinds = "every kind" if all_of_them else ", ".join(one.kinds)
            click.echo(f"{one.label:<36} {one.title}; {kinds}")
        click.echo(f"\nno data source yet: {', '.join(_without_source())}")
    return KEPT


def _without_source() -> list[str]:
    """Return the kinds whose events exist in Sigma's own names only."""
    return [kind for kind in schemas.kinds() if not schemas.sources_of(kind)]


def _json(schema: Schema) -> dict[str, Any]:
    return {
        "name": schema.name,
        "label": schema.label,
        "title": schema.title,
        "store": schema.store,
        "shape": schema.shape,
        "index": list(schema.index),
        "languages": list(schema.languages),
        "labels": list(schemas.labels(schema.name)),
        "kinds": {
            kind: {
                "coverage": schema.coverage(kind),
                "fields": [
                    {
                        "path": path,
                        "type": type_.name,
                        "from": schema.provenance(kind).get(path),
                        "missing": schema.optional(kind).get(path, ""),
                    }
                    for path, type_ in schema.types(kind).items()
                ],
                "variants": [
                    {"label": one.label, "title": one.title, "source": list(one.source)}
                    for one in schema.variants(kind)
                ],
            }
            for kind in schema.kinds
        },
    }


def _describe(schema: Schema, kind: str | None) -> None:
    facts = _json(schema)
    click.echo(f"{schema.title} ({schema.label}), {schema.store}, {', '.join(schema.index)}")
    for name, shape in facts["kinds"].items():
        if kind not in {None, name}:
            continue
        click.echo(f"\n{name}" + (f"\n  {shape['coverage']}" if shape["coverage"] else ""))
        for field in shape["fields"]:
            click.echo(f"  {field['path']:<44} {field['type']:<18} {field['from'] or ''}")
            if field["missing"]:
                click.echo(f"  {'':<44} missing: {field['missing']}")
        for variant in shape["variants"]:
            click.echo(f"  variant {variant['label']}: {variant['title']}")


def _compare(schema: Schema, kind: str | None, samples: Path) -> int:
    found: list[Diagnostic] = []
    count = 0
    for path in _files(samples):
        documents = list(_documents(path))
        count += len(documents)
        for name in (kind,) if kind else schema.kinds:
            told = schemas.check(schema, name, documents)
            found.extend(replace(one, place=f"{path}, {one.place}") for one in told)
    if not count:
        problem = Diagnostic(code="no-samples", message="no document found", place=str(samples))
        raise InvalidInput([problem])
    fail(found)
    click.echo(f"{count} documents, {len(found)} deviations from {schema.label}")
    return FINDINGS if found else KEPT


def _files(root: Path) -> Iterator[Path]:
    if root.is_dir():
        yield from sorted(path for path in root.rglob("*.json*") if path.is_file())
    else:
        yield root


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of a JSON file (one, or a list) or of a JSONL file."""
    text = read_text(path)
    try:
        parsed = json.loads(text)
        listed = parsed if isinstance(parsed, list) else [parsed]
    except (ValueError, RecursionError):
        listed = [_line(path, number, line) for number, line in enumerate(text.splitlines(), 1)]
    for item in listed:
        if isinstance(item, dict):
            inner = item.get("doc", item)
            yield inner if isinstance(inner, dict) else item


def _line(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line) if line.strip() else None
    except (ValueError, RecursionError) as error:
        problem = Diagnostic(code="not-json", message=str(error), place=f"{path}:{number}")
        raise InvalidInput([problem]) from error
