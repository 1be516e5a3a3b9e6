"""Which schemas the index patterns of an Elastic rule stand for, and the kind of its events."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import Any

from harness import languages, schemas
from harness.ir import And, Atom, Context, Equals, FieldType, Or, Predicate, fields_of
from harness.ruleset.logsource import ANY_KIND
from harness.ruleset.mapping import AS_WRITTEN, index_types
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The kind of a rule's events and the schemas to run it on.

    ``unknown`` are index patterns of no schema, ``unfit`` those whose schema does not record
    what the rule is about.
    """

    kind: str
    schemas: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A kind, and the values of which every event of a query must hold one, by field."""

    kind: str
    values: Mapping[str, frozenset[str]]

    def may_be_in(self, text: str) -> bool:
        """Return whether a text in lower case names a value of each field."""
        return all(any(one.lower() in text for one in group) for group in self.values.values())

    def fits(self, asked: Mapping[str, frozenset[str]]) -> bool:
        """Return whether a query asks for these values and no others."""
        return all(asked.get(name, _ANY) <= group for name, group in self.values.items())


_ANY = frozenset({""})
"""What a query asks of a field that it does not test: any value."""


@lru_cache(maxsize=1)
def _data() -> dict[str, list[dict[str, Any]]]:
    text = files("harness.ruleset").joinpath("elastic_indices.toml").read_text("utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[str, str], ...]:
    return tuple((one["pattern"], one["schema"]) for one in _data()["index"])


@lru_cache(maxsize=1)
def _kinds() -> tuple[_Wanted, ...]:
    return tuple(
        _Wanted(one["kind"], {name: frozenset(group) for name, group in one["asks"].items()})
        for one in _data()["kind"]
    )


def schema_of(pattern: str) -> str:
    """Return the schema that an index pattern stands for, without its cluster; empty for none."""
    _, _, local = pattern.rpartition(":")
    return next((name for known, name in _table() if fnmatchcase(local, known)), "")


def coverage_of(query: Translation, patterns: Sequence[str]) -> Coverage:
    """Return where a rule is run: on the schemas that record its kind, or as it is written.

    A kind counts if some schema records every field that the query cannot do without: the
    first such schema comes first, and labels are made on it.
    """
    wanted = [one for one in patterns if not one.startswith("-")]
    named = {pattern: schema_of(pattern) for pattern in wanted}
    unknown = tuple(pattern for pattern, name in named.items() if not name)
    order = [name for _, name in _table() if name in named.values()]
    kind = kind_of(query, order)
    fitting = [name for name in order if kind in schemas.get(name).kinds]
    first = next((name for name in fitting if _records(name, kind, query)), "")
    if not first:
        unfit = tuple(pattern for pattern, name in named.items() if name)
        return Coverage(kind=ANY_KIND, schemas=(AS_WRITTEN,), unknown=unknown, unfit=unfit)
    unfit = tuple(one for one, name in named.items() if name and name not in fitting)
    rest = (name for name in fitting if name != first)
    return Coverage(kind=kind, schemas=(first, *rest), unknown=unknown, unfit=unfit)


def kind_of(query: Translation, among: Sequence[str]) -> str:
    """Return the kind of event that a query asks for, if a schema of some records it."""
    text = query.source.text.lower()
    likely = [
        one
        for one in _kinds()
        if one.may_be_in(text) and any(one.kind in schemas.get(name).kinds for name in among)
    ]
    if not likely:
        return ANY_KIND
    asked = _required(_predicate(query, index_types(query, AS_WRITTEN, {})))
    return next((one.kind for one in likely if one.fits(asked)), ANY_KIND)


def _predicate(query: Translation, types: Mapping[str, FieldType]) -> Predicate | None:
    context = Context(types=types, options=dict(query.options))
    try:
        return languages.get(query.language).parse(query.source, context).predicate
    except (QuerySyntaxError, Unsupported):
        return None


def _records(name: str, kind: str, query: Translation) -> bool:
    """Return whether a schema can record what a query asks of events of a kind."""
    schema = schemas.get(name)
    predicate = _predicate(query, schema.types(kind))
    if predicate is None:
        return False
    asked = _required(predicate)
    for path in fields_of(predicate):
        reach = schema.reachable(kind, path)
        closed = {value.lower() for value in _texts(reach.values)}
        wanted = {value.lower() for value in asked.get(path, ())}
        if reach.how == "never" or (closed and wanted and not closed & wanted):
            return False
    return True


def _texts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from map(str, value if isinstance(value, list) else [value])


def _required(predicate: Predicate | None) -> dict[str, frozenset[str]]:
    """Return, per field, the texts of which every event of a query holds one."""
    found: dict[str, frozenset[str]] = {}
    for part in _conjuncts(predicate):
        tests = part.items if isinstance(part, Or) else (part,)
        atoms = [one for one in tests if isinstance(one, Atom) and isinstance(one.check, Equals)]
        names = {one.field for one in atoms}
        if atoms and len(atoms) == len(tests) and len(names) == 1:
            values = frozenset(
                str(one.check.value) for one in atoms if isinstance(one.check, Equals)
            )
            found.setdefault(str(next(iter(names))), values)
    return found


def _conjuncts(predicate: Predicate | None) -> Iterator[Predicate]:
    waiting = [predicate]
    while waiting:
        one = waiting.pop()
        if isinstance(one, And):
            waiting.extend(one.items)
        elif one is not None:
            yield one
