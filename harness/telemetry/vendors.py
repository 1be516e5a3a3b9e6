"""Records of products that a schema describes: what they are, and what they say in Sigma's names.

The schema says how a kind of activity is recorded; read backwards it says what a record tells of
the activity (``harness/schemas/_reading.py``). ``vendors.toml`` says how a record is known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from harness.evaluate.columns import MISSING, Columns
from harness.ir import Event, Lookup
from harness.ir.cells import Cell, raw
from harness.telemetry.logsources import LogSource, Member

if TYPE_CHECKING:
    from harness.schemas._reading import Recipe

_ACTIONS = {
    "creation": "file_event",
    "deletion": "file_delete",
    "modification": "file_change",
    "rename": "file_rename",
    "access": "file_access",
}
"""The category that a file event belongs to; the kind holds all of them."""
_REGISTRY = frozenset({"registry_add", "registry_delete", "registry_set", "registry_rename"})


@dataclass(frozen=True, slots=True)
class Also:
    """A mark that the schema does not know: the kind that it is read as, and its category."""

    mark: str
    kind: str
    category: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vendor:
    """A product's records; see ``vendors.toml``."""

    name: str
    schema: str
    has: tuple[frozenset[str], ...]
    values: Mapping[str, str]
    below: str
    marks: tuple[str, ...]
    hints: tuple[str, ...]
    os: str
    systems: Mapping[str, str]
    slashes: tuple[str, ...]
    also: tuple[Also, ...]

    @property
    def asked(self) -> tuple[str, ...]:
        """The paths that tell what a record is."""
        return (*self.marks, *self.hints, *([self.os] if self.os else ()), *self.slashes)


@lru_cache(maxsize=1)
def vendors() -> tuple[Vendor, ...]:
    """Return the products whose records are known."""
    text = files(__package__).joinpath("vendors.toml").read_text("utf-8")
    return tuple(_vendor(one) for one in tomllib.loads(text)["vendor"])


def _vendor(given: Mapping[str, Any]) -> Vendor:
    os = given["os"]
    return Vendor(
        name=given["name"],
        schema=given["schema"],
        has=tuple(frozenset(one) for one in given["has"]),
        values=given.get("is", {}),
        below=given.get("below", ""),
        marks=tuple(given["marks"]),
        hints=tuple(given.get("hints", ())),
        os=os.get("path", ""),
        systems={key.lower(): one for key, one in os.items() if key not in {"path", "slashes"}},
        slashes=tuple(os.get("slashes", ())),
        also=tuple(_also(one) for one in given.get("also", ())),
    )


def _also(given: Mapping[str, str]) -> Also:
    facts = {name: one for name, one in given.items() if name not in {"mark", "kind", "category"}}
    category = given.get("category") or _category(given["kind"], facts)
    return Also(given["mark"], given["kind"], category, facts)


@lru_cache(maxsize=65536)
def vendor_of(keys: frozenset[str]) -> Vendor | None:
    """Return the product whose records may have some keys."""
    return next((one for one in vendors() if any(some <= keys for some in one.has)), None)


def are_of(vendor: Vendor, events: Sequence[Event]) -> list[bool]:
    """Return which events are records of a product, by their values."""
    return [
        all(
            _fits(raw(event, path, Lookup.LITERAL_FIRST), pattern)
            for path, pattern in vendor.values.items()
        )
        and (not vendor.below or isinstance(event.get(vendor.below), dict))
        for event in events
    ]


def _fits(value: Any, pattern: str) -> bool:
    return isinstance(value, str) and fnmatchcase(value, pattern)


def schema_of_vendor(name: str) -> str:
    """Return the schema of a product's records; empty for an unknown one."""
    return next((one.schema for one in vendors() if one.name == name), "")


@dataclass(frozen=True, slots=True)
class What:
    """What some records are, and how they are read as such."""

    members: frozenset[Member]
    reading: Backwards | None


