"""How a store indexes the fields of a query whose data source has no schema of its own.

What the Elastic Common Schema says about a field counts; others are ``keyword``, as is nearly
every field of Elastic's packages. Languages that take a type from how a field is used keep to
that.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.resources import files
from typing import Any

from harness import languages
from harness.ir import Constant, Context, FieldType, walk_predicate
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError, Unsupported

AS_WRITTEN = "as_written"
"""The schema whose fields are those that the rule names."""
_BY_USE = frozenset({"eql", "esql"})
"""Languages whose option ``unmapped`` makes a field outside the mapping what it is used as."""
_MULTI_FIELDS = {
    "caseless": FieldType(name="keyword", settings={"normalizer": "lowercase"}),
    "text": FieldType(name="match_only_text"),
}
"""Fields below a field that hold its value in another form, as Elastic's packages declare them."""
_KEYWORD = FieldType(name="keyword")
_SETTINGS = {"scaled_float": {"scaling_factor": 1000}}
"""Parameters that ECS gives every field of a type; without them fractions would be cut off."""
_OPTIONAL = re.compile(r"\?`?([\w.@]+)")
"""Fields that EQL takes as null, not by their use, where the mapping lacks them."""


@lru_cache(maxsize=1)
def ecs_types() -> dict[str, FieldType]:
    """Return the fields of the Elastic Common Schema that are no keywords."""
    text = files("harness.ruleset").joinpath("ecs_types.toml").read_text("utf-8")
    return {
        f"{prefix}{name}": FieldType(name=kind, settings=_SETTINGS.get(kind, {}))
        for table in tomllib.loads(text)["fields"]
        for prefix in table["under"]
        for kind, names in table.items()
        if kind != "under"
        for name in names
    }


def index_types(
    query: Translation, schema: str, recorded: Mapping[str, FieldType]
) -> dict[str, FieldType]:
    """Return the index types that a query is read with on a schema.

    ``recorded`` are those that the schema or its documents give. Where the schema leaves the
    fields open, the query itself names them.
    """
    if schema != AS_WRITTEN:
        indexed = languages.get(query.language).indexed
        return {path: _stored(found, indexed) for path, found in recorded.items()}
    by_use = query.language in _BY_USE
    optional = set(_OPTIONAL.findall(query.source.text)) if query.language == "eql" else set()
    found = {} if by_use else dict(recorded)
    for name in _fields_asked_for(query):
        known = ecs_types().get(name) or _MULTI_FIELDS.get(name.rpartition(".")[2])
        if known is not None or not by_use or name in optional:
            found[name] = known or _KEYWORD
    return found


def _stored(found: FieldType, indexed: Mapping[str, FieldType]) -> FieldType:
    instead = indexed.get(found.name)
    if instead is None:
        return found
    return FieldType(name=instead.name, settings={**found.settings, **instead.settings})


class _Asked(dict[str, FieldType]):
    """Index types of nothing that remember what they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.names[name] = None
        return default


def _fields_asked_for(query: Translation) -> Iterator[str]:
    """Yield the fields that a query looks up in the mapping when it is read."""
    asked = _Asked()
    context = Context(types=asked, options=dict(query.options))
    # What is wrong with the query is for its real reading to report.
    with suppress(QuerySyntaxError, Unsupported):
        parsed = languages.get(query.language).parse(query.source, context)
        for part in walk_predicate(parsed.predicate):
            if isinstance(part, Constant):
                asked.names.update(dict.fromkeys(part.about))
    return _leaves(asked.names)


def _leaves(names: Collection[str]) -> Iterator[str]:
    """Return names of fields, not of the objects that these lie in.

    A pattern such as ``resources.*.name`` stands for the field of the first key, ``0``.
    """
    concrete = [one.replace("*", "0") for one in names if one[:1] not in {"_", "*"}]
    objects = set()
    for name in concrete:
        parent, _, last = name.rpartition(".")
        while parent:
            if last not in _MULTI_FIELDS:
                objects.add(parent)
            parent, _, last = parent.rpartition(".")
    return (one for one in concrete if one not in objects)
