"""``harness schemas``: the data sources, and whether real documents agree with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness import schemas
from harness.cli import _samples
from harness.cli._common import FINDINGS, KEPT
from harness.errors import Diagnostic, InvalidInput
from harness.schemas import Schema


@click.command()
@click.argument("name", required=False)
@click.option("--kind", help="The kind of activity; default: every kind that the schema records.")
@click.option(
    "--check",
    "file",
    metavar="FILE",
    help="Hold this schema file, or the schema of this name, against the documents of --samples.",
)
@click.option(
    "--samples",
    type=click.Path(path_type=Path),
    help="Real documents: a file, or a folder of them (JSON, JSON lines, Parquet, EVTX; packed).",
)
@click.option(
    "--key",
    metavar="PATH",
    help="Where an item of a file holds its document; default: doc where there is one.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Paths that the schema does not declare, and documents of no kind, count as well.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(
    name: str | None,
    kind: str | None,
    file: str | None,
    samples: Path | None,
    key: str | None,
    strict: bool,
    form: str,
) -> int:
    """List the data sources, describe the one called NAME, or check one against documents.

    With --check (or NAME) and --samples, exit code 1 says that schema and documents disagree.
    """
    if samples is not None:
        if (file or name) is None or (file and name):
            message = "name one schema that the documents belong to"
            raise click.UsageError(message)
        return _compare(file or name or "", samples, (kind, key), form, strict=strict)
    if file is not None or key is not None or strict:
        message = "--check wants documents: --samples FILE or FOLDER"
        raise click.UsageError(message)
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


def _compare(
    name: str, root: Path, chosen: tuple[str | None, str | None], form: str, *, strict: bool
) -> int:
    """Hold a schema against documents; ``chosen`` are the kind and the key, if named."""
    kind, key = chosen
    shapes = _samples.shapes_of(name)
    if kind is not None:
        shapes[0].kind(kind)
    found = schemas.agreements(shapes, _samples.documents(root, key), kind)
    if not found.documents:
        problem = Diagnostic(code="no-samples", message="no document found", place=str(root))
        raise InvalidInput([problem])
    if form == "json":
        document = _samples.as_json(found, shapes[0].name)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _samples.tell(found)
    if not found.kinds:
        place, reason = found.unrecognised[0]
        message = f"no document is of a kind that {shapes[0].name} records; {reason}"
        hint = "check the schema's name, --key, or name a --kind"
        raise InvalidInput([Diagnostic(code="no-kind", message=message, place=place, hint=hint)])
    strange = found.unrecognised or any(one.undeclared for one in found.kinds)
    return FINDINGS if found.disagreements or (strict and strange) else KEPT