@dataclass(frozen=True)
class Backwards:
    """How records of a schema are read: by value, from the paths that tell of it."""

    recipes: Mapping[str, Recipe]
    flat: bool

    def columns(self, documents: Columns) -> Columns:
        """Return records under Sigma's names."""
        return _Columns(documents, self)

    def value(self, document: Event, name: str) -> Any:
        """Return what a record says of a value; ``MISSING`` for nothing."""
        recipe = self.recipes.get(name)
        if recipe is None:
            return MISSING
        lookup = Lookup.FLAT if self.flat else Lookup.LITERAL_FIRST
        found = {path: raw(document, path, lookup) for path in recipe.paths}
        value = recipe.read(found)
        return MISSING if value is None else value


def sorted_by_kind(vendor: Vendor, records: Columns) -> Iterator[tuple[What, list[int]]]:
    """Yield what records are, each with the places of those that are so.

    A record may be several things, which are read in their own ways.
    """
    held = [_plain(records, path, vendor) for path in vendor.asked]
    places: dict[tuple[Hashable, ...], list[int]] = {}
    for place, key in enumerate(zip(*held, strict=True)):
        places.setdefault(_key(vendor, key), []).append(place)
    known: dict[int, tuple[What, list[int]]] = {}
    for key, some in places.items():
        for one in _whats(vendor, key):
            known.setdefault(id(one), (one, []))[1].extend(some)
    for one, some in known.values():
        yield one, sorted(some)


def _plain(records: Columns, path: str, vendor: Vendor) -> list[Any]:
    """Return the values at a path."""
    if _is_flat(vendor.schema):
        return records.values(path, Lookup.FLAT)
    found = records.values(path, Lookup.LITERAL_FIRST)
    return [
        raw(records.events[place], path, Lookup.LITERAL_FIRST) if isinstance(one, Cell) else one
        for place, one in enumerate(found)
    ]


def _key(vendor: Vendor, held: tuple[Any, ...]) -> tuple[Hashable, ...]:
    """Return what tells records apart."""
    first = len(vendor.asked) - len(vendor.slashes)
    slashes = any(isinstance(one, str) and one.startswith("/") for one in held[first:])
    return (*(_hashable(one) for one in held[:first]), slashes)


def _hashable(value: Any) -> Hashable:
    if isinstance(value, list):
        return tuple(one for one in value if isinstance(one, str))
    return value if isinstance(value, str) else None


@lru_cache(maxsize=16384)
def _whats(vendor: Vendor, key: tuple[Any, ...]) -> tuple[What, ...]:
    """Return what records with some marks are, one by one for each way to read them."""
    found = dict(zip(vendor.asked, key, strict=False))
    systems = _systems(vendor, found.get(vendor.os), slashes=bool(key[-1]))
    held = {path: list(one) if isinstance(one, tuple) else one for path, one in found.items()}
    made = [
        What(
            frozenset(Member(LogSource(system, one)) for system in systems for one in categories),
            _reading(vendor.schema, kind, tuple(sorted(facts.items()))),
        )
        for kind, categories, facts in _kinds(vendor, held)
    ]
    other = What(frozenset(Member(LogSource(system)) for system in systems), None)
    return tuple(made) or (other,)


def _systems(vendor: Vendor, named: Any, *, slashes: bool) -> tuple[str, ...]:
    if vendor.slashes:
        return ("linux", "macos") if slashes else ("windows",)
    return (vendor.systems.get(str(named or "").lower(), ""),)


def _kinds(
    vendor: Vendor, held: Mapping[str, Any]
) -> Iterator[tuple[str, frozenset[str], Mapping[str, Any]]]:
    """Yield the kinds that a record is of, with its categories and what is known of it."""
    from harness import schemas  # noqa: PLC0415 (slow to import, and seldom asked)
    from harness.schemas._reading import facts_of  # noqa: PLC0415

    schema = schemas.get(vendor.schema)
    any_fits = False
    for kind in schema.kinds:
        found = facts_of(schema, kind, vendor.marks, vendor.hints, held)
        categories = {_category(kind, one) for one in found}
        if kind == "file_event" and "file_delete" in schema.kinds:
            categories -= {"file_delete"}  # has a kind of its own
        if kind in _REGISTRY and "registry_event" not in schema.kinds:
            categories |= {"registry_event"} if categories else set()
        any_fits = any_fits or bool(found)
        if categories:
            yield kind, frozenset(categories), _common(found)
    mark = held.get(vendor.marks[0])
    if not any_fits and isinstance(mark, str):
        for one in vendor.also:
            if fnmatchcase(mark, one.mark):
                more = {"registry_event"} if one.category in _REGISTRY else set()
                yield one.kind, frozenset({one.category} | more), one.facts


