"""The JSON Schemas of what commands print with ``--format json``, one file a command."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

_ENDING = ".schema.json"


@lru_cache(maxsize=1)
def _schemas() -> dict[str, dict[str, Any]]:
    folder = files("harness.report")
    return {
        one.name.removesuffix(_ENDING): json.loads(one.read_text("utf-8"))
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(_ENDING)
    }


def names() -> tuple[str, ...]:
    """Return the commands that have a schema."""
    return tuple(_schemas())


@lru_cache(maxsize=8)
def validator(command: str) -> Draft202012Validator:
    """Return the validator of a command's JSON output; raises ``KeyError`` if it has none."""
    registry: Registry[Any] = Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in _schemas().values()
    )
    return Draft202012Validator(_schemas()[command], registry=registry)
