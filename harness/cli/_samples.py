"""Real documents from files, and what holding a schema against them came to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from harness import schemas
from harness.errors import Diagnostic, InvalidInput
from harness.ruleset.files import read_text
from harness.schemas import Agreement, Agreements, Schema
from harness.schemas._agreement import Seen
from harness.telemetry import inputs
from harness.telemetry.formats import Unreadable
from harness.telemetry.records import records

Placed = tuple[str, dict[str, Any]]
_WRAPPER = "doc"
_MAX_JSON = 64 << 20
"""Bytes up to which a JSON file may be one document over several lines."""
_LISTED = 20
"""Paths of a sort that are shown in text; JSON has all."""


def shapes_of(name: str) -> tuple[Schema, ...]:
    """Return the shapes of a schema of the package, or of a file of somebody's own."""
    path = Path(name)
    if path.suffix in {".yml", ".yaml"} or "/" in name or path.is_file():
        return schemas.shapes(read_text(path), name)
    return schemas.built_in_shapes(name)


def documents(root: Path, key: str | None) -> Iterator[Placed]:
    """Yield the documents at or below a path with their places.

    ``key`` is the dotted path at which an item holds its document; without it that is ``doc``
    where an item has one. Raises ``InvalidInput`` for what cannot be read.
    """
    for one in inputs.find(str(root)):
        path = Path(one.path)
        whole = _whole(path) if one.format == "jsonl" and not one.packed else None
        found = enumerate(whole, 1) if whole is not None else _records(one)
        for number, item in found:
            place = f"{one.path}, document {number}" if whole else f"{one.path}:{number}"
            document = _inside(item, key)
            if isinstance(document, dict):
                yield place, document
            elif key is None:
                raise _unusable("no-document", place, "this is no JSON object")


def _whole(path: Path) -> list[Any] | None:
    """Return what a JSON file holds that is one value, maybe over several lines."""
    if path.suffix != ".json" or path.stat().st_size > _MAX_JSON:
        return None
    try:
        parsed = json.loads(read_text(path, limit=_MAX_JSON))
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, list) else [parsed]


def _records(one: inputs.Input) -> Iterator[tuple[int, Any]]:
    try:
        for number, event in records(one):
            if isinstance(event, str):
                raise _unusable("not-json", f"{one.path}:{number}", event)
            yield number, event
    except Unreadable as error:
        raise _unusable("unreadable", one.path, str(error)) from error


def _inside(item: Any, key: str | None) -> Any:
    if key is None:
        inner = item.get(_WRAPPER) if isinstance(item, dict) else None
        return inner if isinstance(inner, dict) else item
    for part in key.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return item


def _unusable(code: str, place: str, message: str) -> InvalidInput:
    return InvalidInput([Diagnostic(code=code, message=message, place=place)])


def tell(found: Agreements) -> None:
    """Print what came of the documents."""
    for one in found.kinds:
        click.echo(f"{one.kind} in {one.schema.label}: {_documents(one.documents)}")
        for told in one.disagreements.values():
            click.echo(
                f"  DISAGREES {told.path} {told.message} [{told.code}] "
                f"in {_share(told.count, one.documents)}, first {told.place}"
            )
        for path, absent, reason in one.sometimes:
            why = f": {reason}" if reason else ""
            click.echo(f"  absent    {path} in {_share(absent, one.documents)}{why}")
        _listed("never     ", [(path, "") for path in one.never_seen])
        told_paths = sorted(one.undeclared.items(), key=lambda item: (-item[1].count, item[0]))
        _listed("undeclared", [(path, _seen(seen, one)) for path, seen in told_paths])
    for place, reason in found.unrecognised[:_LISTED]:
        click.echo(f"{place}: not recognised: {reason}")
    if len(found.unrecognised) > _LISTED:
        click.echo(f"... and {len(found.unrecognised) - _LISTED} more are not recognised")
    click.echo(
        f"{_documents(found.documents)}, {len(found.unrecognised)} not recognised, "
        f"{found.disagreements} disagreements"
    )


def _listed(head: str, rows: list[tuple[str, str]]) -> None:
    for path, words in rows[:_LISTED]:
        click.echo(f"  {head} {path}" + (f" {words}" if words else ""))
    if len(rows) > _LISTED:
        click.echo(f"  {head} and {len(rows) - _LISTED} more")


def _seen(seen: Seen, one: Agreement) -> str:
    types = " or ".join(sorted(seen.types))
    listed = f", {seen.lists} times a list" if seen.lists else ""
    return f"in {_share(seen.count, one.documents)}: {types}{listed}"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


def _share(count: int, total: int) -> str:
    return f"{count} of {total}"


def as_json(found: Agreements, name: str) -> dict[str, Any]:
    """Return what came of the documents as JSON."""
    return {
        "schema": "harness/schemas-check/1",
        "name": name,
        "documents": found.documents,
        "disagreements": found.disagreements,
        "kinds": [_kind(one) for one in found.kinds],
        "unrecognised": [
            {"place": place, "reason": reason} for place, reason in found.unrecognised
        ],
    }


def _kind(one: Agreement) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "label": one.schema.label,
        "documents": one.documents,
        "disagreements": [
            {
                "path": told.path,
                "code": told.code,
                "message": told.message,
                "documents": told.count,
                "share": _rounded(told.count, one.documents),
                "first": told.place,
            }
            for told in one.disagreements.values()
        ],
        "absent": [
            {
                "path": path,
                "documents": count,
                "share": _rounded(count, one.documents),
                "missing": reason,
            }
            for path, count, reason in one.sometimes
        ],
        "never_seen": one.never_seen,
        "undeclared": [
            {
                "path": path,
                "documents": seen.count,
                "share": _rounded(seen.count, one.documents),
                "lists": seen.lists,
                "types": dict(sorted(seen.types.items())),
            }
            for path, seen in sorted(one.undeclared.items())
        ],
    }


def _rounded(count: int, total: int) -> float:
    return round(count / total, 4)
