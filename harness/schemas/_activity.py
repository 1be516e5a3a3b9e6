"""From a document of a stream back to the activity that it records, as far as it tells one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.ir.cells import walk
from harness.schemas._base import Schema
from harness.schemas._kinds import Activity


def activity_of(schema: Schema, kind: str, document: Mapping[str, Any]) -> Activity:
    """Return the values of the activity that a document records.

    Each value comes from the path that changes it least. ``None`` stands for a value that the
    stream would show and that the document does not have, so that nothing is made up for it.
    What every activity has and the stream never shows is what the stream is about, or else the
    example of the kind.
    """
    found = _declared(schema, kind, document)
    found |= _undeclared(schema, kind, document)
    declared = schema.kind(kind)
    for value in declared.with_defaults:
        if len(value.allowed) == 1:  # no event of the kind has another one
            continue
        paths = schema.shows(kind, value.name)
        if value.name not in found and paths and not _any(schema, document, paths):
            found[value.name] = None
    for name in declared.required:
        if name not in found and not schema.shows(kind, name):
            found[name] = _about(schema, kind, name, declared.values[name].example)
    return found


def _about(schema: Schema, kind: str, name: str, example: Any) -> Any:
    """Return the only value of which a stream reports activities; otherwise the example."""
    for each in schema.shapes[kind].records.alternatives:
        condition = each.get(name)
        if isinstance(condition, tuple) and len(condition) == 1:
            return condition[0]
    return example


def _declared(schema: Schema, kind: str, document: Mapping[str, Any]) -> Activity:
    found: Activity = {}
    for item in sorted(schema.fields(kind), key=lambda item: len(item.rule.steps)):
        names = [name for name in item.rule.names if name not in found]
        held = schema.find(document, item.path)
        if held is None or not names:
            continue
        for activity in schema.inverse(kind, item.path, held).activities:
            told = {name: activity[name] for name in names if activity.get(name) is not None}
            if told:
                found |= told
                break
    return found


def _undeclared(schema: Schema, kind: str, document: Mapping[str, Any]) -> Activity:
    """Return what stands where the stream keeps values that the kind does not declare."""
    known = set(schema.paths(kind))
    leaves: dict[str, list[Any]] = {}
    for path, leaf in walk(document):
        if path not in known and leaf is not None:
            name = schema.undeclared_name(kind, path)
            if name and name not in schema.kind(kind).values:
                leaves.setdefault(name, []).append(leaf)
    return {name: some if len(some) > 1 else some[0] for name, some in leaves.items()}


def _any(schema: Schema, document: Mapping[str, Any], paths: tuple[str, ...]) -> bool:
    return any(schema.find(document, path) is not None for path in paths)
