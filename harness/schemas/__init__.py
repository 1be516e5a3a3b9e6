"""How data streams record activities: one data file a stream, and the renderer that reads them.

``get("winlogbeat")`` is a stream in its newest shape, ``get("winlogbeat@7.0")`` in the shape of a
version, ``get("winlogbeat:forwarded")`` in one of its variants.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from harness.errors import Diagnostic, InvalidInput
from harness.schemas import _load
from harness.schemas._activity import activity_of
from harness.schemas._agreement import Agreement, Agreements, agreements, fitting
from harness.schemas._base import Document, Field, Inverse, Reach, Schema, Variant, touches
from harness.schemas._check import check
from harness.schemas._kinds import Activity, Kind, Value

__all__ = [
    "Activity",
    "Agreement",
    "Agreements",
    "Document",
    "Field",
    "Inverse",
    "Kind",
    "Reach",
    "Schema",
    "Value",
    "Variant",
    "activity_of",
    "agreements",
    "built_in_shapes",
    "check",
    "fitting",
    "get",
    "kind",
    "kinds",
    "labels",
    "names",
    "shapes",
    "sources_of",
    "touches",
]

_LABEL = re.compile(r"(?P<name>[^@:]+)(@(?P<version>\d+(\.\d+)*))?(:(?P<variant>[^@:]+))?")


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the names of all schemas, sorted."""
    return _load.schema_names()


@lru_cache(maxsize=1)
def kinds() -> tuple[str, ...]:
    """Return the names of all kinds of activity, sorted."""
    return _load.kind_names()


def kind(name: str) -> Kind:
    """Return the declaration of a kind of activity."""
    if name not in kinds():
        raise InvalidInput([_unknown("kind", name, kinds())])
    return _load.kind(name)


@lru_cache(maxsize=1024)
def sources_of(kind: str) -> tuple[str, ...]:
    """Return the schemas of data sources that record a kind of activity."""
    return tuple(name for name in names() if kind in _load.described(name))


@lru_cache(maxsize=256)
def get(name: str, version: str | None = None, variant: str | None = None) -> Schema:
    """Return a schema; ``name`` may be a label such as ``winlogbeat@8.0:forwarded``.

    A version stands for the newest listed version that is not newer than it. Raises
    ``InvalidInput`` for what is not known, with the nearest known name.
    """
    found = _LABEL.fullmatch(name)
    if found is None or found["name"] not in names():
        raise InvalidInput([_unknown("schema", found["name"] if found else name, names())])
    file = _load.schema_file(found["name"])
    return file.resolve(version or found["version"], variant or found["variant"])


def labels(name: str) -> tuple[str, ...]:
    """Return the labels of every shape of a schema: its versions, then its variants."""
    file = _load.schema_file(get(name).name)
    plain = [file.resolve(version, None).label for version in file.versions]
    return (*plain, *(file.resolve(None, variant).label for variant in file.variants))


def shapes(text: str, name: str) -> tuple[Schema, ...]:
    """Return every shape that a schema file declares, the newest version first, then variants.

    Raises ``InvalidInput`` with every problem of the file and its place.
    """
    return _shapes(_load.read_schema(text, name))


def built_in_shapes(label: str) -> tuple[Schema, ...]:
    """Return every shape of a schema of the package; only one where the label names one."""
    schema = get(label)
    if label != schema.name:
        return (schema,)
    return _shapes(_load.schema_file(schema.name))


def _shapes(file: _load.SchemaFile) -> tuple[Schema, ...]:
    versions = [file.resolve(version, None) for version in reversed(file.versions)]
    return (*versions, *(file.resolve(None, variant) for variant in file.variants))


def _unknown(what: str, name: str, known: tuple[str, ...]) -> Diagnostic:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return Diagnostic(
        code=f"unknown-{what}",
        message=f"there is no {what} {name!r}",
        hint=f"{hint}known: {', '.join(known)}",
    )
