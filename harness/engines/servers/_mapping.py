"""From the harness's index types to the body that creates an index with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.ir import FieldType

_CONTAINERS = frozenset({"object", "nested", "flattened", "flat_object"})
_NAMED = {
    "analyzer": {"analyzer_keyword": {"tokenizer": "keyword", "filter": ["lowercase"]}},
    "normalizer": {"loweronly": {"type": "custom", "filter": ["lowercase"]}},
}
"""Analyzers and normalizers of Graylog, which its index templates define."""


def definition(
    types: Mapping[str, FieldType], settings: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the body that creates an index with these types; other fields stay unmapped."""
    analysis: dict[str, dict[str, Any]] = {}
    root: dict[str, Any] = {}
    for path in sorted(types, key=lambda name: name.count(".")):
        if not path.startswith("_"):
            _place(root, path, _parameters(types[path], analysis), types)
    return {
        "settings": {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "-1",
            "analysis": analysis,
            **(settings or {}),
        },
        "mappings": {"dynamic": False, "properties": root},
    }


def _place(
    root: dict[str, Any], path: str, own: dict[str, Any], types: Mapping[str, FieldType]
) -> None:
    """Put a field below its parents; one below a field with values is a multi-field."""
    node, at = root, ""
    parts = path.split(".")
    for number, part in enumerate(parts[:-1]):
        at = f"{at}.{part}" if at else part
        kind = types.get(at)
        if kind is not None and kind.name in {"flattened", "flat_object"}:
            return
        if kind is not None and kind.name not in _CONTAINERS:
            rest = ".".join(parts[number + 1 :])
            node[part].setdefault("fields", {}).setdefault(rest, own)
            return
        node = node.setdefault(part, {}).setdefault("properties", {})
    node.setdefault(parts[-1], {}).update(own)


def _parameters(kind: FieldType, analysis: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the mapping of one field; analyzers it defines go to the settings."""
    own: dict[str, Any] = {"type": kind.name}
    for name, value in kind.settings.items():
        if name in {"analyzer", "search_analyzer", "normalizer"}:
            own[name] = _analyzer(name.removeprefix("search_"), value, analysis)
        elif name == "fields" and isinstance(value, Mapping):
            own[name] = {
                sub: _parameters(_field_type(given), analysis) for sub, given in value.items()
            }
        else:
            own[name] = value
    return own


def _field_type(given: Any) -> FieldType:
    if isinstance(given, str):
        return FieldType(name=given)
    settings = {key: value for key, value in given.items() if key != "type"}
    return FieldType(name=given["type"], settings=settings)


def _analyzer(kind: str, value: Any, analysis: dict[str, dict[str, Any]]) -> str:
    if isinstance(value, Mapping):
        name = re.sub(r"\W+", "_", json.dumps(value, sort_keys=True)).strip("_").lower()
        defined = dict(value)
    else:
        name, defined = str(value), dict(_NAMED[kind].get(str(value), {}))
    if defined:
        analysis.setdefault(kind, {})[name] = {"type": "custom", **defined}
    return name