def _category(kind: str, facts: Mapping[str, Any]) -> str:
    if kind == "file_event":
        return _ACTIONS.get(str(facts.get("Action")), kind)
    return kind


def _common(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        name: value
        for name, value in found[0].items()
        if all(other.get(name) == value for other in found)
    }


@lru_cache(maxsize=1)
def _flat() -> frozenset[str]:
    from harness import schemas  # noqa: PLC0415

    names = {one.schema for one in vendors()}
    return frozenset(one for one in names if schemas.get(one).shape == "flat")


def _is_flat(schema: str) -> bool:
    return schema in _flat()


@lru_cache(maxsize=4096)
def _reading(schema: str, kind: str, facts: tuple[tuple[str, Any], ...]) -> Backwards:
    from harness import schemas  # noqa: PLC0415
    from harness.schemas._reading import recipes, under_names_of  # noqa: PLC0415

    found = recipes(schemas.get(schema), kind, dict(facts))
    return Backwards(under_names_of(schemas.get("sigma"), kind, found), _is_flat(schema))


class _Columns(Columns):
    """Columns of records under Sigma's names."""

    def __init__(self, documents: Columns, reading: Backwards) -> None:
        super().__init__(_Events(documents.events, reading))
        self._documents, self._reading = documents, reading

    def values(self, path: str, lookup: Lookup) -> list[Any]:  # noqa: ARG002 - the reading knows
        recipe = self._reading.recipes.get(path)
        if recipe is None:
            return [MISSING] * len(self)
        if not recipe.paths:
            value = recipe.read({})
            return [MISSING if value is None else value] * len(self)
        parts = [self._at(place) for place in recipe.paths]
        known: dict[Hashable, Any] = {}
        found = []
        for held in zip(*parts, strict=True):
            key = tuple(_identity(one) for one in held)
            if key not in known:
                value = recipe.read(dict(zip(recipe.paths, map(_given, held), strict=True)))
                known[key] = MISSING if value is None else value
            found.append(known[key])
        return found

    def _at(self, path: str) -> list[Any]:
        if self._reading.flat:
            return self._documents.values(path, Lookup.FLAT)
        found = self._documents.values(path, Lookup.LITERAL_FIRST)
        events = self._documents.events
        return [
            raw(events[place], path, Lookup.LITERAL_FIRST) if isinstance(one, Cell) else one
            for place, one in enumerate(found)
        ]


def _given(value: Any) -> Any:
    return None if value is MISSING else value


def _identity(value: Any) -> Hashable:
    return (type(value), repr(value) if isinstance(value, list | dict) else value)


class _Events(Sequence[Event]):
    def __init__(self, events: Sequence[Event], reading: Backwards) -> None:
        self._events, self._reading = events, reading

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, index: Any) -> Any:
        return RecordEvent(self._events[index], self._reading)


class RecordEvent(Mapping[str, Any]):
    """A record under Sigma's names; it consists of what was recorded."""

    def __init__(self, document: Event, reading: Backwards) -> None:
        self.document, self._reading = document, reading

    def __getitem__(self, name: str) -> Any:
        value = self._reading.value(self.document, name)
        if value is MISSING:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return self._reading.value(self.document, str(name)) is not MISSING

    def __iter__(self) -> Iterator[str]:
        return iter(self.document)

    def __len__(self) -> int:
        return len(self.document)

    def items(self) -> Any:
        return self.document.items()
